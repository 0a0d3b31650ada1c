/// What about a string decides in which style it can be written as YAML (`yaml_emitter_analyze_scalar` and
/// `yaml_emitter_select_scalar_style` of libyaml, which go-yaml v2 follows).
struct ScalarTraits {
  /// How a scalar is written.
  enum Style {
    case plain, single, double, literal
  }

  private var looksLikeAnotherType: Bool
  private var isMultiline = false
  private var allowsPlain = true
  private var allowsSingleQuotes = true
  private var allowsLiteral = true

  init(_ text: String) {
    looksLikeAnotherType = isReadAsAnotherType(text)
    let scalars = Array(text.unicodeScalars)
    guard let first = scalars.first, let last = scalars.last else {
      allowsLiteral = false
      return
    }
    isMultiline = scalars.contains("\n")
    if hasIndicators(scalars) || isMultiline { allowsPlain = false }
    if isBlank(first) || isBlank(last) { allowsPlain = false }
    if last == " " { allowsLiteral = false }
    let pairs = zip(scalars, scalars.dropFirst())
    if pairs.contains(where: { $0 == "\n" && $1 == " " }) { allowsSingleQuotes = false }
    if pairs.contains(where: { $0 == " " && $1 == "\n" }) || !scalars.allSatisfy(isPrintable) {
      (allowsPlain, allowsSingleQuotes, allowsLiteral) = (false, false, false)
    }
  }

  /// The style of go-yaml's `stringv`, as far as the emitter permits it.
  func style(isKey: Bool) -> Style {
    if isMultiline { return !isKey && allowsLiteral ? .literal : .double }
    if looksLikeAnotherType { return .double }
    if allowsPlain { return .plain }
    return allowsSingleQuotes ? .single : .double
  }
}

/// Whether YAML's syntax would see more in the text than a word.
private func hasIndicators(_ scalars: [Unicode.Scalar]) -> Bool {
  if scalars.starts(with: "---".unicodeScalars) || scalars.starts(with: "...".unicodeScalars) { return true }
  for (index, scalar) in scalars.enumerated() {
    let isBlankNext = index + 1 == scalars.count || isBlank(scalars[index + 1])
    switch scalar {
    case ":" where isBlankNext: return true
    case "?" where index == 0 && isBlankNext, "-" where index == 0 && isBlankNext: return true
    case "#" where index == 0 || isBlank(scalars[index - 1]): return true
    case ",", "[", "]", "{", "}", "&", "*", "!", "|", ">", "'", "\"", "%", "@", "`":
      if index == 0 { return true }
    default: break
    }
  }
  return false
}

private func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\n" || scalar == "\t" }

/// Whether libyaml writes a character as it is.
func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x0A, 0x20...0x7E, 0xA0...0xD7FF, 0xE000...0xFFFD: scalar.value != 0xFEFF
  default: false
  }
}

/// Whether the text would not be read back as a string, or not by every reader of YAML 1.1.
private func isReadAsAnotherType(_ text: String) -> Bool {
  if resolvePlainScalar(text).string == nil { return true }
  let floats = [".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF"]
  let unsigned = text.hasPrefix("-") || text.hasPrefix("+") ? String(text.dropFirst()) : text
  return text == "<<" || floats.contains(unsigned) || isBase60(unsigned) || isTimestamp(text)
}

/// Numbers such as `1:30`, which YAML 1.1 reads in base 60.
private func isBase60(_ text: String) -> Bool {
  let parts = text.split(separator: ":", omittingEmptySubsequences: false)
  guard parts.count > 1, let first = parts[0].utf8.first, isDigit(first) else { return false }
  guard parts[0].utf8.allSatisfy({ isDigit($0) || $0 == UInt8(ascii: "_") }) else { return false }
  let last = parts[parts.count - 1].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
  let fraction = last.count > 1 ? last[1] : ""
  guard fraction.utf8.allSatisfy({ isDigit($0) || $0 == UInt8(ascii: "_") }) else { return false }
  return (parts[1..<(parts.count - 1)] + [last[0]]).allSatisfy { part in
    (1...2).contains(part.utf8.count) && part.utf8.allSatisfy(isDigit) && (Int(part) ?? 60) < 60
  }
}

/// Dates, and dates with times, of the forms that go-yaml takes for timestamps.
private func isTimestamp(_ text: String) -> Bool {
  let date = text.prefix { $0 != "T" && $0 != "t" && $0 != " " }
  let parts = date.split(separator: "-", omittingEmptySubsequences: false)
  guard parts.count == 3, parts[0].utf8.count == 4, parts.allSatisfy({ $0.utf8.allSatisfy(isDigit) }),
    let month = Int(parts[1]), let day = Int(parts[2]), (1...12).contains(month), (1...31).contains(day),
    parts[1].utf8.count <= 2, parts[2].utf8.count <= 2
  else { return false }
  let rest = text.dropFirst(date.count)
  guard let separator = rest.first else { return true }
  var time = rest.dropFirst()
  if separator != " " {
    if time.hasSuffix("Z") {
      time = time.dropLast()
    } else {
      guard let sign = time.lastIndex(where: { $0 == "+" || $0 == "-" }) else { return false }
      let zone = time[time.index(after: sign)...].split(separator: ":", omittingEmptySubsequences: false)
      guard zone.count == 2, zone.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy(isDigit) }) else {
        return false
      }
      time = time[..<sign]
    }
  }
  let clock = time.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
  let fields = clock[0].split(separator: ":", omittingEmptySubsequences: false)
  return fields.count == 3 && fields.allSatisfy { (1...2).contains($0.utf8.count) && $0.utf8.allSatisfy(isDigit) }
    && (clock.count == 1 || !clock[1].isEmpty && clock[1].utf8.allSatisfy(isDigit))
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

/// The order of keys in go-yaml's maps: text by code points, runs of digits by their value, other characters before
/// letters.
func naturallyPrecedes(_ left: String, _ right: String) -> Bool {
  let a = Array(left.unicodeScalars)
  let b = Array(right.unicodeScalars)
  var afterDigit = false
  for index in 0..<min(a.count, b.count) {
    if a[index] == b[index] {
      afterDigit = isDigit(a[index])
      continue
    }
    switch (a[index].properties.isAlphabetic, b[index].properties.isAlphabetic) {
    case (true, true): return a[index] < b[index]
    case (true, false): return afterDigit
    case (false, true): return !afterDigit
    case (false, false): return numberPrecedes(a, b, from: index)
    }
  }
  return a.count < b.count
}

/// Compares from the first difference, which may lie inside a run of digits.
private func numberPrecedes(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar], from index: Int) -> Bool {
  var start = index
  if a[index] == "0" || b[index] == "0" {
    while start > 0, isDigit(a[start - 1]) { start -= 1 }
    // Zeros at the start of a number do not count; behind another digit they do.
    if a[start..<index].allSatisfy({ $0 == "0" }) { start = index }
  }
  let left = a[start...].prefix(while: isDigit)
  let right = b[start...].prefix(while: isDigit)
  let (leftValue, rightValue) = (digitsValue(left), digitsValue(right))
  if leftValue != rightValue { return leftValue < rightValue }
  if left.count != right.count { return left.count < right.count }
  return a[index] < b[index]
}

private func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

private func digitsValue(_ digits: ArraySlice<Unicode.Scalar>) -> Int64 {
  digits.reduce(0) { $0 &* 10 &+ Int64($1.value - 48) }
}
