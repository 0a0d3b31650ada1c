import HTTPMessages

/// The counters of one process of the core, and their Prometheus text. Recording touches fixed places and allocates nothing
/// once a status has occurred.
package struct PaymentMetrics: Sendable {
  /// The resources that are told apart; everything else is one, so that clients cannot make up series.
  enum Route: Int, CaseIterable, Sendable {
    case payment, health, metrics, info, other

    init(path: String) {
      self =
        switch path {
        case "/api/payment/simulate": .payment
        case "/health": .health
        case "/metrics": .metrics
        case "/info": .info
        default: .other
        }
    }

    /// The value of the label `path`.
    var path: StaticString {
      switch self {
      case .payment: "/api/payment/simulate"
      case .health: "/health"
      case .metrics: "/metrics"
      case .info: "/info"
      case .other: "other"
      }
    }
  }

  /// How a transaction that was asked for ended, repetitions with the same key included.
  enum Outcome: Int, CaseIterable, Sendable {
    case completed, declined, failed

    var word: StaticString {
      switch self {
      case .completed: "completed"
      case .declined: "declined"
      case .failed: "failed"
      }
    }
  }

  private struct Requests {
    /// In the order in which the pairs first occurred.
    var counts: [(method: HTTPMethod, status: Int, count: Int64)] = []
    var buckets = Array(repeating: Int64(0), count: PaymentMetrics.bounds.count + 1)
    var sumMicroseconds: Int64 = 0
  }

  /// Upper bounds of the request histogram in microseconds: the client library's defaults, closer around the objective of
  /// 100 ms.
  static let bounds: [Int64] = [
    5_000, 10_000, 25_000, 50_000, 75_000, 100_000, 150_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
    10_000_000,
  ]

  /// Transactions at the database as the process saw them, connections to it included; the failed ones too.
  private var database = Requests()
  /// Failed ones by SQLSTATE, in the order in which these first occurred.
  private var databaseErrors: [(state: String, count: Int64)] = []
  private var routes = Array(repeating: Requests(), count: Route.allCases.count)
  private var payments: [Int64] = Array(repeating: 0, count: PaymentState.allCases.count)
  private var outcomes: [Int64] = Array(repeating: 0, count: Outcome.allCases.count)
  private var recent: [Int64] = []
  private var recentIndex = 0

  /// Latest payments over which the figures of `/health` are taken.
  static let recentLimit = 256

  package init() {}

  mutating func record(_ route: Route, _ method: HTTPMethod, status: Int, microseconds: Int64) {
    let row = route.rawValue
    if let index = routes[row].counts.firstIndex(where: { $0.status == status && $0.method == method }) {
      routes[row].counts[index].count += 1
    } else {
      routes[row].counts.append((method, status, 1))
    }
    routes[row].buckets[Self.bounds.firstIndex { microseconds <= $0 } ?? Self.bounds.count] += 1
    routes[row].sumMicroseconds += microseconds
    guard route == .payment else { return }
    if recent.count < Self.recentLimit {
      recent.append(microseconds)
    } else {
      recent[recentIndex] = microseconds
      recentIndex = (recentIndex + 1) % Self.recentLimit
    }
  }

  /// A transaction at the database ended.
  ///
  /// - Parameter failure: its SQLSTATE; `nil` when it was committed.
  mutating func recordTransaction(microseconds: Int64, failure: String?) {
    database.buckets[Self.bounds.firstIndex { microseconds <= $0 } ?? Self.bounds.count] += 1
    database.sumMicroseconds += microseconds
    guard let failure else { return }
    if let index = databaseErrors.firstIndex(where: { $0.state == failure }) {
      databaseErrors[index].count += 1
    } else {
      databaseErrors.append((failure, 1))
    }
  }

  mutating func record(_ state: PaymentState) { payments[Int(state.rawValue)] += 1 }

  mutating func record(_ outcome: Outcome) { outcomes[outcome.rawValue] += 1 }

  /// Median and 99th percentile of the latest payments in microseconds.
  var recentLatency: (p50: Int64, p99: Int64) {
    guard !recent.isEmpty else { return (0, 0) }
    let sorted = recent.sorted()
    return (sorted[sorted.count / 2], sorted[min(sorted.count - 1, sorted.count * 99 / 100)])
  }

  // MARK: Text

  /// The exposition text (Prometheus text format 0.0.4).
  ///
  /// - Parameter figures: what the process knows about itself; `nil` leaves its families out.
  func exposition(_ figures: ProcessFigures?) -> [UInt8] {
    var text = ByteText(capacity: 8192)
    writeRequests(&text)
    writeDurations(&text)
    Self.begin("payments_total", "counter", "Payments by final state.", &text)
    for state in [PaymentState.captured, .declined] {
      text.append("payments_total{state=\"\(state.word)\"} \(payments[Int(state.rawValue)])\n")
    }
    Self.begin("transactions_total", "counter", "Financial transactions by outcome, repetitions included.", &text)
    for outcome in Outcome.allCases {
      text.append("transactions_total{status=\"\(outcome.word)\"} \(outcomes[outcome.rawValue])\n")
    }
    writeDatabase(&text)
    if let figures { Self.write(figures, &text) }
    return text.bytes
  }

  private static func begin(_ name: StaticString, _ type: StaticString, _ help: StaticString, _ text: inout ByteText) {
    text.append("# HELP ")
    text.append(name)
    text.append(" ")
    text.append(help)
    text.append("\n# TYPE ")
    text.append(name)
    text.append(" ")
    text.append(type)
    text.append("\n")
  }

  private func writeRequests(_ text: inout ByteText) {
    Self.begin("http_requests_total", "counter", "Requests by method, path and status code.", &text)
    for route in Route.allCases {
      let counts = routes[route.rawValue].counts.sorted {
        ($0.status, $0.method.rawValue) < ($1.status, $1.method.rawValue)
      }
      for row in counts {
        text.append(
          "http_requests_total{code=\"\(row.status)\",method=\"\(row.method.rawValue)\",path=\"\(route.path)\"} \(row.count)\n"
        )
      }
    }
  }

  private func writeDurations(_ text: inout ByteText) {
    Self.begin("http_request_duration_seconds", "histogram", "Time to answer.", &text)
    for route in Route.allCases where !routes[route.rawValue].counts.isEmpty {
      Self.write("http_request_duration_seconds", "path=\"\(route.path)\"", routes[route.rawValue], &text)
    }
  }

  private func writeDatabase(_ text: inout ByteText) {
    let name = "payment_database_transaction_duration_seconds"
    Self.begin(
      "payment_database_transaction_duration_seconds", "histogram", "Time of a transaction at the database.", &text)
    Self.write(name, "", database, &text)
    Self.begin("payment_database_errors_total", "counter", "Transactions that failed, by SQLSTATE.", &text)
    for row in databaseErrors.sorted(by: { $0.state < $1.state }) {
      text.append("payment_database_errors_total{sqlstate=\"\(row.state)\"} \(row.count)\n")
    }
    // Without a first error the rate of errors would be unknown, not zero.
    if databaseErrors.isEmpty { text.append("payment_database_errors_total{sqlstate=\"08006\"} 0\n") }
  }

  /// The lines of a histogram with one label, or none.
  private static func write(_ name: String, _ label: String, _ requests: Requests, _ text: inout ByteText) {
    var cumulative: Int64 = 0
    let comma = label.isEmpty ? "" : ","
    for (index, count) in requests.buckets.enumerated() {
      cumulative += count
      let bound = index < bounds.count ? seconds(bounds[index]) : "+Inf"
      text.append("\(name)_bucket{\(label)\(comma)le=\"\(bound)\"} \(cumulative)\n")
    }
    let labels = label.isEmpty ? "" : "{\(label)}"
    text.append("\(name)_sum\(labels) \(Double(requests.sumMicroseconds) / 1e6)\n")
    text.append("\(name)_count\(labels) \(cumulative)\n")
  }

  /// A bound as client libraries print it: `1` and not `1.0`.
  private static func seconds(_ microseconds: Int64) -> String {
    microseconds % 1_000_000 == 0 ? "\(microseconds / 1_000_000)" : "\(Double(microseconds) / 1e6)"
  }

  private static func write(_ figures: ProcessFigures, _ text: inout ByteText) {
    if let pool = figures.pool {
      begin("db_pool_connections", "gauge", "Connections to the database by state.", &text)
      text.append("db_pool_connections{state=\"idle\"} \(pool.idle)\n")
      text.append("db_pool_connections{state=\"in_use\"} \(pool.inUse)\n")
      for row in pool.families {
        begin(row.name, row.type, row.help, &text)
        text.append(row.name)
        text.append(" \(row.value)\n")
      }
    }
    begin("process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.", &text)
    text.append("process_cpu_seconds_total \(figures.processorSeconds)\n")
    begin("process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", &text)
    text.append("process_resident_memory_bytes \(figures.residentBytes)\n")
    begin("process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.", &text)
    text.append("process_start_time_seconds \(figures.startSeconds)\n")
  }
}
