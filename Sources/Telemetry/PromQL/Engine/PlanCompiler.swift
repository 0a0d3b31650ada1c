/// Turns expressions into nodes, finding the parts that are the same at all times as upstream does
/// (`promql/engine.go`, `PreprocessExpr`).
struct PlanCompiler {
  let context: PlanContext
  /// See `TimeShift.enclosing`.
  var enclosing: Expression.Shift?
  /// The selection for a selector's matchers, shared between queries.
  let selection: ([LabelMatcher]) throws(PromQLError) -> Selection

  /// A whole query, which is no string and no range vector.
  func compileQuery(_ expression: Expression) throws(PromQLError) -> PlanNode {
    try compileChild(expression, wrapped: isInvariant(expression), resolves: true)
  }

  /// - Parameters:
  ///   - wrapped: whether to evaluate once what is the same at all times.
  ///   - resolves: whether `start()` and `end()` are known; upstream forgets them in the parameters of aggregations.
  private func compileChild(
    _ expression: Expression, wrapped: Bool, resolves: Bool
  ) throws(PromQLError) -> PlanNode {
    let node = try compile(expression, resolves: resolves)
    return wrapped && !(node is NumberNode) ? InvariantNode(node, context) : node
  }

  func compile(_ expression: Expression, resolves: Bool) throws(PromQLError) -> PlanNode {
    switch expression.form {
    case .number(let number): return NumberNode(number, context)
    case .parenthesized(let inner): return try compile(inner, resolves: resolves)
    case .negation(let inner):
      return ElementNode(.negation, try compile(inner, resolves: resolves), context)
    case .selector(let selector):
      return SelectorNode(
        try selection(selector.matchers), shift(selector.shift, resolves: resolves), givesTimes: false, context)
    case .aggregation(let aggregation): return try compile(aggregation, resolves: resolves)
    case .binary(let binary): return try compile(binary, resolves: resolves)
    case .call(let call): return try compile(call, resolves: resolves)
    case .string, .matrix, .subquery:
      throw PromQLError("unexpected \(expression.valueType.documented) in the place of an instant vector")
    }
  }

  private func shift(_ shift: Expression.Shift, resolves: Bool) -> TimeShift {
    var shift = shift
    if !resolves, shift.at == .start || shift.at == .end { shift.at = nil }
    return TimeShift(shift: shift, enclosing: enclosing, context: context)
  }

  private func compile(_ aggregation: Expression.Aggregation, resolves: Bool) throws(PromQLError) -> PlanNode {
    let inner = try compile(aggregation.inner, resolves: resolves)
    let grouping = Grouping(aggregation.grouping, isWithout: aggregation.isWithout)
    switch aggregation.operation {
    case .countValues:
      return CountValuesNode(
        label: aggregation.parameter?.stringLiteral ?? "", inner, grouping: aggregation.grouping,
        isWithout: aggregation.isWithout, context)
    case .topk, .bottomk, .quantile:
      guard let parameter = aggregation.parameter else {
        throw PromQLError("missing parameter of \(aggregation.operation.rawValue)")
      }
      let number = try compile(parameter, resolves: false)
      return aggregation.operation == .quantile
        ? AggregationNode(.quantile, inner, parameter: number, grouping, context)
        : RankNode(isTop: aggregation.operation == .topk, inner, parameter: number, grouping, context)
    default: return AggregationNode(aggregation.operation, inner, parameter: nil, grouping, context)
    }
  }

  private func compile(_ binary: Expression.Binary, resolves: Bool) throws(PromQLError) -> PlanNode {
    let (once, other) = (isInvariant(binary.left), isInvariant(binary.right))
    // If both are, the whole is, and whoever holds it has wrapped it.
    let left = try compileChild(binary.left, wrapped: resolves && once && !other, resolves: resolves)
    let right = try compileChild(binary.right, wrapped: resolves && other && !once, resolves: resolves)
    let operation = binary.operation
    switch (binary.left.valueType, binary.right.valueType) {
    case (.scalar, .scalar): return ScalarBinaryNode(operation, left, right, context)
    case (.vector, .scalar):
      let kind = ElementNode.Operation.scalar(operation, isSwapped: false, returnsBool: binary.returnsBool)
      return ElementNode(kind, left, parameters: [right], context)
    case (.scalar, .vector):
      let kind = ElementNode.Operation.scalar(operation, isSwapped: true, returnsBool: binary.returnsBool)
      return ElementNode(kind, right, parameters: [left], context)
    default:
      let matching = binary.matching ?? Expression.VectorMatching(operation.isSetOperator ? .manyToMany : .oneToOne)
      return operation.isSetOperator
        ? SetNode(operation, left, right, matching, context)
        : JoinNode(operation, left, right, matching, returnsBool: binary.returnsBool, context)
    }
  }

  // MARK: - Calls

  private func compile(_ call: Expression.Call, resolves: Bool) throws(PromQLError) -> PlanNode {
    if let index = call.arguments.firstIndex(where: { $0.valueType == .matrix }) {
      return try compileWindow(call, argument: index, resolves: resolves)
    }
    if call.function == .timestamp, case .selector(let selector) = call.arguments[0].withoutParentheses.form {
      let times = SelectorNode(
        try selection(selector.matchers), shift(selector.shift, resolves: resolves), givesTimes: true, context)
      return ElementNode(.function(.timestamp), times, context)
    }
    var arguments: [PlanNode] = []
    for argument in call.arguments where argument.valueType != .string {
      let wrapped = resolves && isInvariant(argument) && !isInvariant(Expression(.call(call), at: argument.position))
      arguments.append(try compileChild(argument, wrapped: wrapped, resolves: resolves))
    }
    return try makeNode(call, arguments)
  }

  private func makeNode(_ call: Expression.Call, _ arguments: [PlanNode]) throws(PromQLError) -> PlanNode {
    switch call.function {
    case .time: return TimeNode(context)
    case .pi: return NumberNode(.pi, context)
    case .scalar: return ScalarNode(arguments[0], context)
    case .vector: return VectorNode(arguments[0], context)
    case .timestamp: return TimestampNode(arguments[0], context)
    case .sort, .sortDescending:
      return SortNode(isDescending: call.function == .sortDescending, arguments[0], context)
    case .absent:
      return AbsentNode(arguments[0], matchers: call.arguments[0].withoutParentheses.selectorMatchers, context)
    case .histogramQuantile: return HistogramQuantileNode(arguments[0], arguments[1], context)
    case .labelReplace, .labelJoin:
      let texts = call.arguments.dropFirst().map { $0.stringLiteral ?? "" }
      let change: LabelNode.Change =
        call.function == .labelReplace
        ? .replace(destination: texts[0], replacement: texts[1], source: texts[2], pattern: texts[3])
        : .join(destination: texts[0], separator: texts[1], sources: Array(texts.dropFirst(2)))
      return LabelNode(change, arguments[0], context)
    default:
      if let part = CalendarPart(call.function), arguments.isEmpty { return CalendarNode(part, context) }
      return ElementNode(
        .function(call.function), arguments[0], parameters: Array(arguments.dropFirst()), context)
    }
  }

  private func compileWindow(
    _ call: Expression.Call, argument index: Int, resolves: Bool
  ) throws(PromQLError) -> PlanNode {
    var parameters: [PlanNode] = []
    for (position, argument) in call.arguments.enumerated() where position != index {
      let wrapped = resolves && isInvariant(argument) && !isInvariant(Expression(.call(call), at: argument.position))
      parameters.append(try compileChild(argument, wrapped: wrapped, resolves: resolves))
    }
    let argument = call.arguments[index].withoutParentheses
    let node: WindowNode
    switch argument.form {
    case .matrix(let selector, let range):
      node = WindowNode(
        call.function, .stored(try selection(selector.matchers)), range: range,
        shift(selector.shift, resolves: resolves), parameters: parameters, context)
    case .subquery(let subquery):
      let source = try compile(subquery, resolves: resolves)
      node = WindowNode(
        call.function, .subquery(source), range: subquery.range, source.shift, parameters: parameters, context)
    default: throw PromQLError("unexpected \(argument.valueType.documented) in the place of a range vector")
    }
    guard call.function == .absentOverTime else { return node }
    return AbsentNode(node, matchers: argument.selectorMatchers, context)
  }

  func compile(_ subquery: Expression.Subquery, resolves: Bool) throws(PromQLError) -> SubqueryNode {
    let shift = shift(subquery.shift, resolves: resolves)
    var inside = self
    if shift.shift.at != nil {
      inside.enclosing = shift.shift
    } else {
      inside.enclosing?.offset += shift.shift.offset
    }
    let inner = try inside.compileChild(
      subquery.inner, wrapped: resolves && isInvariant(subquery.inner), resolves: resolves)
    return SubqueryNode(inner, range: subquery.range, step: subquery.step ?? context.subqueryStep, shift)
  }

  // MARK: - What is the same at all times

  /// Functions that look at the time of evaluation, or at that of samples (`AtModifierUnsafeFunctions`).
  private static let timeDependent: Set<PromQLFunction> = [
    .daysInMonth, .dayOfMonth, .dayOfWeek, .dayOfYear, .hour, .minute, .month, .year, .predictLinear, .time, .timestamp,
  ]

  func isInvariant(_ expression: Expression) -> Bool {
    switch expression.form {
    case .number, .string: true
    case .parenthesized(let inner), .negation(let inner): isInvariant(inner)
    case .selector(let selector), .matrix(let selector, _): selector.shift.at != nil
    case .subquery(let subquery): subquery.shift.at != nil
    case .aggregation(let aggregation): isInvariant(aggregation.inner)
    case .binary(let binary): isInvariant(binary.left) && isInvariant(binary.right)
    case .call(let call):
      !Self.timeDependent.contains(call.function) && call.arguments.allSatisfy { isInvariant($0) }
    }
  }
}

extension Expression {
  /// The expression inside of any parentheses.
  var withoutParentheses: Expression {
    if case .parenthesized(let inner) = form { inner.withoutParentheses } else { self }
  }

  var stringLiteral: String? {
    if case .string(let text) = withoutParentheses.form { text } else { nil }
  }

  /// The matchers, if this is a selector itself.
  var selectorMatchers: [LabelMatcher] {
    switch form {
    case .selector(let selector), .matrix(let selector, _): selector.matchers
    default: []
    }
  }
}
