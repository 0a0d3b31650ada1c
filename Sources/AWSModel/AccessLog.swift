import HTTPMessages
import NetworkModel
import SimulationKernel
import Telemetry

/// The access log of a load balancer in its bucket: an object for each node every five minutes (Elastic Load Balancing user guide,
/// "Access logs for your Application Load Balancer"). Objects older than twenty minutes are gone: a lifecycle rule keeps
/// a run's memory in bounds.
@Simulated
package final class AccessLog {
  /// An object of the bucket.
  package struct Object: Sendable {
    package var key: String
    package var deliveredAt: Instant
    package var node: IPv4Address
    /// The entries of this stretch of time.
    package var entries: ArraySlice<LoadBalancer.AccessLogEntry>
  }

  package static let period = TimeSpan.minutes(5)
  package static let retention = TimeSpan.minutes(20)

  package nonisolated let bucket: String
  private let balancer: LoadBalancer
  private let region: AWSRegion
  private var entries: [LoadBalancer.AccessLogEntry] = []
  nonisolated private static let event: EventName = "alb.accesslog"

  init(_ balancer: LoadBalancer, region: AWSRegion, bucket: String) {
    self.balancer = balancer
    self.region = region
    self.bucket = bucket
    balancer.onAccess = { [weak self] in self?.entries.append($0) }
    balancer.network.simulation.every(Self.period, Self.event) { [weak self] in self?.expire() }
  }

  private func expire() {
    let limit = balancer.network.simulation.now - Self.retention
    let kept = entries.firstIndex { $0.at + $0.duration >= limit } ?? entries.endIndex
    entries.removeFirst(kept)
  }

  /// What has been delivered and not expired, by key.
  package var objects: [Object] {
    var result: [Object] = []
    var start = entries.startIndex
    while start < entries.endIndex {
      let slot = (entries[start].at + entries[start].duration).nanoseconds / Self.period.nanoseconds
      let end = Instant(nanoseconds: (slot + 1) * Self.period.nanoseconds)
      guard end <= balancer.network.simulation.now else { break }
      var next = start
      while next < entries.endIndex, entries[next].at + entries[next].duration < end { next += 1 }
      for node in balancer.nodes {
        let own = entries[start..<next].filter { $0.node == node.address }
        if !own.isEmpty {
          result.append(Object(key: key(end, node), deliveredAt: end, node: node.address, entries: own[...]))
        }
      }
      start = max(next, start + 1)
    }
    return result.sorted { $0.key < $1.key }
  }

  /// `AWSLogs/ACCOUNT/elasticloadbalancing/REGION/yyyy/mm/dd/ACCOUNT_elasticloadbalancing_REGION_app.NAME.ID_TIME_IP_RANDOM.log.gz`.
  private func key(_ end: Instant, _ node: Host) -> String {
    let time = ClusterClock.timestamp(end)
    let (account, code) = (region.accountID, region.code)
    let compact = time.filter { $0 != "-" && $0 != ":" }.prefix(13) + "Z"
    return "AWSLogs/\(account)/elasticloadbalancing/\(code)/\(time.prefix(10).replacing("-", with: "/"))/"
      + "\(account)_elasticloadbalancing_\(code)_app.\(balancer.name).\(identifier)_\(compact)_\(node.address)_"
      + "\(hexadecimal(fnv1a("\(time)\(node.address)".utf8), digits: 8)).log.gz"
  }

  private var identifier: String { hexadecimal(fnv1a(balancer.component.utf8), digits: 16) }

  /// The content of an object: a line for each entry, in the order of the documentation's table of fields.
  package func text(_ object: Object) -> String {
    object.entries.map { line($0) + "\n" }.joined()
  }

  private func line(_ entry: LoadBalancer.AccessLogEntry) -> String {
    let target = entry.target.map { "\($0):\(entry.targetPort)" } ?? "-"
    // A request that no target got has no times.
    let times = entry.target == nil ? "-1 -1 -1" : "0.000 \(seconds(entry.duration)) 0.000"
    let status = entry.targetStatus.map(String.init) ?? "-"
    let certificate = region.certificates.first { $0.domainNames.contains(entry.host) }?.arn ?? "-"
    let fields = [
      "https", stamp(entry.at + entry.duration), "app/\(balancer.name)/\(identifier)",
      "\(entry.client):\(entry.clientPort)", target, times, String(entry.elbStatus), status, String(entry.received),
      String(entry.sent), "\"\(entry.method.rawValue) https://\(entry.host):443\(entry.path) HTTP/1.1\"", "\"-\"",
      "TLS_AES_128_GCM_SHA256 TLSv1.3", group(entry), "\"\(root(entry))\"", "\"\(entry.host)\"",
      "\"\(certificate)\"", "1", stamp(entry.at), "\"\(entry.targetStatus == nil ? "-" : "forward")\"", "\"-\"",
      "\"-\"",
      "\"\(target)\"", "\"\(status)\"", "\"-\"", "\"-\"",
    ]
    return fields.joined(separator: " ")
  }

  /// `X-Amzn-Trace-Id`, which the balancer makes of the time and 96 bits; here those of the request's own trace.
  private func root(_ entry: LoadBalancer.AccessLogEntry) -> String {
    let seconds = ClusterClock.milliseconds(entry.at) / 1000
    let trace = entry.trace ?? TraceID(high: fnv1a(entry.host.utf8), low: UInt64(bitPattern: entry.at.nanoseconds))
    return "Root=1-\(hexadecimal(UInt64(seconds), digits: 8))-\(trace.description.suffix(24))"
  }

  private func group(_ entry: LoadBalancer.AccessLogEntry) -> String {
    let name = balancer.rules.first { $0.host.isEmpty || $0.host == entry.host }?.targetGroup.name
    return name.map {
      "arn:aws:elasticloadbalancing:\(region.code):\(region.accountID):targetgroup/\($0)/\(identifier)"
    } ?? "-"
  }

  private func seconds(_ span: TimeSpan) -> String {
    let milliseconds = span.nanoseconds / 1_000_000
    return "\(milliseconds / 1000)." + String(1000 + milliseconds % 1000).dropFirst()
  }

  private func stamp(_ instant: Instant) -> String {
    let microseconds = ClusterClock.microseconds(instant) % 1_000_000
    return "\(ClusterClock.timestamp(instant).dropLast()).\(String(1_000_000 + microseconds).dropFirst())Z"
  }
}
