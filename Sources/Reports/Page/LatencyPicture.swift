/// How long answers took: darker where more did, with the lines of p50, p95 and p99.
struct LatencyPicture {
  let region: IncidentRecord.Region
  let axis: TimeAxis
  let cursor: Double

  private static let top = 8.0
  private static let row = 13.0
  /// Columns at most, so that a long run stays small.
  private static let columns = 140

  var svg: String {
    let classes = limits
    guard !classes.isEmpty else { return "" }
    let bottom = Self.top + Double(classes.count) * Self.row
    var text = axis.grid(top: Self.top, bottom: bottom)
    for (index, limit) in classes.enumerated() {
      let words = limit.map { "≤ \(latencyText($0))" } ?? "more"
      text +=
        "<text class=\"lane small\" x=\"\(TimeAxis.names)\" y=\"\(coordinate(y(index, classes) + 10))\">\(words)</text>"
    }
    text += cells(classes) + line(\.p50, "p50", classes) + line(\.p95, "p95", classes) + line(\.p99, "p99", classes)
    let words =
      "Latency of answers in \(region.name) over time: how many took how long, with the lines of p50, p95 and p99"
    return picture(
      words, height: bottom + 18, text + axis.cursor(height: bottom, at: cursor))
  }

  /// The classes that occurred, the fastest first.
  private var limits: [Double?] {
    var known: [Double] = []
    var hasSlower = false
    for count in region.latency.flatMap(\.counts) {
      if let limit = count.upTo { if !known.contains(limit) { known.append(limit) } } else { hasSlower = true }
    }
    return known.sorted().map { $0 } + (hasSlower ? [nil] : [])
  }

  /// The slowest class is on top.
  private func y(_ index: Int, _ classes: [Double?]) -> Double {
    Self.top + Double(classes.count - 1 - index) * Self.row
  }

  private func cells(_ classes: [Double?]) -> String {
    let width = max(10, (axis.length / Double(Self.columns) / 10).rounded(.up) * 10)
    let columns = Int((axis.length / width).rounded(.up))
    guard columns > 0 else { return "" }
    var counts = [[Int]](repeating: [Int](repeating: 0, count: classes.count), count: columns)
    for slot in region.latency {
      let column = min(columns - 1, Int(slot.at / width))
      for count in slot.counts {
        if let index = classes.firstIndex(of: count.upTo) { counts[column][index] += count.requests }
      }
    }
    // One path for each shade: a rectangle an entry would be ten times as long.
    var shades = [String](repeating: "", count: 5)
    for (column, row) in counts.enumerated() {
      let sum = row.reduce(0, +)
      for (index, count) in row.enumerated() where count > 0 {
        let share = Double(count) / Double(max(sum, 1))
        let shade = share > 0.5 ? 4 : share > 0.2 ? 3 : share > 0.05 ? 2 : share > 0.01 ? 1 : 0
        let (left, right) = (axis.x(Double(column) * width), axis.x(Double(column + 1) * width))
        shades[shade] +=
          "M\(coordinate(left)) \(coordinate(y(index, classes)))h\(coordinate(right - left))v\(coordinate(Self.row))h-\(coordinate(right - left))z"
      }
    }
    return shades.enumerated().map { "<path class=\"heat\($0.offset)\" d=\"\($0.element)\"/>" }.joined()
  }

  private func line(
    _ quantile: KeyPath<IncidentRecord.LatencySlot, Double>, _ name: String, _ classes: [Double?]
  ) -> String {
    let points = region.latency.map { (x: axis.x($0.at + 5), y: height(of: $0[keyPath: quantile], classes)) }
    return "<path class=\"line \(name)\" d=\"\(linePath(points))\"><title>\(name)</title></path>"
  }

  /// Between the lines of its class, by the logarithm that the classes stand for.
  private func height(of milliseconds: Double, _ classes: [Double?]) -> Double {
    var low = 0.0
    for (index, limit) in classes.enumerated() {
      guard let limit, milliseconds > limit else {
        let high = limit ?? max(low * 2, milliseconds)
        let share = high > low ? (milliseconds - low) / (high - low) : 0
        return y(index, classes) + Self.row * (1 - min(max(share, 0), 1))
      }
      low = limit
    }
    return y(classes.count - 1, classes)
  }
}
