/// Why a simulation could not go on.
package enum SimulationError: Error, Hashable, CustomStringConvertible {
  /// Nothing can ever happen again while processes still wait; each line names who waits for what since when.
  case deadlock(at: Instant, waiting: [String])
  /// The work asked for was not finished at the horizon.
  case horizonReached(Instant)
  /// More events at one instant than the budget: time stands still. Names the last events.
  case eventBudgetExhausted(at: Instant, budget: Int, last: [String])

  package var description: String {
    switch self {
    case .deadlock(let instant, let waiting):
      "nothing can happen after \(instant.seconds) s, but processes wait: " + waiting.joined(separator: "; ")
    case .horizonReached(let instant):
      "the simulation was not finished at its horizon of \(instant.seconds) s"
    case .eventBudgetExhausted(let instant, let budget, let last):
      "more than \(budget) events at \(instant.seconds) s; the last were " + last.joined(separator: ", ")
    }
  }
}

/// A wait reached its deadline.
package struct TimedOut: Error, Hashable, Sendable {
  package init() {}
}
