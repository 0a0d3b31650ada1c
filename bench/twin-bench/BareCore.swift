import Glibc
import HTTPMessages
import PaymentCore
import SQLiteStore

/// The payment core alone: real requests, real SQL on SQLite in memory, no simulation around it. What the twin's time per
/// payment is compared with.
struct BareCore {
  let payments: Int
  let nanosecondsPerPayment: Double
  let bytesPerPayment: Double
  let auditSeconds: Double

  var line: String {
    "bare core: \(payments) payments, \(rounded(nanosecondsPerPayment / 1000)) us and \(rounded(bytesPerPayment)) bytes "
      + "of database each; audit in \(rounded(auditSeconds)) s"
  }

  /// Processes `payments` requests through `PaymentLatencyAPI.respond`, then audits the ledger, which must be in order.
  static func measure(payments: Int) async throws -> BareCore {
    let connection = try SQLiteConnection(.memory)
    try PaymentSchema.install(on: connection, residency: .eu, currency: .eur)
    let configuration = try PaymentAPIConfiguration(environment: [
      "DATABASE_URL": "postgresql://payments:secret@db:5432/payments?sslmode=require",
      "API_SECRET_KEY": String(repeating: "k", count: 64), "REGION": "spain", "ENVIRONMENT": "bench",
    ])
    let api = PaymentLatencyAPI(configuration: configuration, version: "1.0.0")
    let surroundings = DirectSurroundings(connection)
    let sizeBefore = try connection.size()
    let request = HTTPRequest(path: "/api/payment/simulate", query: "amount=12.50")
    let began = monotonic()
    for number in 1...payments {
      let response = await api.respond(to: request, in: surroundings)
      guard response.status == 200 else { fatalError("payment \(number): \(response.status)") }
    }
    let ended = monotonic()
    let growth = try connection.size() - sizeBefore
    let findings = try LedgerAudit(connection, residency: .eu).findings(acknowledged: [])
    guard findings.isEmpty else { fatalError("\(findings)") }
    return BareCore(
      payments: payments, nanosecondsPerPayment: Double(ended - began) / Double(payments),
      bytesPerPayment: Double(growth) / Double(payments), auditSeconds: Double(monotonic() - ended) / 1e9)
  }
}

/// `value` with two decimals.
private func rounded(_ value: Double) -> String {
  let hundredths = Int((value * 100).rounded())
  return "\(hundredths / 100).\(hundredths / 10 % 10)\(hundredths % 10)"
}

private func monotonic() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// The core's ports without a network: its connection belongs to the one task that measures.
private final class DirectSurroundings: RequestSurroundings, @unchecked Sendable {
  private let connection: SQLiteConnection
  private var keys: UInt64 = 0

  init(_ connection: SQLiteConnection) { self.connection = connection }

  func run<Work: DatabaseWork>(_ work: Work) async throws(DatabaseFailure) -> Work.Result {
    do { return try connection.write { try work.execute(on: connection) } } catch {
      throw DatabaseFailure(sqlState: "XX000", message: "\(error)")
    }
  }

  func now() async -> Int64 { 1_700_000_000_000_000 + Int64(monotonic() / 1000) }
  func pause(milliseconds: Double) async {}
  func log(_ line: String) async {}

  func newKey() async -> IdempotencyKey {
    keys += 1
    return IdempotencyKey(high: keys &* 0x9e37_79b9_7f4a_7c15, low: keys &* 0xbf58_476d_1ce4_e5b9)
  }
}
