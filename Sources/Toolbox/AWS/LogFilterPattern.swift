import Documents

/// A filter pattern of CloudWatch Logs (user guide, "Filter pattern syntax"): terms, of which all must occur, `?` terms, of which one
/// must, `-` terms, of which none may; or for JSON `{ $.level = "error" && $.tries > 2 }`. Regular expressions and patterns for
/// space-delimited fields are left out.
struct LogFilterPattern {
  private enum Matcher {
    case terms(all: [String], any: [String], none: [String])
    case json(any: [[Condition]])
  }

  private struct Condition {
    var path: [String]
    var comparison: String
    var value: String
  }

  private let matcher: Matcher

  /// `nil` for a pattern that is malformed.
  init?(_ text: String) {
    let trimmed = text.trimming(" ")
    if trimmed.hasPrefix("{") {
      guard trimmed.hasSuffix("}"), let any = Self.conditions(String(trimmed.dropFirst().dropLast())) else {
        return nil
      }
      matcher = .json(any: any)
      return
    }
    guard !trimmed.hasPrefix("["), let words = Self.words(trimmed) else { return nil }
    var (all, any, none): ([String], [String], [String]) = ([], [], [])
    for word in words {
      switch word.sign {
      case "?": any.append(word.text)
      case "-": none.append(word.text)
      default: all.append(word.text)
      }
    }
    matcher = .terms(all: all, any: any, none: none)
  }

  func matches(_ message: String) -> Bool {
    switch matcher {
    case .terms(let all, let any, let none):
      return all.allSatisfy(message.contains) && (any.isEmpty || any.contains { message.contains($0) })
        && !none.contains { message.contains($0) }
    case .json(let any):
      guard let value = try? parseJSON(Array(message.utf8)) else { return false }
      return any.contains { $0.allSatisfy { Self.holds($0, in: value) } }
    }
  }

  // MARK: Terms

  private static func words(_ text: String) -> [(sign: Character?, text: String)]? {
    var result: [(Character?, String)] = []
    var rest = text[...]
    while let first = rest.first {
      if first == " " {
        rest.removeFirst()
        continue
      }
      var sign: Character?
      if first == "?" || first == "-" { sign = rest.removeFirst() }
      if rest.first == "\"" {
        rest.removeFirst()
        guard let end = rest.firstIndex(of: "\"") else { return nil }
        result.append((sign, String(rest[..<end])))
        rest = rest[rest.index(after: end)...]
      } else {
        let word = rest.prefix { $0 != " " }
        guard !word.isEmpty else { return nil }
        // Other signs than letters, digits and underscores must be quoted.
        guard word.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) else { return nil }
        result.append((sign, String(word)))
        rest = rest.dropFirst(word.count)
      }
    }
    return result
  }

  // MARK: JSON

  /// Alternatives, of conditions that must hold together.
  private static func conditions(_ text: String) -> [[Condition]]? {
    var result: [[Condition]] = []
    for alternative in text.split(separator: "||") {
      var conditions: [Condition] = []
      for part in alternative.split(separator: "&&") {
        guard let condition = condition(String(part).trimming(" ").trimmingParentheses) else { return nil }
        conditions.append(condition)
      }
      result.append(conditions)
    }
    return result.isEmpty ? nil : result
  }

  private static func condition(_ text: String) -> Condition? {
    guard text.hasPrefix("$.") else { return nil }
    let path = text.dropFirst(2).prefix { $0.isLetter || $0.isNumber || "_.-".contains($0) }
    let rest = String(text.dropFirst(2 + path.count)).trimming(" ")
    guard let comparison = ["!=", ">=", "<=", "=", ">", "<"].first(where: rest.hasPrefix), !path.isEmpty else {
      return nil
    }
    let value = String(rest.dropFirst(comparison.count)).trimming(" ")
    guard !value.isEmpty else { return nil }
    return Condition(path: path.split(separator: ".").map(String.init), comparison: comparison, value: value)
  }

  private static func holds(_ condition: Condition, in value: JSONValue) -> Bool {
    var found: JSONValue? = value
    for key in condition.path { found = found?[key] }
    guard let found else { return false }
    if let number = found.number, let wanted = Double(condition.value) {
      return switch condition.comparison {
      case "=": number == wanted
      case "!=": number != wanted
      case ">": number > wanted
      case "<": number < wanted
      case ">=": number >= wanted
      default: number <= wanted
      }
    }
    let wanted = condition.value.trimming("\"")
    let text = found.string ?? found.jsonText()
    let isEqual = wanted.contains("*") ? matches(wanted, text) : wanted == text
    return condition.comparison == "=" ? isEqual : condition.comparison == "!=" && !isEqual
  }

  /// `*` stands for any text.
  private static func matches(_ pattern: String, _ text: String) -> Bool {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false).map(String.init)
    guard text.hasPrefix(parts[0]), text.hasSuffix(parts[parts.count - 1]) else { return false }
    var rest = text[...]
    for part in parts where !part.isEmpty {
      guard let range = rest.firstRange(of: part) else { return false }
      rest = rest[range.upperBound...]
    }
    return true
  }
}

extension String {
  fileprivate func trimming(_ sign: Character) -> String {
    var rest = self[...]
    while rest.first == sign { rest.removeFirst() }
    while rest.last == sign { rest.removeLast() }
    return String(rest)
  }

  fileprivate var trimmingParentheses: String {
    hasPrefix("(") && hasSuffix(")") ? String(dropFirst().dropLast()).trimming(" ") : self
  }
}
