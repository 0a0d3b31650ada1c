extension JSONValue {
  /// The value as `kubectl -o yaml` prints it: two spaces, sorted keys, list dashes at the level of their key.
  package func yamlText() -> String {
    var out = ""
    YAMLWriter.write(self, indent: 0, afterDash: false, into: &out)
    return out
  }
}

/// Writes block-style YAML in the manner of sigs.k8s.io/yaml.
private enum YAMLWriter {
  static func write(_ value: JSONValue, indent: Int, afterDash: Bool, into out: inout String) {
    switch value {
    case .object(let object) where !object.isEmpty: write(object, indent: indent, afterDash: afterDash, into: &out)
    case .array(let items) where !items.isEmpty:
      for (index, item) in items.enumerated() {
        if !(afterDash && index == 0) { out += spaces(indent) }
        out += "- "
        write(item, indent: indent + 2, afterDash: true, into: &out)
      }
    default: out += scalar(value, indent: indent) + "\n"
    }
  }

  private static func write(_ object: JSONObject, indent: Int, afterDash: Bool, into out: inout String) {
    for (index, member) in object.sortedMembers.enumerated() {
      if !(afterDash && index == 0) { out += spaces(indent) }
      out += text(member.key) + ":"
      switch member.value {
      case .object(let inner) where !inner.isEmpty:
        out += "\n"
        write(inner, indent: indent + 2, afterDash: false, into: &out)
      case .array(let items) where !items.isEmpty:
        out += "\n"
        write(member.value, indent: indent, afterDash: false, into: &out)
      default: out += " " + scalar(member.value, indent: indent + 2) + "\n"
      }
    }
  }

  private static func scalar(_ value: JSONValue, indent: Int) -> String {
    switch value {
    case .string(let string) where string.contains("\n"): block(string, indent: indent)
    case .string(let string): text(string)
    case .object: "{}"
    case .array: "[]"
    default: value.jsonText()
    }
  }

  /// A literal block; the indicator keeps or strips the final newline.
  private static func block(_ string: String, indent: Int) -> String {
    let lines = string.split(separator: "\n", omittingEmptySubsequences: false)
    let body = string.hasSuffix("\n") ? lines.dropLast() : lines[...]
    return (string.hasSuffix("\n") ? "|" : "|-") + body.map { $0.isEmpty ? "\n" : "\n" + spaces(indent) + $0 }.joined()
  }

  /// A string, quoted where it would be read as another type or as syntax.
  private static func text(_ string: String) -> String {
    guard let first = string.first else { return "\"\"" }
    let isOther = resolvePlainScalar(string).string == nil
    let isSyntax =
      "-?:,[]{}#&*!|>'\"%@` ".contains(first) && !(string.count > 1 && first == "-" && string.dropFirst().first != " ")
      || string.contains(": ") || string.contains(" #") || string.hasSuffix(":") || string.hasSuffix(" ")
    let isBoolean11 = ["y", "n", "yes", "no", "on", "off"].contains(string.lowercased())
    let hasControls = string.unicodeScalars.contains { $0.value < 0x20 }
    if hasControls { return JSONValue.string(string).jsonText() }
    if isOther || isBoolean11 { return "\"\(string)\"" }
    return isSyntax
      ? "'" + string.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'" : string
  }

  private static func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }
}
