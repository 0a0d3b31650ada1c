import Documents

/// A draft of a post-mortem in Markdown: what the run says is filled in, what only people can say is asked for.
package func postMortemText(_ report: IncidentReport) -> String {
  guard report.runs.indices.contains(report.main) else { return "" }
  return PostMortem(report: report, run: report.runs[report.main]).text
}

private struct PostMortem {
  let report: IncidentReport
  let run: IncidentReport.Run

  var text: String {
    [
      "# Post-mortem: \(report.title)\n\nDraft, made from the run `\(run.name)` of `\(report.name)`, seed \(report.seed). Blameless: it is about the system.\n",
      summary, impact, timeline, cause, detection, response, budget,
      "## What went well\n\n- \n\n## What did not\n\n- \n\n## Actions\n\n| action | kind | owner | due |\n|---|---|---|---|\n| | prevent | | |\n| | detect | | |\n| | mitigate | | |\n",
      "## Again\n\n```bash\n\(report.replay)\n```\n\nDigest \(run.record.digest).\n",
    ].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private func cell(_ text: String) -> String {
    text.replacing("|", with: "\\|").replacing("\n", with: " ")
  }

  private func table(_ head: [String], _ rows: [[String]]) -> String {
    "| " + head.joined(separator: " | ") + " |\n|" + String(repeating: "---|", count: head.count) + "\n"
      + rows.map { "| " + $0.map(cell).joined(separator: " | ") + " |\n" }.joined()
  }

  private func since(_ mark: String, _ start: String = "faultAt") -> String? {
    run.mark(start).flatMap { start in run.mark(mark).map { timeText($0 - start) } }
  }

  private var summary: String {
    let faults = run.record.faults.filter { !$0.isRepair }
      .map { "\($0.verb) on \($0.targets.joined(separator: ", ")) at \(timeText($0.at))" }
    var text =
      "## Summary\n\n\(run.total("failed")) of \(run.total("offered")) payments failed, \(run.total("late")) were late."
    if let detected = since("pagedAt") { text += " The first page came after \(detected)." }
    text +=
      since("restoredAt").map { " Service was restored after \($0)." }
      ?? (run.mark("faultAt") == nil ? "" : " Service was not restored in this run.")
    return text + (faults.isEmpty ? "" : " What broke: \(faults.joined(separator: "; ")).") + "\n"
  }

  private var impact: String {
    let rows = (run.result["regions"]?.object?.members ?? []).map { region in
      func count(_ key: String) -> String { String(region.value[key]?.integer ?? 0) }
      let burnt = (region.value["errorBudgetBurnt"]?.object?.members ?? []).map {
        "\($0.key) \(percentText($0.value.number ?? 0))"
      }
      let p99 = region.value.at("latency", "incident", "p99")?.number.map(latencyText) ?? "-"
      return [region.key, count("offered"), count("failed"), count("late"), p99, burnt.joined(separator: ", ")]
    }
    return "## Impact\n\n"
      + table(["region", "payments", "failed", "late", "p99 in the incident", "budget of 30 days burnt"], rows)
  }

  private var timeline: String {
    let story = IncidentStory(run.record, run.result)
    let rows = story.rows.map { [timeText($0.at), $0.source.rawValue, $0.what, $0.evidence] }
    return "## Timeline\n\nTimes since T0.\n\n" + table(["time", "", "what", "evidence"], rows)
  }

  private var cause: String {
    let steps = run.result["propagation"]?.array ?? []
    guard !steps.isEmpty else { return "" }
    let lines = steps.prefix(12).map { step in
      "1. \(timeText(step["at"]?.number ?? 0)) `\(step["source"]?.string ?? "")` → `\(step["target"]?.string ?? "")`: \(step["effect"]?.string ?? "")\n"
    }
    return "## From cause to symptom\n\nDerived from the run.\n\n" + lines.joined()
      + "\nWhy was it possible, and why then?\n\n"
  }

  private var detection: String {
    let alerts = run.record.alerts.filter { $0.isFiring && $0.severity == "page" }
    guard !alerts.isEmpty else { return "" }
    let rows = alerts.map { [$0.name, $0.region, timeText($0.from), timeText($0.to)] }
    return "## Detection\n\n" + table(["alert", "region", "from", "to"], rows)
  }

  private var response: String {
    let rows = run.record.commands.map { command in
      [timeText(command.at), "`\(command.line)`", command.mayChange ? "change" : "look", "\(command.exitCode)"]
    }
    return rows.isEmpty ? "" : "## Response\n\n" + table(["time", "command", "", "exit code"], rows)
  }

  private var budget: String {
    let (untouched, par) = (report.untouched.last ?? 0, report.par.last ?? 0)
    guard untouched > 0 else { return "" }
    return "## Error budget\n\n"
      + table(
        ["nobody acts", "the solution", "this run"],
        [[percentText(untouched), percentText(par), percentText(run.burntSoFar.last ?? 0)]])
  }
}
