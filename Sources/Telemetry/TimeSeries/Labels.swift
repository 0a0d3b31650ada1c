/// One label of a time series.
package struct Label: Hashable, Comparable, Sendable {
  package var name: String
  package var value: String

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }

  package static func < (one: Label, other: Label) -> Bool {
    (one.name, one.value) < (other.name, other.value)
  }
}

/// A set of labels, sorted by name; a label with an empty value is the same as none (Prometheus' data model).
package struct Labels: Hashable, Comparable, Sendable {
  package static let metricName = "__name__"

  package private(set) var pairs: [Label]

  package init() { pairs = [] }

  /// - Parameter pairs: in any order; of two of one name the later one counts.
  package init(_ pairs: [Label]) {
    self.pairs = []
    self.pairs.reserveCapacity(pairs.count)
    for pair in pairs { self[pair.name] = pair.value }
  }

  /// The value of `name`, empty where there is none; setting an empty value removes the label.
  package subscript(name: String) -> String {
    get {
      let index = position(of: name)
      return index < pairs.count && pairs[index].name == name ? pairs[index].value : ""
    }
    set {
      let index = position(of: name)
      let exists = index < pairs.count && pairs[index].name == name
      switch (exists, newValue.isEmpty) {
      case (true, true): pairs.remove(at: index)
      case (true, false): pairs[index].value = newValue
      case (false, false): pairs.insert(Label(name, newValue), at: index)
      case (false, true): break
      }
    }
  }

  private func position(of name: String) -> Int {
    // The common case when labels arrive in order: behind the last.
    guard let last = pairs.last, name <= last.name else { return pairs.count }
    return pairs.firstIndex { $0.name >= name } ?? pairs.count
  }

  package static func < (one: Labels, other: Labels) -> Bool {
    one.pairs.lexicographicallyPrecedes(other.pairs)
  }
}

extension Labels {
  /// The labels as Prometheus writes them in messages: `{a="1", b="2"}`, the name among them (`labels.Labels.String`).
  package var text: String {
    "{" + pairs.map { "\($0.name)=\(quotedText($0.value))" }.joined(separator: ", ") + "}"
  }
}

/// A text in quotes as Go's `strconv.Quote` writes it.
package func quotedText(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\t": result += "\\t"
    case "\r": result += "\\r"
    case _ where scalar.value < 0x20 || scalar.value == 0x7f:
      let digits = String(scalar.value, radix: 16)
      result += "\\x" + (digits.count < 2 ? "0" : "") + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
