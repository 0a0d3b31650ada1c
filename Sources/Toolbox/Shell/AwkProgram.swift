/// An awk program of rules that print (POSIX.1-2024, awk): conditions over fields, `NR` and `NF`; `print` of fields, strings and
/// their concatenations.
struct AwkProgram {
  /// What of the program is not taken.
  struct Mistake: Error { var construct: String }

  private indirect enum Value {
    case field(Value)
    case lineNumber, fieldCount
    case text(String)
    case number(Double)
    case joined([Value])
  }

  private indirect enum Condition {
    case matches(Value?, RegularExpression, isNegated: Bool)
    case compare(Value, String, Value)
    case both(Condition, Condition)
    case either(Condition, Condition)
    case truth(Value)
  }

  private struct Rule {
    var condition: Condition?
    /// What each `print` prints; `nil` for a rule without an action.
    var prints: [[Value]]?
  }

  private var rules: [Rule] = []
  private let separator: String?
  private var rest: ArraySlice<Character>

  init(_ text: String, separator: String?) throws(Mistake) {
    self.separator = separator.map { $0 == "\\t" ? "\t" : $0 }
    rest = Array(text)[...]
    while true {
      skipBlanks(";\n")
      guard !rest.isEmpty else { break }
      rules.append(try rule())
    }
  }

  // MARK: Running

  func run(_ line: String, number: Int) -> String {
    let record = Record(line: line, fields: split(line), number: number)
    var output = ""
    for rule in rules where rule.condition.map({ holds($0, record) }) ?? true {
      guard let prints = rule.prints else {
        output += line + "\n"
        continue
      }
      for values in prints {
        output += (values.isEmpty ? line : values.map { text($0, record) }.joined(separator: " ")) + "\n"
      }
    }
    return output
  }

  private struct Record {
    var line: String
    var fields: [String]
    var number: Int
  }

  private func split(_ line: String) -> [String] {
    guard let separator, separator != " " else {
      return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
    }
    if separator.count == 1 {
      return line.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
    guard let expression = try? RegularExpression(separator) else { return [line] }
    let bytes = Array(line.utf8)
    var (fields, position): ([String], Int) = ([], 0)
    for match in expression.allMatches(in: bytes) {
      guard let whole = match[0], !whole.isEmpty else { continue }
      fields.append(String(decoding: bytes[position..<whole.lowerBound], as: UTF8.self))
      position = whole.upperBound
    }
    return fields + [String(decoding: bytes[position...], as: UTF8.self)]
  }

  private func text(_ value: Value, _ record: Record) -> String {
    switch value {
    case .field(let index):
      let number = Int(Double(text(index, record)) ?? 0)
      return number == 0 ? record.line : record.fields.indices.contains(number - 1) ? record.fields[number - 1] : ""
    case .lineNumber: return "\(record.number)"
    case .fieldCount: return "\(record.fields.count)"
    case .text(let text): return text
    case .number(let number): return number == number.rounded() ? "\(Int(number))" : "\(number)"
    case .joined(let values): return values.map { text($0, record) }.joined()
    }
  }

  private func holds(_ condition: Condition, _ record: Record) -> Bool {
    switch condition {
    case .matches(let value, let expression, let isNegated):
      return expression.matches(value.map { text($0, record) } ?? record.line) != isNegated
    case .compare(let left, let operation, let right):
      return Self.compare(
        text(left, record), operation, text(right, record), isText: Self.isText(left) || Self.isText(right))
    case .both(let left, let right): return holds(left, record) && holds(right, record)
    case .either(let left, let right): return holds(left, record) || holds(right, record)
    case .truth(let value):
      let text = text(value, record)
      return Double(text).map { $0 != 0 } ?? !text.isEmpty
    }
  }

  private static func isText(_ value: Value) -> Bool { if case .text = value { true } else { false } }

  private static func compare(_ left: String, _ operation: String, _ right: String, isText: Bool) -> Bool {
    let order: Int
    if !isText, let a = Double(left), let b = Double(right) {
      order = a < b ? -1 : a > b ? 1 : 0
    } else {
      order = left < right ? -1 : left > right ? 1 : 0
    }
    switch operation {
    case "==": return order == 0
    case "!=": return order != 0
    case "<": return order < 0
    case "<=": return order <= 0
    case ">": return order > 0
    default: return order >= 0
    }
  }

  // MARK: Reading

  private mutating func skipBlanks(_ more: String = "") {
    rest = rest.drop { $0 == " " || $0 == "\t" || more.contains($0) }
  }

  private mutating func take(_ text: String) -> Bool {
    guard rest.starts(with: Array(text)) else { return false }
    rest = rest.dropFirst(text.count)
    return true
  }

  private var found: String { String(rest.prefix { !$0.isWhitespace }) }

  private mutating func rule() throws(Mistake) -> Rule {
    var rule = Rule()
    skipBlanks()
    if rest.first != "{" { rule.condition = try condition() }
    skipBlanks()
    guard take("{") else { return rule }
    var prints: [[Value]] = []
    while true {
      skipBlanks(";\n")
      if take("}") { break }
      guard take("print"), rest.first.map({ !$0.isLetter }) ?? false else { throw Mistake(construct: found) }
      prints.append(try printed())
    }
    rule.prints = prints
    return rule
  }

  private mutating func printed() throws(Mistake) -> [Value] {
    var values: [Value] = []
    while true {
      skipBlanks()
      guard let next = rest.first else { throw Mistake(construct: "{ without }") }
      if ";}\n".contains(next) { return values }
      values.append(try concatenation())
      skipBlanks()
      if !take(",") { continue }
    }
  }

  private mutating func concatenation() throws(Mistake) -> Value {
    var parts: [Value] = []
    while true {
      skipBlanks()
      guard let next = rest.first, next == "$" || next == "\"" || next.isNumber || next == "N" else { break }
      parts.append(try value())
    }
    guard !parts.isEmpty else { throw Mistake(construct: found) }
    return parts.count == 1 ? parts[0] : .joined(parts)
  }

  private mutating func value() throws(Mistake) -> Value {
    if take("NR") { return .lineNumber }
    if take("NF") { return .fieldCount }
    if take("$") {
      if take("(") {
        let inner = try value()
        guard take(")") else { throw Mistake(construct: found) }
        return .field(inner)
      }
      return .field(try value())
    }
    if take("\"") {
      var text = ""
      while let character = rest.popFirst(), character != "\"" {
        text.append(character)
        if character == "\\", let next = rest.popFirst() { text.append(next) }
      }
      return .text(ShellBuiltin.unescaped(text))
    }
    let digits = rest.prefix { $0.isNumber || $0 == "." }
    guard let number = Double(String(digits)) else { throw Mistake(construct: found) }
    rest = rest.dropFirst(digits.count)
    return .number(number)
  }

  private mutating func condition() throws(Mistake) -> Condition {
    var left = try comparison()
    while true {
      skipBlanks()
      if take("&&") {
        left = .both(left, try comparison())
      } else if take("||") {
        left = .either(left, try comparison())
      } else {
        return left
      }
    }
  }

  private mutating func comparison() throws(Mistake) -> Condition {
    skipBlanks()
    if rest.first == "/" { return .matches(nil, try expression(), isNegated: false) }
    if rest.first == "!", rest.dropFirst().first == "/" {
      rest = rest.dropFirst()
      return .matches(nil, try expression(), isNegated: true)
    }
    let left = try value()
    skipBlanks()
    for operation in ["==", "!=", "<=", ">=", "<", ">"] where take(operation) {
      skipBlanks()
      return .compare(left, operation, try value())
    }
    for (operation, isNegated) in [("!~", true), ("~", false)] where take(operation) {
      skipBlanks()
      return .matches(left, try expression(), isNegated: isNegated)
    }
    return .truth(left)
  }

  private mutating func expression() throws(Mistake) -> RegularExpression {
    let end: Character = rest.first == "\"" ? "\"" : "/"
    guard take(String(end)) else { throw Mistake(construct: found) }
    var text = ""
    while let character = rest.popFirst(), character != end {
      if character == "\\", rest.first == end {
        text.append(end)
        rest = rest.dropFirst()
      } else {
        text.append(character)
      }
    }
    do throws(RegularExpression.Mistake) { return try RegularExpression(text) } catch {
      throw Mistake(construct: "/\(text)/")
    }
  }
}
