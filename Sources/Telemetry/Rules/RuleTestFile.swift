import Documents

/// A file of unit tests of rules in promtool's form (`cmd/promtool/unittest.go`). Times are milliseconds.
package struct RuleTestFile: Sendable {
  package struct Test: Sendable {
    package var name: String
    package var interval: Int64
    package var series: [(labels: Labels, samples: [Double?])]
    package var alertTests: [AlertTest]
    package var expressionTests: [ExpressionTest]
    package var externalLabels: Labels
  }

  package struct AlertTest: Sendable {
    package var time: Int64
    package var name: String
    package var expected: [(labels: Labels, annotations: Labels)]
  }

  package struct ExpressionTest: Sendable {
    package var time: Int64
    package var text: String
    package var expected: [(labels: Labels, value: Double)]
  }

  package var ruleFiles: [Located<String>]
  package var evaluationInterval: Int64
  package var groupOrder: [String]
  package var tests: [Test]

  private static let fileKeys = ["rule_files", "evaluation_interval", "group_eval_order", "tests"]
  private static let testKeys = [
    "interval", "input_series", "alert_rule_test", "promql_expr_test", "external_labels", "external_url", "name",
  ]

  /// Reads a test file.
  ///
  /// - Returns: `nil` when a mistake was reported.
  package init?(_ node: Node, _ diagnostics: Diagnostics) {
    let before = diagnostics.all.count
    let reader = Reader(diagnostics: diagnostics)
    reader.checkKeys(of: node, Self.fileKeys, "main.unitTestFile")
    ruleFiles = (node["rule_files"]?.sequence ?? []).compactMap { file in
      file.string.map { Located($0, at: file.mark) }
    }
    evaluationInterval = reader.duration(node["evaluation_interval"]) ?? 60_000
    groupOrder = (node["group_eval_order"]?.sequence ?? []).compactMap(\.string)
    let interval = evaluationInterval
    tests = (node["tests"]?.sequence ?? []).map { test in
      reader.checkKeys(of: test, Self.testKeys, "main.testGroup")
      return Test(
        name: test["name"]?.string ?? "", interval: reader.duration(test["interval"]) ?? interval,
        series: (test["input_series"]?.sequence ?? []).compactMap(reader.series),
        alertTests: (test["alert_rule_test"]?.sequence ?? []).map(reader.alertTest),
        expressionTests: (test["promql_expr_test"]?.sequence ?? []).map(reader.expressionTest),
        externalLabels: reader.labels(test["external_labels"]))
    }
    guard diagnostics.all.count == before else { return nil }
  }

  private struct Reader {
    let diagnostics: Diagnostics

    func checkKeys(of node: Node, _ known: [String], _ type: String) {
      for entry in node.mapping ?? [] where !known.contains(entry.key.keyText ?? "") {
        let key = entry.key.keyText ?? ""
        diagnostics.error(
          at: entry.key.mark, "field \(key) not found in type \(type)", hint: spellingHint(for: key, among: known))
      }
    }

    func duration(_ node: Node?) -> Int64? {
      guard let node else { return nil }
      let text = node.scalar?.text ?? ""
      guard let value = prometheusDuration(text) else {
        diagnostics.error(at: node.mark, "not a valid duration string: \(quotedText(text))")
        return nil
      }
      return value
    }

    func labels(_ node: Node?) -> Labels {
      Labels(
        (node?.mapping ?? []).compactMap { entry in
          entry.key.keyText.flatMap { name in entry.value.scalar.map { Label(name, $0.text) } }
        })
    }

    /// Labels as an expression writes a series: `up{job="api"}`.
    private func series(named text: String, at mark: SourceMark) -> Labels? {
      if text == "{}" { return Labels() }
      do throws(PromQLError) {
        if case .selector(let selector) = try ExpressionParser.parse(text).form,
          selector.matchers.allSatisfy({ $0.operation == .equal })
        {
          return Labels(selector.matchers.map { Label($0.name, $0.value) })
        }
        diagnostics.error(at: mark, "\(quotedText(text)) is no series: labels with = were expected")
      } catch { diagnostics.error(at: mark, error.message) }
      return nil
    }

    func series(_ node: Node) -> (labels: Labels, samples: [Double?])? {
      checkKeys(of: node, ["series", "values"], "main.series")
      guard let labels = series(named: node["series"]?.string ?? "", at: node["series"]?.mark ?? node.mark) else {
        return nil
      }
      var values: [Double?] = []
      for item in (node["values"]?.scalar?.text ?? "").split(whereSeparator: \.isWhitespace) {
        guard let expanded = SeriesNotation.expand(String(item)) else {
          diagnostics.error(
            at: node["values"]?.mark ?? node.mark,
            "\(quotedText(String(item))) is no value: a number, 1+2x3, 1x3, _, _x3 or stale was expected")
          return nil
        }
        values += expanded
      }
      return (labels, values)
    }

    func alertTest(_ node: Node) -> AlertTest {
      checkKeys(of: node, ["eval_time", "alertname", "exp_alerts"], "main.alertTestCase")
      let name = node["alertname"]?.string ?? ""
      if name.isEmpty {
        diagnostics.error(at: node.mark, "an item under alert_rule_test misses required attribute alertname")
      }
      return AlertTest(
        time: duration(node["eval_time"]) ?? 0, name: name,
        expected: (node["exp_alerts"]?.sequence ?? []).map { alert in
          checkKeys(of: alert, ["exp_labels", "exp_annotations"], "main.alert")
          var labels = labels(alert["exp_labels"])
          labels["alertname"] = name
          return (labels, self.labels(alert["exp_annotations"]))
        })
    }

    func expressionTest(_ node: Node) -> ExpressionTest {
      checkKeys(of: node, ["expr", "eval_time", "exp_samples"], "main.promqlTestCase")
      return ExpressionTest(
        time: duration(node["eval_time"]) ?? 0, text: node["expr"]?.string ?? "",
        expected: (node["exp_samples"]?.sequence ?? []).compactMap { sample in
          checkKeys(of: sample, ["labels", "value"], "main.sample")
          guard let labels = series(named: sample["labels"]?.string ?? "{}", at: sample["labels"]?.mark ?? sample.mark)
          else { return nil }
          return (labels, SeriesNotation.number(sample["value"]?.scalar?.text ?? "") ?? .nan)
        })
    }
  }
}

/// The notation of values in promtool's tests: `0+10x5`, `1x3`, `_`, `_x2`, `stale`, `-5`.
package enum SeriesNotation {
  /// The values of one item, `nil` elements for steps without one; `nil` for other text.
  package static func expand(_ text: String) -> [Double?]? {
    let parts = text.split(separator: "x", maxSplits: 1).map(String.init)
    guard parts.count == 2 else {
      if text == "_" { return [nil] }
      if text == "stale" { return [StalenessMarker.value] }
      return number(text).map { [$0] }
    }
    guard let times = Int(parts[1]), times >= 0, times <= 1_000_000 else { return nil }
    if parts[0] == "_" { return Array(repeating: nil, count: times) }
    // The sign that joins start and step is the last one that does not stand first or behind an exponent.
    let characters = Array(parts[0])
    let sign = characters.indices.last { index in
      index > 0 && "+-".contains(characters[index]) && !"eE+-".contains(characters[index - 1])
    }
    guard let sign else { return number(parts[0]).map { Array(repeating: $0, count: times + 1) } }
    guard let start = number(String(characters[..<sign])), let step = number(String(characters[(sign + 1)...])) else {
      return nil
    }
    let signed = characters[sign] == "-" ? -step : step
    return (0...times).map { start + signed * Double($0) }
  }

  static func number(_ text: String) -> Double? {
    switch text.lowercased() {
    case "inf", "+inf": .infinity
    case "-inf": -.infinity
    case "nan": .nan
    default: Double(text)
    }
  }
}
