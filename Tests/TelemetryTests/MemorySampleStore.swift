import Telemetry

/// Samples in plain arrays, as they came.
final class MemorySampleStore: SampleStore {
  /// One series.
  struct Series: Sendable {
    var labels: Labels
    /// Milliseconds since 1970, rising.
    var samples: [(milliseconds: Int64, value: Double)] = []
  }

  private(set) var series: [Series] = []
  private var handles: [Labels: SeriesHandle] = [:]

  init() {}

  func handle(for labels: Labels) -> SeriesHandle {
    if let known = handles[labels] { return known }
    let handle = SeriesHandle(index: UInt32(series.count))
    series.append(Series(labels: labels))
    handles[labels] = handle
    return handle
  }

  func append(_ value: Double, at milliseconds: Int64, to handle: SeriesHandle) {
    let index = Int(handle.index)
    if let last = series[index].samples.last, last.milliseconds >= milliseconds { return }
    series[index].samples.append((milliseconds, value))
  }

  /// The series that have all of these labels, in the order in which they came into being.
  func find(_ labels: [String: String]) -> [Series] {
    series.filter { series in labels.allSatisfy { series.labels[$0.key] == $0.value } }
  }
}
