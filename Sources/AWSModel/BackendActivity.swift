import NetworkModel
import SimulationKernel

/// A backend process as `pg_stat_activity` shows it (PostgreSQL 15, section 28.2.3).
@Simulated
package final class BackendActivity {
  package enum State: String, Sendable {
    case active, idle
    case idleInTransaction = "idle in transaction"
  }

  package nonisolated let process: Int
  package nonisolated let user: String
  package nonisolated let application: String
  /// The client's address and port; `nil` where they are not known.
  package nonisolated let client: (address: String, port: Int64)?
  package nonisolated let startedAt: Instant
  package private(set) var state = State.idle
  package private(set) var stateChangedAt: Instant
  /// When its transaction began; `nil` outside of one.
  package private(set) var transactionAt: Instant?
  /// When the statement that runs, or ran last, began; `nil` before the first.
  package private(set) var queryAt: Instant?
  /// The statement that runs, or ran last.
  package private(set) var query = ""
  /// What it waits for; `nil` while it runs.
  package private(set) var wait: (type: String, event: String)? = BackendActivity.clientRead

  static let clientRead = (type: "Client", event: "ClientRead")
  static let tableLock = (type: "Lock", event: "relation")
  static let logFlush = (type: "IO", event: "WALSync")

  /// - Parameter client: as `LoggedSession` has it.
  init(process: Int, user: String, application: String, client: String, at now: Instant) {
    self.process = process
    self.user = user
    self.application = application
    let parts = client.split(whereSeparator: { "()".contains($0) })
    self.client = parts.count == 2 ? (String(parts[0]), Int64(parts[1]) ?? 0) : nil
    startedAt = now
    stateChangedAt = now
  }

  private func change(_ state: State, _ wait: (type: String, event: String)?, at now: Instant) {
    if self.state != state { stateChangedAt = now }
    self.state = state
    self.wait = wait
  }

  /// A transaction has begun whose client has still to send the rest.
  func await(_ statement: String, at now: Instant) {
    (transactionAt, queryAt, query) = (now, now, statement)
    change(.idleInTransaction, Self.clientRead, at: now)
  }

  /// A statement runs.
  func execute(_ statement: String, at now: Instant) {
    if transactionAt == nil { transactionAt = now }
    (queryAt, query) = (now, statement)
    change(.active, nil, at: now)
  }

  /// The statement waits for something in the server; `nil` when it goes on.
  func wait(for event: (type: String, event: String)?) { wait = event }

  /// The transaction is over, with COMMIT where it was one of several statements.
  func rest(endsWithCommit: Bool, at now: Instant) {
    if endsWithCommit { (queryAt, query) = (now, "COMMIT") }
    transactionAt = nil
    change(.idle, Self.clientRead, at: now)
  }
}

// Sessions as others see and end them.
extension DBInstance {
  /// All client backends by process number: the modelled clients', those of others, and the one that holds the tables.
  package var activity: [BackendActivity] {
    (backends.map(\.activity) + held + [locker].compactMap(\.self)).sorted { $0.process < $1.process }
  }

  /// Sessions that others than the modelled clients hold: a leak, a batch job. They are idle.
  package var otherSessions: Int {
    get { held.count }
    set {
      if newValue < held.count { held.removeLast(held.count - max(0, newValue)) }
      while held.count < newValue { held.append(newForeigner()) }
    }
  }

  /// A session of a job, from a machine of the database's network.
  private func newForeigner() -> BackendActivity {
    forkedBackends += 1
    let network = IPv4Address(bits: primary.address.bits & 0xFFFF_FF00 + Self.foreignHost)
    let activity = BackendActivity(
      process: Self.firstBackend + forkedBackends, user: configuration.user, application: "batch",
      client: "\(network)(\(32768 + forkedBackends % 28232))", at: simulation.now)
    activity.rest(endsWithCommit: true, at: simulation.now)
    return activity
  }

  private static let foreignHost: UInt32 = 250

  /// A transaction takes an exclusive lock on the tables and keeps it: writers wait, for as long as they are patient.
  package func lockTables() {
    guard tableLock == nil else { return }
    tableLock = Gate(simulation, name: component + " table lock")
    let activity = newForeigner()
    activity.await("LOCK TABLE payments IN ACCESS EXCLUSIVE MODE", at: simulation.now)
    locker = activity
  }

  /// Whether somebody holds an exclusive lock on the tables.
  package var areTablesLocked: Bool { tableLock != nil }

  package func unlockTables() {
    tableLock?.open()
    (tableLock, locker) = (nil, nil)
  }

  /// Ends a session, as `pg_terminate_backend` does: an idle one at once, one that works as soon as it looks at its signals.
  ///
  /// - Returns: false when there is no such process.
  package func terminate(process: Int) -> Bool {
    if locker?.process == process {
      unlockTables()
      return true
    }
    if let index = held.firstIndex(where: { $0.process == process }) {
      held.remove(at: index)
      return true
    }
    guard let backend = backends.first(where: { $0.activity.process == process }) else { return false }
    backend.terminate()
    return true
  }

  /// Ends what a session does, as `pg_cancel_backend` does; the session stays.
  ///
  /// - Returns: false when there is no such process.
  package func cancel(process: Int) -> Bool {
    if let backend = backends.first(where: { $0.activity.process == process }) {
      backend.cancel()
      return true
    }
    return locker?.process == process || held.contains { $0.process == process }
  }

  /// The sessions of others are new ones when the server is: those who had them come back first.
  func renewOthers() {
    let count = held.count
    held = []
    otherSessions = count
  }
}
