import SimulationKernel
import Telemetry

/// CloudWatch's metric store of one region: statistic sets of a minute each (CloudWatch user guide, "Metrics concepts").
@Simulated
package final class CloudWatch {
  /// A metric: namespace, name and dimensions, in the order in which the service publishes them.
  package struct Metric: Hashable, Comparable, Sendable {
    package struct Dimension: Hashable, Comparable, Sendable {
      package var name: String
      package var value: String

      package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
      }

      package static func < (one: Dimension, other: Dimension) -> Bool {
        (one.name, one.value) < (other.name, other.value)
      }
    }

    package var namespace: String
    package var name: String
    package var dimensions: [Dimension]

    package init(namespace: String, name: String, dimensions: [Dimension]) {
      self.namespace = namespace
      self.name = name
      self.dimensions = dimensions
    }

    package static func < (one: Metric, other: Metric) -> Bool {
      if (one.namespace, one.name) != (other.namespace, other.name) {
        return (one.namespace, one.name) < (other.namespace, other.name)
      }
      return one.dimensions.lexicographicallyPrecedes(other.dimensions)
    }
  }

  /// What is kept of the values of a minute.
  package struct StatisticSet: Sendable {
    package var count: Double
    package var sum: Double
    package var minimum: Double
    package var maximum: Double
    /// The distribution, for metrics that have percentiles.
    package var distribution: LatencyHistogram?

    package init(
      count: Double, sum: Double, minimum: Double, maximum: Double, distribution: LatencyHistogram? = nil
    ) {
      self.count = count
      self.sum = sum
      self.minimum = minimum
      self.maximum = maximum
      self.distribution = distribution
    }

    /// One value.
    package init(_ value: Double) { self.init(count: 1, sum: value, minimum: value, maximum: value) }

    /// `count` events of value 1.
    package init(events count: Int) { self.init(count: Double(count), sum: Double(count), minimum: 1, maximum: 1) }

    package mutating func merge(_ other: StatisticSet) {
      count += other.count
      sum += other.sum
      minimum = min(minimum, other.minimum)
      maximum = max(maximum, other.maximum)
      if let more = other.distribution {
        if distribution == nil { distribution = more } else { distribution?.merge(more) }
      }
    }
  }

  /// A statistic as the API names it.
  package enum Statistic: Hashable, Sendable {
    case sampleCount, average, sum, minimum, maximum
    /// Such as `p99` or `p99.9`; the fraction is of 1.
    case percentile(Double)

    package init?(_ name: String) {
      switch name {
      case "SampleCount": self = .sampleCount
      case "Average": self = .average
      case "Sum": self = .sum
      case "Minimum": self = .minimum
      case "Maximum": self = .maximum
      default:
        guard name.hasPrefix("p"), let percent = Double(name.dropFirst()), (0...100).contains(percent) else {
          return nil
        }
        self = .percentile(percent / 100)
      }
    }

    /// - Returns: `nil` for a percentile of a metric without a distribution.
    package func value(of set: StatisticSet) -> Double? {
      switch self {
      case .sampleCount: set.count
      case .average: set.sum / set.count
      case .sum: set.sum
      case .minimum: set.minimum
      case .maximum: set.maximum
      case .percentile(let share):
        set.distribution.map { $0.quantile(share).seconds } ?? (set.minimum == set.maximum ? set.maximum : nil)
      }
    }
  }

  /// One point of an answer.
  package struct Datapoint: Sendable {
    /// The beginning of its period.
    package var start: Instant
    package var set: StatisticSet
  }

  private struct Series {
    var unit: String
    /// Number of the first minute, and the sets from then on.
    var minutes: [(minute: Int64, set: StatisticSet)] = []
  }

  /// Length of what is stored.
  package nonisolated static let resolution = TimeSpan.minutes(1)
  /// From the end of a minute until its values can be read.
  package nonisolated static let publicationDelay = TimeSpan.seconds(60)

  private let simulation: Simulation
  private var series: [Metric: Series] = [:]

  package init(_ simulation: Simulation) { self.simulation = simulation }

  /// Adds values to the minute of `instant`.
  ///
  /// - Parameter unit: such as `Count`, as the API answers it.
  package func put(_ metric: Metric, unit: String, _ set: StatisticSet, at instant: Instant) {
    let minute = instant.nanoseconds / Self.resolution.nanoseconds
    if let last = series[metric]?.minutes.last, last.minute == minute {
      let index = (series[metric]?.minutes.count ?? 1) - 1
      series[metric]?.minutes[index].set.merge(set)
    } else {
      series[metric, default: Series(unit: unit)].minutes.append((minute, set))
    }
  }

  // MARK: Reading

  /// Metrics that have values, sorted.
  ///
  /// - Parameters:
  ///   - namespace: `nil` for all; `name` likewise.
  ///   - dimensions: all must be there; `nil` for any value.
  package func list(
    namespace: String? = nil, name: String? = nil, dimensions: [(name: String, value: String?)] = []
  ) -> [Metric] {
    series.map(\.key).filter { metric in
      (namespace == nil || metric.namespace == namespace) && (name == nil || metric.name == name)
        && dimensions.allSatisfy { wanted in
          metric.dimensions.contains { $0.name == wanted.name && (wanted.value == nil || $0.value == wanted.value) }
        }
    }.sorted()
  }

  /// The unit of a metric; `nil` for one without values.
  package func unit(of metric: Metric) -> String? { find(metric)?.unit }

  /// The values of a metric between two instants, by period; periods without values are left out, and so is what is not
  /// published yet.
  ///
  /// - Parameter period: whole minutes.
  package func data(_ metric: Metric, from: Instant, to: Instant, period: TimeSpan) -> [Datapoint] {
    guard let found = find(metric) else { return [] }
    let step = max(period, Self.resolution).nanoseconds
    var points: [Datapoint] = []
    for entry in found.minutes {
      let start = Instant(nanoseconds: entry.minute * Self.resolution.nanoseconds)
      guard start >= Instant(nanoseconds: from.nanoseconds / step * step), start < to,
        start + Self.resolution + Self.publicationDelay <= simulation.now
      else { continue }
      let begin = Instant(nanoseconds: start.nanoseconds / step * step)
      if points.last?.start == begin {
        points[points.count - 1].set.merge(entry.set)
      } else {
        points.append(Datapoint(start: begin, set: entry.set))
      }
    }
    return points
  }

  /// Dimensions mean the same in any order.
  private func find(_ metric: Metric) -> Series? {
    if let found = series[metric] { return found }
    let wanted = metric.dimensions.sorted()
    let same = list(namespace: metric.namespace, name: metric.name).first { $0.dimensions.sorted() == wanted }
    return same.flatMap { series[$0] }
  }
}
