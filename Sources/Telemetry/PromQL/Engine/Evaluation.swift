/// The evaluation of one expression over the steps of a query.
struct Evaluation {
  let engine: QueryEngine
  let steps: Steps
  /// The steps of the whole query, to which `start()` and `end()` refer.
  let query: Steps

  func evaluate(_ expression: Expression) throws(PromQLError) -> Columns {
    if steps.count > 1, expression.hasSelector, expression.isStepInvariant { return try evaluateOnce(expression) }
    switch expression.form {
    case .number(let value): return .scalar(Array(repeating: value, count: steps.count))
    case .string(let text): return .string(text)
    case .parenthesized(let inner): return try evaluate(inner)
    case .negation(let inner): return try negate(try evaluate(inner))
    case .binary(let binary): return try evaluate(binary)
    case .aggregation(let aggregation): return .vector(try aggregate(aggregation))
    case .call(let call): return try evaluate(call)
    case .selector(let selector): return .vector(try latest(selector) { $0.value })
    case .matrix, .subquery: throw PromQLError("a range vector stands where it has no function")
    }
  }

  private func evaluateOnce(_ expression: Expression) throws(PromQLError) -> Columns {
    let first = Steps(start: steps.start, end: steps.start, interval: steps.interval)
    switch try Evaluation(engine: engine, steps: first, query: query).evaluate(expression) {
    case .scalar(let values): return .scalar(Array(repeating: values[0], count: steps.count))
    case .string(let text): return .string(text)
    case .vector(let columns):
      return .vector(
        columns.map { Column(labels: $0.labels, values: Array(repeating: $0.values[0], count: steps.count)) })
    }
  }

  func vector(_ expression: Expression) throws(PromQLError) -> [Column] {
    switch try evaluate(expression) {
    case .vector(let columns): return columns
    case .scalar, .string: throw PromQLError("an instant vector was expected")
    }
  }

  func scalar(_ expression: Expression) throws(PromQLError) -> [Double] {
    switch try evaluate(expression) {
    case .scalar(let values): return values
    case .vector, .string: throw PromQLError("a scalar was expected")
    }
  }

  func string(_ expression: Expression) throws(PromQLError) -> String {
    switch try evaluate(expression) {
    case .string(let text): return text
    case .vector, .scalar: throw PromQLError("a string was expected")
    }
  }

  private func negate(_ columns: Columns) throws(PromQLError) -> Columns {
    switch columns {
    case .scalar(let values): return .scalar(values.map { -$0 })
    case .string: return columns
    case .vector(let columns):
      return .vector(
        try distinct(
          columns.map { column in
            Column(labels: column.labels.withoutName, values: column.values.map { Column.isAbsent($0) ? $0 : -$0 })
          }))
    }
  }

  /// Joins columns of the same labels. Two that have a value at the same step are Prometheus' error.
  func distinct(_ columns: [Column]) throws(PromQLError) -> [Column] {
    guard columns.count > 1 else { return columns }
    var result: [Column] = []
    result.reserveCapacity(columns.count)
    var positions: [Labels: Int] = [:]
    for column in columns {
      guard let position = positions[column.labels] else {
        positions[column.labels] = result.count
        result.append(column)
        continue
      }
      for step in column.values.indices where !Column.isAbsent(column.values[step]) {
        guard Column.isAbsent(result[position].values[step]) else {
          throw PromQLError("vector cannot contain metrics with the same labelset")
        }
        result[position].values[step] = column.values[step]
      }
    }
    return result
  }

  // MARK: Selectors

  /// The instant at which a shifted selector looks, for a step.
  func reference(_ shift: Expression.Shift, _ step: Int) -> Int64 {
    let time: Int64 =
      switch shift.at {
      case nil: steps.time(step)
      case .timestamp(let time): time
      case .start: query.start
      case .end: query.end
      }
    return time - shift.offset
  }

  /// The span of time that the steps' windows of this length cover.
  private func extent(_ shift: Expression.Shift, _ range: Int64) -> ClosedRange<Int64> {
    reference(shift, 0) - range...reference(shift, steps.count - 1)
  }

  /// The latest sample of each series at each step, unless it is stale or too old.
  func latest(_ selector: Expression.Selector, _ read: (Sample) -> Double) throws(PromQLError) -> [Column] {
    let range = extent(selector.shift, QueryEngine.lookback)
    return try engine.select(selector.matchers).compactMap { handle in
      engine.store.withSamples(handle, in: range) { samples -> Column? in
        guard !samples.isEmpty else { return nil }
        var values = Array(repeating: Column.absent, count: steps.count)
        var (next, hasValue) = (0, false)
        for step in 0..<steps.count {
          let time = reference(selector.shift, step)
          while next < samples.count, samples[next].time <= time { next += 1 }
          guard next > 0 else { continue }
          let sample = samples[next - 1]
          guard sample.time > time - QueryEngine.lookback, !StalenessMarker.isMarker(sample.value) else { continue }
          values[step] = read(sample)
          hasValue = true
        }
        return hasValue ? Column(labels: engine.store.labels(handle), values: values) : nil
      }
    }
  }

  /// Calls `body` for each series of a range expression with its samples, and the bounds of each step's window in them.
  func forEachWindow(
    _ expression: Expression, _ body: (Labels, UnsafeBufferPointer<Sample>, (Int) -> Window) throws(PromQLError) -> Void
  ) throws(PromQLError) {
    switch expression.withoutParentheses.form {
    case .matrix(let selector, let range):
      let extent = extent(selector.shift, range)
      for handle in try engine.select(selector.matchers) {
        var failure: PromQLError?
        engine.store.withSamples(handle, in: extent) { samples in
          do throws(PromQLError) {
            try slide(engine.store.labels(handle), samples, range, selector.shift, body)
          } catch { failure = error }
        }
        if let failure { throw failure }
      }
    case .subquery(let subquery):
      for (labels, samples) in try evaluate(subquery) {
        var failure: PromQLError?
        samples.withUnsafeBufferPointer { samples in
          do throws(PromQLError) { try slide(labels, samples, subquery.range, subquery.shift, body) } catch {
            failure = error
          }
        }
        if let failure { throw failure }
      }
    default: throw PromQLError("a range vector was expected")
    }
  }

  /// The samples of a range at one step: from the first, included, to behind the last; and the range's ends.
  struct Window {
    var first: Int
    var end: Int
    var from: Int64
    var to: Int64
  }

  private func slide(
    _ labels: Labels, _ all: UnsafeBufferPointer<Sample>, _ range: Int64, _ shift: Expression.Shift,
    _ body: (Labels, UnsafeBufferPointer<Sample>, (Int) -> Window) throws(PromQLError) -> Void
  ) throws(PromQLError) {
    guard !all.isEmpty else { return }
    if all.contains(where: { StalenessMarker.isMarker($0.value) }) {
      let live = all.filter { !StalenessMarker.isMarker($0.value) }
      var failure: PromQLError?
      live.withUnsafeBufferPointer { live in
        do throws(PromQLError) { try body(labels, live, makeWindows(live, range, shift)) } catch { failure = error }
      }
      if let failure { throw failure }
    } else {
      try body(labels, all, makeWindows(all, range, shift))
    }
  }

  /// Windows in the order of the steps; they only move forward.
  private func makeWindows(
    _ samples: UnsafeBufferPointer<Sample>, _ range: Int64, _ shift: Expression.Shift
  ) -> (Int) -> Window {
    var (first, end) = (0, 0)
    return { step in
      let to = reference(shift, step)
      let from = to - range
      while end < samples.count, samples[end].time <= to { end += 1 }
      while first < end, samples[first].time < from { first += 1 }
      return Window(first: first, end: end, from: from, to: to)
    }
  }

  /// The inner series of a subquery at its own steps.
  private func evaluate(_ subquery: Expression.Subquery) throws(PromQLError) -> [(Labels, [Sample])] {
    let interval = subquery.step ?? QueryEngine.defaultSubqueryStep
    let extent = extent(subquery.shift, subquery.range)
    // Aligned to multiples of the interval, so that neighbouring queries see the same instants.
    var start = extent.lowerBound / interval * interval
    if start < extent.lowerBound { start += interval }
    guard start <= extent.upperBound else { return [] }
    let inner = Steps(start: start, end: extent.upperBound, interval: interval)
    let evaluation = Evaluation(engine: engine, steps: inner, query: query)
    let columns: [Column] =
      switch try evaluation.evaluate(subquery.inner) {
      case .vector(let columns): columns
      case .scalar(let values): [Column(labels: Labels(), values: values)]
      case .string: []
      }
    return columns.map { column in
      let samples = column.values.indices.filter { !Column.isAbsent(column.values[$0]) }
        .map { Sample(inner.time($0), column.values[$0]) }
      return (column.labels, samples)
    }
  }

  /// The samples of a range expression as they are, for a query of one instant.
  func rawSamples(_ selector: Expression.Selector, range: Int64) throws(PromQLError) -> [QueryValue.QuerySeries] {
    try rawSamples(Expression(.matrix(selector, range: range), at: 0..<0))
  }

  func rawSamples(_ subquery: Expression.Subquery) throws(PromQLError) -> [QueryValue.QuerySeries] {
    try rawSamples(Expression(.subquery(subquery), at: 0..<0))
  }

  private func rawSamples(_ expression: Expression) throws(PromQLError) -> [QueryValue.QuerySeries] {
    var result: [QueryValue.QuerySeries] = []
    try forEachWindow(expression) { labels, samples, window throws(PromQLError) in
      let bounds = window(0)
      if bounds.first < bounds.end {
        result.append(QueryValue.QuerySeries(labels, Array(samples[bounds.first..<bounds.end])))
      }
    }
    return result.sorted { $0.labels < $1.labels }
  }
}

extension Labels {
  /// The labels without the metric's name, as operators and functions leave them.
  var withoutName: Labels {
    guard let name = pairs.firstIndex(where: { $0.name == Self.metricName }) else { return self }
    var result = self
    result[pairs[name].name] = ""
    return result
  }
}
