/// An arithmetic or comparison operator between two vectors (`promql/engine.go`, `VectorBinop`).
final class JoinNode: PlanNode {
  private let operation: Expression.BinaryOperator
  private let left: PlanNode
  private let right: PlanNode
  private let matching: Expression.VectorMatching
  private let returnsBool: Bool
  private var seenLeft = -1
  private var seenRight = -1
  private var plan = JoinPlan()

  init(
    _ operation: Expression.BinaryOperator, _ left: PlanNode, _ right: PlanNode,
    _ matching: Expression.VectorMatching, returnsBool: Bool, _ context: PlanContext
  ) {
    self.operation = operation
    self.left = left
    self.right = right
    self.matching = matching
    self.returnsBool = returnsBool
    super.init(context)
  }

  private var isSwapped: Bool { matching.cardinality == .oneToMany }
  /// The side that may have several elements a group, and the other one.
  private var many: PlanNode { isSwapped ? right : left }
  private var one: PlanNode { isSwapped ? left : right }

  override func evaluate(_ window: EvaluationWindow) throws(PromQLError) {
    try left.evaluate(window)
    try right.evaluate(window)
    if left.version != seenLeft || right.version != seenRight {
      (seenLeft, seenRight) = (left.version, right.version)
      let dropsName = !operation.isComparison && operation != .atan2
      plan = JoinPlan(
        many.rows, one.rows, matching, dropsName: dropsName, returnsBool: returnsBool, context.table)
      setRows(plan.rows)
    }
    try makeRoom(window)
    if let pairs = plan.pairs {
      for (row, pair) in pairs.enumerated() { joinRows(pair.many, pair.one, row) }
    } else {
      clear()
      for column in 0..<columns { try joinColumn(column) }
    }
  }

  @inline(__always)
  private func combine(_ manyValue: Double, _ oneValue: Double) -> Double {
    let (left, right) = isSwapped ? (oneValue, manyValue) : (manyValue, oneValue)
    guard operation.isComparison else { return operation.apply(left, right) }
    let holds = operation.holds(left, right)
    return returnsBool ? (holds ? 1 : 0) : holds ? left : Self.absent
  }

  /// Every element has one partner at most: row by row.
  private func joinRows(_ manyRow: Int, _ oneRow: Int, _ row: Int) {
    let (manyCells, oneCells, output) = (many.cells(manyRow), one.cells(oneRow), cells(row))
    for column in 0..<columns {
      let (manyValue, oneValue) = (manyCells[column], oneCells[column])
      output[column] = manyValue.isAbsent || oneValue.isAbsent ? Self.absent : combine(manyValue, oneValue)
    }
  }

  /// Elements may meet several partners: time by time, with upstream's checks in upstream's order.
  private func joinColumn(_ column: Int) throws(PromQLError) {
    let groups = plan.groups
    var partner = [Int](repeating: -1, count: groups.count)
    guard many.rows.indices.contains(where: { !many.cells($0)[column].isAbsent }) else { return }
    for row in one.rows.indices where !one.cells(row)[column].isAbsent {
      let group = groups.right[row]
      if partner[group] >= 0 { throw duplicatePartners(row, partner[group]) }
      partner[group] = row
    }
    var matched = [Bool](repeating: false, count: groups.count)
    var inserted = [Int](repeating: -1, count: rows.count)
    for row in many.rows.indices {
      let value = many.cells(row)[column]
      let group = groups.left[row]
      guard !value.isAbsent, partner[group] >= 0 else { continue }
      let result = combine(value, one.cells(partner[group])[column])
      if result.isAbsent { continue }
      let target = plan.target(row, partner[group])
      if matching.cardinality == .oneToOne {
        if matched[group] {
          throw PromQLError(
            "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)")
        }
        matched[group] = true
      } else if inserted[target] == group {
        throw PromQLError("multiple matches for labels: grouping labels must ensure unique matches")
      }
      if inserted[target] >= 0 { throw RowMap.duplicateError }
      inserted[target] = group
      cells(target)[column] = result
    }
  }

  private func duplicatePartners(_ row: Int, _ earlier: Int) -> PromQLError {
    let labels = context.table[one.rows[row]]
    let names = Set(matching.labels)
    let group = labels.keeping { matching.isOn ? names.contains($0) : $0 != Labels.metricName && !names.contains($0) }
    return PromQLError(
      "found duplicate series for the match group \(group.text) on the \(isSwapped ? "left" : "right") hand-side of the"
        + " operation: [\(labels.text), \(context.table[one.rows[earlier]].text)];many-to-many matching not allowed:"
        + " matching labels must be unique on one side")
  }
}

/// Which elements meet in a `JoinNode`, and under which labels, as far as it follows from the label sets.
struct JoinPlan {
  /// `left` is the side of the many.
  private(set) var groups = MatchGroups()
  private(set) var rows: [LabelID] = []
  /// Row by row, if no element ever has a choice of partners and no two results share their labels.
  private(set) var pairs: [(many: Int, one: Int)]?
  /// Results by the row of the many and, with included labels, what the one brings along.
  private var targets: [Target: Int] = [:]
  /// The included labels of each row of the one, as a number.
  private var included: [LabelID] = []

  private struct Target: Hashable {
    var many: Int
    var included: LabelID
  }

  init() {}

  init(
    _ many: [LabelID], _ one: [LabelID], _ matching: Expression.VectorMatching, dropsName: Bool, returnsBool: Bool,
    _ table: LabelTable
  ) {
    groups = MatchGroups(many, one, matching, table)
    let includedNames = Set(matching.include)
    included = one.map { row in
      matching.include.isEmpty ? LabelTable.empty : table.keeping(row) { includedNames.contains($0) }
    }
    var partners = [[Int]](repeating: [], count: groups.count)
    for (row, group) in groups.right.enumerated() { partners[group].append(row) }
    var pairs: [(many: Int, one: Int)] = []
    var results: [LabelID] = []
    var sources: [Target] = []
    for (row, group) in groups.left.enumerated() {
      for partner in partners[group] {
        pairs.append((row, partner))
        let source = Target(many: row, included: included[partner])
        if partners[group].count > 1, sources.last == source { continue }
        sources.append(source)
        let result = Self.result(many[row], one[partner], matching, dropsName: dropsName, table)
        results.append(returnsBool ? table.withoutName(result) : result)
      }
    }
    let map = RowMap(results)
    rows = map.rows
    for (source, target) in zip(sources, map.target) { targets[source] = target }
    let isUnique = map.isIdentity && partners.allSatisfy { $0.count <= 1 }
    let meetsOnce = matching.cardinality != .oneToOne || Set(pairs.map { groups.left[$0.many] }).count == pairs.count
    self.pairs = isUnique && meetsOnce ? pairs : nil
  }

  /// The row of the result for two rows that met.
  func target(_ many: Int, _ one: Int) -> Int { targets[Target(many: many, included: included[one])] ?? 0 }

  /// The labels of a result (`promql/engine.go`, `resultMetric`).
  private static func result(
    _ many: LabelID, _ one: LabelID, _ matching: Expression.VectorMatching, dropsName: Bool, _ table: LabelTable
  ) -> LabelID {
    let names = Set(matching.labels)
    var labels = table[many]
    if dropsName { labels[Labels.metricName] = "" }
    if matching.cardinality == .oneToOne { labels = labels.keeping { names.contains($0) == matching.isOn } }
    for name in matching.include { labels[name] = table[one][name] }
    return table.id(labels)
  }
}
