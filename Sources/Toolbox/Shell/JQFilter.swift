import Documents

/// A filter of jq, as far as runbooks use it (jq 1.7 manual, "Basic filters", "Builtin operators and functions"): paths, `.[]`,
/// pipes and commas, construction, comparison and arithmetic, `select`, `map`, and the common functions.
indirect enum JQFilter {
  case identity
  case key(JQFilter, String, isOptional: Bool)
  case index(JQFilter, JQFilter, isOptional: Bool)
  case slice(JQFilter, Int?, Int?)
  case each(JQFilter, isOptional: Bool)
  case recurse
  case literal(JSONValue)
  case format([JQFilter])
  case array(JQFilter?)
  case object([(key: JQFilter, value: JQFilter)])
  case pipe(JQFilter, JQFilter)
  case comma(JQFilter, JQFilter)
  case alternative(JQFilter, JQFilter)
  case binary(String, JQFilter, JQFilter)
  case call(String, [JQFilter])
  case condition(JQFilter, JQFilter, JQFilter)
}

/// What jq objects to.
struct JQError: Error {
  var message: String
  /// The filter itself is malformed.
  var isSyntax = false
}

/// Reads a filter.
struct JQParser {
  private let characters: [Character]
  private var index = 0

  init(_ text: String) { characters = Array(text) }

  mutating func filter() throws(JQError) -> JQFilter {
    let filter = try pipe()
    guard index == characters.count else { throw unexpected() }
    return filter
  }

  private func unexpected() -> JQError {
    let found = index < characters.count ? "'\(characters[index])'" : "end of filter"
    return JQError(message: "syntax error, unexpected \(found) at <top-level>, column \(index + 1)", isSyntax: true)
  }

  private mutating func skip() { while index < characters.count, characters[index].isWhitespace { index += 1 } }

  private mutating func take(_ text: String) -> Bool {
    skip()
    let wanted = Array(text)
    guard index + wanted.count <= characters.count, Array(characters[index..<index + wanted.count]) == wanted else {
      return false
    }
    if let last = wanted.last, last.isLetter, index + wanted.count < characters.count {
      let next = characters[index + wanted.count]
      if next.isLetter || next == "_" || next.isNumber { return false }
    }
    index += wanted.count
    return true
  }

  private mutating func need(_ text: String) throws(JQError) { guard take(text) else { throw unexpected() } }

  private var next: Character? { index < characters.count ? characters[index] : nil }

  // MARK: Operators, from the loosest

  private mutating func pipe() throws(JQError) -> JQFilter {
    let left = try comma()
    return take("|") ? .pipe(left, try pipe()) : left
  }

  private mutating func comma() throws(JQError) -> JQFilter {
    var left = try alternative()
    while take(",") { left = .comma(left, try alternative()) }
    return left
  }

  private mutating func alternative() throws(JQError) -> JQFilter {
    let left = try binary(0)
    return take("//") ? .alternative(left, try alternative()) : left
  }

  private static let levels = [["or"], ["and"], ["==", "!=", "<=", ">=", "<", ">"], ["+", "-"], ["*", "/", "%"]]

  private mutating func binary(_ level: Int) throws(JQError) -> JQFilter {
    guard level < Self.levels.count else { return try postfix() }
    var left = try binary(level + 1)
    while true {
      skip()
      if next == "/", index + 1 < characters.count, characters[index + 1] == "/" { return left }
      guard let operation = takeOperator(level) else { return left }
      left = .binary(operation, left, try binary(level + 1))
    }
  }

  private mutating func takeOperator(_ level: Int) -> String? {
    for operation in Self.levels[level] where take(operation) { return operation }
    return nil
  }

  // MARK: Terms

  private mutating func postfix() throws(JQError) -> JQFilter {
    var term = try term()
    while true {
      if next == "." {
        index += 1
        if next == "[" { continue }
        term = .key(term, try keyName(), isOptional: takeQuestion())
      } else if next == "[" {
        index += 1
        term = try bracket(term)
      } else if next == "?" {
        index += 1
      } else {
        return term
      }
    }
  }

  private mutating func takeQuestion() -> Bool {
    guard next == "?" else { return false }
    index += 1
    return true
  }

  private mutating func keyName() throws(JQError) -> String {
    if next == "\"" {
      guard case .literal(.string(let name)) = try text() else { throw unexpected() }
      return name
    }
    let name = identifier()
    guard !name.isEmpty else { throw unexpected() }
    return name
  }

  private mutating func identifier() -> String {
    let start = index
    while let next, next.isLetter || next.isNumber || next == "_" {
      _ = next
      index += 1
    }
    return String(characters[start..<index])
  }

  private mutating func bracket(_ base: JQFilter) throws(JQError) -> JQFilter {
    if take("]") { return .each(base, isOptional: takeQuestion()) }
    if take(":") {
      guard case .literal(let end) = try binary(0) else { throw unexpected() }
      try need("]")
      return .slice(base, nil, end.integer.map { Int($0) })
    }
    let inner = try pipe()
    if take(":") {
      guard case .literal(let start) = inner else { throw unexpected() }
      if take("]") { return .slice(base, start.integer.map { Int($0) }, nil) }
      guard case .literal(let end) = try binary(0) else { throw unexpected() }
      try need("]")
      return .slice(base, start.integer.map { Int($0) }, end.integer.map { Int($0) })
    }
    try need("]")
    return .index(base, inner, isOptional: takeQuestion())
  }

  private mutating func term() throws(JQError) -> JQFilter {
    skip()
    guard let next else { throw unexpected() }
    switch next {
    case ".": return try dot()
    case "\"": return try text()
    case "(":
      index += 1
      let inner = try pipe()
      try need(")")
      return inner
    case "[":
      index += 1
      if take("]") { return .array(nil) }
      let inner = try pipe()
      try need("]")
      return .array(inner)
    case "{":
      index += 1
      return try object()
    case "-":
      index += 1
      return .binary("-", .literal(.integer(0)), try postfix())
    case "$":
      throw JQError(
        message:
          "variables ($\(characters.dropFirst(index + 1).prefix { $0.isLetter }.map(String.init).joined())) are not supported here",
        isSyntax: true)
    default: break
    }
    if next.isNumber {
      let start = index
      while let digit = self.next, digit.isNumber || digit == "." || digit == "e" {
        _ = digit
        index += 1
      }
      let digits = String(characters[start..<index])
      return .literal(Int64(digits).map { .integer($0) } ?? .number(Double(digits) ?? 0))
    }
    if next == "@" { throw JQError(message: "formats (@…) are not supported here", isSyntax: true) }
    return try word()
  }

  private mutating func dot() throws(JQError) -> JQFilter {
    index += 1
    if next == "." {
      index += 1
      return .recurse
    }
    if next == "[" || next == nil { return .identity }
    if let next, next == "\"" || next.isLetter || next == "_" {
      return .key(.identity, try keyName(), isOptional: takeQuestion())
    }
    return .identity
  }

  private mutating func word() throws(JQError) -> JQFilter {
    let name = identifier()
    guard !name.isEmpty else { throw unexpected() }
    switch name {
    case "true": return .literal(.bool(true))
    case "false": return .literal(.bool(false))
    case "null": return .literal(.null)
    case "if": return try condition()
    case "reduce", "foreach", "def", "label", "try", "import", "include":
      throw JQError(message: "`\(name)' is not supported here", isSyntax: true)
    default: break
    }
    var arguments: [JQFilter] = []
    if next == "(" {
      index += 1
      repeat { arguments.append(try pipe()) } while take(";")
      try need(")")
    }
    guard JQFunction.isKnown(name, arguments.count) else {
      throw JQError(message: "\(name)/\(arguments.count) is not defined at <top-level>, line 1:", isSyntax: true)
    }
    return .call(name, arguments)
  }

  private mutating func condition() throws(JQError) -> JQFilter {
    let test = try pipe()
    try need("then")
    let then = try pipe()
    if take("elif") { return .condition(test, then, try condition()) }
    let otherwise: JQFilter = take("else") ? try pipe() : .identity
    try need("end")
    return .condition(test, then, otherwise)
  }

  private mutating func object() throws(JQError) -> JQFilter {
    var members: [(key: JQFilter, value: JQFilter)] = []
    if take("}") { return .object([]) }
    repeat {
      skip()
      let key: JQFilter
      var short: JQFilter?
      if take("(") {
        key = try pipe()
        try need(")")
      } else if next == "\"" {
        key = try text()
      } else {
        let name = identifier()
        guard !name.isEmpty else { throw unexpected() }
        key = .literal(.string(name))
        short = .key(.identity, name, isOptional: false)
      }
      if take(":") {
        members.append((key, try alternative()))
      } else if let short {
        members.append((key, short))
      } else {
        throw unexpected()
      }
    } while take(",")
    try need("}")
    return .object(members)
  }

  /// A string, with `\(…)` in it.
  private mutating func text() throws(JQError) -> JQFilter {
    index += 1
    var parts: [JQFilter] = []
    var text = ""
    while let character = next, character != "\"" {
      index += 1
      guard character == "\\", let escape = next else {
        text.append(character)
        continue
      }
      index += 1
      switch escape {
      case "(":
        parts.append(.literal(.string(text)))
        text = ""
        parts.append(try pipe())
        try need(")")
      case "n": text.append("\n")
      case "t": text.append("\t")
      case "r": text.append("\r")
      default: text.append(escape)
      }
    }
    guard next == "\"" else { throw unexpected() }
    index += 1
    if parts.isEmpty { return .literal(.string(text)) }
    return .format(parts + [.literal(.string(text))])
  }
}
