import Documents
import SimulationKernel

/// Keeps Deployments: a ReplicaSet a template, rolling updates, status and conditions (upstream:
/// pkg/controller/deployment/deployment_controller.go, `syncDeployment`).
@Simulated
package final class DeploymentController {
  static let user = "system:serviceaccount:kube-system:deployment-controller"
  static let component = "deployment-controller"
  /// Annotations and label by which a Deployment and its ReplicaSets know each other.
  package static let revision = "deployment.kubernetes.io/revision"
  static let desiredReplicas = "deployment.kubernetes.io/desired-replicas"
  static let maximumReplicas = "deployment.kubernetes.io/max-replicas"
  package static let hashLabel = "pod-template-hash"

  let server: APIServer
  let events: EventRecorder
  private(set) var queue: WorkQueue!

  init(_ server: APIServer, _ events: EventRecorder) {
    self.server = server
    self.events = events
    let queue = WorkQueue(server.simulation, "controller.deployment") { [weak self] key in self?.reconcile(key) }
    self.queue = queue
    server.watch(.deployment) { queue.add($0.object.key) }
    server.watch(.replicaSet) { event in
      guard let owner = event.object.controller, owner["kind"]?.string == "Deployment" else { return }
      queue.add(ObjectKey(namespace: event.object.namespace, name: owner["name"]?.string ?? ""))
    }
    // Only `Recreate` waits for pods, and only for their going.
    server.watch(.pod) { [weak self] event in
      guard case .deleted = event else { return }
      self?.enqueueDeployment(of: event.object)
    }
  }

  private func enqueueDeployment(of pod: KubeObject) {
    guard let name = pod.controller?["name"]?.string, let set = server.find(.replicaSet, pod.namespace, name),
      let owner = set.controller?["name"]?.string
    else { return }
    queue.add(ObjectKey(namespace: pod.namespace, name: owner))
  }

  private func reconcile(_ key: ObjectKey) {
    guard let deployment = server.find(.deployment, key.namespace, key.name), !deployment.isTerminating else { return }
    var rollout = Rollout(deployment, server.list(.replicaSet, namespace: key.namespace))
    if rollout.isPaused || rollout.isScalingEvent {
      spread(&rollout)
      return updateStatus(rollout, judgesProgress: false)
    }
    makeCurrent(&rollout)
    if rollout.isRecreate { recreate(&rollout) } else { roll(&rollout) }
    updateStatus(rollout, judgesProgress: true)
  }

  // MARK: Steps

  private func roll(_ rollout: inout Rollout) {
    guard let current = rollout.current else { return }
    for scaling in rollout.bounds.step(new: Rollout.state(current), old: rollout.oldByAge.map(Rollout.state)) {
      setReplicas(&rollout, scaling.name, scaling.replicas)
    }
    removeHistory(rollout)
  }

  private func recreate(_ rollout: inout Rollout) {
    let old = rollout.old.filter { Rollout.size($0) > 0 }
    for set in old { setReplicas(&rollout, set.name, 0) }
    let owners = Set(rollout.old.map(\.uid))
    let oldPodsRun = server.list(.pod, namespace: rollout.deployment.namespace).contains { pod in
      pod.controllerUID.map(owners.contains) == true && !pod.hasEnded
    }
    guard old.isEmpty, !oldPodsRun, let current = rollout.current else { return }
    setReplicas(&rollout, current.name, rollout.desired)
    removeHistory(rollout)
  }

  /// Scales without rolling: the only active set, or all of them in proportion.
  private func spread(_ rollout: inout Rollout) {
    let active = rollout.sets.filter { Rollout.size($0) > 0 }
    if active.count <= 1 {
      guard let set = active.first ?? rollout.current ?? rollout.old.last else { return }
      return setReplicas(&rollout, set.name, rollout.desired)
    }
    if let current = rollout.current, rollout.isSaturated(current) {
      for set in rollout.old where Rollout.size(set) > 0 { setReplicas(&rollout, set.name, 0) }
      return
    }
    guard !rollout.isRecreate else { return }
    let scaling = ProportionalScaling(
      desired: rollout.desired, surge: rollout.bounds.surge,
      observed: Int(rollout.deployment.status["replicas"]?.integer ?? 0))
    let states = active.map { set in
      ProportionalScaling.ReplicaSetState(
        name: set.name, replicas: Rollout.size(set),
        maximumBefore: set.annotation(Self.maximumReplicas).flatMap { Int($0) } ?? 0,
        age: Int(Rollout.revisionNumber(set)))
    }
    for size in scaling.sizes(states) { setReplicas(&rollout, size.name, size.replicas) }
  }

  /// Writes a set's size and, beside it, the sizes for which it was worked out.
  private func setReplicas(_ rollout: inout Rollout, _ name: String, _ replicas: Int) {
    guard let index = rollout.sets.firstIndex(where: { $0.name == name }) else { return }
    var set = rollout.sets[index]
    let before = Rollout.size(set)
    set.json.set("spec", "replicas", to: .integer(Int64(replicas)))
    rollout.annotateSizes(&set)
    guard let updated = try? server.update(set, as: Self.user) else { return }
    rollout.sets[index] = updated
    if before != replicas { recordScaling(rollout.deployment, name, from: before, to: replicas) }
  }

  func recordScaling(_ deployment: KubeObject, _ set: String, from before: Int, to replicas: Int) {
    let direction = replicas > before ? "up" : "down"
    events.record(
      deployment, .normal, "ScalingReplicaSet", "Scaled \(direction) replica set \(set) from \(before) to \(replicas)",
      from: Self.component)
  }

  /// Deletes empty old sets beyond `revisionHistoryLimit` once the rollout is complete.
  private func removeHistory(_ rollout: Rollout) {
    guard rollout.progress(since: .zero).isComplete else { return }
    let limit = Int(rollout.deployment.spec["revisionHistoryLimit"]?.integer ?? 10)
    let surplus = rollout.old.count - limit
    guard surplus > 0 else { return }
    for set in rollout.old.prefix(surplus)
    where Rollout.size(set) == 0 && (set.status["replicas"]?.integer ?? 0) == 0 {
      try? server.delete(.replicaSet, set.namespace, set.name, as: Self.user)
    }
  }
}
