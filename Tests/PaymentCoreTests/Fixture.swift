import HTTPMessages
import SQLiteStore

@testable import PaymentCore

/// A small generator of our own: the same numbers for the same seed, everywhere (SplitMix64).
struct Generator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }

  /// 0 to `bound` - 1.
  mutating func next(below bound: Int) -> Int { Int(next() % UInt64(bound)) }

  mutating func chance(_ percent: Int) -> Bool { next(below: 100) < percent }
}

/// The core's ports in a test: a clock that only stands or jumps, and a database that fails as it is told. Everything runs
/// on the one thread of the test that made it.
final class TestSurroundings: RequestSurroundings, @unchecked Sendable {
  enum Fault { case none, before(DatabaseFailure), afterCommit }

  let connection: SQLiteConnection
  /// Asked once a unit of work.
  var fault: () -> Fault = { .none }
  private(set) var works: [WorkShape] = []
  private(set) var lines: [String] = []
  private(set) var pauses: [Double] = []
  private var microseconds: Int64 = 1_700_000_000_000_000
  private var keys: UInt64 = 0

  init(_ connection: SQLiteConnection) { self.connection = connection }

  func run<Work: DatabaseWork>(_ work: Work) async throws(DatabaseFailure) -> Work.Result {
    await Task.yield()
    microseconds += 1000
    works.append(Work.shape)
    let fault = fault()
    if case .before(let failure) = fault { throw failure }
    let result: Work.Result
    do { result = try connection.write { try work.execute(on: connection) } } catch {
      throw DatabaseFailure(sqlState: "XX000", message: "\(error)")
    }
    await Task.yield()
    microseconds += 1000
    if case .afterCommit = fault {
      throw DatabaseFailure(sqlState: "08006", message: "server closed the connection unexpectedly", isInDoubt: true)
    }
    return result
  }

  func now() async -> Int64 { microseconds }
  func log(_ line: String) async { lines.append(line) }

  func pause(milliseconds: Double) async {
    pauses.append(milliseconds)
    await Task.yield()
    microseconds += Int64(milliseconds * 1000)
  }

  func newKey() async -> IdempotencyKey {
    keys += 1
    return IdempotencyKey(high: keys, low: keys &* 7)
  }
}

/// One region's database with one instance of the program.
struct Fixture {
  let surroundings: TestSurroundings
  let api: PaymentLatencyAPI

  static let variables = [
    "DATABASE_URL": "postgresql://payments:s3cret@db.internal:5432/payments?sslmode=require",
    "API_SECRET_KEY": String(repeating: "k", count: 64), "REGION": "spain", "ENVIRONMENT": "production",
  ]

  var connection: SQLiteConnection { surroundings.connection }

  init(_ idempotency: IdempotencyCheck = .enforced) throws {
    let connection = try SQLiteConnection(.memory)
    try PaymentSchema.install(on: connection, residency: .eu, currency: .eur)
    surroundings = TestSurroundings(connection)
    api = try Fixture.makeAPI(idempotency)
  }

  static func makeAPI(_ idempotency: IdempotencyCheck = .enforced) throws -> PaymentLatencyAPI {
    PaymentLatencyAPI(
      configuration: try PaymentAPIConfiguration(environment: variables), version: "1.4.2", idempotency: idempotency)
  }

  func get(_ path: String, _ query: String = "", key: String? = nil) async -> HTTPResponse {
    let headers = HTTPHeaders(key.map { [HTTPHeader("Idempotency-Key", $0)] } ?? [])
    return await api.respond(to: HTTPRequest(path: path, query: query, headers: headers), in: surroundings)
  }

  func pay(_ query: String = "", key: String? = nil) async -> HTTPResponse {
    await get("/api/payment/simulate", query, key: key)
  }

  func findings(_ acknowledged: [AcknowledgedPayment] = []) throws -> [AuditFinding] {
    try LedgerAudit(connection, residency: .eu).findings(acknowledged: acknowledged)
  }
}

extension HTTPResponse {
  var text: String { String(decoding: body, as: UTF8.self) }

  /// The number behind `"id":`.
  var paymentID: Int64? {
    guard status == 200, text.hasPrefix(#"{"id":"#) else { return nil }
    return Int64(text.dropFirst(6).prefix { $0 != "," })
  }
}
