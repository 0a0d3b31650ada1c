/// Parses PromQL as Prometheus 2.42 does (`promql/parser/generated_parser.y`): the same language, precedences and errors.
///
/// Where the grammar of upstream has a rule for an error, the message names what was being read; in every other place it is
/// "unexpected …". Types are checked afterwards, as upstream does.
package struct ExpressionParser {
  var lexer: Lexer
  var current: Token
  /// Aggregations around the word that is read, for messages.
  var aggregationDepth = 0
  /// Where the last word that closes something ended.
  var lastClosing = 0
  /// Nodes that stand around the one that is read, or will.
  private var depth = 0
  /// What the stack of a debug build carries with room to spare. Upstream has no limit.
  private static let depthLimit = 500

  /// Parses and checks an expression.
  package static func parse(_ text: String) throws(PromQLError) -> Expression {
    var parser = ExpressionParser(text)
    if parser.current.kind == .end { throw parser.error("no expression found in input", at: 0) }
    let expression = try parser.expression(minimum: 1)
    guard parser.current.kind == .end else { throw parser.unexpected() }
    return try TypeCheck(input: parser.lexer.input).checked(expression)
  }

  private init(_ text: String) {
    lexer = Lexer(text)
    current = lexer.next()
  }

  // MARK: Words

  mutating func advance() {
    switch current.kind {
    case .rightBrace, .rightParenthesis, .rightBracket, .duration, .number: lastClosing = current.end
    default: break
    }
    current = lexer.next()
  }

  func error(_ message: String, at offset: Int) -> PromQLError { lexer.error(message, at: offset) }

  func unexpected(_ context: String = "", expected: String = "") -> PromQLError {
    if case .malformed(let error) = current.kind { return error }
    let place = context.isEmpty && aggregationDepth > 0 ? "aggregation" : context
    return error(
      "unexpected \(current.description)" + (place.isEmpty ? "" : " in \(place)")
        + (expected.isEmpty ? "" : ", expected \(expected)"),
      at: current.start)
  }

  mutating func take(_ kind: Token.Kind) throws(PromQLError) {
    guard current.kind == kind else { throw unexpected() }
    advance()
  }

  // MARK: Operators

  private static func precedence(_ operation: Expression.BinaryOperator) -> Int {
    switch operation {
    case .or: 1
    case .and, .unless: 2
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: 3
    case .add, .subtract: 4
    case .multiply, .divide, .modulo, .atan2: 5
    case .power: 6
    }
  }

  private mutating func descend() throws(PromQLError) {
    depth += 1
    if depth > Self.depthLimit { throw error("expression nests too deeply", at: current.start) }
  }

  mutating func expression(minimum: Int) throws(PromQLError) -> Expression {
    let outerDepth = depth
    defer { depth = outerDepth }
    try descend()
    var left = try operand()
    while case .operation(let operation) = current.kind, Self.precedence(operation) >= minimum {
      try descend()
      advance()
      var binary = Expression.Binary(operation, left, left)
      try readModifiers(&binary)
      let precedence = Self.precedence(operation)
      binary.right = try expression(minimum: operation == .power ? precedence : precedence + 1)
      left = Expression(.binary(binary), at: left.position.lowerBound..<binary.right.position.upperBound)
    }
    return left
  }

  mutating func readModifiers(_ binary: inout Expression.Binary) throws(PromQLError) {
    var matching = Expression.VectorMatching()
    if current.kind == .keyword(.bool) {
      binary.returnsBool = true
      advance()
    }
    if current.kind == .keyword(.on) || current.kind == .keyword(.ignoring) {
      matching.isOn = current.kind == .keyword(.on)
      advance()
      matching.labels = try groupingLabels()
      if current.kind == .keyword(.groupLeft) || current.kind == .keyword(.groupRight) {
        matching.cardinality = current.kind == .keyword(.groupLeft) ? .manyToOne : .oneToMany
        advance()
        if current.kind == .leftParenthesis || !current.startsExpression {
          matching.include = try groupingLabels()
        }
      }
    }
    binary.matching = matching
  }

  // MARK: Operands

  mutating func operand() throws(PromQLError) -> Expression {
    let start = current.start
    if current.kind == .operation(.subtract) || current.kind == .operation(.add) {
      let isNegative = current.kind == .operation(.subtract)
      advance()
      // A sign binds as tightly as a multiplication: -2^2 is -(2^2).
      let inner = try expression(minimum: 6)
      let position = start..<inner.position.upperBound
      if case .number(let value) = inner.form { return Expression(.number(isNegative ? -value : value), at: position) }
      return Expression(.negation(inner), at: position, isPlus: !isNegative)
    }
    var expression = try primary()
    while true {
      switch current.kind {
      case .leftBracket:
        try descend()
        expression = try range(of: expression)
      case .keyword(.offset): expression = try offset(expression)
      case .at: expression = try fixed(expression)
      default: return expression
      }
    }
  }

  mutating func primary() throws(PromQLError) -> Expression {
    let token = current
    switch token.kind {
    case .number:
      advance()
      return Expression(.number(try number(token)), at: token.start..<token.end)
    case .string:
      advance()
      return Expression(.string(unquoted(token.text)), at: token.start..<token.end)
    case .leftParenthesis:
      advance()
      let inner = try expression(minimum: 1)
      try take(.rightParenthesis)
      return Expression(.parenthesized(inner), at: token.start..<lastClosing)
    case .leftBrace: return try selector(named: nil, from: token.start)
    case .aggregator(let aggregator):
      advance()
      switch current.kind {
      case .leftParenthesis, .keyword(.by), .keyword(.without): return try aggregation(aggregator, token)
      default: return try selector(named: token, from: token.start)
      }
    case .identifier:
      advance()
      return current.kind == .leftParenthesis ? try call(token) : try selector(named: token, from: token.start)
    case .metricIdentifier, .operation(.and), .operation(.or), .operation(.unless), .keyword(.by), .keyword(.offset),
      .keyword(.without), .keyword(.start), .keyword(.end):
      advance()
      return try selector(named: token, from: token.start)
    default: throw unexpected()
    }
  }
}
