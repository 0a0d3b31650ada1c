/// Evaluates PromQL over a store, with the results and the error texts of Prometheus 2.42 (`promql/engine.go`) for float
/// samples.
///
/// Expressions are evaluated for all steps of a query at once: an intermediate result is a table of series and steps, and a
/// window slides over the samples of a series that were fetched once. An instant query is a query of one step. What does not
/// depend on the step is evaluated for one and repeated.
package final class QueryEngine {
  /// How far back a selector looks for the latest sample.
  package static let lookback: Int64 = 5 * 60_000
  /// The distance of a subquery's steps where it names none: the global evaluation interval of the configuration.
  package static let defaultSubqueryStep: Int64 = 60_000
  /// Most steps of a range query (`web/api/v1/api.go`).
  package static let stepLimit = 11_000

  let store: TimeSeriesStore
  private var selections: [[LabelMatcher]: Selection] = [:]

  package init(_ store: TimeSeriesStore) { self.store = store }

  /// Evaluates at one instant.
  package func instant(_ expression: Expression, at time: Int64) throws(PromQLError) -> QueryValue {
    let steps = Steps(start: time, end: time, interval: 1)
    let evaluation = Evaluation(engine: self, steps: steps, query: steps)
    switch expression.withoutParentheses.form {
    case .matrix(let selector, let range): return .matrix(try evaluation.rawSamples(selector, range: range))
    case .subquery(let subquery): return .matrix(try evaluation.rawSamples(subquery))
    default: break
    }
    switch try evaluation.evaluate(expression) {
    case .scalar(let values): return .scalar(values[0], at: time)
    case .string(let text): return .string(text, at: time)
    case .vector(let columns):
      return .vector(
        columns.filter { !Column.isAbsent($0.values[0]) }.map { QueryValue.VectorSample($0.labels, $0.values[0]) },
        at: time)
    }
  }

  /// Evaluates at `start`, `start + step` … up to `end`.
  package func range(
    _ expression: Expression, from start: Int64, to end: Int64, step: Int64
  ) throws(PromQLError) -> [QueryValue.QuerySeries] {
    guard step > 0 else {
      throw PromQLError("zero or negative query resolution step widths are not accepted. Try a positive integer")
    }
    guard end >= start else { throw PromQLError("end timestamp must not be before start time") }
    guard (end - start) / step <= Int64(Self.stepLimit) else {
      throw PromQLError(
        "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)")
    }
    let type = expression.valueType
    guard type == .scalar || type == .vector else {
      throw PromQLError(
        "invalid expression type \"\(type.documented)\" for range query, must be Scalar or instant Vector")
    }
    let steps = Steps(start: start, end: end, interval: step)
    let columns: [Column] =
      switch try Evaluation(engine: self, steps: steps, query: steps).evaluate(expression) {
      case .scalar(let values): [Column(labels: Labels(), values: values)]
      case .string: []
      case .vector(let columns): columns
      }
    return columns.compactMap { column in
      let samples = column.values.indices.filter { !Column.isAbsent(column.values[$0]) }
        .map { Sample(steps.time($0), column.values[$0]) }
      return samples.isEmpty ? nil : QueryValue.QuerySeries(column.labels, samples)
    }
    .sorted { $0.labels < $1.labels }
  }

  // MARK: Selecting series

  /// The series of a selector as far as they were looked for. New ones only have to be looked for among the new.
  private struct Selection {
    var seen = 0
    var patterns: [LabelPattern?]
    /// Sorted by their labels.
    var handles: [SeriesHandle] = []
  }

  /// The series that satisfy all matchers, sorted by their labels.
  func select(_ matchers: [LabelMatcher]) throws(PromQLError) -> [SeriesHandle] {
    var selection: Selection
    if let known = selections[matchers] {
      guard known.seen < store.seriesCount else { return known.handles }
      selection = known
    } else {
      var patterns: [LabelPattern?] = []
      for matcher in matchers {
        switch matcher.operation {
        case .equal, .notEqual: patterns.append(nil)
        case .matches, .doesNotMatch: patterns.append(try LabelPattern(matcher.value))
        }
      }
      selection = Selection(patterns: patterns)
    }
    let rarest = matchers.filter { $0.operation == .equal && !$0.value.isEmpty }.map { Label($0.name, $0.value) }
      .min { store.count(with: $0) < store.count(with: $1) }
    let found = store.indices(with: rarest, from: selection.seen).map(SeriesHandle.init).filter { handle in
      let labels = store.labels(handle)
      return zip(matchers, selection.patterns).allSatisfy { matcher, pattern in
        let value = labels[matcher.name]
        return switch matcher.operation {
        case .equal: value == matcher.value
        case .notEqual: value != matcher.value
        case .matches: pattern?.matches(value) ?? false
        case .doesNotMatch: !(pattern?.matches(value) ?? true)
        }
      }
    }
    if !found.isEmpty {
      selection.handles = (selection.handles + found).sorted { store.labels($0) < store.labels($1) }
    }
    selection.seen = store.seriesCount
    selections[matchers] = selection
    return selection.handles
  }
}

extension Expression {
  /// The expression inside of any parentheses.
  var withoutParentheses: Expression {
    if case .parenthesized(let inner) = form { inner.withoutParentheses } else { self }
  }

  /// Whether every step of a query gives the same: all selectors are fixed by `@`, and nothing asks for the time
  /// (`promql/engine.go`, `preprocessExprHelper`).
  var isStepInvariant: Bool {
    switch form {
    case .number, .string: true
    case .parenthesized(let inner), .negation(let inner): inner.isStepInvariant
    case .binary(let binary): binary.left.isStepInvariant && binary.right.isStepInvariant
    case .aggregation(let aggregation): aggregation.inner.isStepInvariant
    case .call(let call): !call.function.dependsOnTime && call.arguments.allSatisfy(\.isStepInvariant)
    case .selector(let selector), .matrix(let selector, _): selector.shift.at != nil
    case .subquery(let subquery): subquery.shift.at != nil
    }
  }

  /// Whether there is something in it that is worth evaluating only once.
  var hasSelector: Bool {
    switch form {
    case .number, .string: false
    case .parenthesized(let inner), .negation(let inner): inner.hasSelector
    case .binary(let binary): binary.left.hasSelector || binary.right.hasSelector
    case .aggregation(let aggregation): aggregation.inner.hasSelector
    case .call(let call): call.arguments.contains(where: \.hasSelector)
    case .selector, .matrix, .subquery: true
    }
  }
}

extension PromQLFunction {
  /// Functions whose result depends on the instant of evaluation (`promql/functions.go`, `AtModifierUnsafeFunctions`).
  var dependsOnTime: Bool {
    switch self {
    case .daysInMonth, .dayOfMonth, .dayOfWeek, .dayOfYear, .hour, .minute, .month, .year, .predictLinear, .time,
      .timestamp:
      true
    default: false
    }
  }
}
