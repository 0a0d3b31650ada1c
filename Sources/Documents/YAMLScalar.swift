/// Resolves a plain scalar as Kubernetes does: sigs.k8s.io/yaml on go-yaml v2 (`resolve.go`), which keeps the Booleans
/// of YAML 1.1 (`y`, `yes`, `on`, …) but not its base-60 numbers. Timestamps stay strings.
func resolvePlainScalar(_ text: String) -> JSONValue {
  switch text {
  case "", "~", "null", "Null", "NULL": return .null
  case "true", "True", "TRUE", "y", "Y", "yes", "Yes", "YES", "on", "On", "ON": return .bool(true)
  case "false", "False", "FALSE", "n", "N", "no", "No", "NO", "off", "Off", "OFF": return .bool(false)
  default: break
  }
  guard let first = text.utf8.first else { return .null }
  switch first {
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
    return resolveNumber(text) ?? .string(text)
  default: return .string(text)
  }
}

/// Numbers of go-yaml v2: decimal, `0x`, `0o`, `0b` and leading-zero octal integers with optional `_`, and decimal
/// floats. Infinities and NaN have no JSON form and stay strings.
private func resolveNumber(_ text: String) -> JSONValue? {
  let plain = text.contains("_") ? text.filter { $0 != "_" } : text
  let negative = plain.hasPrefix("-")
  let unsigned = negative || plain.hasPrefix("+") ? plain.dropFirst() : plain[...]
  if let magnitude = integerMagnitude(unsigned) {
    if !negative, let value = Int64(exactly: magnitude) { return .integer(value) }
    if negative, magnitude <= UInt64(Int64.max) + 1 { return .integer(Int64(truncatingIfNeeded: 0 &- magnitude)) }
    return .number((negative ? -1 : 1) * Double(magnitude))
  }
  return isFloat(unsigned) ? Double(plain).map(JSONValue.number) : nil
}

private func integerMagnitude(_ text: Substring) -> UInt64? {
  guard let first = text.utf8.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return nil }
  let prefixes: [(String, Int)] = [("0x", 16), ("0X", 16), ("0o", 8), ("0O", 8), ("0b", 2), ("0B", 2)]
  for (prefix, radix) in prefixes where text.hasPrefix(prefix) { return UInt64(text.dropFirst(2), radix: radix) }
  return UInt64(text, radix: text.count > 1 && text.hasPrefix("0") ? 8 : 10)
}

/// `[0-9]* [. [0-9]*] [e [+-] [0-9]+]` with at least one digit before the exponent.
private func isFloat(_ text: Substring) -> Bool {
  var rest = text.utf8[...]
  func takeDigits() -> Int {
    let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    rest = rest.dropFirst(digits.count)
    return digits.count
  }
  var digits = takeDigits()
  if rest.first == UInt8(ascii: ".") {
    rest = rest.dropFirst()
    digits += takeDigits()
  }
  guard digits > 0 else { return false }
  if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
    rest = rest.dropFirst()
    if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    guard takeDigits() > 0 else { return false }
  }
  return rest.isEmpty
}
