import SimulationKernel

/// Aligns text at its tabs: a column reaches over neighbouring lines that have it, and is as wide as its longest cell
/// plus two (Go's text/tabwriter as `kubectl describe` sets it up).
package func elasticText(_ text: String) -> String {
  let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
  var widths = lines.map { [Int](repeating: 0, count: $0.count - 1) }
  for column in 0..<(widths.map(\.count).max() ?? 0) {
    var start = 0
    while start < lines.count {
      guard widths[start].count > column else {
        start += 1
        continue
      }
      let end = widths[start...].firstIndex { $0.count <= column } ?? lines.count
      let width = (start..<end).map { lines[$0][column].count + 2 }.max() ?? 0
      for line in start..<end { widths[line][column] = width }
      start = end
    }
  }
  return zip(lines, widths).map { cells, widths in
    cells.enumerated().map { column, cell in
      column < widths.count ? cell + String(repeating: " ", count: widths[column] - cell.count) : cell
    }.joined()
  }.joined(separator: "\n")
}

extension ClusterClock {
  /// A timestamp as `kubectl describe` prints it: `Mon, 02 Mar 2026 08:00:05 +0000`.
  package static func describedTime(_ timestamp: String) -> String {
    guard let instant = instant(timestamp) else { return timestamp }
    let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    // 1970-01-01 was a Thursday.
    let days = (epoch + instant.nanoseconds / 1_000_000_000) / 86400
    let parts = timestamp.split { "-T:Z.".contains($0) }.map(String.init)
    let month = months[(Int(parts[1]) ?? 1) - 1]
    return
      "\(weekdays[Int((days + 3) % 7)]), \(parts[2]) \(month) \(parts[0]) \(parts[3]):\(parts[4]):\(parts[5]) +0000"
  }
}
