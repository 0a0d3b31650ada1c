import AWSModel
import Documents
import KubernetesModel
import SimulationKernel

/// Copies secrets from Secrets Manager into the cluster in the manner of the External Secrets Operator: at `refreshInterval`,
/// and at once when the ExternalSecret itself changes, so that an annotation forces it (external-secrets.io, api/externalsecret).
@Simulated
package final class SecretSync {
  static let user = "system:serviceaccount:external-secrets:external-secrets"
  package static let kind = ResourceKind("external-secrets.io", "v1", "ExternalSecret", "externalsecrets", ["es"])

  private let cluster: Cluster
  private let region: AWSRegion
  private var queue: WorkQueue?
  private var seen: [ObjectKey: JSONValue] = [:]
  private var refreshes: [ObjectKey: Timer] = [:]
  nonisolated private static let refreshEvent: EventName = "eso.refresh"

  package init(_ cluster: Cluster, _ region: AWSRegion) {
    self.cluster = cluster
    self.region = region
    cluster.server.register(Self.kind)
    let queue = WorkQueue(cluster.simulation, "controller.eso", delay: .milliseconds(300)) { [weak self] in
      self?.reconcile($0)
    }
    self.queue = queue
    cluster.server.watch(Self.kind) { [weak self] event in
      guard let self, self.isChange(event.object) else { return }
      queue.add(event.object.key)
    }
  }

  /// Its own status updates do not count.
  private func isChange(_ object: KubeObject) -> Bool {
    let trigger: JSONValue = [
      "spec": object.spec, "annotations": object.json.at("metadata", "annotations") ?? [:],
      "labels": object.json.at("metadata", "labels") ?? [:],
    ]
    guard seen[object.key] != trigger else { return false }
    seen[object.key] = trigger
    return true
  }

  private func reconcile(_ key: ObjectKey) {
    guard let external = cluster.server.find(Self.kind, key.namespace, key.name) else { return }
    schedule(external)
    do throws(SecretsManagerError) {
      let data = try fetch(external)
      write(data, of: external)
      setReady(external, "True", "SecretSynced", "secret synced")
    } catch {
      cluster.events.record(
        external, .warning, "UpdateFailed", "error processing spec.data[0] (key: \(firstKey(external))), err: \(error)",
        from: "external-secrets")
      setReady(external, "False", "SecretSyncedError", "could not get secret data from provider")
      cluster.journal.degrade(
        "\(cluster.name)/externalsecret/\(key.namespace)/\(key.name)", effect: "SecretSyncedError: \(error.code)")
      return
    }
    cluster.journal.recover("\(cluster.name)/externalsecret/\(key.namespace)/\(key.name)")
  }

  private func schedule(_ external: KubeObject) {
    let interval = Duration(goText: external.spec["refreshInterval"]?.string ?? "1h") ?? .seconds(3600)
    if let timer = refreshes[external.key] { cluster.simulation.cancel(timer) }
    guard interval > .zero else { return }
    refreshes[external.key] = cluster.simulation.after(TimeSpan(interval), Self.refreshEvent) { [weak self] in
      self?.queue?.add(external.key)
    }
  }

  private func firstKey(_ external: KubeObject) -> String {
    external.spec["data"]?[0]?.at("remoteRef", "key")?.string ?? external.spec["dataFrom"]?[0]?.at("extract", "key")?
      .string ?? ""
  }

  private func fetch(_ external: KubeObject) throws(SecretsManagerError) -> [(key: String, value: String)] {
    var result: [(key: String, value: String)] = []
    for source in external.spec["dataFrom"]?.array ?? [] {
      guard let key = source.at("extract", "key")?.string else { continue }
      let json = (try? parseJSON(try region.secrets.value(key).value)) ?? .null
      for member in json.object?.members ?? [] {
        result.append((member.key, member.value.string ?? member.value.jsonText()))
      }
    }
    for entry in external.spec["data"]?.array ?? [] {
      guard let name = entry["secretKey"]?.string, let key = entry.at("remoteRef", "key")?.string else { continue }
      let value = try region.secrets.value(key).value
      guard let property = entry.at("remoteRef", "property")?.string else {
        result.append((name, value))
        continue
      }
      guard let part = (try? parseJSON(value))?[property]?.string else {
        throw SecretsManagerError(code: "InvalidRequest", message: "key \(property) does not exist in secret \(key)")
      }
      result.append((name, part))
    }
    return result
  }

  private func write(_ data: [(key: String, value: String)], of external: KubeObject) {
    let name = external.spec.at("target", "name")?.string ?? external.name
    var secret =
      cluster.server.find(.secret, external.namespace, name)
      ?? KubeObject(.secret, namespace: external.namespace, name: name)
    let isNew = secret.uid.isEmpty
    secret.json["data"] = .object(JSONObject(data.map { ($0.key, .string(base64Encoded($0.value.utf8))) }))
    secret.setController(external)
    let before = secret.resourceVersion
    let written =
      isNew ? try? cluster.server.create(secret, as: Self.user) : try? cluster.server.update(secret, as: Self.user)
    guard let written, written.resourceVersion != before else { return }
    cluster.events.record(
      external, .normal, isNew ? "Created" : "Updated", isNew ? "secret created" : "secret updated",
      from: "external-secrets")
  }

  private func setReady(_ external: KubeObject, _ status: String, _ reason: String, _ message: String) {
    guard var latest = cluster.server.find(Self.kind, external.namespace, external.name) else { return }
    latest.json.set(
      "status",
      to: [
        "refreshTime": .string(cluster.server.timestamp),
        "conditions": [
          [
            "type": "Ready", "status": .string(status), "reason": .string(reason), "message": .string(message),
            "lastTransitionTime": .string(cluster.server.timestamp),
          ]
        ],
      ])
    _ = try? cluster.server.update(latest, as: Self.user)
  }
}
