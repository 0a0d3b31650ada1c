import AWSModel
import Documents
import KubernetesModel
import SimulationKernel

/// SecretStores and ClusterSecretStores: whether they lead to this region's Secrets Manager (external-secrets/external-secrets,
/// pkg/controllers/secretstore/common.go).
@Simulated
final class SecretStores {
  static let store = ResourceKind("external-secrets.io", "v1", "SecretStore", "secretstores", ["ss"])
  static let clusterStore = ResourceKind(
    "external-secrets.io", "v1", "ClusterSecretStore", "clustersecretstores", ["css"], namespaced: false)

  private let cluster: Cluster
  private let region: AWSRegion

  init(_ cluster: Cluster, _ region: AWSRegion) {
    self.cluster = cluster
    self.region = region
    for kind in [Self.store, Self.clusterStore] {
      cluster.server.register(kind)
      cluster.server.watch(kind) { [weak self] event in
        if case .deleted = event { return }
        self?.validate(event.object)
      }
    }
  }

  /// Why a store cannot be used; `nil` when it can.
  private func fault(of store: KubeObject) -> String? {
    guard let provider = store.spec.at("provider", "aws") else { return "no provider of this cluster's cloud" }
    guard provider["service"]?.string == "SecretsManager" else {
      return "unknown service \(provider["service"]?.string ?? "")"
    }
    let named = provider["region"]?.string ?? ""
    return named == region.code ? nil : "region \(named) cannot be reached from \(region.code)"
  }

  private func validate(_ store: KubeObject) {
    var latest = store
    var conditions = Conditions(of: store, now: cluster.server.timestamp)
    if let fault = fault(of: store) {
      conditions.setDatedByTransition("Ready", "False", "InvalidProviderConfig", "unable to validate store: \(fault)")
    } else {
      conditions.setDatedByTransition("Ready", "True", "Valid", "store validated")
      latest.json.set("status", "capabilities", to: "ReadWrite")
    }
    latest.json.set("status", "conditions", to: conditions.json)
    guard latest.json != store.json, (try? cluster.server.update(latest, as: SecretSync.user)) != nil else { return }
    let isValid = conditions.isTrue("Ready")
    cluster.events.record(
      store, isValid ? .normal : .warning, isValid ? "Valid" : "InvalidProviderConfig",
      isValid ? "store validated" : "unable to validate store",
      from: store.kind == Self.store ? "secret-store" : "cluster-secret-store")
  }

  /// - Throws: when the store of an ExternalSecret is missing or not ready.
  func check(_ external: KubeObject) throws(SecretSyncError) {
    guard let reference = external.spec["secretStoreRef"], let name = reference["name"]?.string else { return }
    let kind = reference["kind"]?.string == Self.clusterStore.kind ? Self.clusterStore : Self.store
    guard let store = cluster.server.find(kind, external.namespace, name) else {
      throw SecretSyncError(
        code: "SecretStoreMissing",
        message: "could not get \(kind.kind) \"\(name)\", \(kind.qualifiedName) \"\(name)\" not found")
    }
    if fault(of: store) != nil {
      throw SecretSyncError(code: "SecretStoreNotReady", message: "\(kind.kind) \"\(name)\" is not ready")
    }
  }
}
