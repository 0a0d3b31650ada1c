extension Duration {
  /// The span in nanoseconds; spans beyond 292 years are cut to the nearest that fits.
  package var nanosecondCount: Int64 {
    let nanoseconds = attoseconds / 1_000_000_000
    return Int64(exactly: nanoseconds) ?? (nanoseconds < 0 ? .min : .max)
  }

  /// Reads a duration as Go's `time.ParseDuration` does: `1h2m3.5s`, `300ms`, `-1.5h`, `0`. Units are `ns`, `us` or
  /// `µs`, `ms`, `s`, `m`, `h`; digits below a nanosecond are dropped.
  package init?(goText text: String) {
    guard let nanoseconds = parseDuration(text, units: goUnits, allowsSign: true) else { return nil }
    self = .nanoseconds(nanoseconds)
  }

  /// Reads a duration of a scenario file: as Go writes them, without a sign, and with `d` for days.
  package init?(scenarioText text: String) {
    guard let nanoseconds = parseDuration(text, units: goUnits + [("d", 86_400_000_000_000)], allowsSign: false) else {
      return nil
    }
    self = .nanoseconds(nanoseconds)
  }

  /// The duration as Go's `Duration.String` writes it: `1h2m3.5s`, `1m0s`, `300ms`, `0s`.
  package var goText: String {
    let total = nanosecondCount
    let magnitude = total.magnitude
    let sign = total < 0 ? "-" : ""
    switch magnitude {
    case 0: return "0s"
    case ..<1_000: return "\(sign)\(magnitude)ns"
    case ..<1_000_000: return "\(sign)\(decimal(magnitude, unit: 1_000))µs"
    case ..<1_000_000_000: return "\(sign)\(decimal(magnitude, unit: 1_000_000))ms"
    default: break
    }
    let minutes = magnitude / 60_000_000_000
    let seconds = decimal(magnitude % 60_000_000_000, unit: 1_000_000_000)
    if minutes == 0 { return "\(sign)\(seconds)s" }
    return sign + (minutes < 60 ? "" : "\(minutes / 60)h") + "\(minutes % 60)m\(seconds)s"
  }

  /// The duration as people write it: Go's text without units that are zero, such as `10m` or `1h30m`.
  package var shortText: String {
    let total = nanosecondCount
    guard total.magnitude >= 60_000_000_000 else { return goText }
    let hours = total.magnitude / 3_600_000_000_000
    let minutes = total.magnitude / 60_000_000_000 % 60
    let rest = total.magnitude % 60_000_000_000
    return (total < 0 ? "-" : "") + (hours > 0 ? "\(hours)h" : "") + (minutes > 0 ? "\(minutes)m" : "")
      + (rest > 0 ? decimal(rest, unit: 1_000_000_000) + "s" : "")
  }
}

private let goUnits: [(name: String, nanoseconds: Int64)] = [
  ("ns", 1), ("us", 1_000), ("µs", 1_000), ("μs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000),
  ("m", 60_000_000_000), ("h", 3_600_000_000_000),
]

/// A sum of numbers with units, in nanoseconds; `nil` for other text and for what does not fit.
private func parseDuration(_ text: String, units: [(name: String, nanoseconds: Int64)], allowsSign: Bool) -> Int64? {
  var rest = text[...]
  let negative = allowsSign && rest.hasPrefix("-")
  if negative || (allowsSign && rest.hasPrefix("+")) { rest = rest.dropFirst() }
  if rest == "0" { return 0 }
  guard !rest.isEmpty else { return nil }
  var total: Int64 = 0
  while !rest.isEmpty {
    let number = rest.prefix { isDigit($0) || $0 == "." }
    let name = rest.dropFirst(number.count).prefix { !isDigit($0) && $0 != "." }
    rest = rest[name.endIndex...]
    guard let unit = units.first(where: { $0.name == name }), let part = nanoseconds(number, unit: unit.nanoseconds)
    else { return nil }
    let (sum, overflow) = total.addingReportingOverflow(part)
    if overflow { return nil }
    total = sum
  }
  return negative ? -total : total
}

/// A decimal number of units in nanoseconds, exactly; digits below a nanosecond are dropped.
private func nanoseconds(_ number: Substring, unit: Int64) -> Int64? {
  let parts = number.split(separator: ".", omittingEmptySubsequences: false)
  guard parts.count <= 2, parts.contains(where: { !$0.isEmpty }) else { return nil }
  guard let whole = parts[0].isEmpty ? 0 : Int64(parts[0]) else { return nil }
  let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
  if overflow { return nil }
  var fraction: Int128 = 0
  var scale: Int128 = 1
  for digit in parts.count > 1 ? parts[1].prefix(18) : "" {
    fraction = fraction * 10 + Int128(digit.wholeNumberValue ?? 0)
    scale *= 10
  }
  let (sum, carried) = product.addingReportingOverflow(Int64(fraction * Int128(unit) / scale))
  return carried ? nil : sum
}

private func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }

/// A count of nanoseconds in a larger unit, without trailing zeros.
private func decimal(_ nanoseconds: UInt64, unit: UInt64) -> String {
  let fraction = nanoseconds % unit
  if fraction == 0 { return String(nanoseconds / unit) }
  var digits = String(unit + fraction).dropFirst()
  while digits.last == "0" { digits.removeLast() }
  return "\(nanoseconds / unit).\(digits)"
}
