import Telemetry
import Testing

/// What Prometheus 2.42 makes of expressions stands in `Conformance/parser.tsv`.
@Suite struct ExpressionParserTests {
  private func parsed(_ text: String) -> Result<Expression, PromQLError> {
    do throws(PromQLError) { return .success(try ExpressionParser.parse(text)) } catch { return .failure(error) }
  }

  @Test func theRecordIsWhole() {
    #expect(ParserRow.recorded.count { $0.isWellFormed } >= 180)
    #expect(ParserRow.recorded.count { !$0.isWellFormed } >= 250)
  }

  @Test(arguments: ParserRow.recorded.filter { !$0.isWellFormed })
  func errorsAsRecorded(_ row: ParserRow) {
    guard case .failure(let error) = parsed(row.expression) else {
      Issue.record("\(row.expression) is taken")
      return
    }
    #expect(error.message == row.text)
  }

  @Test(arguments: ParserRow.recorded.filter(\.isWellFormed))
  func printsTheCanonicalForm(_ row: ParserRow) throws {
    let printed = try parsed(row.expression).get().description
    #expect(printed == row.text)
    #expect(try parsed(printed).get().description == printed)
  }

  @Test(arguments: [
    ("1 + 2", Expression.ValueType.scalar), ("-(1)", .scalar), ("'a'", .string), ("foo", .vector), ("-foo", .vector),
    ("foo > 1", .vector), ("1 + foo", .vector), ("sum(foo)", .vector), ("foo[5m]", .matrix), ("foo[5m:]", .matrix),
    ("time()", .scalar), ("scalar(foo)", .scalar), ("vector(1)", .vector), ("rate(foo[5m])", .vector),
    ("(foo[5m])", .matrix),
  ])
  func valueTypes(_ text: String, _ type: Expression.ValueType) throws {
    #expect(try parsed(text).get().valueType == type)
  }

  @Test(arguments: [
    ("1 + 2", [String]()), ("foo", ["foo"]), ("{__name__='foo'}", ["foo"]), ("{__name__=~'foo'}", []),
    ("rate(b[5m]) / sum by (a) (a offset 1m)", ["b", "a"]), ("topk(scalar(n), foo)", ["n", "foo"]),
    ("max_over_time(rate(a:b[5m])[1h:])", ["a:b"]), ("label_replace(x, 'a', 'b', 'c', 'd')", ["x"]),
  ])
  func metricNames(_ text: String, _ names: [String]) throws {
    #expect(try parsed(text).get().metricNames == names)
  }

  @Test(arguments: [
    ("2 ^ 3 ^ 2", "2 ^ (3 ^ 2)"), ("-2 ^ 2", "-(2 ^ 2)"), ("-foo * 2", "(-foo) * 2"), ("1 - 2 - 3", "(1 - 2) - 3"),
    ("a or b and c", "a or (b and c)"), ("a and b unless c", "(a and b) unless c"),
    ("a == b + c", "a == (b + c)"), ("a + b * c", "a + (b * c)"), ("a * b atan2 c", "(a * b) atan2 c"),
    ("a < b == c", "(a < b) == c"), ("-foo offset 1m", "-(foo offset 1m)"),
  ])
  func operatorsBindAsWritten(_ text: String, _ grouped: String) throws {
    #expect(shape(try parsed(text).get()) == shape(try parsed(grouped).get()))
  }

  /// The structure of an expression, in which parentheses of the text do not show.
  private func shape(_ expression: Expression) -> String {
    switch expression.form {
    case .parenthesized(let inner): shape(inner)
    case .negation(let inner): "[- \(shape(inner))]"
    case .binary(let binary): "[\(shape(binary.left)) \(binary.operation.rawValue) \(shape(binary.right))]"
    default: expression.description
    }
  }

  @Test(arguments: ["(", "-", "sum(", "1+", "1^", "a[5m:]"])
  func deepNestingIsAnError(_ part: String) {
    let text =
      part.hasPrefix("a") ? "a" + String(repeating: "[5m:]", count: 20_000) : String(repeating: part, count: 20_000)
    guard case .failure(let error) = parsed(text + "1") else {
      Issue.record("taken")
      return
    }
    #expect(error.message.hasSuffix("parse error: expression nests too deeply"))
  }

  @Test(
    arguments: [
      ("1h30m", 5_400_000), ("1y2w3d4h5m6s7ms", 33_019_506_007), ("0", 0), ("0s", 0), ("90s", 90_000), ("", nil),
      ("1m1h", nil), ("1", nil), ("1m30", nil), ("m", nil), ("1.5h", nil), ("-1m", nil), ("300y", nil),
    ] as [(String, Int64?)])
  func durations(_ text: String, _ milliseconds: Int64?) {
    #expect(prometheusDuration(text) == milliseconds)
  }
}
