import Documents
import SimulationKernel

/// Binds pods to nodes; one that fits nowhere is tried again when the cluster changes, after a pause that doubles from 1 s to
/// 10 s, and at the latest after five minutes (upstream: pkg/scheduler/schedule_one.go, backend/queue/scheduling_queue.go).
@Simulated
package final class Scheduler {
  static let user = "system:kube-scheduler"
  static let component = "default-scheduler"
  static let initialPause = TimeSpan.seconds(1)
  static let longestPause = TimeSpan.seconds(10)
  /// After this an unschedulable pod is tried without any cause (`DefaultPodMaxInUnschedulablePodsDuration`).
  static let patience = TimeSpan.minutes(5)

  @Simulated private struct Attempt {
    var count: Int
    var last: Instant

    var nextAllowed: Instant { last + min(initialPause * (1 << min(count - 1, 10)), longestPause) }
  }

  private let server: APIServer
  private let events: EventRecorder
  private(set) var queue: WorkQueue!
  private var failed: [ObjectKey: Attempt] = [:]

  init(_ server: APIServer, _ events: EventRecorder) {
    self.server = server
    self.events = events
    let queue = WorkQueue(server.simulation, "scheduler", delay: .milliseconds(5), spacing: .milliseconds(4)) {
      [weak self] key in self?.schedule(key)
    }
    self.queue = queue
    server.watch(.pod) { [weak self] event in self?.handle(event) }
    server.watch(.node) { [weak self] _ in self?.retryFailed() }
  }

  /// The fault `scheduler.stop`: pods stay Pending without any event.
  package var isStopped: Bool {
    get { queue.isStopped }
    set { queue.isStopped = newValue }
  }

  private static func isPending(_ pod: KubeObject) -> Bool {
    pod.spec["nodeName"]?.string == nil && !pod.isTerminating
      && pod.spec["schedulerName"]?.string ?? component == component
  }

  private func handle(_ event: WatchEvent) {
    let pod = event.object
    switch event {
    case .deleted:
      failed[pod.key] = nil
      // Room was made only by a pod that had a place.
      if pod.spec["nodeName"]?.string != nil { retryFailed() }
    case .added, .modified:
      if Self.isPending(pod), failed[pod.key] == nil { queue.add(pod.key) }
    }
  }

  private func retryFailed() {
    for (key, attempt) in failed.sorted(by: { $0.key < $1.key }) {
      queue.add(key, after: max(attempt.nextAllowed - server.simulation.now, .zero))
    }
  }

  private func schedule(_ key: ObjectKey) {
    guard var pod = server.find(.pod, key.namespace, key.name), Self.isPending(pod) else {
      failed[key] = nil
      return
    }
    switch SchedulingDecision.place(PodRequest(pod), on: nodeStates()) {
    case .success(let node):
      failed[key] = nil
      pod.json.set("spec", "nodeName", to: .string(node))
      guard let bound = try? server.update(pod, as: Self.user) else { return queue.addAfterFailure(key) }
      setScheduled(bound, "True", "", "")
      events.record(
        bound, .normal, "Scheduled", "Successfully assigned \(pod.namespace)/\(pod.name) to \(node)",
        from: Self.component)
    case .failure(let cause):
      failed[key] = Attempt(count: (failed[key]?.count ?? 0) + 1, last: server.simulation.now)
      setScheduled(pod, "False", "Unschedulable", cause.message)
      events.record(pod, .warning, "FailedScheduling", cause.message, from: Self.component)
      queue.add(key, after: Self.patience)
    }
  }

  private func nodeStates() -> [NodeState] {
    let pods = server.list(.pod).filter { !$0.hasEnded }
    return server.list(.node).map { node in
      NodeState(node, pods: pods.filter { $0.spec["nodeName"]?.string == node.name })
    }
  }

  private func setScheduled(_ pod: KubeObject, _ status: String, _ reason: String, _ message: String) {
    var pod = pod
    var conditions = Conditions(of: pod, now: server.timestamp)
    conditions.setDatedByTransition("PodScheduled", status, reason, message)
    pod.json.set("status", "conditions", to: conditions.json)
    _ = try? server.updateStatus(pod, as: Self.user)
  }
}
