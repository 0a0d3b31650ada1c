/// The counters of one process of the core, and their Prometheus text.
package struct PaymentMetrics: Sendable {
  /// Upper bounds of the request histogram in microseconds: the client library's defaults.
  static let bounds: [Int64] = [
    5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000,
  ]

  /// Requests by status, in the order in which the statuses first occurred.
  private var requests: [(status: Int, count: Int64)] = []
  private var buckets = Array(repeating: Int64(0), count: PaymentMetrics.bounds.count + 1)
  private var sumMicroseconds: Int64 = 0
  private var payments: [Int64] = Array(repeating: 0, count: PaymentState.allCases.count)
  private var recent: [Int64] = []
  private var recentIndex = 0

  /// Latest payments over which the figures of `/health` are taken.
  static let recentLimit = 256

  package init() {}

  mutating func record(status: Int, microseconds: Int64) {
    if let index = requests.firstIndex(where: { $0.status == status }) {
      requests[index].count += 1
    } else {
      requests.append((status, 1))
    }
    buckets[Self.bounds.firstIndex { microseconds <= $0 } ?? Self.bounds.count] += 1
    sumMicroseconds += microseconds
    if recent.count < Self.recentLimit {
      recent.append(microseconds)
    } else {
      recent[recentIndex] = microseconds
      recentIndex = (recentIndex + 1) % Self.recentLimit
    }
  }

  mutating func record(_ state: PaymentState) { payments[Int(state.rawValue)] += 1 }

  /// Median and 99th percentile of the latest payments in microseconds.
  var recentLatency: (p50: Int64, p99: Int64) {
    guard !recent.isEmpty else { return (0, 0) }
    let sorted = recent.sorted()
    return (sorted[sorted.count / 2], sorted[min(sorted.count - 1, sorted.count * 99 / 100)])
  }

  /// The exposition text (Prometheus text format 0.0.4).
  func exposition() -> [UInt8] {
    var text = ByteText(capacity: 2048)
    text.append("# HELP http_requests_total Requests by status code.\n# TYPE http_requests_total counter\n")
    for request in requests.sorted(by: { $0.status < $1.status }) {
      text.append("http_requests_total{code=\"\(request.status)\",path=\"/api/payment/simulate\"} \(request.count)\n")
    }
    text.append(
      "# HELP http_request_duration_seconds Time to answer.\n# TYPE http_request_duration_seconds histogram\n")
    var cumulative: Int64 = 0
    for (index, count) in buckets.enumerated() {
      cumulative += count
      let bound = index < Self.bounds.count ? "\(Double(Self.bounds[index]) / 1e6)" : "+Inf"
      text.append("http_request_duration_seconds_bucket{le=\"\(bound)\"} \(cumulative)\n")
    }
    text.append("http_request_duration_seconds_sum \(Double(sumMicroseconds) / 1e6)\n")
    text.append("http_request_duration_seconds_count \(cumulative)\n")
    text.append("# HELP payments_total Payments by final state.\n# TYPE payments_total counter\n")
    for state in [PaymentState.captured, .declined] {
      text.append("payments_total{state=\"\(state.word)\"} \(payments[Int(state.rawValue)])\n")
    }
    return text.bytes
  }
}
