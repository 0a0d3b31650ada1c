import Glibc

/// A number as Go's `encoding/json` writes a `float64`: the shortest digits, positional between 1e-6 and 1e21. Values
/// that JSON cannot hold (infinities, NaN) become `null`.
package func jsonNumberText(_ value: Double) -> String {
  guard value.isFinite else { return "null" }
  if value == value.rounded(), abs(value) < 9e15 {
    return value.sign == .minus && value == 0 ? "-0" : String(Int64(value))
  }
  let digits = DecimalDigits(value)
  if (-6..<21).contains(digits.exponent) { return digits.positional }
  return digits.scientific(exponentDigits: digits.exponent < 0 ? 1 : 2)
}

/// A number as Go's `strconv.FormatFloat(value, 'g', -1, 64)` writes it, which is how exporters print sample values.
package func goNumberText(_ value: Double) -> String {
  if value.isNaN { return "NaN" }
  if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
  if value == 0 { return value.sign == .minus ? "-0" : "0" }
  let digits = DecimalDigits(value)
  return (-4..<6).contains(digits.exponent) ? digits.positional : digits.scientific(exponentDigits: 2)
}

/// A number as Go's `strconv.FormatFloat(value, 'f', -1, 64)` writes it: the shortest digits, never a power of ten.
package func positionalNumberText(_ value: Double) -> String {
  guard value.isFinite, value != 0 else { return goNumberText(value) }
  return DecimalDigits(value).positional
}

/// A number with so many places behind the point, as C's and Go's `%.Nf` write it.
package func fixedText(_ value: Double, places: Int) -> String {
  guard value.isFinite else { return goNumberText(value) }
  let capacity = 350 + places
  return String(unsafeUninitializedCapacity: capacity) { buffer in
    buffer.withMemoryRebound(to: CChar.self) { bytes in
      withVaList([Int32(places), value]) { Int(vsnprintf(bytes.baseAddress, capacity, "%.*f", $0)) }
    }
  }
}

/// A number as go-yaml writes one that came through JSON: whole ones as integers, others as Go's `%g` does, positional
/// between 1e-4 and 1e6.
func goYAMLNumberText(_ value: Double) -> String {
  let json = jsonNumberText(value)
  guard json.contains(where: { $0 == "." || $0 == "e" }) else { return json }
  let digits = DecimalDigits(value)
  return (-4..<6).contains(digits.exponent) ? digits.positional : digits.scientific(exponentDigits: 2)
}

/// The shortest decimal digits that give a double back, and the power of ten of the first one.
struct DecimalDigits {
  var digits: String
  var exponent: Int
  var isNegative: Bool

  init(_ value: Double) {
    isNegative = value < 0
    let parts = "\(abs(value))".split(separator: "e")
    let mantissa = parts[0].split(separator: ".")
    let fraction = mantissa.count > 1 ? String(mantissa[1]) : ""
    let all = String(mantissa[0]) + fraction
    let leadingZeros = all.prefix { $0 == "0" }.count
    var significant = all.dropFirst(leadingZeros)
    while significant.count > 1, significant.last == "0" { significant.removeLast() }
    digits = significant.isEmpty ? "0" : String(significant)
    exponent = (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) + mantissa[0].count - 1 - leadingZeros
  }

  var positional: String {
    let sign = isNegative ? "-" : ""
    if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
    if digits.count <= exponent + 1 {
      return sign + digits + String(repeating: "0", count: exponent + 1 - digits.count)
    }
    return sign + digits.prefix(exponent + 1) + "." + digits.dropFirst(exponent + 1)
  }

  /// One digit before the point, and a power of ten with at least so many digits.
  func scientific(exponentDigits: Int) -> String {
    let mantissa = digits.prefix(1) + (digits.count > 1 ? "." + digits.dropFirst() : "")
    let power = String(abs(exponent))
    let zeros = String(repeating: "0", count: max(0, exponentDigits - power.count))
    return "\(isNegative ? "-" : "")\(mantissa)e\(exponent < 0 ? "-" : "+")\(zeros)\(power)"
  }
}
