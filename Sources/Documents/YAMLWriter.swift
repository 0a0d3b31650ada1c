extension JSONValue {
  /// The value as `kubectl get -o yaml` prints it, with a newline at its end: two spaces, sorted keys, list dashes at the
  /// level of their key, long text folded behind column 80. Follows sigs.k8s.io/yaml on go-yaml v2 (`encode.go`,
  /// `sorter.go`, `emitterc.go`).
  package func yamlText() -> String {
    var writer = YAMLWriter()
    writer.write(self, indent: 0)
    return writer.text
  }
}

/// Writes block-style YAML. Where a collection begins, the cursor already stands in its first column.
private struct YAMLWriter {
  private(set) var text = ""
  /// Characters in the current line.
  private var column = 0

  mutating func write(_ value: JSONValue, indent: Int) {
    switch value {
    case .object(let object) where !object.isEmpty: write(object, indent: indent)
    case .array(let items) where !items.isEmpty: write(items, indent: indent)
    default:
      writeScalar(value, indent: indent)
      put("\n")
    }
  }

  private mutating func write(_ items: [JSONValue], indent: Int) {
    for (index, item) in items.enumerated() {
      if index > 0 { putSpaces(indent) }
      put("- ")
      write(item, indent: indent + 2)
    }
  }

  private mutating func write(_ object: JSONObject, indent: Int) {
    let members = object.members.sorted { naturallyPrecedes($0.key, $1.key) }
    for (index, member) in members.enumerated() {
      if index > 0 { putSpaces(indent) }
      writeKey(member.key)
      put(":")
      switch member.value {
      case .object(let inner) where !inner.isEmpty:
        put("\n")
        putSpaces(indent + 2)
        write(inner, indent: indent + 2)
      case .array(let items) where !items.isEmpty:
        put("\n")
        putSpaces(indent)
        write(items, indent: indent)
      default:
        put(" ")
        writeScalar(member.value, indent: indent + 2)
        put("\n")
      }
    }
  }

  private mutating func writeScalar(_ value: JSONValue, indent: Int) {
    switch value {
    case .string(let string): writeString(string, indent: indent)
    case .object: put("{}")
    case .array: put("[]")
    case .number(let number): put(goYAMLNumberText(number))
    default: put(value.jsonText())
    }
  }

  private mutating func put(_ string: some StringProtocol) {
    text += string
    if let newline = string.lastIndex(of: "\n") {
      column = string[string.index(after: newline)...].count
    } else {
      column += string.count
    }
  }

  private mutating func putSpaces(_ count: Int) {
    text += String(repeating: " ", count: count)
    column += count
  }
}

// Strings in their four styles.
extension YAMLWriter {
  /// The column behind which go-yaml breaks a line at the next blank.
  private static let width = 80

  private mutating func writeKey(_ key: String) {
    switch ScalarTraits(key).style(isKey: true) {
    case .plain: put(key)
    case .single: put("'" + key.replacing("'", with: "''") + "'")
    case .double, .literal: put("\"" + key.unicodeScalars.map(escaped).joined() + "\"")
    }
  }

  private mutating func writeString(_ string: String, indent: Int) {
    switch ScalarTraits(string).style(isKey: false) {
    case .plain: putFolded(string, indent: indent) { String($0) }
    case .single:
      put("'")
      putFolded(string, indent: indent) { $0 == "'" ? "''" : String($0) }
      put("'")
    case .double: putDoubleQuoted(string, indent: indent)
    case .literal: putLiteral(string, indent: indent)
    }
  }

  /// Puts a string whose single blanks may become line breaks.
  private mutating func putFolded(_ string: String, indent: Int, _ spelling: (Unicode.Scalar) -> String) {
    let scalars = Array(string.unicodeScalars)
    for (index, scalar) in scalars.enumerated() {
      let isSingleBlank =
        scalar == " " && index > 0 && index + 1 < scalars.count && scalars[index - 1] != " "
        && scalars[index + 1] != " "
      if isSingleBlank, column > Self.width {
        put("\n")
        putSpaces(indent)
      } else {
        put(spelling(scalar))
      }
    }
  }

  private mutating func putDoubleQuoted(_ string: String, indent: Int) {
    let scalars = Array(string.unicodeScalars)
    var follows = false
    put("\"")
    for (index, scalar) in scalars.enumerated() {
      if scalar == " ", !follows, index > 0, index + 1 < scalars.count, column > Self.width {
        put("\n")
        putSpaces(indent)
        if scalars[index + 1] == " " { put("\\") }
        follows = true
      } else {
        put(escaped(scalar))
        follows = scalar == " "
      }
    }
    put("\"")
  }

  private mutating func putLiteral(_ string: String, indent: Int) {
    let lines = string.split(separator: "\n", omittingEmptySubsequences: false)
    let endsWithBreak = lines.last == ""
    let keepsBreaks = endsWithBreak && (lines.count == 2 && lines[0].isEmpty || lines.dropLast().last == "")
    put("|")
    if string.hasPrefix(" ") || string.hasPrefix("\n") { put("2") }
    if keepsBreaks { put("+") } else if !endsWithBreak { put("-") }
    for line in endsWithBreak ? lines.dropLast() : lines[...] {
      put("\n")
      if !line.isEmpty {
        putSpaces(indent)
        put(line)
      }
    }
  }

  private func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\"": return "\\\""
    case "\\": return "\\\\"
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    case "\0": return "\\0"
    case "\u{07}": return "\\a"
    case "\u{08}": return "\\b"
    case "\u{0B}": return "\\v"
    case "\u{0C}": return "\\f"
    case "\u{1B}": return "\\e"
    case "\u{85}": return "\\N"
    case "\u{A0}": return "\\_"
    case "\u{2028}": return "\\L"
    case "\u{2029}": return "\\P"
    default: break
    }
    if isPrintable(scalar) { return String(scalar) }
    let digits = String(scalar.value, radix: 16, uppercase: true)
    let (letter, width) = scalar.value <= 0xFF ? ("x", 2) : scalar.value <= 0xFFFF ? ("u", 4) : ("U", 8)
    return "\\" + letter + String(repeating: "0", count: width - digits.count) + digits
  }
}
