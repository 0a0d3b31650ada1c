import Documents
import SimulationKernel

/// Keeps Deployments: a ReplicaSet a template, rolling updates, status and conditions (pkg/controller/deployment).
@Simulated
final class DeploymentController {
  static let user = "system:serviceaccount:kube-system:deployment-controller"
  static let revision = "deployment.kubernetes.io/revision"
  static let hashLabel = "pod-template-hash"

  private let server: APIServer
  private let events: EventRecorder
  private var queue: WorkQueue?

  init(_ server: APIServer, _ events: EventRecorder) {
    self.server = server
    self.events = events
    let queue = WorkQueue(server.simulation, "controller.deployment") { [weak self] key in self?.reconcile(key) }
    self.queue = queue
    server.watch(.deployment) { queue.add($0.object.key) }
    server.watch(.replicaSet) { event in
      guard let owner = event.object.controller?["name"]?.string else { return }
      queue.add(ObjectKey(namespace: event.object.namespace, name: owner))
    }
  }

  private func reconcile(_ key: ObjectKey) {
    guard let deployment = server.find(.deployment, key.namespace, key.name), !deployment.isTerminating else { return }
    var sets = server.list(.replicaSet, namespace: key.namespace).filter { $0.controllerUID == deployment.uid }
    sets.sort { Self.revisionNumber($0) < Self.revisionNumber($1) }
    let hash = Self.templateHash(deployment.spec["template"] ?? [:])
    let isPaused = deployment.spec["paused"]?.bool == true
    if !isPaused { makeCurrent(deployment, &sets, hash) }
    if let current = sets.first(where: { $0.label(Self.hashLabel) == hash }) {
      let old = sets.filter { $0.uid != current.uid }
      scale(deployment, current, old, isPaused)
      removeHistory(deployment, old)
    }
    updateStatus(key, hash)
  }

  static func revisionNumber(_ object: KubeObject) -> Int64 { object.annotation(revision).flatMap { Int64($0) } ?? 0 }

  /// A hash of the template in the alphabet of object names, as the controller puts into names and labels.
  static func templateHash(_ template: JSONValue) -> String {
    var value = fnv1a(template.jsonBytes(JSONLayout(sortsKeys: true)))
    var text = ""
    for _ in 0..<10 {
      text.append(APIServer.nameAlphabet[Int(value % 25)])
      value /= 25
    }
    return text
  }

  /// Creates the ReplicaSet of the template, or gives the one it had the newest revision.
  private func makeCurrent(_ deployment: KubeObject, _ sets: inout [KubeObject], _ hash: String) {
    let newest = sets.map(Self.revisionNumber).max() ?? 0
    if let index = sets.firstIndex(where: { $0.label(Self.hashLabel) == hash }) {
      guard Self.revisionNumber(sets[index]) < newest || deployment.annotation(Self.revision) == nil else { return }
      let number = max(Self.revisionNumber(sets[index]) < newest ? newest + 1 : newest, 1)
      sets[index].json.set("metadata", "annotations", Self.revision, to: .string(String(number)))
      if let updated = try? server.update(sets[index], as: Self.user) { sets[index] = updated }
      annotate(deployment, number)
      return
    }
    var set = KubeObject(.replicaSet, namespace: deployment.namespace, name: "\(deployment.name)-\(hash)")
    var template = deployment.spec["template"] ?? [:]
    template.set("metadata", "labels", Self.hashLabel, to: .string(hash))
    var selector = deployment.spec["selector"] ?? [:]
    selector.set("matchLabels", Self.hashLabel, to: .string(hash))
    set.json["spec"] = ["replicas": 0, "selector": selector, "template": template]
    set.json.set("metadata", "labels", to: template.at("metadata", "labels"))
    set.json.set("metadata", "annotations", to: [Self.revision: .string(String(newest + 1))])
    set.setController(deployment)
    do throws(APIError) {
      sets.append(try server.create(set, as: Self.user))
      annotate(deployment, newest + 1)
      noteProgress(deployment, "NewReplicaSetCreated", "Created new replica set \"\(set.name)\"")
    } catch {
      events.record(
        deployment, .warning, "ReplicaSetCreateError",
        "Failed to create new replica set \"\(set.name)\": \(error.message)", from: "deployment-controller")
    }
  }

  private func annotate(_ deployment: KubeObject, _ number: Int64) {
    guard var current = server.find(.deployment, deployment.namespace, deployment.name) else { return }
    current.json.set("metadata", "annotations", Self.revision, to: .string(String(number)))
    _ = try? server.update(current, as: Self.user)
  }

  // MARK: Scaling

  private func scale(_ deployment: KubeObject, _ current: KubeObject, _ old: [KubeObject], _ isPaused: Bool) {
    let desired = Int(deployment.spec["replicas"]?.integer ?? 1)
    if deployment.spec.at("strategy", "type")?.string == "Recreate" {
      for set in old { setReplicas(deployment, set, 0) }
      let stillThere = server.list(.pod, namespace: deployment.namespace).contains { pod in
        old.contains { $0.uid == pod.controllerUID }
      }
      if !stillThere { setReplicas(deployment, current, desired) }
      return
    }
    guard !isPaused else { return }
    let bounds = deployment.spec.at("strategy", "rollingUpdate")
    let update = RollingUpdate(
      replicas: desired, maxSurge: bounds?["maxSurge"].flatMap { CountOrPercentage($0) } ?? .percentage(25),
      maxUnavailable: bounds?["maxUnavailable"].flatMap { CountOrPercentage($0) } ?? .percentage(25))
    for scaling in update.step(new: state(current), old: old.map(state)) {
      guard let set = (old + [current]).first(where: { $0.name == scaling.name }) else { continue }
      setReplicas(deployment, set, scaling.replicas)
    }
  }

  private func state(_ set: KubeObject) -> RollingUpdate.ReplicaSetState {
    RollingUpdate.ReplicaSetState(
      name: set.name, desired: Int(set.spec["replicas"]?.integer ?? 0),
      available: Int(set.status["availableReplicas"]?.integer ?? 0))
  }

  private func setReplicas(_ deployment: KubeObject, _ set: KubeObject, _ replicas: Int) {
    guard var latest = server.find(.replicaSet, set.namespace, set.name) else { return }
    let before = latest.spec["replicas"]?.integer ?? 0
    guard before != replicas else { return }
    latest.json.set("spec", "replicas", to: .integer(Int64(replicas)))
    guard (try? server.update(latest, as: Self.user)) != nil else { return }
    let direction = replicas > before ? "up" : "down"
    events.record(
      deployment, .normal, "ScalingReplicaSet",
      "Scaled \(direction) replica set \(set.name) from \(before) to \(replicas)",
      from: "deployment-controller")
  }

  private func removeHistory(_ deployment: KubeObject, _ old: [KubeObject]) {
    let limit = Int(deployment.spec["revisionHistoryLimit"]?.integer ?? 10)
    let empty = old.filter { $0.spec["replicas"]?.integer == 0 && ($0.status["replicas"]?.integer ?? 0) == 0 }
    for set in empty.dropLast(limit) { try? server.delete(.replicaSet, set.namespace, set.name, as: Self.user) }
  }

  // MARK: Status

  private func updateStatus(_ key: ObjectKey, _ hash: String) {
    guard var deployment = server.find(.deployment, key.namespace, key.name) else { return }
    let sets = server.list(.replicaSet, namespace: key.namespace).filter { $0.controllerUID == deployment.uid }
    func sum(_ field: String) -> Int64 { sets.reduce(0) { $0 + ($1.status[field]?.integer ?? 0) } }
    let desired = deployment.spec["replicas"]?.integer ?? 1
    let updated = sets.first { $0.label(Self.hashLabel) == hash }?.status["replicas"]?.integer ?? 0
    let available = sum("availableReplicas")
    let before = deployment.status
    var status: JSONValue = [
      "observedGeneration": .integer(deployment.generation), "replicas": .integer(sum("replicas")),
      "updatedReplicas": .integer(updated), "readyReplicas": .integer(sum("readyReplicas")),
      "availableReplicas": .integer(available),
    ]
    if desired > available { status["unavailableReplicas"] = .integer(desired - available) }
    let bounds =
      deployment.spec.at("strategy", "rollingUpdate", "maxUnavailable").flatMap { CountOrPercentage($0) }
      ?? .percentage(25)
    let minimum = Int(desired) - bounds.scaled(to: Int(desired), roundingUp: false)
    var conditions = Conditions(before["conditions"]?.array ?? [], now: server.timestamp)
    if available >= Int64(minimum) {
      conditions.set("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    } else {
      conditions.set(
        "Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    }
    let isComplete = updated == desired && sum("replicas") == desired && available == desired
    let madeProgress =
      ["updatedReplicas", "readyReplicas", "availableReplicas"].contains { status[$0] != before[$0] }
      || (before["replicas"]?.integer ?? 0) > sum("replicas")
    progress(&conditions, deployment, hash, isComplete: isComplete, madeProgress: madeProgress)
    status["conditions"] = conditions.json
    deployment.json["status"] = status
    _ = try? server.updateStatus(deployment, as: Self.user)
  }

  /// The `Progressing` condition: complete, progressing, or timed out.
  private func progress(
    _ conditions: inout Conditions, _ deployment: KubeObject, _ hash: String, isComplete: Bool, madeProgress: Bool
  ) {
    let set = "\(deployment.name)-\(hash)"
    let current = conditions["Progressing"]
    if isComplete {
      conditions.set(
        "Progressing", "True", "NewReplicaSetAvailable", "ReplicaSet \"\(set)\" has successfully progressed.",
        touch: current?["reason"]?.string != "NewReplicaSetAvailable")
      return
    }
    let deadline = deployment.spec["progressDeadlineSeconds"]?.integer ?? 600
    if madeProgress || current == nil || current?["reason"]?.string == "NewReplicaSetAvailable" {
      conditions.set("Progressing", "True", "ReplicaSetUpdated", "ReplicaSet \"\(set)\" is progressing.", touch: true)
      queue?.add(deployment.key, after: .seconds(Double(deadline) + 1))
    } else if let since = current?["lastUpdateTime"]?.string.flatMap(ClusterClock.instant),
      server.simulation.now - since >= .seconds(Double(deadline)), current?["status"]?.string == "True"
    {
      conditions.set(
        "Progressing", "False", "ProgressDeadlineExceeded", "ReplicaSet \"\(set)\" has timed out progressing.",
        touch: true)
    }
  }

  private func noteProgress(_ deployment: KubeObject, _ reason: String, _ message: String) {
    guard var latest = server.find(.deployment, deployment.namespace, deployment.name) else { return }
    var conditions = Conditions(latest.status["conditions"]?.array ?? [], now: server.timestamp)
    conditions.set("Progressing", "True", reason, message, touch: true)
    latest.json.set("status", "conditions", to: conditions.json)
    _ = try? server.updateStatus(latest, as: Self.user)
    queue?.add(deployment.key, after: .seconds(Double(latest.spec["progressDeadlineSeconds"]?.integer ?? 600) + 1))
  }
}

/// The conditions of a status: one of each type; the transition time moves with the status only.
struct Conditions {
  private var list: [JSONValue]
  private let now: String

  init(_ list: [JSONValue], now: String) {
    self.list = list
    self.now = now
  }

  var json: JSONValue { .array(list) }

  subscript(type: String) -> JSONValue? { list.first { $0["type"]?.string == type } }

  /// - Parameter touch: whether to write a new update time even when nothing else changes.
  mutating func set(_ type: String, _ status: String, _ reason: String, _ message: String, touch: Bool = false) {
    let old = self[type]
    var condition: JSONValue = [
      "type": .string(type), "status": .string(status), "reason": .string(reason), "message": .string(message),
    ]
    let isSame = old?["status"]?.string == status && old?["reason"]?.string == reason
    condition["lastUpdateTime"] = isSame && !touch ? old?["lastUpdateTime"] ?? .string(now) : .string(now)
    condition["lastTransitionTime"] =
      old?["status"]?.string == status ? old?["lastTransitionTime"] ?? .string(now) : .string(now)
    if let index = list.firstIndex(where: { $0["type"]?.string == type }) {
      list[index] = condition
    } else {
      list.append(condition)
    }
  }
}
