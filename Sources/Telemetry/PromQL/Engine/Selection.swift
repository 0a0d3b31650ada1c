/// The series of a selector, kept up to date as the store learns of new ones.
final class Selection {
  private let store: TimeSeriesStore
  private let table: LabelTable
  private let conditions: [LabelCondition]
  private(set) var series: [TimeSeriesStore.SeriesID] = []
  private(set) var rows: [LabelID] = []
  /// Grows when `series` changes.
  private(set) var version = 0
  private var seenSeries = 0

  init(_ conditions: [LabelCondition], store: TimeSeriesStore, table: LabelTable) {
    self.conditions = conditions
    self.store = store
    self.table = table
  }

  @inline(__always)
  func refresh() {
    if seenSeries != store.seriesCount { extend() }
  }

  @inline(never)
  private func extend() {
    let added = store.select(conditions, from: seenSeries)
    seenSeries = store.seriesCount
    guard !added.isEmpty else { return }
    if series.isEmpty {
      series = added
    } else {
      series = (series + added).sorted { store.labels(of: $0) < store.labels(of: $1) }
    }
    rows = series.map { table.id(store.labels(of: $0)) }
    version += 1
  }
}
