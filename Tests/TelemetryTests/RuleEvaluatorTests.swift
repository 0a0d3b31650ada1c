import Documents
import Telemetry
import Testing

@Suite("Rules")
struct RuleEvaluatorTests {
  private let store = TimeSeriesStore()

  private func evaluator(_ text: String) throws -> RuleEvaluator {
    let diagnostics = Diagnostics()
    let node = try #require(try parseYAML(Array(text.utf8), file: "rules.yml").first)
    let groups = RuleGroupReader(diagnostics).groups(node)
    #expect(diagnostics.all.map(\.description) == [])
    return RuleEvaluator(
      try #require(groups.first), interval: 60_000, store: store, engine: QueryEngine(store),
      externalLabels: Labels([Label("region", "eu")]))
  }

  /// Writes a value a minute and evaluates after each; what changed, by minute.
  private func run(_ evaluator: RuleEvaluator, _ values: [Double?]) -> [String] {
    let handle = store.handle(for: Labels([Label(Labels.metricName, "errors"), Label("job", "api")]))
    return values.enumerated().flatMap { minute, value -> [String] in
      let time = Int64(minute) * 60_000
      store.append(value ?? StalenessMarker.value, at: time, to: handle)
      return evaluator.evaluate(at: time).map { "\(minute) \($0.alert.state.rawValue)" }
    }
  }

  private func latest(_ name: String, at minute: Int64) throws -> [String] {
    guard
      case .vector(let list, _) = try QueryEngine(store).instant(try ExpressionParser.parse(name), at: minute * 60_000)
    else { return [] }
    return list.map { "\($0.labels.text) \($0.value)" }
  }

  private static let alert = """
    groups:
      - name: g
        rules:
          - alert: Errors
            expr: errors > 5
            for: 2m
            labels: {severity: page, job_upper: '{{ $labels.job | toUpper }}'}
            annotations: {summary: '{{ $value }} errors'}
    """

  @Test("an alert waits for its time, fires, and ends with its cause")
  func lifeOfAnAlert() throws {
    let evaluator = try evaluator(Self.alert)
    #expect(
      run(evaluator, [0, 9, 9, 9, 9, 1, 9, 1]) == ["1 pending", "3 firing", "5 inactive", "6 pending", "7 inactive"])
    #expect(
      try latest("ALERTS", at: 4) == [
        "{__name__=\"ALERTS\", alertname=\"Errors\", alertstate=\"firing\", job=\"api\", job_upper=\"API\", severity=\"page\"} 1.0"
      ])
    #expect(try latest("ALERTS_FOR_STATE", at: 4).first?.hasSuffix(" 60.0") == true)
    #expect(try latest("ALERTS", at: 5).isEmpty)
  }

  @Test("keep_firing_for bridges a gap")
  func keepsFiring() throws {
    let evaluator = try evaluator(
      Self.alert.replacing("for: 2m", with: "for: 0s\n        keep_firing_for: 2m"))
    #expect(run(evaluator, [9, 1, 9, 1, 1, 1, 1]) == ["0 pending", "0 firing", "5 inactive"])
  }

  @Test("Alertmanager is told at once, every minute, and when it has ended")
  func sending() throws {
    let evaluator = try evaluator(Self.alert.replacing("for: 2m", with: "for: 0s"))
    _ = run(evaluator, [9])
    let first = evaluator.alertsToSend(at: 0)
    #expect(first.map(\.endsAt) == [240_000])
    #expect(first.first?.labels["region"] == "eu")
    #expect(first.first?.annotations == [Label("summary", "9 errors")])
    #expect(evaluator.alertsToSend(at: 30_000).isEmpty)
    #expect(evaluator.alertsToSend(at: 61_000).count == 1)
    let handle = store.handle(for: Labels([Label(Labels.metricName, "errors"), Label("job", "api")]))
    store.append(0, at: 120_000, to: handle)
    _ = evaluator.evaluate(at: 120_000)
    #expect(evaluator.alertsToSend(at: 120_000).map(\.endsAt) == [120_000])
  }

  @Test("a recording rule writes what a later one reads, and ends what is gone")
  func recording() throws {
    let evaluator = try evaluator(
      """
      groups:
        - name: g
          rules:
            - {record: 'job:errors', expr: sum by (job) (errors), labels: {kind: sum}}
            - {record: 'job:errors:double', expr: 'job:errors * 2'}
      """)
    _ = run(evaluator, [3, nil])
    #expect(
      try latest("job:errors:double", at: 0) == ["{__name__=\"job:errors:double\", job=\"api\", kind=\"sum\"} 6.0"])
    #expect(try latest("job:errors:double", at: 1).isEmpty)
  }

  static let malformed: [(rule: String, message: String)] = [
    ("{alert: A, record: b, expr: up}", "group \"g\", rule 1, \"b\": only one of 'record' and 'alert' must be set"),
    ("{expr: up}", "group \"g\", rule 1, \"\": one of 'record' or 'alert' must be set"),
    ("{alert: A}", "group \"g\", rule 1, \"A\": field 'expr' must be set in rule"),
    (
      "{alert: A, expr: 'sum('}",
      "group \"g\", rule 1, \"A\": could not parse expression: 1:5: parse error: unclosed left parenthesis"
    ),
    ("{record: 'a b', expr: up}", "group \"g\", rule 1, \"a b\": invalid recording rule name: a b"),
    ("{record: a, expr: up, for: 5m}", "group \"g\", rule 1, \"a\": invalid field 'for' in recording rule"),
    ("{alert: A, expr: up, for: 5x}", "not a valid duration string: \"5x\""),
    ("{alert: A, expr: up, foo: 1}", "field foo not found in type rulefmt.RuleNode"),
    ("{alert: A, expr: up, labels: {1a: b}}", "group \"g\", rule 1, \"A\": invalid label name: 1a"),
    (
      "{alert: A, expr: up, annotations: {s: '{{ nope }}'}}",
      "group \"g\", rule 1, \"A\": annotation \"s\": template: __alert_A:1: function \"nope\" not defined"
    ),
  ]

  @Test("mistakes are told in Prometheus' words", arguments: malformed.indices)
  func mistakes(row: Int) throws {
    let text = "groups:\n  - name: g\n    rules:\n      - \(Self.malformed[row].rule)\n"
    let diagnostics = Diagnostics()
    let node = try #require(try parseYAML(Array(text.utf8), file: "rules.yml").first)
    _ = RuleGroupReader(diagnostics).groups(node)
    #expect(diagnostics.all.map(\.message) == [Self.malformed[row].message])
    #expect(diagnostics.all.allSatisfy { $0.mark.line == 4 })
  }
}
