/// Splits an expression into words, with the errors of Prometheus' lexer.
struct Lexer {
  let input: [UInt8]
  var position = 0
  var parenthesisDepth = 0
  var isBraceOpen = false
  var isBracketOpen = false
  var gotColon = false
  var expectsDuration = false

  init(_ text: String) { input = Array(text.utf8) }

  /// The next word; after one that is malformed nothing sensible follows.
  mutating func next() -> Token {
    do throws(PromQLError) {
      return try word()
    } catch {
      return Token(kind: .malformed(error), text: "", start: position)
    }
  }

  mutating func word() throws(PromQLError) -> Token {
    if expectsDuration { return try rangeDuration() }
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
      return isBracketOpen ? try colon(start) : name(start)
    default: throw error("unexpected character: \(quotedCharacter(at: start))", at: start)
    }
  }

  /// The duration that must follow a left bracket.
  mutating func rangeDuration() throws(PromQLError) -> Token {
    expectsDuration = false
    skipSpaces()
    let start = position
    if scanNumber() { throw error("missing unit character in duration", at: start) }
    guard scanRestOfDuration() else {
      throw error("bad duration syntax: \(Expression.quoted(text(from: start)))", at: start)
    }
    return token(.duration, from: start)
  }

  // MARK: Characters

  func peek(_ distance: Int = 0) -> UInt8? {
    position + distance < input.count ? input[position + distance] : nil
  }

  mutating func accept(_ set: StaticString) -> Bool {
    guard let byte = peek(), set.withUTF8Buffer({ $0.contains(byte) }) else { return false }
    position += 1
    return true
  }

  func text(from start: Int) -> String { String(decoding: input[start..<position], as: UTF8.self) }

  func token(_ kind: Token.Kind, from start: Int) -> Token {
    Token(kind: kind, text: text(from: start), start: start)
  }

  func error(_ message: String, at offset: Int) -> PromQLError { PromQLError(message, at: offset, in: input) }

  func scalar(at offset: Int) -> Unicode.Scalar? {
    String(decoding: input[min(offset, input.count)...].prefix(4), as: UTF8.self).unicodeScalars.first
  }

  /// The character at an offset as Go's `%q` writes a rune.
  func quotedCharacter(at offset: Int) -> String {
    "'" + (scalar(at: offset).map { Expression.escaped($0, quote: "'") } ?? "\u{fffd}") + "'"
  }

  /// A character as Go's `%#U` writes a rune: `U+0071 'q'`, the character only where it can be printed.
  func codePoint(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    let padded = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    return "U+" + padded + (Expression.isPrintable(scalar) ? " '\(scalar)'" : "")
  }

  mutating func skipSpaces() { while accept(" \t\n\r") {} }

  mutating func skipBlanks() {
    skipSpaces()
    while peek() == UInt8(ascii: "#") {
      while let byte = peek(), byte != 10, byte != 13 { position += 1 }
      skipSpaces()
    }
  }

  func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
  func isLetter(_ byte: UInt8) -> Bool {
    (65...90).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: "_")
  }

  // MARK: Words

  mutating func punctuation(_ byte: UInt8, _ start: Int) -> Token? {
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

  mutating func comparison(_ byte: UInt8, _ start: Int) throws(PromQLError) -> Token {
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

  mutating func parenthesis(_ byte: UInt8, _ start: Int) throws(PromQLError) -> Token {
    position += 1
    guard byte == UInt8(ascii: ")") else {
      parenthesisDepth += 1
      return token(.leftParenthesis, from: start)
    }
    parenthesisDepth -= 1
    if parenthesisDepth < 0 { throw error("unexpected right parenthesis ')'", at: position) }
    return token(.rightParenthesis, from: start)
  }

  mutating func bracket(_ byte: UInt8, _ start: Int) throws(PromQLError) -> Token {
    position += 1
    let isLeft = byte == UInt8(ascii: "[")
    if isLeft == isBracketOpen {
      throw error("unexpected \(isLeft ? "left" : "right") bracket '\(isLeft ? "[" : "]")'", at: start)
    }
    isBracketOpen = isLeft
    expectsDuration = isLeft
    gotColon = false
    return token(isLeft ? .leftBracket : .rightBracket, from: start)
  }

  mutating func colon(_ start: Int) throws(PromQLError) -> Token {
    if gotColon { throw error("unexpected colon \(quotedCharacter(at: start))", at: start) }
    gotColon = true
    position += 1
    return token(.colon, from: start)
  }

  mutating func name(_ start: Int) -> Token {
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

  mutating func insideBraces(_ start: Int) throws(PromQLError) -> Token {
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
