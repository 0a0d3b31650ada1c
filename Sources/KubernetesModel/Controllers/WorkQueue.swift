import SimulationKernel

/// Keys that wait to be reconciled: each once, in the order in which they came, a moment later. Level-triggered: only that
/// something changed is remembered, not what (upstream: client-go, util/workqueue).
@Simulated
package final class WorkQueue {
  private let simulation: Simulation
  private let name: EventName
  private let delay: TimeSpan
  private let spacing: TimeSpan
  private let reconcile: @Simulated (ObjectKey) -> Void
  private var pending: [ObjectKey] = []
  /// When keys that were added for later are due; the earliest time counts.
  private var due: [ObjectKey: Instant] = [:]
  private var failures: [ObjectKey: Int] = [:]
  private var isScheduled = false
  /// A controller that does not run: the fault `controller.crash`.
  package var isStopped = false { didSet { if !isStopped { schedule(delay) } } }

  /// - Parameters:
  ///   - delay: from the first key to its reconciliation.
  ///   - spacing: from one reconciliation to the next.
  package init(
    _ simulation: Simulation, _ name: EventName, delay: TimeSpan = .milliseconds(10),
    spacing: TimeSpan = .milliseconds(1), _ reconcile: @escaping @Simulated (ObjectKey) -> Void
  ) {
    self.simulation = simulation
    self.name = name
    self.delay = delay
    self.spacing = spacing
    self.reconcile = reconcile
  }

  package func add(_ key: ObjectKey) {
    due[key] = nil
    if !pending.contains(key) { pending.append(key) }
    schedule(delay)
  }

  /// Adds the key later, unless it is already to be added sooner.
  package func add(_ key: ObjectKey, after span: TimeSpan) {
    let instant = simulation.now + span
    if let earlier = due[key], earlier <= instant { return }
    due[key] = instant
    simulation.at(instant, name) { [weak self] in
      guard let self, due[key] == instant else { return }
      add(key)
    }
  }

  /// Adds a key whose reconciliation failed, after a pause that doubles with each failure in a row, from 5 ms to 1000 s
  /// (upstream: client-go, util/workqueue/default_rate_limiters.go).
  package func addAfterFailure(_ key: ObjectKey) {
    let count = failures[key] ?? 0
    failures[key] = count + 1
    add(key, after: min(.milliseconds(5) * (1 << min(count, 30)), .seconds(1000)))
  }

  /// Forgets the failures of a key that was reconciled.
  package func forget(_ key: ObjectKey) { failures[key] = nil }

  private func schedule(_ span: TimeSpan) {
    guard !isScheduled, !isStopped, !pending.isEmpty else { return }
    isScheduled = true
    simulation.after(span, name) { [weak self] in self?.reconcileNext() }
  }

  private func reconcileNext() {
    isScheduled = false
    guard !isStopped, !pending.isEmpty else { return }
    reconcile(pending.removeFirst())
    schedule(spacing)
  }
}
