import Documents
import SimulationKernel

// Counts and conditions (upstream: pkg/controller/deployment/sync.go, `calculateStatus`; progress.go, `syncRolloutStatus`).
extension DeploymentController {
  /// - Parameter judgesProgress: false while paused or being scaled, when standing still is no failure.
  func updateStatus(_ rollout: Rollout, judgesProgress: Bool) {
    var deployment = rollout.deployment
    let counts = rollout.counts
    let wanted = rollout.sets.reduce(0) { $0 + Rollout.size($1) }
    var conditions = Conditions(of: deployment, now: server.timestamp)
    setAvailable(&conditions, counts, rollout)
    setPaused(&conditions, rollout)
    if judgesProgress { setProgressing(&conditions, rollout) }
    setFailure(&conditions, rollout)
    var status: JSONValue = ["observedGeneration": .integer(deployment.generation)]
    // Zero counts are left out, as Go's `omitempty` does.
    let fields = [
      ("replicas", counts.replicas), ("updatedReplicas", counts.updated), ("readyReplicas", counts.ready),
      ("availableReplicas", counts.available), ("unavailableReplicas", max(0, wanted - counts.available)),
    ]
    for (field, count) in fields where count > 0 { status[field] = .integer(Int64(count)) }
    status["conditions"] = conditions.json
    deployment.json["status"] = status
    _ = try? server.updateStatus(deployment, as: Self.user)
    if judgesProgress { watchDeadline(conditions, rollout) }
  }

  private func setAvailable(_ conditions: inout Conditions, _ counts: DeploymentProgress.Counts, _ rollout: Rollout) {
    let isAvailable = counts.available >= rollout.desired - (rollout.isRecreate ? 0 : rollout.bounds.unavailable)
    guard isAvailable != conditions.isTrue("Available") || conditions["Available"] == nil else { return }
    if isAvailable {
      conditions.set("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    } else {
      conditions.set(
        "Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    }
  }

  private func setPaused(_ conditions: inout Conditions, _ rollout: Rollout) {
    let reason = conditions.reason("Progressing")
    guard reason != DeploymentProgress.exceeded else { return }
    if rollout.isPaused, reason != "DeploymentPaused" {
      conditions.set("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused")
    } else if !rollout.isPaused, reason == "DeploymentPaused" {
      conditions.set("Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed")
    }
  }

  private func setProgressing(_ conditions: inout Conditions, _ rollout: Rollout) {
    let name = rollout.current?.name ?? ""
    switch rollout.progress(since: standstill(conditions)).verdict {
    case .unchanged: break
    case .complete:
      guard conditions.reason("Progressing") != DeploymentProgress.complete else { return }
      conditions.set(
        "Progressing", "True", DeploymentProgress.complete, "ReplicaSet \"\(name)\" has successfully progressed.",
        touch: true)
    case .progressing:
      conditions.set(
        "Progressing", "True", "ReplicaSetUpdated", "ReplicaSet \"\(name)\" is progressing.", touch: true)
    case .timedOut:
      guard conditions.reason("Progressing") != DeploymentProgress.exceeded else { return }
      conditions.set(
        "Progressing", "False", DeploymentProgress.exceeded, "ReplicaSet \"\(name)\" has timed out progressing.",
        touch: true)
    }
  }

  private func standstill(_ conditions: Conditions) -> TimeSpan {
    let since = conditions["Progressing"]?["lastUpdateTime"]?.string.flatMap(ClusterClock.instant)
    return since.map { server.simulation.now - $0 } ?? .zero
  }

  /// Looks again a second after the deadline of a rollout that has not ended.
  private func watchDeadline(_ conditions: Conditions, _ rollout: Rollout) {
    let progress = rollout.progress(since: .zero)
    let settled = [DeploymentProgress.exceeded, DeploymentProgress.complete]
    guard let reason = conditions.reason("Progressing"), !progress.isComplete, !settled.contains(reason) else { return }
    let left = progress.deadline - standstill(conditions)
    queue.add(rollout.deployment.key, after: max(left, .zero) + .seconds(1))
  }

  /// `ReplicaFailure` of the newest set, or else of any.
  private func setFailure(_ conditions: inout Conditions, _ rollout: Rollout) {
    let sets = (rollout.current.map { [$0] } ?? []) + rollout.old
    guard let failure = sets.lazy.compactMap({ $0.condition("ReplicaFailure") }).first else {
      return conditions.remove("ReplicaFailure")
    }
    conditions.set(
      "ReplicaFailure", failure["status"]?.string ?? "True", failure["reason"]?.string ?? "",
      failure["message"]?.string ?? "")
  }
}
