import Documents
import SimulationKernel

/// A Deployment and its ReplicaSets as one reconciliation sees them.
@Simulated
struct Rollout {
  var deployment: KubeObject
  /// By revision, oldest first.
  var sets: [KubeObject]
  let hash: String

  init(_ deployment: KubeObject, _ candidates: [KubeObject]) {
    self.deployment = deployment
    sets = candidates.filter { $0.controllerUID == deployment.uid && !$0.isTerminating }
    sets.sort { (Self.revisionNumber($0), $0.name) < (Self.revisionNumber($1), $1.name) }
    hash = Self.templateHash(deployment.spec["template"] ?? [:])
  }

  /// A hash of the template in the alphabet of object names, as the controller puts into names and labels.
  static func templateHash(_ template: JSONValue) -> String {
    var value = fnv1a(template.jsonBytes(JSONLayout(sortsKeys: true)))
    var text = ""
    for _ in 0..<10 {
      text.append(APIServer.nameAlphabet[Int(value % UInt64(APIServer.nameAlphabet.count))])
      value /= UInt64(APIServer.nameAlphabet.count)
    }
    return text
  }

  static func revisionNumber(_ object: KubeObject) -> Int64 {
    object.annotation(DeploymentController.revision).flatMap { Int64($0) } ?? 0
  }

  /// `spec.replicas` of a set.
  static func size(_ set: KubeObject) -> Int { Int(set.spec["replicas"]?.integer ?? 0) }

  static func state(_ set: KubeObject) -> RollingUpdate.ReplicaSetState {
    RollingUpdate.ReplicaSetState(
      name: set.name, desired: size(set), available: Int(set.status["availableReplicas"]?.integer ?? 0))
  }

  /// The set of the Deployment's template.
  var current: KubeObject? { sets.first { $0.label(DeploymentController.hashLabel) == hash } }
  var old: [KubeObject] { sets.filter { $0.label(DeploymentController.hashLabel) != hash } }
  /// Old sets as they came into being, which a rollback makes different from their revisions.
  var oldByAge: [KubeObject] { old.sorted { ($0.creationTimestamp, $0.name) < ($1.creationTimestamp, $1.name) } }

  var desired: Int { Int(deployment.spec["replicas"]?.integer ?? 1) }
  var isPaused: Bool { deployment.spec["paused"]?.bool == true }
  var isRecreate: Bool { deployment.spec.at("strategy", "type")?.string == "Recreate" }

  var bounds: RollingUpdate {
    let update = deployment.spec.at("strategy", "rollingUpdate")
    return RollingUpdate(
      replicas: desired, maxSurge: update?["maxSurge"].flatMap { CountOrPercentage($0) } ?? .percentage(25),
      maxUnavailable: update?["maxUnavailable"].flatMap { CountOrPercentage($0) } ?? .percentage(25))
  }

  /// Whether `spec.replicas` has changed since the active sets were scaled.
  var isScalingEvent: Bool {
    sets.contains { set in
      guard Self.size(set) > 0, let noted = set.annotation(DeploymentController.desiredReplicas) else { return false }
      return Int(noted) != desired
    }
  }

  /// Whether the new set alone carries the Deployment.
  func isSaturated(_ set: KubeObject) -> Bool {
    Self.size(set) == desired && set.annotation(DeploymentController.desiredReplicas) == String(desired)
      && set.status["availableReplicas"]?.integer ?? 0 == Int64(desired)
  }

  /// Notes beside a set's size for which sizes of the Deployment it was worked out.
  func annotateSizes(_ set: inout KubeObject) {
    set.json.set("metadata", "annotations", DeploymentController.desiredReplicas, to: .string(String(desired)))
    let maximum = isRecreate ? desired : desired + bounds.surge
    set.json.set("metadata", "annotations", DeploymentController.maximumReplicas, to: .string(String(maximum)))
  }

  // MARK: Status

  /// Sum of a status field over the sets.
  func sum(_ field: String) -> Int { sets.reduce(0) { $0 + Int($1.status[field]?.integer ?? 0) } }

  var counts: DeploymentProgress.Counts {
    DeploymentProgress.Counts(
      replicas: sum("replicas"), updated: Int(current?.status["replicas"]?.integer ?? 0), ready: sum("readyReplicas"),
      available: sum("availableReplicas"))
  }

  /// - Parameter standstill: since the last progress.
  func progress(since standstill: TimeSpan) -> DeploymentProgress {
    func count(_ field: String) -> Int { Int(deployment.status[field]?.integer ?? 0) }
    let before = DeploymentProgress.Counts(
      replicas: count("replicas"), updated: count("updatedReplicas"), ready: count("readyReplicas"),
      available: count("availableReplicas"))
    return DeploymentProgress(
      desired: desired, before: before, after: counts,
      reason: deployment.condition("Progressing")?["reason"]?.string, standstill: standstill,
      deadline: .seconds(deployment.spec["progressDeadlineSeconds"]?.number ?? 600))
  }
}

extension KubeObject {
  /// Whether a pod has run to its end.
  package var hasEnded: Bool { ["Succeeded", "Failed"].contains(json.at("status", "phase")?.string) }
}
