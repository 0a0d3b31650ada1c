import CSQLite

/// A prepared statement of one connection. Bind, step, read columns, reset; `SQLiteConnection` resets it after each use.
/// Nothing here allocates but text and blob columns.
package final class SQLiteStatement {
  let handle: OpaquePointer
  package let sql: String
  package let parameterCount: Int
  private unowned let connection: SQLiteConnection
  /// Writes nothing, by SQLite's own judgement.
  private let isReadOnly: Bool
  /// Parameters, and those of them that were bound at least once, as bits; parameters beyond the 64th are not watched.
  private let parameters: UInt64
  private var bound: UInt64 = 0

  init(_ handle: OpaquePointer, sql: String, connection: SQLiteConnection) {
    self.handle = handle
    self.sql = sql
    self.connection = connection
    parameterCount = Int(sqlite3_bind_parameter_count(handle))
    parameters = parameterCount >= 64 ? .max : 1 << UInt64(parameterCount) - 1
    isReadOnly = sqlite3_stmt_readonly(handle) != 0
  }

  deinit { sqlite3_finalize(handle) }

  // MARK: Binding, positions from 1

  @inline(__always)
  package func bind(_ position: Int32, _ value: Int64) throws(SQLiteError) {
    try bound(position, sqlite3_bind_int64(handle, position, value))
  }

  package func bind(_ position: Int32, _ value: Double) throws(SQLiteError) {
    try bound(position, sqlite3_bind_double(handle, position, value))
  }

  package func bind(_ position: Int32, text: String) throws(SQLiteError) {
    var text = text
    try bound(
      position,
      text.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) {
          twin_sqlite3_bind_text(handle, position, $0.baseAddress ?? emptyText, Int32($0.count))
        }
      })
  }

  package func bind(_ position: Int32, blob: UnsafeRawBufferPointer) throws(SQLiteError) {
    try bound(position, twin_sqlite3_bind_blob(handle, position, blob.baseAddress, Int32(blob.count)))
  }

  package func bindNull(_ position: Int32) throws(SQLiteError) {
    try bound(position, sqlite3_bind_null(handle, position))
  }

  package func bind(_ position: Int32, _ value: SQLValue) throws(SQLiteError) {
    switch value {
    case .null: try bindNull(position)
    case .integer(let value): try bind(position, value)
    case .real(let value): try bind(position, value)
    case .text(let value): try bind(position, text: value)
    case .blob(let value):
      try bound(
        position, value.withUnsafeBytes { twin_sqlite3_bind_blob(handle, position, $0.baseAddress, Int32($0.count)) })
    }
  }

  /// Binds all parameters.
  ///
  /// - Throws: an error when their number is not the statement's.
  package func bindAll(_ values: [SQLValue]) throws(SQLiteError) {
    guard values.count == parameterCount else {
      throw SQLiteError(
        code: SQLITE_RANGE, message: "\(values.count) values for \(parameterCount) parameters", sql: sql)
    }
    for (index, value) in values.enumerated() { try bind(Int32(index + 1), value) }
  }

  // MARK: Stepping

  /// Goes to the next row.
  ///
  /// - Returns: false after the last one.
  /// - Throws: besides what SQLite refuses: a parameter that was never bound, a write inside `read`.
  package func step() throws(SQLiteError) -> Bool {
    guard bound == parameters, isReadOnly || !connection.readsOnly else { throw misuse }
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default: throw connection.lastError(sql: sql)
    }
  }

  /// Steps a statement that returns no rows and makes it ready for the next use.
  package func run() throws(SQLiteError) {
    defer { reset() }
    _ = try step()
  }

  /// Makes the statement ready for the next use; bindings stay.
  package func reset() { sqlite3_reset(handle) }

  // MARK: Columns, positions from 0

  @inline(__always)
  package func int64(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
  package func double(_ column: Int32) -> Double { sqlite3_column_double(handle, column) }
  package func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
  package var columnCount: Int { Int(sqlite3_column_count(handle)) }
  package func columnName(_ column: Int32) -> String { String(cString: sqlite3_column_name(handle, column)) }

  package func text(_ column: Int32) -> String {
    guard let bytes = sqlite3_column_text(handle, column) else { return "" }
    return String(
      decoding: UnsafeBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(handle, column))), as: UTF8.self)
  }

  package func blob(_ column: Int32) -> [UInt8] {
    guard let bytes = sqlite3_column_blob(handle, column) else { return [] }
    return Array(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(handle, column))))
  }

  package func value(_ column: Int32) -> SQLValue {
    switch sqlite3_column_type(handle, column) {
    case SQLITE_INTEGER: .integer(int64(column))
    case SQLITE_FLOAT: .real(double(column))
    case SQLITE_TEXT: .text(text(column))
    case SQLITE_BLOB: .blob(blob(column))
    default: .null
    }
  }

  private func bound(_ position: Int32, _ code: Int32) throws(SQLiteError) {
    guard code == SQLITE_OK else { throw connection.lastError(sql: sql) }
    bound |= 1 << UInt64(position - 1)
  }

  private var misuse: SQLiteError {
    let message =
      bound == parameters
      ? "a write inside read" : "\(bound.nonzeroBitCount) of \(parameterCount) parameters are bound"
    return SQLiteError(code: SQLITE_MISUSE, message: message, sql: sql)
  }
}

private nonisolated(unsafe) let emptyText: UnsafePointer<CChar> = {
  let text = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
  text.pointee = 0
  return UnsafePointer(text)
}()
