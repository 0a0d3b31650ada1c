import Documents
import SimulationKernel

/// A quoted bound such as `< 400ms` or `p(99) < 400ms`.
package struct Comparison: Hashable, Sendable, CustomStringConvertible {
  /// What is computed from many values before it is compared; k6's names.
  package enum Statistic: Hashable, Sendable, CustomStringConvertible {
    case average, minimum, maximum
    /// A quantile, given in percent: `p(99.9)`.
    case percentile(Double)

    package var description: String {
      switch self {
      case .average: "avg"
      case .minimum: "min"
      case .maximum: "max"
      case .percentile(let percent): "p(\(shortNumber(percent)))"
      }
    }
  }

  package enum Relation: String, Hashable, Sendable, CaseIterable {
    case less = "<"
    case atMost = "<="
    case greater = ">"
    case atLeast = ">="
    case equal = "=="
    case different = "!="
  }

  /// The right side.
  package enum Bound: Hashable, Sendable, CustomStringConvertible {
    case number(Double)
    case span(TimeSpan)
    /// A fraction of 1.
    case share(Double)

    package var description: String {
      switch self {
      case .number(let value): shortNumber(value)
      case .span(let span): span.duration.goText
      case .share(let value): shortNumber(value * 100) + "%"
      }
    }

    /// The bound as a plain number: spans in seconds, shares as fractions.
    package var number: Double {
      switch self {
      case .number(let value), .share(let value): value
      case .span(let span): span.seconds
      }
    }
  }

  package var statistic: Statistic?
  package var relation: Relation
  package var bound: Bound

  /// Reads a comparison; `nil` for other text.
  package init?(parsing text: String) {
    let compact = text.filter { !$0.isWhitespace }
    guard let operatorStart = compact.firstIndex(where: { "<>=!".contains($0) }) else { return nil }
    let left = compact[..<operatorStart]
    let relationText = compact[operatorStart...].prefix { "<>=!".contains($0) }
    let right = compact[relationText.endIndex...]
    guard let relation = Relation(rawValue: String(relationText)), let bound = Bound(parsing: right) else { return nil }
    if !left.isEmpty {
      guard let statistic = Statistic(parsing: left) else { return nil }
      self.statistic = statistic
    }
    self.relation = relation
    self.bound = bound
  }

  package var description: String {
    [statistic?.description, relation.rawValue, bound.description].compactMap(\.self).joined(separator: " ")
  }

  /// Whether a measured value, in the unit of `Bound.number`, satisfies the bound.
  package func holds(for value: Double) -> Bool {
    switch relation {
    case .less: value < bound.number
    case .atMost: value <= bound.number
    case .greater: value > bound.number
    case .atLeast: value >= bound.number
    case .equal: value == bound.number
    case .different: value != bound.number
    }
  }
}

extension Comparison.Statistic {
  fileprivate init?(parsing text: Substring) {
    switch text {
    case "avg": self = .average
    case "min": self = .minimum
    case "max": self = .maximum
    default:
      guard text.hasPrefix("p("), text.hasSuffix(")"), let percent = plainNumber(text.dropFirst(2).dropLast()),
        percent > 0, percent <= 100
      else { return nil }
      self = .percentile(percent)
    }
  }
}

extension Comparison.Bound {
  fileprivate init?(parsing text: Substring) {
    if let number = plainNumber(text) {
      self = .number(number)
    } else if let share = parsePercentage(String(text)) {
      self = .share(share)
    } else if let span = Duration(scenarioText: String(text)) {
      self = .span(TimeSpan(span))
    } else {
      return nil
    }
  }
}

/// A number without a fraction where it has none: `99` and `99.9`. At most nine places, so that shares that went through
/// percent come back as they were written.
package func shortNumber(_ value: Double) -> String {
  jsonNumberText((value * 1e9).rounded() / 1e9)
}

extension Form where Value == [Comparison] {
  /// One or more comparisons of latency with a statistic: `"p(99) < 400ms"`.
  static var latencyComparisons: Form {
    let single = Form<Comparison>(
      accepted: "a comparison such as \"p(99) < 400ms\"",
      schema: [
        "type": "string", "pattern": "^\\s*(avg|min|max|p\\([0-9.]+\\))\\s*(<|<=|>|>=)\\s*[0-9.]+(us|ms|s|m)\\s*$",
      ]
    ) { node in
      guard let comparison = node.string.flatMap(Comparison.init(parsing:)), comparison.statistic != nil,
        case .span = comparison.bound
      else { return nil }
      return comparison
    }
    let several = Form.list(of: single)
    return Form(accepted: single.accepted, schema: ["oneOf": [single.schema, several.schema]]) { node, diagnostics in
      node.sequence == nil ? single.read(node, diagnostics).map { [$0] } : several.read(node, diagnostics)
    }
  }
}
