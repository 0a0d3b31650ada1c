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
    "pg_backend_pid()",
    "current_timestamp", "pg_database_size(", "pg_size_pretty(",
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
    var text = Self.translated(sql)
    let signals = ["pg_terminate_backend", "pg_cancel_backend"].filter { text.lowercased().contains($0) }
    for name in signals { text = text.replacing(name, with: "") }
    for (name, value) in constants { text = Self.replace(text, name, value) }
    let whole = sql.trimmed.dropFirst(6).trimmed.lowercased()
    var outcome = try PsqlSession.query(text, on: scratch)
    // A constant has the name of the function that it stands for.
    if constants.contains(where: { $0.0 == whole }) { outcome.table.columns = [String(whole.prefix { $0 != "(" })] }
    // SQLite has no Booleans; here is the one column that is one.
    if let column = outcome.table.columns.firstIndex(of: "granted") {
      outcome.table = PsqlTable(
        columns: outcome.table.columns,
        rows: outcome.table.rows.map { row in
          var row = row
          row[column] = .text(row[column] == .integer(0) ? "f" : "t")
          return row
        })
    }
    guard let signal = signals.first else { return outcome }
    let rows: [[SQLValue]] = outcome.table.rows.map { row in
      guard case .integer(let pid)? = row.first else { return [.null] }
      return [.text(self.signal(pid, terminates: signal == "pg_terminate_backend") ? "t" : "f")]
    }
    return PsqlSession.Outcome(table: PsqlTable(columns: [signal], rows: rows), changes: 0)
  }

  // MARK: Rewriting

  private var constants: [(String, String)] {
    let stamp = "'" + Self.stamp(simulation.now) + "'"
    let version = database?.configuration.engineVersion ?? "15.10"
    return [
      ("current_timestamp", stamp), ("now()", stamp), ("current_database()", "'\(settings.database ?? settings.user)'"),
      ("current_user", "'\(settings.user)'"), ("pg_is_in_recovery()", "'f'"), ("pg_backend_pid()", "\(Self.ownPID)"),
      ("inet_server_addr()", "'\(database?.primary.address.description ?? "")'"),
      (
        "version()",
        "'PostgreSQL \(version) on x86_64-pc-linux-gnu, compiled by gcc (GCC) 7.3.1 20180712 (Red Hat 7.3.1-12), 64-bit'"
      ),
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

  /// PostgreSQL's casts and operators in SQLite's words.
  static func translated(_ sql: String) -> String {
    guard let cast = try? RegularExpression("::[a-z_]+(\\([0-9]+\\))?", .perl, ignoresCase: true) else { return sql }
    let bytes = Array(sql.utf8)
    var (text, position): ([UInt8], Int) = ([], 0)
    for match in cast.allMatches(in: bytes) {
      guard let whole = match[0] else { continue }
      text += bytes[position..<whole.lowerBound]
      position = whole.upperBound
    }
    return String(decoding: text + bytes[position...], as: UTF8.self).replacing(" ilike ", with: " like ").replacing(
      " ILIKE ", with: " LIKE ")
  }

  // MARK: What the server knows

  private static let ownPID: Int64 = 20_001
  private static let firstPID: Int64 = 12_000
  private static let leakedPID: Int64 = 30_000
  private static let lockerPID: Int64 = 29_999

  private func fill(_ scratch: SQLiteConnection) throws {
    try scratch.executeScript(
      """
      CREATE TABLE pg_stat_activity (
        datid INTEGER, datname TEXT, pid INTEGER, leader_pid INTEGER, usesysid INTEGER, usename TEXT, application_name TEXT,
        client_addr TEXT, client_hostname TEXT, client_port INTEGER, wait_event_type TEXT, wait_event TEXT, state TEXT,
        query TEXT, backend_type TEXT);
      CREATE TABLE pg_settings (name TEXT, setting TEXT, unit TEXT, category TEXT);
      CREATE TABLE pg_locks (locktype TEXT, relation TEXT, pid INTEGER, mode TEXT, granted INTEGER);
      CREATE TABLE pg_stat_database (datid INTEGER, datname TEXT, numbackends INTEGER, xact_commit INTEGER);
      """)
    guard let database else { return }
    let name = database.configuration.databaseName
    func add(_ pid: Int64, _ application: String, _ state: String, _ wait: (String, String)?, _ query: String) throws {
      try scratch.execute(
        "INSERT INTO pg_stat_activity VALUES (16401, ?1, ?2, NULL, 16400, ?3, ?4, NULL, NULL, NULL, ?5, ?6, ?7, ?8, 'client backend')",
        [
          .text(name), .integer(pid), .text(database.configuration.user), .text(application),
          wait.map { .text($0.0) } ?? .null, wait.map { .text($0.1) } ?? .null, .text(state), .text(query),
        ])
    }
    let busy = database.busyProcessors
    let isLocked = database.areTablesLocked
    for index in 0..<database.connections {
      let isActive = index < busy + database.waitingStatements
      try add(
        Self.firstPID + Int64(index), "", isActive ? "active" : "idle", isActive ? nil : ("Client", "ClientRead"),
        isActive ? "INSERT INTO payments" : "COMMIT")
    }
    for index in 0..<database.otherSessions {
      try add(Self.leakedPID + Int64(index), "batch", "idle", ("Client", "ClientRead"), "COMMIT")
    }
    if isLocked {
      try add(
        Self.lockerPID, "batch", "idle in transaction", ("Client", "ClientRead"),
        "LOCK TABLE payments IN ACCESS EXCLUSIVE MODE")
      try scratch.execute(
        "INSERT INTO pg_locks VALUES ('relation', 'payments', ?1, 'AccessExclusiveLock', 1)",
        [.integer(Self.lockerPID)])
    }
    try add(Self.ownPID, "psql", "active", nil, "")
    for (setting, value, unit) in values {
      try scratch.execute(
        "INSERT INTO pg_settings VALUES (?1, ?2, ?3, '')",
        [.text(setting), .text(value), unit.map { .text($0) } ?? .null])
    }
    try scratch.execute(
      "INSERT INTO pg_stat_database VALUES (16401, ?1, ?2, ?3)",
      [
        .text(name), .integer(Int64(database.connections + database.otherSessions)),
        .integer(Int64(database.committed)),
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

  /// Ends a session of others: those that are modelled one by one, and the one that holds the lock.
  private func signal(_ pid: Int64, terminates: Bool) -> Bool {
    guard terminates, let database else { return false }
    if pid == Self.lockerPID, database.areTablesLocked {
      database.unlockTables()
      effects.append("pg_terminate_backend(\(pid))")
      return true
    }
    if pid >= Self.leakedPID, pid < Self.leakedPID + Int64(database.otherSessions) + Int64(effects.count) {
      database.otherSessions -= 1
      effects.append("pg_terminate_backend(\(pid))")
      return true
    }
    if terminates, pid < Self.firstPID || pid >= Self.firstPID + Int64(database.connections) {
      warnings.append("PID \(pid) is not a PostgreSQL backend process")
    }
    return false
  }
}
