/// Evaluates PromQL over a store, with the results of Prometheus 2.42 (`promql/engine.go`).
///
/// A query that is asked more than once should be prepared: its series, groups and matches are then found once, and again
/// only when the store knows new series. Used from one thread at a time.
package final class QueryEngine {
  /// How far back an instant vector looks for a sample, in milliseconds (`--query.lookback-delta`).
  package static let defaultLookback: Int64 = 300_000
  /// The step of subqueries that give none: the global evaluation interval.
  package static let defaultSubqueryStep: Int64 = 60_000

  private let context: PlanContext
  private var selections: [[LabelMatcher]: Selection] = [:]

  package init(
    _ store: TimeSeriesStore, lookback: Int64 = QueryEngine.defaultLookback,
    subqueryStep: Int64 = QueryEngine.defaultSubqueryStep
  ) {
    context = PlanContext(store: store, lookback: lookback, subqueryStep: subqueryStep)
  }

  /// A query made ready for its engine.
  package final class PreparedQuery {
    package let resultType: Expression.ValueType
    fileprivate let plan: Plan

    fileprivate enum Plan {
      case values(PlanNode)
      case string(String)
      case window(Selection, range: Int64, TimeShift)
      case subquery(SubqueryNode)
    }

    fileprivate init(_ plan: Plan, _ resultType: Expression.ValueType) {
      self.plan = plan
      self.resultType = resultType
    }
  }

  /// Makes a parsed expression ready; fails for a regular expression that is none.
  package func prepare(_ expression: Expression) throws(PromQLError) -> PreparedQuery {
    let compiler = PlanCompiler(context: context) { [self] matchers throws(PromQLError) in try selection(matchers) }
    let outer = expression.unparenthesized
    let plan: PreparedQuery.Plan
    switch outer.form {
    case .string(let text): plan = .string(text)
    case .matrix(let selector, let range):
      plan = .window(
        try selection(selector.matchers), range: range, TimeShift(shift: selector.shift, context: context))
    case .subquery(let subquery): plan = .subquery(try compiler.compile(subquery, resolves: true))
    default: plan = .values(try compiler.compileQuery(expression))
    }
    return PreparedQuery(plan, expression.resultType)
  }

  private func selection(_ matchers: [LabelMatcher]) throws(PromQLError) -> Selection {
    if let known = selections[matchers] { return known }
    var conditions: [LabelCondition] = []
    for matcher in matchers { conditions.append(try LabelCondition(matcher)) }
    let selection = Selection(conditions, store: context.store, table: context.table)
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
      if query.resultType == .scalar { return .scalar(Sample(time, node.values[0])) }
      return .vector(vector(node, at: time))
    }
  }

  private func vector(_ node: PlanNode, at time: Int64) -> [QueryValue.InstantSample] {
    var result: [QueryValue.InstantSample] = []
    func add(_ row: Int) {
      let value = node.values[row]
      guard !value.isAbsent else { return }
      result.append(QueryValue.InstantSample(labels: context.table[node.rows[row]], sample: Sample(time, value)))
    }
    if let order = node.order { order.forEach(add) } else { node.rows.indices.forEach(add) }
    return result
  }

  private func rawSamples(
    _ selection: Selection, _ range: Int64, _ shift: TimeShift, _ window: EvaluationWindow
  ) -> [QueryValue.SampledSeries] {
    selection.refresh()
    let end = window.start &- shift.offset(window)
    return zip(selection.series, selection.rows).compactMap { id, labels in
      let samples = context.store.withSamples(
        of: id, from: end &- range, through: end, keepingStale: false, scratch: context.samples
      ) { Array($0) }
      return samples.isEmpty ? nil : QueryValue.SampledSeries(labels: context.table[labels], samples: samples)
    }
  }

  private func subqueryResult(
    _ subquery: SubqueryNode, _ window: EvaluationWindow
  ) throws(PromQLError) -> [QueryValue.SampledSeries] {
    try subquery.evaluateInner(window)
    return matrix(subquery.inner, subquery.window)
  }

  private func matrix(_ node: PlanNode, _ window: EvaluationWindow) -> [QueryValue.SampledSeries] {
    var result: [QueryValue.SampledSeries] = []
    for row in node.rows.indices {
      let cells = node.cells(row)
      var samples: [Sample] = []
      for column in 0..<window.count where !cells[column].isAbsent {
        if samples.isEmpty { samples.reserveCapacity(window.count - column) }
        samples.append(Sample(window.time(column), cells[column]))
      }
      guard !samples.isEmpty else { continue }
      result.append(QueryValue.SampledSeries(labels: context.table[node.rows[row]], samples: samples))
    }
    return result.sorted { $0.labels < $1.labels }
  }

  /// The values from `start` to `end`, `step` milliseconds apart, in the order of labels.
  package func range(
    _ query: PreparedQuery, start: Int64, end: Int64, step: Int64
  ) throws(PromQLError) -> [QueryValue.SampledSeries] {
    guard case .values(let node) = query.plan else {
      throw PromQLError(
        .badData,
        "invalid expression type \(query.resultType.documented.quotedAsGo) for range query, must be Scalar or"
          + " instant Vector")
    }
    precondition(step > 0, "times must advance")
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
    _ expression: Expression, start: Int64, end: Int64, step: Int64
  ) throws(PromQLError) -> QueryValue {
    .matrix(try range(prepare(expression), start: start, end: end, step: step))
  }
}

extension LabelCondition {
  /// Fails for a regular expression that is none.
  package init(_ matcher: LabelMatcher) throws(PromQLError) {
    switch matcher.operation {
    case .equal: self.init(matcher.name, equals: matcher.value)
    case .notEqual: self.init(matcher.name) { [value = matcher.value] in $0 != value }
    case .matches, .doesNotMatch:
      guard let pattern = CapturingPattern(matcher.value) else {
        throw PromQLError(.badData, "error parsing regexp: \(matcher.value)")
      }
      let wanted = matcher.operation == .matches
      self.init(matcher.name) { pattern.matches($0) == wanted }
    }
  }
}
