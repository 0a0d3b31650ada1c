import Documents

/// Two runs beside each other: their measures, their time lines, their budgets.
struct ComparisonSection {
  let one: IncidentReport.Run
  let other: IncidentReport.Run
  /// What they are called.
  let names: (String, String)

  private var length: Double { max(one.record.duration, other.record.duration) }

  var html: String {
    "<section><h3>Side by side</h3>\n\(table)\(timelines)\(budget)\(expectations)</section>\n"
  }

  private var table: String {
    var rows: [[String]] = []
    func row(_ name: String, _ value: (IncidentReport.Run) -> Double?, _ text: (Double) -> String) {
      let (left, right) = (value(one), value(other))
      var difference = ""
      if let left, let right, left != right { difference = (right > left ? "+" : "−") + text(abs(right - left)) }
      rows.append([markup(name), left.map(text) ?? "-", right.map(text) ?? "-", difference])
    }
    func since(_ mark: String) -> (IncidentReport.Run) -> Double? {
      { run in run.mark("faultAt").flatMap { fault in run.mark(mark).map { $0 - fault } } }
    }
    row("customers notice after", since("symptomAt"), timeText)
    row("time to detect", since("pagedAt"), timeText)
    row("service restored after", since("restoredAt"), timeText)
    let count: (Double) -> String = { String(Int64($0)) }
    for (key, name) in [("offered", "payments offered"), ("failed", "failed"), ("late", "late")] {
      row(name, { Double($0.total(key)) }, count)
    }
    row("error budget burnt", { $0.burntSoFar.last }, percentText)
    for region in one.record.regions.map(\.name) {
      for quantile in ["p50", "p99"] {
        row(
          "\(quantile) in the incident, \(region)",
          { $0.result.at("regions", region, "latency", "incident", quantile)?.number }, latencyText)
      }
    }
    row("points", { $0.drill?.at("score", "total")?.number }, count)
    return htmlTable("Measures", ["", names.0, names.1, "difference"], rows, numbersFrom: 1)
  }

  private var timelines: String {
    [(one, names.0), (other, names.1)].map { run, name in
      "<h4>\(markup(name))</h4>"
        + TimelineLanes(
          record: run.record, axis: TimeAxis(length: length), restoredAt: run.mark("restoredAt"),
          cursor: run.mark("faultAt") ?? 0
        ).svg
    }.joined()
  }

  private var budget: String {
    func points(_ run: IncidentReport.Run) -> [(at: Double, value: Double)] {
      [(0, 0)] + run.burntSoFar.enumerated().map { (min(Double($0.offset + 1) * 60, run.record.duration), $0.element) }
    }
    return LineChart(
      title: "share of a month's error budget",
      lines: [
        .init(name: names.0, style: "one", points: points(one), gap: 120),
        .init(name: names.1, style: "failed", points: points(other), gap: 120),
      ], isShare: true, height: 110, fillsBetween: true
    ).svg(TimeAxis(length: length), cursor: one.mark("faultAt") ?? 0)
  }

  /// What held in one of them only.
  private var expectations: String {
    let left = ScenarioResult.cases(one.result)
    let right = ScenarioResult.cases(other.result)
    let rows = left.compactMap { row -> [String]? in
      guard let same = right.first(where: { $0.label == row.label && $0.limit == row.limit }), same.held != row.held
      else { return nil }
      return [markup(row.label), markup(row.limit), cell(row.held, row.measured), cell(same.held, same.measured)]
    }
    guard !rows.isEmpty else { return "<p class=\"note\">Every expectation that both have came out the same.</p>" }
    return htmlTable(
      "Expectations that came out differently", ["expectation", "limit", names.0, names.1], rows)
  }

  private func cell(_ held: Bool, _ measured: String) -> String {
    "<span class=\"\(held ? "held" : "missed")\">\(held ? "held" : "not held")</span> \(markup(measured))"
  }
}
