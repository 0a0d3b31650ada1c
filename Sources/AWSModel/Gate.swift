import SimulationKernel

/// A closed door before which any number of processes wait until it is opened, once and for all of them.
@Simulated
final class Gate {
  private let permits: Semaphore

  init(_ simulation: Simulation, name: String) { permits = Semaphore(simulation, name: name, capacity: 0) }

  /// Waits until it is open.
  ///
  /// - Throws: `TimedOut` at the deadline, `Cancelled` when the scope is cancelled first.
  func pass(deadline: Instant, scope: CancelScope? = nil) async throws {
    try await permits.acquire(deadline: deadline, scope: scope)
  }

  /// Lets all pass, in the order in which they came.
  func open() { permits.capacity = .max }
}
