import Documents

// What follows an operand: ranges, offsets and fixed times.
extension ExpressionParser {
  mutating func range(of inner: Expression) throws(PromQLError) -> Expression {
    let bracket = current
    advance()
    guard current.kind == .duration else { throw unexpected("subquery selector", expected: "duration") }
    let length = try milliseconds(current)
    advance()
    if current.kind == .rightBracket {
      advance()
      guard case .selector(let selector) = inner.form else {
        throw error("ranges only allowed for vector selectors", at: bracket.start)
      }
      if selector.shift.offset != 0 { throw error("no offset modifiers allowed before range", at: bracket.start) }
      if case .timestamp = selector.shift.at { throw error("no @ modifiers allowed before range", at: bracket.start) }
      return Expression(.matrix(selector, range: length), at: inner.position.lowerBound..<lastClosing)
    }
    guard current.kind == .colon else { throw unexpected("subquery or range", expected: "\":\" or \"]\"") }
    advance()
    var step: Int64?
    if current.kind == .duration {
      step = try milliseconds(current)
      advance()
      guard current.kind == .rightBracket else { throw unexpected("subquery selector", expected: "\"]\"") }
    }
    guard current.kind == .rightBracket else { throw unexpected("subquery selector", expected: "duration or \"]\"") }
    advance()
    return Expression(
      .subquery(Expression.Subquery(inner, range: length, step: step)), at: inner.position.lowerBound..<lastClosing)
  }

  func milliseconds(_ token: Token) throws(PromQLError) -> Int64 {
    do throws(PromQLError) {
      let value = try readDuration(token.text)
      guard value > 0 else { throw PromQLError("duration must be greater than 0") }
      return value
    } catch { throw self.error(error.message, at: token.start) }
  }

  mutating func offset(_ inner: Expression) throws(PromQLError) -> Expression {
    advance()
    let isNegative = current.kind == .operation(.subtract)
    if isNegative { advance() }
    guard current.kind == .duration else { throw unexpected("offset", expected: "duration") }
    let value = try milliseconds(current)
    advance()
    return try shifting(inner, "offset modifier") { shift throws(PromQLError) in
      guard shift.offset == 0 else { throw PromQLError("offset may not be set multiple times") }
      shift.offset = isNegative ? -value : value
    }
  }

  mutating func fixed(_ inner: Expression) throws(PromQLError) -> Expression {
    advance()
    var sign = 1.0
    var anchor: Expression.Shift.Anchor?
    if current.kind == .operation(.subtract) || current.kind == .operation(.add) {
      sign = current.kind == .operation(.subtract) ? -1 : 1
      advance()
      guard current.kind == .number else { throw unexpected("@", expected: "timestamp") }
    }
    switch current.kind {
    case .number:
      let value = sign * (try number(current))
      advance()
      if value.isFinite, abs(value) < 9.2e15 { anchor = .timestamp(Int64((value * 1000).rounded())) }
      guard anchor != nil else {
        throw error(
          "timestamp out of bounds for @ modifier: \(fixedText(value, places: 6))", at: inner.position.lowerBound)
      }
    case .keyword(.start), .keyword(.end):
      anchor = current.kind == .keyword(.start) ? .start : .end
      advance()
      for kind in [Token.Kind.leftParenthesis, .rightParenthesis] {
        guard current.kind == kind else { throw unexpected("@", expected: "timestamp") }
        advance()
      }
    default: throw unexpected("@", expected: "timestamp")
    }
    return try shifting(inner, "@ modifier") { shift throws(PromQLError) in
      guard shift.at == nil else { throw PromQLError("@ <timestamp> may not be set multiple times") }
      shift.at = anchor
    }
  }

  func shifting(
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
