import SQLiteStore

/// What must hold of a region's money after every run, whatever happened in it.
package struct AuditFinding: Hashable, Sendable, CustomStringConvertible {
  /// The invariant that is broken.
  package var invariant: Invariant
  /// What was found instead.
  package var detail: String

  package var description: String { "\(invariant.rawValue): \(detail)" }

  package init(_ invariant: Invariant, _ detail: String) {
    self.invariant = invariant
    self.detail = detail
  }
}

/// The invariants by the names under which scenarios and reports list them.
package enum Invariant: String, CaseIterable, Sendable {
  case ledgerBalanced = "ledger-balanced"
  case acknowledgedPaymentsKept = "acknowledged-payments-kept"
  case chargedOnce = "charged-once"
  case residencyKept = "residency-kept"
}

/// A payment that its client was told is done.
package struct AcknowledgedPayment: Hashable, Sendable {
  package var payment: Int64
  package var keyHash: Int64

  package init(payment: Int64, keyHash: Int64) {
    self.payment = payment
    self.keyHash = keyHash
  }
}

/// Checks a region's database against the invariants; reads only.
package struct LedgerAudit {
  package var connection: SQLiteConnection
  package var residency: Residency

  package init(_ connection: SQLiteConnection, residency: Residency) {
    self.connection = connection
    self.residency = residency
  }

  /// Everything that does not hold; empty when all is well.
  package func findings(acknowledged: [AcknowledgedPayment]) throws -> [AuditFinding] {
    try ledgerFindings() + (try residencyFindings()) + (try repeatFindings()) + (try lossFindings(acknowledged))
  }

  private func ledgerFindings() throws -> [AuditFinding] {
    var findings: [AuditFinding] = []
    func expectZero(_ sql: String, _ values: [SQLValue] = [], _ detail: (Int64) -> String) throws {
      if let count = try connection.integer(sql, values), count != 0 {
        findings.append(AuditFinding(.ledgerBalanced, detail(count)))
      }
    }
    try expectZero("SELECT COALESCE(SUM(balance), 0) FROM accounts") { "all balances sum to \($0), not to 0" }
    try expectZero("SELECT COALESCE(SUM(amount), 0) FROM entries") { "all postings sum to \($0), not to 0" }
    try expectZero(
      """
      SELECT COUNT(*) FROM accounts a LEFT JOIN (SELECT account, SUM(amount) AS moved FROM entries GROUP BY account) e
      ON e.account = a.id WHERE a.balance <> a.opening + COALESCE(e.moved, 0)
      """
    ) { "\($0) accounts whose balance is not their opening balance plus their postings" }
    try expectZero(
      """
      SELECT COUNT(*) FROM payments p LEFT JOIN
        (SELECT payment, COUNT(*) AS n, SUM(amount) AS total, MAX(amount) AS largest,
          MAX(CASE WHEN amount < 0 THEN account END) AS debited, MAX(CASE WHEN amount > 0 THEN account END) AS credited
        FROM entries GROUP BY payment) e
      ON e.payment = p.id
      WHERE CASE p.state WHEN \(PaymentState.captured.rawValue)
        THEN COALESCE(e.n, 0) <> 2 OR e.total <> 0 OR e.largest <> p.amount
          OR e.debited IS NOT p.debtor OR e.credited IS NOT p.creditor
        ELSE e.n IS NOT NULL END
      """
    ) { "\($0) payments whose postings are not exactly theirs" }
    try expectZero(
      """
      SELECT (SELECT COUNT(*) FROM entries)
        - 2 * (SELECT COUNT(*) FROM payments WHERE state = \(PaymentState.captured.rawValue))
      """
    ) { "\($0) postings more than the captured payments have" }
    try expectZero(
      "SELECT COUNT(*) FROM accounts WHERE kind = \(PaymentSchema.AccountKind.customer.rawValue) AND balance < 0"
    ) { "\($0) customers' accounts below 0" }
    return findings
  }

  private func residencyFindings() throws -> [AuditFinding] {
    let foreign = try connection.integer(
      "SELECT COUNT(*) FROM payments WHERE residency <> ?1", [.integer(residency.rawValue)])
    guard let foreign, foreign > 0 else { return [] }
    return [AuditFinding(.residencyKept, "\(foreign) payments of another residency than \(residency.word)")]
  }

  private func repeatFindings() throws -> [AuditFinding] {
    let repeated = try connection.integer(
      """
      SELECT COUNT(*) FROM (SELECT key_hash FROM payments WHERE state = \(PaymentState.captured.rawValue)
      GROUP BY key_hash HAVING COUNT(*) > 1)
      """)
    guard let repeated, repeated > 0 else { return [] }
    return [AuditFinding(.chargedOnce, "\(repeated) idempotency keys with more than one captured payment")]
  }

  private func lossFindings(_ acknowledged: [AcknowledgedPayment]) throws -> [AuditFinding] {
    let select = try connection.prepare("SELECT key_hash, state FROM payments WHERE id = ?1")
    var lost = 0
    for payment in acknowledged {
      try select.bind(1, payment.payment)
      let isThere =
        try select.step() && select.int64(0) == payment.keyHash && select.int64(1) == PaymentState.captured.rawValue
      select.reset()
      if !isThere { lost += 1 }
    }
    return lost == 0
      ? []
      : [
        AuditFinding(.acknowledgedPaymentsKept, "\(lost) of \(acknowledged.count) acknowledged payments are not there")
      ]
  }
}
