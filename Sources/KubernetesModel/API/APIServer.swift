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

/// A running watch.
@Simulated
package final class Watch {
  let handler: @Simulated (WatchEvent) -> Void
  private(set) var isCancelled = false

  init(_ handler: @escaping @Simulated (WatchEvent) -> Void) { self.handler = handler }

  /// Ends it: nothing is delivered any more, not even what is under way.
  package func cancel() { isCancelled = true }
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
  package internal(set) var kinds = ResourceKind.builtIn

  private struct Collection {
    var objects: [ObjectKey: KubeObject] = [:]
    var order: [ObjectKey] = []
  }

  private var collections: [ResourceKind: Collection] = [:]
  /// Objects by the uids of their owners, in the order in which they came.
  private var dependants: [String: [Dependant]] = [:]
  /// The columns of custom resources, by kind.
  var printerColumns: [ResourceKind: [PrinterColumn]] = [:]
  private var watches: [ResourceKind: [Watch]] = [:]
  private var version: Int64 = 1000
  var nextServiceAddress: UInt32 = 10
  /// Node ports are given out in order from 30001 on; the real allocator draws them.
  var lastNodePort: Int64 = 30_000
  private let journal: Journal
  let stream: RandomStream
  /// The garbage collector's own, so that deletions do not shift the names of new objects.
  let collectorStream: RandomStream

  package init(_ simulation: Simulation, cluster: String, journal: Journal) {
    self.simulation = simulation
    self.cluster = cluster
    self.journal = journal
    stream = simulation.random("apiserver/\(cluster)")
    collectorStream = simulation.random("garbage-collector/\(cluster)")
  }

  /// Time from a change to its watchers.
  static let watchLatency = Distribution.uniform(.milliseconds(2), .milliseconds(8))
  nonisolated private static let watchEvent: EventName = "apiserver.watch"

  package var timestamp: String { ClusterClock.timestamp(simulation.now) }

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

  /// Objects that name this uid among their owners, in the order in which they came.
  package func dependants(of uid: String) -> [KubeObject] {
    (dependants[uid] ?? []).compactMap { collections[$0.kind]?.objects[$0.key] }
  }

  /// Calls `handler` with every object there is, now, and with each later change until the watch is cancelled.
  ///
  /// - Parameter isFromNow: leaves out what there is already.
  @discardableResult
  package func watch(
    _ kind: ResourceKind, isFromNow: Bool = false, _ handler: @escaping @Simulated (WatchEvent) -> Void
  ) -> Watch {
    let watch = Watch(handler)
    watches[kind, default: []].append(watch)
    if !isFromNow { for object in list(kind) { handler(.added(object)) } }
    return watch
  }

  // MARK: Writing

  /// Stores a new object; `metadata.generateName` names one that has no name.
  @discardableResult
  package func create(_ object: KubeObject, as user: UserName) throws(APIError) -> KubeObject {
    var object = try admitted(new: object)
    object.json.set("metadata", "uid", to: .string(makeUID()))
    object.json.set("metadata", "creationTimestamp", to: .string(timestamp))
    store(&object, replacing: nil, verb: "create", user)
    if object.kind == .customResourceDefinition { register(definition: object) }
    deliver(.added(object))
    return object
  }

  /// What `create` would store, less uid and times: defaults, and the refusals. `--dry-run=server`.
  package func admitted(new object: KubeObject) throws(APIError) -> KubeObject {
    var object = object
    if !object.kind.isNamespaced { object.json.set("metadata", "namespace", to: nil) }
    if object.kind.isNamespaced, object.namespace.isEmpty { object.json.set("metadata", "namespace", to: "default") }
    if object.name.isEmpty, let prefix = object.json.at("metadata", "generateName")?.string {
      object.json.set("metadata", "name", to: .string(prefix + nameSuffix()))
    }
    guard !object.name.isEmpty else {
      throw .invalid(
        object.kind, "", [APIError.Cause("metadata.name", "Required value: name or generateName is required")])
    }
    guard find(object.kind, object.namespace, object.name) == nil else {
      throw .alreadyExists(object.kind, object.name)
    }
    try checkNamespace(of: object)
    if let problem = FieldSchema.typeProblem(object.json, object.kind) { throw .undecodable(object.kind, problem) }
    for field in ["uid", "creationTimestamp", "deletionTimestamp", "resourceVersion", "generation"] {
      object.json.set("metadata", field, to: nil)
    }
    if object.kind.dropsStatusAtCreation { object.json["status"] = nil }
    applyDefaults(&object, replacing: nil)
    try validate(object, replacing: nil)
    if object.json["spec"] != nil, object.kind.hasGeneration { object.json.set("metadata", "generation", to: 1) }
    return object
  }

  private func checkNamespace(of object: KubeObject) throws(APIError) {
    guard object.kind.isNamespaced, object.kind != .event else { return }
    guard let namespace = find(.namespace, "", object.namespace) else { throw .notFound(.namespace, object.namespace) }
    guard !namespace.isTerminating else {
      throw .forbidden(
        object.kind, object.name,
        "unable to create new content in namespace \(object.namespace) because it is being terminated")
    }
  }

  /// Replaces an object; status changes are ignored for kinds whose status is a subresource. An object that is being
  /// deleted goes when its last finalizer has gone.
  ///
  /// - Throws: `conflict` when the object carries a resourceVersion that is not the latest.
  @discardableResult
  package func update(_ object: KubeObject, as user: UserName) throws(APIError) -> KubeObject {
    let current = try get(object.kind, object.namespace, object.name)
    var object = try admitted(object, replacing: current)
    return commit(&object, current, verb: "update", user)
  }

  /// What `update` would store in place of the current object, or its refusal.
  package func admitted(_ object: KubeObject, replacing current: KubeObject) throws(APIError) -> KubeObject {
    if object.resourceVersion != 0, object.resourceVersion != current.resourceVersion {
      throw .conflict(object.kind, object.name)
    }
    var object = object
    if let problem = FieldSchema.typeProblem(object.json, object.kind) { throw .undecodable(object.kind, problem) }
    for field in ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"] {
      object.json.set("metadata", field, to: current.json.at("metadata", field))
    }
    if object.kind.hasStatusSubresource { object.json["status"] = current.json["status"] }
    applyDefaults(&object, replacing: current)
    try validate(object, replacing: current)
    return object
  }

  /// Replaces an object's status only.
  ///
  /// - Throws: `conflict` when the object carries a resourceVersion that is not the latest and `isStrict`.
  @discardableResult
  package func updateStatus(
    _ object: KubeObject, isStrict: Bool = false, as user: UserName
  ) throws(APIError) -> KubeObject {
    let current = try get(object.kind, object.namespace, object.name)
    if isStrict, object.resourceVersion != 0, object.resourceVersion != current.resourceVersion {
      throw .conflict(object.kind, object.name)
    }
    var updated = current
    updated.json["status"] = object.json["status"]
    return commit(&updated, current, verb: "update", user)
  }

  /// Takes an object out of the store for good, whatever holds it; dependants go in the background.
  func remove(_ object: KubeObject, _ user: UserName) {
    guard let stored = collections[object.kind]?.objects.removeValue(forKey: object.key) else { return }
    if let index = collections[object.kind]?.order.index(of: object.key) {
      collections[object.kind]?.order.remove(at: index)
    }
    unindex(stored)
    var gone = object
    version += 1
    gone.json.set("metadata", "resourceVersion", to: .string(String(version)))
    note(gone, verb: "delete", user)
    deliver(.deleted(gone))
    removed(gone)
  }

  /// Stores a change that changes something; `generation` counts changes outside of metadata and status.
  func commit(_ object: inout KubeObject, _ current: KubeObject, verb: String, _ user: UserName) -> KubeObject {
    object.json.set("metadata", "resourceVersion", to: current.json.at("metadata", "resourceVersion"))
    guard object.json != current.json else { return current }
    if object.kind.hasGeneration, object.json["spec"] != current.json["spec"] {
      object.json.set("metadata", "generation", to: .integer(current.generation + 1))
    }
    store(&object, replacing: current, verb: verb, user)
    deliver(.modified(object))
    if object.isTerminating, object.finalizers.isEmpty, object.hasNoGraceLeft { remove(object, user) }
    return object
  }

  func store(_ object: inout KubeObject, replacing current: KubeObject?, verb: String, _ user: UserName) {
    version += 1
    object.json.set("metadata", "resourceVersion", to: .string(String(version)))
    let key = object.key
    collections[object.kind, default: Collection()].objects[key] = object
    if current == nil {
      let index = collections[object.kind]?.order.partitioningIndex { !($0 < key) } ?? 0
      collections[object.kind]?.order.insert(key, at: index)
    }
    let owners = object.json.at("metadata", "ownerReferences")
    if owners != current?.json.at("metadata", "ownerReferences") {
      if let current { unindex(current) }
      for uid in object.ownerUIDs { dependants[uid, default: []].append(Dependant(kind: object.kind, key: key)) }
    }
    note(object, verb: verb, user)
  }

  private func unindex(_ object: KubeObject) {
    for uid in object.ownerUIDs {
      dependants[uid]?.removeAll { $0.kind == object.kind && $0.key == object.key }
      if dependants[uid]?.isEmpty == true { dependants[uid] = nil }
    }
  }

  private func note(_ object: KubeObject, verb: String, _ user: UserName) {
    journal.note(
      Journal.ResourceVersion(
        at: simulation.now, region: cluster, kind: object.kind.kind, namespace: object.namespace, name: object.name,
        version: version, user: user, verb: verb, object: object.json))
  }

  func deliver(_ event: WatchEvent) {
    let kind = event.object.kind
    guard watches[kind]?.isEmpty == false else { return }
    simulation.after(nextDelivery(), Self.watchEvent) { [self] in
      let current = watches[kind] ?? []
      for watch in current where !watch.isCancelled { watch.handler(event) }
      if current.contains(where: \.isCancelled) { watches[kind]?.removeAll(where: \.isCancelled) }
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
}

/// An object by what it is stored under.
private struct Dependant {
  var kind: ResourceKind
  var key: ObjectKey
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

  /// The index of a key in a sorted array.
  fileprivate func index(of key: ObjectKey) -> Int? {
    let index = partitioningIndex { !($0 < key) }
    return index < count && self[index] == key ? index : nil
  }
}
