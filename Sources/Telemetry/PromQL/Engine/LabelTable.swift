/// A label set by number; equal sets have equal numbers within one table.
typealias LabelID = Int

/// The label sets that queries of one engine met, so that they compare sets by number and derive each only once.
final class LabelTable {
  static let empty: LabelID = 0

  private var numbers: [Labels: LabelID] = [:]
  private var sets: [Labels] = []
  /// The set without its metric name, where it was asked for.
  private var nameless: [LabelID?] = []

  init() { _ = id(Labels()) }

  func id(_ labels: Labels) -> LabelID {
    if let known = numbers[labels] { return known }
    let id = sets.count
    sets.append(labels)
    nameless.append(nil)
    numbers[labels] = id
    return id
  }

  subscript(id: LabelID) -> Labels { sets[id] }

  func withoutName(_ id: LabelID) -> LabelID {
    if let known = nameless[id] { return known }
    let reduced = keeping(id) { $0 != Labels.metricName }
    nameless[id] = reduced
    return reduced
  }

  func keeping(_ id: LabelID, _ isKept: (String) -> Bool) -> LabelID { self.id(sets[id].keeping(isKept)) }
}

extension Labels {
  /// Only the labels whose name `isKept` holds for.
  func keeping(_ isKept: (String) -> Bool) -> Labels { Labels(pairs.filter { isKept($0.name) }) }

  /// The labels without the metric's name, as operators and functions leave them.
  var withoutName: Labels { keeping { $0 != Self.metricName } }
}
