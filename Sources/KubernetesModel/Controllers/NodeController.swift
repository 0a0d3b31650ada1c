import Documents
import SimulationKernel

/// Watches over the nodes: one whose kubelet is silent becomes `Unknown` after the grace period, is tainted, and loses its pods
/// after their toleration of 300 s (pkg/controller/nodelifecycle). Leases are kept in memory and not written as objects.
@Simulated
final class NodeController {
  static let user = "system:node-controller"
  static let component = "node-controller"
  /// `--node-monitor-grace-period` since Kubernetes 1.32; 40 s before.
  static let grace = TimeSpan.seconds(50)
  /// The default toleration of `unreachable` (DefaultTolerationSeconds).
  static let toleration = TimeSpan.seconds(300)
  private static let unreachable = "node.kubernetes.io/unreachable"

  nonisolated private static let silence: EventName = "node.silence"
  nonisolated private static let eviction: EventName = "node.eviction"

  private let server: APIServer
  private let events: EventRecorder
  private var silent: Set<String> = []

  init(_ server: APIServer, _ events: EventRecorder) {
    self.server = server
    self.events = events
  }

  /// A kubelet stopped renewing its lease.
  func kubeletStopped(_ node: String) {
    silent.insert(node)
    server.simulation.after(Self.grace, Self.silence) { [self] in markUnknown(node) }
  }

  /// It renews its lease again.
  func kubeletStarted(_ node: String) {
    guard silent.remove(node) != nil, var object = server.find(.node, "", node) else { return }
    object.json.set("spec", "taints", to: .array(taints(object).filter { $0["key"]?.string != Self.unreachable }))
    if let updated = try? server.update(object, as: Self.user) { object = updated }
    setReady(object, "True", "KubeletReady", "kubelet is posting ready status")
    events.record(object, .normal, "NodeReady", "Node \(node) status is now: NodeReady", from: "kubelet", host: node)
  }

  private func taints(_ node: KubeObject) -> [JSONValue] { node.spec["taints"]?.array ?? [] }

  private func markUnknown(_ node: String) {
    guard silent.contains(node), var object = server.find(.node, "", node) else { return }
    setReady(object, "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")
    events.record(object, .normal, "NodeNotReady", "Node \(node) status is now: NodeNotReady", from: Self.component)
    guard let latest = server.find(.node, "", node) else { return }
    object = latest
    let added: [JSONValue] = ["NoSchedule", "NoExecute"].map {
      ["key": .string(Self.unreachable), "effect": .string($0)]
    }
    object.json.set("spec", "taints", to: .array(taints(object) + added))
    _ = try? server.update(object, as: Self.user)
    markPodsNotReady(node)
    server.simulation.after(Self.toleration, Self.eviction) { [self] in evictPods(of: node) }
  }

  private func setReady(_ node: KubeObject, _ status: String, _ reason: String, _ message: String) {
    var node = node
    var conditions = Conditions(node.status["conditions"]?.array ?? [], now: server.timestamp)
    conditions.set("Ready", status, reason, message)
    node.json.set("status", "conditions", to: conditions.json)
    _ = try? server.updateStatus(node, as: Self.user)
  }

  private func markPodsNotReady(_ node: String) {
    for var pod in server.list(.pod) where pod.spec["nodeName"]?.string == node {
      var conditions = Conditions(pod.status["conditions"]?.array ?? [], now: server.timestamp)
      guard conditions["Ready"]?["status"]?.string == "True" else { continue }
      conditions.set("Ready", "False", "", "")
      pod.json.set("status", "conditions", to: conditions.json)
      _ = try? server.updateStatus(pod, as: Self.user)
      events.record(pod, .warning, "NodeNotReady", "Node is not ready", from: Self.component)
    }
  }

  private func evictPods(of node: String) {
    guard silent.contains(node) else { return }
    for pod in server.list(.pod) where pod.spec["nodeName"]?.string == node && !pod.isTerminating {
      events.record(
        pod, .normal, "TaintManagerEviction", "Marking for deletion Pod \(pod.namespace)/\(pod.name)",
        from: "taint-eviction-controller")
      try? server.delete(.pod, pod.namespace, pod.name, as: Self.user)
    }
  }
}
