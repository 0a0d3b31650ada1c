/// Samples in plain arrays, as they came.
package final class MemorySampleStore: SampleStore {
  /// One series.
  package struct Series: Sendable {
    package var labels: Labels
    /// Milliseconds since 1970, rising.
    package var samples: [(milliseconds: Int64, value: Double)] = []
  }

  package private(set) var series: [Series] = []
  private var handles: [Labels: SeriesHandle] = [:]

  package init() {}

  package func handle(for labels: Labels) -> SeriesHandle {
    if let known = handles[labels] { return known }
    let handle = SeriesHandle(index: UInt32(series.count))
    series.append(Series(labels: labels))
    handles[labels] = handle
    return handle
  }

  package func append(_ value: Double, at milliseconds: Int64, to handle: SeriesHandle) {
    let index = Int(handle.index)
    if let last = series[index].samples.last, last.milliseconds >= milliseconds { return }
    series[index].samples.append((milliseconds, value))
  }

  /// The series that have all of these labels, in the order in which they came into being.
  package func find(_ labels: [String: String]) -> [Series] {
    series.filter { series in labels.allSatisfy { series.labels[$0.key] == $0.value } }
  }
}
