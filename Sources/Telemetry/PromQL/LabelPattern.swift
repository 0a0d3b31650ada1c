/// The regular expression of a label matcher, or of `label_replace`: it must match the whole value.
///
/// The syntax is Go's (`regexp/syntax`), which knows no look-around and no back-references; matching is PCRE2's.
package struct LabelPattern: Sendable {
  private let mechanism: Mechanism

  private enum Mechanism: Sendable {
    /// `a|b|c`: texts without any special character.
    case texts([String], RelabelPattern)
    case pattern(RelabelPattern)
  }

  /// - Throws: Go's words for a malformed expression: ``error parsing regexp: missing closing ): `^(?:()$` ``. Prometheus
  ///   puts the anchors around the expression before it reads it, so that they show.
  package init(_ text: String) throws(PromQLError) {
    var anchored = RegularExpressionSyntax("^(?:\(text))$")
    try anchored.check()
    // Upstream reads it a second time without the anchors: `)(` is well-formed only with them.
    var plain = RegularExpressionSyntax(text)
    try plain.check()
    guard let pattern = RelabelPattern(plain.escaped) else {
      throw PromQLError("error parsing regexp: invalid syntax: `^(?:\(text))$`")
    }
    let isPlain = !text.utf8.contains { "\\.+*?()[]{}^$".utf8.contains($0) }
    mechanism =
      isPlain
      ? .texts(text.split(separator: "|", omittingEmptySubsequences: false).map(String.init), pattern)
      : .pattern(pattern)
  }

  package func matches(_ value: String) -> Bool {
    switch mechanism {
    // By bytes: canonically equivalent texts are different labels.
    case .texts(let texts, _): texts.contains { $0.utf8.elementsEqual(value.utf8) }
    case .pattern(let pattern): pattern.matches(value)
    }
  }

  /// The template with the groups filled in, `$1`, `${1}`, `${name}` and `$$` (Go's `regexp.Expand`); `nil` when the value
  /// does not match.
  package func expand(_ template: String, in value: String) -> String? {
    switch mechanism {
    case .texts(_, let pattern), .pattern(let pattern): pattern.expand(template, matching: value)
    }
  }
}
