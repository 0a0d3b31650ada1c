/// A word of an expression.
struct Token {
  enum Kind: Equatable {
    case end
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
    case .identifier: "identifier \(quotedText(text))"
    case .metricIdentifier: "metric identifier \(quotedText(text))"
    case .number: "number \(shortened)"
    case .duration: "duration \(shortened)"
    case .string: "string \(shortened)"
    case .keyword(.start), .keyword(.end): quotedText(text)
    case .keyword: "<\(text)>"
    case .aggregator: "<aggr:\(text)>"
    case .operation, .at, .matches, .doesNotMatch: "<op:\(text)>"
    default: quotedText(text)
    }
  }

  private var shortened: String {
    text.utf8.count > 10
      ? quotedText(String(text.unicodeScalars.prefix(10).map(Character.init))) + "..." : quotedText(text)
  }
}

/// Splits an expression into words, with the errors of Prometheus' lexer.
struct Lexer {
  let input: [UInt8]
  private var position = 0
  private var parenthesisDepth = 0
  private var isBraceOpen = false
  private var isBracketOpen = false
  private var gotColon = false

  init(_ text: String) { input = Array(text.utf8) }

  mutating func next() throws(PromQLError) -> Token {
    skipBlanks()
    let start = position
    if isBraceOpen { return try insideBraces(start) }
    guard let byte = peek() else {
      if parenthesisDepth != 0 { throw error("unclosed left parenthesis", at: start) }
      if isBracketOpen { throw error("unclosed left bracket", at: start) }
      return Token(kind: .end, text: "", start: start)
    }
    if let token = punctuation(byte, start) { return token }
    switch byte {
    case UInt8(ascii: "="), UInt8(ascii: "!"), UInt8(ascii: "<"), UInt8(ascii: ">"): return try comparison(byte, start)
    case UInt8(ascii: "("), UInt8(ascii: ")"): return try parenthesis(byte, start)
    case UInt8(ascii: "{"):
      position += 1
      isBraceOpen = true
      return token(.leftBrace, from: start)
    case UInt8(ascii: "["), UInt8(ascii: "]"): return try bracket(byte, start)
    case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): return try string(byte, start)
    case _ where isDigit(byte) || byte == UInt8(ascii: ".") && peek(1).map(isDigit) ?? false:
      return try numberOrDuration(start)
    case _ where isLetter(byte) || byte == UInt8(ascii: ":"):
      return try isBracketOpen ? colon(start) : word(start)
    default: throw error("unexpected character: \(quotedCharacter(at: start))", at: start)
    }
  }

  /// The duration that must follow a left bracket.
  mutating func rangeDuration() throws(PromQLError) -> Token {
    skipSpaces()
    let start = position
    if scanNumber() { throw error("missing unit character in duration", at: start) }
    guard scanRestOfDuration() else {
      throw error("bad duration syntax: \(quotedText(text(from: start)))", at: start)
    }
    return token(.duration, from: start)
  }

  // MARK: Characters

  private func peek(_ distance: Int = 0) -> UInt8? {
    position + distance < input.count ? input[position + distance] : nil
  }

  private mutating func accept(_ set: StaticString) -> Bool {
    guard let byte = peek(), set.withUTF8Buffer({ $0.contains(byte) }) else { return false }
    position += 1
    return true
  }

  private func text(from start: Int) -> String { String(decoding: input[start..<position], as: UTF8.self) }

  private func token(_ kind: Token.Kind, from start: Int) -> Token {
    Token(kind: kind, text: text(from: start), start: start)
  }

  func error(_ message: String, at offset: Int) -> PromQLError { PromQLError(message, at: offset, in: input) }

  /// The character at an offset as Go's `%q` writes a rune.
  private func quotedCharacter(at offset: Int) -> String {
    guard offset < input.count else { return "'\u{fffd}'" }
    guard let scalar = String(decoding: input[offset...].prefix(4), as: UTF8.self).unicodeScalars.first else {
      return "''"
    }
    return scalar == "'"
      ? "'\\''" : "'" + quotedText(String(scalar)).dropFirst().dropLast().replacing("\\\"", with: "\"") + "'"
  }

  private mutating func skipSpaces() { while accept(" \t\n\r") {} }

  private mutating func skipBlanks() {
    skipSpaces()
    while peek() == UInt8(ascii: "#") {
      while let byte = peek(), byte != 10, byte != 13 { position += 1 }
      skipSpaces()
    }
  }

  private func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
  private func isLetter(_ byte: UInt8) -> Bool {
    (65...90).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: "_")
  }

  // MARK: Words

  private mutating func punctuation(_ byte: UInt8, _ start: Int) -> Token? {
    let kind: Token.Kind
    switch byte {
    case UInt8(ascii: ","): kind = .comma
    case UInt8(ascii: "*"): kind = .operation(.multiply)
    case UInt8(ascii: "/"): kind = .operation(.divide)
    case UInt8(ascii: "%"): kind = .operation(.modulo)
    case UInt8(ascii: "+"): kind = .operation(.add)
    case UInt8(ascii: "-"): kind = .operation(.subtract)
    case UInt8(ascii: "^"): kind = .operation(.power)
    case UInt8(ascii: "@"): kind = .at
    default: return nil
    }
    position += 1
    return token(kind, from: start)
  }

  private mutating func comparison(_ byte: UInt8, _ start: Int) throws(PromQLError) -> Token {
    position += 1
    let isEqualNext = peek() == UInt8(ascii: "=")
    if isEqualNext { position += 1 }
    switch (byte, isEqualNext) {
    case (UInt8(ascii: "="), true): return token(.operation(.equal), from: start)
    case (UInt8(ascii: "="), false):
      if peek() == UInt8(ascii: "~") { throw error("unexpected character after '=': '~'", at: start) }
      return token(.assign, from: start)
    case (UInt8(ascii: "!"), true): return token(.operation(.notEqual), from: start)
    case (UInt8(ascii: "!"), false):
      throw error("unexpected character after '!': \(quotedCharacter(at: position))", at: start)
    case (UInt8(ascii: "<"), _): return token(.operation(isEqualNext ? .lessOrEqual : .less), from: start)
    default: return token(.operation(isEqualNext ? .greaterOrEqual : .greater), from: start)
    }
  }

  private mutating func parenthesis(_ byte: UInt8, _ start: Int) throws(PromQLError) -> Token {
    position += 1
    guard byte == UInt8(ascii: ")") else {
      parenthesisDepth += 1
      return token(.leftParenthesis, from: start)
    }
    parenthesisDepth -= 1
    if parenthesisDepth < 0 { throw error("unexpected right parenthesis ')'", at: position) }
    return token(.rightParenthesis, from: start)
  }

  private mutating func bracket(_ byte: UInt8, _ start: Int) throws(PromQLError) -> Token {
    position += 1
    let isLeft = byte == UInt8(ascii: "[")
    if isLeft == isBracketOpen {
      throw error("unexpected \(isLeft ? "left" : "right") bracket '\(isLeft ? "[" : "]")'", at: start)
    }
    isBracketOpen = isLeft
    gotColon = false
    return token(isLeft ? .leftBracket : .rightBracket, from: start)
  }

  private mutating func colon(_ start: Int) throws(PromQLError) -> Token {
    if gotColon { throw error("unexpected colon \(quotedCharacter(at: start))", at: start) }
    gotColon = true
    position += 1
    return token(.colon, from: start)
  }

  private mutating func word(_ start: Int) throws(PromQLError) -> Token {
    while let byte = peek(), isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: ":") { position += 1 }
    let text = text(from: start)
    let lower = text.lowercased()
    let kind: Token.Kind
    if let operation = Expression.BinaryOperator(rawValue: lower) {
      kind = .operation(operation)
    } else if let aggregator = Expression.Aggregator(rawValue: lower) {
      kind = .aggregator(aggregator)
    } else if let keyword = Token.Keyword(rawValue: lower) {
      kind = .keyword(keyword)
    } else if lower == "inf" || lower == "nan" {
      kind = .number
    } else {
      kind = text.contains(":") ? .metricIdentifier : .identifier
    }
    return Token(kind: kind, text: text, start: start)
  }

  private mutating func insideBraces(_ start: Int) throws(PromQLError) -> Token {
    guard let byte = peek() else { throw error("unexpected end of input inside braces", at: start) }
    position += 1
    switch byte {
    case UInt8(ascii: ","): return token(.comma, from: start)
    case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"):
      position -= 1
      return try string(byte, start)
    case UInt8(ascii: "="): return accept("~") ? token(.matches, from: start) : token(.assign, from: start)
    case UInt8(ascii: "!"):
      if accept("~") { return token(.doesNotMatch, from: start) }
      if accept("=") { return token(.operation(.notEqual), from: start) }
      throw error("unexpected character after '!' inside braces: \(quotedCharacter(at: position))", at: start)
    case UInt8(ascii: "{"): throw error("unexpected left brace '{'", at: start)
    case UInt8(ascii: "}"):
      isBraceOpen = false
      return token(.rightBrace, from: start)
    case _ where isLetter(byte):
      while let byte = peek(), isLetter(byte) || isDigit(byte) { position += 1 }
      return token(.identifier, from: start)
    default: throw error("unexpected character inside braces: \(quotedCharacter(at: start))", at: start)
    }
  }

  private mutating func string(_ quote: UInt8, _ start: Int) throws(PromQLError) -> Token {
    position += 1
    let isRaw = quote == UInt8(ascii: "`")
    while true {
      guard let byte = peek(), isRaw || byte != 10 else {
        throw error(isRaw ? "unterminated raw string" : "unterminated quoted string", at: start)
      }
      position += 1
      if byte == quote { return token(.string, from: start) }
      guard !isRaw, byte == UInt8(ascii: "\\") else { continue }
      guard let escaped = peek() else { throw error("escape sequence not terminated", at: start) }
      guard "abfnrtv\\01234567xuU".utf8.contains(escaped) || escaped == quote else {
        let code = String(Character(UnicodeScalar(escaped))).unicodeScalars.first!.value
        let digits = String(code, radix: 16, uppercase: true)
        let padded = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        throw error("unknown escape sequence U+\(padded) '\(Character(UnicodeScalar(escaped)))'", at: start)
      }
      position += 1
    }
  }

  // MARK: Numbers

  private mutating func numberOrDuration(_ start: Int) throws(PromQLError) -> Token {
    if scanNumber() { return token(.number, from: start) }
    if scanRestOfDuration() { return token(.duration, from: start) }
    throw error("bad number or duration syntax: \(quotedText(text(from: start)))", at: start)
  }

  /// Whether a whole number stands here; otherwise its digits are passed, and a unit may follow.
  private mutating func scanNumber() -> Bool {
    if accept("0"), accept("xX") {
      while accept("0123456789abcdefABCDEF") {}
    } else {
      while accept("0123456789") {}
      if accept(".") { while accept("0123456789") {} }
      if accept("eE") {
        _ = accept("+-")
        while accept("0123456789") {}
      }
    }
    return peek().map { !isLetter($0) && !isDigit($0) } ?? true
  }

  private mutating func scanRestOfDuration() -> Bool {
    guard accept("smhdwy") else { return false }
    _ = accept("s")
    while accept("0123456789") {
      while accept("0123456789") {}
      guard accept("smhdw") else { return false }
      _ = accept("s")
    }
    return peek().map { !isLetter($0) && !isDigit($0) } ?? true
  }
}

extension PromQLError {
  /// An error of the parser: line and column, counted from 1, and the message.
  init(_ message: String, at offset: Int, in input: [UInt8]) {
    let before = input.prefix(max(0, min(offset, input.count)))
    let line = before.count { $0 == 10 } + 1
    let column = offset - (before.lastIndex(of: 10) ?? -1)
    self.init("\(line):\(column): parse error: \(message)")
  }
}
