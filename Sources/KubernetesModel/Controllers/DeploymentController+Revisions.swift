import Documents

// The ReplicaSet of the newest template (upstream: pkg/controller/deployment/sync.go, `getNewReplicaSet`).
extension DeploymentController {
  /// Annotations of a Deployment that its sets do not take over (util/deployment_util.go, `annotationsToSkip`).
  private static let ownAnnotations = [
    "kubectl.kubernetes.io/last-applied-configuration", revision, "deployment.kubernetes.io/revision-history",
    desiredReplicas, maximumReplicas,
  ]

  /// Creates the ReplicaSet of the template, or gives the one it had the newest revision.
  func makeCurrent(_ rollout: inout Rollout) {
    let newest = rollout.old.map(Rollout.revisionNumber).max() ?? 0
    if let index = rollout.sets.firstIndex(where: { $0.label(Self.hashLabel) == rollout.hash }) {
      renew(&rollout, index, atLeast: newest + 1)
    } else {
      create(&rollout, revision: newest + 1)
    }
  }

  private func renew(_ rollout: inout Rollout, _ index: Int, atLeast revision: Int64) {
    var set = rollout.sets[index]
    let before = Rollout.revisionNumber(set)
    let number = max(before, revision)
    copyAnnotations(rollout.deployment, &set)
    if before < number {
      set.json.set("metadata", "annotations", Self.revision, to: .string(String(number)))
      let history = [set.annotation("deployment.kubernetes.io/revision-history"), String(before)].compactMap(\.self)
      set.json.set(
        "metadata", "annotations", "deployment.kubernetes.io/revision-history",
        to: .string(history.joined(separator: ",")))
    }
    rollout.annotateSizes(&set)
    if let updated = try? server.update(set, as: Self.user) { rollout.sets[index] = updated }
    annotate(&rollout, number)
    if rollout.deployment.condition("Progressing") == nil {
      noteProgress(&rollout, "FoundNewReplicaSet", "Found new replica set \"\(set.name)\"")
    }
  }

  private func create(_ rollout: inout Rollout, revision: Int64) {
    let deployment = rollout.deployment
    var set = KubeObject(
      .replicaSet, namespace: deployment.namespace, name: "\(deployment.name)-\(rollout.hash)")
    var template = deployment.spec["template"] ?? [:]
    template.set("metadata", "labels", Self.hashLabel, to: .string(rollout.hash))
    var selector = deployment.spec["selector"] ?? [:]
    selector.set("matchLabels", Self.hashLabel, to: .string(rollout.hash))
    let initial = initialSize(rollout)
    set.json["spec"] = ["replicas": .integer(Int64(initial)), "selector": selector, "template": template]
    if let seconds = deployment.spec["minReadySeconds"] { set.json.set("spec", "minReadySeconds", to: seconds) }
    set.json.set("metadata", "labels", to: template.at("metadata", "labels"))
    copyAnnotations(deployment, &set)
    set.json.set("metadata", "annotations", Self.revision, to: .string(String(revision)))
    rollout.annotateSizes(&set)
    set.setController(deployment)
    do throws(APIError) {
      rollout.sets.append(try server.create(set, as: Self.user))
      if initial > 0 { recordScaling(deployment, set.name, from: 0, to: initial) }
      annotate(&rollout, revision)
      noteProgress(&rollout, "NewReplicaSetCreated", "Created new replica set \"\(set.name)\"")
    } catch {
      let message = "Failed to create new replica set \"\(set.name)\": \(error.message)"
      events.record(deployment, .warning, "ReplicaSetCreateError", message, from: Self.component)
      queue.add(deployment.key, after: .seconds(5))
    }
  }

  /// With how many replicas a new set begins: as many as the surge leaves room for; none while old pods of `Recreate` run.
  private func initialSize(_ rollout: Rollout) -> Int {
    guard !rollout.isRecreate else { return 0 }
    let new = RollingUpdate.ReplicaSetState(name: "", desired: 0, available: 0)
    return rollout.bounds.step(new: new, old: rollout.oldByAge.map(Rollout.state)).first { $0.name.isEmpty }?.replicas
      ?? 0
  }

  private func copyAnnotations(_ deployment: KubeObject, _ set: inout KubeObject) {
    for member in deployment.json.at("metadata", "annotations")?.object?.members ?? []
    where !Self.ownAnnotations.contains(member.key) {
      set.json.set("metadata", "annotations", member.key, to: member.value)
    }
  }

  private func annotate(_ rollout: inout Rollout, _ number: Int64) {
    guard Rollout.revisionNumber(rollout.deployment) != number else { return }
    rollout.deployment.json.set("metadata", "annotations", Self.revision, to: .string(String(number)))
    if let updated = try? server.update(rollout.deployment, as: Self.user) { rollout.deployment = updated }
  }

  private func noteProgress(_ rollout: inout Rollout, _ reason: String, _ message: String) {
    var conditions = Conditions(of: rollout.deployment, now: server.timestamp)
    conditions.set("Progressing", "True", reason, message, touch: true)
    rollout.deployment.json.set("status", "conditions", to: conditions.json)
    if let updated = try? server.updateStatus(rollout.deployment, as: Self.user) { rollout.deployment = updated }
  }
}
