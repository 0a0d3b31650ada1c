/// Holds the types of an expression against each other, as `checkAST` of Prometheus' parser does after the grammar: the first
/// mistake, in the order of the text, is the error.
struct TypeCheck {
  let input: [UInt8]

  /// The expression with the matching of its operators settled.
  func checked(_ expression: Expression) throws(PromQLError) -> Expression {
    var result = expression
    switch expression.form {
    case .number, .string: break
    case .parenthesized(let inner): result.form = .parenthesized(try checked(inner))
    case .negation(let inner):
      let inner = try checked(inner)
      guard inner.valueType == .scalar || inner.valueType == .vector else {
        throw error(
          "unary expression only allowed on expressions of type scalar or instant vector, got \(quotedText(inner.valueType.documented))",
          expression)
      }
      // A plus evaluates as parentheses do, and shows as a plus.
      result.form = expression.isPlus ? .parenthesized(inner) : .negation(inner)
    case .binary(let binary): result.form = .binary(try checked(binary, expression))
    case .aggregation(let aggregation): result.form = .aggregation(try checked(aggregation))
    case .call(let call): result.form = .call(try checked(call, expression))
    case .selector(let selector), .matrix(let selector, _): try check(selector, expression)
    case .subquery(var subquery):
      subquery.inner = try checked(subquery.inner)
      guard subquery.inner.valueType == .vector else {
        throw error(
          "subquery is only allowed on instant vector, got \(subquery.inner.valueType.rawValue) instead", expression)
      }
      result.form = .subquery(subquery)
    }
    return result
  }

  private func error(_ message: String, _ expression: Expression) -> PromQLError {
    PromQLError(message, at: expression.position.lowerBound, in: input)
  }

  private func expect(
    _ type: Expression.ValueType, _ expression: Expression, in context: String
  ) throws(PromQLError) -> Expression {
    let result = try checked(expression)
    guard result.valueType == type else {
      throw error(
        "expected type \(type.documented) in \(context), got \(result.valueType.documented)", expression)
    }
    return result
  }

  private func check(_ selector: Expression.Selector, _ expression: Expression) throws(PromQLError) {
    if !selector.name.isEmpty {
      guard let other = selector.matchers.dropFirst().first(where: { $0.name == Labels.metricName }) else { return }
      let names = "\(Expression.quoted(selector.name)) or \(Expression.quoted(other.value))"
      throw error("metric name must not be set twice: \(names)", expression)
    }
    let isBounded = selector.matchers.contains { matcher in
      switch matcher.operation {
      case .equal: !matcher.value.isEmpty
      case .notEqual: matcher.value.isEmpty
      case .matches: !((try? LabelPattern(matcher.value).matches("")) ?? true)
      case .doesNotMatch: (try? LabelPattern(matcher.value).matches("")) ?? false
      }
    }
    if !isBounded { throw error("vector selector must contain at least one non-empty matcher", expression) }
  }

  private func checked(_ aggregation: Expression.Aggregation) throws(PromQLError) -> Expression.Aggregation {
    var result = aggregation
    result.inner = try expect(.vector, aggregation.inner, in: "aggregation expression")
    if let parameter = aggregation.parameter {
      let type: Expression.ValueType = aggregation.operation == .countValues ? .string : .scalar
      result.parameter = try expect(type, parameter, in: "aggregation parameter")
    }
    return result
  }

  private func checked(_ call: Expression.Call, _ expression: Expression) throws(PromQLError) -> Expression.Call {
    let (name, signature) = (call.function.rawValue, call.function.signature)
    let (count, expected) = (call.arguments.count, signature.arguments.count)
    func wrong(_ bound: String, _ number: Int) -> PromQLError {
      error("expected \(bound)\(number) argument(s) in call to \(quotedText(name)), got \(count)", expression)
    }
    if signature.variadic == 0 {
      guard count == expected else { throw wrong("", expected) }
    } else {
      let least = expected - 1
      guard count >= least else { throw wrong("at least ", least) }
      let most = least + signature.variadic
      guard signature.variadic < 0 || count <= most else { throw wrong("at most ", most) }
    }
    var result = call
    for index in call.arguments.indices {
      let type = signature.arguments[min(index, expected - 1)]
      result.arguments[index] = try expect(type, call.arguments[index], in: "call to function \(quotedText(name))")
    }
    return result
  }

  private func checked(_ binary: Expression.Binary, _ expression: Expression) throws(PromQLError) -> Expression.Binary {
    var result = binary
    result.left = try checked(binary.left)
    result.right = try checked(binary.right)
    let (left, right) = (result.left.valueType, result.right.valueType)
    let operation = binary.operation
    let place = operatorStart(binary)
    if binary.returnsBool, !operation.isComparison {
      throw PromQLError("bool modifier can only be used on comparison operators", at: place, in: input)
    }
    if operation.isComparison, !binary.returnsBool, left == .scalar, right == .scalar {
      throw PromQLError("comparisons between scalars must use BOOL modifier", at: place, in: input)
    }
    var matching = binary.matching ?? Expression.VectorMatching()
    if operation.isSetOperator, matching.cardinality == .oneToOne { matching.cardinality = .manyToMany }
    if matching.isOn, let label = matching.labels.first(where: matching.include.contains) {
      throw PromQLError(
        "label \(quotedText(label)) must not occur in ON and GROUP clause at once", at: place, in: input)
    }
    for (side, type) in [(result.left, left), (result.right, right)] where type != .scalar && type != .vector {
      throw error("binary expression must contain only scalar and instant vector types", side)
    }
    if left != .vector || right != .vector {
      if !matching.labels.isEmpty { throw error("vector matching only allowed between instant vectors", expression) }
      result.matching = nil
    } else {
      if operation.isSetOperator, matching.cardinality != .manyToMany {
        throw error("no grouping allowed for \(quotedText(operation.rawValue)) operation", expression)
      }
      result.matching = matching
    }
    if operation.isSetOperator, left == .scalar || right == .scalar {
      throw error(
        "set operator \(quotedText(operation.rawValue)) not allowed in binary scalar expression", expression)
    }
    return result
  }

  /// Where the operator stands: behind the left side, without the blanks.
  private func operatorStart(_ binary: Expression.Binary) -> Int {
    var start = binary.left.position.upperBound
    while start < input.count, [9, 10, 13, 32].contains(input[start]) { start += 1 }
    return start
  }
}

extension Expression {
  /// What the expression gives.
  package var valueType: ValueType {
    switch form {
    case .number: .scalar
    case .string: .string
    case .parenthesized(let inner), .negation(let inner): inner.valueType
    case .binary(let binary):
      binary.left.valueType == .scalar && binary.right.valueType == .scalar ? .scalar : .vector
    case .aggregation, .selector: .vector
    case .call(let call): call.function.signature.result
    case .matrix, .subquery: .matrix
    }
  }

  /// The metric names that its selectors ask for by equality, in the order of the text.
  package var metricNames: [String] {
    switch form {
    case .number, .string: []
    case .parenthesized(let inner), .negation(let inner): inner.metricNames
    case .binary(let binary): binary.left.metricNames + binary.right.metricNames
    case .aggregation(let aggregation): (aggregation.parameter?.metricNames ?? []) + aggregation.inner.metricNames
    case .call(let call): call.arguments.flatMap(\.metricNames)
    case .selector(let selector), .matrix(let selector, _):
      selector.matchers.filter { $0.name == Labels.metricName && $0.operation == .equal }.map(\.value)
    case .subquery(let subquery): subquery.inner.metricNames
    }
  }
}
