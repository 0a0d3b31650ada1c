import HTTPMessages
import SimulationKernel

/// Writes every request of one region down, and keeps what tail sampling chooses.
///
/// Traces wait a window longer than the one in which they ended before they are decided about, so that what servers still do for a
/// client that has given up is in them.
@Simulated
package final class TraceCollector {
  package let store = TraceStore()
  /// Requests written down so far.
  package private(set) var begun = 0

  private let simulation: Simulation
  private let stream: RandomStream
  /// Buffers that nobody uses.
  private var free: [RequestTrace] = []
  /// Ended in the window that goes on, and in the one before.
  private var ended: [RequestTrace] = []
  private var waiting: [RequestTrace] = []

  /// Length of a window, as long as a customer waits for an answer.
  package static let window = TimeSpan.seconds(10)
  nonisolated private static let decideEvent: EventName = "traces.decide"

  private let isOn: Bool

  /// - Parameters:
  ///   - region: the name by which its random numbers are drawn.
  ///   - isOn: whether anything is written down.
  package init(_ simulation: Simulation, region: String, isOn: Bool = true) {
    self.simulation = simulation
    self.isOn = isOn
    stream = simulation.random("traces/\(region)")
    simulation.every(Self.window, Self.decideEvent) { [weak self] in self?.decide() }
  }

  /// A request begins at a place; `nil` when nothing is written down.
  package func begin(at place: Int32) -> TraceContext? {
    guard isOn else { return nil }
    begun += 1
    let trace = free.popLast() ?? RequestTrace(simulation)
    return trace.begin(TraceID(high: stream.next(), low: stream.next()), at: place)
  }

  /// The request of a context from `begin` is over for its customer, its root ended.
  package func finish(_ context: TraceContext) { ended.append(context.trace) }

  /// Decides about everything that has ended: the run is over.
  package func close() {
    decide()
    decide()
  }

  private func decide() {
    let candidates = waiting.map { trace in
      TailSampling.Candidate(id: trace.id, duration: trace.spans[0].duration, isError: trace.spans[0].isError)
    }
    let reasons = TailSampling.decide(candidates)
    var errors = 0
    for (trace, reason) in zip(waiting, reasons) {
      guard let reason else { continue }
      if reason == .error {
        errors += 1
        guard store.admitsError(errors) else { continue }
      }
      store.keep(trace, reason, withWaits: reason != .error || errors <= TailSampling.detailedErrors)
    }
    recycle()
    swap(&waiting, &ended)
  }

  /// A buffer that a server still writes to, long after its client has gone, is left to it.
  private func recycle() {
    while var trace = waiting.popLast() {
      if isKnownUniquelyReferenced(&trace) { free.append(trace) }
    }
  }
}
