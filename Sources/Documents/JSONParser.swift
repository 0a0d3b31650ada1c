/// Reads one JSON text (RFC 8259) and nothing after it. Keys keep their order; of equal keys the last wins, as in Go.
/// Integers that fit 64 bits stay exact, other numbers become `Double`.
package func parseJSON(_ bytes: [UInt8], file: String = "JSON") throws(Diagnostic) -> JSONValue {
  var parser = JSONParser(bytes: bytes[...], file: file)
  return try parser.document()
}

/// Reads one JSON text given as a string.
package func parseJSON(_ text: String, file: String = "JSON") throws(Diagnostic) -> JSONValue {
  try parseJSON(Array(text.utf8), file: file)
}

private struct JSONParser {
  /// Nesting that is accepted; deeper input is an error, so that no input can exhaust the stack.
  private static let maximumDepth = 500

  private let bytes: ArraySlice<UInt8>
  private let file: String
  private var position: Int

  init(bytes: ArraySlice<UInt8>, file: String) {
    self.bytes = bytes
    self.file = file
    position = bytes.startIndex
  }

  mutating func document() throws(Diagnostic) -> JSONValue {
    let value = try value(depth: 1)
    skipSpace()
    guard position == bytes.endIndex else { throw unexpected("nothing may follow the value") }
    return value
  }

  private mutating func value(depth: Int) throws(Diagnostic) -> JSONValue {
    guard depth <= Self.maximumDepth else {
      throw fault("nested deeper than \(Self.maximumDepth) levels (maximumDepth)", at: position)
    }
    skipSpace()
    guard let byte = current else { throw unexpected("a value was expected") }
    switch byte {
    case UInt8(ascii: "{"): return .object(try object(depth: depth))
    case UInt8(ascii: "["): return .array(try array(depth: depth))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    default: return try number()
    }
  }

  private mutating func object(depth: Int) throws(Diagnostic) -> JSONObject {
    var members: [(String, JSONValue)] = []
    var indices: [String: Int] = [:]
    position += 1
    skipSpace()
    if take(UInt8(ascii: "}")) { return JSONObject() }
    while true {
      skipSpace()
      guard current == UInt8(ascii: "\"") else { throw unexpected("a key in double quotes was expected") }
      let key = try string()
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw unexpected("\":\" was expected after the key") }
      let value = try value(depth: depth + 1)
      if let index = indices.updateValue(members.count, forKey: key) {
        indices[key] = index
        members[index].1 = value
      } else {
        members.append((key, value))
      }
      skipSpace()
      if take(UInt8(ascii: "}")) { return JSONObject(distinct: members) }
      guard take(UInt8(ascii: ",")) else { throw unexpected("\",\" or \"}\" was expected") }
    }
  }

  private mutating func array(depth: Int) throws(Diagnostic) -> [JSONValue] {
    var elements: [JSONValue] = []
    position += 1
    skipSpace()
    if take(UInt8(ascii: "]")) { return [] }
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if take(UInt8(ascii: "]")) { return elements }
      guard take(UInt8(ascii: ",")) else { throw unexpected("\",\" or \"]\" was expected") }
    }
  }

  private mutating func literal(_ word: String, _ value: JSONValue) throws(Diagnostic) -> JSONValue {
    guard bytes[position...].starts(with: word.utf8) else { throw unexpected("a value was expected") }
    position += word.utf8.count
    return value
  }

  private mutating func number() throws(Diagnostic) -> JSONValue {
    let start = position
    var isInteger = true
    take(UInt8(ascii: "-"))
    let digits = takeDigits()
    guard digits > 0 else {
      position = start
      throw unexpected("a value was expected")
    }
    if digits > 1, bytes[position - digits] == UInt8(ascii: "0") { throw fault("a number has no leading 0", at: start) }
    if take(UInt8(ascii: ".")) {
      isInteger = false
      guard takeDigits() > 0 else { throw unexpected("digits were expected after the point") }
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isInteger = false
      if !take(UInt8(ascii: "+")) { take(UInt8(ascii: "-")) }
      guard takeDigits() > 0 else { throw unexpected("digits were expected in the exponent") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let integer = Int64(text) { return .integer(integer) }
    guard let number = Double(text), number.isFinite else { throw fault("\(text) is out of range", at: start) }
    return .number(number)
  }
}

// Strings.
extension JSONParser {
  private mutating func string() throws(Diagnostic) -> String {
    position += 1
    let start = position
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""):
        let text = try utf8(bytes[start..<position], at: start)
        position += 1
        return text
      case UInt8(ascii: "\\"): return try escapedString(from: start)
      case 0..<0x20: throw fault("a control character in a string must be escaped", at: position)
      default: position += 1
      }
    }
    throw fault("the string is not closed", at: start - 1)
  }

  private mutating func escapedString(from start: Int) throws(Diagnostic) -> String {
    var text = Array(bytes[start..<position])
    while let byte = current {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return try utf8(text[...], at: start)
      case UInt8(ascii: "\\"): text += Array(String(try escape()).utf8)
      case 0..<0x20: throw fault("a control character in a string must be escaped", at: position - 1)
      default: text.append(byte)
      }
    }
    throw fault("the string is not closed", at: start - 1)
  }

  private mutating func escape() throws(Diagnostic) -> Unicode.Scalar {
    guard let byte = current else { throw unexpected("an escape was expected") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{08}"
    case UInt8(ascii: "f"): return "\u{0C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape()
    default: throw fault("no such escape in JSON", at: position - 1)
    }
  }

  /// `uXXXX`, with the second half of a surrogate pair where there is one; half a pair becomes U+FFFD, as in Go.
  private mutating func unicodeEscape() throws(Diagnostic) -> Unicode.Scalar {
    let first = try hexadecimal()
    if let scalar = Unicode.Scalar(first) { return scalar }
    let rest = bytes[position...]
    guard first < 0xDC00, rest.starts(with: "\\u".utf8) else { return "\u{FFFD}" }
    let before = position
    position += 2
    let second = try hexadecimal()
    guard (0xDC00...0xDFFF).contains(second) else {
      position = before
      return "\u{FFFD}"
    }
    return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
  }

  private mutating func hexadecimal() throws(Diagnostic) -> UInt32 {
    let digits = String(decoding: bytes[position...].prefix(4), as: UTF8.self)
    guard digits.utf8.count == 4, digits.allSatisfy(\.isHexDigit), let value = UInt32(digits, radix: 16) else {
      throw fault("four hexadecimal digits were expected", at: position)
    }
    position += 4
    return value
  }

  private func utf8(_ slice: ArraySlice<UInt8>, at start: Int) throws(Diagnostic) -> String {
    guard let text = String(validating: slice, as: UTF8.self) else {
      throw fault("invalid UTF-8 in the string", at: start)
    }
    return text
  }
}

// Bytes and places.
extension JSONParser {
  private var current: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

  @discardableResult
  private mutating func take(_ byte: UInt8) -> Bool {
    guard current == byte else { return false }
    position += 1
    return true
  }

  private mutating func takeDigits() -> Int {
    let start = position
    while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    return position - start
  }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private func unexpected(_ expectation: String) -> Diagnostic {
    guard let byte = current else { return fault("the text ends here; \(expectation)", at: position) }
    let shown = byte < 0x80 ? "\"\(Unicode.Scalar(byte))\"" : "this character"
    return fault("\(shown) is not JSON here; \(expectation)", at: position)
  }

  private func fault(_ message: String, at position: Int) -> Diagnostic {
    var mark = SourceMark(file: file)
    for byte in bytes[..<position] {
      if byte == UInt8(ascii: "\n") {
        mark.line += 1
        mark.column = 1
      } else if byte & 0xC0 != 0x80 {
        mark.column += 1
      }
    }
    return Diagnostic(at: mark, message)
  }
}
