import Documents
import SimulationKernel

/// Watches over the nodes: one whose kubelet is silent becomes `Unknown` after the grace period, is tainted, and loses its pods
/// when their toleration ends (upstream: pkg/controller/nodelifecycle, pkg/controller/tainteviction).
///
/// Leases are kept in memory: a kubelet renews its lease every 10 s and the controller looks every 5 s, so when a silence is
/// noticed follows from when it began; no object is written while nothing changes.
@Simulated
package final class NodeController {
  static let user = "system:serviceaccount:kube-system:node-controller"
  static let component = "node-controller"
  static let evictionComponent = "taint-eviction-controller"
  /// `--node-monitor-grace-period` since Kubernetes 1.32; 40 s before.
  static let grace = TimeSpan.seconds(50)
  /// Between two renewals of a lease (`nodeLeaseDurationSeconds` / 4).
  static let renewal = TimeSpan.seconds(10)
  /// Between two looks (`--node-monitor-period`).
  static let monitorPeriod = TimeSpan.seconds(5)

  nonisolated private static let silenceEvent: EventName = "node.silence"
  nonisolated private static let evictionEvent: EventName = "node.eviction"

  private let server: APIServer
  private let events: EventRecorder
  /// Nodes whose kubelet is silent, with the timer that will notice it.
  private var silent: [String: Timer] = [:]
  private var evictions: [ObjectKey: (uid: String, timer: Timer)] = [:]

  init(_ server: APIServer, _ events: EventRecorder) {
    self.server = server
    self.events = events
    server.watch(.pod) { [weak self] event in self?.handle(pod: event) }
    server.watch(.node) { [weak self] event in self?.handle(node: event) }
  }

  // MARK: Leases

  /// When the controller notices a silence that begins at an instant.
  package static func notices(silenceFrom instant: Instant) -> Instant {
    let lastRenewal = instant.nanoseconds / renewal.nanoseconds * renewal.nanoseconds
    let expiry = lastRenewal + grace.nanoseconds
    let looks = (expiry + monitorPeriod.nanoseconds) / monitorPeriod.nanoseconds
    return Instant(nanoseconds: looks * monitorPeriod.nanoseconds)
  }

  /// A kubelet stopped renewing its lease.
  func kubeletStopped(_ node: String) {
    guard silent[node] == nil else { return }
    let noticed = Self.notices(silenceFrom: server.simulation.now)
    silent[node] = server.simulation.at(noticed, Self.silenceEvent) { [weak self] in self?.markUnknown(node) }
  }

  /// It renews its lease again.
  func kubeletStarted(_ node: String) {
    guard let timer = silent.removeValue(forKey: node) else { return }
    server.simulation.cancel(timer)
    guard var object = server.find(.node, "", node), object.condition("Ready")?["status"]?.string != "True" else {
      return
    }
    var conditions = Conditions(of: object, now: server.timestamp)
    for row in Kubelet.healthy { conditions.set(row.type, row.status, row.reason, row.message) }
    object.json.set("status", "conditions", to: conditions.json)
    if let updated = try? server.updateStatus(object, as: "system:node:\(node)") { object = updated }
    events.record(object, .normal, "NodeReady", "Node \(node) status is now: NodeReady", from: "kubelet", host: node)
    let kept = taints(object).filter { $0["key"]?.string != EvictionDecision.unreachable }
    object.json.set("spec", "taints", to: kept.isEmpty ? nil : .array(kept))
    _ = try? server.update(object, as: Self.user)
  }

  private func taints(_ node: KubeObject) -> [JSONValue] { node.spec["taints"]?.array ?? [] }

  private func markUnknown(_ node: String) {
    guard var object = server.find(.node, "", node) else { return }
    var conditions = Conditions(of: object, now: server.timestamp)
    for row in Kubelet.healthy {
      conditions.set(row.type, "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")
    }
    object.json.set("status", "conditions", to: conditions.json)
    if let updated = try? server.updateStatus(object, as: Self.user) { object = updated }
    events.record(object, .normal, "NodeNotReady", "Node \(node) status is now: NodeNotReady", from: Self.component)
    let added: [JSONValue] = ["NoSchedule", "NoExecute"].map { effect in
      var taint: JSONValue = ["key": .string(EvictionDecision.unreachable), "effect": .string(effect)]
      if effect == "NoExecute" { taint["timeAdded"] = .string(server.timestamp) }
      return taint
    }
    object.json.set("spec", "taints", to: .array(taints(object) + added))
    _ = try? server.update(object, as: Self.user)
    markPodsNotReady(node)
  }

  private func pods(of node: String) -> [KubeObject] {
    server.list(.pod).filter { $0.spec["nodeName"]?.string == node && !$0.hasEnded }
  }

  private func markPodsNotReady(_ node: String) {
    for var pod in pods(of: node) where pod.condition("Ready")?["status"]?.string == "True" {
      var conditions = Conditions(of: pod, now: server.timestamp)
      conditions.setDatedByTransition("Ready", "False", "", "")
      pod.json.set("status", "conditions", to: conditions.json)
      _ = try? server.updateStatus(pod, as: Self.user)
      events.record(pod, .warning, "NodeNotReady", "Node is not ready", from: Self.component)
    }
  }

  // MARK: Taints

  private func handle(node event: WatchEvent) {
    if case .deleted(let node) = event { return orphan(node.name) }
    for pod in pods(of: event.object.name) { weigh(pod, event.object) }
  }

  private func handle(pod event: WatchEvent) {
    let pod = event.object
    if case .deleted = event { return forget(pod.key) }
    guard evictions[pod.key]?.uid != pod.uid, let name = pod.spec["nodeName"]?.string,
      let node = server.find(.node, "", name), !pod.hasEnded
    else { return }
    weigh(pod, node)
  }

  /// Plans a pod's eviction, or takes the plan back.
  private func weigh(_ pod: KubeObject, _ node: KubeObject) {
    guard !pod.isTerminating else { return forget(pod.key) }
    let drives = taints(node).contains { $0["effect"]?.string == "NoExecute" }
    guard drives || evictions[pod.key] != nil else { return }
    let stay = EvictionDecision.stay(
      tolerations: (pod.spec["tolerations"]?.array ?? []).map(Toleration.init), taints: taints(node).map(Taint.init))
    guard let stay else {
      guard evictions[pod.key] != nil else { return }
      forget(pod.key)
      return note(pod, "Cancelling deletion of Pod \(pod.namespace)/\(pod.name)")
    }
    guard evictions[pod.key]?.uid != pod.uid else { return }
    let timer = server.simulation.after(stay, Self.evictionEvent) { [weak self] in self?.evict(pod) }
    evictions[pod.key] = (pod.uid, timer)
  }

  private func evict(_ pod: KubeObject) {
    evictions[pod.key] = nil
    guard let current = server.find(.pod, pod.namespace, pod.name), current.uid == pod.uid, !current.isTerminating
    else { return }
    note(current, "Marking for deletion Pod \(pod.namespace)/\(pod.name)")
    try? server.delete(.pod, pod.namespace, pod.name, as: Self.user)
  }

  private func forget(_ key: ObjectKey) {
    if let plan = evictions.removeValue(forKey: key) { server.simulation.cancel(plan.timer) }
  }

  private func note(_ pod: KubeObject, _ message: String) {
    events.record(pod, .normal, "TaintManagerEviction", message, from: Self.evictionComponent)
  }

  // MARK: Garbage

  /// Pods of a node that does not exist any more are removed by force after a quarantine
  /// (upstream: pkg/controller/podgc/gc_controller.go, `quarantineTime`).
  private func orphan(_ node: String) {
    server.simulation.after(.seconds(40), Self.evictionEvent) { [weak self] in
      guard let self, server.find(.node, "", node) == nil else { return }
      for pod in server.list(.pod) where pod.spec["nodeName"]?.string == node {
        server.finaliseDelete(
          .pod, pod.namespace, pod.name, as: "system:serviceaccount:kube-system:pod-garbage-collector")
      }
    }
  }
}
