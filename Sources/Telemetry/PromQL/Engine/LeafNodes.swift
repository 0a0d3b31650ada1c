/// A number, the same at all times.
final class NumberNode: PlanNode {
  private let number: Double

  init(_ number: Double, _ context: PlanContext) {
    self.number = number
    super.init(context)
    setRows([LabelTable.empty])
  }

  override func evaluate(_ window: EvaluationWindow) throws(PromQLError) {
    try makeRoom(window)
    values.update(repeating: number, count: columns)
  }
}

/// `time()`, in seconds.
final class TimeNode: PlanNode {
  override init(_ context: PlanContext) {
    super.init(context)
    setRows([LabelTable.empty])
  }

  override func evaluate(_ window: EvaluationWindow) throws(PromQLError) {
    try makeRoom(window)
    for column in 0..<columns { values[column] = Double(window.time(column)) / 1000 }
  }
}

/// A part that is the same at all times, such as one fixed by `@`: evaluated at the first only
/// (`promql/engine.go`, `StepInvariantExpr`).
final class InvariantNode: PlanNode {
  private let inner: PlanNode
  private var seen = -1

  init(_ inner: PlanNode, _ context: PlanContext) {
    self.inner = inner
    super.init(context)
  }

  override func evaluate(_ window: EvaluationWindow) throws(PromQLError) {
    try inner.evaluate(window.first)
    if inner.version != seen {
      seen = inner.version
      setRows(inner.rows)
    }
    order = window.count == 1 ? inner.order : nil
    try makeRoom(window)
    for row in rows.indices { cells(row).update(repeating: inner.values[row], count: columns) }
  }
}

/// When a selector or a subquery looks, for an evaluation that starts at a given time.
struct TimeShift {
  let shift: Expression.Shift
  /// The anchor of the nearest subquery around that has one, and the offsets from there on inwards.
  var enclosing: Expression.Shift?
  let context: PlanContext

  /// Milliseconds to subtract from the time of evaluation.
  ///
  /// With `@` this is worked out for the first time of the window only: where an expression around it is evaluated at all
  /// times nonetheless, the anchor moves along, as it does upstream (`promql/engine.go`, `setOffsetForAtModifier`).
  func offset(_ window: EvaluationWindow) -> Int64 {
    guard let anchor else { return shift.offset }
    return shift.offset &+ window.start &- anchor
  }

  /// The latest sample that is read at all: with `@`, where the anchor moves along, there is nothing behind it
  /// (`getTimeRangesForSelector`).
  var limit: Int64 {
    if let anchor { return anchor &- shift.offset }
    guard let enclosing, let anchor = anchor(of: enclosing) else { return .max }
    return anchor &- enclosing.offset &- shift.offset
  }

  var anchor: Int64? { anchor(of: shift) }

  private func anchor(of shift: Expression.Shift) -> Int64? {
    switch shift.at {
    case nil: nil
    case .timestamp(let time)?: time
    case .start?: context.queryStart
    case .end?: context.queryEnd
    }
  }
}

/// An instant vector selector.
final class SelectorNode: PlanNode {
  let selection: Selection
  let shift: TimeShift
  private var seen = -1
  /// Whether to give the times of samples, in seconds, instead of their values: `timestamp()` of a selector.
  private let givesTimes: Bool

  init(_ selection: Selection, _ shift: TimeShift, givesTimes: Bool, _ context: PlanContext) {
    self.selection = selection
    self.shift = shift
    self.givesTimes = givesTimes
    super.init(context)
  }

  override func evaluate(_ window: EvaluationWindow) throws(PromQLError) {
    selection.refresh()
    if selection.version != seen {
      seen = selection.version
      setRows(selection.rows)
    }
    try makeRoom(window)
    guard columns > 0 else { return }
    var offset = shift.offset(window)
    var step = window.step
    if givesTimes, let anchor = shift.anchor {
      // The anchor stands for every time, and an offset beside it is not looked at (`promql/engine.go`, `eval`).
      offset = window.start &- anchor
      step = 0
    }
    let start = window.start &- offset
    if columns == 1 { evaluateOnce(at: start) } else { evaluateRange(from: start, step: step) }
  }

  private func evaluateOnce(at time: Int64) {
    let store = context.store
    let oldest = time &- context.lookback
    let time = min(time, shift.limit)
    for (row, id) in selection.series.enumerated() {
      if let sample = store.liveSample(of: id, at: time, notBefore: oldest) {
        values[row] = givesTimes ? Double(sample.time) / 1000 : sample.value
      } else {
        values[row] = Self.absent
      }
    }
  }

  private func evaluateRange(from start: Int64, step: Int64) {
    let store = context.store
    let lookback = context.lookback
    let columns = columns
    let end = min(start &+ Int64(columns - 1) &* step, shift.limit)
    for (row, id) in selection.series.enumerated() {
      let output = cells(row)
      store.withSamples(of: id, from: start &- lookback, through: end, keepingStale: true, scratch: context.samples) {
        var next = 0
        var time = start
        for column in 0..<columns {
          while next < $0.count, $0[next].time <= time { next += 1 }
          let sample = next > 0 ? $0[next - 1] : Sample(0, Self.absent)
          if StalenessMarker.isMarker(sample.value) || sample.time < time &- lookback {
            output[column] = Self.absent
          } else {
            output[column] = givesTimes ? Double(sample.time) / 1000 : sample.value
          }
          time &+= step
        }
      }
    }
  }
}
