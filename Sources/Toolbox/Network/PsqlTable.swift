import SQLiteStore

/// Rows of a query as psql prints them (fe_utils/print.c).
struct PsqlTable {
  var columns: [String]
  var rows: [[SQLValue]]
  var title: String?
  /// Columns to print at the right; numbers are.
  var rightAligned: [Bool]
  /// Leaves out `(N rows)`.
  var hasFooter = true

  init(columns: [String], rows: [[SQLValue]], title: String? = nil, hasFooter: Bool = true) {
    self.columns = columns
    self.rows = rows
    self.title = title
    self.hasFooter = hasFooter
    rightAligned = columns.indices.map { column in
      rows.contains { if case .text = $0[column] { false } else { $0[column] != .null } }
        && rows.allSatisfy { if case .text = $0[column] { false } else { true } }
    }
  }

  static func text(_ value: SQLValue) -> String {
    switch value {
    case .null: ""
    case .integer(let number): "\(number)"
    case .real(let number): number == number.rounded() && abs(number) < 1e15 ? "\(Int64(number))" : "\(number)"
    case .text(let text): text
    case .blob(let bytes): "\\x" + bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
  }

  private var footer: String { rows.count == 1 ? "(1 row)" : "(\(rows.count) rows)" }

  func print(_ settings: PsqlSettings) -> String {
    if settings.isExpanded { return settings.isAligned ? expanded(settings) : unalignedExpanded(settings) }
    return settings.isAligned ? aligned(settings) : unaligned(settings)
  }

  private func aligned(_ settings: PsqlSettings) -> String {
    let cells = rows.map { $0.map(Self.text) }
    let widths = columns.indices.map { column in
      max(columns[column].count, cells.map { $0[column].count }.max() ?? 0)
    }
    var text = ""
    if !settings.tuplesOnly {
      if let title {
        let whole = widths.reduce(0, +) + 3 * widths.count - 1
        text += spaces((whole - title.count) / 2) + title + "\n"
      }
      text += columns.indices.map { " " + centred(columns[$0], widths[$0]) + " " }.joined(separator: "|") + "\n"
      text += widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "+") + "\n"
    }
    for row in cells {
      text +=
        columns.indices.map { column in
          let pad = spaces(widths[column] - row[column].count)
          if rightAligned[column] { return " " + pad + row[column] + (column < columns.count - 1 ? " " : "") }
          // The last column is not padded.
          return " " + row[column] + (column < columns.count - 1 ? pad + " " : "")
        }.joined(separator: "|") + "\n"
    }
    return text + (settings.tuplesOnly || !hasFooter ? "\n" : footer + "\n\n")
  }

  private func unaligned(_ settings: PsqlSettings) -> String {
    var text = ""
    if !settings.tuplesOnly {
      if let title { text += title + "\n" }
      text += columns.joined(separator: settings.separator) + "\n"
    }
    for row in rows { text += row.map(Self.text).joined(separator: settings.separator) + "\n" }
    return text + (settings.tuplesOnly || !hasFooter ? "" : footer + "\n")
  }

  private func expanded(_ settings: PsqlSettings) -> String {
    if rows.isEmpty { return settings.tuplesOnly ? "" : "(0 rows)\n\n" }
    let left = columns.map(\.count).max() ?? 0
    let right = rows.flatMap { $0.map { Self.text($0).count } }.max() ?? 0
    var text = ""
    for (index, row) in rows.enumerated() {
      if !settings.tuplesOnly {
        text += Self.rule("-[ RECORD \(index + 1) ]", left, right) + "\n"
      } else if index > 0 {
        text += Self.rule("", left, right) + "\n"
      }
      for column in columns.indices {
        text += columns[column] + spaces(left - columns[column].count) + " | " + Self.text(row[column]) + "\n"
      }
    }
    return text + "\n"
  }

  /// The line before a record: the label, a cross where the columns meet when it is free, dashes to the whole width.
  private static func rule(_ label: String, _ left: Int, _ right: Int) -> String {
    func dashes(_ count: Int) -> String { String(repeating: "-", count: max(0, count)) }
    if label.count > left + 1 { return label + dashes(left + 3 + right - label.count) }
    return label + dashes(left + 1 - label.count) + "+" + dashes(right + 1)
  }

  private func unalignedExpanded(_ settings: PsqlSettings) -> String {
    rows.map { row in
      columns.indices.map { columns[$0] + settings.separator + Self.text(row[$0]) + "\n" }.joined()
    }.joined(separator: "\n")
  }

  private func spaces(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }

  private func centred(_ text: String, _ width: Int) -> String {
    let pad = width - text.count
    return spaces(pad / 2) + text + spaces(pad - pad / 2)
  }
}
