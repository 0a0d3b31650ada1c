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
    guard bytes.count >= 55, bytes[2] == 45, bytes[35] == 45, bytes[52] == 45, let version = hexadecimal(bytes[0..<2]),
      version != 0xff, bytes.count == 55 || version > 0 && bytes[55] == 45,
      let high = hexadecimal(bytes[3..<19]), let low = hexadecimal(bytes[19..<35]),
      let span = hexadecimal(bytes[36..<52]), let flags = hexadecimal(bytes[53..<55]), high | low != 0, span != 0
    else { return nil }
    self.init(trace: TraceID(high: high, low: low), span: span, isSampled: flags & 1 == 1)
  }

  /// Such as `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`.
  package var text: String { "00-\(trace)-\(hexText(span))-0\(isSampled ? 1 : 0)" }
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
    guard bytes.count == 32, let high = hexadecimal(bytes[..<16]), let low = hexadecimal(bytes[16...]), high | low != 0
    else { return nil }
    self.init(high: high, low: low)
  }

  package var description: String { hexText(high) + hexText(low) }
}

/// Sixteen lower-case hexadecimal digits.
package func hexText(_ value: UInt64) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 16 - digits.utf8.count) + digits
}

/// Up to sixteen digits `0` to `9` and `a` to `f`; capital letters are not allowed in the header.
private func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt64? {
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
