/// Where the samples of a range vector come from.
enum WindowSource {
  case stored(Selection)
  case subquery(SubqueryNode)
}

/// A function of a range vector: for every series and time, one number from the samples of a window.
///
/// Samples of a series are read once; the window then slides over them.
final class WindowNode: PlanNode {
  private let function: PromQLFunction
  private let source: WindowSource
  private let shift: TimeShift
  private let range: Int64
  /// The scalar arguments, in order.
  private let parameters: [PlanNode]
  private var seen = -1
  private var map = RowMap()
  /// Where `map` is not one to one, rows are first written here.
  private var unmapped: [Double] = []
  private var ranks: [Double] = []
  private var failure: PromQLError?

  init(
    _ function: PromQLFunction, _ source: WindowSource, range: Int64, _ shift: TimeShift, parameters: [PlanNode],
    _ context: PlanContext
  ) {
    self.function = function
    self.source = source
    self.range = range
    self.shift = shift
    self.parameters = parameters
    super.init(context)
  }

  override func evaluate(_ window: EvaluationWindow) throws(PromQLError) {
    for parameter in parameters { try parameter.evaluate(window) }
    switch source {
    case .stored(let selection):
      selection.refresh()
      if selection.version != seen { remap(selection.rows, version: selection.version) }
    case .subquery(let subquery):
      try subquery.evaluateInner(window)
      if subquery.inner.version != seen { remap(subquery.inner.rows, version: subquery.inner.version) }
    }
    try makeRoom(window)
    guard columns > 0 else { return }
    failure = nil
    if map.isIdentity {
      for row in rows.indices { evaluateRow(row, window, into: cells(row)) }
    } else {
      try evaluateMapped(window)
    }
    if let failure { throw failure }
  }

  private func remap(_ inputs: [LabelID], version: Int) {
    seen = version
    map = RowMap(function == .lastOverTime ? inputs : inputs.map { context.table.withoutName($0) })
    setRows(map.rows)
  }

  /// Series that differ by name only must not both have values, at whatever times (`Matrix.ContainsSameLabelset`).
  private func evaluateMapped(_ window: EvaluationWindow) throws(PromQLError) {
    clear()
    var taken = [Bool](repeating: false, count: rows.count)
    if unmapped.count < columns { unmapped = Array(repeating: 0, count: columns) }
    for (row, target) in map.target.enumerated() {
      let hasValues = unmapped.withUnsafeMutableBufferPointer { buffer in
        evaluateRow(row, window, into: buffer.baseAddress!)
        guard buffer[..<columns].contains(where: { !$0.isAbsent }) else { return false }
        cells(target).update(from: buffer.baseAddress!, count: columns)
        return true
      }
      if let failure { throw failure }
      guard hasValues else { continue }
      if taken[target] { throw RowMap.duplicateError }
      taken[target] = true
    }
  }

  private func evaluateRow(_ row: Int, _ window: EvaluationWindow, into output: UnsafeMutablePointer<Double>) {
    let offset = shift.offset(window)
    let slide = WindowSlide(
      firstEnd: window.start &- offset, step: window.step, count: window.count, range: range, output: output)
    switch source {
    case .stored(let selection):
      context.store.withSamples(
        of: selection.series[row], from: slide.firstEnd &- range, through: min(slide.lastEnd, shift.limit),
        keepingStale: false,
        scratch: context.samples
      ) { apply(slide, $0, window) }
    case .subquery(let subquery):
      subquery.collect(row, into: context.samples)
      apply(slide, context.samples.samples, window)
    }
  }

  /// Which of upstream's functions this is (`promql/functions.go`).
  @inline(__always)
  private func apply(_ slide: WindowSlide, _ samples: UnsafeBufferPointer<Sample>, _ times: EvaluationWindow) {
    switch function {
    case .rate: slide.extrapolate(samples, isCounter: true, isRate: true)
    case .increase: slide.extrapolate(samples, isCounter: true, isRate: false)
    case .delta: slide.extrapolate(samples, isCounter: false, isRate: false)
    case .irate: slide.apply(samples) { WindowFunctions.instantChange($0, isRate: true) }
    case .idelta: slide.apply(samples) { WindowFunctions.instantChange($0, isRate: false) }
    case .lastOverTime: slide.apply(samples) { $0[$0.count - 1].value }
    case .countOverTime: slide.apply(samples) { Double($0.count) }
    case .presentOverTime, .absentOverTime: slide.apply(samples) { _ in 1 }
    case .sumOverTime: slide.apply(samples) { WindowFunctions.sum($0) }
    case .averageOverTime: slide.apply(samples) { WindowFunctions.average($0) }
    case .minimumOverTime: slide.apply(samples) { WindowFunctions.minimum($0) }
    case .maximumOverTime: slide.apply(samples) { WindowFunctions.maximum($0) }
    case .standardVarianceOverTime: slide.apply(samples) { WindowFunctions.variance($0) }
    case .standardDeviationOverTime: slide.apply(samples) { WindowFunctions.variance($0).squareRoot() }
    case .resets: slide.apply(samples) { WindowFunctions.resets($0) }
    case .changes: slide.apply(samples) { WindowFunctions.changes($0) }
    case .deriv:
      slide.apply(samples) { $0.count < 2 ? nil : WindowFunctions.regression($0, at: $0[0].time).slope }
    default: applyWithParameters(slide, samples, times)
    }
  }

  private func applyWithParameters(
    _ slide: WindowSlide, _ samples: UnsafeBufferPointer<Sample>, _ times: EvaluationWindow
  ) {
    let first = parameters[0].values
    switch function {
    case .predictLinear:
      slide.applyAtColumns(samples) { window, column in
        guard window.count >= 2 else { return nil }
        let line = WindowFunctions.regression(window, at: times.time(column))
        return line.slope * first[column] + line.intercept
      }
    case .quantileOverTime:
      slide.applyAtColumns(samples) { window, column in
        ranks.removeAll(keepingCapacity: true)
        for sample in window { ranks.append(sample.value) }
        return Quantiles.quantile(first[column], of: &ranks)
      }
    case .holtWinters:
      let second = parameters[1].values
      slide.applyAtColumns(samples) { window, column in
        failure = failure ?? WindowFunctions.smoothingError(first[column], second[column])
        return failure == nil ? WindowFunctions.smoothed(window, first[column], second[column]) : nil
      }
    default: preconditionFailure("\(function) takes no range vector")
    }
  }
}
