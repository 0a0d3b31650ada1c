/// The series of a selector, kept up to date as the store learns of new ones.
final class Selection {
  private let store: TimeSeriesStore
  private let table: LabelTable
  private let matchers: [LabelMatcher]
  /// Of the matchers with a regular expression.
  private let patterns: [LabelPattern?]
  /// Sorted by their labels.
  private(set) var series: [SeriesHandle] = []
  private(set) var rows: [LabelID] = []
  /// Grows when `series` changes.
  private(set) var version = 0
  private var seen = 0

  init(_ matchers: [LabelMatcher], store: TimeSeriesStore, table: LabelTable) throws(PromQLError) {
    self.matchers = matchers
    self.store = store
    self.table = table
    var patterns: [LabelPattern?] = []
    for matcher in matchers {
      switch matcher.operation {
      case .equal, .notEqual: patterns.append(nil)
      case .matches, .doesNotMatch: patterns.append(try LabelPattern(matcher.value))
      }
    }
    self.patterns = patterns
  }

  @inline(__always)
  func refresh() {
    if seen != store.seriesCount { extend() }
  }

  /// New series only have to be looked for among the new.
  @inline(never)
  private func extend() {
    let rarest = matchers.filter { $0.operation == .equal && !$0.value.isEmpty }.map { Label($0.name, $0.value) }
      .min { store.count(with: $0) < store.count(with: $1) }
    // Many series share few values.
    var verdicts = [[String: Bool]](repeating: [:], count: matchers.count)
    let added = store.indices(with: rarest, from: seen).map(SeriesHandle.init).filter { handle in
      let labels = store.labels(handle)
      return matchers.indices.allSatisfy { holds($0, for: labels[matchers[$0].name], &verdicts[$0]) }
    }
    seen = store.seriesCount
    guard !added.isEmpty else { return }
    series = (series + added).sorted { store.labels($0) < store.labels($1) }
    rows = series.map { table.id(store.labels($0)) }
    version += 1
  }

  private func holds(_ index: Int, for value: String, _ verdicts: inout [String: Bool]) -> Bool {
    let matcher = matchers[index]
    guard let pattern = patterns[index] else { return (value == matcher.value) == (matcher.operation == .equal) }
    if let known = verdicts[value] { return known }
    let verdict = pattern.matches(value) == (matcher.operation == .matches)
    verdicts[value] = verdict
    return verdict
  }
}
