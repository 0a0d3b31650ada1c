import Documents

/// What happened, in the order in which it happened, each with what shows it.
struct IncidentStory: Sendable {
  enum Source: String, Sendable {
    case fault, customers, alert, page, person, platform
  }

  struct Row: Sendable {
    var at: Double
    var source: Source
    var what: String
    /// Where that can be seen.
    var evidence: String
  }

  private(set) var rows: [Row] = []
  /// Rows that were left out.
  private(set) var leftOut = 0

  static let limit = 150

  init(_ record: IncidentRecord, _ run: JSONValue) {
    addMarks(run)
    for fault in record.faults {
      add(
        fault.at, .fault, "\(fault.isRepair ? "ends: " : "")\(fault.verb) on \(fault.targets.joined(separator: ", "))",
        "table faults, \(fault.id)")
    }
    for alert in record.alerts where alert.isFiring {
      add(
        alert.from, .alert, "\(alert.name) fires in \(alert.region) (\(alert.severity))",
        alert.summary.isEmpty ? "table alerts" : alert.summary)
      if alert.to < record.duration { add(alert.to, .alert, "\(alert.name) ends in \(alert.region)", "table alerts") }
    }
    for page in record.pages {
      add(page.at, .page, "\(page.receiver) is paged: \(page.alerts.joined(separator: ", "))", "table notifications")
    }
    for command in record.commands {
      let text = command.exitCode == 0 ? command.output : command.errors
      let last = text.split(separator: "\n").last.map(String.init) ?? ""
      add(
        command.at, .person, command.line, command.exitCode == 0 ? last : "exit \(command.exitCode): \(last)")
    }
    for change in record.changes {
      let who = change.who.isEmpty ? "" : " by \(change.who)"
      add(
        change.at, .platform, "\(change.component): \(change.what)\(who)",
        "table \(who.isEmpty ? "platform_events" : "resource_versions")")
    }
    for step in run["propagation"]?.array ?? [] {
      add(
        step["at"]?.number ?? 0, .platform,
        "\(step["target"]?.string ?? "") suffers: \(step["effect"]?.string ?? "")",
        "after \(step["source"]?.string ?? "")")
    }
    rows = rows.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    shorten()
  }

  private mutating func add(_ at: Double, _ source: Source, _ what: String, _ evidence: String) {
    guard at >= 0 else { return }
    rows.append(Row(at: at, source: source, what: what, evidence: evidence))
  }

  private mutating func addMarks(_ run: JSONValue) {
    let marks = run["marks"]
    if let at = marks?["symptomAt"]?.number {
      add(at, .customers, "customers notice: an objective is missed over 30 s", "table traffic_seconds")
    }
    if let at = marks?["restoredAt"]?.number {
      add(at, .customers, "service is restored, and stays so", "table traffic_seconds")
    }
  }

  /// A long outage has hundreds of the platform's own rows: the last of them go first.
  private mutating func shorten() {
    guard rows.count > Self.limit else { return }
    var excess = rows.count - Self.limit
    leftOut = excess
    for source in [Source.platform, .alert, .person] {
      for index in rows.indices.reversed() where excess > 0 && rows[index].source == source {
        rows.remove(at: index)
        excess -= 1
      }
    }
  }
}
