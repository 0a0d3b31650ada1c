/// An expression evaluated at times of its own, to be looked at as a range vector.
final class SubqueryNode {
  let inner: PlanNode
  private let range: Int64
  private let step: Int64
  let shift: TimeShift
  private(set) var window = EvaluationWindow(start: 0, end: -1, step: 1)

  init(_ inner: PlanNode, range: Int64, step: Int64, _ shift: TimeShift) {
    self.inner = inner
    self.range = range
    self.step = step
    self.shift = shift
  }

  /// Evaluates at all multiples of the step that the windows of `outer` touch.
  func evaluateInner(_ outer: EvaluationWindow) throws(PromQLError) {
    guard outer.count > 0 else {
      window = EvaluationWindow(start: 0, end: -1, step: step)
      return try inner.evaluate(window)
    }
    let offset = shift.offset(outer)
    let earliest = outer.start &- offset &- range
    var start = earliest / step * step
    if start < earliest { start += step }
    window = EvaluationWindow(start: start, end: outer.time(outer.count - 1) &- offset, step: step)
    try inner.evaluate(window)
  }

  /// The values of one row as samples.
  func collect(_ row: Int, into samples: SampleBuffer) {
    samples.removeAll()
    guard window.count > 0 else { return }
    let cells = inner.cells(row)
    for column in 0..<window.count where !cells[column].isAbsent {
      samples.append(Sample(window.time(column), cells[column]))
    }
  }
}
