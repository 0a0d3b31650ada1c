import Documents
import Faults
import SQLiteStore
import SimulationKernel
import TwinWorld

/// A recorded leg, made again up to an instant from what its `twin.db` says it was made of. Runs are deterministic, so the
/// world is the one that was: each recorded digest on the way is compared, and a difference is an error.
@Simulated
package struct RunReplay {
  /// Why a record cannot be replayed.
  package struct Failure: Error, CustomStringConvertible {
    package var description: String
  }

  /// A leg that is none of the scenario's own: who acts decides as it goes.
  @Simulated
  package struct ActingLeg {
    /// Begins to act once it is time to; called once a second.
    ///
    /// - Returns: whether it has begun.
    package var begin: @Simulated (Rehearsal) -> Bool

    package init(begin: @escaping @Simulated (Rehearsal) -> Bool) { self.begin = begin }
  }

  private let record: String
  private let connection: SQLiteConnection

  /// - Parameter record: the path of a `twin.db`.
  package init(_ record: String) throws {
    guard isFile(record) else { throw Failure(description: "\(record): there is no record here") }
    self.record = record
    connection = try SQLiteConnection(.file(path: record, readOnly: true))
    guard try value("schema_version") == RunRecord.schemaVersion else {
      throw Failure(description: "\(record): was made by a version of twin whose records this one does not read")
    }
  }

  private func value(_ key: String) throws -> String {
    var found = ""
    try connection.forEachRow("SELECT value FROM run WHERE key = ?1", [.text(key)]) { found = $0.text(0) }
    return found
  }

  /// Who acted in the run.
  package func legKind() throws -> Leg.Kind? { Leg.Kind(rawValue: try value("leg_kind")) }

  /// What the run was made of.
  package func sources() throws -> RunSources {
    var files: [RunSources.File] = []
    try connection.forEachRow("SELECT path, content FROM sources ORDER BY position") { row in
      files.append(RunSources.File(path: row.text(0), content: row.blob(1)))
    }
    guard !files.isEmpty else { throw Failure(description: "\(record): holds no sources") }
    let settings = try parseJSON(Array(try value("settings").utf8)).array ?? []
    return RunSources(
      files: files, runbook: try value("runbook").isEmpty ? nil : try value("runbook"),
      settings: settings.map { ($0[0]?.string ?? "", $0[1]?.string ?? "") },
      duration: TimeSpan(nanoseconds: (Int64(try value("duration_ms")) ?? 0) * 1_000_000))
  }

  /// Makes the run again.
  ///
  /// - Parameters:
  ///   - scenario: read from `sources`.
  ///   - time: since T0; the end where nothing is said.
  ///   - acting: the leg, where it is none of the scenario's own.
  package func rehearsal(
    _ scenario: Scenario, platform: Platform, at time: Offset?, acting: ActingLeg? = nil
  ) throws -> Rehearsal {
    guard let seed = UInt64(try value("seed")) else { throw Failure(description: "\(record): has no seed") }
    let legName = try value("leg")
    let rehearsal = try Rehearsal(scenario, platform: platform, seed: seed)
    let leg = scenario.legs(.all).first { $0.name == legName }
    guard leg != nil || acting != nil else {
      throw Failure(description: "\(record): its scenario has no leg \(legName)")
    }
    let written = TimeSpan(nanoseconds: (Int64(try value("written_at_ms")) ?? 0) * 1_000_000)
    var hasBegun = leg?.kind == .untouched
    var now = TimeSpan.zero
    func target() -> TimeSpan? {
      var timeline = scenario.timeline
      timeline.alertAt = rehearsal.firstPage
      return time.map { timeline.time(of: $0) } ?? min(scenario.duration, written)
    }
    while true {
      if let leg, !hasBegun, let start = rehearsal.start(of: leg), start <= now {
        rehearsal.take(leg)
        hasBegun = true
      }
      if let acting, !hasBegun, now > .zero { hasBegun = acting.begin(rehearsal) }
      let limit = target() ?? written
      guard limit <= max(written, scenario.duration) else {
        throw Failure(description: "\(time?.description ?? "") is behind the end of the record, \(clockText(written))")
      }
      guard now < limit, now < written else { break }
      // A leg that waits for an alert is looked for once a second, as in the run.
      let second = TimeSpan(nanoseconds: (now.nanoseconds / 1_000_000_000 + 1) * 1_000_000_000)
      let start = hasBegun ? nil : leg.flatMap { rehearsal.start(of: $0) }
      let step = hasBegun && target() != nil ? limit : min(start ?? second, second)
      now = min(max(step, now), limit)
      try rehearsal.advance(to: now)
    }
    guard target() != nil else { throw Failure(description: "\(time?.description ?? "") did not come in this run") }
    try check(rehearsal)
    return rehearsal
  }

  private func check(_ rehearsal: Rehearsal) throws {
    var recorded: [Int64: String] = [:]
    try connection.forEachRow("SELECT at_ms, digest FROM digests") { recorded[$0.int64(0)] = $0.text(1) }
    for (at, digest) in rehearsal.digests {
      let milliseconds = (at - rehearsal.origin).nanoseconds / 1_000_000
      guard let expected = recorded[milliseconds], expected != digest.description else { continue }
      throw Failure(
        description:
          "\(record): the replay differs from the run at \(clockText(at - rehearsal.origin)); another version of twin made it"
      )
    }
  }
}
