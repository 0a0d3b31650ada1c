import SimulationKernel

/// Something wrong with the links between some hosts: what `tc netem` or a firewall's silent drop does to packets.
@Simulated
package final class LinkCondition {
  /// Hosts of a region that send or receive over the link.
  package struct Endpoint: Hashable, Sendable {
    package var region: String
    /// The host's name or a role that it plays (glob); `*` for every host.
    package var role: String
    /// Only hosts in this availability zone; `nil` for all.
    package var zone: String?

    package init(region: String, role: String, zone: String? = nil) {
      self.region = region
      self.role = role
      self.zone = zone
    }
  }

  package let source: Endpoint
  package let target: Endpoint
  /// Whether packets from target to source suffer too.
  package let bothWays: Bool
  /// Added to each one-way trip.
  package var delay = TimeSpan.zero
  /// Standard deviation of the added delay.
  package var jitter = TimeSpan.zero
  /// Probability that a packet is lost.
  package var loss = 0.0
  /// Bits a second; 0 for no limit.
  package var bandwidth = 0.0
  /// Probability that a trip meets a reset instead of its target: both ends see the connection break.
  package var reset = 0.0
  /// No packet gets through.
  package var isPartition = false
  /// One-way trips that it touched: a condition that touched none changed nothing.
  package internal(set) var touched = 0

  package init(source: Endpoint, target: Endpoint, bothWays: Bool = true) {
    self.source = source
    self.target = target
    self.bothWays = bothWays
  }

  /// Most time that packets may spend in the queue before the narrow place; what comes then is dropped, as by the
  /// `limit` of tc-tbf(8).
  package nonisolated static let longestQueue = TimeSpan.seconds(1)
  private var busyUntil = Instant.zero

  /// How long `bytes` take through the narrow place, the queue of what came before included; `nil` when the queue is full.
  func transmission(_ bytes: Int, at now: Instant) -> TimeSpan? {
    guard bandwidth > 0 else { return .zero }
    let begin = max(now, busyUntil)
    guard begin - now <= Self.longestQueue else { return nil }
    busyUntil = begin + .seconds(Double(bytes * 8) / bandwidth)
    return busyUntil - now
  }

  func applies(from: Host, to: Host) -> Bool {
    (from.matches(source) && to.matches(target)) || (bothWays && from.matches(target) && to.matches(source))
  }
}

/// Whether a name matches a pattern in which `*` stands for any characters and `?` for one.
package func globMatches(_ pattern: some StringProtocol, _ name: some StringProtocol) -> Bool {
  let pattern = Array(pattern.utf8)
  let name = Array(name.utf8)
  var (p, n) = (0, 0)
  var retry: (p: Int, n: Int)?
  while n < name.count {
    if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
      retry = (p + 1, n)
      p += 1
    } else if p < pattern.count, pattern[p] == name[n] || pattern[p] == UInt8(ascii: "?") {
      p += 1
      n += 1
    } else if let (nextP, lastN) = retry {
      retry = (nextP, lastN + 1)
      (p, n) = (nextP, lastN + 1)
    } else {
      return false
    }
  }
  return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
}
