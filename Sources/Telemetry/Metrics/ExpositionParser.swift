import Glibc

/// Why a scraped text is not an exposition.
package struct ExpositionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// From 1.
  package var line: Int
  package var problem: String

  package init(line: Int, _ problem: String) {
    self.line = line
    self.problem = problem
  }

  package var description: String { "line \(line): \(problem)" }
}

/// Reads single lines of exposition text, as far as a scrape needs it: the series, the value, the timestamp.
enum ExpositionParser {
  private static let quote = UInt8(ascii: "\"")
  private static let backslash = UInt8(ascii: "\\")

  @inline(__always)
  static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  /// Where the name and the labels of a sample end; `nil` when they do not.
  static func seriesEnd(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
    var index = start
    while index < end, !isBlank(text[index]), text[index] != UInt8(ascii: "{") { index += 1 }
    guard index > start || index < end && text[index] == UInt8(ascii: "{") else { return nil }
    guard index < end, text[index] == UInt8(ascii: "{") else { return index }
    var isQuoted = false
    while index < end {
      let byte = text[index]
      if isQuoted, byte == backslash {
        index += 1
      } else if byte == quote {
        isQuoted.toggle()
      } else if !isQuoted, byte == UInt8(ascii: "}") {
        return index + 1
      }
      index += 1
    }
    return nil
  }

  /// The labels of a series as the text has them, the metric's name among them.
  ///
  /// - Returns: `nil` when the text is malformed.
  static func labels(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> [Label]? {
    var index = start
    while index < end, text[index] != UInt8(ascii: "{"), !isBlank(text[index]) { index += 1 }
    var labels: [Label] = []
    if index > start {
      guard isName(text, start, index, allowsColon: true) else { return nil }
      labels.append(Label(Labels.metricName, string(text, start, index)))
    }
    guard index < end else { return labels }
    index += 1
    while true {
      while index < end, isBlank(text[index]) || text[index] == UInt8(ascii: ",") { index += 1 }
      guard index < end else { return nil }
      if text[index] == UInt8(ascii: "}") { return labels }
      guard let label = label(text, &index, end) else { return nil }
      labels.append(label)
    }
  }

  private static func label(_ text: UnsafeBufferPointer<UInt8>, _ index: inout Int, _ end: Int) -> Label? {
    let start = index
    while index < end, text[index] != UInt8(ascii: "="), !isBlank(text[index]) { index += 1 }
    guard isName(text, start, index, allowsColon: false) else { return nil }
    let name = string(text, start, index)
    while index < end, isBlank(text[index]) { index += 1 }
    guard index < end, text[index] == UInt8(ascii: "=") else { return nil }
    index += 1
    while index < end, isBlank(text[index]) { index += 1 }
    guard index < end, text[index] == quote else { return nil }
    index += 1
    var value: [UInt8] = []
    while index < end, text[index] != quote {
      if text[index] == backslash, index + 1 < end {
        index += 1
        value.append(text[index] == UInt8(ascii: "n") ? UInt8(ascii: "\n") : text[index])
      } else {
        value.append(text[index])
      }
      index += 1
    }
    guard index < end else { return nil }
    index += 1
    return Label(name, String(decoding: value, as: UTF8.self))
  }

  private static func isName(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, allowsColon: Bool) -> Bool {
    guard start < end else { return false }
    for index in start..<end {
      switch text[index] {
      case 65...90, 97...122, UInt8(ascii: "_"): break
      case 48...57 where index > start: break
      case UInt8(ascii: ":") where allowsColon: break
      default: return false
      }
    }
    return true
  }

  private static func string(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> String {
    String(decoding: UnsafeBufferPointer(rebasing: text[start..<end]), as: UTF8.self)
  }

  /// The value behind a series and, where there is one, the timestamp in milliseconds.
  ///
  /// - Parameter start: just behind the series.
  static func value(
    _ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int
  ) -> (value: Double, timestamp: Int64?)? {
    var index = start
    while index < end, isBlank(text[index]) { index += 1 }
    let first = index
    while index < end, !isBlank(text[index]) { index += 1 }
    guard index > first, let value = number(text, first, index) else { return nil }
    while index < end, isBlank(text[index]) { index += 1 }
    guard index < end else { return (value, nil) }
    var stop = end
    while stop > index, isBlank(text[stop - 1]) { stop -= 1 }
    guard let timestamp = Int64(string(text, index, stop)) else { return nil }
    return (value, timestamp)
  }

  /// Powers of ten that a double holds exactly.
  private static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
  ]

  /// A number as Go's `strconv.ParseFloat` reads it. Digits below 2⁵³ with a small exponent are exact with one operation;
  /// the C library reads the rest.
  @inline(__always)
  static func number(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Double? {
    var index = start
    var isNegative = false
    if text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
      isNegative = text[index] == UInt8(ascii: "-")
      index += 1
    }
    var mantissa: UInt64 = 0
    var digits = 0
    var exponent = 0
    var hasPoint = false
    while index < end {
      let byte = text[index]
      if byte &- 48 < 10 {
        mantissa = mantissa &* 10 &+ UInt64(byte &- 48)
        digits += 1
        if hasPoint { exponent -= 1 }
      } else if byte == UInt8(ascii: "."), !hasPoint {
        hasPoint = true
      } else {
        break
      }
      index += 1
    }
    guard digits > 0, digits <= 18 else { return slowNumber(text, start, end) }
    if index < end {
      guard text[index] | 0x20 == UInt8(ascii: "e"), let power = exponentValue(text, index + 1, end) else {
        return slowNumber(text, start, end)
      }
      exponent += power
    }
    guard mantissa < 1 << 53, exponent >= -22, exponent <= 22 else { return slowNumber(text, start, end) }
    let magnitude = exponent < 0 ? Double(mantissa) / powers[-exponent] : Double(mantissa) * powers[exponent]
    return isNegative ? -magnitude : magnitude
  }

  private static func exponentValue(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
    var index = start
    var sign = 1
    if index < end, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
      sign = text[index] == UInt8(ascii: "-") ? -1 : 1
      index += 1
    }
    guard index < end, end - index <= 3 else { return nil }
    var value = 0
    while index < end {
      guard text[index] &- 48 < 10 else { return nil }
      value = value * 10 + Int(text[index] &- 48)
      index += 1
    }
    return sign * value
  }

  private static func slowNumber(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Double? {
    let word = string(text, start, end)
    switch word.lowercased() {
    case "nan": return .nan
    case "inf", "+inf": return .infinity
    case "-inf": return -.infinity
    default: break
    }
    return word.withCString { pointer in
      var rest: UnsafeMutablePointer<CChar>?
      let value = strtod(pointer, &rest)
      guard let rest, rest.pointee == 0, rest != UnsafeMutablePointer(mutating: pointer) else { return nil }
      return value
    }
  }
}
