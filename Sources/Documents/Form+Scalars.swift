extension Form where Value == String {
  /// Text. Numbers and Booleans must be quoted.
  package static var string: Form {
    Form(accepted: "a string", schema: ["type": "string"]) { $0.string }
  }

  /// Text with at least one character.
  package static var nonEmptyString: Form {
    Form(accepted: "text that is not empty", schema: ["type": "string", "minLength": 1]) { node in
      node.string.flatMap { $0.isEmpty ? nil : $0 }
    }
  }

  /// A name of lower-case letters, digits and inner hyphens of at most 63 characters, as Kubernetes names (RFC 1123).
  package static var name: Form {
    let pattern = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
    return Form(
      accepted: "a name of lower-case letters, digits and hyphens",
      schema: ["type": "string", "pattern": .string(pattern)]
    ) { node in
      node.string.flatMap { isDNSLabel($0) ? $0 : nil }
    }
  }

  /// One of a closed list of words.
  package static func word(among words: [String]) -> Form {
    let accepted = words.count == 1 ? "\"\(words[0])\"" : "one of \(words.joined(separator: ", "))"
    return Form(accepted: accepted, schema: ["enum": .array(words.map(JSONValue.string))]) { node, diagnostics in
      guard let text = node.scalar?.text, words.contains(text) else {
        let hint = node.scalar.flatMap { spellingHint(for: $0.text, among: words) }
        diagnostics.error(at: node.mark, "expected \(accepted), found \(node.found)", hint: hint)
        return nil
      }
      return text
    }
  }

  /// Any scalar as its characters: `8080` and `"8080"` are both accepted.
  package static var text: Form {
    Form(accepted: "text", schema: ["type": ["string", "number", "boolean"]]) { node in
      node.isNull ? nil : node.scalar?.text
    }
  }
}

extension Form where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  /// One of the raw values of an enumeration.
  package static var word: Form {
    Form<String>.word(among: Value.allCases.map(\.rawValue)).map { Value(rawValue: $0)! }
  }
}

extension Form where Value == Bool {
  /// `true` or `false`.
  package static var bool: Form {
    Form(accepted: "true or false", schema: ["type": "boolean"]) { $0.scalar?.value.bool }
  }
}

extension Form where Value == Int {
  /// A whole number within a range.
  package static func integer(in range: ClosedRange<Int> = Int.min...Int.max) -> Form {
    let bounds = rangeText(range.lowerBound, range.upperBound, unbounded: Int.min, Int.max)
    return Form(accepted: "a whole number\(bounds)", schema: integerSchema(range)) { node in
      node.scalar?.value.integer.map(Int.init).flatMap { range.contains($0) ? $0 : nil }
    }
  }
}

extension Form where Value == Double {
  /// A number within a range.
  package static func number(in range: ClosedRange<Double> = -Double.infinity...Double.infinity) -> Form {
    let bounds = rangeText(range.lowerBound, range.upperBound, unbounded: -.infinity, .infinity)
    return Form(accepted: "a number\(bounds)", schema: ["type": "number"]) { node in
      node.scalar?.value.number.flatMap { range.contains($0) ? $0 : nil }
    }
  }

  /// A share such as `25%` or `99.9%`, between 0 % and 100 %; the value is a fraction of 1.
  package static var percentage: Form {
    Form(
      accepted: "a percentage from 0% to 100%, such as 25%",
      schema: ["type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?%$"]
    ) { node in
      node.string.flatMap(parsePercentage).flatMap { (0...1).contains($0) ? $0 : nil }
    }
  }
}

extension Form where Value == Duration {
  /// A span such as `300ms`, `90s`, `10m`, `1h30m` or `2d`, not negative.
  package static var duration: Form {
    let pattern = "^([0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h|d))+$|^0$"
    return Form(
      accepted: "a duration such as 300ms, 90s or 1h30m", schema: ["type": "string", "pattern": .string(pattern)]
    ) { node in
      if node.scalar?.value == .integer(0) { return .zero }
      return node.string.flatMap { Duration(scenarioText: $0) }
    }
  }

  /// A span that is longer than nothing.
  package static var positiveDuration: Form {
    duration.rejecting { $0 > .zero ? nil : "expected a duration above zero, found \($0.shortText)" }
  }
}

extension Form where Value == JSONValue {
  /// Anything.
  package static var anything: Form {
    Form(accepted: "a value", schema: true) { $0.json }
  }

  /// Any mapping.
  package static var object: Form {
    Form(accepted: "a mapping", schema: ["type": "object"]) { $0.mapping == nil ? nil : $0.json }
  }
}

extension Form where Value == Node {
  /// Anything, with its places.
  package static var node: Form {
    Form(accepted: "a value", schema: true) { $0 }
  }
}

/// Whether a text is a DNS label as RFC 1123 has it: what Kubernetes accepts as most names.
package func isDNSLabel(_ text: String) -> Bool {
  let bytes = Array(text.utf8)
  func isAlphanumeric(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
  guard let first = bytes.first, let last = bytes.last, bytes.count <= 63 else { return false }
  return isAlphanumeric(first) && isAlphanumeric(last)
    && bytes.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
}

private func rangeText<Bound: Comparable>(_ low: Bound, _ high: Bound, unbounded least: Bound, _ greatest: Bound)
  -> String
{
  switch (low > least, high < greatest) {
  case (true, true): " from \(low) to \(high)"
  case (true, false): " of at least \(low)"
  case (false, true): " of at most \(high)"
  case (false, false): ""
  }
}

private func integerSchema(_ range: ClosedRange<Int>) -> JSONValue {
  var schema: JSONValue = ["type": "integer"]
  if range.lowerBound > .min { schema["minimum"] = .integer(Int64(range.lowerBound)) }
  if range.upperBound < .max { schema["maximum"] = .integer(Int64(range.upperBound)) }
  return schema
}
