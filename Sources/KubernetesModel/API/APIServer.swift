import Documents
import SimulationKernel
import Telemetry

/// Who made a change, as the audit log and the journal name them.
package typealias UserName = String

/// What a watch delivers.
package enum WatchEvent: Sendable {
  case added(KubeObject), modified(KubeObject), deleted(KubeObject)

  package var object: KubeObject {
    switch self {
    case .added(let object), .modified(let object), .deleted(let object): object
    }
  }
}

/// The API server of one cluster and its store: versions, watches, validation, defaults.
///
/// Every change has the next resourceVersion; `generation` counts changes of what is desired; a change that changes nothing
/// is none. Watches are delivered as events of their own a moment later, in order.
@Simulated
package final class APIServer {
  package let simulation: Simulation
  /// The kube context's name, such as `spain`.
  package let cluster: String
  package private(set) var kinds = ResourceKind.builtIn

  private struct Collection {
    var objects: [ObjectKey: KubeObject] = [:]
    var order: [ObjectKey] = []
  }

  private var collections: [ResourceKind: Collection] = [:]
  private var watches: [ResourceKind: [@Simulated (WatchEvent) -> Void]] = [:]
  private var version: Int64 = 1000
  private var nextServiceAddress: UInt32 = 10
  private let journal: Journal
  let stream: RandomStream

  package init(_ simulation: Simulation, cluster: String, journal: Journal) {
    self.simulation = simulation
    self.cluster = cluster
    self.journal = journal
    stream = simulation.random("apiserver/\(cluster)")
  }

  /// Time from a change to its watchers.
  static let watchLatency = Distribution.uniform(.milliseconds(2), .milliseconds(8))
  nonisolated private static let watchEvent: EventName = "apiserver.watch"

  package var timestamp: String { ClusterClock.timestamp(simulation.now) }

  // MARK: Kinds

  /// Serves a kind that is not built in, as a CustomResourceDefinition would make it.
  package func register(_ kind: ResourceKind) {
    if !kinds.contains(where: { $0.group == kind.group && $0.kind == kind.kind }) { kinds.append(kind) }
  }

  /// The kind of an object by its `apiVersion` and `kind`; unknown ones are registered as custom resources.
  package func kind(apiVersion: String, kind name: String) -> ResourceKind {
    let parts = apiVersion.split(separator: "/", maxSplits: 1).map(String.init)
    let (group, version) = parts.count == 2 ? (parts[0], parts[1]) : ("", apiVersion)
    if let known = kinds.first(where: { $0.group == group && $0.kind == name }) { return known }
    let lower = name.lowercased()
    let plural = lower.hasSuffix("y") ? lower.dropLast() + "ies" : lower.hasSuffix("s") ? lower + "es" : lower + "s"
    let kind = ResourceKind(
      group, version, name, String(plural), namespaced: !name.hasPrefix("Cluster") && name != "StorageClass")
    register(kind)
    return kind
  }

  /// The kind that a word of the command line means.
  package func kind(named word: String) -> ResourceKind? { kinds.first { $0.isNamed(word) } }

  // MARK: Reading

  package func get(_ kind: ResourceKind, _ namespace: String, _ name: String) throws(APIError) -> KubeObject {
    guard let object = find(kind, namespace, name) else { throw .notFound(kind, name) }
    return object
  }

  package func find(_ kind: ResourceKind, _ namespace: String, _ name: String) -> KubeObject? {
    collections[kind]?.objects[ObjectKey(namespace: kind.isNamespaced ? namespace : "", name: name)]
  }

  /// Objects by namespace and name.
  package func list(
    _ kind: ResourceKind, namespace: String? = nil, labels: LabelSelector? = nil, fields: FieldSelector? = nil
  ) -> [KubeObject] {
    guard let collection = collections[kind] else { return [] }
    return collection.order.compactMap { key in
      guard namespace == nil || key.namespace == namespace, let object = collection.objects[key],
        labels?.matches(object.labels) ?? true, fields?.matches(object) ?? true
      else { return nil }
      return object
    }
  }

  /// Calls `handler` with every object there is, now, and with each later change.
  package func watch(_ kind: ResourceKind, _ handler: @escaping @Simulated (WatchEvent) -> Void) {
    watches[kind, default: []].append(handler)
    for object in list(kind) { handler(.added(object)) }
  }

  // MARK: Writing

  @discardableResult
  package func create(_ object: KubeObject, as user: UserName) throws(APIError) -> KubeObject {
    var object = object
    if !object.kind.isNamespaced { object.json.set("metadata", "namespace", to: nil) }
    if object.kind.isNamespaced, object.namespace.isEmpty { object.json.set("metadata", "namespace", to: "default") }
    guard !object.name.isEmpty else {
      throw .invalid(object.kind, "", ["metadata.name: Required value: name or generateName is required"])
    }
    guard find(object.kind, object.namespace, object.name) == nil else {
      throw .alreadyExists(object.kind, object.name)
    }
    if object.kind.isNamespaced, object.kind != .event, find(.namespace, "", object.namespace) == nil {
      throw .notFound(.namespace, object.namespace)
    }
    applyDefaults(&object)
    try validate(object, replacing: nil)
    object.json.set("metadata", "uid", to: .string(makeUID()))
    object.json.set("metadata", "creationTimestamp", to: .string(timestamp))
    if object.json["spec"] != nil { object.json.set("metadata", "generation", to: 1) }
    store(&object, verb: "create", user)
    deliver(.added(object))
    return object
  }

  /// Replaces an object; status changes are ignored for kinds whose status is a subresource.
  ///
  /// - Throws: `conflict` when the object carries a resourceVersion that is not the latest.
  @discardableResult
  package func update(_ object: KubeObject, as user: UserName) throws(APIError) -> KubeObject {
    let current = try get(object.kind, object.namespace, object.name)
    if object.resourceVersion != 0, object.resourceVersion != current.resourceVersion {
      throw .conflict(object.kind, object.name)
    }
    var object = object
    for field in ["uid", "creationTimestamp", "deletionTimestamp", "generation"] {
      object.json.set("metadata", field, to: current.json.at("metadata", field))
    }
    if Self.hasStatusSubresource(object.kind) { object.json["status"] = current.json["status"] }
    applyDefaults(&object)
    try validate(object, replacing: current)
    return commit(&object, current, verb: "update", user)
  }

  /// Replaces an object's status only.
  @discardableResult
  package func updateStatus(_ object: KubeObject, as user: UserName) throws(APIError) -> KubeObject {
    let current = try get(object.kind, object.namespace, object.name)
    var updated = current
    updated.json["status"] = object.json["status"]
    return commit(&updated, current, verb: "update", user)
  }

  /// A patch's format.
  package enum PatchType: String, Sendable { case json, merge, strategic }

  @discardableResult
  package func patch(
    _ kind: ResourceKind, _ namespace: String, _ name: String, _ type: PatchType, _ patch: JSONValue, as user: UserName
  ) throws(APIError) -> KubeObject {
    let current = try get(kind, namespace, name)
    var patched = current
    switch type {
    case .merge: patched.json = current.json.applyingMergePatch(patch)
    case .strategic: patched.json = current.json.applyingStrategicMergePatch(patch)
    case .json:
      do { patched.json = try current.json.applyingJSONPatch(patch) } catch {
        throw .invalid(kind, name, [error.description])
      }
    }
    guard patched.name == name else {
      throw APIError(
        .badRequest, "the name of the object (\(patched.name)) does not match the name on the URL (\(name))")
    }
    patched.json.set("metadata", "resourceVersion", to: current.json.at("metadata", "resourceVersion"))
    return try update(patched, as: user)
  }

  /// Deletes an object. A pod that runs is marked and goes when its kubelet has stopped it; dependants go in the background.
  package func delete(
    _ kind: ResourceKind, _ namespace: String, _ name: String, gracePeriodSeconds: Int64? = nil, as user: UserName
  ) throws(APIError) {
    var object = try get(kind, namespace, name)
    let grace = gracePeriodSeconds ?? object.spec["terminationGracePeriodSeconds"]?.integer ?? 30
    if kind == .pod, object.spec["nodeName"]?.string != nil, grace > 0 {
      guard !object.isTerminating else { return }
      object.json.set("metadata", "deletionGracePeriodSeconds", to: .integer(grace))
      object.json.set(
        "metadata", "deletionTimestamp", to: .string(ClusterClock.timestamp(simulation.now + .seconds(Double(grace)))))
      store(&object, verb: "delete", user)
      deliver(.modified(object))
    } else {
      remove(object, user)
    }
  }

  /// Removes a pod whose containers have ended.
  package func finaliseDelete(_ kind: ResourceKind, _ namespace: String, _ name: String, as user: UserName) {
    if let object = find(kind, namespace, name) { remove(object, user) }
  }

  private func remove(_ object: KubeObject, _ user: UserName) {
    collections[object.kind]?.objects[object.key] = nil
    collections[object.kind]?.order.removeAll { $0 == object.key }
    version += 1
    note(object, verb: "delete", user)
    deliver(.deleted(object))
    collectDependants(of: object)
    if object.kind == .namespace { removeContents(of: object.name, user) }
  }

  private func removeContents(of namespace: String, _ user: UserName) {
    for kind in kinds where kind.isNamespaced {
      for object in list(kind, namespace: namespace) { try? delete(kind, namespace, object.name, as: user) }
    }
  }

  /// Garbage collection in the background: what the object controlled is deleted too.
  private func collectDependants(of owner: KubeObject) {
    let owned: [ResourceKind] =
      owner.kind == .deployment
      ? [.replicaSet] : owner.kind == .replicaSet ? [.pod] : owner.kind == .service ? [.endpointSlice] : [.secret]
    for kind in owned {
      for dependant in list(kind, namespace: owner.namespace) where dependant.controllerUID == owner.uid {
        try? delete(
          kind, dependant.namespace, dependant.name, as: "system:serviceaccount:kube-system:generic-garbage-collector")
      }
    }
  }

  private func commit(_ object: inout KubeObject, _ current: KubeObject, verb: String, _ user: UserName) -> KubeObject {
    object.json.set("metadata", "resourceVersion", to: current.json.at("metadata", "resourceVersion"))
    guard object.json != current.json else { return current }
    if object.json["spec"] != current.json["spec"] {
      object.json.set("metadata", "generation", to: .integer(current.generation + 1))
    }
    store(&object, verb: verb, user)
    deliver(.modified(object))
    return object
  }

  private func store(_ object: inout KubeObject, verb: String, _ user: UserName) {
    version += 1
    object.json.set("metadata", "resourceVersion", to: .string(String(version)))
    let key = object.key
    if collections[object.kind, default: Collection()].objects.updateValue(object, forKey: key) == nil {
      let order = collections[object.kind]?.order ?? []
      collections[object.kind]?.order.insert(key, at: order.partitioningIndex { !($0 < key) })
    }
    note(object, verb: verb, user)
  }

  private func note(_ object: KubeObject, verb: String, _ user: UserName) {
    journal.note(
      Journal.ResourceVersion(
        at: simulation.now, region: cluster, kind: object.kind.kind, namespace: object.namespace, name: object.name,
        version: version, user: user, verb: verb, object: object.json))
  }

  private func deliver(_ event: WatchEvent) {
    guard watches[event.object.kind]?.isEmpty == false else { return }
    simulation.after(nextDelivery(), Self.watchEvent) { [self] in
      for handler in watches[event.object.kind] ?? [] { handler(event) }
    }
  }

  private var lastDelivery = Instant.zero

  /// A latency that keeps deliveries in the order of the changes.
  private func nextDelivery() -> TimeSpan {
    lastDelivery = max(lastDelivery, simulation.now + Self.watchLatency.sample(stream))
    return lastDelivery - simulation.now
  }

  // MARK: Names

  /// Random characters of object names: no vowels and no digits that look like letters (apimachinery, `util/rand`).
  package static let nameAlphabet = Array("bcdfghjklmnpqrstvwxz2456789")

  package func nameSuffix(_ length: Int = 5) -> String {
    String((0..<length).map { _ in Self.nameAlphabet[stream.integer(below: Self.nameAlphabet.count)] })
  }

  private func makeUID() -> String {
    let digits = (0..<32).map { _ in String(stream.integer(below: 16), radix: 16) }.joined()
    var text = ""
    for (index, digit) in digits.enumerated() { text += ([8, 12, 16, 20].contains(index) ? "-" : "") + String(digit) }
    return text
  }

  func nextClusterIP() -> String {
    nextServiceAddress += 1
    return "172.20.\(nextServiceAddress >> 8).\(nextServiceAddress & 255)"
  }

  static func hasStatusSubresource(_ kind: ResourceKind) -> Bool {
    [
      .pod, .node, .deployment, .replicaSet, .service, .ingress, .namespace, .podDisruptionBudget,
      .horizontalPodAutoscaler,
    ].contains(kind)
  }
}

extension [ObjectKey] {
  /// The first index at which the predicate holds, in an array where it holds from some index on.
  fileprivate func partitioningIndex(where predicate: (ObjectKey) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if predicate(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
