import Documents
import KubernetesModel
import SimulationKernel

extension Kubectl {
  static let rolloutVerbs = [rolloutStatus, rolloutRestart, rolloutUndo, rolloutHistory, rolloutPause, rolloutResume]

  private static let rolloutStatus = Verb(
    path: ["rollout", "status"], flags: [.value("timeout"), .on("watch", "w")]
  ) { call in
    let limit = try call.flags["timeout"].map { text throws(KubectlError) -> TimeSpan in
      guard let span = TimeSpan(timeout: text) else {
        throw KubectlError(
          "invalid argument \"\(text)\" for \"--timeout\" flag: time: "
            + "invalid duration \"\(text)\"\nSee 'kubectl rollout status --help' for usage."
        )
      }
      return span
    }
    for deployment in try call.deployments() { try await call.follow(deployment, limit) }
  }

  private static let rolloutRestart = Verb(path: ["rollout", "restart"], flags: [.value("selector", "l")]) { call in
    for deployment in try call.deployments() {
      if deployment.spec["paused"]?.bool == true {
        throw KubectlError("\(deployment.printedName) can't restart paused deployment (run rollout resume first)")
      }
      let mark: JSONValue = ["kubectl.kubernetes.io/restartedAt": .string(call.server.timestamp)]
      let changed = try call.merge(deployment, ["spec": ["template": ["metadata": ["annotations": mark]]]])
      guard changed.resourceVersion != deployment.resourceVersion else {
        throw KubectlError(
          "failed to create patch for \(deployment.name): if restart has already been triggered within the past "
            + "second, please wait before attempting to trigger another")
      }
      call.print("\(deployment.printedName) restarted")
    }
  }

  private static let rolloutUndo = Verb(path: ["rollout", "undo"], flags: [.value("to-revision")]) { call in
    for deployment in try call.deployments() { try call.undo(deployment) }
  }

  private static let rolloutHistory = Verb(path: ["rollout", "history"], flags: [.value("revision")]) { call in
    for deployment in try call.deployments() { try call.showHistory(deployment) }
  }

  private static let rolloutPause = pausing("pause", true, "paused")
  private static let rolloutResume = pausing("resume", false, "resumed")

  private static func pausing(_ word: String, _ isPaused: Bool, _ done: String) -> Verb {
    Verb(path: ["rollout", word], flags: []) { call in
      for deployment in try call.deployments() {
        guard (deployment.spec["paused"]?.bool ?? false) != isPaused else {
          throw KubectlError("\(deployment.printedName) is \(isPaused ? "already paused" : "not paused")")
        }
        try call.merge(deployment, ["spec": ["paused": isPaused ? true : .null]])
        call.print("\(deployment.printedName) \(done)")
      }
    }
  }
}

/// What `rollout status` says of a Deployment at one moment (kubectl, `polymorphichelpers/rollout_status.go`).
enum RolloutView: Hashable, Sendable {
  case waiting(String)
  case done(String)
  case failed(String)

  init(_ deployment: KubeObject) {
    let name = deployment.name
    func count(_ field: String) -> Int64 { deployment.status[field]?.integer ?? 0 }
    guard deployment.generation <= count("observedGeneration") else {
      self = .waiting("Waiting for deployment spec update to be observed...")
      return
    }
    let start = "Waiting for deployment \"\(name)\" rollout to finish: "
    let desired = deployment.spec["replicas"]?.integer
    let (all, updated, available) = (count("replicas"), count("updatedReplicas"), count("availableReplicas"))
    if deployment.condition("Progressing")?["reason"]?.string == "ProgressDeadlineExceeded" {
      self = .failed("deployment \"\(name)\" exceeded its progress deadline")
    } else if let desired, updated < desired {
      self = .waiting(start + "\(updated) out of \(desired) new replicas have been updated...")
    } else if all > updated {
      self = .waiting(start + "\(all - updated) old replicas are pending termination...")
    } else if available < updated {
      self = .waiting(start + "\(available) of \(updated) updated replicas are available...")
    } else {
      self = .done("deployment \"\(name)\" successfully rolled out")
    }
  }
}

extension KubectlCall {
  private static let revision = "deployment.kubernetes.io/revision"

  fileprivate func deployments() throws -> [KubeObject] {
    guard !flags.words.isEmpty || flags["selector"] != nil else {
      throw KubectlError("required resource not specified")
    }
    let references = try references(flags.words)
    if let other = references.first(where: { $0.kind != .deployment }) {
      throw KubectlError(
        "\(other.kind.plural) \"\(other.name ?? "")\" is not supported by this command: "
          + "no rollout for \(other.kind.kind)"
      )
    }
    guard references.contains(where: { $0.name == nil }), flags["selector"] == nil else {
      return try targets(flags.words)
    }
    return server.list(.deployment, namespace: namespace)
  }

  /// Looks each second until the rollout ends; prints a line when it changes.
  fileprivate func follow(_ deployment: KubeObject, _ limit: TimeSpan?) async throws {
    let end = limit.flatMap { $0 > .zero ? simulation.now + $0 : nil }
    var shown = ""
    while true {
      let current = try server.get(.deployment, deployment.namespace, deployment.name)
      switch RolloutView(current) {
      case .done(let text): return print(text)
      case .failed(let text): throw KubectlError(text)
      case .waiting(let text):
        if text != shown { print(text) }
        shown = text
      }
      if flags["watch"] == "false" { return }
      if let end, simulation.now >= end { throw KubectlError("timed out waiting for the condition") }
      await simulation.sleep(.seconds(1), Kubectl.callEvent)
    }
  }

  /// ReplicaSets of a Deployment by revision.
  private func revisions(_ deployment: KubeObject) -> [(number: Int64, set: KubeObject)] {
    server.list(.replicaSet, namespace: deployment.namespace).filter { $0.controllerUID == deployment.uid }
      .map { (number: $0.annotation(Self.revision).flatMap { Int64($0) } ?? 0, set: $0) }
      .sorted { ($0.number, $0.set.name) < ($1.number, $1.set.name) }
  }

  /// A ReplicaSet's template as the Deployment had it: without the hash.
  private func template(_ set: KubeObject) -> JSONValue {
    var template = set.spec["template"] ?? [:]
    template.set("metadata", "labels", "pod-template-hash", to: nil)
    return template
  }

  fileprivate func undo(_ deployment: KubeObject) throws {
    guard deployment.spec["paused"]?.bool != true else {
      throw KubectlError(
        "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again")
    }
    let known = revisions(deployment)
    let wanted: Int64 =
      try flags["to-revision"].map { text throws(KubectlError) -> Int64 in
        guard let number = Int64(text), number >= 0 else {
          throw KubectlError(
            "invalid argument \"\(text)\" for \"--to-revision\" flag: strconv.ParseInt: "
              + "parsing \"\(text)\": invalid syntax"
          )
        }
        return number
      } ?? 0
    let target: KubeObject
    if wanted == 0 {
      guard known.count >= 2 else {
        throw KubectlError("no rollout history found for deployment \"\(deployment.name)\"")
      }
      target = known[known.count - 2].set
    } else {
      guard let found = known.first(where: { $0.number == wanted }) else {
        throw KubectlError("unable to find specified revision \(wanted) in history")
      }
      target = found.set
    }
    let template = template(target)
    if template == deployment.spec["template"] {
      let number = target.annotation(Self.revision) ?? ""
      return print("\(deployment.printedName) skipped rollback (current template already matches revision \(number))")
    }
    var changed = deployment
    changed.json.set("spec", "template", to: template)
    try server.update(changed, as: Kubectl.user)
    print("\(deployment.printedName) rolled back")
  }

  fileprivate func showHistory(_ deployment: KubeObject) throws {
    let known = revisions(deployment)
    if let text = flags["revision"], text != "0" {
      guard let found = known.first(where: { String($0.number) == text }) else {
        throw KubectlError("unable to find the specified revision")
      }
      print("\(deployment.printedName) with revision #\(text)")
      return write("Pod Template:\n" + PodDescription.template(found.set.spec["template"] ?? [:]))
    }
    print("\(deployment.printedName) ")
    let rows = known.map { [String($0.number), $0.set.annotation("kubernetes.io/change-cause") ?? "<none>"] }
    write(alignedText([["REVISION", "CHANGE-CAUSE"]] + rows, padding: 2))
    print("")
  }
}
