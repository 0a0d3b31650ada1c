import Documents
import KubernetesModel
import SimulationKernel

extension Kubectl {
  static let rolloutVerbs = [rolloutStatus, rolloutRestart, rolloutUndo, rolloutHistory, rolloutPause, rolloutResume]

  private static let targetFlags: [Flag] = [.value("selector", "l"), .value("filename", "f")]

  private static let rolloutStatus = Verb(
    path: ["rollout", "status"],
    flags: targetFlags + [.duration("timeout"), .on("watch", "w"), .integer("revision")]
  ) { call in
    let limit = call.flags["timeout"].flatMap { TimeSpan(timeout: $0) }
    for workload in try call.workloads() { try await call.follow(workload, limit) }
  }

  private static let rolloutRestart = Verb(path: ["rollout", "restart"], flags: targetFlags + dryRunFlags) {
    call in
    try call.checkDryRun()
    for deployment in try call.workloads() {
      if deployment.spec["paused"]?.bool == true {
        throw KubectlError(
          "deployments.apps \"\(deployment.name)\" can't restart paused deployment (run rollout resume first)")
      }
      let mark: JSONValue = ["kubectl.kubernetes.io/restartedAt": .string(call.server.timestamp)]
      if call.dryRun == .client {
        try call.report(deployment, "restarted")
        continue
      }
      let changed = try call.merge(deployment, ["spec": ["template": ["metadata": ["annotations": mark]]]])
      guard call.dryRun == .server || changed.resourceVersion != deployment.resourceVersion else {
        throw KubectlError(
          "failed to create patch for \(deployment.name): if restart has already been triggered within the past "
            + "second, please wait before attempting to trigger another")
      }
      try call.report(changed, "restarted")
    }
  }

  private static let rolloutUndo = Verb(
    path: ["rollout", "undo"], flags: targetFlags + dryRunFlags + [.integer("to-revision")]
  ) {
    call in
    try call.checkDryRun()
    for deployment in try call.deployments() { try call.undo(deployment) }
  }

  private static let rolloutHistory = Verb(path: ["rollout", "history"], flags: targetFlags + [.integer("revision")]) {
    call in
    for deployment in try call.deployments() { try call.showHistory(deployment) }
  }

  private static let rolloutPause = pausing("pause", true, "paused")
  private static let rolloutResume = pausing("resume", false, "resumed")

  private static func pausing(_ word: String, _ isPaused: Bool, _ done: String) -> Verb {
    Verb(path: ["rollout", word], flags: targetFlags + dryRunFlags) { call in
      try call.checkDryRun()
      for deployment in try call.deployments() {
        guard (deployment.spec["paused"]?.bool ?? false) != isPaused else {
          throw KubectlError(
            "deployments.apps \"\(deployment.name)\" is \(isPaused ? "already paused" : "not paused")")
        }
        if call.dryRun != .client { try call.merge(deployment, ["spec": ["paused": isPaused ? true : .null]]) }
        try call.report(deployment, done)
      }
    }
  }
}

/// What `rollout status` says of a workload at one moment (kubectl, `polymorphichelpers/rollout_status.go`).
enum RolloutView: Hashable, Sendable {
  case waiting(String)
  case done(String)
  case failed(String)

  init(_ object: KubeObject) {
    switch object.kind {
    case .daemonSet: self = Self.daemonSet(object)
    case .statefulSet: self = Self.statefulSet(object)
    default: self = Self.deployment(object)
    }
  }

  private static func deployment(_ deployment: KubeObject) -> RolloutView {
    let name = deployment.name
    func count(_ field: String) -> Int64 { deployment.status[field]?.integer ?? 0 }
    guard deployment.generation <= count("observedGeneration") else {
      return .waiting("Waiting for deployment spec update to be observed...")
    }
    let start = "Waiting for deployment \"\(name)\" rollout to finish: "
    let desired = deployment.spec["replicas"]?.integer
    let (all, updated, available) = (count("replicas"), count("updatedReplicas"), count("availableReplicas"))
    if deployment.condition("Progressing")?["reason"]?.string == "ProgressDeadlineExceeded" {
      return .failed("deployment \"\(name)\" exceeded its progress deadline")
    }
    if let desired, updated < desired {
      return .waiting(start + "\(updated) out of \(desired) new replicas have been updated...")
    }
    if all > updated { return .waiting(start + "\(all - updated) old replicas are pending termination...") }
    if available < updated {
      return .waiting(start + "\(available) of \(updated) updated replicas are available...")
    }
    return .done("deployment \"\(name)\" successfully rolled out")
  }

  private static func daemonSet(_ set: KubeObject) -> RolloutView {
    func count(_ field: String) -> Int64 { set.status[field]?.integer ?? 0 }
    guard set.spec.at("updateStrategy", "type")?.string != "OnDelete" else {
      return .failed("rollout status is only available for RollingUpdate strategy type")
    }
    guard set.generation <= count("observedGeneration") else {
      return .waiting("Waiting for daemon set spec update to be observed...")
    }
    let start = "Waiting for daemon set \"\(set.name)\" rollout to finish: "
    let desired = count("desiredNumberScheduled")
    let (updated, available) = (count("updatedNumberScheduled"), count("numberAvailable"))
    if updated < desired {
      return .waiting(start + "\(updated) out of \(desired) new pods have been updated...")
    }
    if available < desired { return .waiting(start + "\(available) of \(desired) updated pods are available...") }
    return .done("daemon set \"\(set.name)\" successfully rolled out")
  }

  private static func statefulSet(_ set: KubeObject) -> RolloutView {
    func count(_ field: String) -> Int64 { set.status[field]?.integer ?? 0 }
    guard set.spec.at("updateStrategy", "type")?.string != "OnDelete" else {
      return .failed("rollout status is only available for RollingUpdate strategy type")
    }
    let observed = count("observedGeneration")
    guard observed != 0, set.generation <= observed else {
      return .waiting("Waiting for statefulset spec update to be observed...")
    }
    let (desired, updated) = (set.spec["replicas"]?.integer ?? 1, count("updatedReplicas"))
    if count("readyReplicas") < desired {
      return .waiting("Waiting for \(desired - count("readyReplicas")) pods to be ready...")
    }
    if let update = set.spec.at("updateStrategy", "rollingUpdate") {
      let wanted = desired - (update["partition"]?.integer ?? 0)
      return update["partition"] != nil && updated < wanted
        ? .waiting(
          "Waiting for partitioned roll out to finish: \(updated) out of \(wanted) new pods have been updated...")
        : .done("partitioned roll out complete: \(updated) new pods have been updated...")
    }
    let (newest, current) = (set.status["updateRevision"]?.string ?? "", set.status["currentRevision"]?.string ?? "")
    return newest != current
      ? .waiting("waiting for statefulset rolling update to complete \(updated) pods at revision \(newest)...")
      : .done("statefulset rolling update complete \(count("currentReplicas")) pods at revision \(current)...")
  }
}

extension KubectlCall {
  private static let revision = "deployment.kubernetes.io/revision"

  /// The workloads that words, `-f` or `-l` name, with a rollout of their own.
  fileprivate func workloads() throws -> [KubeObject] {
    guard !flags.words.isEmpty || flags["filename"] != nil else {
      throw KubectlError("required resource not specified")
    }
    if flags["filename"] != nil { return try targets([]) }
    let references = try references(flags.words)
    if let other = references.first(where: { ![.deployment, .daemonSet, .statefulSet].contains($0.kind) }) {
      throw KubectlError(
        "no \(Self.helper[path.last ?? ""] ?? "status viewer") has been implemented for "
          + (other.kind.isBuiltIn ? "\"\(other.kind.kind)\"" : "{\"\(other.kind.group)\" \"\(other.kind.kind)\"}"))
    }
    guard references.contains(where: { $0.name == nil }), flags["selector"] == nil else {
      return try targets(flags.words)
    }
    return try references.flatMap { try objects($0.kind, namespace) }
  }

  /// What kubectl calls the part of it that a command needs (`polymorphichelpers`).
  private static let helper = [
    "status": "status viewer", "restart": "restarter", "undo": "rollbacker", "history": "history viewer",
  ]

  fileprivate func deployments() throws -> [KubeObject] {
    let found = try workloads()
    if let other = found.first(where: { $0.kind != .deployment }) {
      throw KubectlError(
        "\(other.kind.qualifiedName) \"\(other.name)\" \(path.last ?? "") is not supported: its revisions are not kept here"
      )
    }
    return found
  }

  /// Looks each second until the rollout ends; prints a line when it changes.
  fileprivate func follow(_ workload: KubeObject, _ limit: TimeSpan?) async throws {
    let end = limit.flatMap { $0 > .zero ? simulation.now + $0 : nil }
    var shown = ""
    while true {
      let current = try fetch(workload.kind, workload.namespace, workload.name)
      switch RolloutView(current) {
      case .done(let text): return print(text)
      case .failed(let text): throw KubectlError(text)
      case .waiting(let text):
        if text != shown { print(text) }
        shown = text
      }
      if flags.isOff("watch") { return }
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
        "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume deployment/\(deployment.name)' and try again"
      )
    }
    let known = revisions(deployment)
    let wanted = flags.integer("to-revision") ?? 0
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
    if dryRun == .client {
      return print("\(deployment.printedName) Pod Template:\n\(PodDescription.template(template)) (dry run)")
    }
    try report(try update(changed), "rolled back")
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
