import SQLiteStore

/// Notes for the auditors that a record of a foreign residency was turned away. Nothing of the record is kept, because it
/// may not be kept here.
package struct NoteRefusal: DatabaseWork {
  /// One INSERT, without a transaction around it.
  package static let shape = WorkShape(
    name: "residency.refuse", roundTrips: 1, isWrite: true,
    statement: "INSERT INTO refusals (at_us, residency) VALUES ($1, $2)")

  package var residency: Residency
  /// Microseconds since 1970.
  package var now: Int64

  package init(_ residency: Residency, now: Int64) {
    self.residency = residency
    self.now = now
  }

  package func execute(on connection: SQLiteConnection) throws {
    try connection.execute(
      "INSERT INTO refusals (at_us, residency) VALUES (?, ?)", [.integer(now), .integer(residency.rawValue)])
  }
}
