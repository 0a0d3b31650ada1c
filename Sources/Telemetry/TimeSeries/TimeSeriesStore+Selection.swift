extension TimeSeriesStore {
  /// All label names, sorted; with `condition`s, those of the series that meet them.
  package func labelNames(_ conditions: [LabelCondition] = []) -> [String] {
    guard !conditions.isEmpty else { return postings.names }
    return Set(select(conditions).flatMap { labels(of: $0).pairs.map(\.name) }).sorted()
  }

  /// The values of one label, sorted; with `conditions`, those of the series that meet them.
  package func labelValues(of name: String, _ conditions: [LabelCondition] = []) -> [String] {
    guard !conditions.isEmpty else { return postings.values(of: name) }
    return Set(select(conditions).map { labels(of: $0)[name] }.filter { !$0.isEmpty }).sorted()
  }

  /// The series that meet all `conditions`, in the order of their labels.
  ///
  /// - Parameter first: looks only at series from this number on, so that a selection can be continued.
  package func select(_ conditions: [LabelCondition], from first: Int = 0) -> [SeriesID] {
    let candidates = candidates(conditions, from: first)
    var asked = conditions.map { _ in [String: Bool]() }
    let found = candidates.filter { id in
      let labels = record(id).pointee.labels
      return conditions.indices.allSatisfy { index in
        let condition = conditions[index]
        let value = labels[condition.name]
        if condition.onlyValue != nil { return condition.holds(for: value) }
        if let known = asked[index][value] { return known }
        let holds = condition.holds(for: value)
        asked[index][value] = holds
        return holds
      }
    }
    return found.sorted { record($0).pointee.labels < record($1).pointee.labels }
  }

  /// A small set of series that holds every one that meets the conditions, ascending.
  private func candidates(_ conditions: [LabelCondition], from first: Int) -> [SeriesID] {
    // A handful of new series is looked at one by one.
    if seriesCount - first <= 16 { return (first..<max(first, seriesCount)).map { SeriesID(index: $0) } }
    var best: [SeriesID]?
    for condition in conditions {
      guard let value = condition.onlyValue, !value.isEmpty else { continue }
      let series = postings.series(condition.name, value)
      if series.count < best?.count ?? .max { best = series }
    }
    if let best { return Array(best[best.partitioningIndex { $0.index >= first }...]) }
    let selective =
      conditions.first { $0.name == Labels.metricName && !$0.holds(for: "") }
      ?? conditions.first { !$0.holds(for: "") }
    guard let selective else { return (first..<seriesCount).map { SeriesID(index: $0) } }
    return postings.values(of: selective.name).filter { selective.holds(for: $0) }
      .flatMap { postings.series(selective.name, $0) }.filter { $0.index >= first }.sorted()
  }
}
