import Documents
import SQLiteStore
import SimulationKernel
import Telemetry
import Toolbox
import TwinWorld

/// The files of one leg: `twin.db`, the record of what happened, and one data file a region.
@Simulated
package struct RunRecord {
  let rehearsal: Rehearsal
  let sources: RunSources

  package init(_ rehearsal: Rehearsal, sources: RunSources) {
    self.rehearsal = rehearsal
    self.sources = sources
  }

  /// Of the tables; records of other versions are not read.
  package nonisolated static let schemaVersion = "3"

  /// The tables of `twin.db`; times are milliseconds since T0. `docs/TELEMETRY.md` says what they mean.
  static let schema = Migration(
    "record of a run",
    """
    CREATE TABLE run (key TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE sources (position INTEGER PRIMARY KEY, path TEXT NOT NULL, content BLOB NOT NULL);
    CREATE TABLE digests (at_ms INTEGER NOT NULL, digest TEXT NOT NULL);
    CREATE TABLE alerts (
      at_ms INTEGER NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, labels TEXT NOT NULL, state TEXT NOT NULL,
      value REAL, annotations TEXT NOT NULL);
    CREATE TABLE series (id INTEGER PRIMARY KEY, region TEXT NOT NULL, name TEXT NOT NULL, labels TEXT NOT NULL);
    CREATE TABLE chunks (
      series INTEGER NOT NULL REFERENCES series, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, samples INTEGER NOT NULL,
      data BLOB NOT NULL);
    CREATE TABLE span_operations (id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL);
    CREATE TABLE span_places (id INTEGER PRIMARY KEY, service TEXT NOT NULL, component TEXT NOT NULL, zone TEXT NOT NULL);
    CREATE TABLE span_errors (id INTEGER PRIMARY KEY, message TEXT NOT NULL);
    CREATE TABLE traces (
      id INTEGER PRIMARY KEY, trace_id BLOB NOT NULL, region TEXT NOT NULL, kept_for TEXT NOT NULL, at_ms INTEGER NOT NULL,
      duration_us INTEGER NOT NULL, status INTEGER);
    CREATE TABLE trace_spans (
      trace INTEGER NOT NULL REFERENCES traces, span INTEGER NOT NULL, parent INTEGER, operation INTEGER NOT NULL,
      place INTEGER NOT NULL, start_us INTEGER NOT NULL, duration_us INTEGER, status INTEGER, error INTEGER,
      PRIMARY KEY (trace, span)) WITHOUT ROWID;
    CREATE VIEW spans AS
      SELECT lower(hex(t.trace_id)) AS trace_id, t.region, s.span, s.parent, o.name, o.kind, p.service, p.component, p.zone,
        t.at_ms + s.start_us / 1000.0 AS at_ms, s.duration_us / 1000.0 AS duration_ms, s.status, e.message AS error
      FROM trace_spans s JOIN traces t ON t.id = s.trace JOIN span_operations o ON o.id = s.operation
        JOIN span_places p ON p.id = s.place LEFT JOIN span_errors e ON e.id = s.error;
    CREATE TABLE log_streams (
      id INTEGER PRIMARY KEY, region TEXT NOT NULL, log_group TEXT NOT NULL, name TEXT NOT NULL, component TEXT NOT NULL);
    CREATE TABLE log_lines (stream INTEGER NOT NULL REFERENCES log_streams, at_ms INTEGER NOT NULL, message TEXT NOT NULL);
    CREATE VIEW logs AS
      SELECT l.at_ms, s.region, s.log_group, s.name AS stream, s.component, l.message
      FROM log_lines l JOIN log_streams s ON s.id = l.stream;
    CREATE TABLE notifications (
      at_ms INTEGER NOT NULL, region TEXT NOT NULL, receiver TEXT NOT NULL, is_page INTEGER NOT NULL,
      group_labels TEXT NOT NULL, firing TEXT NOT NULL, resolved TEXT NOT NULL);
    CREATE TABLE faults (at_ms INTEGER NOT NULL, id TEXT NOT NULL, verb TEXT NOT NULL, target TEXT NOT NULL, phase TEXT NOT NULL);
    CREATE TABLE commands (
      at_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL, line TEXT NOT NULL, exit_code INTEGER NOT NULL, output TEXT NOT NULL,
      errors TEXT NOT NULL, may_change INTEGER NOT NULL);
    CREATE TABLE component_changes (at_ms INTEGER NOT NULL, component TEXT NOT NULL, effect TEXT, depends_on TEXT NOT NULL);
    CREATE TABLE platform_events (at_ms INTEGER NOT NULL, component TEXT NOT NULL, reason TEXT NOT NULL, message TEXT NOT NULL);
    CREATE TABLE resource_versions (
      at_ms INTEGER NOT NULL, region TEXT NOT NULL, kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
      version INTEGER NOT NULL, user TEXT NOT NULL, verb TEXT NOT NULL, object TEXT NOT NULL);
    CREATE TABLE traffic_seconds (
      at_ms INTEGER NOT NULL, region TEXT NOT NULL, offered INTEGER NOT NULL, served INTEGER NOT NULL, failed INTEGER NOT NULL,
      within_1s INTEGER NOT NULL, within_100ms INTEGER NOT NULL, total_latency_us INTEGER NOT NULL);
    CREATE TABLE latency_slots (
      at_ms INTEGER NOT NULL, region TEXT NOT NULL, p50_us INTEGER NOT NULL, p95_us INTEGER NOT NULL, p99_us INTEGER NOT NULL);
    CREATE TABLE latency_counts (
      at_ms INTEGER NOT NULL, region TEXT NOT NULL, up_to_us INTEGER, requests INTEGER NOT NULL);
    CREATE TABLE latency_parts (
      at_ms INTEGER NOT NULL, region TEXT NOT NULL, part TEXT NOT NULL, mean_us INTEGER NOT NULL, requests INTEGER NOT NULL);
    CREATE TABLE budget_minutes (
      at_ms INTEGER NOT NULL, region TEXT NOT NULL, objective TEXT NOT NULL, burnt REAL NOT NULL);
    CREATE TABLE failed_requests (at_ms INTEGER NOT NULL, region TEXT NOT NULL, latency_us INTEGER NOT NULL, outcome TEXT NOT NULL);
    """)

  /// Writes everything into a folder that exists. Files are replaced whole, so that readers always find a good one.
  package func write(to folder: String) throws {
    let connection = try SQLiteConnection(.memory)
    try connection.migrate([Self.schema])
    try connection.write {
      try fillRun(connection)
      try fillSources(connection)
      try fillAlerts(connection)
      try fillSamples(connection)
      try TraceRecord.fill(connection, rehearsal)
      try fillLogs(connection)
      try fillJournal(connection)
      try fillVersions(connection)
      try fillTraffic(connection)
      try fillLatency(connection)
      try fillBudget(connection)
    }
    try connection.backUp(toFile: "\(folder)/twin.db")
    for region in rehearsal.world.regions {
      for (index, instance) in region.aws.instances.enumerated() {
        try instance.store.backUp(
          toFile: index == 0
            ? "\(folder)/\(region.name).db" : "\(folder)/\(region.name)-\(instance.configuration.identifier).db")
      }
    }
  }

  func milliseconds(_ instant: Instant) -> SQLValue {
    .integer((instant - rehearsal.origin).nanoseconds / 1_000_000)
  }

  private func fillRun(_ connection: SQLiteConnection) throws {
    let rows = [
      ("scenario", rehearsal.scenario.name.value), ("leg", rehearsal.leg.name),
      ("leg_kind", rehearsal.leg.kind.rawValue), ("runbook", sources.runbook ?? ""),
      ("seed", String(rehearsal.world.simulation.seed)),
      ("platform", rehearsal.world.platform.name),
      ("duration_ms", String(rehearsal.scenario.duration.nanoseconds / 1_000_000)),
      ("written_at_ms", String((rehearsal.world.simulation.now - rehearsal.origin).nanoseconds / 1_000_000)),
      ("digest", rehearsal.world.simulation.digest.description), ("schema_version", Self.schemaVersion),
      ("traces_dropped", String(rehearsal.world.regions.reduce(0) { $0 + $1.monitoring.traces.store.dropped })),
      ("log_lines_dropped", String(rehearsal.world.regions.reduce(0) { $0 + $1.aws.logs.dropped })),
      (
        "settings",
        JSONValue.array(sources.settings.map { .array([.string($0.key), .string($0.value)]) }).jsonText()
      ),
    ]
    for (key, value) in rows { try connection.execute("INSERT INTO run VALUES (?1, ?2)", [.text(key), .text(value)]) }
  }

  private func fillJournal(_ connection: SQLiteConnection) throws {
    let journal = rehearsal.world.journal
    for fault in journal.faults {
      for target in fault.targets {
        try connection.execute(
          "INSERT INTO faults VALUES (?1, ?2, ?3, ?4, ?5)",
          [milliseconds(fault.at), .text(fault.id), .text(fault.verb), .text(target), .text(fault.phase.rawValue)])
      }
    }
    for command in journal.commands {
      try connection.execute(
        "INSERT INTO commands VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        [
          milliseconds(command.at), milliseconds(command.ended), .text(command.line), .integer(Int64(command.exitCode)),
          .text(command.output), .text(command.errors), .integer(CommandCheck.lineMayChange(command.line) ? 1 : 0),
        ])
    }
    for change in journal.componentChanges {
      try connection.execute(
        "INSERT INTO component_changes VALUES (?1, ?2, ?3, ?4)",
        [
          milliseconds(change.at), .text(change.component), change.effect.map { .text($0) } ?? .null,
          .text(JSONValue.array(change.dependsOn.map { .string($0) }).jsonText()),
        ])
    }
    for event in journal.platformEvents {
      try connection.execute(
        "INSERT INTO platform_events VALUES (?1, ?2, ?3, ?4)",
        [milliseconds(event.at), .text(event.component), .text(event.reason), .text(event.message)])
    }
  }

  private func fillVersions(_ connection: SQLiteConnection) throws {
    for version in rehearsal.world.journal.resourceVersions {
      try connection.execute(
        "INSERT INTO resource_versions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        [
          milliseconds(version.at), .text(version.region), .text(version.kind), .text(version.namespace),
          .text(version.name),
          .integer(version.version), .text(version.user), .text(version.verb), .text(version.object.jsonText()),
        ])
    }
  }

  private func fillTraffic(_ connection: SQLiteConnection) throws {
    for source in rehearsal.world.traffic {
      let region = SQLValue.text(source.region.name)
      for (index, second) in source.recorder.seconds.enumerated() where second.offered > 0 {
        try connection.execute(
          "INSERT INTO traffic_seconds VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
          [
            milliseconds(.zero + .seconds(Double(index))), region, .integer(Int64(second.offered)),
            .integer(Int64(second.served)),
            .integer(Int64(second.failed)), .integer(Int64(second.withinAvailabilityLimit)),
            .integer(Int64(second.withinLatencyLimit)), .integer(second.totalLatency.nanoseconds / 1000),
          ])
      }
      for request in source.recorder.failedRequests {
        let outcome: String =
          switch request.outcome {
          case .answered(let status): String(status)
          case .failed(let reason): reason
          }
        try connection.execute(
          "INSERT INTO failed_requests VALUES (?1, ?2, ?3, ?4)",
          [milliseconds(request.sentAt), region, .integer(request.latency.nanoseconds / 1000), .text(outcome)])
      }
    }
  }
}
