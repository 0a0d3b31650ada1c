import Documents

/// Runs the tests of a test file against rule groups, as `promtool test rules` does.
package struct RuleTestRunner {
  private let file: RuleTestFile
  private let groups: [RuleGroup]

  /// - Parameter groups: of all rule files; those that `group_eval_order` names are evaluated in its order, first.
  package init(_ file: RuleTestFile, groups: [RuleGroup]) {
    self.file = file
    let rank = { (group: RuleGroup) in file.groupOrder.firstIndex(of: group.name) ?? Int.max }
    self.groups = groups.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }
      .map(\.element)
  }

  /// What did not hold, in promtool's form; empty when all did.
  package func failures() -> [String] { file.tests.flatMap(failures) }

  private func failures(_ test: RuleTestFile.Test) -> [String] {
    let store = TimeSeriesStore()
    let engine = QueryEngine(store)
    for series in test.series {
      let handle = store.handle(for: series.labels)
      for (index, value) in series.samples.enumerated() {
        if let value { store.append(value, at: Int64(index) * test.interval, to: handle) }
      }
    }
    let evaluators = groups.map {
      RuleEvaluator(
        $0, interval: file.evaluationInterval, store: store, engine: engine, externalLabels: test.externalLabels)
    }
    var failures: [String] = []
    let end = (test.alertTests.map(\.time) + test.expressionTests.map(\.time)).max() ?? 0
    var time: Int64 = 0
    while time <= end {
      for evaluator in evaluators {
        _ = evaluator.evaluate(at: time)
        for failure in evaluator.failures {
          failures.append("    rule: \(failure.rule), time: \(promtoolTime(time)), err: \(failure.message)")
        }
      }
      for alertTest in test.alertTests where time <= alertTest.time && alertTest.time < time + file.evaluationInterval {
        failures += check(alertTest, test, evaluators)
      }
      time += file.evaluationInterval
    }
    return failures + test.expressionTests.flatMap { check($0, engine) }
  }

  private func check(
    _ alertTest: RuleTestFile.AlertTest, _ test: RuleTestFile.Test, _ evaluators: [RuleEvaluator]
  ) -> [String] {
    let known = groups.flatMap(\.rules).contains { $0.isAlert && $0.name == alertTest.name }
    let got = evaluators.flatMap(\.activeAlerts)
      .filter { $0.state == .firing && $0.labels["alertname"] == alertTest.name }
      .map { (labels: $0.labels, annotations: Labels($0.annotations)) }.sorted { $0.labels < $1.labels }
    let expected = alertTest.expected.sorted { $0.labels < $1.labels }
    if !known, !expected.isEmpty {
      return [
        "    alertname: \(alertTest.name), time: \(promtoolTime(alertTest.time)), \n        no such alert in the rule files"
      ]
    }
    let isEqual =
      got.map(\.labels) == expected.map(\.labels) && got.map(\.annotations) == expected.map(\.annotations)
    guard !isEqual else { return [] }
    func list(_ alerts: [(labels: Labels, annotations: Labels)]) -> String {
      if alerts.isEmpty { return "[]" }
      let items = alerts.enumerated().map { index, alert in
        "            \(index):\n              Labels:\(alert.labels.text)\n              Annotations:\(alert.annotations.text)\n"
      }
      return "[\n" + items.joined() + "            ]"
    }
    let name = test.name.isEmpty ? "" : "    name: \(test.name),\n"
    return [
      name
        + "    alertname: \(alertTest.name), time: \(promtoolTime(alertTest.time)), \n        exp:\(list(expected)), \n        got:\(list(got))"
    ]
  }

  private func check(_ test: RuleTestFile.ExpressionTest, _ engine: QueryEngine) -> [String] {
    let head = "    expr: \(quotedText(test.text)), time: \(promtoolTime(test.time)),"
    var got: [(labels: Labels, value: Double)] = []
    do throws(PromQLError) {
      switch try engine.instant(try ExpressionParser.parse(test.text), at: test.time) {
      case .vector(let samples, _): got = samples.map { ($0.labels, $0.value) }
      case .scalar(let value, _): got = [(Labels(), value)]
      case .string, .matrix: throw PromQLError("rule result is not a vector or scalar")
      }
    } catch { return ["\(head) err: \(error.message)"] }
    got.sort { $0.labels < $1.labels }
    let expected = test.expected.sorted { $0.labels < $1.labels }
    let isEqual =
      got.count == expected.count
      && zip(got, expected).allSatisfy { $0.labels == $1.labels && Self.areEqual($0.value, $1.value) }
    guard !isEqual else { return [] }
    func list(_ samples: [(labels: Labels, value: Double)]) -> String {
      samples.isEmpty
        ? "nil" : samples.map { "\($0.labels.text) \(goNumberText($0.value))" }.joined(separator: "\n            ")
    }
    return ["\(head)\n        exp:\(list(expected))\n        got:\(list(got))"]
  }

  private static func areEqual(_ one: Double, _ other: Double) -> Bool {
    one == other || one.isNaN && other.isNaN || abs(one - other) <= 1e-9 * max(abs(one), abs(other))
  }
}

/// A duration as promtool prints it: `1h30m`.
func promtoolTime(_ milliseconds: Int64) -> String {
  if milliseconds == 0 { return "0s" }
  var rest = milliseconds
  var text = ""
  for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)] as [(String, Int64)]
  {
    if rest >= size { text += "\(rest / size)\(unit)" }
    rest %= size
  }
  return text
}
