/// The axis that all pictures of a run share: times since T0 from left to right, with room for names on the left.
package struct TimeAxis: Sendable {
  /// Seconds.
  package var length: Double

  package init(length: Double) { self.length = length }

  /// In units of a picture.
  static let width = 1000.0
  static let left = 190.0
  /// Where the names on the left end.
  static let names = 182
  static let right = 985.0

  package func x(_ seconds: Double) -> Double {
    Self.left + (Self.right - Self.left) * min(max(seconds / max(length, 1), 0), 1)
  }

  /// Whole minutes, at most a dozen of them.
  package var ticks: [Double] {
    let step = [60.0, 120, 300, 600, 900, 1800, 3600].first { length / $0 <= 12 } ?? 7200
    return stride(from: 0, through: length, by: step).map(\.self)
  }

  /// Lines and words of the ticks.
  func grid(top: Double, bottom: Double, isNamed: Bool = true) -> String {
    ticks.map { tick in
      let x = coordinate(self.x(tick))
      let line = "<path class=\"grid\" d=\"M\(x) \(coordinate(top))V\(coordinate(bottom))\"/>"
      let word = "<text class=\"tick\" x=\"\(x)\" y=\"\(coordinate(bottom + 12))\">\(timeText(tick))</text>"
      return isNamed ? line + word : line
    }.joined()
  }

  /// The line that the scrubber moves.
  func cursor(height: Double, at time: Double) -> String {
    "<path class=\"cursor\" d=\"M0 0V\(coordinate(height))\" transform=\"translate(\(coordinate(x(time))),0)\"/>"
  }
}

/// A picture over the shared axis.
///
/// - Parameters:
///   - title: for who cannot see it.
///   - height: in units of which the width has 1000.
func picture(_ title: String, height: Double, _ content: String) -> String {
  """
  <div class="scroll" tabindex="0"><svg viewBox="0 0 1000 \(coordinate(height))" role="img" aria-label="\(markup(title))">\
  <title>\(markup(title))</title>\(content)</svg></div>

  """
}

/// A line through points, broken where two are further apart than the gap.
func linePath(_ points: [(x: Double, y: Double)], gap: Double = 60) -> String {
  var path = ""
  var last: Double?
  for point in points {
    let isNear = last.map { point.x - $0 <= gap } ?? false
    path += "\(isNear ? "L" : "M")\(coordinate(point.x)) \(coordinate(point.y))"
    last = point.x
  }
  return path
}
