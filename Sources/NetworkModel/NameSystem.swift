import SimulationKernel

/// A name server: the resolver of a region's VPC, which knows Route 53's zones, or a cluster's DNS in front of it.
@Simulated
package final class NameSystem {
  /// What a name leads to.
  package struct Record: Sendable, Hashable {
    package var addresses: [IPv4Address]
    /// The name for which this one stands (CNAME); looked up in its place.
    package var alias: String?
    /// How long resolvers may keep it.
    package var timeToLive: TimeSpan

    package init(addresses: [IPv4Address], timeToLive: TimeSpan) {
      self.addresses = addresses
      self.timeToLive = timeToLive
    }

    package init(alias: String, timeToLive: TimeSpan) {
      addresses = []
      self.alias = alias
      self.timeToLive = timeToLive
    }
  }

  /// A fault: names that match get this instead of an answer.
  package struct Failure: Sendable {
    package var pattern: String
    package var error: NameError
  }

  /// Asked for names that this one does not know.
  package let upstream: NameSystem?
  /// Longest time for which answers of the upstream are kept; CoreDNS's `cache 30`.
  package var longestCaching = TimeSpan.seconds(30)
  /// A server without a process behind it answers nothing: every lookup times out.
  package var isDown = false
  /// Added to each lookup.
  package var delay = TimeSpan.zero
  package private(set) var failures: [Failure] = []
  /// Lookups that met a failure, a poisoned or a frozen record, or a server that is down.
  package internal(set) var failedLookups = 0
  /// Lookups answered.
  package internal(set) var lookups = 0

  private var records: [String: Record] = [:]
  private var overrides: [String: Record] = [:]
  private var cache: [String: (record: Record, expires: Instant)] = [:]

  package init(upstream: NameSystem? = nil) { self.upstream = upstream }

  package subscript(name: String) -> Record? {
    get { records[name] }
    set { records[name] = newValue }
  }

  /// What leads to these addresses leads to others from now on, as alias records follow their target.
  package func move(_ addresses: [IPv4Address], to others: [IPv4Address]) {
    for name in names where records[name]?.addresses == addresses { records[name]?.addresses = others }
  }

  /// All names with a record, sorted.
  package var names: [String] { records.map(\.key).sorted() }

  package func fail(_ pattern: String, with error: NameError) {
    failures.append(Failure(pattern: pattern, error: error))
  }

  package func repair(_ pattern: String) { failures.removeAll { $0.pattern == pattern } }

  /// A fault: the name is answered with this record, whatever the zone says. `nil` takes it back.
  package func override(_ name: String, with record: Record?) { overrides[name] = record }

  /// A fault: the name goes on being answered as now when its record changes. Taken back by `override(_:with: nil)`.
  package func freeze(_ name: String) { overrides[name] = records[name] }

  /// What a client is told, with the time that the record may still be kept.
  package func answer(_ name: String, at now: Instant) -> Result<Record, NameError> {
    lookups += 1
    if isDown {
      failedLookups += 1
      return .failure(.timedOut)
    }
    if let failure = failures.first(where: { globMatches($0.pattern, name) }) {
      failedLookups += 1
      return .failure(failure.error)
    }
    if let override = overrides[name] {
      failedLookups += 1
      return follow(override, at: now)
    }
    if let record = records[name] { return follow(record, at: now) }
    return forwarded(name, at: now)
  }

  private func follow(_ record: Record, at now: Instant) -> Result<Record, NameError> {
    guard let alias = record.alias else { return .success(record) }
    return answer(alias, at: now).map { target in
      var record = record
      record.addresses = target.addresses
      record.timeToLive = min(record.timeToLive, target.timeToLive)
      return record
    }
  }

  private func forwarded(_ name: String, at now: Instant) -> Result<Record, NameError> {
    guard let upstream else { return .failure(.noSuchDomain) }
    if let kept = cache[name], kept.expires > now {
      var record = kept.record
      record.timeToLive = kept.expires - now
      return .success(record)
    }
    let result = upstream.answer(name, at: now)
    if case .success(let record) = result {
      cache[name] = (record, now + min(record.timeToLive, longestCaching))
    }
    return result
  }

  /// Whether a name can be answered without asking the upstream.
  func isCached(_ name: String, at now: Instant) -> Bool {
    records[name] != nil || cache[name].map { $0.expires > now } ?? false
  }
}

extension NameError: Error {}

/// What `/etc/resolv.conf` says on a host, and whether its programs keep answers.
@Simulated
package struct ResolverConfiguration {
  /// The server asked; `nil` for the region's own.
  package var server: NameSystem?
  /// How `/etc/resolv.conf` calls it; that of every VPC unless set.
  package var serverAddress = "169.254.169.253"
  /// Suffixes tried for names with fewer dots than `ndots`.
  package var searchDomains: [String]
  /// Names with at least so many dots are first tried as they are.
  package var ndots: Int
  /// Whether answers are kept for their time to live; Go's resolver keeps none.
  package var keepsAnswers: Bool

  package init(server: NameSystem? = nil, searchDomains: [String] = [], ndots: Int = 1, keepsAnswers: Bool = true) {
    self.server = server
    self.searchDomains = searchDomains
    self.ndots = ndots
    self.keepsAnswers = keepsAnswers
  }

  /// What kubelet writes for a pod with `dnsPolicy: ClusterFirst` (Kubernetes documentation, "DNS for Services and Pods").
  package static func pod(
    namespace: String, server: NameSystem, address: String = "", region: String
  ) -> ResolverConfiguration {
    var configuration = ResolverConfiguration(
      server: server,
      searchDomains: [
        "\(namespace).svc.cluster.local", "svc.cluster.local", "cluster.local", "\(region).compute.internal",
      ], ndots: 5, keepsAnswers: false)
    configuration.serverAddress = address
    return configuration
  }

  /// The names that are tried, in order (resolv.conf(5)).
  package func candidates(_ name: String) -> [String] {
    if name.hasSuffix(".") { return [String(name.dropLast())] }
    let searched = searchDomains.map { "\(name).\($0)" }
    return name.utf8.count { $0 == UInt8(ascii: ".") } >= ndots ? [name] + searched : searched + [name]
  }
}

/// The answers that a host's resolver keeps until they expire.
struct NameCache {
  private var entries: [String: (addresses: [IPv4Address], expires: Instant)] = [:]

  func lookup(_ name: String, at now: Instant) -> [IPv4Address]? {
    guard let entry = entries[name], entry.expires > now else { return nil }
    return entry.addresses
  }

  mutating func keep(_ name: String, _ addresses: [IPv4Address], until expires: Instant) {
    entries[name] = (addresses, expires)
  }
}
