import Documents

/// The JUnit document: one suite a scenario, one case per expectation and run.
package func junitText(_ results: [ScenarioResult]) -> String {
  var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
  for result in results {
    let rows = result.runs.flatMap { run in ScenarioResult.cases(run).map { (run, $0) } }
    let invalid = result.runs.flatMap { run in (run["invalid"]?.array ?? []).map { (run, $0.string ?? "") } }
    let failures = rows.count { !$0.1.held }
    text +=
      "  <testsuite name=\"\(escaped(result.name))\" tests=\"\(rows.count + invalid.count)\" failures=\"\(failures)\" errors=\"\(invalid.count)\">\n"
    for (run, row) in rows {
      let attributes = "classname=\"\(escaped(run["name"]?.string ?? ""))\" name=\"\(escaped(row.label))\""
      if row.held {
        text += "    <testcase \(attributes)/>\n"
      } else {
        let message = escaped("limit \(row.limit), measured \(row.measured)")
        text +=
          "    <testcase \(attributes)><failure message=\"\(message)\">\(escaped(row.moments.joined(separator: "\n")))</failure></testcase>\n"
      }
    }
    for (run, reason) in invalid {
      text +=
        "    <testcase classname=\"\(escaped(run["name"]?.string ?? ""))\" name=\"valid\"><error message=\"\(escaped(reason))\"/></testcase>\n"
    }
    text += "  </testsuite>\n"
  }
  return text + "</testsuites>\n"
}

/// Text for an attribute or an element of XML.
func escaped(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "\n": result += "&#10;"
    default: if scalar.value >= 0x20 || scalar == "\t" { result.unicodeScalars.append(scalar) }
    }
  }
  return result
}

/// A Markdown summary: a table of expectations a scenario.
package func markdownText(_ results: [ScenarioResult]) -> String {
  results.map { result in
    var text = "## \(result.name): \(result.verdict.uppercased())\n\n\(result.json["title"]?.string ?? "")\n\n"
    text += "| run | expectation | limit | measured | |\n|---|---|---|---|---|\n"
    for run in result.runs {
      for row in ScenarioResult.cases(run) {
        let cells = [run["name"]?.string ?? "", row.label, row.limit, row.measured, row.held ? "ok" : "**FAIL**"]
        text += "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
      }
    }
    return text + "\nReplay: `\(result.replay)`\n"
  }.joined(separator: "\n")
}
