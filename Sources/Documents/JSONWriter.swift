/// How a JSON text is laid out.
package struct JSONLayout: Sendable {
  /// Spaces a level; `nil` writes everything into one line without spaces.
  package var indent: Int?
  /// Whether keys are sorted by their code points, as Go prints maps.
  package var sortsKeys = false
  /// Whether `<`, `>` and `&` are written as `\u003c`, as Go's `encoding/json` does by default.
  package var escapesHTML = false

  package init(indent: Int? = nil, sortsKeys: Bool = false, escapesHTML: Bool = false) {
    self.indent = indent
    self.sortsKeys = sortsKeys
    self.escapesHTML = escapesHTML
  }

  /// One line, keys in their order.
  package static let compact = JSONLayout()
  /// What `kubectl get -o json` prints: four spaces, sorted keys, HTML characters escaped (`JSONPrinter`).
  package static let kubectl = JSONLayout(indent: 4, sortsKeys: true, escapesHTML: true)
}

extension JSONValue {
  /// The value as JSON text, without a newline at its end.
  package func jsonText(_ layout: JSONLayout = .compact) -> String {
    var writer = JSONWriter(layout: layout)
    writer.write(self, level: 0)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// The value as JSON bytes, without a newline at their end.
  package func jsonBytes(_ layout: JSONLayout = .compact) -> [UInt8] {
    var writer = JSONWriter(layout: layout)
    writer.write(self, level: 0)
    return writer.bytes
  }
}

extension JSONObject {
  /// The members in the order of their keys' code points.
  package var sortedMembers: [Member] {
    members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }
}

private struct JSONWriter {
  let layout: JSONLayout
  var bytes: [UInt8] = []

  init(layout: JSONLayout) { self.layout = layout }

  mutating func write(_ value: JSONValue, level: Int) {
    switch value {
    case .null: bytes += Array("null".utf8)
    case .bool(let value): bytes += Array((value ? "true" : "false").utf8)
    case .integer(let value): bytes += Array(String(value).utf8)
    case .number(let value): bytes += Array(jsonNumberText(value).utf8)
    case .string(let text): write(text)
    case .array(let elements):
      writeItems(elements, from: "[", to: "]", level: level) { writer, element in
        writer.write(element, level: level + 1)
      }
    case .object(let object):
      let members = layout.sortsKeys ? object.sortedMembers : object.members
      writeItems(members, from: "{", to: "}", level: level) { writer, member in
        writer.write(member.key)
        writer.bytes += Array((writer.layout.indent == nil ? ":" : ": ").utf8)
        writer.write(member.value, level: level + 1)
      }
    }
  }

  private mutating func writeItems<Item>(
    _ items: [Item], from opening: Unicode.Scalar, to closing: Unicode.Scalar, level: Int,
    _ writeItem: (inout JSONWriter, Item) -> Void
  ) {
    bytes.append(UInt8(ascii: opening))
    for (index, item) in items.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      breakLine(level: level + 1)
      writeItem(&self, item)
    }
    if !items.isEmpty { breakLine(level: level) }
    bytes.append(UInt8(ascii: closing))
  }

  private mutating func breakLine(level: Int) {
    guard let indent = layout.indent else { return }
    bytes.append(UInt8(ascii: "\n"))
    bytes += [UInt8](repeating: UInt8(ascii: " "), count: indent * level)
  }

  private mutating func write(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): bytes += Array("\\\"".utf8)
      case UInt8(ascii: "\\"): bytes += Array("\\\\".utf8)
      case 0x0A: bytes += Array("\\n".utf8)
      case 0x0D: bytes += Array("\\r".utf8)
      case 0x09: bytes += Array("\\t".utf8)
      case 0..<0x20: writeEscape(byte)
      case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"):
        if layout.escapesHTML { writeEscape(byte) } else { bytes.append(byte) }
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func writeEscape(_ byte: UInt8) {
    let digits = String(byte, radix: 16)
    bytes += Array("\\u00\(digits.count == 1 ? "0" : "")\(digits)".utf8)
  }
}
