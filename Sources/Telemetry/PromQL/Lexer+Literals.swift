// Strings, numbers and durations.
extension Lexer {
  mutating func string(_ quote: UInt8, _ start: Int) throws(PromQLError) -> Token {
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
  mutating func escape(_ quote: UInt8, _ start: Int) throws(PromQLError) {
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

  mutating func numberOrDuration(_ start: Int) throws(PromQLError) -> Token {
    if scanNumber() { return token(.number, from: start) }
    if scanRestOfDuration() { return token(.duration, from: start) }
    throw error("bad number or duration syntax: \(Expression.quoted(text(from: start)))", at: start)
  }

  /// Whether a whole number stands here; otherwise its digits are passed, and a unit may follow.
  mutating func scanNumber() -> Bool {
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
  mutating func scanRestOfDuration() -> Bool {
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
