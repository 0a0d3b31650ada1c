import Glibc

extension Double {
  /// The shortest decimal that reads back as this number, never with an exponent: Go's `FormatFloat(v, 'f', -1, 64)`, the
  /// form of values in Prometheus' API and of `count_values`.
  package var plainText: String {
    if let special = specialText { return special }
    let (digits, point) = shortestDigits
    let sign = self.sign == .minus ? "-" : ""
    if point <= 0 { return digits == "0" ? sign + "0" : sign + "0." + String(repeating: "0", count: -point) + digits }
    if point >= digits.utf8.count { return sign + digits + String(repeating: "0", count: point - digits.utf8.count) }
    return sign + digits.prefix(point) + "." + digits.dropFirst(point)
  }

  /// Go's `%v`: as `plainText`, with an exponent below 1e-4 and from 1e21 on.
  var generalText: String {
    if let special = specialText { return special }
    let (digits, point) = shortestDigits
    let exponent = point - 1
    guard self != 0, exponent < -4 || exponent >= 21 else { return plainText }
    let fraction = digits.dropFirst()
    let magnitude = String(exponent.magnitude)
    return (sign == .minus ? "-" : "") + digits.prefix(1) + (fraction.isEmpty ? "" : "." + fraction)
      + (exponent < 0 ? "e-" : "e+") + (magnitude.utf8.count < 2 ? "0" : "") + magnitude
  }

  /// Go's `%f`: six decimal places.
  var fixedText: String {
    if let special = specialText { return special }
    var buffer = [CChar](repeating: 0, count: 400)
    let length = withVaList([self]) { vsnprintf(&buffer, buffer.count, "%f", $0) }
    return String(decoding: buffer.prefix(Int(max(0, length))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private var specialText: String? {
    if isNaN { return "NaN" }
    if isInfinite { return self < 0 ? "-Inf" : "+Inf" }
    return nil
  }

  /// The shortest digits, without zeros at either end, and how many of them stand before the point.
  private var shortestDigits: (digits: String, point: Int) {
    let text = magnitude.description
    let parts = text.split(separator: "e")
    let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let fraction = mantissa.count > 1 && mantissa[1] != "0" ? mantissa[1] : ""
    let all = mantissa[0] + fraction
    let leadingZeros = all.prefix { $0 == "0" }.count
    var digits = all.dropFirst(leadingZeros)
    while digits.last == "0" { digits.removeLast() }
    guard !digits.isEmpty else { return ("0", 0) }
    let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    return (String(digits), mantissa[0].count - leadingZeros + exponent)
  }
}
