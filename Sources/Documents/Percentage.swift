/// A share such as `25%` or `99.95%` as a fraction of 1; `nil` for other text.
package func parsePercentage(_ text: String) -> Double? {
  guard text.hasSuffix("%") else { return nil }
  let number = text.dropLast()
  let isPlain = number.allSatisfy { ("0"..."9").contains($0) || $0 == "." }
  guard isPlain, number.first != ".", number.last != ".", let value = Double(number) else { return nil }
  return value / 100
}

/// A count or a share of a total, as in `maxSurge: 25%` (`IntOrString` of apimachinery's `util/intstr`).
package enum CountOrPercentage: Hashable, Sendable, CustomStringConvertible {
  case count(Int)
  case percentage(Int)

  /// Reads a number, or text of a whole percentage; `nil` for everything else.
  package init?(_ json: JSONValue) {
    switch json {
    case .integer(let value): self = .count(Int(value))
    case .string(let text):
      guard text.hasSuffix("%"), let value = Int(text.dropLast()) else { return nil }
      self = .percentage(value)
    default: return nil
    }
  }

  /// The count out of a total: a percentage is rounded up or down as asked.
  package func scaled(to total: Int, roundingUp: Bool) -> Int {
    switch self {
    case .count(let value): value
    case .percentage(let value):
      roundingUp ? Int((Double(value) * Double(total) / 100).rounded(.up)) : value * total / 100
    }
  }

  package var json: JSONValue {
    switch self {
    case .count(let value): .integer(Int64(value))
    case .percentage(let value): .string("\(value)%")
    }
  }

  package var description: String {
    switch self {
    case .count(let value): "\(value)"
    case .percentage(let value): "\(value)%"
    }
  }
}
