/// Permits handed out first come, first served; waits can have a deadline and can be cancelled.
///
/// With `capacity` permits held for a service time it is the FIFO server of queueing theory (see `serve`).
@Simulated
package final class Semaphore: WaitingPlace {
  package let name: String
  /// Permits in all. Raising it wakes waiters; lowering it lets holders finish.
  package var capacity: Int { didSet { admitWaiters() } }
  /// Permits in use; above `capacity` only just after that was lowered.
  package private(set) var inUse = 0
  /// Most processes that may wait; further ones fail at once.
  package var queueLimit = 1_000_000
  package private(set) var statistics = QueueStatistics()

  private let simulation: Simulation
  private var waiters = Fifo<Waiter>()

  package init(_ simulation: Simulation, name: String, capacity: Int) {
    self.simulation = simulation
    self.name = name
    self.capacity = capacity
    simulation.register(self)
  }

  package var waitingDescription: String? {
    waiters.first { !$0.isSettled }.map { "\(waiting) at \(name) since \($0.since.seconds) s" }
  }

  /// Processes that wait for a permit.
  package private(set) var waiting = 0

  /// Takes a permit if one is free and nobody waits.
  package func tryAcquire() -> Bool {
    guard inUse < capacity, waiting == 0 else { return false }
    statistics.arrivals += 1
    take()
    return true
  }

  /// Takes a permit, waiting for it until `deadline`.
  ///
  /// - Throws: `TimedOut` at the deadline, or at once when the queue is at its limit; `Cancelled` when the scope is cancelled.
  package func acquire(deadline: Instant = .distantFuture, scope: CancelScope? = nil) async throws {
    if tryAcquire() { return }
    guard waiting < queueLimit, deadline > simulation.now else { throw TimedOut() }
    if let scope, scope.isCancelled { throw Cancelled() }
    statistics.arrivals += 1
    let waiter = Waiter(since: simulation.now)
    waiters.append(waiter)
    waiting += 1
    let outcome = await waiter.wait(simulation, deadline: deadline, scope: scope, name: Self.deadlineName)
    let waited = simulation.now - waiter.since
    statistics.totalWait += waited
    statistics.waited += 1
    guard outcome == .granted else {
      waiting -= 1
      statistics.abandoned += 1
      if outcome == .cancelled { throw Cancelled() }
      throw TimedOut()
    }
  }

  private nonisolated static let deadlineName: EventName = "semaphore.deadline"

  /// Gives a permit back; the longest waiter gets it.
  package func release() {
    precondition(inUse > 0, "\(name): a permit was given back that nobody held")
    inUse -= 1
    statistics.busy.change(to: inUse, at: simulation.now)
    admitWaiters()
  }

  /// Holds a permit for `span`: one visit to a FIFO server.
  package func serve(_ span: TimeSpan, _ event: EventName, deadline: Instant = .distantFuture) async throws {
    try await acquire(deadline: deadline)
    await simulation.sleep(span, event)
    release()
  }

  private func take() {
    inUse += 1
    statistics.busy.change(to: inUse, at: simulation.now)
  }

  private func admitWaiters() {
    while inUse < capacity, let waiter = waiters.popFirst() {
      guard !waiter.isSettled else { continue }
      waiting -= 1
      take()
      waiter.settle(.granted, simulation)
    }
  }
}

/// What a queue saw: enough for Little's law.
package struct QueueStatistics: Sendable {
  package internal(set) var arrivals = 0
  /// Arrivals that had to wait.
  package internal(set) var waited = 0
  /// Arrivals that left without service.
  package internal(set) var abandoned = 0
  package internal(set) var totalWait = TimeSpan.zero
  /// Permits in use over time.
  package internal(set) var busy = TimeWeighted()
}

/// The integral of a step function over time.
package struct TimeWeighted: Sendable {
  private var value = 0
  private var since = Instant.zero
  private var area = 0.0

  package init() {}

  package mutating func change(to newValue: Int, at instant: Instant) {
    area += Double(value) * (instant - since).seconds
    value = newValue
    since = instant
  }

  /// The integral up to `instant`, in value × seconds.
  package func integral(at instant: Instant) -> Double { area + Double(value) * (instant - since).seconds }
}
