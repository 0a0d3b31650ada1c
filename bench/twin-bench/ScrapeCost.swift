import Telemetry

/// What a line of a scrape costs from the text to the store, over a text shaped like cAdvisor's.
enum ScrapeCost {
  private static let lines = 2000
  private static let rounds = 1000

  /// Nanoseconds a line when no line changed, and when every value did.
  static func measure() throws -> (unchanged: Double, changed: Double) {
    (try measure { _, _ in 1.5 }, try measure { round, line in Double(round * 7 + line) * 0.25 })
  }

  private static func measure(_ value: (Int, Int) -> Double) throws -> Double {
    let cache = ScrapeCache(
      SampleLabelling(target: Labels([Label("job", "kubelet"), Label("instance", "10.10.32.10:10250")])),
      store: TimeSeriesStore())
    _ = try cache.ingest(text(round: 0, value), at: 0)
    var spent = 0.0
    for round in 1...rounds {
      let body = text(round: round, value)
      let began = wallSeconds()
      _ = try cache.ingest(body, at: Int64(round) * 30_000)
      spent += wallSeconds() - began
    }
    return spent / Double(rounds * lines) * 1e9
  }

  private static func text(round: Int, _ value: (Int, Int) -> Double) -> [UInt8] {
    var text = ExpositionText(capacity: lines * 200)
    text.family("container_cpu_usage_seconds_total", .counter, "Cumulative cpu time consumed in seconds.")
    for line in 0..<lines {
      text.sample(
        "container_cpu_usage_seconds_total",
        [
          ("container", "payment-latency-api"), ("id", "/kubepods.slice/kubepods-burstable.slice/pod\(line)"),
          ("image", "registry/payment-latency-api:1.4.2"), ("namespace", "payments"), ("pod", "pod-\(line)"),
        ], value(round, line))
    }
    return text.bytes
  }
}
