import Documents
import SimulationKernel

/// Binds pods to nodes; one that fits nowhere is tried again when the cluster changes and every so often (pkg/scheduler).
@Simulated
final class Scheduler {
  static let user = "system:kube-scheduler"
  static let retry = TimeSpan.seconds(10)

  private let server: APIServer
  private let events: EventRecorder
  private var queue: WorkQueue?

  init(_ server: APIServer, _ events: EventRecorder) {
    self.server = server
    self.events = events
    let queue = WorkQueue(server.simulation, "scheduler", delay: .milliseconds(15)) { [weak self] key in
      self?.schedule(key)
    }
    self.queue = queue
    server.watch(.pod) { [weak self] event in
      if case .deleted = event {
        self?.retryPending()
      } else if Self.isPending(event.object) {
        queue.add(event.object.key)
      }
    }
    server.watch(.node) { [weak self] _ in self?.retryPending() }
  }

  private static func isPending(_ pod: KubeObject) -> Bool { pod.spec["nodeName"]?.string == nil && !pod.isTerminating }

  private func retryPending() {
    for pod in server.list(.pod) where Self.isPending(pod) { queue?.add(pod.key) }
  }

  private func schedule(_ key: ObjectKey) {
    guard var pod = server.find(.pod, key.namespace, key.name), Self.isPending(pod) else { return }
    let pods = server.list(.pod)
    let nodes = server.list(.node).map { state(of: $0, pods) }
    switch SchedulingDecision.place(request(of: pod, pods, nodes), on: nodes) {
    case .success(let node):
      pod.json.set("spec", "nodeName", to: .string(node))
      guard (try? server.update(pod, as: Self.user)) != nil else { return }
      setScheduled(key, "True", "", "")
      events.record(
        pod, .normal, "Scheduled", "Successfully assigned \(pod.namespace)/\(pod.name) to \(node)",
        from: "default-scheduler")
    case .failure(let cause):
      setScheduled(key, "False", "Unschedulable", cause.message)
      events.record(pod, .warning, "FailedScheduling", cause.message, from: "default-scheduler")
      queue?.add(key, after: Self.retry * 30)
    }
  }

  private func setScheduled(_ key: ObjectKey, _ status: String, _ reason: String, _ message: String) {
    guard var pod = server.find(.pod, key.namespace, key.name) else { return }
    var conditions = Conditions(pod.status["conditions"]?.array ?? [], now: server.timestamp)
    conditions.set("PodScheduled", status, reason, message)
    pod.json.set("status", "conditions", to: conditions.json)
    _ = try? server.updateStatus(pod, as: Self.user)
  }

  /// Sum of a resource's requests over a pod's containers, in milli-units.
  static func requested(_ resource: String, _ pod: KubeObject) -> Int64 {
    (pod.spec["containers"]?.array ?? []).reduce(0) { sum, container in
      sum + (container.at("resources", "requests", resource).flatMap { try? Quantity($0) }?.milliValue ?? 0)
    }
  }

  private func state(of node: KubeObject, _ pods: [KubeObject]) -> SchedulingDecision.NodeState {
    let here = pods.filter { $0.spec["nodeName"]?.string == node.name }
    func allocatable(_ resource: String) -> Int64 {
      node.status.at("allocatable", resource).flatMap { try? Quantity($0) }?.milliValue ?? 0
    }
    return SchedulingDecision.NodeState(
      name: node.name, labels: node.labels,
      taints: (node.spec["taints"]?.array ?? []).map {
        SchedulingDecision.Taint(
          key: $0["key"]?.string ?? "", value: $0["value"]?.string ?? "", effect: $0["effect"]?.string ?? "")
      },
      isUnschedulable: node.spec["unschedulable"]?.bool == true,
      freeCPU: allocatable("cpu") - here.reduce(0) { $0 + Self.requested("cpu", $1) },
      freeMemory: (allocatable("memory") - here.reduce(0) { $0 + Self.requested("memory", $1) }) / 1000,
      freePods: Int(allocatable("pods") / 1000) - here.count, cpu: allocatable("cpu"))
  }

  private func request(
    of pod: KubeObject, _ pods: [KubeObject], _ nodes: [SchedulingDecision.NodeState]
  ) -> SchedulingDecision.PodRequest {
    let siblings = pods.filter { $0.controllerUID == pod.controllerUID && $0.uid != pod.uid && !$0.isTerminating }
      .compactMap { $0.spec["nodeName"]?.string }
    let zones = siblings.compactMap { name in
      nodes.first { $0.name == name }?.labels[SchedulingDecision.zoneLabel]?.string
    }
    return SchedulingDecision.PodRequest(
      cpu: Self.requested("cpu", pod), memory: Self.requested("memory", pod) / 1000,
      nodeSelector: pod.spec["nodeSelector"]?.object ?? JSONObject(), tolerations: pod.spec["tolerations"]?.array ?? [],
      siblingZones: zones, siblingNodes: siblings)
  }
}
