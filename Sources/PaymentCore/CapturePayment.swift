import SQLiteStore

/// Whether a payment's idempotency key is looked up. Programs always enforce it; the tests of the invariants build a core
/// that does not, to see it caught.
package enum IdempotencyCheck: Sendable {
  case enforced, skipped
}

/// Moves the money of one payment: key, balances, payment, two postings and the notification in one transaction.
package struct CapturePayment: DatabaseWork {
  /// BEGIN with both SELECTs in one pipeline; all writes in another; COMMIT.
  package static let shape = WorkShape(
    name: "payment.capture", roundTrips: 3, isWrite: true,
    statement: "INSERT INTO payments (debtor, creditor, amount, currency, state, residency, key_hash, created_us)"
      + " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id")

  package var request: PaymentRequest
  /// Microseconds since 1970.
  package var now: Int64
  package var idempotency: IdempotencyCheck

  package init(_ request: PaymentRequest, now: Int64, idempotency: IdempotencyCheck = .enforced) {
    self.request = request
    self.now = now
    self.idempotency = idempotency
  }

  package func execute(on connection: SQLiteConnection) throws -> PaymentResult {
    if idempotency == .enforced, let earlier = try earlierResult(connection) { return earlier }
    guard let balance = try debtorBalance(connection) else { return .unknownAccount }
    let state: PaymentState = balance >= request.amount.minorUnits ? .captured : .declined
    let payment = try insertPayment(connection, state)
    try insertKey(connection, payment)
    guard state == .captured else { return .declined(payment: payment) }
    try insertEntries(connection, payment)
    try moveBalances(connection)
    try insertNotification(connection, payment)
    return .captured(payment: payment)
  }

  private func earlierResult(_ connection: SQLiteConnection) throws -> PaymentResult? {
    let select = try connection.prepare(
      "SELECT i.fingerprint, p.id, p.state FROM idempotency i JOIN payments p ON p.id = i.payment WHERE i.key = ?1")
    defer { select.reset() }
    try bindKey(select)
    guard try select.step() else { return nil }
    guard select.int64(0) == request.fingerprint, let state = PaymentState(rawValue: select.int64(2)) else {
      return .keyReused
    }
    return .replayed(payment: select.int64(1), state: state)
  }

  /// The debtor's balance; `nil` unless both accounts are customers' and kept in the payment's currency.
  private func debtorBalance(_ connection: SQLiteConnection) throws -> Int64? {
    // A join of two rows by their numbers: IN would build a temporary index for each payment.
    let select = try connection.prepare(
      """
      SELECT d.balance FROM accounts d CROSS JOIN accounts c
      WHERE d.id = ?1 AND c.id = ?2 AND d.currency = ?3 AND c.currency = ?3 AND d.kind = 1 AND c.kind = 1
      """)
    defer { select.reset() }
    try select.bind(1, request.debtor)
    try select.bind(2, request.creditor)
    try select.bind(3, request.amount.currency.number)
    return try select.step() ? select.int64(0) : nil
  }

  private func insertPayment(_ connection: SQLiteConnection, _ state: PaymentState) throws -> Int64 {
    let insert = try connection.prepare(
      """
      INSERT INTO payments (debtor, creditor, amount, currency, state, residency, key_hash, created_us)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
      """)
    try insert.bind(1, request.debtor)
    try insert.bind(2, request.creditor)
    try insert.bind(3, request.amount.minorUnits)
    try insert.bind(4, request.amount.currency.number)
    try insert.bind(5, state.rawValue)
    try insert.bind(6, request.residency.rawValue)
    try insert.bind(7, request.key.folded)
    try insert.bind(8, now)
    try insert.run()
    return connection.lastInsertedRow
  }

  private func insertKey(_ connection: SQLiteConnection, _ payment: Int64) throws {
    // A core that skips the check must not be saved by the primary key.
    let insert =
      idempotency == .enforced
      ? try connection.prepare("INSERT INTO idempotency (key, fingerprint, payment) VALUES (?1, ?2, ?3)")
      : try connection.prepare("INSERT OR REPLACE INTO idempotency (key, fingerprint, payment) VALUES (?1, ?2, ?3)")
    try bindKey(insert)
    try insert.bind(2, request.fingerprint)
    try insert.bind(3, payment)
    try insert.run()
  }

  private func insertEntries(_ connection: SQLiteConnection, _ payment: Int64) throws {
    let insert = try connection.prepare(
      "INSERT INTO entries (payment, account, amount) VALUES (?1, ?2, -?4), (?1, ?3, ?4)")
    try insert.bind(1, payment)
    try insert.bind(2, request.debtor)
    try insert.bind(3, request.creditor)
    try insert.bind(4, request.amount.minorUnits)
    try insert.run()
  }

  private func moveBalances(_ connection: SQLiteConnection) throws {
    // Two updates by number: one UPDATE with IN would collect its rows in a temporary index first.
    let update = try connection.prepare("UPDATE accounts SET balance = balance + ?2 WHERE id = ?1")
    for (account, change) in [
      (request.debtor, -request.amount.minorUnits), (request.creditor, request.amount.minorUnits),
    ] {
      try update.bind(1, account)
      try update.bind(2, change)
      try update.run()
    }
  }

  private func insertNotification(_ connection: SQLiteConnection, _ payment: Int64) throws {
    let insert = try connection.prepare("INSERT INTO outbox (payment) VALUES (?1)")
    try insert.bind(1, payment)
    try insert.run()
  }

  private func bindKey(_ statement: SQLiteStatement) throws(SQLiteError) {
    var words = (request.key.high.bigEndian, request.key.low.bigEndian)
    let code: Swift.Result<Void, SQLiteError> = withUnsafeBytes(of: &words) { bytes in
      do throws(SQLiteError) { return .success(try statement.bind(1, blob: bytes)) } catch { return .failure(error) }
    }
    try code.get()
  }
}
