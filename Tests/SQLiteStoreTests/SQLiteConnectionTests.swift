import Glibc
import Testing

@testable import SQLiteStore

@Suite struct SQLiteConnectionTests {
  func makeConnection() throws -> SQLiteConnection {
    let connection = try SQLiteConnection(.memory)
    try connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, data BLOB, weight REAL)")
    return connection
  }

  @Test func valuesOfEveryClassComeBack() throws {
    let connection = try makeConnection()
    try connection.write {
      try connection.execute("INSERT INTO t VALUES (?, ?, ?, ?)", [1, "Ω", .blob([0, 255]), 0.5])
      try connection.execute("INSERT INTO t VALUES (?, ?, ?, ?)", [2, "", .blob([]), nil])
    }
    let rows = try connection.read { try connection.rows("SELECT * FROM t ORDER BY id") }
    #expect(rows == [[1, "Ω", .blob([0, 255]), 0.5], [2, "", .blob([]), .null]])
    #expect(connection.lastInsertedRow == 2)
  }

  @Test func aThrowingWriteLeavesNothing() throws {
    let connection = try makeConnection()
    #expect(throws: SQLiteError.self) {
      try connection.write {
        try connection.execute("INSERT INTO t (id) VALUES (1)")
        try connection.execute("INSERT INTO t (id) VALUES (1)")
      }
    }
    #expect(try connection.integer("SELECT count(*) FROM t") == 0)
    try connection.write { try connection.write { try connection.execute("INSERT INTO t (id) VALUES (1)") } }
    #expect(try connection.integer("SELECT count(*) FROM t") == 1)
  }

  @Test(arguments: [
    ("SELECT 1; SELECT 2", "there is SQL behind the first statement"),
    ("  -- nothing", "the SQL holds no statement"),
    ("SELECT ?", "0 values for 1 parameters"),
    ("SELEC 1", "near \"SELEC\": syntax error"),
    ("SELECT * FROM missing", "no such table: missing"),
  ])
  func refusals(sql: String, message: String) throws {
    let connection = try SQLiteConnection(.memory)
    let error = #expect(throws: SQLiteError.self) { try connection.execute(sql) }
    #expect(error?.message == message && error?.sql == sql)
  }

  @Test func trailingSpaceAndSemicolonsAreNoStatement() throws {
    #expect(try SQLiteConnection(.memory).integer("SELECT 3 ;\n ; ") == 3)
  }

  @Test func aParameterThatWasNeverBoundIsAnError() throws {
    let connection = try makeConnection()
    let statement = try connection.prepare("SELECT ?1 + ?2")
    try statement.bind(1, Int64(1))
    let error = #expect(throws: SQLiteError.self) { try statement.step() }
    #expect(error?.message == "1 of 2 parameters are bound")
    let outside = #expect(throws: SQLiteError.self) { try statement.bind(3, Int64(1)) }
    #expect(outside?.code == 25)
  }

  @Test func readsDoNotWrite() throws {
    let connection = try makeConnection()
    let error = #expect(throws: SQLiteError.self) {
      try connection.read { try connection.execute("INSERT INTO t (id) VALUES (1)") }
    }
    #expect(error?.message == "a write inside read")
    try connection.write { try connection.execute("INSERT INTO t (id) VALUES (1)") }
    #expect(connection.changes == 1)
  }

  @Test func oneStatementPerSQL() throws {
    let connection = try makeConnection()
    let text = "SELECT count(*) FROM t"
    #expect(try connection.prepare("SELECT count(*) FROM t") === connection.prepare(text))
  }

  @Test func uniqueViolationsAreKnown() throws {
    let connection = try makeConnection()
    try connection.execute("INSERT INTO t (name) VALUES (?)", ["a"])
    let error = #expect(throws: SQLiteError.self) { try connection.execute("INSERT INTO t (name) VALUES (?)", ["a"]) }
    #expect(error?.isUniqueViolation == true && error?.code == 2067)
  }

  @Test func migrationsRunOnce() throws {
    let connection = try SQLiteConnection(.memory)
    let first = Migration("first", "CREATE TABLE a (x); INSERT INTO a VALUES (1)")
    let second = Migration("second", "INSERT INTO a VALUES (2)")
    try connection.migrate([first])
    for _ in 1...2 { try connection.migrate([first, second]) }
    #expect(try connection.integer("SELECT count(*) FROM a") == 2)
    let error = #expect(throws: SQLiteError.self) { try connection.migrate([first]) }
    #expect(error?.message == "the database has 2 migrations, this program knows 1")
    #expect(throws: SQLiteError.self) {
      try connection.migrate([first, second, Migration("bad", "INSERT INTO b VALUES (1)")])
    }
    #expect(try connection.integer("PRAGMA user_version") == 2)
  }

  @Test func aBackupReplacesTheFile() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/spain.db"
    let connection = try makeConnection()
    for id in 1...2 {
      try connection.execute("INSERT INTO t (id) VALUES (?)", [.integer(Int64(id))])
      try connection.backUp(toFile: path)
      let copy = try SQLiteConnection(.file(path: path, readOnly: true))
      #expect(try copy.integer("SELECT count(*) FROM t") == Int64(id))
      #expect(try copy.rows("PRAGMA integrity_check") == [["ok"]])
    }
    #expect(access(path + ".partial", F_OK) != 0)
    #expect(connection.memoryUsed > 4096)
    #expect(try connection.size() >= 8192)
  }

  @Test func aReadOnlyFileStaysAsItIs() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.db"
    let missing = #expect(throws: SQLiteError.self) { try SQLiteConnection(.file(path: path, readOnly: true)) }
    #expect(missing?.message == "\(path): unable to open database file")
    try SQLiteConnection(.file(path: path)).execute("CREATE TABLE a (x)")
    let error = #expect(throws: SQLiteError.self) {
      try SQLiteConnection(.file(path: path, readOnly: true)).execute("INSERT INTO a VALUES (1)")
    }
    #expect(error?.message == "attempt to write a readonly database")
  }
}

/// A folder that is removed with its files when the value goes.
private final class TemporaryFolder {
  let path: String

  init() throws {
    var template = Array("/tmp/sqlite-store-XXXXXX".utf8CString)
    path = try #require(
      template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) }.map { String(cString: $0) })
  }

  deinit {
    for name in ["a.db", "spain.db"] { unlink(path + "/" + name) }
    rmdir(path)
  }
}
