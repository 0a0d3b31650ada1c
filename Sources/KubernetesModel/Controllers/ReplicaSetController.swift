import Documents
import SimulationKernel

/// Keeps as many pods as a ReplicaSet asks for (pkg/controller/replicaset).
@Simulated
final class ReplicaSetController {
  static let user = "system:serviceaccount:kube-system:replicaset-controller"
  /// Most pods created or deleted in one reconciliation (`BurstReplicas`).
  static let burst = 500

  private let server: APIServer
  private let events: EventRecorder

  init(_ server: APIServer, _ events: EventRecorder) {
    self.server = server
    self.events = events
    let queue = WorkQueue(server.simulation, "controller.replicaset") { [weak self] key in self?.reconcile(key) }
    server.watch(.replicaSet) { queue.add($0.object.key) }
    server.watch(.pod) { event in
      guard let owner = event.object.controller?["name"]?.string else { return }
      queue.add(ObjectKey(namespace: event.object.namespace, name: owner))
    }
  }

  private func reconcile(_ key: ObjectKey) {
    guard let set = server.find(.replicaSet, key.namespace, key.name) else { return }
    let pods = server.list(.pod, namespace: key.namespace).filter { pod in
      pod.controllerUID == set.uid && !["Succeeded", "Failed"].contains(pod.status["phase"]?.string)
    }
    let active = pods.filter { !$0.isTerminating }
    let desired = Int(set.spec["replicas"]?.integer ?? 1)
    if active.count < desired {
      for _ in 0..<min(desired - active.count, Self.burst) { createPod(set) }
    } else if active.count > desired {
      for pod in victims(active, count: active.count - desired) { deletePod(pod, of: set) }
    }
    updateStatus(
      set, server.list(.pod, namespace: key.namespace).filter { $0.controllerUID == set.uid && !$0.isTerminating })
  }

  private func createPod(_ set: KubeObject) {
    var pod = KubeObject(.pod, namespace: set.namespace, name: "\(set.name)-\(server.nameSuffix())")
    pod.json.set("metadata", "generateName", to: .string(set.name + "-"))
    pod.json.set("metadata", "labels", to: set.spec.at("template", "metadata", "labels"))
    pod.json.set("metadata", "annotations", to: set.spec.at("template", "metadata", "annotations"))
    pod.json["spec"] = set.spec.at("template", "spec")
    pod.setController(set)
    do throws(APIError) {
      let created = try server.create(pod, as: Self.user)
      events.record(set, .normal, "SuccessfulCreate", "Created pod: \(created.name)", from: "replicaset-controller")
    } catch {
      events.record(set, .warning, "FailedCreate", "Error creating: \(error.message)", from: "replicaset-controller")
    }
  }

  private func deletePod(_ pod: KubeObject, of set: KubeObject) {
    try? server.delete(.pod, pod.namespace, pod.name, as: Self.user)
    events.record(set, .normal, "SuccessfulDelete", "Deleted pod: \(pod.name)", from: "replicaset-controller")
  }

  private func victims(_ pods: [KubeObject], count: Int) -> [KubeObject] {
    let ranked = pods.map { pod in
      let node = pod.spec["nodeName"]?.string
      let ready = pod.condition("Ready")
      return (
        pod: pod,
        rank: ReplicaRank(
          name: pod.name, isAssigned: node != nil, isRunning: pod.status["phase"]?.string == "Running",
          isReady: ready?["status"]?.string == "True",
          deletionCost: pod.annotation("controller.kubernetes.io/pod-deletion-cost").flatMap { Int64($0) } ?? 0,
          siblingsOnNode: pods.count { $0.spec["nodeName"]?.string == node },
          readySince: ready?["lastTransitionTime"]?.string ?? "",
          restarts: (pod.status["containerStatuses"]?.array ?? []).reduce(0) {
            $0 + ($1["restartCount"]?.integer ?? 0)
          },
          created: pod.creationTimestamp)
      )
    }
    return ranked.sorted { $0.rank.precedes($1.rank) }.prefix(count).map(\.pod)
  }

  private func updateStatus(_ set: KubeObject, _ pods: [KubeObject]) {
    let ready = pods.filter { $0.condition("Ready")?["status"]?.string == "True" }
    let minimumReady = set.spec["minReadySeconds"]?.number ?? 0
    let available = ready.filter { pod in
      let since = pod.condition("Ready")?["lastTransitionTime"]?.string.flatMap(ClusterClock.instant) ?? .zero
      return server.simulation.now - since >= .seconds(minimumReady)
    }
    var updated = set
    updated.json["status"] = [
      "replicas": .integer(Int64(pods.count)), "fullyLabeledReplicas": .integer(Int64(pods.count)),
      "readyReplicas": .integer(Int64(ready.count)), "availableReplicas": .integer(Int64(available.count)),
      "observedGeneration": .integer(set.generation),
    ]
    _ = try? server.updateStatus(updated, as: Self.user)
  }
}
