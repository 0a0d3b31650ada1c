/// Numbers from the samples of a window, which is never empty (`promql/functions.go`).
enum WindowFunctions {
  typealias Samples = UnsafeBufferPointer<Sample>

  /// A sum that keeps what rounding loses, as upstream does with Neumaier's variant of Kahan's algorithm. What one addition
  /// loses is a number of its own, which Knuth's six operations give without asking which summand is the greater.
  struct CompensatedSum {
    var sum = 0.0
    var lost = 0.0

    @inline(__always)
    mutating func add(_ value: Double) {
      let total = sum + value
      let added = total - sum
      lost += (sum - (total - added)) + (value - added)
      sum = total
    }

    var value: Double { sum + lost }
  }

  static func instantChange(_ samples: Samples, isRate: Bool) -> Double? {
    guard samples.count >= 2 else { return nil }
    let last = samples[samples.count - 1]
    let previous = samples[samples.count - 2]
    let change = isRate && last.value < previous.value ? last.value : last.value - previous.value
    return isRate ? change / (Double(last.time - previous.time) / 1000) : change
  }

  static func sum(_ samples: Samples) -> Double {
    var sum = CompensatedSum()
    for sample in samples { sum.add(sample.value) }
    return sum.sum.isInfinite ? sum.sum : sum.value
  }

  static func average(_ samples: Samples) -> Double {
    var mean = CompensatedSum()
    var count = 0.0
    for sample in samples {
      count += 1
      if mean.sum.isInfinite, Means.keepsInfinite(mean.sum, sample.value) { continue }
      mean.add(sample.value / count - mean.sum / count)
    }
    return mean.sum.isInfinite ? mean.sum : mean.value
  }

  static func minimum(_ samples: Samples) -> Double {
    var least = samples[0].value
    for sample in samples where sample.value < least || least.isNaN { least = sample.value }
    return least
  }

  static func maximum(_ samples: Samples) -> Double {
    var greatest = samples[0].value
    for sample in samples where sample.value > greatest || greatest.isNaN { greatest = sample.value }
    return greatest
  }

  static func variance(_ samples: Samples) -> Double {
    var count = 0.0
    var mean = CompensatedSum()
    var squares = CompensatedSum()
    for sample in samples {
      count += 1
      let delta = sample.value - mean.value
      mean.add(delta / count)
      squares.add(delta * (sample.value - mean.value))
    }
    return squares.value / count
  }

  static func resets(_ samples: Samples) -> Double {
    var count = 0
    for index in 1..<max(1, samples.count) where samples[index].value < samples[index - 1].value { count += 1 }
    return Double(count)
  }

  static func changes(_ samples: Samples) -> Double {
    var count = 0
    for index in 1..<max(1, samples.count) {
      let (before, now) = (samples[index - 1].value, samples[index].value)
      if now != before, !(now.isNaN && before.isNaN) { count += 1 }
    }
    return Double(count)
  }

  /// The line of least squares: its slope per second, and its value at `time`.
  static func regression(_ samples: Samples, at time: Int64) -> (slope: Double, intercept: Double) {
    let first = samples[0].value
    var isLevel = true
    // Sums of x, y, xy and xx, each compensated as in `CompensatedSum`.
    var sums = SIMD4<Double>()
    var lost = SIMD4<Double>()
    for index in 0..<samples.count {
      let y = samples[index].value
      let x = Double(samples[index].time &- time) / 1e3
      if y != first, index > 0 { isLevel = false }
      let terms = SIMD4(x, y, x * y, x * x)
      let totals = sums + terms
      let added = totals - sums
      lost += (sums - (totals - added)) + (terms - added)
      sums = totals
    }
    if isLevel { return first.isInfinite ? (.nan, .nan) : (0, first) }
    let count = Double(samples.count)
    sums += lost
    let covariance = sums[2] - sums[0] * sums[1] / count
    let variance = sums[3] - sums[0] * sums[0] / count
    let slope = covariance / variance
    return (slope, sums[1] / count - slope * sums[0] / count)
  }

  /// Double exponential smoothing, the last value of it.
  static func smoothed(_ samples: Samples, _ smoothing: Double, _ trendFactor: Double) -> Double? {
    guard samples.count >= 2 else { return nil }
    var before = 0.0
    var level = samples[0].value
    var trend = samples[1].value - samples[0].value
    for index in 1..<samples.count {
      let scaled = smoothing * samples[index].value
      if index > 1 { trend = trendFactor * (level - before) + (1 - trendFactor) * trend }
      let projected = (1 - smoothing) * (level + trend)
      (before, level) = (level, scaled + projected)
    }
    return level
  }

  static func smoothingError(_ smoothing: Double, _ trend: Double) -> PromQLError? {
    if smoothing <= 0 || smoothing >= 1 {
      return PromQLError("invalid smoothing factor. Expected: 0 < sf < 1, got: \(smoothing.fixedText)")
    }
    if trend <= 0 || trend >= 1 {
      return PromQLError("invalid trend factor. Expected: 0 < tf < 1, got: \(trend.fixedText)")
    }
    return nil
  }
}

/// Running means that meet infinity.
enum Means {
  /// Whether an infinite mean stays as it is when `value` joins: it would become NaN by subtraction otherwise.
  @inline(__always)
  static func keepsInfinite(_ mean: Double, _ value: Double) -> Bool {
    value.isInfinite ? (mean > 0) == (value > 0) : !value.isNaN
  }
}
