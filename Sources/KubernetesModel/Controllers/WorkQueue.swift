import SimulationKernel

/// Keys that wait to be reconciled: each once, in the order in which they came, a moment later. Level-triggered: only that
/// something changed is remembered, not what.
@Simulated
package final class WorkQueue {
  private let simulation: Simulation
  private let name: EventName
  private let delay: TimeSpan
  private let reconcile: @Simulated (ObjectKey) -> Void
  private var pending: [ObjectKey] = []
  private var isScheduled = false
  /// A controller that does not run: the fault `controller.crash`.
  package var isStopped = false { didSet { if !isStopped { schedule() } } }

  /// - Parameters:
  ///   - delay: from the first key to the reconciliation of all that came until then.
  package init(
    _ simulation: Simulation, _ name: EventName, delay: TimeSpan = .milliseconds(10),
    _ reconcile: @escaping @Simulated (ObjectKey) -> Void
  ) {
    self.simulation = simulation
    self.name = name
    self.delay = delay
    self.reconcile = reconcile
  }

  package func add(_ key: ObjectKey) {
    if !pending.contains(key) { pending.append(key) }
    schedule()
  }

  /// Adds the key later.
  package func add(_ key: ObjectKey, after span: TimeSpan) {
    simulation.after(span, name) { [weak self] in self?.add(key) }
  }

  private func schedule() {
    guard !isScheduled, !isStopped, !pending.isEmpty else { return }
    isScheduled = true
    simulation.after(delay, name) { [weak self] in self?.drain() }
  }

  private func drain() {
    isScheduled = false
    guard !isStopped else { return }
    let keys = pending
    pending = []
    for key in keys { reconcile(key) }
  }
}
