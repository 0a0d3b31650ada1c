/// Text under construction as bytes: answers and log lines of the hot path are written into one buffer, without
/// intermediate strings.
package struct ByteText: Sendable {
  package private(set) var bytes: [UInt8] = []

  package init(capacity: Int = 64) { bytes.reserveCapacity(capacity) }

  package var string: String { String(decoding: bytes, as: UTF8.self) }

  package mutating func append(_ literal: StaticString) {
    literal.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  package mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  package mutating func append(_ value: Int64) {
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    append(magnitude: value.magnitude, width: 1)
  }

  /// Decimal digits with leading zeros up to `width`.
  package mutating func append(magnitude: UInt64, width: Int) {
    let start = bytes.count
    var rest = magnitude
    var count = 0
    while rest > 0 || count < width {
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
      count += 1
    }
    bytes[start...].reverse()
  }

  /// A decimal amount such as `12.50`.
  package mutating func append(_ money: Money) {
    let magnitude = money.minorUnits.magnitude
    var scale: UInt64 = 1
    for _ in 0..<money.currency.exponent { scale *= 10 }
    if money.minorUnits < 0 { bytes.append(UInt8(ascii: "-")) }
    append(magnitude: magnitude / scale, width: 1)
    guard scale > 1 else { return }
    bytes.append(UInt8(ascii: "."))
    append(magnitude: magnitude % scale, width: money.currency.exponent)
  }

  /// Milliseconds with three decimals out of microseconds.
  package mutating func append(milliseconds microseconds: Int64) {
    append(microseconds / 1000)
    bytes.append(UInt8(ascii: "."))
    append(magnitude: (microseconds % 1000).magnitude, width: 3)
  }

  /// A JSON string with its quotes.
  package mutating func append(jsonString text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): append("\\\"")
      case UInt8(ascii: "\\"): append("\\\\")
      case UInt8(ascii: "\n"): append("\\n")
      case UInt8(ascii: "\r"): append("\\r")
      case UInt8(ascii: "\t"): append("\\t")
      case 0..<0x20:
        append("\\u00")
        append(hexadecimal: byte)
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  package mutating func append(hexadecimal byte: UInt8) {
    for nibble in [byte >> 4, byte & 15] { bytes.append(nibble < 10 ? 48 + nibble : 87 + nibble) }
  }
}
