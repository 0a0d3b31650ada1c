import SQLiteStore
import Testing

@testable import PaymentCore

@Suite struct LedgerAuditTests {
  /// Damage done behind the core's back, and the invariants that see it.
  @Test(arguments: [
    ("UPDATE entries SET amount = amount + 1 WHERE id = 1", "ledger-balanced"),
    ("DELETE FROM entries WHERE payment = 2", "ledger-balanced"),
    ("UPDATE entries SET account = 3 WHERE id = 1", "ledger-balanced"),
    ("INSERT INTO entries (payment, account, amount) VALUES (99, 1, -5), (99, 1, 5)", "ledger-balanced"),
    ("UPDATE accounts SET balance = balance + 5 WHERE id = 1", "ledger-balanced"),
    ("UPDATE accounts SET balance = -1, opening = opening - balance - 1 WHERE id = 1", "ledger-balanced"),
    ("UPDATE payments SET state = 2 WHERE id = 3", "ledger-balanced acknowledged-payments-kept"),
    ("DELETE FROM payments WHERE id = 3", "ledger-balanced acknowledged-payments-kept"),
    ("UPDATE payments SET key_hash = 7 WHERE id IN (2, 3)", "charged-once acknowledged-payments-kept"),
    ("UPDATE payments SET residency = 2 WHERE id = 2", "residency-kept"),
  ])
  func damageIsFound(sql: String, invariants: String) async throws {
    let fixture = try Fixture()
    var acknowledged: [AcknowledgedPayment] = []
    for number in 1...3 {
      let key = IdempotencyKey(high: UInt64(number), low: 0)
      let response = await fixture.pay("debtor=1&creditor=2", key: key.description)
      acknowledged.append(AcknowledgedPayment(payment: try #require(response.paymentID), keyHash: key.folded))
    }
    #expect(try fixture.findings(acknowledged) == [])
    try fixture.connection.executeScript("PRAGMA ignore_check_constraints = ON; " + sql)
    let findings = try fixture.findings(acknowledged)
    let found = Set(findings.map(\.invariant.rawValue))
    #expect(found == Set(invariants.split(separator: " ").map(String.init)), "\(findings)")
  }
}
