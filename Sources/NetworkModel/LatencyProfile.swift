import SimulationKernel

/// One-way latencies by distance, and the constants of TCP and TLS.
///
/// Ranges: same zone 0.1–0.3 ms, other zone 0.5–1 ms, region to region 45–50 ms (AWS's published inter-zone "single-digit
/// millisecond" figure and public measurements). Retransmission times are those of Linux: RFC 6298 with a 1 s initial SYN
/// timeout and a 200 ms minimum RTO (net/ipv4/tcp.h, TCP_TIMEOUT_INIT, TCP_RTO_MIN).
package struct LatencyProfile: Sendable {
  package var sameZone = Distribution.uniform(.milliseconds(0.1), .milliseconds(0.3))
  package var otherZone = Distribution.uniform(.milliseconds(0.5), .milliseconds(1))
  package var otherRegion = Distribution.uniform(.milliseconds(45), .milliseconds(50))
  /// A customer in the region's country to the region's edge.
  package var internet = Distribution.lognormal(median: .milliseconds(4.1), p99: .milliseconds(8))
  /// CPU of both sides in a TLS 1.3 handshake.
  package var tlsProcessing = Distribution.uniform(.milliseconds(1), .milliseconds(3))
  /// A lookup that the resolver has not cached.
  package var nameLookup = Distribution.uniform(.milliseconds(1.5), .milliseconds(5))
  /// An unanswered SYN is sent again after this long, then after twice as long each time: 1, 3, 7, 15 … seconds after the first.
  package var synTimeout = TimeSpan.seconds(1)
  /// The last wait for an answer to a SYN: tcp_syn_retries = 6 (ip-sysctl).
  package var longestSynTimeout = TimeSpan.seconds(64)
  package var minimumRetransmission = TimeSpan.milliseconds(200)
  package var maximumRetransmissions = 6
  /// How long a resolver waits for a server that does not answer, and how often it asks (resolv.conf defaults).
  package var nameTimeout = TimeSpan.seconds(5)
  package var nameAttempts = 2

  package init() {}

  func distance(_ from: Zone, _ to: Zone) -> Distribution {
    if from.region != to.region { return otherRegion }
    if from.isInternet != to.isInternet { return internet }
    return from.name == to.name ? sameZone : otherZone
  }
}
