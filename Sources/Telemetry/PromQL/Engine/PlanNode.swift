/// The times at which an expression is evaluated: `count` of them, `step` milliseconds apart.
struct EvaluationWindow {
  var start: Int64
  var step: Int64
  var count: Int

  /// - Parameter step: above zero. No times at all where `end` lies before `start`.
  init(start: Int64, end: Int64, step: Int64) {
    self.start = start
    self.step = step
    count = end < start ? 0 : Int((end - start) / step) + 1
  }

  @inline(__always)
  func time(_ index: Int) -> Int64 { start &+ Int64(truncatingIfNeeded: index) &* step }

  /// The first of the times only.
  var first: EvaluationWindow { EvaluationWindow(start: start, end: start, step: step) }
}

/// What the nodes of one engine's queries share.
final class PlanContext {
  let store: TimeSeriesStore
  let table = LabelTable()
  let lookback: Int64
  let subqueryStep: Int64
  let samples = SampleBuffer()
  /// The bounds of the query under evaluation, for `@ start()` and `@ end()`.
  var queryStart: Int64 = 0
  var queryEnd: Int64 = 0

  init(store: TimeSeriesStore, lookback: Int64, subqueryStep: Int64) {
    self.store = store
    self.lookback = lookback
    self.subqueryStep = subqueryStep
  }
}

/// A part of a query, made ready to be evaluated many times.
///
/// Its result is a grid: a row a label set, a column a time. Which rows there are changes only when the store has new
/// series; what follows from the label sets (groups, matches, names) is therefore worked out once, and an evaluation
/// touches numbers only. Scalars are a single row without labels.
class PlanNode {
  final let context: PlanContext
  /// Label sets of the rows, each once.
  final private(set) var rows: [LabelID] = []
  /// Grows when `rows` changes.
  final private(set) var version = 0
  /// Row after row of `columns` values each; `absent` where a row has none.
  final private(set) var values: UnsafeMutablePointer<Double>
  final private(set) var columns = 0
  /// For an instant evaluation the order of rows in the result, where it is not that of `rows`.
  final var order: [Int]?
  private var capacity = 1

  /// Marks a cell without a value. No sample, and no result of arithmetic, has these bits: selectors leave staleness markers
  /// out, and arithmetic turns any signalling NaN into a quiet one.
  static let absent = StalenessMarker.value

  /// `--query.max-samples` of Prometheus, unless told.
  private static let maximumCells = 50_000_000

  init(_ context: PlanContext) {
    self.context = context
    values = .allocate(capacity: 1)
  }

  deinit { values.deallocate() }

  /// Fills the grid for `window`. Results hold until the next evaluation.
  func evaluate(_ window: EvaluationWindow) throws(PromQLError) {
    fatalError("every kind of node evaluates itself")
  }

  final func setRows(_ rows: [LabelID]) {
    self.rows = rows
    version += 1
  }

  /// Makes room for all cells of `window`; they hold nothing in particular afterwards.
  @inline(__always)
  final func makeRoom(_ window: EvaluationWindow) throws(PromQLError) {
    columns = window.count
    let cells = rows.count &* columns
    if cells > capacity { try grow(cells) }
  }

  @inline(never)
  private func grow(_ cells: Int) throws(PromQLError) {
    guard cells <= Self.maximumCells else {
      throw PromQLError("query processing would load too many samples into memory in expression evaluation")
    }
    values.deallocate()
    capacity = max(cells, capacity * 2)
    values = .allocate(capacity: capacity)
  }

  @inline(__always)
  final func clear() {
    for cell in 0..<(rows.count &* columns) { values[cell] = Self.absent }
  }

  /// The cells of one row.
  @inline(__always)
  final func cells(_ row: Int) -> UnsafeMutablePointer<Double> { values + row &* columns }
}

extension Double {
  @inline(__always)
  var isAbsent: Bool { bitPattern == StalenessMarker.value.bitPattern }
}

/// Where rows go when their labels change: usually each to a row of its own, sometimes several to one.
struct RowMap {
  private(set) var rows: [LabelID] = []
  private(set) var target: [Int] = []
  /// Every row has its own target, the one of its number.
  var isIdentity: Bool { rows.count == target.count }

  init() {}

  /// - Parameter labels: the new label set of each row.
  init(_ labels: [LabelID]) {
    var known: [LabelID: Int] = [:]
    target.reserveCapacity(labels.count)
    for id in labels {
      let row = known[id] ?? rows.count
      if row == rows.count {
        rows.append(id)
        known[id] = row
      }
      target.append(row)
    }
  }

  static let duplicateError = PromQLError("vector cannot contain metrics with the same labelset")
}
