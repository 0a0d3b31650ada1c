import Documents

/// The canonical form of an expression on one line, as Prometheus prints it (`promql/parser/printer.go` of 2.42; the answer of
/// `/api/v1/format_query` for expressions of up to 100 characters).
///
/// Parentheses are those of the text: none are added or taken away. Modifiers of aggregations stand before the arguments,
/// matchers are sorted, and words are in lower case. As upstream does, the form leaves out modifiers without labels: `by ()`,
/// and `ignoring ()` with the grouping behind it.
extension Expression: CustomStringConvertible {
  package var description: String {
    switch form {
    case .number(let value): goNumberText(value)
    case .string(let value): Self.quoted(value)
    case .parenthesized(let inner): isPlus ? "+\(inner)" : "(\(inner))"
    case .negation(let inner): "-\(inner)"
    case .binary(let binary): binary.description
    case .aggregation(let aggregation): aggregation.description
    case .call(let call): call.function.rawValue + "(\(call.arguments.map(\.description).joined(separator: ", ")))"
    case .selector(let selector): selector.unshifted + selector.shift.description
    case .matrix(let selector, let range):
      selector.unshifted + "[\(Self.durationText(range))]" + selector.shift.description
    case .subquery(let subquery):
      "\(subquery.inner)[\(Self.durationText(subquery.range)):\(subquery.step.map(Self.durationText) ?? "")]"
        + subquery.shift.description
    }
  }

  /// A duration as Prometheus prints it (`model.Duration`): in years or weeks only where nothing remains.
  static func durationText(_ milliseconds: Int64) -> String {
    let units: [(name: String, size: Int64, isExact: Bool)] = [
      ("y", 31_536_000_000, true), ("w", 604_800_000, true), ("d", 86_400_000, false), ("h", 3_600_000, false),
      ("m", 60_000, false), ("s", 1000, false), ("ms", 1, false),
    ]
    if milliseconds == 0 { return "0s" }
    var rest = milliseconds
    var result = ""
    for unit in units where rest >= unit.size && (!unit.isExact || rest % unit.size == 0) {
      result += "\(rest / unit.size)\(unit.name)"
      rest %= unit.size
    }
    return result
  }

  /// A text in quotes with Go's escapes (`strconv.Quote`): whatever cannot be printed is escaped.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars { result += escaped(scalar, quote: "\"") }
    return result + "\""
  }

  private static let shortEscapes: [Unicode.Scalar: String] = [
    "\u{07}": "\\a", "\u{08}": "\\b", "\u{0c}": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\u{0b}": "\\v",
    "\\": "\\\\",
  ]

  /// One character as it stands between quotes in Go's notation.
  static func escaped(_ scalar: Unicode.Scalar, quote: Unicode.Scalar) -> String {
    if scalar == quote { return "\\" + String(quote) }
    if let escape = shortEscapes[scalar] { return escape }
    if isPrintable(scalar) { return String(Character(scalar)) }
    let digits = String(scalar.value, radix: 16)
    let (prefix, width) = scalar.value < 0x80 ? ("\\x", 2) : scalar.value < 0x10000 ? ("\\u", 4) : ("\\U", 8)
    return prefix + String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols and the blank.
  static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    case .spaceSeparator: scalar == " "
    default: true
    }
  }
}

extension Expression.Binary {
  /// Both sides with the operator and its modifiers between them.
  var description: String {
    "\(left) \(operation.rawValue)\(returnsBool ? " bool" : "")\(matching?.description ?? "") \(right)"
  }
}

extension Expression.VectorMatching {
  /// With a blank before it, empty where the matching is the usual one.
  var description: String {
    guard isOn || !labels.isEmpty else { return "" }
    let on = " \(isOn ? "on" : "ignoring") (\(labels.joined(separator: ", ")))"
    switch cardinality {
    case .oneToOne, .manyToMany: return on
    case .manyToOne: return on + " group_left (\(include.joined(separator: ", ")))"
    case .oneToMany: return on + " group_right (\(include.joined(separator: ", ")))"
    }
  }
}

extension Expression.Aggregation {
  /// The modifier before the arguments, wherever it was written.
  var description: String {
    let labels = grouping.joined(separator: ", ")
    let modifier = isWithout ? " without (\(labels)) " : grouping.isEmpty ? "" : " by (\(labels)) "
    return "\(operation.rawValue)\(modifier)(\(parameter.map { "\($0), " } ?? "")\(inner))"
  }
}

extension Expression.Selector {
  /// The name and the matchers, sorted, without `offset` and `@`.
  var unshifted: String {
    let texts = matchers.filter { !($0.name == Labels.metricName && $0.operation == .equal && $0.value == name) }
      .map { $0.name + $0.operation.rawValue + Expression.quoted($0.value) }
    guard !texts.isEmpty else { return name }
    // By bytes, as Go sorts.
    return name + "{" + texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined(separator: ",") + "}"
  }
}

extension Expression.Shift {
  /// With a blank before each part, `@` first.
  var description: String {
    let time =
      switch at {
      case nil: ""
      case .timestamp(let time): " @ " + fixedText(Double(time) / 1000, places: 3)
      case .start: " @ start()"
      case .end: " @ end()"
      }
    if offset == 0 { return time }
    return time + (offset < 0 ? " offset -" : " offset ") + Expression.durationText(Int64(offset.magnitude))
  }
}
