/// A regular expression in Perl's grammar, for whoever looks at what commands print.
package struct TextPattern: Sendable {
  private let expression: RegularExpression

  /// `nil` for a pattern that is none.
  package init?(_ pattern: String) {
    guard let expression = try? RegularExpression(pattern, .perl) else { return nil }
    self.expression = expression
  }

  /// The first group of the first match, or the whole match when the pattern has no group.
  package func firstMatch(in text: String) -> String? {
    guard let match = expression.firstMatch(in: text) else { return nil }
    return (match.count > 1 ? match[1] : nil) ?? match[0]
  }

  /// Whether the whole of a text matches.
  package func matchesWhole(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return expression.match(bytes).map { $0[0] == 0..<bytes.count } ?? false
  }
}
