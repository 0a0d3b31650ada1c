import Documents
import KubernetesModel
import SimulationKernel

// `kubectl rollout` (kubectl/pkg/polymorphichelpers: rollout_status.go, rollback.go, history.go, objectrestarter.go).
extension Kubectl {
  func rollout(_ call: Invocation) async throws -> String {
    let names = ["status", "restart", "undo", "history", "pause", "resume"]
    guard let action = call.words.first, names.contains(action) else {
      throw Failure("error: unknown command \"\(call.words.first ?? "")\" for \"kubectl rollout\"")
    }
    let pairs = try named(Array(call.words.dropFirst()), call)
    guard let (kind, name) = pairs.first else { throw Failure("error: required resource not specified") }
    guard kind == .deployment else {
      throw Failure("error: no \(action) has been implemented for {\(kind.group) \(kind.kind)}")
    }
    let deployment = try object(kind, name, call)
    switch action {
    case "status": return try await status(name, call)
    case "restart": return try restart(deployment, call)
    case "undo": return try undo(deployment, call)
    case "history": return history(deployment, call)
    default: return try setPaused(deployment, action == "pause", call)
    }
  }

  /// Waits in virtual time until the rollout has ended.
  private func status(_ name: String, _ call: Invocation) async throws -> String {
    let simulation = terminal.world.simulation
    let timeout = call.flags["--timeout"].flatMap { Duration(goText: $0) } ?? .zero
    let limit = timeout > .zero ? simulation.now + TimeSpan(timeout) : simulation.now + .hours(24)
    var output = ""
    var last = ""
    while true {
      let deployment = try object(.deployment, name, call)
      let (message, isDone) = try Self.progress(deployment)
      if message != last { output += message }
      last = message
      if isDone { return output }
      guard simulation.now + .seconds(1) <= limit else {
        throw Failure(output + "error: timed out waiting for the condition")
      }
      await simulation.sleep(.seconds(1), Terminal.commandEvent)
    }
  }

  static func progress(_ deployment: KubeObject) throws(Failure) -> (message: String, isDone: Bool) {
    let (name, status) = (deployment.name, deployment.status)
    func count(_ key: String) -> Int64 { status[key]?.integer ?? 0 }
    guard deployment.generation <= count("observedGeneration") else {
      return ("Waiting for deployment spec update to be observed...\n", false)
    }
    if deployment.condition("Progressing")?["reason"]?.string == "ProgressDeadlineExceeded" {
      throw Failure("error: deployment \"\(name)\" exceeded its progress deadline")
    }
    let desired = deployment.spec["replicas"]?.integer ?? 1
    let prefix = "Waiting for deployment \"\(name)\" rollout to finish: "
    let updated = count("updatedReplicas")
    if updated < desired { return (prefix + "\(updated) out of \(desired) new replicas have been updated...\n", false) }
    if count("replicas") > updated {
      return (prefix + "\(count("replicas") - updated) old replicas are pending termination...\n", false)
    }
    if count("availableReplicas") < updated {
      return (prefix + "\(count("availableReplicas")) of \(updated) updated replicas are available...\n", false)
    }
    return ("deployment \"\(name)\" successfully rolled out\n", true)
  }

  private func restart(_ deployment: KubeObject, _ call: Invocation) throws -> String {
    var target = deployment
    let path = ["spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt"]
    target.json.set(path[...], to: .string(call.cluster.server.timestamp))
    let updated = try call.cluster.server.update(target, as: Terminal.user)
    guard updated.generation != deployment.generation else {
      throw Failure(
        "error: if restart has already been triggered within the past second, please wait before attempting to trigger another"
      )
    }
    return "deployment.apps/\(deployment.name) restarted\n"
  }

  private func revisions(_ deployment: KubeObject, _ call: Invocation) -> [(number: Int64, set: KubeObject)] {
    call.cluster.server.list(.replicaSet, namespace: call.namespace).filter { $0.controllerUID == deployment.uid }
      .map { ($0.annotation("deployment.kubernetes.io/revision").flatMap { Int64($0) } ?? 0, $0) }
      .sorted { $0.number < $1.number }
  }

  private func undo(_ deployment: KubeObject, _ call: Invocation) throws -> String {
    let revisions = revisions(deployment, call)
    let wanted = call.flags["--to-revision"].flatMap { Int64($0) } ?? 0
    let chosen = wanted == 0 ? revisions.dropLast().last : revisions.first { $0.number == wanted }
    guard let chosen else {
      throw Failure(
        wanted == 0
          ? "error: no rollout history found for deployment \"\(deployment.name)\""
          : "error: unable to find specified revision \(wanted) in history")
    }
    var template = chosen.set.spec["template"] ?? [:]
    template.set("metadata", "labels", "pod-template-hash", to: nil)
    guard template != deployment.spec["template"] else {
      return
        "deployment.apps/\(deployment.name) skipped rollback (current template already matches revision \(chosen.number))\n"
    }
    var target = deployment
    target.json.set("spec", "template", to: template)
    try call.cluster.server.update(target, as: Terminal.user)
    return "deployment.apps/\(deployment.name) rolled back\n"
  }

  private func history(_ deployment: KubeObject, _ call: Invocation) -> String {
    let rows = revisions(deployment, call).map { number, set in
      [String(number), set.annotation("kubernetes.io/change-cause") ?? "<none>"]
    }
    return "deployment.apps/\(deployment.name) \n" + Table(columns: ["REVISION", "CHANGE-CAUSE"], rows: rows).text()
      + "\n"
  }

  private func setPaused(_ deployment: KubeObject, _ isPaused: Bool, _ call: Invocation) throws -> String {
    var target = deployment
    target.json.set("spec", "paused", to: isPaused ? true : nil)
    guard target.json != deployment.json else {
      throw Failure("error: deployments.apps \"\(deployment.name)\" is \(isPaused ? "already" : "not") paused")
    }
    try call.cluster.server.update(target, as: Terminal.user)
    return "deployment.apps/\(deployment.name) \(isPaused ? "paused" : "resumed")\n"
  }
}
