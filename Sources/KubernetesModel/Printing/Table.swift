import SimulationKernel

/// A table as the API server sends it to kubectl: columns, some of them for `-o wide` only, and a row of cells an
/// object.
package struct Table: Hashable, Sendable {
  package struct Column: Hashable, Sendable {
    /// As printed, in capitals.
    package var name: String
    package var isWide: Bool

    package init(_ name: String, isWide: Bool = false) {
      self.name = name
      self.isWide = isWide
    }
  }

  package var columns: [Column]
  package var rows: [[String]]

  package init(columns: [Column], rows: [[String]]) {
    self.columns = columns
    self.rows = rows
  }

  /// The table of objects of one kind (upstream: pkg/printers/internalversion; custom resources have the columns of
  /// their definition, and without any NAME and AGE).
  init(_ objects: [KubeObject], of kind: ResourceKind, columns: [PrinterColumn], now: Instant) {
    guard !columns.isEmpty else {
      let printer = KindPrinter.of(kind)
      self.init(columns: printer.columns, rows: objects.map { printer.cells($0, now) })
      return
    }
    self.init(
      columns: [Column("NAME")] + columns.map { Column($0.name.uppercased(), isWide: $0.isWide) },
      rows: objects.map { object in [object.name] + columns.map { $0.cell(object, now: now) } })
  }

  /// Puts a column at the left, as `-A` does with NAMESPACE.
  package func prepending(_ name: String, _ cells: [String]) -> Table {
    Table(columns: [Column(name)] + columns, rows: zip(cells, rows).map { [$0] + $1 })
  }

  /// Puts a column at the right, as `--show-labels` does.
  package func appending(_ name: String, _ cells: [String]) -> Table {
    Table(columns: columns + [Column(name)], rows: zip(rows, cells).map { $0 + [$1] })
  }

  /// The table as text: cells at least six wide with three spaces between columns, the last one not padded
  /// (cli-runtime, `printers.GetNewTabWriter`).
  package func text(wide: Bool = false, headers: Bool = true) -> String {
    let shown = columns.indices.filter { wide || !columns[$0].isWide }
    let lines = (headers ? [columns.map(\.name)] : []) + rows
    return alignedText(lines.map { line in shown.map { line[$0] } }, padding: 3, minimum: 6)
  }
}

/// Aligns cells in columns as Go's text/tabwriter does: a column is as wide as its longest cell plus the padding, at
/// least the minimum; the last cell of a line ends it.
package func alignedText(_ lines: [[String]], padding: Int, minimum: Int = 0) -> String {
  var widths: [Int] = []
  for line in lines {
    for (column, cell) in line.dropLast().enumerated() {
      if column == widths.count { widths.append(minimum) }
      widths[column] = max(widths[column], cell.count + padding)
    }
  }
  return lines.map { line in
    line.enumerated().map { column, cell in
      column == line.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
    }.joined() + "\n"
  }.joined()
}
