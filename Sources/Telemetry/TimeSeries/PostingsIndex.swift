/// Which series carry which label, for selectors.
struct PostingsIndex {
  /// Series ascend within each value.
  private var series: [String: [String: [TimeSeriesStore.SeriesID]]] = [:]

  mutating func add(_ id: TimeSeriesStore.SeriesID, _ labels: Labels) {
    for pair in labels.pairs { series[pair.name, default: [:]][pair.value, default: []].append(id) }
  }

  /// The series of one value, ascending.
  func series(_ name: String, _ value: String) -> [TimeSeriesStore.SeriesID] { series[name]?[value] ?? [] }

  /// All names, sorted.
  var names: [String] { series.keys.sorted() }

  /// The values of a name, sorted.
  func values(of name: String) -> [String] { series[name]?.keys.sorted() ?? [] }
}
