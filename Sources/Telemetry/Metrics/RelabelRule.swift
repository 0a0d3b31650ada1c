/// One rule of `relabel_configs` or `metric_relabel_configs` (Prometheus, model/relabel/relabel.go).
package struct RelabelRule: Hashable, Sendable {
  package enum Action: String, Sendable, CaseIterable {
    case replace, keep, drop, keepequal, dropequal, hashmod, labelmap, labeldrop, labelkeep, lowercase, uppercase
  }

  package var action: Action
  package var sourceLabels: [String]
  package var separator: String
  package var regex: RelabelPattern
  package var modulus: UInt64
  package var targetLabel: String
  package var replacement: String

  package init(
    _ action: Action = .replace, sourceLabels: [String] = [], separator: String = ";",
    regex: RelabelPattern = .everything, modulus: UInt64 = 0, targetLabel: String = "", replacement: String = "$1"
  ) {
    self.action = action
    self.sourceLabels = sourceLabels
    self.separator = separator
    self.regex = regex
    self.modulus = modulus
    self.targetLabel = targetLabel
    self.replacement = replacement
  }

  /// Applies rules in order.
  ///
  /// - Returns: `nil` when one of them drops the target or the series.
  package static func process(_ labels: Labels, _ rules: [RelabelRule]) -> Labels? {
    var labels = labels
    for rule in rules {
      guard rule.apply(to: &labels) else { return nil }
    }
    return labels
  }

  /// - Returns: false when the labels are dropped.
  private func apply(to labels: inout Labels) -> Bool {
    let value = sourceLabels.map { labels[$0] }.joined(separator: separator)
    switch action {
    case .drop: return !regex.matches(value)
    case .keep: return regex.matches(value)
    case .dropequal: return labels[targetLabel] != value
    case .keepequal: return labels[targetLabel] == value
    case .replace: replace(value, in: &labels)
    case .lowercase: labels[targetLabel] = value.lowercased()
    case .uppercase: labels[targetLabel] = value.uppercased()
    case .hashmod: labels[targetLabel] = modulus == 0 ? "" : String(MD5.lastWord(of: Array(value.utf8)) % modulus)
    case .labelmap:
      for label in labels.pairs {
        if let name = regex.expand(replacement, matching: label.name) { labels[name] = label.value }
      }
    case .labeldrop:
      for label in labels.pairs where regex.matches(label.name) { labels[label.name] = "" }
    case .labelkeep:
      for label in labels.pairs where !regex.matches(label.name) { labels[label.name] = "" }
    }
    return true
  }

  private func replace(_ value: String, in labels: inout Labels) {
    // Without a match nothing is replaced; a target that is no label name is left alone.
    guard let name = regex.expand(targetLabel, matching: value), Self.isLabelName(name),
      let text = regex.expand(replacement, matching: value)
    else { return }
    labels[name] = text
  }

  private static func isLabelName(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(48...57).contains(first) else { return false }
    return name.utf8.allSatisfy {
      (65...90).contains($0) || (97...122).contains($0) || (48...57).contains($0) || $0 == 95
    }
  }
}
