/// A step of a schema's history.
package struct Migration: Sendable {
  /// What it does, for errors.
  package var name: String
  /// Statements separated by semicolons.
  package var script: String

  package init(_ name: String, _ script: String) {
    self.name = name
    self.script = script
  }
}

extension SQLiteConnection {
  /// Brings the schema up to date: each migration runs once, in order, all of them in one transaction; `user_version` counts them.
  ///
  /// - Throws: an error when the database has more migrations than are known here.
  package func migrate(_ migrations: [Migration]) throws {
    let done = Int(try integer("PRAGMA user_version") ?? 0)
    guard done <= migrations.count else {
      throw SQLiteError(code: 1, message: "the database has \(done) migrations, this program knows \(migrations.count)")
    }
    guard done < migrations.count else { return }
    try write {
      for migration in migrations[done...] { try executeScript(migration.script) }
      try executeScript("PRAGMA user_version = \(migrations.count)")
    }
  }
}
