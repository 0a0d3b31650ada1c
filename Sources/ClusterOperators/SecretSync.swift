import AWSModel
import Documents
import KubernetesModel
import SimulationKernel

/// Copies secrets from Secrets Manager into the cluster in the manner of the External Secrets Operator: at `refreshInterval`,
/// at once when the ExternalSecret itself changes, so that an annotation forces it, and at once when somebody changes or
/// deletes the Secret that it owns (external-secrets/external-secrets,
/// pkg/controllers/externalsecret/externalsecret_controller.go).
@Simulated
package final class SecretSync {
  static let user = "system:serviceaccount:external-secrets:external-secrets"
  static let component = "external-secrets"
  package static let kind = ResourceKind("external-secrets.io", "v1", "ExternalSecret", "externalsecrets", ["es"])
  static let hashAnnotation = "reconcile.external-secrets.io/data-hash"
  static let managedLabel = "reconcile.external-secrets.io/managed"

  private let cluster: Cluster
  private let region: AWSRegion
  private let stores: SecretStores
  private var queue: WorkQueue!
  /// What of an object makes it be synchronised again, as it last was.
  private var seen: [ObjectKey: JSONValue] = [:]
  private var refreshes: [ObjectKey: Timer] = [:]
  private var failures: [ObjectKey: Int] = [:]
  nonisolated private static let refreshEvent: EventName = "eso.refresh"

  package init(_ cluster: Cluster, _ region: AWSRegion) {
    self.cluster = cluster
    self.region = region
    stores = SecretStores(cluster, region)
    cluster.server.register(Self.kind)
    let queue = WorkQueue(cluster.simulation, "controller.eso", delay: .milliseconds(300)) { [weak self] in
      self?.reconcile($0)
    }
    self.queue = queue
    cluster.server.watch(Self.kind) { [weak self] event in self?.handle(event) }
    cluster.server.watch(.secret) { [weak self] event in self?.handle(secret: event) }
  }

  /// The operator does not run: Secrets stay as they are.
  package var isStopped: Bool {
    get { queue.isStopped }
    set { queue.isStopped = newValue }
  }

  private func handle(_ event: WatchEvent) {
    let object = event.object
    if case .deleted = event {
      seen[object.key] = nil
      cancelRefresh(object.key)
      return
    }
    // Its own status updates do not count.
    let trigger: JSONValue = [
      "uid": .string(object.uid), "spec": object.spec,
      "annotations": object.json.at("metadata", "annotations") ?? [:],
      "labels": object.json.at("metadata", "labels") ?? [:],
    ]
    guard seen[object.key] != trigger else { return }
    seen[object.key] = trigger
    queue.add(object.key)
  }

  /// A Secret that is not any more what was written into it is written again.
  private func handle(secret event: WatchEvent) {
    let secret = event.object
    guard let owner = secret.controller, owner["kind"]?.string == Self.kind.kind else { return }
    let isIntact = secret.annotation(Self.hashAnnotation) == Self.hash(secret.json["data"])
    if case .deleted = event {} else if isIntact { return }
    queue.add(ObjectKey(namespace: secret.namespace, name: owner["name"]?.string ?? ""))
  }

  private static func hash(_ data: JSONValue?) -> String {
    String(fnv1a((data ?? [:]).jsonBytes(JSONLayout(sortsKeys: true))), radix: 16)
  }

  // MARK: Synchronising

  private func reconcile(_ key: ObjectKey) {
    guard let external = cluster.server.find(Self.kind, key.namespace, key.name), !external.isTerminating else {
      return cancelRefresh(key)
    }
    do throws(SecretSyncError) {
      try stores.check(external)
      let data = try SecretData.fetch(external.spec, from: region.secrets)
      let outcome = try write(data, of: external)
      setReady(external, "True", outcome.reason, outcome.message)
      failures[key] = nil
      schedule(external)
      cluster.journal.recover(component(key))
    } catch {
      cluster.events.record(external, .warning, "UpdateFailed", error.message, from: Self.component)
      setReady(external, "False", "SecretSyncedError", "could not get secret data from provider")
      cluster.journal.degrade(component(key), effect: "SecretSyncedError: \(error.code)")
      retry(key)
    }
  }

  private func component(_ key: ObjectKey) -> String { "\(cluster.name)/externalsecret/\(key.namespace)/\(key.name)" }

  /// A failed synchronisation is tried again after 1 s, doubling, at most 7 min (pkg/controllers/common/common.go).
  private func retry(_ key: ObjectKey) {
    let count = failures[key] ?? 0
    failures[key] = count + 1
    cancelRefresh(key)
    queue.add(key, after: min(.seconds(1) * (1 << min(count, 20)), .minutes(7)))
  }

  private func schedule(_ external: KubeObject) {
    cancelRefresh(external.key)
    let interval = Duration(goText: external.spec["refreshInterval"]?.string ?? "1h") ?? .seconds(3600)
    guard interval > .zero else { return }
    refreshes[external.key] = cluster.simulation.after(TimeSpan(interval), Self.refreshEvent) { [weak self] in
      self?.queue.add(external.key)
    }
  }

  private func cancelRefresh(_ key: ObjectKey) {
    if let timer = refreshes.removeValue(forKey: key) { cluster.simulation.cancel(timer) }
  }

  // MARK: Writing

  private typealias Outcome = (reason: String, message: String)

  private func write(_ data: [SecretData], of external: KubeObject) throws(SecretSyncError) -> Outcome {
    let target = external.spec["target"]
    let name = target?["name"]?.string ?? external.name
    let policy = target?["creationPolicy"]?.string ?? "Owner"
    let known = cluster.server.find(.secret, external.namespace, name)
    if policy == "None" { return ("SecretSynced", "secret synced") }
    if policy == "Merge", known == nil {
      return ("SecretMissing", "secret will not be created due to CreationPolicy=Merge")
    }
    var secret = known ?? KubeObject(.secret, namespace: external.namespace, name: name)
    if known == nil { secret.json["type"] = target?.at("template", "type") ?? "Opaque" }
    let entries = data.map { ($0.key, JSONValue.string(base64Encoded($0.value.utf8))) }
    if policy == "Merge" {
      for (key, value) in entries { secret.json.set("data", key, to: value) }
    } else {
      secret.json["data"] = .object(JSONObject(entries))
      if policy == "Owner" { secret.setController(external) }
    }
    secret.json.set("metadata", "labels", Self.managedLabel, to: "true")
    secret.json.set("metadata", "annotations", Self.hashAnnotation, to: .string(Self.hash(secret.json["data"])))
    try store(secret, isNew: known == nil, external)
    return ("SecretSynced", "secret synced")
  }

  private func store(_ secret: KubeObject, isNew: Bool, _ external: KubeObject) throws(SecretSyncError) {
    let before = secret.resourceVersion
    do throws(APIError) {
      let written =
        isNew
        ? try cluster.server.create(secret, as: Self.user) : try cluster.server.update(secret, as: Self.user)
      guard written.resourceVersion != before else { return }
    } catch {
      throw SecretSyncError(code: error.reason.rawValue, message: error.message)
    }
    cluster.events.record(
      external, .normal, isNew ? "Created" : "Updated", isNew ? "Created Secret" : "Updated Secret",
      from: Self.component)
  }

  private func setReady(_ external: KubeObject, _ status: String, _ reason: String, _ message: String) {
    guard var latest = cluster.server.find(Self.kind, external.namespace, external.name) else { return }
    var conditions = Conditions(of: latest, now: cluster.server.timestamp)
    conditions.setDatedByTransition("Ready", status, reason, message)
    if status == "True" {
      latest.json.set("status", "refreshTime", to: .string(cluster.server.timestamp))
      let target = external.spec.at("target", "name")?.string ?? external.name
      latest.json.set("status", "binding", "name", to: .string(target))
    }
    latest.json.set("status", "conditions", to: conditions.json)
    _ = try? cluster.server.update(latest, as: Self.user)
  }
}
