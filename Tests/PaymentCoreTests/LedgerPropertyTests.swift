import HTTPMessages
import SQLiteStore
import Testing

@testable import PaymentCore

/// Runs async operations on one thread and picks, by a seeded generator, which of those that wait goes on: the interleaving
/// at each await is the seed's and nobody else's.
private final class Interleaver: TaskExecutor, SerialExecutor, @unchecked Sendable {
  private var ready: [UnownedJob] = []
  private var generator: Generator

  init(seed: UInt64) { generator = Generator(seed: seed) }

  func enqueue(_ job: consuming ExecutorJob) { ready.append(UnownedJob(job)) }

  /// Starts `operation`; it runs inside `run()`, on this very thread.
  func start(_ operation: @escaping () async -> Void) {
    struct Carried: @unchecked Sendable { let operation: () async -> Void }
    let carried = Carried(operation: operation)
    Task(executorPreference: self) { await carried.operation() }
  }

  /// Runs what is ready and what becomes ready, until nothing is.
  func run() {
    while !ready.isEmpty {
      let job = ready.remove(at: generator.next(below: ready.count))
      job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
    }
  }
}

@Suite struct LedgerPropertyTests {
  /// What the clients of one run saw.
  private final class Clients {
    var statuses: [Int: Int] = [:]
    var paymentsByKey: [IdempotencyKey: Set<Int64>] = [:]
    var acknowledged: [AcknowledgedPayment] = []

    var chargedTwice: Int { paymentsByKey.count { $0.value.count > 1 } }
  }

  /// Clients that send concurrent and repeated payments to two instances of the program over one database, which loses
  /// units of work before and after their commit.
  private func run(
    seed: UInt64, _ idempotency: IdempotencyCheck, faultPercent: Int
  ) throws -> (fixture: Fixture, clients: Clients) {
    let fixture = try Fixture(idempotency)
    let instances = [fixture.api, try Fixture.makeAPI(idempotency)]
    // Few and poor accounts, so that payments meet and some are declined.
    try fixture.connection.execute("UPDATE accounts SET opening = 3000, balance = 3000 WHERE id BETWEEN 1 AND 8")
    try fixture.connection.execute(
      "UPDATE accounts SET opening = -x, balance = -x FROM (SELECT sum(balance) AS x FROM accounts WHERE kind = 1) WHERE id = 0"
    )
    let clients = Clients()
    let executor = Interleaver(seed: seed)
    var generator = Generator(seed: seed)
    var faults = Generator(seed: seed ^ 0xffff)
    fixture.surroundings.fault = {
      guard faults.chance(faultPercent) else { return .none }
      return faults.chance(50) ? .afterCommit : .before(DatabaseFailure(sqlState: "08006", message: "lost"))
    }
    for client in 0..<12 {
      var own = Generator(seed: generator.next())
      executor.start {
        for _ in 0..<10 {
          let number = UInt64(client % 6 * 4 + own.next(below: 4))
          let key = IdempotencyKey(high: number, low: number)
          // The request depends on the key, so that repetitions are the same payment; now and then one is not.
          let amount = own.chance(5) ? 99 : 1 + Int(number % 17)
          let query = "amount=\(amount)&debtor=\(number % 8 + 1)&creditor=\((number + 3) % 8 + 1)"
          let headers = HTTPHeaders([HTTPHeader("Idempotency-Key", key.description)])
          let request = HTTPRequest(path: "/api/payment/simulate", query: query, headers: headers)
          let response = await instances[own.next(below: 2)].respond(to: request, in: fixture.surroundings)
          clients.statuses[response.status, default: 0] += 1
          guard let payment = response.paymentID else { continue }
          clients.paymentsByKey[key, default: []].insert(payment)
          clients.acknowledged.append(AcknowledgedPayment(payment: payment, keyHash: key.folded))
        }
      }
    }
    executor.run()
    return (fixture, clients)
  }

  @Test(arguments: [0, 10, 40], 1...20)
  func whateverHappensTheLedgerHolds(faultPercent: Int, seed: Int) throws {
    let (fixture, clients) = try run(seed: UInt64(seed), .enforced, faultPercent: faultPercent)
    #expect(try fixture.findings(clients.acknowledged) == [], "seed \(seed)")
    #expect(clients.chargedTwice == 0, "seed \(seed)")
    #expect(clients.statuses.keys.sorted().allSatisfy { [200, 402, 422, 503].contains($0) }, "\(clients.statuses)")
    #expect(clients.statuses[200, default: 0] > 0 && clients.statuses.values.sorted().reduce(0, +) == 120)
  }

  @Test func theSameSeedIsTheSameRun() throws {
    let runs = try (0..<2).map { _ in try run(seed: 3, .enforced, faultPercent: 20).clients }
    #expect(runs[0].statuses == runs[1].statuses && runs[0].acknowledged == runs[1].acknowledged)
  }

  /// The canary: a core that does not look keys up must be caught, or the tests above prove nothing.
  @Test func aCoreThatSkipsTheKeyIsCaught() throws {
    let (fixture, clients) = try run(seed: 1, .skipped, faultPercent: 0)
    #expect(try fixture.findings(clients.acknowledged).map(\.invariant) == [.chargedOnce])
    #expect(clients.chargedTwice > 0)
  }
}
