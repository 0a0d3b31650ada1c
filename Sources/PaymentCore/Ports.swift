/// The real payment software: money, payments, ledger, idempotency, notifications' outbox and the HTTP programs over them.
///
/// It knows no simulation: it speaks to a database, a clock and a source of identifiers through the ports of this file, so
/// that the same code runs in simulated pods and behind a real socket. It imports SQLiteStore and HTTPMessages only.
/// `PaymentLatencyAPI/` is the program of that name; further programs get folders beside it.
import SQLiteStore

/// One unit of work of the core: synchronous SQL that runs as one transaction, together with what it costs a PostgreSQL
/// client to run it, so that a model can put network and queueing around it.
package protocol DatabaseWork: Sendable {
  associatedtype Result: Sendable
  /// Its name and its cost.
  static var shape: WorkShape { get }
  /// Runs the statements. An error rolls all of them back.
  func execute(on connection: SQLiteConnection) throws -> Result
}

/// What a unit of work asks of a database besides its SQL.
package struct WorkShape: Hashable, Sendable {
  /// Such as `payment.capture`.
  package var name: StaticString
  /// Exchanges between client and server: BEGIN, each statement, COMMIT.
  package var roundTrips: Int
  /// Whether it writes, and so waits for the log at COMMIT.
  package var isWrite: Bool
  /// Its longest statement as PostgreSQL gets it.
  package var statement: String

  package init(name: StaticString, roundTrips: Int, isWrite: Bool, statement: String = "") {
    self.name = name
    self.roundTrips = roundTrips
    self.isWrite = isWrite
    self.statement = statement
  }

  package static func == (left: WorkShape, right: WorkShape) -> Bool {
    left.name.description == right.name.description && left.roundTrips == right.roundTrips
      && left.isWrite == right.isWrite
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(roundTrips) }
}

/// The database behind the core.
package protocol Database: Sendable {
  /// Runs a unit of work in one transaction.
  func run<Work: DatabaseWork>(_ work: Work) async throws(DatabaseFailure) -> Work.Result
}

/// Why a unit of work has no result.
package struct DatabaseFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The SQLSTATE (PostgreSQL, appendix A), such as `57P01`; `08006` when the connection broke.
  package var sqlState: String
  package var message: String
  /// The connection was lost after COMMIT was sent: the work may have been done.
  package var isInDoubt: Bool

  package init(sqlState: String, message: String, isInDoubt: Bool = false) {
    self.sqlState = sqlState
    self.message = message
    self.isInDoubt = isInDoubt
  }

  /// Whether the same work may succeed when it is tried again: lost and refused connections (class 08), resources (53),
  /// shutdown and start-up (57P), serialization and deadlock (40). Wrong credentials are not.
  package var isTransient: Bool {
    ["08", "53", "40"].contains { sqlState.hasPrefix($0) } || sqlState.hasPrefix("57P")
  }

  package var description: String { "\(message) (SQLSTATE \(sqlState))" }
}

/// Time as the core sees it.
package protocol WallClock: Sendable {
  /// Microseconds since 1970-01-01T00:00:00Z.
  func now() async -> Int64
  /// Waits.
  func pause(milliseconds: Double) async
}

/// Everything outside of the core that one request may need. It comes with the request, so that whoever serves it can keep
/// account of each request by itself.
package protocol RequestSurroundings: Database, WallClock {
  /// 128 random bits.
  func newKey() async -> IdempotencyKey
  /// Writes a line to the process's log.
  func log(_ line: String) async
  /// What the process says about itself in `/metrics`; `nil` where nobody keeps account.
  func processFigures() async -> ProcessFigures?
}

extension RequestSurroundings {
  package func processFigures() async -> ProcessFigures? { nil }
}
