/// One cluster: its API server and store, the controllers, the scheduler and a kubelet on each node.
///
/// The module imports the network model, because probes are packets, and knows no cloud: what bridges a cluster to one is
/// in ClusterOperators, what runs in its containers in Workloads.

/// A kind of API resource.
package struct ResourceKind: Hashable, Sendable {
  /// Empty for the core group.
  package let group: String
  package let version: String
  package let kind: String
  package let plural: String
  package let shortNames: [String]
  package let isNamespaced: Bool

  package init(
    _ group: String, _ version: String, _ kind: String, _ plural: String, _ shortNames: [String] = [],
    namespaced: Bool = true
  ) {
    self.group = group
    self.version = version
    self.kind = kind
    self.plural = plural
    self.shortNames = shortNames
    isNamespaced = namespaced
  }

  package static let pod = ResourceKind("", "v1", "Pod", "pods", ["po"])
  package static let node = ResourceKind("", "v1", "Node", "nodes", ["no"], namespaced: false)
  package static let namespace = ResourceKind("", "v1", "Namespace", "namespaces", ["ns"], namespaced: false)
  package static let service = ResourceKind("", "v1", "Service", "services", ["svc"])
  package static let configMap = ResourceKind("", "v1", "ConfigMap", "configmaps", ["cm"])
  package static let secret = ResourceKind("", "v1", "Secret", "secrets")
  package static let event = ResourceKind("", "v1", "Event", "events", ["ev"])
  package static let serviceAccount = ResourceKind("", "v1", "ServiceAccount", "serviceaccounts", ["sa"])
  package static let deployment = ResourceKind("apps", "v1", "Deployment", "deployments", ["deploy"])
  package static let replicaSet = ResourceKind("apps", "v1", "ReplicaSet", "replicasets", ["rs"])
  package static let endpointSlice = ResourceKind("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices")
  package static let ingress = ResourceKind("networking.k8s.io", "v1", "Ingress", "ingresses", ["ing"])
  package static let networkPolicy = ResourceKind(
    "networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", ["netpol"])
  package static let podDisruptionBudget = ResourceKind(
    "policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", ["pdb"])
  package static let horizontalPodAutoscaler = ResourceKind(
    "autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", ["hpa"])

  /// The kinds that every cluster serves.
  package static let builtIn: [ResourceKind] = [
    .pod, .node, .namespace, .service, .configMap, .secret, .event, .serviceAccount, .deployment, .replicaSet,
    .endpointSlice,
    .ingress, .networkPolicy, .podDisruptionBudget, .horizontalPodAutoscaler,
  ]

  package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
  /// `deployments.apps`, as error messages name it.
  package var qualifiedName: String { group.isEmpty ? plural : "\(plural).\(group)" }
  package var singular: String { kind.lowercased() }
  /// `deployment.apps`, as kubectl prints before a name.
  package var printedName: String { group.isEmpty ? singular : "\(singular).\(group)" }

  /// Whether a word of the command line means this kind.
  package func isNamed(_ word: String) -> Bool {
    let word = word.lowercased()
    return word == plural || word == singular || shortNames.contains(word) || word == qualifiedName
      || word == printedName
  }
}
