// Calls and aggregations.
extension ExpressionParser {
  mutating func call(_ name: Token) throws(PromQLError) -> Expression {
    let arguments = try arguments()
    guard let function = PromQLFunction(rawValue: name.text) else {
      throw error("unknown function with name \(Expression.quoted(name.text))", at: name.start)
    }
    return Expression(.call(Expression.Call(function, arguments)), at: name.start..<lastClosing)
  }

  mutating func arguments() throws(PromQLError) -> [Expression] {
    try take(.leftParenthesis)
    var arguments: [Expression] = []
    while current.kind != .rightParenthesis {
      arguments.append(try expression(minimum: 1))
      guard current.kind == .comma else { break }
      let comma = current
      advance()
      if !current.startsExpression {
        if case .malformed(let error) = current.kind { throw error }
        throw error("trailing commas not allowed in function call args", at: comma.start)
      }
    }
    try take(.rightParenthesis)
    return arguments
  }

  mutating func aggregation(_ aggregator: Expression.Aggregator, _ name: Token) throws(PromQLError)
    -> Expression
  {
    aggregationDepth += 1
    var modifier = try aggregationModifier()
    guard current.kind == .leftParenthesis else { throw unexpected() }
    let arguments = try arguments()
    aggregationDepth -= 1
    if modifier == nil {
      // Here upstream must look at the next word before it goes on.
      if case .malformed(let error) = current.kind { throw error }
      modifier = try aggregationModifier()
    }
    if arguments.isEmpty { throw error("no arguments for aggregate expression provided", at: name.start) }
    let count = aggregator.takesParameter ? 2 : 1
    guard arguments.count == count else {
      throw error(
        "wrong number of arguments for aggregate expression provided, expected \(count), got \(arguments.count)",
        at: name.start)
    }
    let aggregation = Expression.Aggregation(
      aggregator, arguments[count - 1], parameter: count == 2 ? arguments[0] : nil,
      grouping: modifier?.labels ?? [], isWithout: modifier?.isWithout ?? false)
    return Expression(.aggregation(aggregation), at: name.start..<lastClosing)
  }

  mutating func aggregationModifier() throws(PromQLError) -> (labels: [String], isWithout: Bool)? {
    guard current.kind == .keyword(.by) || current.kind == .keyword(.without) else { return nil }
    let isWithout = current.kind == .keyword(.without)
    advance()
    return (try groupingLabels(), isWithout)
  }
}
