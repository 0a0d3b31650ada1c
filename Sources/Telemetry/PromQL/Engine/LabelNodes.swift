/// `label_replace` and `label_join`: the same values under other labels.
final class LabelNode: PlanNode {
  /// What becomes of a label set.
  enum Change {
    case replace(destination: String, replacement: String, source: String, pattern: String)
    case join(destination: String, separator: String, sources: [String])
  }

  private let change: Change
  private let inner: PlanNode
  private var seen = -1
  private var map = RowMap()

  init(_ change: Change, _ inner: PlanNode, _ context: PlanContext) {
    self.change = change
    self.inner = inner
    super.init(context)
  }

  override func evaluate(_ window: EvaluationWindow) throws(PromQLError) {
    try inner.evaluate(window)
    if inner.version != seen {
      map = RowMap(try changed(inner.rows))
      seen = inner.version
      setRows(map.rows)
    }
    try makeRoom(window)
    order = map.isIdentity ? inner.order : nil
    guard !map.isIdentity else { return values.update(from: inner.values, count: rows.count * columns) }
    clear()
    for (row, target) in map.target.enumerated() {
      let (input, output) = (inner.cells(row), cells(target))
      for column in 0..<columns where !input[column].isAbsent {
        guard output[column].isAbsent else { throw RowMap.duplicateError }
        output[column] = input[column]
      }
    }
  }

  private func changed(_ rows: [LabelID]) throws(PromQLError) -> [LabelID] {
    switch change {
    case .replace(let destination, let replacement, let source, let pattern):
      guard let expression = try? LabelPattern(pattern) else {
        throw PromQLError("invalid regular expression in label_replace(): \(pattern)")
      }
      try check(destination, "destination", in: "label_replace")
      var changed: [LabelID] = []
      for row in rows {
        var labels = context.table[row]
        if let text = expression.expand(replacement, in: labels[source]) { labels[destination] = text }
        changed.append(context.table.id(labels))
      }
      return changed
    case .join(let destination, let separator, let sources):
      for source in sources { try check(source, "source", in: "label_join") }
      try check(destination, "destination", in: "label_join")
      return rows.map { row in
        var labels = context.table[row]
        labels[destination] = sources.map { labels[$0] }.joined(separator: separator)
        return context.table.id(labels)
      }
    }
  }

  private func check(_ name: String, _ role: String, in function: String) throws(PromQLError) {
    guard isLabelName(name) else {
      throw PromQLError("invalid \(role) label name in \(function)(): \(name)")
    }
  }
}
