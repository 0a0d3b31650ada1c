import Documents
import SimulationKernel

extension ResourceKind {
  package static let daemonSet = ResourceKind("apps", "v1", "DaemonSet", "daemonsets", ["ds"], categories: ["all"])
}

/// Keeps one pod of a DaemonSet on every node that it may run on (upstream: pkg/controller/daemon/daemon_controller.go).
@Simulated
package final class DaemonSetController {
  static let user = "system:serviceaccount:kube-system:daemon-set-controller"
  static let component = "daemonset-controller"
  static let hashLabel = "controller-revision-hash"

  private let server: APIServer
  private let events: EventRecorder
  private(set) var queue: WorkQueue!

  init(_ server: APIServer, _ events: EventRecorder) {
    self.server = server
    self.events = events
    server.register(.daemonSet)
    let queue = WorkQueue(server.simulation, "controller.daemonset") { [weak self] key in self?.reconcile(key) }
    self.queue = queue
    server.watch(.daemonSet) { [weak self] event in
      if case .deleted(let set) = event { self?.collectPods(of: set) } else { queue.add(event.object.key) }
    }
    server.watch(.node) { [weak self] _ in
      for set in self?.server.list(.daemonSet) ?? [] { queue.add(set.key) }
    }
    server.watch(.pod) { event in
      guard let owner = event.object.controller, owner["kind"]?.string == "DaemonSet" else { return }
      queue.add(ObjectKey(namespace: event.object.namespace, name: owner["name"]?.string ?? ""))
    }
  }

  /// What every daemon pod endures (upstream: pkg/controller/daemon/util/daemonset_util.go,
  /// `AddOrUpdateDaemonPodTolerations`).
  private static let tolerations: [JSONValue] = [
    (EvictionDecision.notReady, "NoExecute"), (EvictionDecision.unreachable, "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"), ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"), ("node.kubernetes.io/unschedulable", "NoSchedule"),
  ].map { ["key": .string($0.0), "operator": "Exists", "effect": .string($0.1)] }

  private func reconcile(_ key: ObjectKey) {
    guard let set = server.find(.daemonSet, key.namespace, key.name) else { return queue.forget(key) }
    guard !set.isTerminating else { return }
    let hash = Rollout.templateHash(set.spec["template"] ?? [:])
    let nodes = server.list(.node).filter { shouldRun(set, on: $0) }.map(\.name)
    var failed = false
    let placed = pods(of: set)
    for node in nodes where !placed.contains(where: { Self.target(of: $0) == node }) {
      failed = !create(set, on: node, hash) || failed
    }
    for pod in placed where !nodes.contains(Self.target(of: pod) ?? "") || pod.hasEnded { delete(pod, of: set) }
    replaceOld(set, hash, desired: nodes.count)
    updateStatus(set, hash, nodes)
    if failed { queue.addAfterFailure(key) } else { queue.forget(key) }
  }

  private func pods(of set: KubeObject) -> [KubeObject] {
    server.list(.pod, namespace: set.namespace).filter { $0.controllerUID == set.uid && !$0.isTerminating }
  }

  /// Garbage collection: the pods of a deleted DaemonSet go too.
  private func collectPods(of set: KubeObject) {
    for pod in pods(of: set) {
      try? server.delete(
        .pod, pod.namespace, pod.name, as: "system:serviceaccount:kube-system:generic-garbage-collector")
    }
  }

  /// The node for which a daemon pod was made.
  private static func target(of pod: KubeObject) -> String? {
    if let node = pod.spec["nodeName"]?.string { return node }
    let terms = pod.spec.at(
      "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
    return terms?[0]?["matchFields"]?[0]?["values"]?[0]?.string
  }

  private func shouldRun(_ set: KubeObject, on node: KubeObject) -> Bool {
    var pod = KubeObject.pod(from: set.spec["template"] ?? [:], of: set, suffix: "x")
    tolerate(&pod)
    let request = PodRequest(pod)
    let state = NodeState(node, pods: [])
    return SchedulingDecision.isSelected(state, by: request)
      && state.taints.allSatisfy { $0.effect == "PreferNoSchedule" || SchedulingDecision.tolerates(request, $0) }
  }

  private func tolerate(_ pod: inout KubeObject) {
    pod.json.set("spec", "tolerations", to: .array((pod.spec["tolerations"]?.array ?? []) + Self.tolerations))
  }

  private func create(_ set: KubeObject, on node: String, _ hash: String) -> Bool {
    var pod = KubeObject.pod(from: set.spec["template"] ?? [:], of: set, suffix: server.nameSuffix())
    pod.json.set("metadata", "labels", Self.hashLabel, to: .string(hash))
    tolerate(&pod)
    pod.json.set(
      "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms",
      to: [["matchFields": [["key": "metadata.name", "operator": "In", "values": [.string(node)]]]]])
    do throws(APIError) {
      let created = try server.create(pod, as: Self.user)
      events.record(set, .normal, "SuccessfulCreate", "Created pod: \(created.name)", from: Self.component)
      return true
    } catch {
      events.record(set, .warning, "FailedCreate", "Error creating: \(error.message)", from: Self.component)
      return false
    }
  }

  private func delete(_ pod: KubeObject, of set: KubeObject) {
    guard (try? server.delete(.pod, pod.namespace, pod.name, as: Self.user)) != nil else { return }
    events.record(set, .normal, "SuccessfulDelete", "Deleted pod: \(pod.name)", from: Self.component)
  }

  /// Deletes pods of old templates, as many as `maxUnavailable` (default 1) lets be away.
  private func replaceOld(_ set: KubeObject, _ hash: String, desired: Int) {
    guard set.spec.at("updateStrategy", "type")?.string != "OnDelete" else { return }
    let bound = set.spec.at("updateStrategy", "rollingUpdate", "maxUnavailable").flatMap { CountOrPercentage($0) }
    let current = pods(of: set)
    var room =
      (bound ?? .count(1)).scaled(to: desired, roundingUp: true) - (desired - current.count { Self.isReady($0) })
    for pod in current where pod.label(Self.hashLabel) != hash {
      guard room > 0 || !Self.isReady(pod) else { continue }
      if Self.isReady(pod) { room -= 1 }
      delete(pod, of: set)
    }
  }

  private static func isReady(_ pod: KubeObject) -> Bool { pod.condition("Ready")?["status"]?.string == "True" }

  private func updateStatus(_ set: KubeObject, _ hash: String, _ nodes: [String]) {
    let current = pods(of: set)
    let wanted = current.filter { nodes.contains(Self.target(of: $0) ?? "") }
    let ready = wanted.count { Self.isReady($0) }
    var updated = set
    updated.json["status"] = [
      "currentNumberScheduled": .integer(Int64(wanted.count)),
      "numberMisscheduled": .integer(Int64(current.count - wanted.count)),
      "desiredNumberScheduled": .integer(Int64(nodes.count)), "numberReady": .integer(Int64(ready)),
      "observedGeneration": .integer(set.generation),
      "updatedNumberScheduled": .integer(Int64(wanted.count { $0.label(Self.hashLabel) == hash })),
      "numberAvailable": .integer(Int64(ready)), "numberUnavailable": .integer(Int64(nodes.count - ready)),
    ]
    _ = try? server.updateStatus(updated, as: Self.user)
  }
}
