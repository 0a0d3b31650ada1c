/// A word of an expression.
struct Token {
  enum Kind: Equatable {
    case end
    /// What cannot be read. It is an error only where no rule has found another one before it.
    case malformed(PromQLError)
    case identifier
    /// A name with a colon, which only recording rules make.
    case metricIdentifier
    case keyword(Keyword)
    case aggregator(Expression.Aggregator)
    case number
    case duration
    case string
    /// An operator of expressions.
    case operation(Expression.BinaryOperator)
    case at
    case assign, matches, doesNotMatch
    case leftParenthesis, rightParenthesis, leftBrace, rightBrace, leftBracket, rightBracket, comma, colon
  }

  enum Keyword: String, CaseIterable {
    case bool, by, on, offset, without, ignoring, start, end
    case groupLeft = "group_left"
    case groupRight = "group_right"
  }

  var kind: Kind
  var text: String
  /// UTF-8 offset.
  var start: Int

  var end: Int { start + text.utf8.count }

  /// How Prometheus names the word in errors (`promql/parser/lex.go`, `Item.desc`).
  var description: String {
    switch kind {
    case .end: "end of input"
    case .identifier: "identifier \(Expression.quoted(text))"
    case .metricIdentifier: "metric identifier \(Expression.quoted(text))"
    case .number: "number \(shortened)"
    case .duration: "duration \(shortened)"
    case .string: "string \(shortened)"
    case .keyword(.start), .keyword(.end): Expression.quoted(text)
    case .keyword: "<\(text)>"
    case .aggregator: "<aggr:\(text)>"
    // Upstream has no name for this one and prints its number in the grammar.
    case .at: "\"<Item 57385>\" <op:@>"
    case .operation, .matches, .doesNotMatch: "<op:\(text)>"
    default: Expression.quoted(text)
    }
  }

  var shortened: String {
    guard text.utf8.count > 10 else { return Expression.quoted(text) }
    return Expression.quoted(String(String.UnicodeScalarView(text.unicodeScalars.prefix(10)))) + "..."
  }
}

extension Token {
  /// Whether an operand can begin with it.
  var startsExpression: Bool {
    switch kind {
    case .number, .string, .identifier, .metricIdentifier, .aggregator, .leftParenthesis, .leftBrace: true
    case .operation(let operation): [.add, .subtract, .and, .or, .unless].contains(operation)
    case .keyword(let keyword): [.by, .offset, .without, .start, .end].contains(keyword)
    default: false
    }
  }

  /// Whether it can be a label's name in a grouping: names, and all that only is special elsewhere.
  var isWord: Bool {
    switch kind {
    case .keyword(.without): false
    case .identifier, .metricIdentifier, .keyword, .aggregator: true
    case .operation(.and), .operation(.or), .operation(.unless), .operation(.atan2): true
    default: false
    }
  }
}
