import SimulationKernel

/// A stretch of a trace's time and the span that it depended on.
package struct CriticalSegment: Hashable, Sendable {
  /// The span's index in the trace.
  package var span: Int
  package var from: Instant
  package var to: Instant
}

/// The critical path of a trace: the stretches, in order of time, of which each had to end for the root to end. They cover the
/// root without a gap. At each instant it is the innermost span, and of siblings side by side the one that ended last
/// (Eaton et al., "Distributed Latency Profiling through Critical Path Tracing", ACM Queue 2022).
///
/// Spans still open, and the parts of spans that reach beyond their parent, are left out: nobody waited for them.
package func criticalPath(_ spans: [Span]) -> [CriticalSegment] {
  guard let root = spans.first, !root.isOpen else { return [] }
  var children = [[Int]](repeating: [], count: spans.count)
  for (index, span) in spans.enumerated().dropFirst() where span.parent >= 0 && !span.isOpen {
    children[Int(span.parent)].append(index)
  }
  for index in children.indices {
    // Last ended first.
    children[index].sort { (spans[$0].end, $0) > (spans[$1].end, $1) }
  }
  var segments: [CriticalSegment] = []
  func walk(_ index: Int, from: Instant, to: Instant) {
    var end = to
    for child in children[index] where spans[child].start < end && spans[child].end > from {
      let (childStart, childEnd) = (max(spans[child].start, from), min(spans[child].end, end))
      guard childStart < childEnd else { continue }
      if childEnd < end { segments.append(CriticalSegment(span: index, from: childEnd, to: end)) }
      walk(child, from: childStart, to: childEnd)
      end = childStart
    }
    if from < end { segments.append(CriticalSegment(span: index, from: from, to: end)) }
  }
  walk(0, from: root.start, to: root.end)
  return segments.reversed()
}
