import SimulationKernel

/// What becomes of the objects that a deleted object owns (apimachinery, `metav1.DeletionPropagation`).
package enum DeletionPropagation: String, Sendable {
  /// They go after it.
  case background = "Background"
  /// They go before it.
  case foreground = "Foreground"
  /// They stay, without an owner.
  case orphan = "Orphan"
}

// Deletion: grace, finalizers, and the garbage collector (apiserver, `registry/rest/delete.go`; pkg/controller/garbagecollector;
// pkg/controller/namespace).
extension APIServer {
  static let foregroundFinalizer = "foregroundDeletion"
  static let collectorUser = "system:serviceaccount:kube-system:generic-garbage-collector"
  static let namespaceUser = "system:serviceaccount:kube-system:namespace-controller"
  /// Time until the garbage collector or the namespace controller has seen a deletion and acts.
  static let collectorLatency = Distribution.uniform(.milliseconds(5), .milliseconds(40))
  private nonisolated static let collectorEvent: EventName = "apiserver.collect"

  /// Deletes an object. A pod that runs is marked and goes when its kubelet has stopped it; an object with finalizers is
  /// marked and goes with the last of them; a namespace goes when it is empty.
  ///
  /// - Parameter gracePeriodSeconds: of a pod, in place of its own; 0 removes it at once.
  package func delete(
    _ kind: ResourceKind, _ namespace: String, _ name: String, gracePeriodSeconds: Int64? = nil,
    propagation: DeletionPropagation = .background, as user: UserName
  ) throws(APIError) {
    var object = try get(kind, namespace, name)
    let current = object
    switch propagation {
    case .background: break
    case .orphan: orphanDependants(of: object)
    case .foreground:
      if !dependants(of: object.uid).isEmpty, !object.finalizers.contains(Self.foregroundFinalizer) {
        object.finalizers.append(Self.foregroundFinalizer)
      }
    }
    let grace = gracePeriodSeconds ?? object.spec["terminationGracePeriodSeconds"]?.integer ?? 30
    let isRunning = kind == .pod && object.spec["nodeName"]?.string != nil && !Self.hasEnded(object)
    if isRunning, grace > 0 {
      mark(&object, current, grace: grace, user)
    } else if kind == .namespace {
      deleteNamespace(&object, current, user)
    } else if !object.finalizers.isEmpty {
      mark(&object, current, grace: 0, user)
    } else {
      remove(object, user)
    }
    if object.finalizers.contains(Self.foregroundFinalizer) { collectLater(dependants(of: object.uid)) }
  }

  private static func hasEnded(_ pod: KubeObject) -> Bool {
    ["Succeeded", "Failed"].contains(pod.status["phase"]?.string)
  }

  /// Removes a pod whose containers have ended; one with finalizers waits for them.
  package func finaliseDelete(_ kind: ResourceKind, _ namespace: String, _ name: String, as user: UserName) {
    guard var object = find(kind, namespace, name) else { return }
    guard !object.finalizers.isEmpty else { return remove(object, user) }
    let current = object
    object.json.set("metadata", "deletionGracePeriodSeconds", to: 0)
    if object.deletionTimestamp == nil { object.json.set("metadata", "deletionTimestamp", to: .string(timestamp)) }
    _ = commit(&object, current, verb: "delete", user)
  }

  /// Sets the deletion timestamp; a second deletion can only shorten the grace.
  private func mark(_ object: inout KubeObject, _ current: KubeObject, grace: Int64, _ user: UserName) {
    let before = object.json.at("metadata", "deletionGracePeriodSeconds")?.integer
    if object.isTerminating, let before, before <= grace { return }
    let end = simulation.now + .seconds(Double(grace))
    object.json.set("metadata", "deletionGracePeriodSeconds", to: .integer(grace))
    object.json.set("metadata", "deletionTimestamp", to: .string(ClusterClock.timestamp(end)))
    if object.kind.hasGeneration, current.deletionTimestamp == nil, object.json["spec"] != nil {
      object.json.set("metadata", "generation", to: .integer(current.generation + 1))
    }
    store(&object, replacing: current, verb: "delete", user)
    deliver(.modified(object))
  }

  // MARK: Garbage collection

  /// Follows a removal: what it owned goes, an owner or a namespace that waited for it may go too.
  func removed(_ object: KubeObject) {
    collectLater(dependants(of: object.uid))
    for uid in object.ownerUIDs { releaseOwner(uid, of: object) }
    if object.kind.isNamespaced, find(.namespace, "", object.namespace)?.isTerminating == true {
      simulation.after(Self.collectorLatency.sample(collectorStream), Self.collectorEvent) { [weak self] in
        self?.finishNamespace(object.namespace)
      }
    }
  }

  private func collectLater(_ objects: [KubeObject]) {
    guard !objects.isEmpty else { return }
    simulation.after(Self.collectorLatency.sample(collectorStream), Self.collectorEvent) { [weak self] in
      for object in objects { self?.collect(object) }
    }
  }

  /// Deletes an object none of whose owners is left, or whose owner waits for it.
  private func collect(_ seen: KubeObject) {
    guard let object = find(seen.kind, seen.namespace, seen.name), object.uid == seen.uid else { return }
    let owners = object.owners.filter { owner in
      guard let found = find(owner.kind(in: self), object.namespace, owner.name), found.uid == owner.uid else {
        return false
      }
      return !found.finalizers.contains(Self.foregroundFinalizer)
    }
    guard owners.isEmpty else { return }
    let isForeground = object.owners.contains { owner in
      find(owner.kind(in: self), object.namespace, owner.name)?.uid == owner.uid
    }
    try? delete(
      object.kind, object.namespace, object.name, propagation: isForeground ? .foreground : .background,
      as: Self.collectorUser)
  }

  /// Takes the foreground finalizer off an owner whose last dependant has gone.
  private func releaseOwner(_ uid: String, of dependant: KubeObject) {
    guard let owner = dependant.owners.first(where: { $0.uid == uid }),
      var object = find(owner.kind(in: self), dependant.namespace, owner.name), object.uid == uid,
      object.isTerminating, object.finalizers.contains(Self.foregroundFinalizer), dependants(of: uid).isEmpty
    else { return }
    let current = object
    object.finalizers.removeAll { $0 == Self.foregroundFinalizer }
    _ = commit(&object, current, verb: "update", Self.collectorUser)
  }

  private func orphanDependants(of owner: KubeObject) {
    for dependant in dependants(of: owner.uid) {
      var orphan = dependant
      let references = dependant.json.at("metadata", "ownerReferences")?.array ?? []
      let left = references.filter { $0["uid"]?.string != owner.uid }
      orphan.json.set("metadata", "ownerReferences", to: left.isEmpty ? nil : .array(left))
      _ = commit(&orphan, dependant, verb: "patch", Self.collectorUser)
    }
  }

  // MARK: Namespaces

  private func deleteNamespace(_ object: inout KubeObject, _ current: KubeObject, _ user: UserName) {
    guard !object.isTerminating else { return }
    object.json.set("metadata", "deletionTimestamp", to: .string(timestamp))
    object.json.set("status", "phase", to: "Terminating")
    store(&object, replacing: current, verb: "delete", user)
    deliver(.modified(object))
    let name = object.name
    simulation.after(Self.collectorLatency.sample(collectorStream), Self.collectorEvent) { [weak self] in
      guard let self else { return }
      for kind in kinds where kind.isNamespaced {
        for object in list(kind, namespace: name) where !object.isTerminating {
          try? delete(kind, name, object.name, as: Self.namespaceUser)
        }
      }
      finishNamespace(name)
    }
  }

  /// Removes a namespace that is being deleted once nothing is in it.
  private func finishNamespace(_ name: String) {
    guard let namespace = find(.namespace, "", name), namespace.isTerminating, namespace.finalizers.isEmpty else {
      return
    }
    for kind in kinds where kind.isNamespaced {
      let rest = list(kind, namespace: name)
      // What came while it was being emptied, such as the events of the pods' ends, goes too.
      guard rest.isEmpty else {
        for object in rest where !object.isTerminating {
          try? delete(kind, name, object.name, as: Self.namespaceUser)
        }
        return
      }
    }
    remove(namespace, Self.namespaceUser)
  }
}

/// An entry of `metadata.ownerReferences`.
struct OwnerReference {
  let apiVersion: String
  let kind: String
  let name: String
  let uid: String

  @Simulated
  func kind(in server: APIServer) -> ResourceKind { server.kind(apiVersion: apiVersion, kind: kind) }
}

extension KubeObject {
  var owners: [OwnerReference] {
    (json.at("metadata", "ownerReferences")?.array ?? []).map { reference in
      OwnerReference(
        apiVersion: reference["apiVersion"]?.string ?? "", kind: reference["kind"]?.string ?? "",
        name: reference["name"]?.string ?? "", uid: reference["uid"]?.string ?? "")
    }
  }

  var ownerUIDs: [String] {
    guard let references = json.at("metadata", "ownerReferences")?.array else { return [] }
    return references.compactMap { $0["uid"]?.string }
  }

  /// Whether a marked object needs no more time of its own: all but pods whose containers may still run.
  var hasNoGraceLeft: Bool { json.at("metadata", "deletionGracePeriodSeconds")?.integer ?? 0 == 0 }
}
