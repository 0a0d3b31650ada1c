import SimulationKernel

/// How one request ended, as its client saw it.
package enum RequestOutcome: Hashable, Sendable {
  /// An answer with this status.
  case answered(status: Int)
  /// No answer: the connection was refused, reset, timed out or never made.
  case failed(reason: String)
}

/// What one second of traffic to one region's service came to.
package struct TrafficSecond: Sendable {
  /// Requests that arrived in this second.
  package var offered = 0
  /// Of those, answers below 500.
  package var served = 0
  /// Of those, answers of 500 and more, and requests without an answer.
  package var failed = 0
  /// Served ones within the availability limit (1 s by the platform's objective).
  package var withinAvailabilityLimit = 0
  /// Served ones within the latency objective's threshold.
  package var withinLatencyLimit = 0
  /// Sum of the latencies of the served ones.
  package var totalLatency = TimeSpan.zero
}

/// The service level indicators of one region, measured at the client: counts by the second in which the request was
/// *sent*, histograms by ten seconds, and every failed request up to a limit.
@Simulated
package final class ServiceLevelRecorder {
  /// A request that failed or was too slow to count as good.
  package struct FailedRequest: Sendable {
    package var sentAt: Instant
    package var latency: TimeSpan
    package var outcome: RequestOutcome
  }

  /// Failed requests kept for the record; all are counted.
  package static let failedRequestLimit = 20_000

  /// The region's name, such as `spain`.
  package let region: String
  /// An answer later than this does not count as available.
  package let availabilityLimit: TimeSpan
  /// An answer later than this does not count as fast.
  package let latencyLimit: TimeSpan
  package private(set) var seconds: [TrafficSecond] = []
  /// Latencies of served requests by the ten seconds in which they were sent.
  package private(set) var slots: [LatencyHistogram] = []
  package private(set) var failedRequests: [FailedRequest] = []

  package init(region: String, availabilityLimit: TimeSpan, latencyLimit: TimeSpan) {
    self.region = region
    self.availabilityLimit = availabilityLimit
    self.latencyLimit = latencyLimit
  }

  /// A request was sent. Its outcome follows with `finished`.
  package func sent(at instant: Instant) {
    seconds[slot(instant)].offered += 1
  }

  /// The outcome of a request that was sent at `sentAt`.
  package func finished(sentAt: Instant, latency: TimeSpan, outcome: RequestOutcome) {
    let index = slot(sentAt)
    if case .answered(let status) = outcome, status < 500 {
      seconds[index].served += 1
      seconds[index].totalLatency += latency
      if latency <= availabilityLimit { seconds[index].withinAvailabilityLimit += 1 }
      if latency <= latencyLimit { seconds[index].withinLatencyLimit += 1 }
      slots[index / Self.slotSeconds].record(latency)
      if latency <= availabilityLimit { return }
    } else {
      seconds[index].failed += 1
    }
    if failedRequests.count < Self.failedRequestLimit {
      failedRequests.append(FailedRequest(sentAt: sentAt, latency: latency, outcome: outcome))
    }
  }

  /// The sums over the seconds of `range`.
  package func total(_ range: Range<Instant>) -> TrafficSecond {
    var sum = TrafficSecond()
    for second in seconds[indices(range)] {
      sum.offered += second.offered
      sum.served += second.served
      sum.failed += second.failed
      sum.withinAvailabilityLimit += second.withinAvailabilityLimit
      sum.withinLatencyLimit += second.withinLatencyLimit
      sum.totalLatency += second.totalLatency
    }
    return sum
  }

  /// Seconds that share a histogram.
  package static let slotSeconds = 10

  /// The latencies of the served requests of `range`: of the ten-second slots that lie in it, or that it touches when none does.
  package func latencies(_ range: Range<Instant>) -> LatencyHistogram {
    var sum = LatencyHistogram()
    for slot in Self.slots(range) where slots.indices.contains(slot) { sum.merge(slots[slot]) }
    return sum
  }

  /// The ten-second slots of a range.
  package static func slots(_ range: Range<Instant>) -> Range<Int> {
    let width = Int64(slotSeconds) * 1_000_000_000
    let (low, high) = (max(0, range.lowerBound.nanoseconds), max(0, range.upperBound.nanoseconds))
    let inside = Int((low + width - 1) / width)..<max(Int((low + width - 1) / width), Int(high / width))
    return inside.isEmpty ? Int(low / width)..<Int(max(high - 1, low) / width) + 1 : inside
  }

  /// The indices of the seconds of `range` that were recorded.
  package func indices(_ range: Range<Instant>) -> Range<Int> {
    let low = min(seconds.count, Int(max(0, range.lowerBound.nanoseconds) / 1_000_000_000))
    let high = min(seconds.count, Int(max(0, range.upperBound.nanoseconds - 1) / 1_000_000_000) + 1)
    return low..<max(low, high)
  }

  private func slot(_ instant: Instant) -> Int {
    let index = Int(instant.nanoseconds / 1_000_000_000)
    while seconds.count <= index { seconds.append(TrafficSecond()) }
    while slots.count <= index / Self.slotSeconds { slots.append(LatencyHistogram()) }
    return index
  }
}
