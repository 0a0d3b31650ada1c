import Glibc

/// The samples of one window.
typealias SampleSlice = Slice<UnsafeBufferPointer<Sample>>

/// Functions over the samples of a window; `nil` where the function gives nothing. Each follows its namesake in
/// `promql/functions.go` of Prometheus 2.42, whose compensated sums they share.
enum RangeFunction {
  /// The functions that take nothing but the window.
  static func plain(_ function: PromQLFunction) -> ((SampleSlice, Evaluation.Window) -> Double?)? {
    switch function {
    case .rate: { extrapolated($0, $1, isCounter: true, isRate: true) }
    case .increase: { extrapolated($0, $1, isCounter: true, isRate: false) }
    case .delta: { extrapolated($0, $1, isCounter: false, isRate: false) }
    case .irate: { samples, _ in instantaneous(samples, isRate: true) }
    case .idelta: { samples, _ in instantaneous(samples, isRate: false) }
    case .changes: { samples, _ in Double(pairs(samples) { $0 != $1 && !($0.isNaN && $1.isNaN) }) }
    case .resets: { samples, _ in Double(pairs(samples) { $1 < $0 }) }
    case .deriv: { samples, _ in samples.count < 2 ? nil : regression(samples, at: samples.first!.time).slope }
    case .averageOverTime: { samples, _ in average(samples) }
    case .sumOverTime: { samples, _ in sum(samples) }
    case .countOverTime: { samples, _ in Double(samples.count) }
    case .lastOverTime: { samples, _ in samples.last?.value }
    case .presentOverTime: { _, _ in 1 }
    case .maximumOverTime: { samples, _ in extreme(samples, >) }
    case .minimumOverTime: { samples, _ in extreme(samples, <) }
    case .standardVarianceOverTime: { samples, _ in variance(samples) }
    case .standardDeviationOverTime: { samples, _ in variance(samples).squareRoot() }
    default: nil
    }
  }

  /// `extrapolatedRate`: the increase over the whole window, as far as the first and last sample let one guess it.
  static func extrapolated(
    _ samples: SampleSlice, _ window: Evaluation.Window, isCounter: Bool, isRate: Bool
  ) -> Double? {
    guard samples.count > 1, let first = samples.first, let last = samples.last else { return nil }
    var result = last.value - first.value
    if isCounter {
      var previous = first.value
      for sample in samples.dropFirst() {
        if sample.value < previous { result += previous }
        previous = sample.value
      }
    }
    var toStart = Double(first.time - window.from) / 1000
    let toEnd = Double(window.to - last.time) / 1000
    let sampled = Double(last.time - first.time) / 1000
    let between = sampled / Double(samples.count - 1)
    if isCounter, result > 0, first.value >= 0 {
      // A counter cannot have been below zero.
      toStart = min(toStart, sampled * (first.value / result))
    }
    let threshold = between * 1.1
    var interval = sampled
    interval += toStart < threshold ? toStart : between / 2
    interval += toEnd < threshold ? toEnd : between / 2
    var factor = interval / sampled
    if isRate { factor /= Double(window.to - window.from) / 1000 }
    return result * factor
  }

  private static func instantaneous(_ samples: SampleSlice, isRate: Bool) -> Double? {
    guard samples.count > 1 else { return nil }
    let (previous, last) = (samples[samples.endIndex - 2], samples[samples.endIndex - 1])
    let difference = isRate && last.value < previous.value ? last.value : last.value - previous.value
    return isRate ? difference / (Double(last.time - previous.time) / 1000) : difference
  }

  private static func pairs(_ samples: SampleSlice, _ counts: (Double, Double) -> Bool) -> Int {
    zip(samples, samples.dropFirst()).count { counts($0.value, $1.value) }
  }

  private static func extreme(_ samples: SampleSlice, _ isBetter: (Double, Double) -> Bool) -> Double? {
    guard var best = samples.first?.value else { return nil }
    for sample in samples where isBetter(sample.value, best) || best.isNaN { best = sample.value }
    return best
  }

  private static func sum(_ samples: SampleSlice) -> Double {
    var sum = CompensatedSum()
    for sample in samples { sum.add(sample.value) }
    return sum.sum.isInfinite ? sum.sum : sum.total
  }

  private static func average(_ samples: SampleSlice) -> Double {
    var mean = CompensatedSum()
    var count = 0.0
    for sample in samples {
      count += 1
      if mean.sum.isInfinite {
        // An infinity stays one; only one of the other sign, or NaN, changes it.
        if sample.value.isInfinite, (mean.sum > 0) == (sample.value > 0) { continue }
        if sample.value.isFinite { continue }
      }
      mean.add(sample.value / count - mean.sum / count)
    }
    return mean.sum.isInfinite ? mean.sum : mean.total
  }

  private static func variance(_ samples: SampleSlice) -> Double {
    var (mean, squares) = (CompensatedSum(), CompensatedSum())
    var count = 0.0
    for sample in samples {
      count += 1
      let distance = sample.value - mean.total
      mean.add(distance / count)
      squares.add(distance * (sample.value - mean.total))
    }
    return squares.total / count
  }

  /// Least squares; the intercept is the line's value at `time`.
  static func regression(_ samples: SampleSlice, at time: Int64) -> (slope: Double, intercept: Double) {
    guard let start = samples.first?.value else { return (.nan, .nan) }
    if samples.allSatisfy({ $0.value == start }) { return start.isInfinite ? (.nan, .nan) : (0, start) }
    var (x, y, xy, xx) = (CompensatedSum(), CompensatedSum(), CompensatedSum(), CompensatedSum())
    for sample in samples {
      let distance = Double(sample.time - time) / 1000
      x.add(distance)
      y.add(sample.value)
      xy.add(distance * sample.value)
      xx.add(distance * distance)
    }
    let count = Double(samples.count)
    let covariance = xy.total - x.total * y.total / count
    let variance = xx.total - x.total * x.total / count
    let slope = covariance / variance
    return (slope, y.total / count - slope * x.total / count)
  }

  /// Double exponential smoothing.
  static func holtWinters(_ samples: SampleSlice, _ smoothing: Double, _ trendFactor: Double) -> Double? {
    guard samples.count > 1 else { return nil }
    let values = samples.map(\.value)
    var (before, level) = (0.0, values[0])
    var trend = values[1] - values[0]
    for index in 1..<values.count {
      if index > 1 { trend = trendFactor * (level - before) + (1 - trendFactor) * trend }
      let next = smoothing * values[index] + (1 - smoothing) * (level + trend)
      (before, level) = (level, next)
    }
    return level
  }

  /// The value below which the share `q` lies, between neighbours by proportion (`promql/quantile.go`, `quantile`).
  static func quantile(_ q: Double, _ unsorted: [Double]) -> Double {
    if unsorted.isEmpty || q.isNaN { return .nan }
    if q < 0 { return -.infinity }
    if q > 1 { return .infinity }
    let values = unsorted.sorted { $0.isNaN ? !$1.isNaN : $0 < $1 }
    let rank = q * Double(values.count - 1)
    let lower = max(0, Int(rank.rounded(.down)))
    let upper = min(values.count - 1, lower + 1)
    let weight = rank - rank.rounded(.down)
    return values[lower] * (1 - weight) + values[upper] * weight
  }
}

/// A sum that carries what rounding lost (Neumaier's form of Kahan's sum).
struct CompensatedSum {
  private(set) var sum = 0.0
  private var lost = 0.0

  var total: Double { sum + lost }

  @inline(__always)
  mutating func add(_ value: Double) {
    let next = sum + value
    lost += abs(sum) >= abs(value) ? (sum - next) + value : (value - next) + sum
    sum = next
  }
}
