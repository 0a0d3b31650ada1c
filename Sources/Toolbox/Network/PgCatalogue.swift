import AWSModel
import KubernetesModel
import NetworkModel
import SQLiteStore
import SimulationKernel

/// PostgreSQL's own views, filled with what the modelled server knows: `pg_stat_activity`, `pg_stat_database`, `pg_settings`,
/// `pg_locks` (PostgreSQL 15, chapters 28.2 and 54).
///
/// Queries on them run in a small database of their own, in which they are tables; PostgreSQL's casts and functions that
/// occur in such queries are rewritten.
@Simulated
final class PgCatalogue {
  /// What a query did to the server, in words.
  private(set) var effects: [String] = []
  /// What the server remarks beside the result.
  private(set) var warnings: [String] = []
  private let simulation: Simulation
  private let database: DBInstance?
  private let settings: PsqlSettings

  init(_ simulation: Simulation, _ database: DBInstance?, _ settings: PsqlSettings) {
    self.simulation = simulation
    self.database = database
    self.settings = settings
  }

  private static let names = [
    "pg_stat_activity", "pg_stat_database", "pg_settings", "pg_locks", "pg_terminate_backend", "pg_cancel_backend",
    "version()", "now()", "current_database()", "current_user", "pg_is_in_recovery()", "inet_server_addr()",
    "pg_backend_pid()", "pg_blocking_pids", "current_setting(", "clock_timestamp()", "current_timestamp",
  ]

  /// Whether a statement asks for the server rather than for its data.
  func isMeant(by sql: String) -> Bool {
    let lower = sql.lowercased()
    return Self.names.contains { lower.contains($0) } && !lower.contains(" from payments")
      && !lower.contains(" from accounts")
      && !lower.contains(" from entries")
  }

  func run(_ sql: String) throws -> PsqlSession.Outcome {
    let scratch = try SQLiteConnection(.memory)
    try fill(scratch)
    var text = PgDialect.translated(sql, now: Self.stamp(simulation.now))
    for (name, value) in constants { text = Self.replace(text, name, value) }
    let whole = sql.trimmed.dropFirst(6).trimmed.lowercased()
    var outcome = try PsqlSession.query(text, on: scratch)
    // A constant has the name of the function that it stands for.
    if constants.contains(where: { $0.0 == whole }) { outcome.table.columns = [String(whole.prefix { $0 != "(" })] }
    outcome.table = PsqlTable(
      columns: outcome.table.columns,
      rows: outcome.table.rows.map { row in
        zip(outcome.table.columns, row).map { column, cell in
          if let call = PgDialect.call(cell) {
            let isDone = signal(call.process, terminates: call.function == "pg_terminate_backend")
            return .text(isDone ? "t" : "f")
          }
          // SQLite has no Booleans; here is the one column that is one.
          return column == "granted" ? .text(cell == .integer(0) ? "f" : "t") : cell
        }
      })
    return outcome
  }

  // MARK: Rewriting

  private var constants: [(String, String)] {
    let stamp = "'" + Self.stamp(simulation.now) + "'"
    let version = database?.configuration.engineVersion ?? "15.10"
    return [
      ("current_timestamp", stamp), ("now()", stamp), ("current_database()", "'\(settings.database ?? settings.user)'"),
      ("current_user", "'\(settings.user)'"), ("pg_is_in_recovery()", "'f'"),
      ("pg_backend_pid()", "\(database?.executing?.process ?? 0)"),
      ("inet_server_addr()", "'\(database?.primary.address.description ?? "")'"),
    ]
      + values.map { ("current_setting('\($0.name)')", "'\($0.value)'") }
      + [
        (
          "version()",
          "'PostgreSQL \(version) on x86_64-pc-linux-gnu, compiled by gcc (GCC) 7.3.1 20180712 (Red Hat 7.3.1-12), 64-bit'"
        )
      ]
  }

  /// A time as PostgreSQL writes it.
  static func stamp(_ instant: Instant) -> String {
    let seconds = ClusterClock.timestamp(instant).dropLast().replacing("T", with: " ")
    let micros = instant.nanoseconds / 1000 % 1_000_000
    return "\(seconds).\(String(repeating: "0", count: 6 - "\(micros)".count))\(micros)+00"
  }

  private static func replace(_ text: String, _ name: String, _ value: String) -> String {
    var result = text
    while let range = result.lowercased().firstRange(of: name) {
      // Lower case has as many characters: the places are the same.
      let lower = result.lowercased()
      let from = result.index(result.startIndex, offsetBy: lower.distance(from: lower.startIndex, to: range.lowerBound))
      result.replaceSubrange(from..<result.index(from, offsetBy: name.count), with: value)
    }
    return result
  }

  // MARK: What the server knows

  private func fill(_ scratch: SQLiteConnection) throws {
    try scratch.executeScript(Self.schema)
    guard let database else { return }
    let name = database.configuration.databaseName
    for activity in database.activity { try add(activity, name, to: scratch) }
    for (place, row) in Self.serverProcesses.enumerated() {
      try scratch.execute(
        "INSERT INTO pg_stat_activity (pid, backend_start, wait_event_type, wait_event, backend_type) VALUES (?1, ?2, 'Activity', ?3, ?4)",
        [
          .integer(Int64(Self.firstProcess + place)), .text(Self.stamp(.zero)), .text(row.wait), .text(row.type),
        ])
    }
    for activity in database.activity {
      let holds = activity.state == .idleInTransaction && activity.query.hasPrefix("LOCK TABLE")
      guard holds || activity.wait?.type == "Lock" else { continue }
      try scratch.execute(
        "INSERT INTO pg_locks VALUES ('relation', 16401, 'payments', ?1, ?2, ?3)",
        [
          .integer(Int64(activity.process)), .text(holds ? "AccessExclusiveLock" : "RowExclusiveLock"),
          .integer(holds ? 1 : 0),
        ])
    }
    for (setting, value, unit) in values {
      try scratch.execute(
        "INSERT INTO pg_settings VALUES (?1, ?2, ?3, '')",
        [.text(setting), .text(value), unit.map { .text($0) } ?? .null])
    }
    try scratch.execute(
      "INSERT INTO pg_stat_database VALUES (16401, ?1, ?2, ?3, 0)",
      [
        .text(name), .integer(Int64(database.connections + database.otherSessions)),
        .integer(Int64(database.committed)),
      ])
  }

  private static let schema = """
    CREATE TABLE pg_stat_activity (
      datid INTEGER, datname TEXT, pid INTEGER, leader_pid INTEGER, usesysid INTEGER, usename TEXT, application_name TEXT,
      client_addr TEXT, client_hostname TEXT, client_port INTEGER, backend_start TEXT, xact_start TEXT, query_start TEXT,
      state_change TEXT, wait_event_type TEXT, wait_event TEXT, state TEXT, backend_xid INTEGER, backend_xmin INTEGER,
      query_id INTEGER, query TEXT, backend_type TEXT);
    CREATE TABLE pg_settings (name TEXT, setting TEXT, unit TEXT, category TEXT);
    CREATE TABLE pg_locks (locktype TEXT, database INTEGER, relation TEXT, pid INTEGER, mode TEXT, granted INTEGER);
    CREATE TABLE pg_stat_database (
      datid INTEGER, datname TEXT, numbackends INTEGER, xact_commit INTEGER, xact_rollback INTEGER);
    """

  /// The server's own processes, with what they wait for when there is nothing to do (PostgreSQL 15, table 28.4).
  private static let serverProcesses = [
    (type: "checkpointer", wait: "CheckpointerMain"), (type: "background writer", wait: "BgWriterHibernate"),
    (type: "walwriter", wait: "WalWriterMain"), (type: "autovacuum launcher", wait: "AutoVacuumMain"),
    (type: "logical replication launcher", wait: "LogicalLauncherMain"),
  ]
  private static let firstProcess = 397

  private func add(_ activity: BackendActivity, _ name: String, to scratch: SQLiteConnection) throws {
    func time(_ instant: Instant?) -> SQLValue { instant.map { .text(Self.stamp($0)) } ?? .null }
    try scratch.execute(
      """
      INSERT INTO pg_stat_activity VALUES (16401, ?1, ?2, NULL, 16400, ?3, ?4, ?5, NULL, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,
        NULL, NULL, NULL, ?14, 'client backend')
      """,
      [
        .text(name), .integer(Int64(activity.process)), .text(activity.user), .text(activity.application),
        activity.client.map { .text($0.address) } ?? .null, activity.client.map { .integer($0.port) } ?? .null,
        time(activity.startedAt), time(activity.transactionAt), time(activity.queryAt), time(activity.stateChangedAt),
        activity.wait.map { .text($0.type) } ?? .null, activity.wait.map { .text($0.event) } ?? .null,
        .text(activity.state.rawValue), .text(activity.query),
      ])
  }

  /// Parameters that the model has, with those that psql's users ask for.
  private var values: [(name: String, value: String, unit: String?)] {
    guard let database else { return [] }
    return [
      ("max_connections", "\(database.maxConnections)", nil), ("superuser_reserved_connections", "3", nil),
      ("server_version", database.configuration.engineVersion, nil), ("ssl", "on", nil),
      ("synchronous_commit", "on", nil), ("port", "\(database.configuration.port)", nil),
      ("transaction_read_only", "off", nil), ("default_transaction_read_only", "off", nil), ("timezone", "UTC", nil),
    ]
  }

  func setting(_ name: String) -> String? { values.first { $0.name == name }?.value }

  private func signal(_ process: Int, terminates: Bool) -> Bool {
    guard let database else { return false }
    let isDone = terminates ? database.terminate(process: process) : database.cancel(process: process)
    guard isDone else {
      warnings.append("PID \(process) is not a PostgreSQL backend process")
      return false
    }
    effects.append("pg_\(terminates ? "terminate" : "cancel")_backend(\(process))")
    return true
  }
}
