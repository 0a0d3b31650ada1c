import Documents

/// The after-action report as one HTML page that needs nothing else: no network, and no script to be read or printed.
package func htmlText(_ report: IncidentReport) -> String { IncidentPage(report: report).html }

/// Two runs on one page: beside each other first, then each for itself.
///
/// - Parameter names: what they are called, such as their folders.
package func htmlText(comparing one: IncidentReport, _ other: IncidentReport, names: (String, String)) -> String {
  var runs = [one.runs[one.main], other.runs[other.main]]
  runs[0].title = names.0
  runs[1].title = names.1
  let section = ComparisonSection(one: runs[0], other: runs[1], names: names).html
  return IncidentPage(report: IncidentReport(scenario: one.scenario, runs: runs), first: section).html
}

struct IncidentPage {
  let report: IncidentReport
  /// What stands above the runs.
  var first = ""

  private var panels: [RunPanel] {
    report.runs.enumerated().map { RunPanel(report: report, run: $0.element, id: "run\($0.offset)") }
  }

  var html: String {
    """
    <!doctype html>
    <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none';style-src 'unsafe-inline';script-src 'unsafe-inline'">
    <title>\(markup(report.name)): after-action report</title>
    <style>\(pageStyle)</style></head>
    <body><header><h1>\(markup(report.title))</h1>
    <p>\(markup(report.name)), seed \(markup(report.seed)), platform \(markup(report.scenario.at("platform", "name")?.string ?? ""))</p>
    </header>
    \(first)\(tabs)<main>
    \(panels.enumerated().map(panel).joined())</main>
    <script>\(pageScript)</script></body></html>

    """
  }

  /// One tab a run, where there are several.
  private var tabs: String {
    guard report.runs.count > 1 else { return "" }
    let buttons = report.runs.enumerated().map { index, run in
      let isMain = index == report.main
      return """
        <button role="tab" id="run\(index)-tab" aria-controls="run\(index)" aria-selected="\(isMain)" \
        tabindex="\(isMain ? 0 : -1)">\(markup(run.title ?? run.name)) <small>\(markup(run.kind))</small></button>
        """
    }
    return "<div role=\"tablist\" aria-label=\"Runs\">\(buttons.joined())</div>\n"
  }

  private func panel(_ index: Int, _ panel: RunPanel) -> String {
    let isHidden = report.runs.count > 1 && index != report.main
    let role = report.runs.count > 1 ? " role=\"tabpanel\" aria-labelledby=\"\(panel.id)-tab\" tabindex=\"0\"" : ""
    return """
      <div class="panel\(isHidden ? " hidden" : "")" id="\(panel.id)"\(role)>
      <h2>\(markup(panel.run.title ?? panel.run.name)) <small>\(markup(panel.run.kind))</small></h2>
      \(panel.html)<script type="application/json" class="data">\(ScrubberData(run: panel.run).json)</script>
      </div>

      """
  }
}

/// What the page's script needs to show the state at an instant.
struct ScrubberData {
  let run: IncidentReport.Run

  /// Seconds between two values.
  private static let step = 10.0

  /// As text within a script element, which a `<` could end.
  var json: String { value.jsonText().replacing("<", with: "\\u003c") }

  private var value: JSONValue {
    let record = run.record
    let axis = TimeAxis(length: record.duration)
    let nodes = IncidentTopology(record).nodes.map { node in
      (
        node.key,
        JSONValue.array(
          node.states.map { .array([rounded($0.at), $0.effect.map { .string(TopologyPicture.short($0)) } ?? .null]) })
      )
    }
    return [
      "length": rounded(record.duration), "left": .number(axis.x(0)), "right": .number(axis.x(record.duration)),
      "step": .number(Self.step), "nodes": .object(JSONObject(nodes)),
      "burnt": .array(run.burntSoFar.map { .number(($0 * 1e5).rounded() / 1e5) }),
      "regions": .array(record.regions.map(region)),
    ]
  }

  private func rounded(_ value: Double) -> JSONValue { .number((value * 10).rounded() / 10) }

  private func region(_ region: IncidentRecord.Region) -> JSONValue {
    func values(_ key: (IncidentRecord.TrafficSecond) -> Int) -> JSONValue {
      .array(region.rates(key, over: Self.step).map { rounded($0.value) })
    }
    return [
      "name": .string(region.name), "offered": values(\.offered), "good": values(\.inTime),
      "p99": .array(region.latency.map { rounded($0.p99) }),
      "p99At": .array(region.latency.map { rounded($0.at) }),
    ]
  }
}
