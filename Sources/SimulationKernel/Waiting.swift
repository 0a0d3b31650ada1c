/// The wait ended because its scope was cancelled.
package struct Cancelled: Error, Hashable, Sendable {
  package init() {}
}

/// A process that waits for one of: a grant, a deadline, a cancellation. The first settles it.
@Simulated
final class Waiter {
  enum Outcome { case granted, timedOut, cancelled }

  let since: Instant
  private(set) var isSettled = false
  private var outcome = Outcome.granted
  private var continuation: UnsafeContinuation<Void, Never>?
  private var timer: Timer?
  private weak var scope: CancelScope?
  private var scopeKey = 0

  init(since: Instant) { self.since = since }

  func wait(_ simulation: Simulation, deadline: Instant, scope: CancelScope?, name: EventName) async -> Outcome {
    guard !isSettled else { return outcome }
    if deadline < .distantFuture {
      timer = simulation.at(deadline, name) { [self] in
        timer = nil
        settle(.timedOut, simulation)
      }
    }
    if let scope {
      self.scope = scope
      scopeKey = scope.add { [self] in settle(.cancelled, simulation) }
    }
    await withUnsafeContinuation { continuation = $0 }
    return outcome
  }

  func settle(_ outcome: Outcome, _ simulation: Simulation) {
    guard !isSettled else { return }
    isSettled = true
    self.outcome = outcome
    if let timer { simulation.cancel(timer) }
    timer = nil
    scope?.remove(scopeKey)
    continuation?.resume()
    continuation = nil
  }
}

/// Waits that end together: cancelling the scope ends each with `Cancelled`. A killed container, a closed connection.
@Simulated
package final class CancelScope {
  package private(set) var isCancelled = false
  private var actions: [(key: Int, action: @Simulated () -> Void)] = []
  private var nextKey = 0

  package init() {}

  /// Cancels what waits in the scope, in the order in which it began to wait.
  package func cancel() {
    guard !isCancelled else { return }
    isCancelled = true
    let pending = actions
    actions = []
    for entry in pending { entry.action() }
  }

  /// Runs `action` when the scope is cancelled, at once if it is already.
  ///
  /// - Returns: the key by which `remove` takes it back.
  @discardableResult
  package func add(_ action: @escaping @Simulated () -> Void) -> Int {
    nextKey += 1
    if isCancelled { action() } else { actions.append((nextKey, action)) }
    return nextKey
  }

  /// Takes an action back.
  package func remove(_ key: Int) {
    // Keys rise, and a loaded process has thousands of waits: halving the list finds one without touching the others.
    var (low, high) = (0, actions.count)
    while low < high {
      let middle = (low + high) / 2
      if actions[middle].key < key { low = middle + 1 } else { high = middle }
    }
    if low < actions.count, actions[low].key == key { actions.remove(at: low) }
  }
}

/// A value that comes once: one process waits for it, anybody may give it.
@Simulated
package final class Reply<Value> {
  /// What was given; `nil` as long as nothing was.
  package private(set) var value: Value?
  private let simulation: Simulation
  private var waiter: Waiter?

  package init(_ simulation: Simulation) { self.simulation = simulation }

  package var isSettled: Bool { value != nil }

  /// Gives the value; only the first counts.
  package func fulfil(_ value: Value) {
    guard self.value == nil else { return }
    self.value = value
    waiter?.settle(.granted, simulation)
  }

  /// Waits for the value.
  ///
  /// - Throws: `TimedOut` at the deadline, `Cancelled` when the scope is cancelled first.
  package func get(deadline: Instant = .distantFuture, scope: CancelScope? = nil) async throws -> Value {
    if let value { return value }
    guard deadline > simulation.now else { throw TimedOut() }
    if let scope, scope.isCancelled { throw Cancelled() }
    let waiter = Waiter(since: simulation.now)
    self.waiter = waiter
    switch await waiter.wait(simulation, deadline: deadline, scope: scope, name: "reply.deadline") {
    case .timedOut: throw TimedOut()
    case .cancelled: throw Cancelled()
    case .granted:
      guard let value else { preconditionFailure("a reply was granted without a value") }
      return value
    }
  }
}

extension Simulation {
  /// Runs `body` in a process of its own and waits for it until `deadline`. At the deadline the caller goes on with
  /// `TimedOut` while the body runs to its end unobserved, as a server does whose client gave up.
  package func withDeadline<Value>(
    _ deadline: Instant, _ name: EventName, _ body: @escaping @Simulated () async throws -> Value
  ) async throws -> Value {
    let reply = Reply<Result<Value, any Error>>(self)
    spawn(name) {
      do { reply.fulfil(.success(try await body())) } catch { reply.fulfil(.failure(error)) }
    }
    return try await reply.get(deadline: deadline).get()
  }
}
