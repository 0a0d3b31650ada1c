/// Splits an expression into words, with the errors of Prometheus' lexer.
struct Lexer {
  let input: [UInt8]
  private var position = 0
  private var parenthesisDepth = 0
  private var isBraceOpen = false
  private var isBracketOpen = false
  private var gotColon = false
  private var expectsDuration = false

  init(_ text: String) { input = Array(text.utf8) }

  /// The next word; after one that is malformed nothing sensible follows.
  mutating func next() -> Token {
    do throws(PromQLError) {
      return try word()
    } catch {
      return Token(kind: .malformed(error), text: "", start: position)
    }
  }

  private mutating func word() throws(PromQLError) -> Token {
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
  private mutating func rangeDuration() throws(PromQLError) -> Token {
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

  private func scalar(at offset: Int) -> Unicode.Scalar? {
    String(decoding: input[min(offset, input.count)...].prefix(4), as: UTF8.self).unicodeScalars.first
  }

  /// The character at an offset as Go's `%q` writes a rune.
  private func quotedCharacter(at offset: Int) -> String {
    "'" + (scalar(at: offset).map { Expression.escaped($0, quote: "'") } ?? "\u{fffd}") + "'"
  }

  /// A character as Go's `%#U` writes a rune: `U+0071 'q'`, the character only where it can be printed.
  private func codePoint(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    let padded = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    return "U+" + padded + (Expression.isPrintable(scalar) ? " '\(scalar)'" : "")
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
    expectsDuration = isLeft
    gotColon = false
    return token(isLeft ? .leftBracket : .rightBracket, from: start)
  }

  private mutating func colon(_ start: Int) throws(PromQLError) -> Token {
    if gotColon { throw error("unexpected colon \(quotedCharacter(at: start))", at: start) }
    gotColon = true
    position += 1
    return token(.colon, from: start)
  }

  private mutating func name(_ start: Int) -> Token {
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
      if byte == 0xef, scalar(at: position) == "\u{fffd}" { throw error("invalid UTF-8 rune", at: start) }
      position += 1
      if byte == quote { return token(.string, from: start) }
      if !isRaw, byte == UInt8(ascii: "\\") { try escape(quote, start) }
    }
  }

  /// What follows a backslash.
  private mutating func escape(_ quote: UInt8, _ start: Int) throws(PromQLError) {
    guard let escaped = peek() else { throw error("escape sequence not terminated", at: start) }
    let length: Int
    let radix: UInt32
    switch escaped {
    case _ where "abfnrtv\\".utf8.contains(escaped) || escaped == quote:
      position += 1
      return
    case UInt8(ascii: "0")...UInt8(ascii: "7"): (length, radix) = (3, 8)
    case UInt8(ascii: "x"): (length, radix) = (2, 16)
    case UInt8(ascii: "u"): (length, radix) = (4, 16)
    case UInt8(ascii: "U"): (length, radix) = (8, 16)
    default: throw error("unknown escape sequence \(codePoint(scalar(at: position) ?? "\u{fffd}"))", at: start)
    }
    if radix == 16 { position += 1 }
    var value: UInt32 = 0
    for _ in 0..<length {
      guard let next = scalar(at: position) else { throw error("escape sequence not terminated", at: start) }
      guard next.isASCII, let digit = Character(next).hexDigitValue, digit < radix else {
        throw error("illegal character \(codePoint(next)) in escape sequence", at: start)
      }
      value = value &* radix &+ UInt32(digit)
      position += 1
    }
    if Unicode.Scalar(value) == nil || radix == 8 && value > 255 {
      throw error("escape sequence is an invalid Unicode code point", at: start)
    }
  }

  // MARK: Numbers

  private mutating func numberOrDuration(_ start: Int) throws(PromQLError) -> Token {
    if scanNumber() { return token(.number, from: start) }
    if scanRestOfDuration() { return token(.duration, from: start) }
    throw error("bad number or duration syntax: \(Expression.quoted(text(from: start)))", at: start)
  }

  /// Whether a whole number stands here; otherwise its digits are passed, and a unit may follow.
  private mutating func scanNumber() -> Bool {
    let digits: StaticString = accept("0") && accept("xX") ? "0123456789abcdefABCDEF" : "0123456789"
    while accept(digits) {}
    if accept(".") { while accept(digits) {} }
    if accept("eE") {
      _ = accept("+-")
      while accept("0123456789") {}
    }
    return peek().map { !isLetter($0) && !isDigit($0) } ?? true
  }

  /// The unit of a duration whose number is passed, and further numbers with units. A letter or digit behind the last unit
  /// is passed as well, so that it shows in the error.
  private mutating func scanRestOfDuration() -> Bool {
    guard accept("smhdwy") else { return false }
    _ = accept("s")
    while accept("0123456789") {
      while accept("0123456789") {}
      guard accept("smhdw") else { return false }
      _ = accept("s")
    }
    guard let byte = peek(), isLetter(byte) || isDigit(byte) else { return true }
    position += 1
    return false
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
