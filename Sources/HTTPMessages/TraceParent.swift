/// The header `traceparent` (W3C Trace Context, section 3.2) as a value: which request of a user this one serves.
///
/// Messages carry it parsed, so that passing it on costs no text; it is written out where bytes are shown.
package struct TraceParent: Hashable, Sendable {
  /// The trace, 128 bits.
  package var trace: TraceID
  /// The caller's span.
  package var span: UInt64
  /// Whether the caller may have recorded the trace.
  package var isSampled: Bool

  package init(trace: TraceID, span: UInt64, isSampled: Bool) {
    self.trace = trace
    self.span = span
    self.isSampled = isSampled
  }

  /// Reads version `00`, and of later versions what `00` knows (section 3.2.4: a vendor "MUST" read a higher version's first
  /// four fields); `nil` for anything malformed, for `ff`, and for numbers that are zero.
  package init?(_ text: some StringProtocol) {
    let bytes = Array(text.utf8)
    guard bytes.count >= 55, bytes[2] == 45, bytes[35] == 45, bytes[52] == 45,
      let version = hexadecimalNumber(bytes[0..<2]),
      version != 0xff, bytes.count == 55 || version > 0 && bytes[55] == 45,
      let high = hexadecimalNumber(bytes[3..<19]), let low = hexadecimalNumber(bytes[19..<35]),
      let span = hexadecimalNumber(bytes[36..<52]), let flags = hexadecimalNumber(bytes[53..<55]), high | low != 0,
      span != 0
    else { return nil }
    self.init(trace: TraceID(high: high, low: low), span: span, isSampled: flags & 1 == 1)
  }

  /// Such as `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`.
  package var text: String { "00-\(trace)-\(hexadecimal(span))-0\(isSampled ? 1 : 0)" }
}

/// The number of a trace.
package struct TraceID: Hashable, Sendable, CustomStringConvertible {
  package var high: UInt64
  package var low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Reads 32 lower-case hexadecimal digits that are not all zero.
  package init?(_ text: some StringProtocol) {
    let bytes = Array(text.utf8)
    guard bytes.count == 32, let high = hexadecimalNumber(bytes[..<16]), let low = hexadecimalNumber(bytes[16...]),
      high | low != 0
    else { return nil }
    self.init(high: high, low: low)
  }

  package var description: String { hexadecimal(high) + hexadecimal(low) }
}

/// The last digits of a number in base 16, with leading zeros.
package func hexadecimal(_ value: UInt64, digits: Int = 16) -> String {
  let text = String(value, radix: 16)
  return String(repeating: "0", count: max(0, digits - text.count)) + text.suffix(digits)
}

/// Up to sixteen digits `0` to `9` and `a` to `f`; capital letters are not allowed in the header.
private func hexadecimalNumber(_ digits: ArraySlice<UInt8>) -> UInt64? {
  var value: UInt64 = 0
  for byte in digits {
    switch byte {
    case 48...57: value = value << 4 | UInt64(byte - 48)
    case 97...102: value = value << 4 | UInt64(byte - 87)
    default: return nil
    }
  }
  return value
}
