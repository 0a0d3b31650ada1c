import NetworkModel
import SQLiteStore
import SimulationKernel
import Telemetry

/// An error of PostgreSQL, of RDS Proxy, or of the connection to them, as a client meets it.
package struct PostgresError: Error, Hashable, Sendable, CustomStringConvertible {
  /// SQLSTATE; `08006` for a lost connection, `08001` for one that could not be made, `57014` for a timeout.
  package var sqlState: String
  /// With its severity, such as `FATAL: sorry, too many clients already`.
  package var message: String
  /// The connection was lost after the work was handed over: it may have been done.
  package var isInDoubt: Bool

  package init(_ sqlState: String, _ message: String, isInDoubt: Bool = false) {
    self.sqlState = sqlState
    self.message = message
    self.isInDoubt = isInDoubt
  }

  package var description: String { message }
}

// Texts: PostgreSQL 15, backend/utils/init/postinit.c, backend/libpq/auth.c, backend/tcop/postgres.c, backend/storage/smgr/md.c.
extension PostgresError {
  package static let tooManyClients = PostgresError("53300", "FATAL: sorry, too many clients already")
  package static let startingUp = PostgresError("57P03", "FATAL: the database system is starting up")
  package static let shuttingDown = PostgresError("57P03", "FATAL: the database system is shutting down")
  package static let adminShutdown = PostgresError(
    "57P01", "FATAL: terminating connection due to administrator command")
  package static let statementTimeout = PostgresError("57014", "ERROR: canceling statement due to statement timeout")
  package static let userCancelled = PostgresError("57014", "ERROR: canceling statement due to user request")
  package static let lockTimeout = PostgresError("55P03", "ERROR: canceling statement due to lock timeout")
  package static let storageFull = PostgresError(
    "53100", "ERROR: could not extend file \"base/16401/16743\": No space left on device")
  /// What the server's log says when a client is gone in the middle of a transaction; nobody is left to read it.
  package static let clientLost = PostgresError("08006", "could not receive data from client: Connection reset by peer")
  /// RDS Proxy's answer when no database connection became free within `ConnectionBorrowTimeout`.
  package static let borrowTimeout = PostgresError("08001", "FATAL: Timed-out waiting to acquire database connection")

  /// Only slots for superusers are left; the text changed with version 16.
  package static func slotsReserved(majorVersion: Int) -> PostgresError {
    PostgresError(
      "53300",
      majorVersion < 16
        ? "FATAL: remaining connection slots are reserved for non-replication superuser connections"
        : "FATAL: remaining connection slots are reserved for roles with the SUPERUSER attribute")
  }
  package static func wrongPassword(_ user: String) -> PostgresError {
    PostgresError("28P01", "FATAL: password authentication failed for user \"\(user)\"")
  }
  package static func noDatabase(_ name: String) -> PostgresError {
    PostgresError("3D000", "FATAL: database \"\(name)\" does not exist")
  }

  /// What PostgreSQL says where SQLite refused; errors of others become internal ones.
  package init(from error: any Error) {
    if let known = error as? PostgresError {
      self = known
      return
    }
    guard let refused = error as? SQLiteError else {
      self.init("XX000", "ERROR: \(error)")
      return
    }
    let row =
      Self.sqliteErrors.first { $0.code == refused.code } ?? Self.sqliteErrors.first { $0.code == refused.code & 0xff }
    self.init(row?.sqlState ?? "XX000", "ERROR: " + (row.map { $0.text } ?? "") + refused.message)
  }

  /// Extended or primary result codes of SQLite with their SQLSTATE (sqlite.org/rescode.html; PostgreSQL 15, appendix A).
  private static let sqliteErrors: [(code: Int32, sqlState: String, text: String)] = [
    (2067, "23505", "duplicate key value violates unique constraint: "),
    (1555, "23505", "duplicate key value violates unique constraint: "),
    (787, "23503", "insert or update on table violates foreign key constraint: "),
    (1299, "23502", "null value violates not-null constraint: "),
    (275, "23514", "new row violates check constraint: "),
    (13, "53100", "could not extend file: "), (5, "40001", "could not serialize access due to concurrent update: "),
    (8, "25006", "cannot execute in a read-only transaction: "),
  ]
}

/// What a client says when it connects.
package struct PostgresStartup: Hashable, Sendable {
  package var user: String
  package var password: String
  package var database: String
  /// `application_name`; empty for drivers that say none.
  package var application = ""
  /// Whence it comes, such as `10.10.11.4(41522)`; the connection fills it in.
  package var client = ""

  package init(user: String, password: String, database: String) {
    self.user = user
    self.password = password
    self.database = database
  }
}

/// What a unit of work costs besides its SQL.
package struct WorkCost: Sendable {
  /// Exchanges between client and server, COMMIT included.
  package var roundTrips: Int
  package var isWrite: Bool
  /// Its statement, or the one of several that takes longest, as the server's views show it.
  package var statement: String

  package init(roundTrips: Int, isWrite: Bool, statement: String = "") {
    self.roundTrips = roundTrips
    self.isWrite = isWrite
    self.statement = statement
  }
}

/// A unit of work on its way to the database.
package struct PostgresWork {
  package var cost: WorkCost
  package var deadline: Instant
  package var trace: TraceContext?
  /// The time of so many round trips between client and server; `nil` when a packet never arrives.
  package var clientRoundTrips: @Simulated (Int) -> TimeSpan?
  /// Whether the client has gone: work whose COMMIT was not sent yet is rolled back.
  package var isAbandoned: @Simulated () -> Bool
  /// The SQL, run in one transaction at one instant.
  package var body: @Simulated (SQLiteConnection) throws -> Void
}

/// Something that speaks PostgreSQL's protocol.
@Simulated
package protocol PostgresService: NetworkService {
  /// Time that the server's CPU takes for a new connection, TLS and authentication included.
  var startupProcessing: Distribution { get }
  /// Authenticates a client.
  func open(_ startup: PostgresStartup) async throws(PostgresError) -> any PostgresSession
}

/// One client's session with a server.
@Simulated
package protocol PostgresSession: AnyObject {
  /// Runs a unit of work.
  func run(_ work: PostgresWork) async throws(PostgresError)
  /// The client is gone.
  func close()
  /// What is to happen when the server ends the session by itself.
  func onEnd(_ action: @escaping @Simulated () -> Void)
}

extension PostgresSession {
  package func onEnd(_ action: @escaping @Simulated () -> Void) {}
}
