/// Evaluates PromQL over a store, with the results of Prometheus 2.42 (`promql/engine.go`).
///
/// A query that is asked more than once should be prepared: its series, groups and matches are then found once, and again
/// only when the store knows new series. Used from one thread at a time.
package final class QueryEngine {
  /// How far back an instant vector looks for a sample, in milliseconds (`--query.lookback-delta`).
  package static let lookback: Int64 = 5 * 60_000
  /// The distance of a subquery's steps where it names none: the global evaluation interval of the configuration.
  package static let defaultSubqueryStep: Int64 = 60_000
  /// Most steps of a range query (`web/api/v1/api.go`).
  package static let stepLimit: Int64 = 11_000

  private let context: PlanContext
  private var selections: [[LabelMatcher]: Selection] = [:]

  package init(_ store: TimeSeriesStore) {
    context = PlanContext(store: store, lookback: Self.lookback, subqueryStep: Self.defaultSubqueryStep)
  }

  /// A query made ready for its engine.
  package final class PreparedQuery {
    package let valueType: Expression.ValueType
    fileprivate let plan: Plan

    fileprivate enum Plan {
      case values(PlanNode)
      case string(String)
      case window(Selection, range: Int64, TimeShift)
      case subquery(SubqueryNode)
    }

    fileprivate init(_ plan: Plan, _ valueType: Expression.ValueType) {
      self.plan = plan
      self.valueType = valueType
    }
  }

  /// Makes a parsed expression ready; fails for a regular expression that is none.
  package func prepare(_ expression: Expression) throws(PromQLError) -> PreparedQuery {
    let compiler = PlanCompiler(context: context) { [self] matchers throws(PromQLError) in try selection(matchers) }
    let outer = expression.withoutParentheses
    let plan: PreparedQuery.Plan
    switch outer.form {
    case .string(let text): plan = .string(text)
    case .matrix(let selector, let range):
      plan = .window(
        try selection(selector.matchers), range: range, TimeShift(shift: selector.shift, context: context))
    case .subquery(let subquery): plan = .subquery(try compiler.compile(subquery, resolves: true))
    default: plan = .values(try compiler.compileQuery(expression))
    }
    return PreparedQuery(plan, expression.valueType)
  }

  private func selection(_ matchers: [LabelMatcher]) throws(PromQLError) -> Selection {
    if let known = selections[matchers] { return known }
    let selection = try Selection(matchers, store: context.store, table: context.table)
    selections[matchers] = selection
    return selection
  }

  /// The value at `time`, in milliseconds: vectors in the order in which Prometheus finds them, which is that of labels
  /// unless `sort`, `topk` or the like say otherwise.
  package func instant(_ query: PreparedQuery, at time: Int64) throws(PromQLError) -> QueryValue {
    context.queryStart = time
    context.queryEnd = time
    let window = EvaluationWindow(start: time, end: time, step: 1)
    switch query.plan {
    case .string(let text): return .string(text, at: time)
    case .window(let selection, let range, let shift): return .matrix(rawSamples(selection, range, shift, window))
    case .subquery(let subquery): return .matrix(try subqueryResult(subquery, window))
    case .values(let node):
      try node.evaluate(window)
      if query.valueType == .scalar { return .scalar(node.values[0], at: time) }
      return .vector(vector(node), at: time)
    }
  }

  private func vector(_ node: PlanNode) -> [QueryValue.VectorSample] {
    var result: [QueryValue.VectorSample] = []
    func add(_ row: Int) {
      let value = node.values[row]
      guard !value.isAbsent else { return }
      result.append(QueryValue.VectorSample(context.table[node.rows[row]], value))
    }
    if let order = node.order { order.forEach(add) } else { node.rows.indices.forEach(add) }
    return result
  }

  private func rawSamples(
    _ selection: Selection, _ range: Int64, _ shift: TimeShift, _ window: EvaluationWindow
  ) -> [QueryValue.QuerySeries] {
    selection.refresh()
    let end = window.start &- shift.offset(window)
    return zip(selection.series, selection.rows).compactMap { id, labels in
      let samples = context.store.withSamples(
        of: id, from: end &- range, through: end, keepingStale: false, scratch: context.samples
      ) { Array($0) }
      return samples.isEmpty ? nil : QueryValue.QuerySeries(context.table[labels], samples)
    }
  }

  private func subqueryResult(
    _ subquery: SubqueryNode, _ window: EvaluationWindow
  ) throws(PromQLError) -> [QueryValue.QuerySeries] {
    try subquery.evaluateInner(window)
    return matrix(subquery.inner, subquery.window)
  }

  private func matrix(_ node: PlanNode, _ window: EvaluationWindow) -> [QueryValue.QuerySeries] {
    var result: [QueryValue.QuerySeries] = []
    for row in node.rows.indices {
      let cells = node.cells(row)
      var samples: [Sample] = []
      for column in 0..<window.count where !cells[column].isAbsent {
        if samples.isEmpty { samples.reserveCapacity(window.count - column) }
        samples.append(Sample(window.time(column), cells[column]))
      }
      guard !samples.isEmpty else { continue }
      result.append(QueryValue.QuerySeries(context.table[node.rows[row]], samples))
    }
    return result.sorted { $0.labels < $1.labels }
  }

  /// The values at `start`, `start + step` … up to `end`, in the order of labels.
  package func range(
    _ query: PreparedQuery, from start: Int64, to end: Int64, step: Int64
  ) throws(PromQLError) -> [QueryValue.QuerySeries] {
    guard step > 0 else {
      throw PromQLError("zero or negative query resolution step widths are not accepted. Try a positive integer")
    }
    guard end >= start else { throw PromQLError("end timestamp must not be before start time") }
    guard (end - start) / step <= Self.stepLimit else {
      throw PromQLError(
        "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)")
    }
    guard case .values(let node) = query.plan else {
      throw PromQLError(
        "invalid expression type \"\(query.valueType.documented)\" for range query, must be Scalar or instant Vector")
    }
    context.queryStart = start
    context.queryEnd = end
    let window = EvaluationWindow(start: start, end: end, step: step)
    try node.evaluate(window)
    return matrix(node, window)
  }

  /// The value of an expression that is asked once.
  package func instant(_ expression: Expression, at time: Int64) throws(PromQLError) -> QueryValue {
    try instant(prepare(expression), at: time)
  }

  /// The values of an expression that is asked once.
  package func range(
    _ expression: Expression, from start: Int64, to end: Int64, step: Int64
  ) throws(PromQLError) -> [QueryValue.QuerySeries] {
    try range(prepare(expression), from: start, to: end, step: step)
  }
}
