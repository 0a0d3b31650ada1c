import Documents

/// Parses PromQL as Prometheus 2.42 does (`promql/parser/generated_parser.y`): the same language, precedences and errors.
///
/// Where the grammar of upstream has a rule for an error, the message names what was being read; in every other place it is
/// "unexpected …". Types are checked afterwards, as upstream does.
package struct ExpressionParser {
  private var lexer: Lexer
  private var current: Token
  /// Aggregations around the word that is read, for messages.
  private var aggregationDepth = 0
  /// Where the last word that closes something ended.
  private var lastClosing = 0

  /// Parses and checks an expression.
  package static func parse(_ text: String) throws(PromQLError) -> Expression {
    var parser = try ExpressionParser(text)
    if parser.current.kind == .end { throw parser.error("no expression found in input", at: 0) }
    let expression = try parser.expression(minimum: 1)
    guard parser.current.kind == .end else { throw parser.unexpected() }
    return try TypeCheck(input: parser.lexer.input).checked(expression)
  }

  private init(_ text: String) throws(PromQLError) {
    lexer = Lexer(text)
    current = try lexer.next()
  }

  // MARK: Words

  private mutating func advance() throws(PromQLError) {
    switch current.kind {
    case .rightBrace, .rightParenthesis, .rightBracket, .duration, .number: lastClosing = current.end
    default: break
    }
    current = try lexer.next()
  }

  private func error(_ message: String, at offset: Int) -> PromQLError { lexer.error(message, at: offset) }

  private func unexpected(_ context: String = "", expected: String = "") -> PromQLError {
    let place = context.isEmpty && aggregationDepth > 0 ? "aggregation" : context
    return error(
      "unexpected \(current.description)" + (place.isEmpty ? "" : " in \(place)")
        + (expected.isEmpty ? "" : ", expected \(expected)"),
      at: current.start)
  }

  private mutating func take(_ kind: Token.Kind) throws(PromQLError) {
    guard current.kind == kind else { throw unexpected() }
    try advance()
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

  private mutating func expression(minimum: Int) throws(PromQLError) -> Expression {
    var left = try operand()
    while case .operation(let operation) = current.kind, Self.precedence(operation) >= minimum {
      try advance()
      var binary = Expression.Binary(operation, left, left)
      try readModifiers(&binary)
      let precedence = Self.precedence(operation)
      binary.right = try expression(minimum: operation == .power ? precedence : precedence + 1)
      left = Expression(.binary(binary), at: left.position.lowerBound..<binary.right.position.upperBound)
    }
    return left
  }

  private mutating func readModifiers(_ binary: inout Expression.Binary) throws(PromQLError) {
    var matching = Expression.VectorMatching()
    if current.kind == .keyword(.bool) {
      binary.returnsBool = true
      try advance()
    }
    if current.kind == .keyword(.on) || current.kind == .keyword(.ignoring) {
      matching.isOn = current.kind == .keyword(.on)
      try advance()
      matching.labels = try groupingLabels()
      if current.kind == .keyword(.groupLeft) || current.kind == .keyword(.groupRight) {
        matching.cardinality = current.kind == .keyword(.groupLeft) ? .manyToOne : .oneToMany
        try advance()
        if current.kind == .leftParenthesis { matching.include = try groupingLabels() }
      }
    }
    binary.matching = matching
  }

  private mutating func groupingLabels() throws(PromQLError) -> [String] {
    guard current.kind == .leftParenthesis else { throw unexpected("grouping opts", expected: "\"(\"") }
    try advance()
    var labels: [String] = []
    if current.kind != .rightParenthesis {
      while true {
        guard current.isWord, isLabelName(current.text) else { throw unexpected("grouping opts", expected: "label") }
        labels.append(current.text)
        try advance()
        if current.kind == .rightParenthesis { break }
        guard current.kind == .comma else { throw unexpected("grouping opts", expected: "\",\" or \")\"") }
        try advance()
        if current.kind == .rightParenthesis { break }
      }
    }
    try advance()
    return labels
  }

  // MARK: Operands

  private mutating func operand() throws(PromQLError) -> Expression {
    let start = current.start
    if current.kind == .operation(.subtract) || current.kind == .operation(.add) {
      let isNegative = current.kind == .operation(.subtract)
      try advance()
      // A sign binds as tightly as a multiplication: -2^2 is -(2^2).
      let inner = try expression(minimum: 6)
      let position = start..<inner.position.upperBound
      if case .number(let value) = inner.form { return Expression(.number(isNegative ? -value : value), at: position) }
      return Expression(.negation(inner), at: position, isPlus: !isNegative)
    }
    var expression = try primary()
    while true {
      switch current.kind {
      case .leftBracket: expression = try range(of: expression)
      case .keyword(.offset): expression = try offset(expression)
      case .at: expression = try fixed(expression)
      default: return expression
      }
    }
  }

  private mutating func primary() throws(PromQLError) -> Expression {
    let token = current
    switch token.kind {
    case .number:
      try advance()
      return Expression(.number(try number(token)), at: token.start..<token.end)
    case .string:
      try advance()
      return Expression(.string(unquoted(token.text)), at: token.start..<token.end)
    case .leftParenthesis:
      try advance()
      let inner = try expression(minimum: 1)
      try take(.rightParenthesis)
      return Expression(.parenthesized(inner), at: token.start..<lastClosing)
    case .leftBrace: return try selector(named: nil, from: token.start)
    case .aggregator(let aggregator):
      try advance()
      switch current.kind {
      case .leftParenthesis, .keyword(.by), .keyword(.without): return try aggregation(aggregator, token)
      default: return try selector(named: token, from: token.start)
      }
    case .identifier:
      try advance()
      return current.kind == .leftParenthesis ? try call(token) : try selector(named: token, from: token.start)
    case .metricIdentifier, .operation(.and), .operation(.or), .operation(.unless), .keyword(.by), .keyword(.offset),
      .keyword(.without), .keyword(.start), .keyword(.end):
      try advance()
      return try selector(named: token, from: token.start)
    default: throw unexpected()
    }
  }

  private func number(_ token: Token) throws(PromQLError) -> Double {
    switch token.text.lowercased() {
    case "inf": return .infinity
    case "nan": return .nan
    default: break
    }
    if let value = Self.number(token.text) { return value }
    throw error(
      "error parsing number: strconv.ParseFloat: parsing \(quotedText(token.text)): invalid syntax", at: token.start)
  }

  /// A number as Go reads one: whole numbers may be hexadecimal or, with a leading zero, octal.
  private static func number(_ text: String) -> Double? {
    let lower = text.lowercased()
    if lower.hasPrefix("0x") { return Int64(lower.dropFirst(2), radix: 16).map { Double($0) } }
    if lower.count > 1, lower.hasPrefix("0"), let octal = Int64(lower.dropFirst(), radix: 8) { return Double(octal) }
    return Double(
      lower.hasPrefix(".") ? "0" + lower : lower.hasSuffix(".") ? lower + "0" : lower.replacing(".e", with: ".0e"))
  }

  // MARK: Selectors

  private mutating func selector(named name: Token?, from start: Int) throws(PromQLError) -> Expression {
    var matchers: [LabelMatcher] = []
    var end = name?.end ?? start
    if current.kind == .leftBrace {
      matchers = try labelMatchers()
      end = lastClosing
    }
    if let name {
      let matcher = LabelMatcher(Labels.metricName, .equal, name.text)
      if let other = matchers.first(where: { $0.name == Labels.metricName }) {
        throw error(
          "metric name must not be set twice: \(quotedText(name.text)) or \(quotedText(other.value))", at: start)
      }
      matchers.insert(matcher, at: 0)
    }
    return Expression(.selector(Expression.Selector(name: name?.text ?? "", matchers: matchers)), at: start..<end)
  }

  private mutating func labelMatchers() throws(PromQLError) -> [LabelMatcher] {
    try advance()
    var matchers: [LabelMatcher] = []
    while current.kind != .rightBrace {
      guard current.kind == .identifier else { throw unexpected("label matching", expected: "identifier or \"}\"") }
      let name = current
      try advance()
      let operation: LabelMatcher.Operation
      switch current.kind {
      case .assign: operation = .equal
      case .operation(.notEqual): operation = .notEqual
      case .matches: operation = .matches
      case .doesNotMatch: operation = .doesNotMatch
      default: throw unexpected("label matching", expected: "label matching operator")
      }
      try advance()
      guard current.kind == .string else { throw unexpected("label matching", expected: "string") }
      let matcher = LabelMatcher(name.text, operation, unquoted(current.text))
      if operation == .matches || operation == .doesNotMatch {
        do throws(PromQLError) { _ = try LabelPattern(matcher.value) } catch {
          throw self.error(error.message, at: name.start)
        }
      }
      matchers.append(matcher)
      try advance()
      if current.kind == .rightBrace { break }
      guard current.kind == .comma else { throw unexpected("label matching", expected: "\",\" or \"}\"") }
      try advance()
    }
    try advance()
    return matchers
  }

  // MARK: Calls and aggregations

  private mutating func call(_ name: Token) throws(PromQLError) -> Expression {
    let arguments = try arguments()
    guard let function = PromQLFunction(rawValue: name.text) else {
      throw error("unknown function with name \(quotedText(name.text))", at: name.start)
    }
    return Expression(.call(Expression.Call(function, arguments)), at: name.start..<lastClosing)
  }

  private mutating func arguments() throws(PromQLError) -> [Expression] {
    try take(.leftParenthesis)
    var arguments: [Expression] = []
    while current.kind != .rightParenthesis {
      arguments.append(try expression(minimum: 1))
      guard current.kind == .comma else { break }
      let comma = current
      try advance()
      if current.kind == .rightParenthesis {
        throw error("trailing commas not allowed in function call args", at: comma.start)
      }
    }
    try take(.rightParenthesis)
    return arguments
  }

  private mutating func aggregation(_ aggregator: Expression.Aggregator, _ name: Token) throws(PromQLError)
    -> Expression
  {
    aggregationDepth += 1
    var modifier = try aggregationModifier()
    guard current.kind == .leftParenthesis else { throw unexpected() }
    let arguments = try arguments()
    aggregationDepth -= 1
    if modifier == nil { modifier = try aggregationModifier() }
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

  private mutating func aggregationModifier() throws(PromQLError) -> (labels: [String], isWithout: Bool)? {
    guard current.kind == .keyword(.by) || current.kind == .keyword(.without) else { return nil }
    let isWithout = current.kind == .keyword(.without)
    try advance()
    return (try groupingLabels(), isWithout)
  }
}

// What follows an operand: ranges, offsets and fixed times.
extension ExpressionParser {
  private mutating func range(of inner: Expression) throws(PromQLError) -> Expression {
    let bracket = current
    let range = try lexer.rangeDuration()
    lastClosing = range.end
    current = try lexer.next()
    let length = try milliseconds(range)
    if current.kind == .rightBracket {
      try advance()
      guard case .selector(let selector) = inner.form else {
        throw error("ranges only allowed for vector selectors", at: bracket.start)
      }
      if selector.shift.offset != 0 { throw error("no offset modifiers allowed before range", at: bracket.start) }
      if case .timestamp = selector.shift.at { throw error("no @ modifiers allowed before range", at: bracket.start) }
      return Expression(.matrix(selector, range: length), at: inner.position.lowerBound..<lastClosing)
    }
    guard current.kind == .colon else { throw unexpected("subquery or range", expected: "\":\" or \"]\"") }
    try advance()
    var step: Int64?
    if current.kind == .duration {
      step = try milliseconds(current)
      try advance()
      guard current.kind == .rightBracket else { throw unexpected("subquery selector", expected: "\"]\"") }
    }
    guard current.kind == .rightBracket else { throw unexpected("subquery selector", expected: "duration or \"]\"") }
    try advance()
    return Expression(
      .subquery(Expression.Subquery(inner, range: length, step: step)), at: inner.position.lowerBound..<lastClosing)
  }

  private func milliseconds(_ token: Token) throws(PromQLError) -> Int64 {
    guard let value = prometheusDuration(token.text) else {
      throw error("not a valid duration string: \(quotedText(token.text))", at: token.start)
    }
    guard value > 0 else { throw error("duration must be greater than 0", at: token.start) }
    return value
  }

  private mutating func offset(_ inner: Expression) throws(PromQLError) -> Expression {
    try advance()
    let isNegative = current.kind == .operation(.subtract)
    if isNegative { try advance() }
    guard current.kind == .duration else { throw unexpected("offset", expected: "duration") }
    let value = try milliseconds(current)
    try advance()
    return try shifting(inner, "offset modifier") { shift throws(PromQLError) in
      guard shift.offset == 0 else { throw PromQLError("offset may not be set multiple times") }
      shift.offset = isNegative ? -value : value
    }
  }

  private mutating func fixed(_ inner: Expression) throws(PromQLError) -> Expression {
    try advance()
    var sign = 1.0
    var anchor: Expression.Shift.Anchor?
    if current.kind == .operation(.subtract) || current.kind == .operation(.add) {
      sign = current.kind == .operation(.subtract) ? -1 : 1
      try advance()
      guard current.kind == .number else { throw unexpected("@", expected: "timestamp") }
    }
    switch current.kind {
    case .number:
      let value = sign * (try number(current))
      try advance()
      if value.isFinite, abs(value) < 9.2e15 { anchor = .timestamp(Int64((value * 1000).rounded())) }
      guard anchor != nil else {
        throw error(
          "timestamp out of bounds for @ modifier: \(fixedText(value, places: 6))", at: inner.position.lowerBound)
      }
    case .keyword(.start), .keyword(.end):
      anchor = current.kind == .keyword(.start) ? .start : .end
      try advance()
      for kind in [Token.Kind.leftParenthesis, .rightParenthesis] {
        guard current.kind == kind else { throw unexpected("@", expected: "timestamp") }
        try advance()
      }
    default: throw unexpected("@", expected: "timestamp")
    }
    return try shifting(inner, "@ modifier") { shift throws(PromQLError) in
      guard shift.at == nil else { throw PromQLError("@ <timestamp> may not be set multiple times") }
      shift.at = anchor
    }
  }

  private func shifting(
    _ inner: Expression, _ what: String, _ change: (inout Expression.Shift) throws(PromQLError) -> Void
  ) throws(PromQLError) -> Expression {
    let start = inner.position.lowerBound
    var result = inner
    result.position = start..<max(inner.position.upperBound, lastClosing)
    do throws(PromQLError) {
      switch inner.form {
      case .selector(var selector):
        try change(&selector.shift)
        result.form = .selector(selector)
      case .matrix(var selector, let range):
        try change(&selector.shift)
        result.form = .matrix(selector, range: range)
      case .subquery(var subquery):
        try change(&subquery.shift)
        result.form = .subquery(subquery)
      default:
        throw PromQLError(
          "\(what) must be preceded by an instant vector selector or range vector selector or a subquery")
      }
    } catch { throw self.error(error.message, at: start) }
    return result
  }
}

extension Token {
  /// Whether it can be a label's name in a grouping: names, and all that only is special elsewhere.
  fileprivate var isWord: Bool {
    switch kind {
    case .identifier, .metricIdentifier, .keyword, .aggregator: true
    case .operation(.and), .operation(.or), .operation(.unless), .operation(.atan2): true
    default: false
    }
  }
}

/// The text of a string in quotes, whose escapes the lexer has checked: Go's, and none between back-quotes.
func unquoted(_ text: String) -> String {
  guard !text.hasPrefix("`") else { return String(text.dropFirst().dropLast()) }
  var bytes: [UInt8] = []
  var rest = Array(text.utf8.dropFirst().dropLast())[...]
  func number(_ count: Int, radix: Int) -> UInt32 {
    defer { rest = rest.dropFirst(count) }
    return UInt32(String(decoding: rest.prefix(count), as: UTF8.self), radix: radix) ?? 0xfffd
  }
  let simple: [UInt8: UInt8] = [97: 7, 98: 8, 102: 12, 110: 10, 114: 13, 116: 9, 118: 11]
  while let byte = rest.popFirst() {
    guard byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() else {
      bytes.append(byte)
      continue
    }
    switch escaped {
    case UInt8(ascii: "x"): bytes.append(UInt8(truncatingIfNeeded: number(2, radix: 16)))
    case UInt8(ascii: "u"), UInt8(ascii: "U"):
      let scalar = UnicodeScalar(number(escaped == UInt8(ascii: "u") ? 4 : 8, radix: 16)) ?? "\u{fffd}"
      bytes.append(contentsOf: String(Character(scalar)).utf8)
    case UInt8(ascii: "0")...UInt8(ascii: "7"):
      rest = [escaped] + rest
      bytes.append(UInt8(truncatingIfNeeded: number(3, radix: 8)))
    default: bytes.append(simple[escaped] ?? escaped)
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}

/// A duration in Prometheus' form, `1h30m`, in milliseconds: units from the greatest to the smallest, each at most once
/// (`model.ParseDuration`). `nil` for other text.
package func prometheusDuration(_ text: String) -> Int64? {
  let units: [(name: String, milliseconds: Int64)] = [
    ("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000),
    ("ms", 1),
  ]
  if text == "0" { return 0 }
  guard !text.isEmpty else { return nil }
  var rest = Substring(text)
  var sum: Int64 = 0
  var next = 0
  while !rest.isEmpty {
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    let unit = rest[digits.endIndex...].prefix { !($0.isASCII && $0.isNumber) }
    guard let count = Int64(digits), let index = units[next...].firstIndex(where: { $0.name == unit }) else {
      return nil
    }
    let (product, overflow) = count.multipliedReportingOverflow(by: units[index].milliseconds)
    let (total, tooLarge) = sum.addingReportingOverflow(product)
    guard !overflow, !tooLarge else { return nil }
    sum = total
    next = index + 1
    rest = rest[unit.endIndex...]
  }
  return sum
}
