import HTTPMessages
import SimulationKernel

/// The traces of one region that were kept, in the order in which they were decided about.
@Simulated
package final class TraceStore {
  /// A kept trace without its spans.
  package struct Entry: Sendable {
    package var id: TraceID
    package var reason: TailSampling.Reason
    /// Its spans in the store.
    var spans: Range<Int>
  }

  package private(set) var entries: [Entry] = []
  /// Traces that should have been kept and were not, because of the limits.
  package private(set) var dropped = 0

  private var spans: [Span] = []
  private var errors: [String] = []
  private var errorNumbers: [String: Int32] = [:]

  /// Most spans that are kept; 40 bytes each.
  package static let spanLimit = 1_500_000

  package init() {}

  /// Once the store has so many traces, of the failed ones of a window only the first `errorsPerWindow` are kept: an outage
  /// that lasts must not drown what was before it, nor grow a record without end.
  package static let comfortableCount = 80_000
  package static let errorsPerWindow = 200

  /// Whether one more failed trace of a window is kept.
  ///
  /// - Parameter number: counted from one.
  func admitsError(_ number: Int) -> Bool {
    guard entries.count >= Self.comfortableCount, number > Self.errorsPerWindow else { return true }
    dropped += 1
    return false
  }

  /// - Parameter withWaits: whether the waits inside its spans are kept too.
  func keep(_ trace: RequestTrace, _ reason: TailSampling.Reason, withWaits: Bool) {
    guard spans.count + trace.spans.count <= Self.spanLimit else { return dropped += 1 }
    let first = spans.count
    if withWaits { spans.append(contentsOf: trace.spans) } else { appendWork(of: trace) }
    if !trace.errors.isEmpty {
      for index in first..<spans.count where spans[index].error >= 0 {
        spans[index].error = number(of: trace.errors[Int(spans[index].error)])
      }
    }
    entries.append(Entry(id: trace.id, reason: reason, spans: first..<spans.count))
  }

  private func appendWork(of trace: RequestTrace) {
    let first = spans.count
    var numbers: [Int32] = []
    for var span in trace.spans {
      numbers.append(Int32(spans.count - first))
      if span.operation.isWait { continue }
      if span.parent >= 0 { span.parent = numbers[Int(span.parent)] }
      spans.append(span)
    }
  }

  private func number(of text: String) -> Int32 {
    if let known = errorNumbers[text] { return known }
    errorNumbers[text] = Int32(errors.count)
    errors.append(text)
    return Int32(errors.count - 1)
  }

  /// The trace of an entry, whole.
  package func trace(_ entry: Entry) -> StoredTrace {
    StoredTrace(id: entry.id, reason: entry.reason, spans: Array(spans[entry.spans]), errors: errors)
  }

  /// The trace of a number.
  package func trace(_ id: TraceID) -> StoredTrace? { entries.last { $0.id == id }.map(trace) }
}

/// A trace as it was kept.
package struct StoredTrace: Sendable {
  package var id: TraceID
  package var reason: TailSampling.Reason
  /// In the order in which they began; the first is the root. One whose end is `distantFuture` was still going on.
  package var spans: [Span]
  /// Texts of errors, by the numbers in the spans.
  package var errors: [String]

  package init(id: TraceID, reason: TailSampling.Reason, spans: [Span], errors: [String]) {
    self.id = id
    self.reason = reason
    self.spans = spans
    self.errors = errors
  }

  package func error(of span: Span) -> String? {
    span.error >= 0 && Int(span.error) < errors.count ? errors[Int(span.error)] : nil
  }

  package var start: Instant { spans.first?.start ?? .zero }
  /// From the beginning to the end of its root: what its customer waited.
  package var duration: TimeSpan { spans.first.map { $0.isOpen ? .zero : $0.duration } ?? .zero }
  package var isError: Bool { spans.first?.isError ?? false }
}
