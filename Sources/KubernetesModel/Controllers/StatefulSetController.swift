import Documents
import SimulationKernel

/// Keeps the numbered pods of a StatefulSet, one after another (upstream: pkg/controller/statefulset/
/// stateful_set_control.go, pod management policy `OrderedReady`; volume claims are not made).
@Simulated
package final class StatefulSetController {
  static let user = "system:serviceaccount:kube-system:statefulset-controller"
  static let component = "statefulset-controller"
  static let hashLabel = "controller-revision-hash"

  private let server: APIServer
  private let events: EventRecorder
  private let kind: ResourceKind
  private(set) var queue: WorkQueue!

  init(_ server: APIServer, _ events: EventRecorder) {
    self.server = server
    self.events = events
    kind = server.kind(apiVersion: "apps/v1", kind: "StatefulSet")
    let queue = WorkQueue(server.simulation, "controller.statefulset") { [weak self] key in self?.reconcile(key) }
    self.queue = queue
    server.watch(kind) { [weak self] event in
      if case .deleted(let set) = event { self?.collectPods(of: set) } else { queue.add(event.object.key) }
    }
    server.watch(.pod) { event in
      guard let owner = event.object.controller, owner["kind"]?.string == "StatefulSet" else { return }
      queue.add(ObjectKey(namespace: event.object.namespace, name: owner["name"]?.string ?? ""))
    }
  }

  private func reconcile(_ key: ObjectKey) {
    guard let set = server.find(kind, key.namespace, key.name), !set.isTerminating else { return queue.forget(key) }
    let revision = Rollout.templateHash(set.spec["template"] ?? [:])
    let failed = !advance(set, "\(set.name)-\(revision)")
    updateStatus(set, "\(set.name)-\(revision)")
    if failed { queue.addAfterFailure(key) } else { queue.forget(key) }
  }

  /// Takes the next step towards what is wanted: one pod at a time is made, replaced or taken away, and the next only when all
  /// before it are ready.
  ///
  /// - Returns: false when a pod could not be created.
  private func advance(_ set: KubeObject, _ revision: String) -> Bool {
    let desired = Int(set.spec["replicas"]?.integer ?? 1)
    for ordinal in 0..<desired {
      guard let pod = pod(ordinal, of: set) else { return create(ordinal, of: set, revision) }
      if pod.hasEnded {
        delete(pod, of: set)
        return true
      }
      guard Self.isReady(pod), !pod.isTerminating else { return true }
    }
    let surplus = pods(of: set).filter { Self.ordinal(of: $0, set) >= desired }
    if let last = surplus.max(by: { Self.ordinal(of: $0, set) < Self.ordinal(of: $1, set) }) {
      if !last.isTerminating { delete(last, of: set) }
      return true
    }
    guard set.spec.at("updateStrategy", "type")?.string != "OnDelete" else { return true }
    let partition = Int(set.spec.at("updateStrategy", "rollingUpdate", "partition")?.integer ?? 0)
    for ordinal in stride(from: desired - 1, through: partition, by: -1) {
      if let pod = pod(ordinal, of: set), pod.label(Self.hashLabel) != revision {
        delete(pod, of: set)
        return true
      }
    }
    return true
  }

  private func pods(of set: KubeObject) -> [KubeObject] {
    server.list(.pod, namespace: set.namespace).filter { $0.controllerUID == set.uid }
  }

  private func pod(_ ordinal: Int, of set: KubeObject) -> KubeObject? {
    server.find(.pod, set.namespace, "\(set.name)-\(ordinal)")
  }

  private static func ordinal(of pod: KubeObject, _ set: KubeObject) -> Int {
    Int(pod.name.dropFirst(set.name.count + 1)) ?? 0
  }

  private static func isReady(_ pod: KubeObject) -> Bool { pod.condition("Ready")?["status"]?.string == "True" }

  private func create(_ ordinal: Int, of set: KubeObject, _ revision: String) -> Bool {
    var pod = KubeObject.pod(from: set.spec["template"] ?? [:], of: set, suffix: String(ordinal))
    pod.json.set("metadata", "labels", "apps.kubernetes.io/pod-index", to: .string(String(ordinal)))
    pod.json.set("metadata", "labels", Self.hashLabel, to: .string(revision))
    pod.json.set("metadata", "labels", "statefulset.kubernetes.io/pod-name", to: .string(pod.name))
    pod.json.set("spec", "hostname", to: .string(pod.name))
    do throws(APIError) {
      try server.create(pod, as: Self.user)
      record(set, .normal, "SuccessfulCreate", "create Pod \(pod.name) in StatefulSet \(set.name) successful")
      return true
    } catch {
      record(
        set, .warning, "FailedCreate",
        "create Pod \(pod.name) in StatefulSet \(set.name) failed error: \(error.message)")
      return false
    }
  }

  private func delete(_ pod: KubeObject, of set: KubeObject) {
    guard (try? server.delete(.pod, pod.namespace, pod.name, as: Self.user)) != nil else { return }
    record(set, .normal, "SuccessfulDelete", "delete Pod \(pod.name) in StatefulSet \(set.name) successful")
  }

  private func record(_ set: KubeObject, _ type: EventRecorder.Kind, _ reason: String, _ message: String) {
    events.record(set, type, reason, message, from: Self.component)
  }

  /// Garbage collection: the pods of a deleted StatefulSet go too.
  private func collectPods(of set: KubeObject) {
    for pod in pods(of: set) {
      try? server.delete(
        .pod, pod.namespace, pod.name, as: "system:serviceaccount:kube-system:generic-garbage-collector")
    }
  }

  private func updateStatus(_ set: KubeObject, _ revision: String) {
    let all = pods(of: set).filter { !$0.isTerminating }
    let updated = all.filter { $0.label(Self.hashLabel) == revision }
    let ready = all.count { Self.isReady($0) }
    let isComplete = updated.count == all.count && ready == all.count
    var changed = set
    changed.json["status"] = [
      "observedGeneration": .integer(set.generation), "replicas": .integer(Int64(all.count)),
      "readyReplicas": .integer(Int64(ready)), "availableReplicas": .integer(Int64(ready)),
      "currentReplicas": .integer(Int64(isComplete ? all.count : all.count - updated.count)),
      "updatedReplicas": .integer(Int64(updated.count)),
      "currentRevision": isComplete ? .string(revision) : set.status["currentRevision"] ?? .string(revision),
      "updateRevision": .string(revision), "collisionCount": 0,
    ]
    _ = try? server.updateStatus(changed, as: Self.user)
  }
}
