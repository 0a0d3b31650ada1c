import KubernetesModel
import SimulationKernel
import Telemetry

/// The text of kube-state-metrics, kept object by object: an object's part is written again only when the object changed, and
/// the whole is put together only when one of them did (kubernetes/kube-state-metrics, pkg/metrics_store).
@Simulated
final class StateMetricsStore {
  /// The objects of one kind.
  @Simulated
  private final class Collection {
    let families: [StateFamily]
    let labels: @Simulated @Sendable (KubeObject) -> [(String, String)]
    var objects: [ObjectKey: KubeObject] = [:]
    /// Text by family; `nil` until it is next needed.
    var texts: [ObjectKey: [[UInt8]]] = [:]
    /// Keys in order; empty until next needed.
    var order: [ObjectKey] = []

    init(_ families: [StateFamily], _ labels: @escaping @Simulated @Sendable (KubeObject) -> [(String, String)]) {
      self.families = families
      self.labels = labels
    }

    func apply(_ event: WatchEvent) {
      let object = event.object
      texts[object.key] = nil
      if case .deleted = event {
        objects[object.key] = nil
        order = []
      } else if objects.updateValue(object, forKey: object.key) == nil {
        order = []
      }
    }

    func write(into text: inout ExpositionText) {
      if order.isEmpty { order = objects.map(\.key).sorted() }
      for key in order where texts[key] == nil { texts[key] = objects[key].map(render) }
      for (index, family) in families.enumerated() {
        text.family(family.name, family.type, family.help)
        for key in order { if let parts = texts[key] { text.append(contentsOf: parts[index]) } }
      }
    }

    private func render(_ object: KubeObject) -> [[UInt8]] {
      let labels = labels(object)
      let source = StateSource(json: object.json)
      return families.map { family in
        var samples = StateSamples(family.name, labels)
        family.write(source, &samples)
        return samples.text.bytes
      }
    }
  }

  private var collections: [Collection] = []
  private var assembled: [UInt8]?

  init(_ server: APIServer) {
    for row in Self.kinds(server) {
      let collection = Collection(row.families, row.labels)
      collections.append(collection)
      server.watch(row.kind) { [weak self] event in
        guard let self else { return }
        collection.apply(event)
        assembled = nil
      }
    }
  }

  /// The body of `/metrics`.
  var exposition: [UInt8] {
    if let assembled { return assembled }
    var text = ExpositionText(capacity: 1 << 18)
    for collection in collections { collection.write(into: &text) }
    assembled = text.bytes
    return text.bytes
  }

  private typealias Row = (
    kind: ResourceKind, families: [StateFamily], labels: @Simulated @Sendable (KubeObject) -> [(String, String)]
  )

  private static func kinds(_ server: APIServer) -> [Row] {
    func named(_ label: String) -> @Simulated @Sendable (KubeObject) -> [(String, String)] {
      { [("namespace", $0.namespace), (label, $0.name)] }
    }
    func ofCluster(_ label: String) -> @Simulated @Sendable (KubeObject) -> [(String, String)] {
      { [(label, $0.name)] }
    }
    return [
      (.configMap, StateFamilies.configMaps, named("configmap")),
      (.daemonSet, StateFamilies.daemonSets, named("daemonset")),
      (.deployment, StateFamilies.deployments, named("deployment")),
      (
        .endpointSlice, StateFamilies.endpoints,
        {
          [("namespace", $0.namespace), ("endpoint", $0.label(EndpointSliceController.serviceLabel) ?? $0.name)]
        }
      ),
      (.endpointSlice, StateFamilies.endpointSlices, named("endpointslice")),
      (.horizontalPodAutoscaler, StateFamilies.horizontalPodAutoscalers, named("horizontalpodautoscaler")),
      (.namespace, StateFamilies.namespaces, ofCluster("namespace")),
      (.node, StateFamilies.nodes, ofCluster("node")),
      (.pod, StateFamilies.pods, { [("namespace", $0.namespace), ("pod", $0.name), ("uid", $0.uid)] }),
      (.podDisruptionBudget, StateFamilies.podDisruptionBudgets, named("poddisruptionbudget")),
      (.replicaSet, StateFamilies.replicaSets, named("replicaset")),
      (.secret, StateFamilies.secrets, named("secret")),
      (.service, StateFamilies.services, { [("namespace", $0.namespace), ("service", $0.name), ("uid", $0.uid)] }),
      (server.kind(apiVersion: "apps/v1", kind: "StatefulSet"), StateFamilies.statefulSets, named("statefulset")),
    ]
  }
}
