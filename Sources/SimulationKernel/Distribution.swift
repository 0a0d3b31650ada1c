import Glibc

@inline(__always)
func naturalLogarithm(_ value: Double) -> Double { log(value) }

/// A distribution of time spans.
///
/// Parameters are time spans; samples are never negative.
package enum Distribution: Sendable {
  case constant(TimeSpan)
  case uniform(TimeSpan, TimeSpan)
  case exponential(mean: TimeSpan)
  /// Log-normal by its median and the standard deviation of the logarithm.
  case lognormal(median: TimeSpan, sigma: Double)
  /// Points of the quantile function, rising in both coordinates, from probability 0 to 1; linear between them.
  case quantiles([(probability: Double, value: TimeSpan)])

  /// Log-normal through two quantiles: the median and the 99th percentile.
  package static func lognormal(median: TimeSpan, p99: TimeSpan) -> Distribution {
    let z99 = 2.326_347_874_040_841
    return .lognormal(median: median, sigma: log(p99 / median) / z99)
  }

  /// One sample.
  @Simulated
  package func sample(_ stream: RandomStream) -> TimeSpan {
    switch self {
    case .constant(let span): span
    case .uniform(let low, let high): low + (high - low) * stream.uniform()
    case .exponential(let mean): mean * stream.exponential()
    case .lognormal(let median, let sigma): median * exp(sigma * stream.normal())
    case .quantiles(let points): Self.interpolate(points, at: stream.uniform())
    }
  }

  /// The mean, where it has a closed form.
  package var mean: TimeSpan {
    switch self {
    case .constant(let span): span
    case .uniform(let low, let high): (low + high) * 0.5
    case .exponential(let mean): mean
    case .lognormal(let median, let sigma): median * exp(sigma * sigma / 2)
    case .quantiles(let points):
      zip(points, points.dropFirst()).reduce(.zero) { sum, pair in
        sum + (pair.0.value + pair.1.value) * ((pair.1.probability - pair.0.probability) / 2)
      }
    }
  }

  private static func interpolate(_ points: [(probability: Double, value: TimeSpan)], at probability: Double)
    -> TimeSpan
  {
    guard let upper = points.firstIndex(where: { $0.probability >= probability }) else {
      return points.last?.value ?? .zero
    }
    guard upper > 0 else { return points[0].value }
    let (low, high) = (points[upper - 1], points[upper])
    let share = (probability - low.probability) / (high.probability - low.probability)
    return low.value + (high.value - low.value) * share
  }
}
