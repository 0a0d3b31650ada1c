import SimulationKernel

/// The way from one host to another: worked out once, and again when the network's configuration has changed.
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

  func refresh(_ network: Network) {
    guard generation != network.generation else { return }
    generation = network.generation
    conditions = network.conditions.filter { $0.applies(from: from, to: to) }
    isCut = conditions.contains { $0.isPartition }
  }

  /// One trip of `bytes`, repeated by TCP until it arrives; `nil` when it never does.
  func trip(_ bytes: Int, _ network: Network) -> TimeSpan? {
    let stream = network.stream
    var span = base.sample(stream)
    if conditions.isEmpty { return span }
    for condition in conditions { condition.touched += 1 }
    guard !isCut else { return nil }
    var retransmission = network.profile.minimumRetransmission
    for condition in conditions {
      span += condition.delay
      if condition.jitter > .zero { span += max(condition.jitter * stream.normal(), condition.delay * -1) }
      if condition.bandwidth > 0 { span += .seconds(Double(bytes * 8) / condition.bandwidth) }
      // A lost packet is sent again after the retransmission time, which doubles with each loss.
      var losses = 0
      while stream.chance(condition.loss) {
        losses += 1
        guard losses <= network.profile.maximumRetransmissions else { return nil }
        span += retransmission
        retransmission = retransmission * 2
      }
    }
    return max(span, .zero)
  }

  /// How long the SYN takes to arrive; lost ones are repeated after 1, 3 and 7 seconds. `nil` when none arrives.
  func synTrip(_ network: Network) -> TimeSpan? {
    let stream = network.stream
    var waited = TimeSpan.zero
    let loss = 1 - conditions.reduce(1) { $0 * (1 - $1.loss) }
    for attempt in 0...network.profile.synRetries.count {
      if !isCut, !stream.chance(loss) {
        for condition in conditions { condition.touched += 1 }
        let delays = conditions.reduce(TimeSpan.zero) {
          $0 + $1.delay + max($1.jitter * stream.normal(), $1.delay * -1)
        }
        return waited + base.sample(stream) + delays
      }
      for condition in conditions { condition.touched += 1 }
      guard attempt < network.profile.synRetries.count else { return nil }
      waited += network.profile.synRetries[attempt]
    }
    return nil
  }
}
