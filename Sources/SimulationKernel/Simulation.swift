/// Virtual time and everything that happens in it.
///
/// One queue of events ordered by (time, sequence) and one thread. An event is either a *timer*, a closure that runs to
/// completion, or the wake-up of a *process*, an `async` function that sleeps and waits. All that became ready runs before
/// time moves. The kernel knows no cloud; it imports nothing but the C library.
@Simulated
package final class Simulation {
  /// What the random streams are derived from.
  package nonisolated let seed: UInt64
  /// The current instant.
  package private(set) var now = Instant.zero
  /// The digest of all events up to now.
  package private(set) var digest = RunDigest()
  /// Events executed so far, process wake-ups included.
  package private(set) var eventCount = 0
  /// Most events that may happen at one instant before the run stops as one whose time stands still.
  package var eventBudgetPerInstant = 2_000_000

  private var queue = EventQueue()
  private var sequence: UInt64 = 0
  private var eventsAtInstant = 0
  private var recentNames: [EventName] = []
  private var streams: [String: RandomStream] = [:]
  private var waitingPlaces: [WaitingPlaceReference] = []
  private var waitingPlacesLimit = 256
  private var traceNames = false
  /// The events executed since `recordTrace` was called.
  package private(set) var trace = EventTrace()
  /// Processes that were spawned and have not ended.
  package private(set) var liveProcesses = 0

  package init(seed: UInt64) {
    self.seed = seed
  }

  /// The stream of random numbers of a component: depends on the seed and the name only, so that a new component does
  /// not shift the numbers of the others. The same name gives the same stream object.
  package func random(_ name: String) -> RandomStream {
    if let stream = streams[name] { return stream }
    let stream = RandomStream(seed: seed, name: name)
    streams[name] = stream
    return stream
  }

  // MARK: Timers

  /// Runs `body` at `instant`, or now (after what is already due) when that has passed.
  @discardableResult
  package func at(_ instant: Instant, _ name: EventName, _ body: @escaping @Simulated () -> Void) -> Timer {
    schedule(max(instant, now), name, .run(body))
  }

  /// Runs `body` after `span`.
  @discardableResult
  package func after(_ span: TimeSpan, _ name: EventName, _ body: @escaping @Simulated () -> Void) -> Timer {
    at(now + span, name, body)
  }

  /// Runs `body` every `period`, first after `offset`, until the returned timer is cancelled.
  @discardableResult
  package func every(
    _ period: TimeSpan, offset: TimeSpan? = nil, _ name: EventName, _ body: @escaping @Simulated () -> Void
  ) -> RepeatingTimer {
    precondition(period > .zero, "a repeating timer needs a period above zero")
    let timer = RepeatingTimer()
    func arm(_ span: TimeSpan) {
      timer.current = after(span, name) {
        arm(period)
        body()
      }
    }
    arm(offset ?? period)
    return timer
  }

  /// Cancels a pending timer.
  ///
  /// - Returns: whether it was still pending.
  @discardableResult
  package func cancel(_ timer: Timer) -> Bool {
    queue.cancel(slot: timer.slot, sequence: timer.sequence)
  }

  /// Cancels a repeating timer.
  package func cancel(_ timer: RepeatingTimer) {
    if let current = timer.current { cancel(current) }
    timer.current = nil
  }

  @inline(__always)
  private func schedule(_ instant: Instant, _ name: EventName, _ action: EventAction) -> Timer {
    sequence += 1
    let slot = queue.push(time: instant.nanoseconds, sequence: sequence, name: name, action: action)
    return Timer(slot: slot, sequence: sequence)
  }

  // MARK: Processes

  /// Starts a process: the only door to a new task. It first runs after the current event has ended, at this instant.
  package func spawn(_ name: EventName, _ body: @escaping @Simulated () async -> Void) {
    liveProcesses += 1
    sequence += 1
    record(name, sequence)
    // A closure that is itself isolated to the global actor cannot be given to `Task(executorPreference:)` (a limitation
    // of the compiler in language mode 6), so a plain one awaits it.
    _ = Task(executorPreference: SimulationExecutor.shared) { await self.runProcess(body) }
  }

  private func runProcess(_ body: @Simulated () async -> Void) async {
    await body()
    liveProcesses -= 1
  }

  /// Suspends the calling process for `span`; zero and negative spans let other ready events run first.
  package func sleep(_ span: TimeSpan, _ name: EventName = Simulation.sleepName) async {
    await withUnsafeContinuation { continuation in
      _ = schedule(now + max(span, .zero), name, .resume(continuation))
    }
  }

  /// Suspends the calling process until `instant`.
  package func sleep(until instant: Instant, _ name: EventName = Simulation.sleepName) async {
    await sleep(instant - now, name)
  }

  @usableFromInline nonisolated static let sleepName: EventName = "sleep"

  // MARK: Running

  /// Executes everything due up to and at `horizon`, then sets the clock to it. Processes may still wait afterwards.
  package func run(until horizon: Instant) throws(SimulationError) {
    try drain()
    while let next = queue.nextTime, next <= horizon.nanoseconds { try step() }
    now = max(now, horizon)
  }

  /// Executes events until `isFinished` says so or none is left.
  ///
  /// - Throws: `deadlock` when nothing can happen any more and it is not finished; `horizonReached` past the horizon.
  package func run(
    until isFinished: @Simulated () -> Bool, horizon: Instant = .distantFuture
  ) throws(SimulationError) {
    try drain()
    while !isFinished() {
      guard let next = queue.nextTime else { throw .deadlock(at: now, waiting: waitingProcesses()) }
      guard next <= horizon.nanoseconds else { throw .horizonReached(horizon) }
      try step()
    }
  }

  /// Executes events until every process has ended and no timer is left.
  package func runToCompletion(horizon: Instant = .distantFuture) throws(SimulationError) {
    try run(until: { self.liveProcesses == 0 && self.queue.count == 0 }, horizon: horizon)
  }

  /// When the next event is due; `nil` when none is.
  package var nextEventTime: Instant? { queue.nextTime.map(Instant.init(nanoseconds:)) }

  private func step() throws(SimulationError) {
    let (entry, slot) = queue.pop()
    if case .cancelled = slot.action { return }
    if entry.time != now.nanoseconds {
      now = Instant(nanoseconds: entry.time)
      eventsAtInstant = 0
      if !recentNames.isEmpty { recentNames.removeAll(keepingCapacity: true) }
    }
    eventCount += 1
    eventsAtInstant += 1
    record(slot.name, slot.sequence)
    if eventsAtInstant > eventBudgetPerInstant - 2 * Self.namesShownOnExhaustion { recentNames.append(slot.name) }
    switch slot.action {
    case .resume(let continuation): continuation.resume()
    case .run(let body): body()
    case .cancelled: break
    }
    try drain()
    if eventsAtInstant > eventBudgetPerInstant { throw exhausted() }
  }

  private static let namesShownOnExhaustion = 5

  private func drain() throws(SimulationError) {
    let executor = SimulationExecutor.shared
    guard !executor.isIdle else { return }
    eventsAtInstant += executor.drain(limit: eventBudgetPerInstant)
    if !executor.isIdle {
      executor.discardReadyJobs()
      throw exhausted()
    }
  }

  private func exhausted() -> SimulationError {
    .eventBudgetExhausted(
      at: now, budget: eventBudgetPerInstant, last: recentNames.suffix(Self.namesShownOnExhaustion).map(\.description))
  }

  // MARK: Evidence

  @inline(__always)
  private func record(_ name: EventName, _ sequence: UInt64) {
    digest.absorb(time: now.nanoseconds, sequence: sequence, name: name.hash)
    if traceNames { appendTrace(name, sequence) }
  }

  private func appendTrace(_ name: EventName, _ sequence: UInt64) {
    guard trace.records.count < EventTrace.limit else { return }
    trace.records.append(EventTrace.Record(time: now, sequence: sequence, name: name.description))
  }

  /// Keeps the events from here on, so that two runs can be compared event by event.
  package func recordTrace() { traceNames = true }

  /// Takes an outcome into the digest, such as a count that the events alone do not show.
  package func absorb(_ word: UInt64) { digest.mix(word) }

  /// Registers a place where processes wait, to be named when a deadlock is reported. It is held weakly.
  package func register(_ place: any WaitingPlace) {
    if waitingPlaces.count >= waitingPlacesLimit {
      waitingPlaces.removeAll { $0.place == nil }
      waitingPlacesLimit = max(256, waitingPlaces.count * 2)
    }
    waitingPlaces.append(WaitingPlaceReference(place: place))
  }

  private func waitingProcesses() -> [String] {
    let places = waitingPlaces.compactMap { $0.place?.waitingDescription }
    return places.isEmpty ? ["\(liveProcesses) processes, none of them at a named place"] : places
  }
}

/// A queue at which processes wait.
@Simulated
package protocol WaitingPlace: AnyObject {
  /// Who waits here, since when; `nil` when nobody does.
  var waitingDescription: String? { get }
}

private struct WaitingPlaceReference {
  weak var place: (any WaitingPlace)?
}

/// A pending timer, to cancel it by.
package struct Timer: Hashable, Sendable {
  let slot: Int32
  let sequence: UInt64
}

/// A timer that arms itself again.
@Simulated
package final class RepeatingTimer {
  var current: Timer?
  init() {}
}
