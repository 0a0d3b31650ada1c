/// The 128 bits by which a client marks its tries of one payment; usually a UUID.
package struct IdempotencyKey: Hashable, Sendable, CustomStringConvertible {
  package var high: UInt64
  package var low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Reads 32 hexadecimal digits, with or without the hyphens of a UUID; `nil` for anything else.
  package init?(_ text: some StringProtocol) {
    var (high, low): (UInt64, UInt64) = (0, 0)
    var digits = 0
    for byte in text.utf8 where byte != UInt8(ascii: "-") {
      let digit: UInt8
      switch byte {
      case 48...57: digit = byte - 48
      case 97...102: digit = byte - 87
      case 65...70: digit = byte - 55
      default: return nil
      }
      if digits < 16 { high = high << 4 | UInt64(digit) } else { low = low << 4 | UInt64(digit) }
      digits += 1
    }
    guard digits == 32 else { return nil }
    self.init(high: high, low: low)
  }

  /// Folded to the 64 bits that a payment row keeps beside the full key of the idempotency table.
  package var folded: Int64 { Int64(bitPattern: high ^ (low &* 0x9e37_79b9_7f4a_7c15)) }

  /// The form of a UUID.
  package var description: String {
    var text = ByteText(capacity: 36)
    for index in 0..<16 {
      if [4, 6, 8, 10].contains(index) { text.append("-") }
      let word = index < 8 ? high : low
      text.append(hexadecimal: UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * (index % 8))))
    }
    return text.string
  }
}
