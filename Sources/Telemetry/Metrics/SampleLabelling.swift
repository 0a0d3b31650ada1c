/// How the labels of scraped samples become the labels that are stored (Prometheus, scrape/scrape.go,
/// `mutateSampleLabels`).
package struct SampleLabelling: Sendable {
  /// The target's own labels: `job`, `instance`, `namespace` and the like.
  package var target: Labels
  /// Whether a label of the sample stays when the target has one of that name; otherwise the sample's is renamed with the
  /// prefix `exported_`.
  package var honorsLabels: Bool
  /// Applied to each series when it is first seen.
  package var relabelings: [RelabelRule]

  package init(target: Labels, honorsLabels: Bool = false, relabelings: [RelabelRule] = []) {
    self.target = target
    self.honorsLabels = honorsLabels
    self.relabelings = relabelings
  }

  /// The labels to store a sample under; `nil` when the rules drop it.
  package func labels(of exposed: [Label]) -> Labels? {
    var labels = Labels(exposed)
    var conflicts: [Label] = []
    for label in target.pairs {
      let existing = labels[label.name]
      if existing.isEmpty {
        labels[label.name] = label.value
      } else if !honorsLabels {
        conflicts.append(Label(label.name, existing))
        labels[label.name] = label.value
      }
    }
    // Shorter names first, so that a name that is prefixed already gets its second prefix.
    conflicts.sort { ($0.name.utf8.count, $0.name) < ($1.name.utf8.count, $1.name) }
    for conflict in conflicts {
      var name = "exported_" + conflict.name
      while !labels[name].isEmpty { name = "exported_" + name }
      labels[name] = conflict.value
    }
    return RelabelRule.process(labels, relabelings)
  }
}
