/// An amount as Kubernetes writes it: `250m`, `512Mi`, `1e3`, `0.5`. Exact down to a billionth; smaller parts round up.
///
/// Parsing and canonical form follow `k8s.io/apimachinery/pkg/api/resource` (`quantity.go`, `suffix.go`).
package struct Quantity: Sendable {
  /// The family of suffixes in which the amount was written, and will be written again.
  package enum Notation: Sendable {
    case binary, decimal, exponent
  }

  /// Billionths.
  private var nanos: Int128
  package var notation: Notation

  /// The largest amount; beyond it apimachinery cuts amounts off.
  private static let maximumNanos = Int128(Int64.max) * 1_000_000_000

  private init(nanos: Int128, notation: Notation) {
    self.nanos = min(max(nanos, -Self.maximumNanos), Self.maximumNanos)
    self.notation = notation
  }

  /// Whole units, such as pods.
  package init(whole value: Int64) {
    self.init(nanos: Int128(value) * 1_000_000_000, notation: .decimal)
  }

  /// Thousandths, such as millicores.
  package init(milli: Int64) {
    self.init(nanos: Int128(milli) * 1_000_000, notation: .decimal)
  }

  /// Bytes, written with binary suffixes.
  package init(bytes: Int64) {
    self.init(nanos: Int128(bytes) * 1_000_000_000, notation: .binary)
  }

  package static let zero = Quantity(milli: 0)

  /// The amount in whole units, rounded up.
  package var value: Int64 { Int64(roundedUp(nanos, to: 1_000_000_000)) }

  /// The amount in thousandths, rounded up; amounts beyond 64 bits are cut off.
  package var milliValue: Int64 { Int64(clamping: roundedUp(nanos, to: 1_000_000)) }

  /// The amount as a floating-point number, for shares and averages.
  package var doubleValue: Double { Double(nanos) / 1e9 }
}

extension Quantity: Comparable, Hashable {
  /// Amounts are equal whatever their notation: `1` and `1000m`.
  package static func == (left: Quantity, right: Quantity) -> Bool { left.nanos == right.nanos }
  package static func < (left: Quantity, right: Quantity) -> Bool { left.nanos < right.nanos }
  package func hash(into hasher: inout Hasher) { hasher.combine(nanos) }
}

extension Quantity: AdditiveArithmetic {
  package static func + (left: Quantity, right: Quantity) -> Quantity {
    Quantity(nanos: left.nanos + right.nanos, notation: left.nanos == 0 ? right.notation : left.notation)
  }

  package static func - (left: Quantity, right: Quantity) -> Quantity {
    Quantity(nanos: left.nanos - right.nanos, notation: left.nanos == 0 ? right.notation : left.notation)
  }
}

/// Why a text is no quantity, in apimachinery's words.
package enum QuantityError: Error, CustomStringConvertible, Sendable {
  case format, number, suffix

  package var description: String {
    switch self {
    case .format:
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    case .number: "unable to parse numeric part of quantity"
    case .suffix: "unable to parse quantity's suffix"
    }
  }
}

// Reading.
extension Quantity {
  package init(parsing text: String) throws(QuantityError) {
    var rest = text[...]
    let negative = rest.hasPrefix("-")
    if negative || rest.hasPrefix("+") { rest = rest.dropFirst() }
    let number = rest.prefix { ("0"..."9").contains($0) || $0 == "." }
    let suffix = rest.dropFirst(number.count)
    guard !number.isEmpty else { throw .format }
    let parts = number.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, parts.contains(where: { !$0.isEmpty }) else { throw .number }
    guard let scale = Scale(suffix: suffix) else { throw .suffix }
    let digits = parts.joined()
    let fractionDigits = parts.count > 1 ? parts[1].count : 0
    let nanos = Self.scaledNanos(digits: digits, fractionDigits: fractionDigits, scale: scale)
    self.init(nanos: negative ? -nanos : nanos, notation: scale.notation)
  }

  /// Reads a quantity of a manifest, where numbers may stand without quotes.
  package init(_ json: JSONValue) throws(QuantityError) {
    switch json {
    case .string(let text): try self.init(parsing: text)
    case .integer(let value): self.init(whole: value)
    case .number(let value): try self.init(parsing: jsonNumberText(value))
    default: throw .format
    }
  }

  /// What a suffix multiplies by: a power of 1024 or of ten.
  private struct Scale {
    var notation: Notation
    var multiplier: Int128 = 1
    var powerOfTen = 0

    init?(suffix: Substring) {
      if let power = binarySuffixes.firstIndex(where: { $0 == suffix }) {
        notation = .binary
        multiplier = Int128(1) << Int128(10 * (power + 1))
      } else if let row = decimalSuffixes.first(where: { $0.suffix == suffix }) {
        notation = .decimal
        powerOfTen = row.power
      } else if suffix.hasPrefix("e") || suffix.hasPrefix("E"), let power = Int(suffix.dropFirst()), abs(power) < 100 {
        notation = .exponent
        powerOfTen = power
      } else {
        return nil
      }
    }
  }

  /// digits × 10^(power − fraction digits) × multiplier, in billionths, rounded up, cut off at the maximum.
  private static func scaledNanos(digits: String, fractionDigits: Int, scale: Scale) -> Int128 {
    var value: Int128 = 0
    for digit in digits {
      let (next, overflow) = value.multipliedReportingOverflow(by: 10)
      if overflow || next > Int128.max / 4 { return maximumNanos }
      value = next + Int128(digit.wholeNumberValue ?? 0)
    }
    let (product, overflow) = value.multipliedReportingOverflow(by: scale.multiplier)
    if overflow { return maximumNanos }
    value = product
    var power = 9 + scale.powerOfTen - fractionDigits
    while power > 0, value != 0 {
      let (next, overflow) = value.multipliedReportingOverflow(by: 10)
      if overflow { return maximumNanos }
      value = next
      power -= 1
    }
    var lostDigits = false
    while power < 0, value != 0 {
      lostDigits = lostDigits || value % 10 != 0
      value /= 10
      power += 1
    }
    return lostDigits ? value + 1 : value
  }
}

// Writing.
extension Quantity: CustomStringConvertible {
  /// The canonical form: the largest suffix that needs no fraction. Binary amounts below 1024, or with a fraction, are
  /// written in decimal.
  package var description: String {
    if nanos == 0 { return "0" }
    if notation == .binary, nanos.magnitude >= 1024 * 1_000_000_000, nanos % 1_000_000_000 == 0 {
      return binaryText(nanos / 1_000_000_000)
    }
    var mantissa = nanos
    var power = -9
    while mantissa % 1000 == 0, power < (notation == .exponent ? Int.max : 18) {
      mantissa /= 1000
      power += 3
    }
    if notation == .exponent { return power == 0 ? "\(mantissa)" : "\(mantissa)e\(power)" }
    return "\(mantissa)\(decimalSuffixes.first { $0.power == power }?.suffix ?? "")"
  }

  private func binaryText(_ whole: Int128) -> String {
    var mantissa = whole
    var power = 0
    while mantissa % 1024 == 0, power < binarySuffixes.count {
      mantissa /= 1024
      power += 1
    }
    return "\(mantissa)\(power == 0 ? "" : binarySuffixes[power - 1])"
  }
}

private let binarySuffixes = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]

private let decimalSuffixes: [(suffix: String, power: Int)] = [
  ("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18),
]

private func roundedUp(_ value: Int128, to unit: Int128) -> Int128 {
  let quotient = value / unit
  return value > 0 && value % unit != 0 ? quotient + 1 : quotient
}
