import Documents

/// A template of `-o jsonpath` (client-go, `util/jsonpath`): text, `{expression}`, `{range …}…{end}` and `{"text"}`;
/// expressions of fields, `..field`, `[index]`, `[from:to:step]`, `[*]`, `['name']`, unions `[0,2]` and filters
/// `[?(@.field=="value")]`.
package struct JSONPath: Sendable {
  /// What is wrong with a template, in client-go's words.
  package struct SyntaxError: Error, Hashable { package let message: String }

  private indirect enum Part: Sendable {
    case text(String)
    case path([Step])
    case range([Step], [Part])
  }

  private enum Step: Sendable {
    case field(String)
    case index(Int)
    case slice(Int?, Int?, step: Int)
    case all
    /// `..`: the value and everything in it.
    case descend
    case union([Step])
    case filter(path: [Step], comparison: String, value: JSONValue?)
  }

  private let parts: [Part]

  /// Reads a template.
  package init(_ template: String) throws(SyntaxError) {
    var rest = template[...]
    parts = try Self.parse(&rest, isInRange: false)
  }

  /// Reads a relaxed path such as `.metadata.name` or `metadata.name`, as `--sort-by` and custom columns take it.
  package init(relaxed path: String) throws(SyntaxError) {
    if path.hasPrefix("{") {
      try self.init(path)
    } else {
      try self.init("{" + (path.hasPrefix(".") ? path : "." + path) + "}")
    }
  }

  /// The template's text for a value; what a path does not find is left out.
  package func text(_ value: JSONValue) -> String { Self.text(parts, value) }

  /// What the template's first path finds.
  package func values(_ value: JSONValue) -> [JSONValue] {
    for case .path(let steps) in parts { return Self.find(steps, value) }
    return []
  }

  private static func text(_ parts: [Part], _ value: JSONValue) -> String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .path(let steps): find(steps, value).map(plain).joined(separator: " ")
      case .range(let steps, let body): find(steps, value).map { text(body, $0) }.joined()
      }
    }.joined()
  }

  /// A value as it is printed: text as it is, anything else as JSON.
  package static func plain(_ value: JSONValue) -> String {
    value.string ?? value.jsonText(JSONLayout(sortsKeys: true))
  }

  private static func find(_ steps: [Step], _ value: JSONValue) -> [JSONValue] {
    var found = [value]
    for step in steps { found = found.flatMap { apply(step, $0) } }
    return found
  }

  private static func apply(_ step: Step, _ value: JSONValue) -> [JSONValue] {
    switch step {
    case .field(let name): return [value[name]].compactMap(\.self)
    case .index(let index):
      let count = value.array?.count ?? 0
      return [value[index < 0 ? count + index : index]].compactMap(\.self)
    case .slice(let from, let to, let step):
      guard let items = value.array else { return [] }
      func bound(_ index: Int) -> Int { min(max(0, index < 0 ? items.count + index : index), items.count) }
      let (start, end) = (bound(from ?? 0), bound(to ?? items.count))
      return stride(from: start, to: end, by: step).map { items[$0] }
    case .all: return value.array ?? value.object?.members.map(\.value) ?? []
    case .descend: return descendants(value)
    case .union(let steps): return steps.flatMap { apply($0, value) }
    case .filter(let path, let comparison, let wanted):
      return (value.array ?? []).filter { item in
        guard let found = find(path, item).first else { return false }
        return wanted.map { compare(found, comparison, $0) } ?? true
      }
    }
  }

  private static func descendants(_ value: JSONValue) -> [JSONValue] {
    [value] + (value.array ?? value.object?.members.map(\.value) ?? []).flatMap(descendants)
  }

  private static func compare(_ left: JSONValue, _ comparison: String, _ right: JSONValue) -> Bool {
    if comparison == "==" { return left == right }
    if comparison == "!=" { return left != right }
    guard let left = left.number, let right = right.number else { return false }
    switch comparison {
    case "<": return left < right
    case "<=": return left <= right
    case ">": return left > right
    default: return left >= right
    }
  }

  // MARK: Reading

  private static func parse(_ rest: inout Substring, isInRange: Bool) throws(SyntaxError) -> [Part] {
    var parts: [Part] = []
    while let open = rest.firstIndex(of: "{") {
      if open > rest.startIndex { parts.append(.text(String(rest[..<open]))) }
      rest = rest[rest.index(after: open)...]
      let body = try action(&rest)
      if body == "end" {
        guard isInRange else { throw SyntaxError(message: "not in range, nothing to end") }
        return parts
      } else if body.hasPrefix("range ") {
        let steps = try steps(Substring(body.dropFirst(6)))
        parts.append(.range(steps, try parse(&rest, isInRange: true)))
      } else if body.hasPrefix("\"") || body.hasPrefix("'") {
        let text = String(body.dropFirst().dropLast())
        parts.append(
          .text(text.replacing("\\n", with: "\n").replacing("\\t", with: "\t").replacing("\\\"", with: "\"")))
      } else {
        parts.append(.path(try steps(body[...])))
      }
    }
    if isInRange { throw SyntaxError(message: "unclosed range") }
    if !rest.isEmpty { parts.append(.text(String(rest))) }
    rest = ""
    return parts
  }

  /// The text up to the brace that closes an action.
  private static func action(_ rest: inout Substring) throws(SyntaxError) -> String {
    var quote: Character?
    for index in rest.indices {
      let character = rest[index]
      if quote != nil {
        if character == quote { quote = nil }
      } else if character == "\"" || character == "'" {
        quote = character
      } else if character == "}" {
        let body = rest[..<index]
        rest = rest[rest.index(after: index)...]
        return body.trimmingBlanks
      }
    }
    throw SyntaxError(message: "unclosed action")
  }

  private static func steps(_ text: Substring) throws(SyntaxError) -> [Step] {
    var rest = text.trimmingBlanks[...]
    if rest.first == "$" || rest.first == "@" { rest = rest.dropFirst() }
    var steps: [Step] = []
    while let first = rest.first {
      if first == "." {
        rest = rest.dropFirst()
        if rest.first == "." {
          rest = rest.dropFirst()
          steps.append(.descend)
          if rest.first == "[" { continue }
        }
        let name = fieldName(&rest)
        if name == "*" { steps.append(.all) } else if !name.isEmpty { steps.append(.field(name)) }
      } else if first == "[" {
        steps.append(try bracket(&rest))
      } else {
        throw SyntaxError(
          message:
            "unrecognized character in action: U+\(String(first.unicodeScalars.first!.value, radix: 16)) '\(first)'")
      }
    }
    return steps
  }

  /// A field's name; a backslash keeps a dot in it.
  private static func fieldName(_ rest: inout Substring) -> String {
    var name = ""
    while let character = rest.first, character != ".", character != "[" {
      rest = rest.dropFirst()
      if character == "\\", let kept = rest.popFirst() { name.append(kept) } else { name.append(character) }
    }
    return name
  }

  private static func bracket(_ rest: inout Substring) throws(SyntaxError) -> Step {
    guard let close = closingBracket(rest) else { throw SyntaxError(message: "unterminated array") }
    let body = rest[rest.index(after: rest.startIndex)..<close].trimmingBlanks
    rest = rest[rest.index(after: close)...]
    if body.hasPrefix("?(") { return try filter(body.dropFirst(2).dropLast()) }
    let items = body.split(separator: ",").map(\.trimmingBlanks)
    guard items.count > 1 else { return try element(body) }
    return .union(try items.map(element))
  }

  private static func element(_ body: String) throws(SyntaxError) -> Step {
    if body == "*" { return .all }
    if body.hasPrefix("'") || body.hasPrefix("\"") { return .field(String(body.dropFirst().dropLast())) }
    if body.contains(":") {
      let bounds = body.split(separator: ":", omittingEmptySubsequences: false)
      let step = bounds.count > 2 ? Int(bounds[2]) ?? 1 : 1
      guard step > 0 else { throw SyntaxError(message: "step must be > 0") }
      return .slice(Int(bounds[0]), Int(bounds[1]), step: step)
    }
    guard let index = Int(body) else { throw SyntaxError(message: "invalid array index \(body)") }
    return .index(index)
  }

  private static func closingBracket(_ text: Substring) -> Substring.Index? {
    var depth = 0
    for index in text.indices {
      if text[index] == "[" { depth += 1 }
      if text[index] == "]" { depth -= 1 }
      if depth == 0 { return index }
    }
    return nil
  }

  private static func filter(_ text: Substring) throws(SyntaxError) -> Step {
    for comparison in ["==", "!=", "<=", ">=", "<", ">"] {
      guard let range = text.firstRange(of: comparison) else { continue }
      let value = text[range.upperBound...].trimmingBlanks
      let isQuoted = value.hasPrefix("\"") || value.hasPrefix("'")
      let wanted: JSONValue =
        isQuoted ? .string(String(value.dropFirst().dropLast())) : (try? parseJSON(value)) ?? .string(value)
      return .filter(path: try steps(text[..<range.lowerBound]), comparison: comparison, value: wanted)
    }
    return .filter(path: try steps(text), comparison: "", value: nil)
  }
}

extension StringProtocol {
  /// Without blanks at both ends.
  package var trimmingBlanks: String {
    var text = Substring(self)
    while text.first?.isWhitespace == true { text = text.dropFirst() }
    while text.last?.isWhitespace == true { text = text.dropLast() }
    return String(text)
  }
}
