import CSQLite

/// What SQLite, or this wrapper's own checks, refused.
package struct SQLiteError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The extended result code, such as `SQLITE_CONSTRAINT_UNIQUE` (2067).
  package var code: Int32
  package var message: String
  /// The statement, empty where none was involved.
  package var sql: String

  package init(code: Int32, message: String, sql: String = "") {
    self.code = code
    self.message = message
    self.sql = sql
  }

  /// Whether a UNIQUE or PRIMARY KEY constraint was violated.
  package var isUniqueViolation: Bool {
    code == SQLITE_CONSTRAINT_UNIQUE_CODE || code == SQLITE_CONSTRAINT_PRIMARYKEY_CODE
  }

  package var description: String {
    sql.isEmpty ? "SQLite error \(code): \(message)" : "SQLite error \(code): \(message) in «\(sql)»"
  }
}

// The extended codes are C macros with casts, which Swift does not import.
private let SQLITE_CONSTRAINT_UNIQUE_CODE: Int32 = 19 | 8 << 8
private let SQLITE_CONSTRAINT_PRIMARYKEY_CODE: Int32 = 19 | 6 << 8
