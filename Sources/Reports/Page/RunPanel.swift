import Documents

/// Everything that the page shows of one run.
struct RunPanel {
  let report: IncidentReport
  let run: IncidentReport.Run
  /// Unlike that of other panels.
  let id: String

  private var record: IncidentRecord { run.record }
  private var axis: TimeAxis { TimeAxis(length: record.duration) }
  private var topology: IncidentTopology { IncidentTopology(record) }

  /// Where the scrubber stands at first: when customers had noticed.
  var cursor: Double {
    let start = run.mark("symptomAt").map { $0 + 60 } ?? run.mark("pagedAt") ?? run.mark("faultAt") ?? 0
    return min(start, record.duration)
  }

  var html: String {
    [
      strip, scrubber, timeline, drill, topologySection, latency, signals, budget, breakdown, waterfalls, story,
      expectations, reproduce,
    ].joined()
  }

  private func section(_ title: String, _ content: String) -> String {
    content.isEmpty ? "" : "<section><h3>\(markup(title))</h3>\n\(content)</section>\n"
  }

  // MARK: The strip

  private var strip: String {
    let words = ["pass": "PASS", "fail": "FAIL"][run.verdict] ?? "INVALID"
    var cells: [(String, String)] = []
    if let fault = run.mark("faultAt") {
      cells.append(("fault", timeText(fault)))
      if let symptom = run.mark("symptomAt") { cells.append(("customers notice after", timeText(symptom - fault))) }
      if let page = run.mark("pagedAt") { cells.append(("time to detect", timeText(page - fault))) }
      cells.append(
        ("service restored after", run.mark("restoredAt").map { timeText($0 - fault) } ?? "not restored"))
    }
    cells.append(("payments offered", "\(run.total("offered"))"))
    cells.append(("failed", "\(run.total("failed"))"))
    cells.append(("late", "\(run.total("late"))"))
    cells.append(("error budget burnt", percentText(run.burntSoFar.last ?? 0)))
    var text = "<div class=\"strip \(run.verdict)\"><p class=\"verdict\">\(words)</p><dl>"
    for (name, value) in cells { text += "<div><dt>\(markup(name))</dt><dd>\(markup(value))</dd></div>" }
    text += "</dl></div>\n"
    for reason in run.result["invalid"]?.array ?? [] { text += "<p class=\"why\">\(markup(reason.string ?? ""))</p>" }
    return text
  }

  private var scrubber: String {
    """
    <div class="scrubber"><label for="\(id)-time">Look at</label>\
    <input id="\(id)-time" type="range" min="0" max="\(Int(record.duration))" value="\(Int(cursor))" step="5">\
    <output for="\(id)-time"></output></div>

    """
  }

  // MARK: Pictures

  private var timeline: String {
    section(
      "From cause to effect",
      TimelineLanes(record: record, axis: axis, restoredAt: run.mark("restoredAt"), cursor: cursor).svg)
  }

  private var topologySection: String {
    let note =
      "<p class=\"note\">The state at the cursor; move it with the slider above. Pods of one program are one box.</p>"
    return section("The platform", note + TopologyPicture(topology: topology, cursor: cursor).svg)
  }

  private var latency: String {
    let pictures = record.regions.filter { !$0.latency.isEmpty }.map { region in
      "<h4>\(markup(region.name)) <span class=\"key p50\">p50</span> <span class=\"key p95\">p95</span> <span class=\"key p99\">p99</span></h4>"
        + LatencyPicture(region: region, axis: axis, cursor: cursor).svg
    }
    return section("Latency", pictures.joined())
  }

  private var signals: String {
    let width = record.duration > 3600 ? 20.0 : 10.0
    let text = record.regions.map { region in
      let offered = region.rates(\.offered, over: width)
      let served = region.rates(\.inTime, over: width)
      let bad = zip(offered, served).map { (at: $0.at, value: $0.value > 0 ? max(0, 1 - $1.value / $0.value) : 0) }
      let traffic = LineChart(
        title: "traffic",
        lines: [
          .init(name: "offered", style: "offered", points: offered),
          .init(name: "answered well within 1 s", style: "served", points: served),
        ], unit: "/s", height: 70, fillsBetween: true)
      let errors = LineChart(
        title: "errors: failed or later than 1 s", lines: [.init(name: "errors", style: "failed", points: bad)],
        isShare: true, height: 50)
      let styles = ["one", "two", "three", "four"]
      let saturation = LineChart(
        title: "saturation",
        lines: zip(region.saturation, styles).map { .init(name: $0.name, style: $1, points: $0.samples, gap: 90) },
        isShare: true, height: 70)
      return "<h4 class=\"region\">\(markup(region.name))</h4>"
        + [traffic, errors, saturation].map { $0.svg(axis, cursor: cursor) }.joined()
    }
    return section("Traffic, errors, saturation", text.joined())
  }

  private var budget: String {
    func points(_ curve: [Double]) -> [(at: Double, value: Double)] {
      [(0, 0)] + curve.enumerated().map { (min(Double($0.offset + 1) * 60, record.duration), $0.element) }
    }
    var lines = [LineChart.Line(name: "nobody acts", style: "failed", points: points(report.untouched), gap: 120)]
    lines.append(
      .init(name: run.kind == "drill" ? "you" : run.name, style: "you", points: points(run.burntSoFar), gap: 120))
    if run.kind != "solution" || report.par != run.burntSoFar {
      lines.append(.init(name: "the solution", style: "served", points: points(report.par), gap: 120))
    }
    lines.removeAll { $0.points.count < 2 }
    let isUntouched = run.kind == "untouched"
    let chart = LineChart(
      title: isUntouched ? "share of a month's budget" : "share of a month's budget; the area is damage avoided",
      lines: isUntouched ? lines.filter { $0.style != "you" } : lines, isShare: true, height: 110,
      fillsBetween: !isUntouched && lines.count > 1)
    return section("Error budget", chart.svg(axis, cursor: cursor))
  }

  private var breakdown: String {
    var rows: [[String]] = []
    for region in run.result["regions"]?.object?.members ?? [] {
      for phase in region.value["breakdown"]?.object?.members ?? []
      where phase.value.object != nil && phase.key != "whole" {
        let all = (phase.value.object?.members ?? []).filter { $0.key != "total" }
        let parts = all.filter { ($0.value.number ?? 0) >= 0.05 }
        let total = max(phase.value["total"]?.number ?? 0, 0.01)
        // A component has its colour in every row.
        let bars = all.enumerated().map { index, part in
          let share = (part.value.number ?? 0) / total * 100
          return
            "<span class=\"part part\(index)\" style=\"width:\(coordinate(share))%\" title=\"\(markup(part.key)) \(latencyText(part.value.number ?? 0))\"></span>"
        }
        let words = parts.sorted { ($0.value.number ?? 0) > ($1.value.number ?? 0) }.prefix(4).map {
          "\(markup($0.key)) \(latencyText($0.value.number ?? 0))"
        }
        rows.append([
          markup(region.key), markup(phase.key), latencyText(total),
          "<div class=\"parts\">\(bars.joined())</div>" + words.joined(separator: ", "),
        ])
      }
    }
    guard !rows.isEmpty else { return "" }
    return section(
      "Where the time went",
      htmlTable("Mean latency of sampled requests by component", ["region", "phase", "mean", "components"], rows))
  }

  private var waterfalls: String {
    let text = record.waterfalls.map { entry in
      let picture = WaterfallPicture(trace: entry.trace, places: record.places)
      return "<h4>\(entry.title): \(markup(picture.heading))</h4>\(picture.svg)"
    }
    return section("Slowest and failed requests", text.joined())
  }

  // MARK: Tables

  private var story: String {
    let story = IncidentStory(record, run.result)
    let rows = story.rows.map { row in
      [
        timeText(row.at), "<span class=\"tag \(row.source.rawValue)\">\(row.source.rawValue)</span>", markup(row.what),
        markup(row.evidence),
      ]
    }
    let note = story.leftOut > 0 ? "<p class=\"note\">\(story.leftOut) rows more are in the record.</p>" : ""
    return section(
      "The story", htmlTable("What happened, and what shows it", ["time", "", "what", "evidence"], rows) + note)
  }

  private var expectations: String {
    let rows = ScenarioResult.cases(run.result).map { row in
      [
        "<span class=\"\(row.held ? "held" : "missed")\">\(row.held ? "held" : "not held")</span>", markup(row.label),
        markup(row.limit), markup(row.measured) + row.moments.map { "<br>\(markup($0))" }.joined(),
      ]
    }
    guard !rows.isEmpty else { return "" }
    return section("Expectations", htmlTable("What was expected", ["", "expectation", "limit", "measured"], rows))
  }

  private var drill: String {
    guard let drill = run.drill else { return "" }
    return section("The drill", DrillSection(drill: drill).html)
  }

  private var reproduce: String {
    section(
      "Again",
      "<p><code>\(markup(report.replay))</code></p><p class=\"note\">digest \(markup(record.digest)), seed \(markup(record.seed))</p>"
    )
  }
}
