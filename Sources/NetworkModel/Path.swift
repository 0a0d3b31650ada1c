import SimulationKernel

/// The way from one host to another: what lies on it is worked out once, and again when the network's configuration changed.
@Simulated
final class Path {
  let from: Host
  let to: Host
  private let base: Distribution
  private var conditions: [LinkCondition] = []
  private var isCut = false
  private var generation = -1

  init(from: Host, to: Host, base: Distribution) {
    self.from = from
    self.to = to
    self.base = base
  }

  @inline(__always)
  func refresh(_ network: Network) {
    if generation != network.generation { collect(network) }
  }

  private func collect(_ network: Network) {
    generation = network.generation
    conditions = network.conditions.filter { $0.applies(from: from, to: to) }
    isCut = conditions.contains { $0.isPartition }
  }

  /// One trip of `bytes`, with what TCP repeats until it arrives; `nil` when nothing gets through now.
  @inline(__always)
  func trip(_ bytes: Int, _ network: Network) -> TimeSpan? {
    refresh(network)
    let span = base.sample(network.stream)
    return conditions.isEmpty ? span : disturbed(span, bytes, network)
  }

  private func disturbed(_ span: TimeSpan, _ bytes: Int, _ network: Network) -> TimeSpan? {
    touch()
    guard !isCut else { return nil }
    let stream = network.stream
    var span = span
    var retransmission = network.profile.minimumRetransmission
    for condition in conditions {
      span += condition.extraDelay(stream)
      // A lost packet is sent again after the retransmission time, which doubles with each loss.
      var losses = 0
      let loss = condition.loss(ofSegments: (bytes + Self.segment - 1) / Self.segment)
      while stream.chance(loss) {
        losses += 1
        guard losses <= network.profile.maximumRetransmissions else { return nil }
        span += retransmission
        retransmission = retransmission * 2
      }
      guard let queued = condition.transmission(bytes, at: network.simulation.now) else { return nil }
      span += queued
    }
    return max(span, .zero)
  }

  /// Bytes of data in one segment on Ethernet with TCP timestamps.
  private static let segment = 1448

  /// How long one SYN takes to arrive; `nil` when it does not.
  func synTrip(_ network: Network) -> TimeSpan? {
    refresh(network)
    let stream = network.stream
    let span = base.sample(stream)
    guard !conditions.isEmpty else { return span }
    touch()
    guard !isCut, !conditions.contains(where: { stream.chance($0.loss) }) else { return nil }
    return conditions.reduce(span) { $0 + $1.extraDelay(stream) }
  }

  /// Draws whether a packet is answered by a reset on its way.
  func meetsNoReset(_ network: Network) -> Bool {
    conditions.allSatisfy { $0.reset == 0 || !network.stream.chance($0.reset) }
  }

  private func touch() {
    for condition in conditions { condition.touched += 1 }
  }
}

extension LinkCondition {
  fileprivate func extraDelay(_ stream: RandomStream) -> TimeSpan {
    guard jitter > .zero else { return delay }
    return delay + max(jitter * stream.normal(), delay * -1)
  }

  /// The probability that at least one of several segments is lost.
  fileprivate func loss(ofSegments count: Int) -> Double {
    guard loss > 0, count > 1 else { return loss }
    var kept = 1.0
    for _ in 0..<count { kept *= 1 - loss }
    return 1 - kept
  }
}
