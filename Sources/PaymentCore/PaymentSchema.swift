import SQLiteStore

/// The tables of a region's database.
///
/// `refusals` notes that a foreign record was turned away, when, and whose law it falls under; nothing of the record itself.
///
/// Identifiers are small integers, keys and amounts binary, and there is no index but the idempotency keys', so that a
/// payment costs about 150 bytes.
package enum PaymentSchema {
  /// The migrations for a region's law: the database itself refuses a payment of another one.
  package static func migrations(_ residency: Residency) -> [Migration] {
    [
      Migration(
        "accounts, payments, ledger, outbox",
        """
        CREATE TABLE accounts (
          id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, currency INTEGER NOT NULL,
          opening INTEGER NOT NULL, balance INTEGER NOT NULL);
        CREATE TABLE payments (
          id INTEGER PRIMARY KEY, debtor INTEGER NOT NULL, creditor INTEGER NOT NULL,
          amount INTEGER NOT NULL CHECK (amount > 0), currency INTEGER NOT NULL, state INTEGER NOT NULL,
          residency INTEGER NOT NULL CHECK (residency = \(residency.rawValue)),
          key_hash INTEGER NOT NULL, created_us INTEGER NOT NULL);
        CREATE TABLE idempotency (
          key BLOB PRIMARY KEY, fingerprint INTEGER NOT NULL, payment INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE entries (
          id INTEGER PRIMARY KEY, payment INTEGER NOT NULL, account INTEGER NOT NULL, amount INTEGER NOT NULL);
        CREATE TABLE outbox (id INTEGER PRIMARY KEY, payment INTEGER NOT NULL);
        """),
      Migration(
        "refusals",
        """
        CREATE TABLE refusals (
          id INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, residency INTEGER NOT NULL);
        """),
    ]
  }

  /// Kinds of account.
  package enum AccountKind: Int64, Sendable {
    /// The bank's own side of the opening balances; may be negative.
    case equity = 0
    case customer = 1
  }

  /// Customer accounts that `install` opens, numbered from 1.
  package static let customerAccounts: Int64 = 2000
  /// Each one's opening balance in minor units.
  package static let openingBalance: Int64 = 1_000_000_000

  /// Brings the schema up to date and, in an empty database, opens the accounts: account 0 is equity and balances the rest.
  package static func install(on connection: SQLiteConnection, residency: Residency, currency: Currency) throws {
    try connection.migrate(migrations(residency))
    guard try connection.integer("SELECT COUNT(*) FROM accounts") == 0 else { return }
    try connection.write {
      let insert = try connection.prepare(
        "INSERT INTO accounts (id, kind, currency, opening, balance) VALUES (?1, ?2, ?3, ?4, ?4)")
      for id in 0...customerAccounts {
        try insert.bind(1, id)
        try insert.bind(2, (id == 0 ? AccountKind.equity : .customer).rawValue)
        try insert.bind(3, currency.number)
        try insert.bind(4, id == 0 ? -openingBalance * customerAccounts : openingBalance)
        try insert.run()
      }
    }
  }
}
