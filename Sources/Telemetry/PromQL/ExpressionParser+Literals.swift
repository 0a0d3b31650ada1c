extension ExpressionParser {
  func number(_ token: Token) throws(PromQLError) -> Double {
    let lower = token.text.lowercased()
    if lower == "inf" { return .infinity }
    if lower == "nan" { return .nan }
    let text = Expression.quoted(token.text)
    guard let value = Self.number(lower) else {
      throw error("error parsing number: strconv.ParseFloat: parsing \(text): invalid syntax", at: token.start)
    }
    guard value.isFinite else {
      throw error("error parsing number: strconv.ParseFloat: parsing \(text): value out of range", at: token.start)
    }
    return value
  }

  /// A number as Go reads one: whole numbers may be hexadecimal or, with a leading zero, octal.
  private static func number(_ text: String) -> Double? {
    if text.hasPrefix("0x") { return Int64(text.dropFirst(2), radix: 16).map { Double($0) } }
    if text.count > 1, text.hasPrefix("0"), let octal = Int64(text.dropFirst(), radix: 8) { return Double(octal) }
    let (mantissa, exponent) = (text.prefix { $0 != "e" }, text.drop { $0 != "e" })
    guard mantissa != "." else { return nil }
    // Swift wants digits on both sides of the point.
    return Double(
      (mantissa.hasPrefix(".") ? "0" : "") + mantissa + (mantissa.hasSuffix(".") ? "0" : "") + exponent)
  }
}

/// The text of a string in quotes, whose escapes the lexer has checked: Go's, and none between back-quotes.
func unquoted(_ text: String) -> String {
  guard !text.hasPrefix("`") else { return String(text.dropFirst().dropLast()) }
  var bytes: [UInt8] = []
  var rest = Array(text.utf8.dropFirst().dropLast())[...]
  func number(_ count: Int, radix: Int) -> UInt32 {
    defer { rest = rest.dropFirst(count) }
    return UInt32(String(decoding: rest.prefix(count), as: UTF8.self), radix: radix) ?? 0xfffd
  }
  let simple: [UInt8: UInt8] = [97: 7, 98: 8, 102: 12, 110: 10, 114: 13, 116: 9, 118: 11]
  while let byte = rest.popFirst() {
    guard byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() else {
      bytes.append(byte)
      continue
    }
    switch escaped {
    case UInt8(ascii: "x"): bytes.append(UInt8(truncatingIfNeeded: number(2, radix: 16)))
    case UInt8(ascii: "u"), UInt8(ascii: "U"):
      let scalar = UnicodeScalar(number(escaped == UInt8(ascii: "u") ? 4 : 8, radix: 16)) ?? "\u{fffd}"
      bytes.append(contentsOf: String(Character(scalar)).utf8)
    case UInt8(ascii: "0")...UInt8(ascii: "7"):
      rest = [escaped] + rest
      bytes.append(UInt8(truncatingIfNeeded: number(3, radix: 8)))
    default: bytes.append(simple[escaped] ?? escaped)
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}

/// A duration in Prometheus' form, `1h30m`, in milliseconds: units from the greatest to the smallest, each at most once
/// (`model.ParseDuration`). `nil` for other text, and for more than the 292 years that Go's nanoseconds can count.
package func prometheusDuration(_ text: String) -> Int64? { try? readDuration(text) }

/// - Throws: The text of Prometheus, without a position.
func readDuration(_ text: String) throws(PromQLError) -> Int64 {
  let units: [(name: String, milliseconds: Int64)] = [
    ("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000),
    ("ms", 1),
  ]
  if text == "0" { return 0 }
  if text.isEmpty { throw PromQLError("empty duration string") }
  let limit = Int64.max / 1_000_000
  var rest = Substring(text)
  var sum: Int64 = 0
  var next = 0
  var isInRange = true
  while !rest.isEmpty {
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    let unit = rest[digits.endIndex...].prefix { !($0.isASCII && $0.isNumber) }
    guard !digits.isEmpty, let index = units[next...].firstIndex(where: { $0.name == unit }) else {
      throw PromQLError("not a valid duration string: \(Expression.quoted(text))")
    }
    let count = Int64(digits) ?? .max
    if count <= limit / units[index].milliseconds {
      sum += count * units[index].milliseconds
    } else {
      isInRange = false
    }
    if sum > limit { isInRange = false }
    next = index + 1
    rest = rest[unit.endIndex...]
  }
  guard isInRange else { throw PromQLError("duration out of range") }
  return sum
}
