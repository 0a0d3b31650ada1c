/// `histogram_quantile()` of classic histograms: series that differ by `le` only are the buckets of one.
final class HistogramQuantileNode: PlanNode {
  private let quantile: PlanNode
  private let inner: PlanNode
  private var seen = -1
  private var histograms: [Histogram] = []
  private var buckets: [Quantiles.Bucket] = []

  private struct Histogram {
    var target: Int
    /// Rows of buckets, ascending by bound.
    var rows: [(row: Int, upperBound: Double)] = []
  }

  init(_ quantile: PlanNode, _ inner: PlanNode, _ context: PlanContext) {
    self.quantile = quantile
    self.inner = inner
    super.init(context)
  }

  override func evaluate(_ window: EvaluationWindow) throws(PromQLError) {
    try quantile.evaluate(window)
    try inner.evaluate(window)
    if inner.version != seen { regroup() }
    try makeRoom(window)
    clear()
    for histogram in histograms {
      let output = cells(histogram.target)
      for column in 0..<columns {
        buckets.removeAll(keepingCapacity: true)
        for bucket in histogram.rows {
          let count = inner.cells(bucket.row)[column]
          if !count.isAbsent { buckets.append(Quantiles.Bucket(upperBound: bucket.upperBound, count: count)) }
        }
        guard !buckets.isEmpty else { continue }
        guard output[column].isAbsent else { throw RowMap.duplicateError }
        output[column] = Quantiles.quantile(quantile.values[column], of: &buckets)
      }
    }
  }

  private func regroup() {
    seen = inner.version
    let table = context.table
    // Names tell histograms apart, though they are not in the result.
    var numbers: [LabelID: Int] = [:]
    histograms = []
    var results: [LabelID] = []
    for (row, labels) in inner.rows.enumerated() {
      guard let upperBound = Double(table[labels]["le"]) else { continue }
      let identity = table.keeping(labels) { $0 != "le" }
      let number = numbers[identity] ?? histograms.count
      if number == histograms.count {
        numbers[identity] = number
        histograms.append(Histogram(target: 0))
        results.append(table.withoutName(identity))
      }
      histograms[number].rows.append((row, upperBound))
    }
    let map = RowMap(results)
    for number in histograms.indices {
      histograms[number].target = map.target[number]
      histograms[number].rows.sort { ($0.upperBound, $0.row) < ($1.upperBound, $1.row) }
    }
    setRows(map.rows)
  }
}
