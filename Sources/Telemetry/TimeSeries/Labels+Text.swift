extension Labels {
  /// `{__name__="up", job="x"}`: the form in Prometheus' error texts (`model/labels/labels.go`, `String`).
  package var text: String {
    "{" + pairs.map { "\($0.name)=\($0.value.quotedAsGo)" }.joined(separator: ", ") + "}"
  }

  /// Only the labels of which `isKept` holds.
  func filtered(_ isKept: (String) -> Bool) -> Labels { Labels(pairs.filter { isKept($0.name) }) }
}

extension String {
  /// In double quotes, with the escapes of Go's `strconv.Quote`.
  package var quotedAsGo: String {
    var quoted = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\u{07}": quoted += "\\a"
      case "\u{08}": quoted += "\\b"
      case "\u{0C}": quoted += "\\f"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case "\u{0B}": quoted += "\\v"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\x" + (digits.utf8.count < 2 ? "0" : "") + digits
      case _ where (0x80..<0xA1).contains(scalar.value) || scalar.value == 0xAD:
        quoted += "\\u00" + String(scalar.value, radix: 16)
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
