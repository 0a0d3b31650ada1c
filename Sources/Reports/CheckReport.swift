import Documents
import Scenarios
import SimulationKernel

/// The terminal's rendering of what `twin check` finds.
package struct CheckReport: Sendable {
  package var usesColour: Bool
  /// Whether to leave out everything but findings and the verdict.
  package var isQuiet: Bool

  package init(usesColour: Bool, isQuiet: Bool) {
    self.usesColour = usesColour
    self.isQuiet = isQuiet
  }

  package func header(_ file: String) -> String { "\(file)\n" }

  /// One check: its steps, what was left out, the findings, the headline.
  package func check(_ check: JSONValue) -> String {
    var text = "  \(check["scenario"]?.string ?? "")"
    if let page = check.at("page", "at")?.number, let start = check["startedAt"]?.number {
      let opening = Int(start - page)
      text += "   page at \(clock(page))  ·  runbook starts \(clock(start)) (\(opening)s to open)"
    }
    text += "\n"
    if !isQuiet {
      for step in check["steps"]?.array ?? [] { text += row(step) }
      for ablation in check["ablations"]?.array ?? [] { text += row(ablation: ablation) }
    }
    for finding in check["findings"]?.array ?? [] { text += row(finding: finding) }
    let verdict = check["verdict"]?.string ?? ""
    return text + coloured(check["headline"]?.string ?? "", isGood: verdict == "pass")
      + "   \(seconds(check["wallSeconds"]))\n"
  }

  /// The last line of a runbook.
  package func ending(_ entry: JSONValue) -> String {
    var text = ""
    for finding in entry["findings"]?.array ?? [] { text += row(finding: finding) }
    let verdict = entry["verdict"]?.string ?? ""
    let word = ["pass": "PASS", "fail": "FAIL", "unproven": "UNPROVEN"][verdict] ?? "INVALID"
    return text + "\(coloured(word, isGood: verdict == "pass"))  \(entry["file"]?.string ?? "")\n"
  }

  // MARK: Rows

  private static let words = [
    "done": "ok  ", "failed": "FAIL", "skipped": "skip", "manual": "hand", "omitted": "left", "impossible": "FAIL",
  ]

  private func row(_ step: JSONValue) -> String {
    let state = step["state"]?.string ?? ""
    var note = step["note"]?.string ?? ""
    let took = step["took"]?.number ?? 0
    if note.isEmpty, took >= 5 { note = Duration.seconds(Int(took)).shortText }
    if note.isEmpty, let change = step["changes"]?[0]?.string { note = change }
    return line(
      coloured(Self.words[state] ?? state, isGood: state == "done"), step["line"], step["section"]?.string ?? "",
      step["text"]?.string ?? "", note)
  }

  private func row(ablation: JSONValue) -> String {
    let hasEffect = ablation["effect"]?.bool ?? false
    let outcome =
      ablation["restoredAt"]?.number.map { "without it back at \(clock($0))" } ?? "without it not back then"
    return line(
      coloured(hasEffect ? "ok  " : "!   ", isGood: hasEffect), ablation["line"], "ablation",
      ablation["text"]?.string ?? "",
      outcome)
  }

  private func row(finding: JSONValue) -> String {
    let isError = finding["severity"]?.string == "error"
    let head = "  \(coloured(isError ? "FAIL" : "!   ", isGood: false)) \(pad("\(finding["line"]?.integer ?? 0)", 4))"
    return "\(head) \(pad(finding["rule"]?.string ?? "", 12)) \(finding["message"]?.string ?? "")\n"
  }

  private func line(_ state: String, _ number: JSONValue?, _ section: String, _ text: String, _ note: String) -> String
  {
    let bare = short(text)
    let shown = bare.count <= 60 ? bare : bare.prefix(57) + "..."
    return "  \(state) \(pad("\(number?.integer ?? 0)", 4)) \(pad(section, 12)) \(pad(String(shown), 60)) \(note)\n"
  }

  /// Without the flags that say where: they are the same all over a runbook.
  private func short(_ text: String) -> String {
    var words: [Substring] = []
    var rest = text.split(separator: " ", omittingEmptySubsequences: false)[...]
    while let word = rest.popFirst() {
      if word == "--context" || word == "-n" || word == "--region" { _ = rest.popFirst() } else { words.append(word) }
    }
    return words.joined(separator: " ")
  }

  private func clock(_ seconds: Double) -> String { clockText(.seconds(seconds)) }
  private func seconds(_ value: JSONValue?) -> String { "\(shortNumber(((value?.number ?? 0) * 10).rounded() / 10))s" }

  private func pad(_ text: String, _ width: Int) -> String {
    text.count >= width ? text : text + String(repeating: " ", count: width - text.count)
  }

  private func coloured(_ text: String, isGood: Bool) -> String {
    usesColour ? "\u{1b}[\(isGood ? 32 : 31)m\(text)\u{1b}[0m" : text
  }
}

/// The document of `twin check -o json`.
package func checkDocument(_ runbooks: [JSONValue], wallSeconds: Double) -> JSONValue {
  let verdicts = runbooks.map { $0["verdict"]?.string ?? "" }
  let verdict = ["fail", "invalid", "unproven"].first { verdicts.contains($0) } ?? "pass"
  return [
    "schemaVersion": 1, "verdict": .string(verdict), "wallSeconds": .number(wallSeconds), "runbooks": .array(runbooks),
  ]
}

/// JUnit of checks: one suite a runbook, one case a fact and a finding.
package func junitText(checks runbooks: [JSONValue]) -> String {
  var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
  for runbook in runbooks {
    let file = runbook["file"]?.string ?? ""
    var cases: [(suite: String, name: String, failure: String?)] = []
    for finding in runbook["findings"]?.array ?? [] { cases.append(junitCase(finding, file, "lint")) }
    for check in runbook["checks"]?.array ?? [] {
      let scenario = check["scenario"]?.string ?? ""
      // A scenario that heals by itself proves nothing about a runbook; that alone is no failure of the runbook.
      let isUnproven = check["verdict"]?.string == "unproven"
      for fact in check["facts"]?.array ?? [] {
        let isHeld = fact["held"]?.bool == true || (isUnproven && fact["name"]?.string == "needed")
        cases.append((scenario, fact["name"]?.string ?? "", isHeld ? nil : fact["detail"]?.string ?? ""))
      }
      if check["verdict"]?.string == "invalid" { cases.append((scenario, "valid", check["headline"]?.string ?? "")) }
      for finding in check["findings"]?.array ?? [] { cases.append(junitCase(finding, file, scenario)) }
    }
    let failures = cases.count { $0.failure != nil }
    text += "  <testsuite name=\"\(escaped(file))\" tests=\"\(cases.count)\" failures=\"\(failures)\" errors=\"0\">\n"
    for row in cases {
      let attributes = "classname=\"\(escaped(row.suite))\" name=\"\(escaped(row.name))\""
      let failure = row.failure.map { "<failure message=\"\(escaped($0))\"/>" }
      text += "    <testcase \(attributes)" + (failure.map { ">\($0)</testcase>\n" } ?? "/>\n")
    }
    text += "  </testsuite>\n"
  }
  return text + "</testsuites>\n"
}

private func junitCase(_ finding: JSONValue, _ file: String, _ suite: String) -> (
  suite: String, name: String, failure: String?
) {
  let message = finding["message"]?.string ?? ""
  let place = "\(file):\(finding["line"]?.integer ?? 0)"
  return (suite, "\(place) \(finding["rule"]?.string ?? "")", finding["severity"]?.string == "error" ? message : nil)
}

/// A Markdown summary of checks: the headline and a table of steps a check.
package func markdownText(checks runbooks: [JSONValue]) -> String {
  func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }
  return runbooks.map { runbook in
    var text =
      "## \(runbook["alert"]?.string ?? ""): \((runbook["verdict"]?.string ?? "").uppercased())\n\n`\(runbook["file"]?.string ?? "")`\n"
    for check in runbook["checks"]?.array ?? [] {
      text += "\n### \(check["scenario"]?.string ?? "")\n\n\(check["headline"]?.string ?? "")\n\n"
      text += "| | line | part | command | |\n|---|---|---|---|---|\n"
      for step in check["steps"]?.array ?? [] {
        let cells = [
          step["state"]?.string ?? "", "\(step["line"]?.integer ?? 0)", step["section"]?.string ?? "",
          "`\(step["text"]?.string ?? "")`", step["note"]?.string ?? "",
        ]
        text += "| " + cells.map(cell).joined(separator: " | ") + " |\n"
      }
    }
    let findings =
      (runbook["findings"]?.array ?? []) + (runbook["checks"]?.array ?? []).flatMap { $0["findings"]?.array ?? [] }
    if !findings.isEmpty { text += "\n" }
    for finding in findings {
      text +=
        "- **\(finding["severity"]?.string ?? "")** `\(runbook["file"]?.string ?? ""):\(finding["line"]?.integer ?? 0)` \(finding["message"]?.string ?? "")\n"
    }
    return text
  }.joined(separator: "\n")
}
