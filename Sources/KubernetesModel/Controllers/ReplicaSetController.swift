import Documents
import SimulationKernel

/// Keeps as many pods as a ReplicaSet asks for (upstream: pkg/controller/replicaset/replica_set.go).
@Simulated
package final class ReplicaSetController {
  static let user = "system:serviceaccount:kube-system:replicaset-controller"
  static let component = "replicaset-controller"
  /// Most pods created or deleted in one reconciliation (`BurstReplicas`).
  static let burst = 500

  private let server: APIServer
  private let events: EventRecorder
  private(set) var queue: WorkQueue!

  init(_ server: APIServer, _ events: EventRecorder) {
    self.server = server
    self.events = events
    let queue = WorkQueue(server.simulation, "controller.replicaset") { [weak self] key in self?.reconcile(key) }
    self.queue = queue
    server.watch(.replicaSet) { queue.add($0.object.key) }
    server.watch(.pod) { event in
      guard let owner = event.object.controller, owner["kind"]?.string == "ReplicaSet" else { return }
      queue.add(ObjectKey(namespace: event.object.namespace, name: owner["name"]?.string ?? ""))
    }
  }

  private func reconcile(_ key: ObjectKey) {
    guard let set = server.find(.replicaSet, key.namespace, key.name) else { return queue.forget(key) }
    let active = activePods(of: set)
    let failure = set.isTerminating ? nil : manage(set, active)
    updateStatus(set, activePods(of: set), failure)
    if failure == nil { queue.forget(key) } else { queue.addAfterFailure(key) }
  }

  private func activePods(of set: KubeObject) -> [KubeObject] {
    server.list(.pod, namespace: set.namespace).filter {
      $0.controllerUID == set.uid && !$0.hasEnded && !$0.isTerminating
    }
  }

  /// - Returns: why pods could not be created.
  private func manage(_ set: KubeObject, _ active: [KubeObject]) -> String? {
    let desired = Int(set.spec["replicas"]?.integer ?? 1)
    for _ in 0..<min(max(0, desired - active.count), Self.burst) {
      if let failure = createPod(set) { return failure }
    }
    let surplus = min(active.count - desired, Self.burst)
    if surplus > 0 { for pod in victims(of: set, active, count: surplus) { deletePod(pod, of: set) } }
    return nil
  }

  private func createPod(_ set: KubeObject) -> String? {
    let pod = KubeObject.pod(from: set.spec["template"] ?? [:], of: set, suffix: server.nameSuffix())
    do throws(APIError) {
      let created = try server.create(pod, as: Self.user)
      events.record(set, .normal, "SuccessfulCreate", "Created pod: \(created.name)", from: Self.component)
      return nil
    } catch {
      events.record(set, .warning, "FailedCreate", "Error creating: \(error.message)", from: Self.component)
      return error.message
    }
  }

  private func deletePod(_ pod: KubeObject, of set: KubeObject) {
    guard (try? server.delete(.pod, pod.namespace, pod.name, as: Self.user)) != nil else { return }
    events.record(set, .normal, "SuccessfulDelete", "Deleted pod: \(pod.name)", from: Self.component)
  }

  private func victims(of set: KubeObject, _ pods: [KubeObject], count: Int) -> [KubeObject] {
    // Pods of the Deployment's other sets count too, so that a rollout leaves its pods spread.
    let relatives = Set(
      server.list(.replicaSet, namespace: set.namespace)
        .filter { $0.controllerUID != nil && $0.controllerUID == set.controllerUID }.map(\.uid) + [set.uid])
    let onNodes = server.list(.pod, namespace: set.namespace).filter {
      !$0.hasEnded && !$0.isTerminating && $0.controllerUID.map(relatives.contains) == true
    }.map { $0.spec["nodeName"]?.string }
    let ranked = pods.map { pod in
      (pod: pod, rank: ReplicaRank(pod, siblingsOnNode: onNodes.count { $0 == pod.spec["nodeName"]?.string }))
    }
    return ranked.sorted { $0.rank.precedes($1.rank) }.prefix(count).map(\.pod)
  }

  private func updateStatus(_ set: KubeObject, _ pods: [KubeObject], _ failure: String?) {
    let minimum = TimeSpan.seconds(set.spec["minReadySeconds"]?.number ?? 0)
    let readiness = pods.compactMap { pod -> TimeSpan? in
      guard let ready = pod.condition("Ready"), ready["status"]?.string == "True" else { return nil }
      let since = ready["lastTransitionTime"]?.string.flatMap(ClusterClock.instant) ?? .zero
      return server.simulation.now - since
    }
    let labels = LabelSelector(set.spec.at("template", "metadata", "labels"))
    var conditions = Conditions(of: set, now: server.timestamp)
    if let failure {
      conditions.setDatedByTransition("ReplicaFailure", "True", "FailedCreate", failure)
    } else {
      conditions.remove("ReplicaFailure")
    }
    var status: JSONValue = ["replicas": .integer(Int64(pods.count))]
    let fields = [
      ("fullyLabeledReplicas", pods.count { labels.matches($0.labels) }), ("readyReplicas", readiness.count),
      ("availableReplicas", readiness.count { $0 >= minimum }),
    ]
    for (field, count) in fields where count > 0 { status[field] = .integer(Int64(count)) }
    status["observedGeneration"] = .integer(set.generation)
    if conditions["ReplicaFailure"] != nil { status["conditions"] = conditions.json }
    var updated = set
    updated.json["status"] = status
    _ = try? server.updateStatus(updated, as: Self.user)
    if let waiting = readiness.filter({ $0 < minimum }).max() { queue.add(set.key, after: minimum - waiting) }
  }
}

extension ReplicaRank {
  /// - Parameter siblingsOnNode: pods of the same workload on its node, itself included.
  init(_ pod: KubeObject, siblingsOnNode: Int) {
    let ready = pod.condition("Ready")
    self.init(
      name: pod.name, isAssigned: pod.spec["nodeName"]?.string != nil,
      isRunning: pod.status["phase"]?.string == "Running", isReady: ready?["status"]?.string == "True",
      deletionCost: pod.annotation("controller.kubernetes.io/pod-deletion-cost").flatMap { Int64($0) } ?? 0,
      siblingsOnNode: siblingsOnNode, readySince: ready?["lastTransitionTime"]?.string ?? "",
      restarts: (pod.status["containerStatuses"]?.array ?? []).map { $0["restartCount"]?.integer ?? 0 }.max() ?? 0,
      created: pod.creationTimestamp)
  }
}

extension KubeObject {
  /// A pod of a controller's template.
  static func pod(from template: JSONValue, of owner: KubeObject, suffix: String) -> KubeObject {
    var pod = KubeObject(.pod, namespace: owner.namespace, name: "\(owner.name)-\(suffix)")
    pod.json.set("metadata", "generateName", to: .string(owner.name + "-"))
    for field in ["labels", "annotations"] {
      if let members = template.at("metadata", field) { pod.json.set("metadata", field, to: members) }
    }
    pod.json["spec"] = template["spec"]
    pod.setController(owner)
    return pod
  }
}
