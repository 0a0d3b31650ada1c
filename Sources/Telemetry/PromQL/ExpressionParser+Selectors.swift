// Selectors and the names of labels.
extension ExpressionParser {
  mutating func selector(named name: Token?, from start: Int) throws(PromQLError) -> Expression {
    var matchers: [LabelMatcher] = []
    var end = name?.end ?? start
    if current.kind == .leftBrace {
      matchers = try labelMatchers()
      end = lastClosing
    }
    if let name {
      matchers.insert(LabelMatcher(Labels.metricName, .equal, name.text), at: 0)
    }
    return Expression(.selector(Expression.Selector(name: name?.text ?? "", matchers: matchers)), at: start..<end)
  }

  mutating func labelMatchers() throws(PromQLError) -> [LabelMatcher] {
    advance()
    var matchers: [LabelMatcher] = []
    while current.kind != .rightBrace {
      guard current.kind == .identifier else { throw unexpected("label matching", expected: "identifier or \"}\"") }
      let name = current
      advance()
      let operation: LabelMatcher.Operation
      switch current.kind {
      case .assign: operation = .equal
      case .operation(.notEqual): operation = .notEqual
      case .matches: operation = .matches
      case .doesNotMatch: operation = .doesNotMatch
      default: throw unexpected("label matching", expected: "label matching operator")
      }
      advance()
      guard current.kind == .string else { throw unexpected("label matching", expected: "string") }
      let matcher = LabelMatcher(name.text, operation, unquoted(current.text))
      if operation == .matches || operation == .doesNotMatch {
        do throws(PromQLError) { _ = try LabelPattern(matcher.value) } catch {
          throw self.error(error.message, at: name.start)
        }
      }
      matchers.append(matcher)
      advance()
      if current.kind == .rightBrace { break }
      guard current.kind == .comma else { throw unexpected("label matching", expected: "\",\" or \"}\"") }
      advance()
    }
    advance()
    return matchers
  }

  mutating func groupingLabels() throws(PromQLError) -> [String] {
    guard current.kind == .leftParenthesis else { throw unexpected("grouping opts", expected: "\"(\"") }
    advance()
    var labels: [String] = []
    if current.kind != .rightParenthesis {
      while true {
        guard current.isWord, isLabelName(current.text) else { throw unexpected("grouping opts", expected: "label") }
        labels.append(current.text)
        advance()
        if current.kind == .rightParenthesis { break }
        guard current.kind == .comma else { throw unexpected("grouping opts", expected: "\",\" or \")\"") }
        advance()
        if current.kind == .rightParenthesis { break }
      }
    }
    advance()
    return labels
  }
}
