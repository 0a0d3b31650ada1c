import Documents

/// The words of a JMESPath expression.
enum JMESPathTokens {
  enum Token: Hashable, Sendable {
    case name(String)
    case quoted(String)
    case literal(JSONValue)
    case number(Int)
    case symbol(String)
    case end
  }

  /// Longer symbols first, so that none is read as the beginning of another.
  private static let symbols = [
    "[]", "[?", "||", "&&", "==", "!=", "<=", ">=", "[", "]", "{", "}", "(", ")", ".", ",", ":", "*", "|", "&", "!",
    "<", ">", "@",
  ]

  static func read(_ text: String) throws -> [(token: Token, at: Int)] {
    var tokens: [(token: Token, at: Int)] = []
    let characters = Array(text)
    var index = 0
    while index < characters.count {
      let begin = index
      let character = characters[index]
      if character.isWhitespace {
        index += 1
      } else if character.isLetter || character == "_" {
        while index < characters.count,
          characters[index].isLetter || characters[index].isNumber || characters[index] == "_"
        {
          index += 1
        }
        tokens.append((.name(String(characters[begin..<index])), begin))
      } else if character.isNumber || character == "-" {
        index += 1
        while index < characters.count, characters[index].isNumber { index += 1 }
        guard let number = Int(String(characters[begin..<index])) else { throw unknown("-", at: begin, text) }
        tokens.append((.number(number), begin))
      } else if "'\"`".contains(character) {
        tokens.append((try quoted(characters, &index, text), begin))
      } else if let symbol = symbols.first(where: { characters[index...].starts(with: $0) }) {
        index += symbol.count
        tokens.append((.symbol(symbol), begin))
      } else {
        throw unknown(character, at: begin, text)
      }
    }
    return tokens + [(.end, characters.count)]
  }

  /// `'raw'`, `"name"` or `` `JSON` ``, up to the next such mark that no backslash precedes.
  private static func quoted(_ characters: [Character], _ index: inout Int, _ text: String) throws -> Token {
    let (begin, mark) = (index, characters[index])
    var inner = ""
    index += 1
    while index < characters.count, characters[index] != mark {
      if characters[index] == "\\", index + 1 < characters.count {
        if characters[index + 1] != mark { inner.append("\\") }
        index += 1
      }
      inner.append(characters[index])
      index += 1
    }
    guard index < characters.count else {
      throw JMESPath.Failure(message: "Bad jmespath expression: Unclosed \(mark) delimiter:\n" + pointer(text, begin))
    }
    index += 1
    switch mark {
    case "'": return .literal(.string(inner))
    case "\"": return .quoted(inner)
    default:
      // A literal that is no JSON is a string, as older versions of the language had it.
      let blanks = inner.drop { $0 == " " }
      return .literal((try? parseJSON(inner)) ?? .string(String(blanks)))
    }
  }

  private static func unknown(_ character: Character, at index: Int, _ text: String) -> JMESPath.Failure {
    JMESPath.Failure(message: "Bad jmespath expression: Unknown token \(character):\n" + pointer(text, index))
  }

  /// The expression, and below it a mark under the place.
  static func pointer(_ text: String, _ index: Int) -> String {
    text + "\n" + String(repeating: " ", count: index) + "^"
  }
}

/// Reads an expression by operator precedence (jmespath.org, "Grammar").
struct JMESPathParser {
  private let tokens: [(token: JMESPathTokens.Token, at: Int)]
  private let text: String
  private var position = 0

  init(tokens: [(token: JMESPathTokens.Token, at: Int)], text: String) {
    self.tokens = tokens
    self.text = text
  }

  private typealias Expression = JMESPath.Expression

  private static let powers: [String: Int] = [
    "|": 1, "||": 2, "&&": 3, "==": 5, "!=": 5, "<": 5, ">": 5, "<=": 5, ">=": 5, "[]": 9, "*": 20, "[?": 21, ".": 40,
    "!": 45, "{": 50, "[": 55, "(": 60,
  ]

  /// What binds weaker ends a projection.
  private static let projectionEnd = 10

  private var token: JMESPathTokens.Token { tokens[position].token }
  private var power: Int {
    if case .symbol(let symbol) = token { return Self.powers[symbol] ?? 0 }
    return 0
  }

  mutating func whole() throws -> JMESPath.Expression {
    if token == .end { throw JMESPath.Failure(message: "Invalid jmespath expression: Expression is empty") }
    let expression = try expression(0)
    guard token == .end else { throw unexpected() }
    return expression
  }

  private mutating func expression(_ minimum: Int) throws -> JMESPath.Expression {
    var left = try prefix()
    while power > minimum { left = try infix(left) }
    return left
  }

  private mutating func advance() -> JMESPathTokens.Token {
    defer { position += 1 }
    return token
  }

  private mutating func take(_ symbol: String) -> Bool {
    guard token == .symbol(symbol) else { return false }
    position += 1
    return true
  }

  private mutating func require(_ symbol: String) throws {
    guard take(symbol) else { throw unexpected(instead: symbol) }
  }

  /// What is said about the token here.
  private func unexpected(instead expected: String? = nil) -> JMESPath.Failure {
    if token == .end {
      return JMESPath.Failure(
        message: "Invalid jmespath expression: Incomplete expression:\n"
          + JMESPathTokens.pointer("\"\(text)\"", text.count + 1))
    }
    let (word, kind) = Self.describe(token)
    let finding = expected.map { "Expecting: \(Self.kind($0)), got: \(kind)" } ?? "Unexpected token: \(word)"
    let column = tokens[position].at
    return JMESPath.Failure(
      message:
        "\(finding): Parse error at column \(column), token \"\(word)\" (\(kind.uppercased())), for expression:\n"
        + JMESPathTokens.pointer("\"\(text)\"", column + 1))
  }

  /// What the tokens are called in messages.
  private static let kinds: [String: String] = [
    "[": "lbracket", "]": "rbracket", "[]": "flatten", "[?": "filter", "{": "lbrace", "}": "rbrace", "(": "lparen",
    ")": "rparen", ".": "dot", ",": "comma", ":": "colon", "*": "star", "|": "pipe", "||": "or", "&&": "and",
    "!": "not",
    "&": "expref", "@": "current", "==": "eq", "!=": "ne", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte",
  ]

  private static func kind(_ symbol: String) -> String { kinds[symbol] ?? symbol }

  private static func describe(_ token: JMESPathTokens.Token) -> (word: String, kind: String) {
    switch token {
    case .name(let name): (name, "unquoted_identifier")
    case .quoted(let name): (name, "quoted_identifier")
    case .literal(let value): (value.string ?? value.jsonText(), "literal")
    case .number(let number): (String(number), "number")
    case .symbol(let symbol): (symbol, kind(symbol))
    case .end: ("", "eof")
    }
  }

  private mutating func prefix() throws -> JMESPath.Expression {
    let place = position
    switch advance() {
    case .literal(let value): return .literal(value)
    case .name(let name): return token == .symbol("(") ? try call(name) : .field(name)
    case .quoted(let name): return .field(name)
    case .symbol("*"): return .eachValue(.current, try projection(20))
    case .symbol("@"): return .current
    case .symbol("&"): return .reference(try expression(0))
    case .symbol("!"): return .not(try expression(45))
    case .symbol("("):
      let inner = try expression(0)
      try require(")")
      return inner
    case .symbol("{"): return try hash()
    case .symbol("[]"): return .eachElement(.flatten(.current), try projection(9))
    case .symbol("[?"): return try filter(.current)
    case .symbol("["): return try bracket(.current, mayBeList: true)
    default:
      position = place
      throw unexpected()
    }
  }

  private mutating func infix(_ left: JMESPath.Expression) throws -> JMESPath.Expression {
    guard case .symbol(let symbol) = advance() else { throw unexpected() }
    switch symbol {
    case ".":
      if take("*") { return .eachValue(left, try projection(20)) }
      return .chain(left, try afterDot(40))
    case "|": return .chain(left, try expression(1))
    case "||": return .or(left, try expression(2))
    case "&&": return .and(left, try expression(3))
    case "[]": return .eachElement(.flatten(left), try projection(9))
    case "[?": return try filter(left)
    case "[": return try bracket(left, mayBeList: false)
    default:
      guard let comparator = JMESPath.Comparator(rawValue: symbol) else {
        position -= 1
        throw unexpected()
      }
      return .compare(comparator, left, try expression(5))
    }
  }

  private mutating func afterDot(_ minimum: Int) throws -> JMESPath.Expression {
    switch token {
    case .name, .quoted, .symbol("*"): return try expression(minimum)
    case .symbol("["):
      position += 1
      return try list()
    case .symbol("{"):
      position += 1
      return try hash()
    default: throw unexpected()
    }
  }

  /// What is applied to each element of a projection.
  private mutating func projection(_ minimum: Int) throws -> JMESPath.Expression {
    if power < Self.projectionEnd { return .current }
    if token == .symbol("[") || token == .symbol("[?") { return try expression(minimum) }
    try require(".")
    return try afterDot(minimum)
  }

  private mutating func filter(_ left: JMESPath.Expression) throws -> JMESPath.Expression {
    let condition = try expression(0)
    try require("]")
    // A flattening behind a filter is applied to the whole.
    return .filter(left, condition: condition, token == .symbol("[]") ? .current : try projection(21))
  }

  /// After `[`: an index, a slice, `*`, or a list of expressions.
  private mutating func bracket(_ left: JMESPath.Expression, mayBeList: Bool) throws -> JMESPath.Expression {
    switch token {
    case .number, .symbol(":"): return try indexOrSlice(left)
    case .symbol("*"):
      position += 1
      try require("]")
      return .eachElement(left, try projection(20))
    default:
      guard mayBeList else { throw unexpected() }
      return try list()
    }
  }

  private mutating func indexOrSlice(_ left: JMESPath.Expression) throws -> JMESPath.Expression {
    var parts: [Int?] = [nil]
    while token != .symbol("]") {
      if case .number(let number) = token, parts[parts.count - 1] == nil {
        parts[parts.count - 1] = number
        position += 1
      } else if take(":"), parts.count < 3 {
        parts.append(nil)
      } else {
        throw unexpected()
      }
    }
    position += 1
    if parts.count == 1, let index = parts[0] { return .chain(left, .index(index)) }
    let step = (parts.count > 2 ? parts[2] : nil) ?? 1
    guard step != 0 else { throw JMESPath.Failure(message: "slice step cannot be zero") }
    return .eachElement(.chain(left, .slice(parts[0], parts[1], step)), try projection(20))
  }

  private mutating func list() throws -> JMESPath.Expression {
    var parts = [try expression(0)]
    while take(",") { parts.append(try expression(0)) }
    try require("]")
    return .list(parts)
  }

  private mutating func hash() throws -> JMESPath.Expression {
    var members: [(String, JMESPath.Expression)] = []
    repeat {
      switch advance() {
      case .name(let key), .quoted(let key):
        try require(":")
        members.append((key, try expression(0)))
      default:
        position -= 1
        throw unexpected()
      }
    } while take(",")
    try require("}")
    return .hash(members)
  }

  private mutating func call(_ name: String) throws -> JMESPath.Expression {
    position += 1
    var arguments: [JMESPath.Expression] = []
    if !take(")") {
      repeat { arguments.append(try expression(0)) } while take(",")
      try require(")")
    }
    return .call(name, arguments)
  }
}
