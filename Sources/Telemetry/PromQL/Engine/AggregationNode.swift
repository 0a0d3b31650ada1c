/// Which rows belong together: by some labels, or by all but some.
struct Grouping {
  let labels: Set<String>
  let isWithout: Bool

  init(_ labels: [String], isWithout: Bool) {
    self.labels = Set(labels)
    self.isWithout = isWithout
  }

  /// The label set that a row's group has.
  func key(_ id: LabelID, _ table: LabelTable) -> LabelID {
    if isWithout { return table.keeping(id) { $0 != Labels.metricName && !labels.contains($0) } }
    return labels.isEmpty ? LabelTable.empty : table.keeping(id) { labels.contains($0) }
  }
}

/// Aggregations that make one value of each group (`promql/engine.go`, `aggregation`).
final class AggregationNode: PlanNode {
  private let operation: Expression.Aggregator
  private let inner: PlanNode
  /// The φ of `quantile`.
  private let parameter: PlanNode?
  private let grouping: Grouping
  private var seen = -1
  private var map = RowMap()
  /// Cell by cell: how many values there were, and their mean.
  private var counts: [Double] = []
  private var means: [Double] = []

  init(
    _ operation: Expression.Aggregator, _ inner: PlanNode, parameter: PlanNode?, _ grouping: Grouping,
    _ context: PlanContext
  ) {
    self.operation = operation
    self.inner = inner
    self.parameter = parameter
    self.grouping = grouping
    super.init(context)
  }

  override func evaluate(_ window: EvaluationWindow) throws(PromQLError) {
    try parameter?.evaluate(window)
    try inner.evaluate(window)
    if inner.version != seen {
      seen = inner.version
      map = RowMap(inner.rows.map { grouping.key($0, context.table) })
      setRows(map.rows)
    }
    try makeRoom(window)
    clear()
    order = columns == 1 ? orderOfAppearance() : nil
    switch operation {
    case .sum: combine { $0 + $1 }
    case .min: combine { $0 > $1 || $0.isNaN ? $1 : $0 }
    case .max: combine { $0 < $1 || $0.isNaN ? $1 : $0 }
    case .group:
      forEachValue {
        $0.pointee = 1; _ = $1
      }
    case .count: forEachValue { cell, _ in cell.pointee = cell.pointee.isAbsent ? 1 : cell.pointee + 1 }
    case .avg: average()
    case .stdvar, .stddev: spread()
    case .quantile: quantiles()
    case .topk, .bottomk, .countValues: preconditionFailure("\(operation) makes several values of a group")
    }
  }

  /// Groups stand in the order in which their first value comes; `nil` where that is their own.
  private func orderOfAppearance() -> [Int]? {
    var next = 0
    var isNatural = true
    for (row, target) in map.target.enumerated() where !inner.values[row].isAbsent {
      if target > next { isNatural = false }
      if target == next { next += 1 }
    }
    if isNatural { return nil }
    var order: [Int] = []
    var known = [Bool](repeating: false, count: rows.count)
    for (row, target) in map.target.enumerated() where !inner.values[row].isAbsent && !known[target] {
      known[target] = true
      order.append(target)
    }
    return order
  }

  @inline(__always)
  private func forEachValue(_ body: (_ cell: UnsafeMutablePointer<Double>, _ value: Double) -> Void) {
    for (row, target) in map.target.enumerated() {
      let (input, output) = (inner.cells(row), cells(target))
      for column in 0..<columns where !input[column].isAbsent { body(output + column, input[column]) }
    }
  }

  @inline(__always)
  private func combine(_ operation: (Double, Double) -> Double) {
    forEachValue { cell, value in cell.pointee = cell.pointee.isAbsent ? value : operation(cell.pointee, value) }
  }

  private func average() {
    resetStatistics()
    counts.withUnsafeMutableBufferPointer { counts in
      forEachValue { cell, value in
        let index = cell - values
        counts[index] += 1
        guard counts[index] > 1 else {
          cell.pointee = value
          return
        }
        let mean = cell.pointee
        if mean.isInfinite, Means.keepsInfinite(mean, value) { return }
        cell.pointee = mean + (value / counts[index] - mean / counts[index])
      }
    }
  }

  /// Welford's algorithm.
  private func spread() {
    resetStatistics()
    means = Array(repeating: 0, count: counts.count)
    forEachValue { cell, value in
      let index = cell - values
      counts[index] += 1
      guard counts[index] > 1 else {
        cell.pointee = 0
        means[index] = value
        return
      }
      let delta = value - means[index]
      means[index] += delta / counts[index]
      cell.pointee += delta * (value - means[index])
    }
    for cell in counts.indices where counts[cell] > 0 {
      let variance = values[cell] / counts[cell]
      values[cell] = operation == .stddev ? variance.squareRoot() : variance
    }
  }

  private func resetStatistics() {
    counts.removeAll(keepingCapacity: true)
    counts.append(contentsOf: repeatElement(0, count: rows.count * columns))
  }

  private func quantiles() {
    guard let parameter else { return }
    var members = [[Double]](repeating: [], count: rows.count)
    for column in 0..<columns {
      for (row, target) in map.target.enumerated() {
        let value = inner.cells(row)[column]
        if !value.isAbsent { members[target].append(value) }
      }
      for group in rows.indices where !members[group].isEmpty {
        cells(group)[column] = Quantiles.quantile(parameter.values[column], of: &members[group])
        members[group].removeAll(keepingCapacity: true)
      }
    }
  }
}
