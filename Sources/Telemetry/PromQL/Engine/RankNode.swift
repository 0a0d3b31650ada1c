/// `topk` and `bottomk`: of every group the elements of the greatest or least values, with all their labels.
final class RankNode: PlanNode {
  private let isTop: Bool
  private let inner: PlanNode
  private let parameter: PlanNode
  private let grouping: Grouping
  private var seen = -1
  private var map = RowMap()

  init(isTop: Bool, _ inner: PlanNode, parameter: PlanNode, _ grouping: Grouping, _ context: PlanContext) {
    self.isTop = isTop
    self.inner = inner
    self.parameter = parameter
    self.grouping = grouping
    super.init(context)
  }

  override func evaluate(_ window: EvaluationWindow) throws(PromQLError) {
    try parameter.evaluate(window)
    try inner.evaluate(window)
    if inner.version != seen {
      seen = inner.version
      map = RowMap(inner.rows.map { grouping.key($0, context.table) })
      setRows(inner.rows)
    }
    try makeRoom(window)
    clear()
    order = nil
    for column in 0..<columns { try rank(column) }
  }

  private func rank(_ column: Int) throws(PromQLError) {
    let parameter = parameter.values[column]
    // Go's conversion would not tell what it made of such a number.
    guard parameter <= 9_223_372_036_854_774_784, parameter >= -9_223_372_036_854_775_808,
      let limit = Int64(clamping: parameter)
    else {
      throw PromQLError("Scalar value \(parameter.generalText) overflows int64")
    }
    guard limit >= 1 else {
      order = []
      return
    }
    var heaps: [RankHeap?] = Array(repeating: nil, count: map.rows.count)
    var appearance: [Int] = []
    let natural = inner.rows.indices
    for row in columns == 1 ? inner.order ?? Array(natural) : Array(natural) {
      let value = inner.cells(row)[column]
      guard !value.isAbsent else { continue }
      let group = map.target[row]
      if heaps[group] == nil {
        heaps[group] = RankHeap(isTop: isTop, limit: Int(limit))
        appearance.append(group)
      }
      heaps[group]?.offer(RankHeap.Entry(value: value, row: row))
    }
    var ranked: [Int] = []
    for group in appearance {
      for entry in heaps[group]?.sorted() ?? [] {
        cells(entry.row)[column] = entry.value
        ranked.append(entry.row)
      }
    }
    if columns == 1 { order = ranked }
  }
}

/// The best entries so far, the worst of them on top; which of equal ones stay depends on the very steps of Go's
/// `container/heap`, which these are.
struct RankHeap {
  struct Entry {
    var value: Double
    var row: Int
  }

  private let isTop: Bool
  private let limit: Int
  private var entries: [Entry] = []

  init(isTop: Bool, limit: Int) {
    self.isTop = isTop
    self.limit = limit
  }

  /// Whether `one` is nearer to being replaced; NaN always is.
  private func isWorse(_ one: Entry, _ other: Entry) -> Bool {
    one.value.isNaN || (isTop ? one.value < other.value : one.value > other.value)
  }

  mutating func offer(_ entry: Entry) {
    guard let worst = entries.first else {
      entries = [entry]
      return
    }
    let beatsWorst = isTop ? worst.value < entry.value : worst.value > entry.value
    guard entries.count < limit || beatsWorst || worst.value.isNaN else { return }
    if entries.count == limit {
      if limit == 1 {
        entries[0] = entry
        return
      }
      entries.swapAt(0, entries.count - 1)
      siftDown(entries.count - 1)
      entries.removeLast()
    }
    entries.append(entry)
    siftUp(entries.count - 1)
  }

  private mutating func siftUp(_ start: Int) {
    var child = start
    while true {
      let parent = (child - 1) / 2
      if parent == child || !isWorse(entries[child], entries[parent]) { return }
      entries.swapAt(parent, child)
      child = parent
    }
  }

  private mutating func siftDown(_ end: Int) {
    var parent = 0
    while true {
      let left = 2 * parent + 1
      guard left < end else { return }
      let right = left + 1
      let child = right < end && isWorse(entries[right], entries[left]) ? right : left
      if !isWorse(entries[child], entries[parent]) { return }
      entries.swapAt(parent, child)
      parent = child
    }
  }

  /// The best first.
  func sorted() -> [Entry] { InsertionOrder.sorted(entries) { isWorse($1, $0) } }
}

/// Sorting that leaves equal elements where Go's `sort.Sort` leaves them, for the up to twelve for which that one sorts by
/// insertion; beyond them it is merely stable.
enum InsertionOrder {
  /// - Parameter precedes: may hold for two elements both ways round, as Go's orders of NaN do.
  static func sorted<Element>(_ elements: [Element], _ precedes: (Element, Element) -> Bool) -> [Element] {
    var sorted = elements
    guard sorted.count <= 12 else {
      sorted.sort { precedes($0, $1) && !precedes($1, $0) }
      return sorted
    }
    for index in sorted.indices.dropFirst() {
      var place = index
      while place > 0, precedes(sorted[place], sorted[place - 1]) {
        sorted.swapAt(place, place - 1)
        place -= 1
      }
    }
    return sorted
  }
}

extension Int64 {
  /// The number without its fraction; `nil` for NaN.
  fileprivate init?(clamping value: Double) {
    guard !value.isNaN else { return nil }
    self = Int64(exactly: value.rounded(.towardZero)) ?? (value > 0 ? .max : .min)
  }
}

/// `sort()` and `sort_desc()`, which matter to instant queries only; NaN comes last either way.
final class SortNode: PlanNode {
  private let isDescending: Bool
  private let inner: PlanNode
  private var seen = -1

  init(isDescending: Bool, _ inner: PlanNode, _ context: PlanContext) {
    self.isDescending = isDescending
    self.inner = inner
    super.init(context)
  }

  override func evaluate(_ window: EvaluationWindow) throws(PromQLError) {
    try inner.evaluate(window)
    if inner.version != seen {
      seen = inner.version
      setRows(inner.rows)
    }
    try makeRoom(window)
    values.update(from: inner.values, count: rows.count * columns)
    guard columns == 1 else {
      order = nil
      return
    }
    let present = (inner.order ?? Array(rows.indices)).filter { !values[$0].isAbsent }
    order = InsertionOrder.sorted(present) { one, other in
      values[other].isNaN || (isDescending ? values[one] > values[other] : values[one] < values[other])
    }
  }
}
