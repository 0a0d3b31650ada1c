import CSQLite
import Glibc

/// One connection to a SQLite database, in memory or in a file.
///
/// Work happens inside `read` and `write`, which are transactions; `write` is IMMEDIATE. Statements are prepared once for
/// each SQL text and kept. SQL left over behind the first statement and a wrong number of bound values are errors.
/// A connection belongs to one thread at a time and is not `Sendable`.
package final class SQLiteConnection {
  /// Where the database lives.
  package enum Location: Hashable, Sendable {
    case memory
    case file(path: String, readOnly: Bool = false)
  }

  package let location: Location
  private var handle: OpaquePointer
  private var statements: [String: SQLiteStatement] = [:]
  /// The same statements by the address of the literal that asked for them.
  private var statementsByAddress: [UnsafeRawPointer: SQLiteStatement] = [:]
  private var depth = 0
  /// Inside `read`, where statements that write are refused.
  private(set) var readsOnly = false
  private lazy var begin = cached("BEGIN")
  private lazy var beginImmediate = cached("BEGIN IMMEDIATE")
  private lazy var commitStatement = cached("COMMIT")
  private lazy var rollbackStatement = cached("ROLLBACK")

  package init(_ location: Location) throws(SQLiteError) {
    self.location = location
    let (path, access): (String, Int32) =
      switch location {
      case .memory: (":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
      case .file(let path, true): (path, SQLITE_OPEN_READONLY)
      case .file(let path, false): (path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
      }
    _ = Self.configured
    var opened: OpaquePointer?
    let code = sqlite3_open_v2(path, &opened, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
    guard code == SQLITE_OK, let opened else {
      let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
      sqlite3_close_v2(opened)
      throw SQLiteError(code: code, message: "\(path): \(message)")
    }
    handle = opened
    try execute("PRAGMA foreign_keys = ON")
    if location == .memory {
      // Nothing of a database in memory survives a crash: the rollback journal stays in memory too.
      try execute("PRAGMA journal_mode = MEMORY")
      try execute("PRAGMA synchronous = OFF")
      // Debian's library overwrites deleted bytes with zeros unless told otherwise.
      try execute("PRAGMA secure_delete = OFF")
    }
  }

  /// Settings of the process, made before its first connection; if SQLite refuses them, its defaults are slower and as right.
  private static let configured: Void = {
    _ = twin_sqlite3_config_multithread()
    _ = twin_sqlite3_config_memstatus_off()
  }()

  deinit {
    statementsByAddress = [:]
    statements = [:]
    sqlite3_close_v2(handle)
  }

  // MARK: Transactions

  /// Runs `body` in a transaction that sees one state of the database and refuses writes. Nested calls join the outer one.
  package func read<Result>(_ body: () throws -> Result) throws -> Result {
    if depth > 0 { return try body() }
    readsOnly = true
    defer { readsOnly = false }
    return try transaction(begin, body)
  }

  /// Runs `body` in a transaction that takes the write lock at once; an error rolls it back. Nested calls join the outer one.
  package func write<Result>(_ body: () throws -> Result) throws -> Result {
    try transaction(beginImmediate, body)
  }

  private func transaction<Result>(_ beginStatement: SQLiteStatement, _ body: () throws -> Result) throws -> Result {
    if depth > 0 { return try body() }
    try beginStatement.run()
    depth += 1
    defer { depth -= 1 }
    do {
      let result = try body()
      try commitStatement.run()
      return result
    } catch {
      // SQLite itself rolls back on some errors (a full disk); a second rollback would be one too many.
      if sqlite3_get_autocommit(handle) == 0 { try? rollbackStatement.run() }
      throw error
    }
  }

  // MARK: Statements

  /// The statement for this SQL, prepared at the first call. A literal is found by its address: the hot path neither hashes
  /// nor compares text.
  package func prepare(_ sql: StaticString) throws(SQLiteError) -> SQLiteStatement {
    let address = UnsafeRawPointer(sql.utf8Start)
    if let statement = statementsByAddress[address] { return statement }
    let statement = try prepare(sql.description)
    statementsByAddress[address] = statement
    return statement
  }

  /// The statement for this SQL, prepared at the first call.
  @_disfavoredOverload
  package func prepare(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
    if let statement = statements[sql] { return statement }
    let statement = try compile(sql)
    statements[sql] = statement
    return statement
  }

  /// Runs one statement without a result.
  package func execute(_ sql: String, _ values: [SQLValue] = []) throws(SQLiteError) {
    let statement = try prepare(sql)
    defer { statement.reset() }
    try statement.bindAll(values)
    while try statement.step() {}
  }

  /// Runs several statements separated by semicolons, none of them with parameters.
  package func executeScript(_ sql: String) throws(SQLiteError) {
    guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw lastError(sql: sql) }
  }

  /// Calls `body` with each row of a query.
  package func forEachRow(_ sql: String, _ values: [SQLValue] = [], _ body: (SQLiteStatement) throws -> Void) throws {
    let statement = try prepare(sql)
    defer { statement.reset() }
    try statement.bindAll(values)
    while try statement.step() { try body(statement) }
  }

  /// All rows of a query.
  package func rows(_ sql: String, _ values: [SQLValue] = []) throws -> [[SQLValue]] {
    var rows: [[SQLValue]] = []
    try forEachRow(sql, values) { row in rows.append((0..<Int32(row.columnCount)).map(row.value)) }
    return rows
  }

  /// The integer in the first column of the first row, `nil` when there is none.
  package func integer(_ sql: String, _ values: [SQLValue] = []) throws -> Int64? {
    let statement = try prepare(sql)
    defer { statement.reset() }
    try statement.bindAll(values)
    guard try statement.step(), !statement.isNull(0) else { return nil }
    return statement.int64(0)
  }

  /// Rows changed by the last INSERT, UPDATE or DELETE.
  package var changes: Int { Int(sqlite3_changes(handle)) }

  /// The row identifier of the last INSERT.
  package var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(handle) }

  private func cached(_ sql: String) -> SQLiteStatement {
    do { return try prepare(sql) } catch { preconditionFailure("\(sql) did not compile: \(error)") }
  }

  private func compile(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
    var prepared: OpaquePointer?
    var text = sql
    let (code, rest) = text.withUTF8 { bytes -> (Int32, Int) in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        var tail: UnsafePointer<CChar>?
        let code = sqlite3_prepare_v3(
          handle, characters.baseAddress, Int32(characters.count), UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, &tail)
        let consumed = tail.flatMap { tail in characters.baseAddress.map { tail - $0 } } ?? characters.count
        return (code, consumed)
      }
    }
    guard code == SQLITE_OK else { throw lastError(sql: sql) }
    guard let prepared else { throw SQLiteError(code: SQLITE_MISUSE, message: "the SQL holds no statement", sql: sql) }
    let statement = SQLiteStatement(prepared, sql: sql, connection: self)
    let left = sql.utf8.dropFirst(rest).filter { !" \n\t\r;".utf8.contains($0) }
    guard left.isEmpty else {
      throw SQLiteError(code: SQLITE_MISUSE, message: "there is SQL behind the first statement", sql: sql)
    }
    return statement
  }

  func lastError(sql: String) -> SQLiteError {
    SQLiteError(code: sqlite3_extended_errcode(handle), message: String(cString: sqlite3_errmsg(handle)), sql: sql)
  }

  // MARK: Copies

  /// Copies the whole database into a file: to a temporary file beside it first, which then takes its name, so that whoever
  /// reads the file sees the old copy or the new one, and a kill between leaves the old.
  package func backUp(toFile path: String) throws(SQLiteError) {
    let partial = path + ".partial"
    unlink(partial)
    let target = try SQLiteConnection(.file(path: partial))
    try target.execute("PRAGMA journal_mode = OFF")
    try target.execute("PRAGMA synchronous = OFF")
    guard let backup = sqlite3_backup_init(target.handle, "main", handle, "main") else {
      throw target.lastError(sql: "")
    }
    sqlite3_backup_step(backup, -1)
    guard sqlite3_backup_finish(backup) == SQLITE_OK else { throw target.lastError(sql: "") }
    guard rename(partial, path) == 0 else {
      throw SQLiteError(code: SQLITE_IOERR, message: "\(path): \(String(cString: strerror(errno)))")
    }
  }

  /// Bytes of memory that this connection holds: pages (of a database in memory, all of them), schema and statements.
  package var memoryUsed: Int64 {
    var sum: Int64 = 0
    for counter in [SQLITE_DBSTATUS_CACHE_USED, SQLITE_DBSTATUS_SCHEMA_USED, SQLITE_DBSTATUS_STMT_USED] {
      var current: Int32 = 0
      var highest: Int32 = 0
      sqlite3_db_status(handle, counter, &current, &highest, 0)
      sum += Int64(current)
    }
    return sum
  }

  /// Bytes of all pages of the database.
  package func size() throws -> Int64 {
    (try integer("PRAGMA page_count") ?? 0) * (try integer("PRAGMA page_size") ?? 0)
  }
}
