import Documents
import Scenarios

/// A small picture of values over the shared axis, from zero to a round number.
package struct LineChart {
  struct Line: Sendable {
    var name: String
    /// How it is drawn: `offered`, `served`, `failed`, `one` to `four`.
    var style: String
    var points: [(at: Double, value: Double)]
    /// Longest distance between points that hang together, in seconds.
    var gap = 60.0
  }

  var title: String
  var lines: [Line]
  /// What is added to the numbers of the axis.
  var unit = ""
  /// The values are shares: 1 is 100 %.
  var isShare = false
  var height = 90.0
  /// Between the first two lines an area is drawn.
  var fillsBetween = false

  private static let top = 8.0

  func svg(_ axis: TimeAxis, cursor: Double) -> String {
    let bottom = Self.top + height
    let most = Self.round(lines.flatMap(\.points).map(\.value).max() ?? 0, isShare: isShare)
    func y(_ value: Double) -> Double { bottom - height * min(max(value / most, 0), 1) }
    var text = axis.grid(top: Self.top, bottom: bottom)
    for share in [0.0, 0.5, 1] {
      let place = coordinate(y(most * share))
      text += "<path class=\"grid\" d=\"M\(coordinate(TimeAxis.left)) \(place)H\(coordinate(TimeAxis.right))\"/>"
      text +=
        "<text class=\"lane small\" x=\"\(TimeAxis.names)\" y=\"\(coordinate(y(most * share) + 4))\">\(number(most * share))</text>"
    }
    if fillsBetween, lines.count > 1 { text += area(lines[0], lines[1], axis, y) }
    for line in lines {
      let gap = axis.x(line.gap * 1.5) - axis.x(0)
      let points = line.points.map { (x: axis.x($0.at), y: y($0.value)) }
      text +=
        "<path class=\"line \(line.style)\" d=\"\(linePath(points, gap: gap))\"><title>\(markup(line.name))</title></path>"
    }
    let names = lines.map(\.name).joined(separator: ", ")
    return "<h4>\(markup(title)) \(legend)</h4>"
      + picture("\(title): \(names)", height: bottom + 18, text + axis.cursor(height: bottom, at: cursor))
  }

  private var legend: String {
    lines.count < 2
      ? ""
      : lines.map { "<span class=\"key \($0.style)\">\(markup($0.name))</span>" }.joined(separator: " ")
  }

  private func area(_ one: Line, _ other: Line, _ axis: TimeAxis, _ y: (Double) -> Double) -> String {
    // Where both are known.
    let end = min(one.points.last?.at ?? 0, other.points.last?.at ?? 0)
    let (above, below) = (one.points.filter { $0.at <= end }, other.points.filter { $0.at <= end })
    guard above.count > 1, below.count > 1 else { return "" }
    let points = above.map { (axis.x($0.at), y($0.value)) } + below.reversed().map { (axis.x($0.at), y($0.value)) }
    let path = points.enumerated().map {
      "\($0.offset == 0 ? "M" : "L")\(coordinate($0.element.0)) \(coordinate($0.element.1))"
    }.joined()
    return "<path class=\"between\" d=\"\(path)z\"/>"
  }

  private func number(_ value: Double) -> String {
    isShare ? percentText(value) : shortNumber((value * 100).rounded() / 100) + unit
  }

  /// The next 1, 2 or 5 times a power of ten; shares up to 1 are measured against the whole.
  package static func round(_ most: Double, isShare: Bool) -> Double {
    guard most > 0, most.isFinite else { return 1 }
    if isShare, most > 0.5, most <= 1 { return 1 }
    var power = 1e-6
    while power < most {
      for factor in [1.0, 2, 5] where factor * power >= most { return factor * power }
      power *= 10
    }
    return power
  }
}

extension IncidentRecord.Region {
  /// Sums of so many seconds, divided by them.
  func rates(_ value: (IncidentRecord.TrafficSecond) -> Int, over width: Double) -> [(at: Double, value: Double)] {
    var result: [(at: Double, value: Double)] = []
    var sum = 0
    var slot: Double?
    for second in traffic {
      let current = (second.at / width).rounded(.down) * width
      if let open = slot, open != current {
        result.append((open + width / 2, Double(sum) / width))
        sum = 0
      }
      slot = current
      sum += value(second)
    }
    return result
  }
}
