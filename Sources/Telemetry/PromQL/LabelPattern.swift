/// The regular expression of a label matcher, or of `label_replace`: it must match the whole value.
package struct LabelPattern: Sendable {
  private let pattern: RelabelPattern

  /// - Throws: Go's words for a malformed expression.
  package init(_ text: String) throws(PromQLError) {
    guard let pattern = RelabelPattern(text) else { throw PromQLError(Self.complaint(text)) }
    self.pattern = pattern
  }

  package func matches(_ value: String) -> Bool { pattern.matches(value) }

  /// The template with the groups filled in (Go's `regexp.Expand`); `nil` when the value does not match.
  package func expand(_ template: String, in value: String) -> String? { pattern.expand(template, matching: value) }

  /// What Go's `regexp/syntax` says about the common mistakes.
  private static func complaint(_ text: String) -> String {
    let whole = "^(?:\(text))$"
    let prefix = "error parsing regexp: "
    var depth = 0
    var isInClass = false
    var isEscaped = false
    var canRepeat = false
    for (index, character) in text.enumerated() {
      if isEscaped {
        isEscaped = false
        canRepeat = true
        continue
      }
      switch character {
      case "\\": isEscaped = true
      case "[" where !isInClass: isInClass = true
      case "]" where isInClass:
        isInClass = false
        canRepeat = true
      case _ where isInClass: break
      case "(":
        depth += 1
        canRepeat = false
      case ")":
        depth -= 1
        if depth < 0 { return prefix + "unexpected ): `\(whole)`" }
        canRepeat = true
      case "*", "+", "?":
        let operators = text.dropFirst(index).prefix { "*+?".contains($0) }
        if !canRepeat { return prefix + "missing argument to repetition operator: `\(character)`" }
        if operators.count > 1, !operators.dropFirst().allSatisfy({ $0 == "?" }) {
          return prefix + "invalid nested repetition operator: `\(operators.prefix(2))`"
        }
      case "|": canRepeat = false
      default: canRepeat = true
      }
    }
    if isEscaped { return prefix + "unexpected ): `\(whole)`" }
    if isInClass, let start = text.lastIndex(of: "[") { return prefix + "missing closing ]: `\(text[start...]))$`" }
    if depth > 0 { return prefix + "missing closing ): `\(whole)`" }
    return prefix + "invalid syntax: `\(whole)`"
  }
}
