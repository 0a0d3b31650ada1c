import Documents
import SQLiteStore
import Scenarios
import SimulationKernel
import Telemetry

extension IncidentRecord {
  /// Why a record cannot be read.
  package struct Unreadable: Error, CustomStringConvertible {
    package var description: String
  }

  /// Reads a leg's record.
  ///
  /// - Parameter path: of a `twin.db` of this version.
  @Simulated
  package init(_ path: String) throws {
    guard isFile(path) else { throw Unreadable(description: "\(path): there is no record here") }
    let connection = try SQLiteConnection(.file(path: path, readOnly: true))
    try readRun(connection, path)
    try readTraffic(connection)
    try readLatency(connection)
    try readSaturation(connection)
    try readJournal(connection)
    try readChanges(connection)
    try readAlerts(connection)
    try connection.forEachRow("SELECT sum(burnt) FROM budget_minutes GROUP BY at_ms ORDER BY at_ms") {
      burnt.append($0.double(0))
    }
    try readHops(connection)
    try readWaterfalls(connection)
    // Where something broke comes first.
    let broken = faults.flatMap(\.targets).map(IncidentTopology.region)
    regions = regions.filter { broken.contains($0.name) } + regions.filter { !broken.contains($0.name) }
  }

  private static func seconds(_ statement: SQLiteStatement, _ column: Int32) -> Double {
    Double(statement.int64(column)) / 1000
  }

  private mutating func readRun(_ connection: SQLiteConnection, _ path: String) throws {
    var rows: [String: String] = [:]
    try connection.forEachRow("SELECT key, value FROM run") { rows[$0.text(0)] = $0.text(1) }
    guard rows["schema_version"] == RunRecord.schemaVersion else {
      throw Unreadable(description: "\(path): was made by a version of twin whose records this one does not read")
    }
    scenario = rows["scenario"] ?? ""
    leg = rows["leg"] ?? ""
    seed = rows["seed"] ?? ""
    digest = rows["digest"] ?? ""
    duration = min(Double(rows["duration_ms"] ?? "") ?? 0, Double(rows["written_at_ms"] ?? "") ?? 0) / 1000
  }

  // MARK: What customers felt

  private mutating func readTraffic(_ connection: SQLiteConnection) throws {
    try connection.forEachRow(
      """
      SELECT region, at_ms, offered, served, failed, within_1s, within_100ms FROM traffic_seconds
      WHERE at_ms >= 0 AND at_ms < ?1 ORDER BY at_ms
      """, [.real(duration * 1000)]
    ) { row in
      let second = TrafficSecond(
        at: Self.seconds(row, 1), offered: Int(row.int64(2)), served: Int(row.int64(3)), failed: Int(row.int64(4)),
        inTime: Int(row.int64(5)), fast: Int(row.int64(6)))
      regions[index(of: row.text(0))].traffic.append(second)
    }
  }

  private mutating func index(of region: String) -> Int {
    if let index = regions.firstIndex(where: { $0.name == region }) { return index }
    regions.append(Region(name: region))
    return regions.count - 1
  }

  private mutating func readLatency(_ connection: SQLiteConnection) throws {
    let limit = SQLValue.real(duration * 1000)
    try connection.forEachRow(
      "SELECT region, at_ms, p50_us, p95_us, p99_us FROM latency_slots WHERE at_ms >= 0 AND at_ms < ?1 ORDER BY at_ms",
      [limit]
    ) { row in
      regions[index(of: row.text(0))].latency.append(
        LatencySlot(
          at: Self.seconds(row, 1), p50: Self.seconds(row, 2), p95: Self.seconds(row, 3), p99: Self.seconds(row, 4)))
    }
    try connection.forEachRow(
      "SELECT region, at_ms, up_to_us, requests FROM latency_counts WHERE at_ms >= 0 AND at_ms < ?1 ORDER BY at_ms, up_to_us",
      [limit]
    ) { row in
      let (region, at) = (index(of: row.text(0)), Self.seconds(row, 1))
      guard let slot = regions[region].latency.lastIndex(where: { $0.at == at }) else { return }
      regions[region].latency[slot].counts.append((row.isNull(2) ? nil : Self.seconds(row, 2), Int(row.int64(3))))
    }
  }

  /// What is asked of each region's Prometheus about what runs out.
  private static let saturation: [(name: String, expression: String)] = [
    (
      "CPU of limit",
      #"""
      sum(rate(container_cpu_usage_seconds_total{namespace="payments",container!=""}[1m]))
        / sum(kube_pod_container_resource_limits{namespace="payments",resource="cpu"})
      """#
    ),
    (
      "memory of limit",
      #"""
      max(container_memory_working_set_bytes{namespace="payments",container!=""}
        / on (namespace, pod, container) kube_pod_container_resource_limits{resource="memory"})
      """#
    ),
    ("connections of pods", #"sum(db_pool_connections{state="in_use"}) / sum(db_pool_max_connections)"#),
    ("CPU of the database", "max(aws_rds_cpuutilization_average) / 100"),
  ]

  /// The names of the series that these ask for; the others stay unread.
  private static let saturationMetrics = [
    "container_cpu_usage_seconds_total", "kube_pod_container_resource_limits", "container_memory_working_set_bytes",
    "db_pool_connections", "db_pool_max_connections", "aws_rds_cpuutilization_average",
  ]

  @Simulated
  private mutating func readSaturation(_ connection: SQLiteConnection) throws {
    for region in regions.indices {
      let store = TimeSeriesStore()
      try restore(regions[region].name, from: connection, into: store)
      let engine = QueryEngine(store)
      // Instants of a rehearsal begin before T0: its Prometheus counts from the clusters' own start.
      let origin = try self.origin(connection)
      for (name, text) in Self.saturation {
        let series = try engine.range(
          try ExpressionParser.parse(text), from: origin, to: origin + Int64(duration * 1000), step: 20_000)
        let samples = (series.first?.samples ?? []).filter { $0.value.isFinite }
          .map { (at: Double($0.time - origin) / 1000, value: $0.value) }
        regions[region].saturation.append(SaturationSeries(name: name, samples: samples))
      }
    }
  }

  private func restore(_ region: String, from connection: SQLiteConnection, into store: TimeSeriesStore) throws {
    let names = Self.saturationMetrics.map { "'\($0)'" }.joined(separator: ", ")
    var known: [(id: Int64, labels: Labels)] = []
    try connection.forEachRow("SELECT id, labels FROM series WHERE region = ?1 AND name IN (\(names))", [.text(region)])
    {
      let members = (try? parseJSON(Array($0.text(1).utf8)))?.object?.members ?? []
      known.append(($0.int64(0), Labels(members.map { Label($0.key, $0.value.string ?? "") })))
    }
    for series in known {
      var chunks: [SampleChunk] = []
      try connection.forEachRow("SELECT data FROM chunks WHERE series = ?1 ORDER BY first_ms", [.integer(series.id)]) {
        chunks.append(try SampleChunk(decoding: $0.blob(0)))
      }
      store.restore(series.labels, chunks)
    }
  }

  /// The clusters' time of T0, in milliseconds since 1970: chunks know both.
  private func origin(_ connection: SQLiteConnection) throws -> Int64 {
    var origin: Int64 = 0
    try connection.forEachRow("SELECT data, first_ms FROM chunks LIMIT 1") {
      origin = try SampleChunk(decoding: $0.blob(0)).firstTime - $0.int64(1)
    }
    return origin
  }

  // MARK: What happened

  private mutating func readJournal(_ connection: SQLiteConnection) throws {
    try connection.forEachRow(
      "SELECT at_ms, id, verb, group_concat(target, ' '), phase FROM faults GROUP BY at_ms, id, verb, phase ORDER BY at_ms"
    ) { row in
      faults.append(
        Fault(
          at: Self.seconds(row, 0), id: row.text(1), verb: row.text(2),
          targets: row.text(3).split(separator: " ").map(String.init), isRepair: row.text(4) == "repaired"))
    }
    try connection.forEachRow(
      "SELECT at_ms, ended_ms, line, exit_code, output, errors, may_change FROM commands ORDER BY at_ms, rowid"
    ) { row in
      commands.append(
        Command(
          at: Self.seconds(row, 0), ended: Self.seconds(row, 1), line: row.text(2), exitCode: Int(row.int64(3)),
          output: row.text(4), errors: row.text(5), mayChange: row.int64(6) != 0))
    }
    try connection.forEachRow(
      "SELECT at_ms, component, effect, depends_on FROM component_changes WHERE at_ms >= 0 ORDER BY at_ms, rowid"
    ) { row in
      let depends = (try? parseJSON(Array(row.text(3).utf8)))?.array ?? []
      components.append(
        ComponentChange(
          at: Self.seconds(row, 0), component: row.text(1), effect: row.isNull(2) ? nil : row.text(2),
          dependsOn: depends.compactMap(\.string)))
    }
  }

  /// Who changes objects by itself all the time: controllers, nodes, and what writes events.
  private static let machines = ["system:", "kubelet", "default-scheduler"]

  private mutating func readChanges(_ connection: SQLiteConnection) throws {
    try connection.forEachRow(
      """
      SELECT at_ms, region, kind, namespace, name, user, verb FROM resource_versions
      WHERE at_ms >= 0 AND kind NOT IN ('Event', 'Lease') ORDER BY at_ms, rowid
      """
    ) { row in
      let user = row.text(5)
      guard !Self.machines.contains(where: user.hasPrefix), !user.hasSuffix("-controller") else { return }
      let place = row.text(3).isEmpty ? "" : row.text(3) + "/"
      changes.append(
        Change(
          at: Self.seconds(row, 0), component: "\(row.text(1))/\(row.text(2).lowercased())/\(place)\(row.text(4))",
          what: row.text(6), who: user))
    }
    try connection.forEachRow(
      "SELECT at_ms, component, reason, message FROM platform_events WHERE at_ms >= 0 ORDER BY at_ms, rowid"
    ) { row in
      changes.append(
        Change(at: Self.seconds(row, 0), component: row.text(1), what: "\(row.text(2)): \(row.text(3))", who: ""))
    }
    changes.sort { $0.at < $1.at }
  }

  private mutating func readAlerts(_ connection: SQLiteConnection) throws {
    var open: [(key: String, stretch: AlertStretch)] = []
    try connection.forEachRow(
      "SELECT at_ms, region, name, labels, state, annotations FROM alerts ORDER BY at_ms, rowid"
    ) { row in
      let (at, key) = (Self.seconds(row, 0), row.text(1) + row.text(3))
      if let index = open.firstIndex(where: { $0.key == key }) {
        var ended = open.remove(at: index).stretch
        ended.to = at
        alerts.append(ended)
      }
      guard row.text(4) != "inactive" else { return }
      let labels = try? parseJSON(Array(row.text(3).utf8))
      let annotations = try? parseJSON(Array(row.text(5).utf8))
      open.append(
        (
          key,
          AlertStretch(
            region: row.text(1), name: row.text(2), severity: labels?["severity"]?.string ?? "",
            summary: annotations?["summary"]?.string ?? "", isFiring: row.text(4) == "firing", from: at, to: duration)
        ))
    }
    alerts += open.map(\.stretch)
    alerts = alerts.filter { $0.to > 0 && $0.from < duration }.sorted { ($0.from, $0.name) < ($1.from, $1.name) }
    try connection.forEachRow(
      "SELECT at_ms, region, receiver, firing FROM notifications WHERE is_page AND at_ms >= 0 ORDER BY at_ms"
    ) { row in
      let firing = (try? parseJSON(Array(row.text(3).utf8)))?.array ?? []
      guard !firing.isEmpty else { return }
      pages.append(
        Page(
          at: Self.seconds(row, 0), region: row.text(1), receiver: row.text(2),
          alerts: Set(firing.compactMap { $0["alertname"]?.string }).sorted()))
    }
  }

  // MARK: Traces

  /// Where requests went: of a share of those that were kept, so that it costs little.
  private mutating func readHops(_ connection: SQLiteConnection) throws {
    try connection.forEachRow(
      """
      SELECT DISTINCT p.component, p.service, q.component, q.service FROM trace_spans s
        JOIN trace_spans t ON t.trace = s.trace AND t.span = s.parent
        JOIN span_places p ON p.id = t.place JOIN span_places q ON q.id = s.place
      WHERE s.trace IN (SELECT id FROM traces WHERE kept_for <> 'error' OR id % 50 = 0) AND p.id <> q.id
      """
    ) { row in
      let hop = Hop(
        from: IncidentTopology.node(row.text(0), service: row.text(1)),
        to: IncidentTopology.node(row.text(2), service: row.text(3)))
      if hop.from != hop.to, !hops.contains(hop) { hops.append(hop) }
    }
  }

  /// The slowest, and of those that failed some of different kinds.
  @Simulated
  private mutating func readWaterfalls(_ connection: SQLiteConnection) throws {
    let record = try TraceRecord(connection)
    places = record.places
    var slow = TraceRecord.Selection()
    (slow.reason, slow.count, slow.from) = (.slow, 3, .zero)
    for entry in try record.traces(slow) { waterfalls.append(Waterfall(title: "slow", trace: entry.trace)) }
    var failed = TraceRecord.Selection()
    (failed.reason, failed.count, failed.from, failed.slowestFirst) = (.error, 400, .zero, false)
    var seen: [String] = []
    for entry in try record.traces(failed) where seen.count < 3 && entry.trace.spans.count > 3 {
      let texts = entry.trace.spans.compactMap { entry.trace.error(of: $0) }
      let kind = texts.last ?? "\(entry.trace.spans.first?.status ?? 0)"
      guard !seen.contains(kind) else { continue }
      seen.append(kind)
      waterfalls.append(Waterfall(title: "failed", trace: entry.trace))
    }
  }
}
