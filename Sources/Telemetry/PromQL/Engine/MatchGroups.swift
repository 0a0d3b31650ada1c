/// Which rows of two vectors match each other, by `on` or `ignoring`.
struct MatchGroups {
  private(set) var left: [Int] = []
  private(set) var right: [Int] = []
  private(set) var count = 0

  init() {}

  /// Numbers the groups of both sides.
  init(_ left: [LabelID], _ right: [LabelID], _ matching: Expression.VectorMatching, _ table: LabelTable) {
    let names = Set(matching.labels)
    var numbers: [LabelID: Int] = [:]
    func number(_ row: LabelID) -> Int {
      let key = table.keeping(row) {
        matching.isOn ? names.contains($0) : $0 != Labels.metricName && !names.contains($0)
      }
      if let known = numbers[key] { return known }
      numbers[key] = numbers.count
      return numbers.count - 1
    }
    self.left = left.map(number)
    self.right = right.map(number)
    count = numbers.count
  }
}

/// `and`, `or` and `unless`.
final class SetNode: PlanNode {
  private let operation: Expression.BinaryOperator
  private let left: PlanNode
  private let right: PlanNode
  private let matching: Expression.VectorMatching
  private var seenLeft = -1
  private var seenRight = -1
  private var groups = MatchGroups()
  /// Rows of the left, and behind them those of the right for `or`.
  private var map = RowMap()
  /// Whether a group has a value, at each time.
  private var isPresent: [Bool] = []

  init(
    _ operation: Expression.BinaryOperator, _ left: PlanNode, _ right: PlanNode,
    _ matching: Expression.VectorMatching, _ context: PlanContext
  ) {
    self.operation = operation
    self.left = left
    self.right = right
    self.matching = matching
    super.init(context)
  }

  override func evaluate(_ window: EvaluationWindow) throws(PromQLError) {
    try left.evaluate(window)
    try right.evaluate(window)
    if left.version != seenLeft || right.version != seenRight {
      (seenLeft, seenRight) = (left.version, right.version)
      groups = MatchGroups(left.rows, right.rows, matching, context.table)
      map = RowMap(operation == .or ? left.rows + right.rows : left.rows)
      setRows(map.rows)
    }
    try makeRoom(window)
    clear()
    order = nil
    if operation == .or {
      note(left, groups.left)
      copy(left, firstTarget: 0) { _, _ in true }
      copy(right, firstTarget: left.rows.count) { !isPresent[groups.right[$0] * columns + $1] }
      if columns == 1 { orderUnion() }
    } else {
      let isWanted = operation == .and
      note(right, groups.right)
      copy(left, firstTarget: 0) { isPresent[groups.left[$0] * columns + $1] == isWanted }
    }
  }

  private func note(_ side: PlanNode, _ groupOf: [Int]) {
    isPresent = Array(repeating: false, count: groups.count * columns)
    for row in side.rows.indices {
      let cells = side.cells(row)
      for column in 0..<columns where !cells[column].isAbsent { isPresent[groupOf[row] * columns + column] = true }
    }
  }

  @inline(__always)
  private func copy(_ side: PlanNode, firstTarget: Int, where isWanted: (_ row: Int, _ column: Int) -> Bool) {
    for row in side.rows.indices {
      let (input, output) = (side.cells(row), cells(map.target[firstTarget + row]))
      for column in 0..<columns where !input[column].isAbsent && isWanted(row, column) {
        output[column] = input[column]
      }
    }
  }

  /// The left elements first, though a right one may share the row of a left one that has no value now.
  private func orderUnion() {
    let lefts = (left.order ?? Array(left.rows.indices)).filter { !left.values[$0].isAbsent }
    let rights = (right.order ?? Array(right.rows.indices)).filter {
      !right.values[$0].isAbsent && !isPresent[groups.right[$0]]
    }
    order = lefts.map { map.target[$0] } + rights.map { map.target[left.rows.count + $0] }
  }
}
