import HTTPMessages
import SimulationKernel
import Telemetry

/// A trace as text: a waterfall of its spans, and where its time went by the critical path.
package func traceText(_ trace: StoredTrace, region: String, places: [TracedPlace], width: Int = 40) -> String {
  TraceText(trace: trace, region: region, places: places, width: width).text
}

private struct TraceText {
  let trace: StoredTrace
  let region: String
  let places: [TracedPlace]
  /// Columns of the bars.
  let width: Int

  var text: String {
    guard let root = trace.spans.first else { return "" }
    let outcome = trace.error(of: root) ?? (root.status == 0 ? "no answer" : "\(root.status)")
    var lines = [
      "\(trace.id)  \(region)  T0\(offset(root.start))  \(milliseconds(trace.duration))  \(outcome)  kept as \(trace.reason.rawValue)"
    ]
    for (index, depth) in trace.inOrder { lines.append(line(trace.spans[index], depth)) }
    lines.append("  critical path: " + shares.joined(separator: ", "))
    return lines.map { $0 + "\n" }.joined()
  }

  private func offset(_ instant: Instant) -> String {
    let seconds = instant.seconds
    return (seconds < 0 ? "-" : "+") + fixed(abs(seconds), 3) + "s"
  }

  private func milliseconds(_ span: TimeSpan) -> String { fixed(span.milliseconds, 2) + " ms" }

  private func fixed(_ value: Double, _ digits: Int) -> String {
    let factor = (0..<digits).reduce(1) { product, _ in product * 10 }
    let scaled = Int64((value * Double(factor)).rounded())
    let rest = String(scaled % Int64(factor))
    return "\(scaled / Int64(factor))." + String(repeating: "0", count: digits - rest.utf8.count) + rest
  }

  private func line(_ span: Span, _ depth: Int) -> String {
    let label = String(repeating: "  ", count: depth + 1) + name(span)
    let length = span.isOpen ? "open" : milliseconds(span.duration)
    var note = span.status == 0 ? "" : "  \(span.status)"
    if let error = trace.error(of: span) { note += "  ! \(error.split(separator: "\n").first ?? "")" }
    return pad(label, 58) + " |\(bar(span))| " + String(repeating: " ", count: max(0, 12 - length.utf8.count)) + length
      + note
  }

  /// A wait is told by its component, work by who does it.
  private func name(_ span: Span) -> String {
    span.operation.isWait ? span.operation.name : "\(place(span))  \(span.operation.name)"
  }

  private func place(_ span: Span) -> String {
    guard places.indices.contains(Int(span.place)) else { return "?" }
    let place = places[Int(span.place)]
    return place.component.split(separator: "/").last.map(String.init) ?? place.service
  }

  private func pad(_ text: String, _ columns: Int) -> String {
    text.count > columns ? text.prefix(columns - 1) + "…" : text + String(repeating: " ", count: columns - text.count)
  }

  private func bar(_ span: Span) -> String {
    let whole = max(trace.duration.seconds, 1e-9)
    func column(_ instant: Instant) -> Int {
      min(max(Int(((instant - trace.start).seconds / whole * Double(width)).rounded(.down)), 0), width)
    }
    let from = min(column(span.start), width - 1)
    let to = max(span.isOpen ? width : column(span.end), from + 1)
    return String(repeating: " ", count: from) + String(repeating: span.operation.isWait ? "█" : "─", count: to - from)
      + String(repeating: " ", count: width - to)
  }

  /// Shares of the critical path by name, the largest first, those below 1 % left out.
  private var shares: [String] {
    var sums: [(name: String, span: TimeSpan)] = []
    for segment in criticalPath(trace.spans) {
      let span = trace.spans[segment.span]
      let name = span.operation.isWait ? span.operation.name : place(span)
      if let index = sums.firstIndex(where: { $0.name == name }) {
        sums[index].span += segment.to - segment.from
      } else {
        sums.append((name, segment.to - segment.from))
      }
    }
    let whole = max(trace.duration.seconds, 1e-9)
    return sums.sorted { ($1.span, $0.name) < ($0.span, $1.name) }.filter { $0.span.seconds / whole >= 0.01 }
      .map { "\($0.name) \(Int(($0.span.seconds / whole * 100).rounded()))%" }
  }
}
