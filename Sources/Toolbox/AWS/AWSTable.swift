import Documents

/// `--output table` (AWS CLI user guide, "Table output format"): a box for each object and list, boxes within boxes indented by
/// bars, keys in alphabetical order. A box that is wider than the terminal stands upright where it has one row only.
struct AWSTable {
  private struct Section {
    var title: String
    var indent: Int
    var headers: [String] = []
    var rows: [[String]] = []

    /// The widest text of each column.
    var columnWidths: [Int] {
      let lines = (headers.isEmpty ? [] : [headers]) + rows
      return (lines.first ?? []).indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    }

    /// Columns have two blanks on each side, and the box a border.
    var width: Int {
      let columns = columnWidths.reduce(0) { $0 + $1 + AWSTable.padding }
      return max(title.count + 2, columns + 2) + 2 * indent
    }

    /// A single row under its headers as pairs below each other.
    var upright: Section {
      guard rows.count == 1, !headers.isEmpty else { return self }
      return Section(title: title, indent: indent, rows: zip(headers, rows[0]).map { [$0, $1] })
    }
  }

  /// Of a terminal whose width is not known.
  private static let terminalWidth = 80
  private static let padding = 4

  private var sections: [Section] = []

  private init() {}

  /// The table's text; empty for an answer without content.
  static func text(_ value: JSONValue, title: String) -> String {
    var table = AWSTable()
    table.add(value, title: title, indent: 0)
    return table.rendered
  }

  // MARK: Sections

  private mutating func add(_ value: JSONValue, title: String?, indent: Int) {
    guard JMESPath.isTrue(value) else { return }
    if let title { sections.append(Section(title: title, indent: indent)) }
    if let object = value.object {
      add(object, indent: indent)
    } else if let items = value.array {
      if items[0].object != nil {
        add(items.compactMap(\.object), title: title ?? "", indent: indent)
      } else {
        for item in items { add(line: item) }
      }
    } else {
      add(row: [Self.cell(value)])
    }
  }

  private mutating func add(line item: JSONValue) {
    guard let cells = item.array else { return add(row: [Self.cell(item)]) }
    if cells.allSatisfy(Self.isScalar) {
      add(row: cells.map(Self.cell))
    } else {
      add(item, title: nil, indent: 0)
    }
  }

  private mutating func add(_ object: JSONObject, indent: Int) {
    let scalars = object.sortedMembers.filter { Self.isScalar($0.value) }
    if scalars.count == 1 {
      add(row: [scalars[0].key, Self.cell(scalars[0].value)])
    } else if !scalars.isEmpty {
      set(headers: scalars.map(\.key))
      add(row: scalars.map { Self.cell($0.value) })
    }
    for member in object.sortedMembers where !Self.isScalar(member.value) {
      add(member.value, title: member.key, indent: indent + 1)
    }
  }

  private mutating func add(_ objects: [JSONObject], title: String, indent: Int) {
    let members = objects.flatMap(\.sortedMembers)
    let headers = Set(members.filter { Self.isScalar($0.value) }.map(\.key)).sorted()
    let inner = Set(members.filter { !Self.isScalar($0.value) }.map(\.key)).sorted()
    set(headers: headers)
    for (index, object) in objects.enumerated() {
      if index > 0, !inner.isEmpty {
        sections.append(Section(title: title, indent: indent))
        set(headers: headers)
      }
      add(row: headers.map { object[$0].map(Self.cell) ?? "" })
      for key in inner { if let value = object[key] { add(value, title: key, indent: indent + 1) } }
    }
  }

  private mutating func add(row: [String]) {
    if sections.isEmpty { sections.append(Section(title: "", indent: 0)) }
    sections[sections.count - 1].rows.append(row)
  }

  private mutating func set(headers: [String]) { sections[sections.count - 1].headers = headers }

  private static func isScalar(_ value: JSONValue) -> Bool { value.object == nil && value.array == nil }

  static func cell(_ value: JSONValue) -> String {
    switch value {
    case .bool(let flag): flag ? "True" : "False"
    case .null: "None"
    default: value.string ?? value.jsonText()
    }
  }

  // MARK: Text

  private var rendered: String {
    guard !sections.isEmpty else { return "" }
    var sections = sections
    var width = sections.map(\.width).max() ?? 0
    if width > Self.terminalWidth {
      sections = sections.map(\.upright)
      width = sections.map(\.width).max() ?? 0
    }
    let lines = sections.flatMap { Self.lines($0, width: width - 2 * $0.indent) }
    return String(repeating: "-", count: width) + "\n" + lines.map { $0 + "\n" }.joined()
  }

  private static func lines(_ section: Section, width: Int) -> [String] {
    var lines: [String] = []
    if !section.title.isEmpty {
      lines.append(centred(section.title, width: width, edge: "|"))
      if section.headers.isEmpty, section.rows.isEmpty { lines.append(rule([width])) }
    }
    let widths = spread(section.columnWidths.map { $0 + padding }, over: width)
    if !section.headers.isEmpty {
      lines.append(rule(widths))
      lines.append(row(section.headers, widths, centred))
    }
    if !section.rows.isEmpty, !widths.isEmpty {
      lines.append(rule(widths))
      lines += section.rows.map { row($0, widths, aligned) }
      lines.append(rule(widths))
    }
    let bars = String(repeating: "|", count: section.indent)
    return lines.map { bars + $0 + bars }
  }

  /// Widths in the proportion of the columns' own that fill the whole; what rounding leaves goes to the last columns, what it
  /// takes comes from the first.
  private static func spread(_ widths: [Int], over total: Int) -> [Int] {
    guard !widths.isEmpty else { return [] }
    let scale = Double(total) / Double(widths.reduce(0, +))
    var scaled = widths.map { Int((scale * Double($0)).rounded(.toNearestOrEven)) }
    var excess = scaled.reduce(0, +) - total
    while excess != 0 {
      for index in excess > 0 ? Array(scaled.indices) : scaled.indices.reversed() where excess != 0 {
        scaled[index] -= excess.signum()
        excess -= excess.signum()
      }
    }
    return scaled
  }

  private static func rule(_ widths: [Int]) -> String {
    widths.enumerated().map { index, width in
      (index == 0 ? "+" : "") + String(repeating: "-", count: max(0, width - (index == 0 ? 2 : 1))) + "+"
    }.joined()
  }

  private static func row(
    _ cells: [String], _ widths: [Int], _ format: (String, Int, String) -> String
  ) -> String {
    zip(cells, widths).enumerated().map { index, pair in format(pair.0, pair.1, index == 0 ? "|" : "") }.joined()
  }

  private static func centred(_ text: String, width: Int, edge: String) -> String {
    let left = max(0, width / 2 - text.count / 2 - 1)
    return edge + blanks(left) + text + blanks(width - 1 - edge.count - left - text.count) + "|"
  }

  private static func aligned(_ text: String, width: Int, edge: String) -> String {
    let padding = width - (text.count + 2 + edge.count + 1) >= 0 ? 2 : 0
    return edge + blanks(padding) + text + blanks(width - edge.count - padding - text.count - 1) + "|"
  }

  private static func blanks(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }
}
