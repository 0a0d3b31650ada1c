/// An operator between two scalars.
final class ScalarBinaryNode: PlanNode {
  private let operation: Expression.BinaryOperator
  private let left: PlanNode
  private let right: PlanNode

  init(_ operation: Expression.BinaryOperator, _ left: PlanNode, _ right: PlanNode, _ context: PlanContext) {
    self.operation = operation
    self.left = left
    self.right = right
    super.init(context)
    setRows([LabelTable.empty])
  }

  override func evaluate(_ window: EvaluationWindow) throws(PromQLError) {
    try left.evaluate(window)
    try right.evaluate(window)
    try makeRoom(window)
    for column in 0..<columns {
      let (one, other) = (left.values[column], right.values[column])
      values[column] =
        operation.isComparison ? (operation.holds(one, other) ? 1 : 0) : operation.apply(one, other)
    }
  }
}

/// `scalar()`: the value of a vector of one element, NaN for any other.
final class ScalarNode: PlanNode {
  private let inner: PlanNode

  init(_ inner: PlanNode, _ context: PlanContext) {
    self.inner = inner
    super.init(context)
    setRows([LabelTable.empty])
  }

  override func evaluate(_ window: EvaluationWindow) throws(PromQLError) {
    try inner.evaluate(window)
    try makeRoom(window)
    for column in 0..<columns {
      var found = Self.absent
      for row in inner.rows.indices {
        let value = inner.cells(row)[column]
        guard !value.isAbsent else { continue }
        guard found.isAbsent else {
          found = .nan
          break
        }
        found = value
      }
      values[column] = found.isAbsent ? .nan : found
    }
  }
}

/// `vector()`: the same grid, a scalar's row being a vector without labels already.
final class VectorNode: PlanNode {
  private let inner: PlanNode

  init(_ inner: PlanNode, _ context: PlanContext) {
    self.inner = inner
    super.init(context)
    setRows([LabelTable.empty])
  }

  override func evaluate(_ window: EvaluationWindow) throws(PromQLError) {
    try inner.evaluate(window)
    try makeRoom(window)
    values.update(from: inner.values, count: columns)
  }
}

/// A date function without an argument: of the time of evaluation, cut to whole seconds.
final class CalendarNode: PlanNode {
  private let part: CalendarPart

  init(_ part: CalendarPart, _ context: PlanContext) {
    self.part = part
    super.init(context)
    setRows([LabelTable.empty])
  }

  override func evaluate(_ window: EvaluationWindow) throws(PromQLError) {
    try makeRoom(window)
    for column in 0..<columns { values[column] = part.value(atUnixTime: window.time(column) / 1000) }
  }
}

/// `absent()` and `absent_over_time()`: 1 at the times at which no series has a value.
final class AbsentNode: PlanNode {
  private let inner: PlanNode

  /// - Parameter matchers: of the selector in question, if the argument is one: what the result is labelled with.
  init(_ inner: PlanNode, matchers: [LabelMatcher], _ context: PlanContext) {
    self.inner = inner
    super.init(context)
    setRows([context.table.id(Self.labels(matchers))])
  }

  override func evaluate(_ window: EvaluationWindow) throws(PromQLError) {
    try inner.evaluate(window)
    try makeRoom(window)
    values.update(repeating: 1, count: columns)
    for row in inner.rows.indices {
      let cells = inner.cells(row)
      for column in 0..<columns where !cells[column].isAbsent { values[column] = Self.absent }
    }
  }

  /// The labels that are matched exactly, and only once (`promql/functions.go`, `createLabelsForAbsentFunction`).
  private static func labels(_ matchers: [LabelMatcher]) -> Labels {
    var labels = Labels()
    var seen: Set<String> = []
    for matcher in matchers where matcher.name != Labels.metricName {
      if matcher.operation == .equal, !seen.contains(matcher.name) {
        labels[matcher.name] = matcher.value
        seen.insert(matcher.name)
      } else {
        labels[matcher.name] = ""
      }
    }
    return labels
  }
}

/// `timestamp()` of anything but a selector: every value's time is that of the evaluation.
final class TimestampNode: PlanNode {
  private let inner: PlanNode
  private var seen = -1
  private var map = RowMap()

  init(_ inner: PlanNode, _ context: PlanContext) {
    self.inner = inner
    super.init(context)
  }

  override func evaluate(_ window: EvaluationWindow) throws(PromQLError) {
    try inner.evaluate(window)
    if inner.version != seen {
      seen = inner.version
      map = RowMap(inner.rows.map { context.table.withoutName($0) })
      setRows(map.rows)
    }
    try makeRoom(window)
    clear()
    for (row, target) in map.target.enumerated() {
      let (input, output) = (inner.cells(row), cells(target))
      for column in 0..<columns where !input[column].isAbsent {
        guard output[column].isAbsent else { throw RowMap.duplicateError }
        output[column] = Double(window.time(column)) / 1000
      }
    }
  }
}
