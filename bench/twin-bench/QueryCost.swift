import Glibc
import Telemetry

/// What PromQL costs over two hours of scrapes; `bench/query_prometheus.py` asks a real Prometheus the same.
enum QueryCost {
  private static let start: Int64 = 1_599_998_400_000
  private static let interval: Int64 = 15_000
  private static let scrapes = 480

  /// A kind of query and an example of it.
  private static let queries: [(kind: String, expression: String)] = [
    ("selector of one", "up{job=\"job-1\",instance=\"pod-3\"}"),
    ("selector of many", "http_requests_total"),
    ("regular expression", "http_requests_total{instance=~\"pod-[1-4]\",code!~\"5..\"}"),
    ("arithmetic", "http_requests_total * 2 + 1"),
    ("comparison", "memory_bytes > 2.5e8"),
    ("rate", "rate(http_requests_total[5m])"),
    ("rate over an hour", "rate(http_requests_total[1h])"),
    ("sum by", "sum by (job, code) (rate(http_requests_total[5m]))"),
    ("topk", "topk(5, rate(http_requests_total[5m]))"),
    ("quantile", "quantile by (job) (0.9, memory_bytes)"),
    ("over time", "avg_over_time(memory_bytes[10m])"),
    ("greatest over time", "max_over_time(memory_bytes[10m])"),
    ("quantile over time", "quantile_over_time(0.9, memory_bytes[10m])"),
    ("regression", "predict_linear(memory_bytes[30m], 3600)"),
    ("histogram", "histogram_quantile(0.99, sum by (job, le) (rate(request_seconds_bucket[5m])))"),
    ("matching", "rate(request_seconds_sum[5m]) / rate(request_seconds_count[5m])"),
    ("group_left", "http_requests_total / ignoring (code) group_left sum without (code) (http_requests_total)"),
    ("set", "memory_bytes and on (job, instance) up == 1"),
    ("subquery", "max_over_time(rate(http_requests_total{code=\"500\"}[5m])[30m:1m])"),
    ("labels", "label_replace(up, \"zone\", \"$1\", \"instance\", \"pod-(.)\")"),
    (
      "alert",
      "sum by (job) (rate(http_requests_total{code=~\"5..\"}[5m])) / sum by (job) (rate(http_requests_total[5m])) > 0.01"
    ),
  ]

  /// Writes the samples as OpenMetrics to `samples.om` and the queries with their nanoseconds to `queries.tsv`: kind,
  /// expression, an instant query asked once, the same prepared, a range query of 240 steps.
  static func measure(folder: String) throws {
    let store = TimeSeriesStore()
    try write(samples(into: store), to: folder + "/samples.om")
    let engine = QueryEngine(store)
    let end = start + Int64(scrapes - 1) * interval
    var rows = ""
    for query in queries {
      let expression = try ExpressionParser.parse(query.expression)
      let prepared = try engine.prepare(expression)
      let once = try best(of: 40) { _ = try engine.instant(expression, at: end) }
      let again = try best(of: 40) { _ = try engine.instant(prepared, at: end) }
      let range = try best(of: 15) {
        _ = try engine.range(expression, from: end - 239 * 30_000, to: end, step: 30_000)
      }
      rows += "\(query.kind)\t\(query.expression)\t\(once)\t\(again)\t\(range)\n"
    }
    try write(rows, to: folder + "/queries.tsv")
  }

  private static func best(of count: Int, _ body: () throws -> Void) throws -> Int {
    try (0..<count).reduce(Double.infinity) { least, _ in
      let began = wallSeconds()
      try body()
      return min(least, wallSeconds() - began)
    }.nanoseconds
  }

  private static func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "w") else { throw QueryCostError.cannotWrite(path) }
    defer { fclose(file) }
    guard fputs(text, file) >= 0 else { throw QueryCostError.cannotWrite(path) }
  }

  // MARK: Samples

  private static func samples(into store: TimeSeriesStore) -> String {
    var text = ""
    var state: UInt64 = 7
    func random(below limit: Double) -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (Double(state >> 11) / 9_007_199_254_740_992 * limit).rounded(.down)
    }
    func add(_ name: String, _ labels: [(String, String)], _ next: (Double) -> Double) {
      let handle = store.handle(for: Labels([Label("__name__", name)] + labels.map { Label($0.0, $0.1) }))
      let head = name + "{" + labels.map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ",") + "} "
      var value = 0.0
      for scrape in 0..<scrapes {
        value = next(value)
        let time = start + Int64(scrape) * interval
        store.append(value, at: time, to: handle)
        text += "\(head)\(value) \(time / 1000)\n"
      }
    }
    let targets = (0..<5).flatMap { job in (0..<10).map { [("job", "job-\(job)"), ("instance", "pod-\($0)")] } }
    for code in ["200", "201", "404", "500"] {
      for target in targets {
        add("http_requests_total", target + [("code", code)]) { $0 + random(below: code == "200" ? 900 : 9) }
      }
    }
    for target in targets { add("up", target) { _ in 1 } }
    for target in targets {
      add("memory_bytes", target) { max(2e8, $0 > 3e8 ? 2e8 : $0) + 4096 * random(below: 400) }
    }
    for target in targets.prefix(20) {
      for bound in ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "+Inf"] {
        add("request_seconds_bucket", target + [("le", bound)]) { $0 + random(below: 40) }
      }
    }
    for target in targets.prefix(20) { add("request_seconds_count", target) { $0 + random(below: 400) } }
    for target in targets.prefix(20) { add("request_seconds_sum", target) { $0 + random(below: 40_000) / 1000 } }
    return text + "# EOF\n"
  }
}

enum QueryCostError: Error {
  case cannotWrite(String)
}

extension Double {
  fileprivate var nanoseconds: Int { Int((self * 1e9).rounded()) }
}
