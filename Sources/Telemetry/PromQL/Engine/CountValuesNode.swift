/// `count_values`: how many elements of a group have each value, the value being a label of the result.
final class CountValuesNode: PlanNode {
  private let label: String
  private let inner: PlanNode
  private let grouping: Grouping
  /// Result labels by input row's label set and value.
  private var known: [Key: LabelID] = [:]

  private struct Key: Hashable {
    var row: LabelID
    var value: UInt64
  }

  init(label: String, _ inner: PlanNode, grouping: [String], isWithout: Bool, _ context: PlanContext) {
    self.label = label
    self.inner = inner
    self.grouping = Grouping(isWithout ? grouping : grouping + [label], isWithout: isWithout)
    super.init(context)
  }

  override func evaluate(_ window: EvaluationWindow) throws(PromQLError) {
    try inner.evaluate(window)
    guard isLabelName(label) else { throw PromQLError("invalid label name \(quotedText(label))") }
    var found: [LabelID: Int] = [:]
    var results: [LabelID] = []
    var placed: [(row: Int, column: Int)] = []
    for column in 0..<window.count {
      for (row, labels) in inner.rows.enumerated() {
        let value = inner.cells(row)[column]
        guard !value.isAbsent else { continue }
        let result = resultLabels(labels, value)
        let target = found[result] ?? results.count
        if target == results.count {
          results.append(result)
          found[result] = target
        }
        placed.append((target, column))
      }
    }
    setRows(results)
    try makeRoom(window)
    clear()
    for place in placed {
      let cell = cells(place.row) + place.column
      cell.pointee = cell.pointee.isAbsent ? 1 : cell.pointee + 1
    }
  }

  private func resultLabels(_ row: LabelID, _ value: Double) -> LabelID {
    let key = Key(row: row, value: value.bitPattern)
    if let labels = known[key] { return labels }
    var labels = context.table[row]
    labels[label] = value.plainText
    let result = grouping.key(context.table.id(labels), context.table)
    known[key] = result
    return result
  }
}

/// Whether a text is a label's name: letters, digits and underscores, no digit first (`model.LabelName.IsValid`).
func isLabelName(_ text: String) -> Bool {
  guard let first = text.utf8.first, !(48...57).contains(first) else { return false }
  return text.utf8.allSatisfy {
    (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95
  }
}
