import Documents
import Glibc

// Calls of functions.
extension Evaluation {
  func evaluate(_ call: Expression.Call) throws(PromQLError) -> Columns {
    let arguments = call.arguments
    if let function = RangeFunction.plain(call.function) {
      return .vector(
        try overWindows(arguments[0], keepsName: call.function == .lastOverTime) { samples, window, _ in
          function(samples, window)
        })
    }
    if let function = Self.elementwise[call.function] { return .vector(try map(arguments[0], function)) }
    switch call.function {
    case .time: return .scalar((0..<steps.count).map { Double(steps.time($0)) / 1000 })
    case .pi: return .scalar(Array(repeating: .pi, count: steps.count))
    case .vector: return .vector([Column(labels: Labels(), values: try scalar(arguments[0]))])
    case .scalar: return .scalar(try onlyValue(of: arguments[0]))
    case .absent: return .vector(try absent(arguments[0]))
    case .absentOverTime: return .vector(try absentOverTime(arguments[0]))
    case .timestamp: return .vector(try timestamps(arguments[0]))
    case .sort, .sortDescending: return .vector(try sorted(arguments[0], descending: call.function == .sortDescending))
    case .labelReplace: return .vector(try labelReplace(arguments))
    case .labelJoin: return .vector(try labelJoin(arguments))
    case .histogramQuantile: return .vector(try histogramQuantile(arguments))
    case .round, .clamp, .clampMinimum, .clampMaximum: return .vector(try limited(call))
    case .quantileOverTime, .holtWinters, .predictLinear: return .vector(try overWindowsWithNumbers(call))
    case .dayOfMonth, .dayOfWeek, .dayOfYear, .daysInMonth, .hour, .minute, .month, .year:
      return .vector(try calendar(call))
    default: throw PromQLError("function \(call.function.rawValue) is not evaluated")
    }
  }

  /// Functions of a value.
  private static let elementwise: [PromQLFunction: @Sendable (Double) -> Double] = [
    .abs: { abs($0) }, .ceil: { $0.rounded(.up) }, .floor: { $0.rounded(.down) }, .exp: { Glibc.exp($0) },
    .sqrt: { $0.squareRoot() }, .ln: { log($0) }, .log2: { Glibc.log2($0) }, .log10: { Glibc.log10($0) },
    .acos: { Glibc.acos($0) }, .acosh: { Glibc.acosh($0) }, .asin: { Glibc.asin($0) }, .asinh: { Glibc.asinh($0) },
    .atan: { Glibc.atan($0) }, .atanh: { Glibc.atanh($0) }, .cos: { Glibc.cos($0) }, .cosh: { Glibc.cosh($0) },
    .sin: { Glibc.sin($0) }, .sinh: { Glibc.sinh($0) }, .tan: { Glibc.tan($0) }, .tanh: { Glibc.tanh($0) },
    .deg: { $0 * 180 / .pi }, .rad: { $0 * .pi / 180 }, .sgn: { $0 < 0 ? -1 : $0 > 0 ? 1 : $0 },
  ]

  // MARK: Vectors

  private func map(_ argument: Expression, _ function: (Double) -> Double) throws(PromQLError) -> [Column] {
    try map(argument) { value, _ in function(value) }
  }

  /// A new value for each that there is; the name goes.
  private func map(_ argument: Expression, _ function: (Double, Int) -> Double) throws(PromQLError) -> [Column] {
    var columns = try vector(argument)
    for index in columns.indices {
      columns[index].labels = columns[index].labels.withoutName
      for step in columns[index].values.indices where !Column.isAbsent(columns[index].values[step]) {
        columns[index].values[step] = function(columns[index].values[step], step)
      }
    }
    return try distinct(columns)
  }

  private func limited(_ call: Expression.Call) throws(PromQLError) -> [Column] {
    var numbers: [[Double]] = []
    for argument in call.arguments.dropFirst() { numbers.append(try scalar(argument)) }
    switch call.function {
    case .round:
      // The inverse keeps results such as 0.1 from carrying the rounding of 1/10.
      return try map(call.arguments[0]) { value, step in
        let inverse = 1 / (numbers.isEmpty ? 1 : numbers[0][step])
        return (value * inverse + 0.5).rounded(.down) / inverse
      }
    case .clampMinimum: return try map(call.arguments[0]) { Self.maximum(numbers[0][$1], $0) }
    case .clampMaximum: return try map(call.arguments[0]) { Self.minimum(numbers[0][$1], $0) }
    default:
      return try map(call.arguments[0]) { value, step in
        let (low, high) = (numbers[0][step], numbers[1][step])
        return high < low ? Column.absent : Self.maximum(low, Self.minimum(high, value))
      }
    }
  }

  /// Go's `math.Max` and `math.Min`: a NaN wins.
  private static func maximum(_ left: Double, _ right: Double) -> Double {
    left.isNaN || right.isNaN ? .nan : Swift.max(left, right)
  }

  private static func minimum(_ left: Double, _ right: Double) -> Double {
    left.isNaN || right.isNaN ? .nan : Swift.min(left, right)
  }

  private func onlyValue(of argument: Expression) throws(PromQLError) -> [Double] {
    let columns = try vector(argument)
    return (0..<steps.count).map { step in
      let present = columns.filter { !Column.isAbsent($0.values[step]) }
      return present.count == 1 ? present[0].values[step] : .nan
    }
  }

  private func timestamps(_ argument: Expression) throws(PromQLError) -> [Column] {
    if case .selector(let selector) = argument.withoutParentheses.form {
      let columns = try latest(selector) { Double($0.time) / 1000 }
      return try distinct(columns.map { Column(labels: $0.labels.withoutName, values: $0.values) })
    }
    return try map(argument) { _, step in Double(steps.time(step)) / 1000 }
  }

  /// Only an instant query has an order to sort; values that are no numbers come last.
  private func sorted(_ argument: Expression, descending: Bool) throws(PromQLError) -> [Column] {
    let columns = try vector(argument)
    guard steps.count == 1 else { return columns }
    return columns.enumerated().sorted { left, right in
      let (one, other) = (left.element.values[0], right.element.values[0])
      if one.isNaN || other.isNaN { return one.isNaN == other.isNaN ? left.offset < right.offset : other.isNaN }
      return one == other ? left.offset < right.offset : descending ? one > other : one < other
    }
    .map(\.element)
  }

  // MARK: Absence

  private func absent(_ argument: Expression) throws(PromQLError) -> [Column] {
    let columns = try vector(argument)
    let values = (0..<steps.count).map { step in
      columns.contains { !Column.isAbsent($0.values[step]) } ? Column.absent : 1
    }
    return [Column(labels: absenceLabels(argument), values: values)]
  }

  private func absentOverTime(_ argument: Expression) throws(PromQLError) -> [Column] {
    var values = Array(repeating: 1.0, count: steps.count)
    try forEachWindow(argument) { _, _, window in
      for step in 0..<steps.count {
        let bounds = window(step)
        if bounds.first < bounds.end { values[step] = Column.absent }
      }
    }
    return [Column(labels: absenceLabels(argument), values: values)]
  }

  /// The labels that the selector demands, each once and by equality (`createLabelsForAbsentFunction`).
  private func absenceLabels(_ argument: Expression) -> Labels {
    let matchers: [LabelMatcher]
    switch argument.withoutParentheses.form {
    case .selector(let selector), .matrix(let selector, _): matchers = selector.matchers
    default: return Labels()
    }
    var labels = Labels()
    var seen: [String] = []
    var dropped: [String] = []
    for matcher in matchers where matcher.name != Labels.metricName {
      if matcher.operation == .equal, !seen.contains(matcher.name) {
        labels[matcher.name] = matcher.value
        seen.append(matcher.name)
      } else {
        dropped.append(matcher.name)
      }
    }
    for name in dropped { labels[name] = "" }
    return labels
  }

  // MARK: Windows

  private func overWindows(
    _ argument: Expression, keepsName: Bool = false,
    _ function: (SampleSlice, Window, Int) throws(PromQLError) -> Double?
  ) throws(PromQLError) -> [Column] {
    var columns: [Column] = []
    try forEachWindow(argument) { labels, samples, window throws(PromQLError) in
      var values = Array(repeating: Column.absent, count: steps.count)
      var hasValue = false
      for step in 0..<steps.count {
        let bounds = window(step)
        guard bounds.first < bounds.end, let value = try function(samples[bounds.first..<bounds.end], bounds, step)
        else {
          continue
        }
        values[step] = value
        hasValue = true
      }
      if hasValue { columns.append(Column(labels: keepsName ? labels : labels.withoutName, values: values)) }
    }
    return try distinct(columns)
  }

  private func overWindowsWithNumbers(_ call: Expression.Call) throws(PromQLError) -> [Column] {
    switch call.function {
    case .quantileOverTime:
      let shares = try scalar(call.arguments[0])
      return try overWindows(call.arguments[1]) { samples, _, step in
        RangeFunction.quantile(shares[step], samples.map(\.value))
      }
    case .predictLinear:
      let distances = try scalar(call.arguments[1])
      return try overWindows(call.arguments[0]) { samples, _, step in
        guard samples.count > 1 else { return nil }
        let line = RangeFunction.regression(samples, at: steps.time(step))
        return line.slope * distances[step] + line.intercept
      }
    default:
      let (smoothing, trend) = (try scalar(call.arguments[1]), try scalar(call.arguments[2]))
      return try overWindows(call.arguments[0]) { samples, _, step throws(PromQLError) in
        for (name, value) in [("smoothing", smoothing[step]), ("trend", trend[step])] where value <= 0 || value >= 1 {
          let text = fixedText(value, places: 6)
          throw PromQLError(
            "invalid \(name) factor. Expected: 0 < \(name == "trend" ? "t" : "s")f < 1, got: \(text)")
        }
        return RangeFunction.holtWinters(samples, smoothing[step], trend[step])
      }
    }
  }

  // MARK: Histograms and the calendar

  private func histogramQuantile(_ arguments: [Expression]) throws(PromQLError) -> [Column] {
    let shares = try scalar(arguments[0])
    var groups: [(labels: Labels, members: [(bound: Double, values: [Double])])] = []
    var positions: [Labels: Int] = [:]
    for column in try vector(arguments[1]) {
      guard let bound = Self.bound(column.labels["le"]) else { continue }
      var labels = column.labels.withoutName
      labels["le"] = ""
      let position = positions[labels] ?? groups.count
      if position == groups.count {
        positions[labels] = position
        groups.append((labels, []))
      }
      groups[position].members.append((bound, column.values))
    }
    return groups.map { group in
      let values = (0..<steps.count).map { step -> Double in
        let buckets = group.members.filter { !Column.isAbsent($0.values[step]) }
          .map { ClassicHistogram.Bucket(upperBound: $0.bound, count: $0.values[step]) }
        return buckets.isEmpty ? Column.absent : ClassicHistogram.quantile(shares[step], buckets)
      }
      return Column(labels: group.labels, values: values)
    }
  }

  /// A bucket's bound as Go's `strconv.ParseFloat` reads it.
  private static func bound(_ text: String) -> Double? {
    switch text.lowercased() {
    case "+inf", "inf", "+infinity", "infinity": .infinity
    case "-inf", "-infinity": -.infinity
    default: Double(text)
    }
  }

  private func calendar(_ call: Expression.Call) throws(PromQLError) -> [Column] {
    let function = call.function
    if let argument = call.arguments.first {
      return try map(argument) { value, _ in CalendarDate(secondsSince1970: value).part(function) }
    }
    let values = (0..<steps.count).map { step in
      CalendarDate(secondsSince1970: Double(steps.time(step)) / 1000).part(function)
    }
    return [Column(labels: Labels(), values: values)]
  }
}

/// A UTC date and time of day.
private struct CalendarDate {
  private var parts = tm()

  /// Fractions and what no calendar holds are cut off.
  init(secondsSince1970 seconds: Double) {
    var time = time_t(exactly: seconds.rounded(.towardZero)) ?? 0
    gmtime_r(&time, &parts)
  }

  func part(_ function: PromQLFunction) -> Double {
    switch function {
    case .year: Double(parts.tm_year) + 1900
    case .month: Double(parts.tm_mon) + 1
    case .dayOfMonth: Double(parts.tm_mday)
    case .dayOfWeek: Double(parts.tm_wday)
    case .dayOfYear: Double(parts.tm_yday) + 1
    case .hour: Double(parts.tm_hour)
    case .minute: Double(parts.tm_min)
    default: daysInMonth
    }
  }

  private var daysInMonth: Double {
    let year = Int(parts.tm_year) + 1900
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][Int(parts.tm_mon)]
  }
}
