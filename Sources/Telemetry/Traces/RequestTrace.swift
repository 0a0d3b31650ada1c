import HTTPMessages
import SimulationKernel

/// What is written down about one request on its way: the tree of its spans, and the sums by component.
///
/// Buffers are used again and again; see `TraceCollector`.
@Simulated
package final class RequestTrace {
  package internal(set) var id = TraceID(high: 0, low: 0)
  /// In the order in which they began; the first is the root.
  package private(set) var spans: [Span] = []
  /// The sum of the waits of each component.
  package private(set) var parts = [TimeSpan](repeating: .zero, count: LatencyComponent.allCases.count)
  /// Texts of the spans' errors.
  package private(set) var errors: [String] = []
  /// Spans beyond `spanLimit`.
  package private(set) var dropped = 0

  let simulation: Simulation

  /// A request that is sent again and again over a dead link is no longer worth reading.
  package static let spanLimit = 500
  static let usualSpans = 32

  init(_ simulation: Simulation) {
    self.simulation = simulation
    spans.reserveCapacity(Self.usualSpans)
  }

  /// Makes the buffer that of a new request.
  func begin(_ id: TraceID, at place: Int32) -> TraceContext {
    self.id = id
    spans.removeAll(keepingCapacity: true)
    for index in parts.indices { parts[index] = .zero }
    if !errors.isEmpty { errors = [] }
    dropped = 0
    return begin(.request, at: place, parent: -1)
  }

  fileprivate func begin(_ operation: SpanOperation, at place: Int32, parent: Int32) -> TraceContext {
    append(
      Span(operation: operation, place: place, parent: parent, start: simulation.now, end: .distantFuture))
  }

  private func append(_ span: Span) -> TraceContext {
    // What no longer fits is told by its parent.
    guard spans.count < Self.spanLimit else {
      dropped += 1
      return TraceContext(trace: self, span: max(span.parent, 0))
    }
    spans.append(span)
    return TraceContext(trace: self, span: Int32(spans.count - 1))
  }

  fileprivate func end(_ index: Int32, status: Int, error: String?) {
    guard spans[Int(index)].isOpen else { return }
    spans[Int(index)].end = simulation.now
    spans[Int(index)].status = Int16(truncatingIfNeeded: status)
    guard let error else { return }
    spans[Int(index)].error = Int32(errors.count)
    errors.append(error)
  }

  fileprivate func add(_ component: LatencyComponent, _ span: TimeSpan, after offset: TimeSpan, in parent: Int32) {
    guard span > .zero else { return }
    parts[Int(component.rawValue)] += span
    let start = simulation.now + offset
    _ = append(
      Span(
        operation: .waiting(component), place: spans[Int(parent)].place, parent: parent, start: start,
        end: start + span))
  }
}

/// A place in a trace: who takes part in a request gets it, and hands on one of its own.
@Simulated
package struct TraceContext {
  let trace: RequestTrace
  let span: Int32

  /// Begins a span inside this one.
  ///
  /// - Parameter place: the number of the host that does the work.
  package func begin(_ operation: SpanOperation, at place: Int32) -> TraceContext {
    trace.begin(operation, at: place, parent: span)
  }

  /// Ends the span; what was ended before stays so.
  ///
  /// - Parameters:
  ///   - status: of the HTTP answer; 0 without one.
  ///   - error: what went wrong, as the place saw it.
  package func end(status: Int = 0, error: String? = nil) { trace.end(span, status: status, error: error) }

  /// Adds a wait inside this span to the component that is responsible.
  ///
  /// - Parameter offset: when it begins from now on; negative for one that is over.
  package func add(_ component: LatencyComponent, _ length: TimeSpan, after offset: TimeSpan = .zero) {
    trace.add(component, length, after: offset, in: span)
  }

  /// Adds a wait that ends now.
  package func addPast(_ component: LatencyComponent, since began: Instant) {
    let length = trace.simulation.now - began
    trace.add(component, length, after: .zero - length, in: span)
  }

  /// The sums of the request's waits so far, by component.
  package var parts: [TimeSpan] { trace.parts }

  /// What a request that leaves from here says in its header.
  package var traceParent: TraceParent {
    TraceParent(trace: trace.id, span: spanNumber(trace.id, span), isSampled: true)
  }
}

/// The number of a span in exports: derived from the trace's and the span's place in it, and never zero.
package func spanNumber(_ trace: TraceID, _ index: Int32) -> UInt64 {
  var mixed = trace.low &+ UInt64(bitPattern: Int64(index) + 1) &* 0x9e37_79b9_7f4a_7c15
  mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
  mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
  return max(mixed ^ (mixed >> 31), 1)
}
