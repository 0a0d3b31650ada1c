import Documents
import Scenarios
import SimulationKernel

/// The terminal's rendering of a scenario's result.
package struct TextReport: Sendable {
  /// Whether to colour verdicts.
  package var usesColour: Bool
  /// Whether to leave out everything but failures and the verdict.
  package var isQuiet: Bool

  package init(usesColour: Bool, isQuiet: Bool) {
    self.usesColour = usesColour
    self.isQuiet = isQuiet
  }

  /// What is known before anything runs.
  package func header(_ scenario: Scenario, seed: UInt64, regions: Int, workloads: Int, platform: String) -> String {
    var text = "\(scenario.name.value)   seed \(seed)   \(scenario.duration.duration.shortText) virtual   "
    text += "platform \(platform) (\(regions) regions, \(workloads) workloads)\n"
    for fault in scenario.faults {
      let decoy = fault.isDecoy ? "   decoy" : ""
      let start = pad(fault.start.map(clockText) ?? fault.at.value.description, 7)
      text += "  fault   \(start) \(fault.verb.name) \(fault.target.value)\(decoy)\n"
    }
    return text
  }

  /// One line for a leg that has ended.
  package func leg(_ run: JSONValue) -> String {
    let seconds = run["wallSeconds"]?.number ?? 0
    let state = ["pass": "ok", "fail": "failed", "invalid": "INVALID"][run["verdict"]?.string ?? ""] ?? "?"
    let virtual = clockText(.seconds(run["virtualSeconds"]?.number ?? 0))
    return "  \(pad(run["name"]?.string ?? "", 28)) \(pad(virtual, 7)) \(fixed(seconds))s   \(coloured(state))\n"
  }

  /// Everything behind the legs.
  package func body(_ result: ScenarioResult) -> String {
    var text = ""
    if !isQuiet {
      text += "\n" + expectations(result) + impact(result)
      if let run = result.runs.first { text += latency(run) + chain(run) }
    } else {
      text += expectations(result)
    }
    return text
  }

  /// The last lines.
  package func verdict(_ result: ScenarioResult, wallSeconds: Double) -> String {
    let all = result.runs.flatMap(ScenarioResult.cases)
    let failed = all.count { !$0.held }
    var text = "\n"
    for run in result.runs {
      for reason in run["invalid"]?.array ?? [] { text += "  \(run["name"]?.string ?? ""): \(reason.string ?? "")\n" }
    }
    let digest = result.runs.first?["digest"]?.string ?? ""
    text +=
      "\(coloured(result.verdict.uppercased()))  \(failed == 0 ? "all \(all.count)" : "\(failed) of \(all.count)") expectations"
    text += failed == 0 ? " held" : " did not hold"
    return text + "   digest \(digest)   \(fixed(wallSeconds))s\n  replay  \(result.replay)\n"
  }

  // MARK: Parts

  private func expectations(_ result: ScenarioResult) -> String {
    var shown: Set<String> = []
    var text = ""
    for run in result.runs {
      var lines = ""
      for row in ScenarioResult.cases(run) {
        // What held in the untouched run and holds again is not repeated.
        guard !row.held || shown.insert("\(row.label) \(row.limit)").inserted, !row.held || !isQuiet else { continue }
        lines +=
          "  \(coloured(row.held ? "ok  " : "FAIL")) \(pad(short(row.label, 70), 70)) \(pad(short(row.limit, 24), 24)) \(row.measured)\n"
        for moment in row.held ? [] : row.moments { lines += "         \(moment)\n" }
      }
      if !lines.isEmpty {
        text += "  \(heading("\(run["name"]?.string ?? "") (\(run["kind"]?.string ?? ""))"))\n" + lines
      }
    }
    return text
  }

  /// What users felt.
  private func impact(_ result: ScenarioResult) -> String {
    var text = "\n  \(heading("WHAT USERS FELT"))\n"
    for run in result.runs {
      for region in run["regions"]?.object?.members ?? [] {
        let value = region.value
        func count(_ key: String) -> Int64 { value[key]?.integer ?? 0 }
        let burnt = (value["errorBudgetBurnt"]?.object?.members ?? []).map {
          "\($0.key) \(percent($0.value.number ?? 0))"
        }
        text +=
          "  \(pad(run["name"]?.string ?? "", 28)) \(pad(region.key, 8)) \(count("offered")) requests, \(count("failed")) failed, "
        text += "\(count("late")) late; budget of 30 days burnt: \(burnt.joined(separator: ", "))\n"
      }
    }
    return text
  }

  private func latency(_ run: JSONValue) -> String {
    var text = "\n  \(heading("LATENCY in ms (mean of its parts; p50, p99 of all)"))\n"
    for region in run["regions"]?.object?.members ?? [] {
      for (phase, parts) in region.value["breakdown"]?.object?.members.map({ ($0.key, $0.value) }) ?? []
      where parts.object != nil {
        let quantiles = region.value.at("latency", phase)
        let sum = (parts.object?.members ?? []).filter { $0.key != "total" && ($0.value.number ?? 0) >= 0.01 }
        text += "  \(pad(region.key, 8)) \(pad(phase, 9)) \(number(parts["total"])) = "
        text += sum.map { "\($0.key) \(number($0.value))" }.joined(separator: " + ")
        text += "   p50 \(number(quantiles?["p50"])) p99 \(number(quantiles?["p99"]))\n"
      }
    }
    return text
  }

  private func chain(_ run: JSONValue) -> String {
    let steps = run["propagation"]?.array ?? []
    guard !steps.isEmpty else { return "" }
    var text = "\n  \(heading("FROM CAUSE TO SYMPTOM"))\n"
    for step in steps.prefix(12) {
      text += "  \(pad(clockText(.seconds(step["at"]?.number ?? 0)), 7)) \(step["source"]?.string ?? "") -> "
      text += "\(step["target"]?.string ?? ""): \(step["effect"]?.string ?? "")\n"
    }
    return steps.count > 12 ? text + "          and \(steps.count - 12) more\n" : text
  }

  // MARK: Text

  private func pad(_ text: String, _ width: Int) -> String {
    text.count >= width ? text : text + String(repeating: " ", count: width - text.count)
  }

  private func short(_ text: String, _ width: Int) -> String {
    text.count <= width ? text : text.prefix(width - 3) + "..."
  }
  private func fixed(_ seconds: Double) -> String { shortNumber((seconds * 10).rounded() / 10) }
  private func number(_ value: JSONValue?) -> String { shortNumber(((value?.number ?? 0) * 10).rounded() / 10) }
  private func percent(_ share: Double) -> String { "\(shortNumber((share * 10_000).rounded() / 100))%" }

  private func heading(_ text: String) -> String { usesColour ? "\u{1b}[1m\(text)\u{1b}[0m" : text }

  private func coloured(_ text: String) -> String {
    guard usesColour else { return text }
    let isGood = ["ok", "PASS"].contains(text.filter { $0 != " " })
    return "\u{1b}[\(isGood ? 32 : 31)m\(text)\u{1b}[0m"
  }
}
