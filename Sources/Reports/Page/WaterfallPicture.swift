import SimulationKernel
import Telemetry

/// A trace as bars below each other; those on the critical path are full.
struct WaterfallPicture {
  let trace: StoredTrace
  let places: [TracedPlace]

  private static let row = 15.0
  private static let left = 360.0
  private static let right = 900.0
  /// Spans that are drawn at most.
  private static let limit = 60

  var svg: String {
    let critical = Set(criticalPath(trace.spans).map(\.span))
    let rows = trace.inOrder.prefix(Self.limit)
    var text = ""
    for (line, entry) in rows.enumerated() {
      let span = trace.spans[entry.index]
      let y = 4 + Double(line) * Self.row
      let (from, to) = (x(span.start), span.isOpen ? Self.right : x(span.end))
      var kind = span.operation.isWait ? "wait" : "work"
      if critical.contains(entry.index) { kind += " critical" }
      if span.isError { kind += " error" }
      let name = self.name(span)
      let length = span.isOpen ? "open" : latencyText(span.duration.milliseconds)
      let error = trace.error(of: span).map { " \($0.split(separator: "\n").first ?? "")" } ?? ""
      text += """
        <text class="span" x="\(coordinate(6 + Double(entry.depth) * 12))" y="\(coordinate(y + 11))">\
        \(markup(name.count > 46 ? name.prefix(45) + "…" : name))</text>\
        <rect class="\(kind)" x="\(coordinate(from))" y="\(coordinate(y + 2))" \
        width="\(coordinate(max(1.5, to - from)))" height="10"><title>\(markup("\(name): \(length)\(error)"))</title></rect>\
        <text class="span" x="\(coordinate(Self.right + 6))" y="\(coordinate(y + 11))">\(length)</text>
        """
    }
    let words = "Trace \(trace.id): \(trace.spans.count) spans, \(latencyText(trace.duration.milliseconds))"
    return picture(words, height: 10 + Double(rows.count) * Self.row, text)
  }

  /// The request, when it began and how it ended.
  var heading: String {
    guard let root = trace.spans.first else { return "" }
    let outcome = trace.error(of: root) ?? (root.status == 0 ? "no answer" : "\(root.status)")
    return
      "\(root.operation.name) at \(timeText(root.start.seconds)), \(latencyText(trace.duration.milliseconds)), \(outcome), trace \(trace.id)"
  }

  private func x(_ instant: Instant) -> Double {
    let share = (instant - trace.start).seconds / max(trace.duration.seconds, 1e-9)
    return Self.left + (Self.right - Self.left) * min(max(share, 0), 1)
  }

  private func name(_ span: Span) -> String {
    if span.operation.isWait { return span.operation.name }
    let place = places.indices.contains(Int(span.place)) ? places[Int(span.place)] : nil
    let component = place?.component.split(separator: "/").last.map(String.init) ?? place?.service ?? "?"
    return "\(component) \(span.operation.name)"
  }
}

extension StoredTrace {
  /// The spans as a tree read from the top, children in order of their start.
  var inOrder: [(index: Int, depth: Int)] {
    var children = [[Int]](repeating: [], count: spans.count)
    for (index, span) in spans.enumerated() where span.parent >= 0 { children[Int(span.parent)].append(index) }
    var result: [(Int, Int)] = []
    func add(_ index: Int, _ depth: Int) {
      result.append((index, depth))
      for child in children[index].sorted(by: { (spans[$0].start, $0) < (spans[$1].start, $1) }) {
        add(child, depth + 1)
      }
    }
    if !spans.isEmpty { add(0, 0) }
    return result
  }
}
