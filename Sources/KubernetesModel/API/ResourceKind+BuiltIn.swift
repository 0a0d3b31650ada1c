// The kinds that a cluster serves without any CustomResourceDefinition, with their short names (`kubectl api-resources` of
// version 1.32).
extension ResourceKind {
  package static let pod = ResourceKind("", "v1", "Pod", "pods", ["po"], categories: ["all"])
  package static let node = ResourceKind("", "v1", "Node", "nodes", ["no"], namespaced: false)
  package static let namespace = ResourceKind("", "v1", "Namespace", "namespaces", ["ns"], namespaced: false)
  package static let service = ResourceKind("", "v1", "Service", "services", ["svc"], categories: ["all"])
  package static let configMap = ResourceKind("", "v1", "ConfigMap", "configmaps", ["cm"])
  package static let secret = ResourceKind("", "v1", "Secret", "secrets")
  package static let event = ResourceKind("", "v1", "Event", "events", ["ev"])
  package static let serviceAccount = ResourceKind("", "v1", "ServiceAccount", "serviceaccounts", ["sa"])
  package static let endpoints = ResourceKind("", "v1", "Endpoints", "endpoints", ["ep"])
  package static let limitRange = ResourceKind("", "v1", "LimitRange", "limitranges", ["limits"])
  package static let resourceQuota = ResourceKind("", "v1", "ResourceQuota", "resourcequotas", ["quota"])
  package static let persistentVolume = ResourceKind(
    "", "v1", "PersistentVolume", "persistentvolumes", ["pv"], namespaced: false)
  package static let persistentVolumeClaim = ResourceKind(
    "", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", ["pvc"])
  package static let deployment = ResourceKind(
    "apps", "v1", "Deployment", "deployments", ["deploy"], categories: ["all"])
  package static let replicaSet = ResourceKind("apps", "v1", "ReplicaSet", "replicasets", ["rs"], categories: ["all"])
  package static let statefulSet = ResourceKind(
    "apps", "v1", "StatefulSet", "statefulsets", ["sts"], categories: ["all"])
  package static let job = ResourceKind("batch", "v1", "Job", "jobs", categories: ["all"])
  package static let cronJob = ResourceKind("batch", "v1", "CronJob", "cronjobs", ["cj"], categories: ["all"])
  package static let endpointSlice = ResourceKind("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices")
  package static let ingress = ResourceKind("networking.k8s.io", "v1", "Ingress", "ingresses", ["ing"])
  package static let ingressClass = ResourceKind(
    "networking.k8s.io", "v1", "IngressClass", "ingressclasses", namespaced: false)
  package static let networkPolicy = ResourceKind(
    "networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", ["netpol"])
  package static let podDisruptionBudget = ResourceKind(
    "policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", ["pdb"])
  package static let horizontalPodAutoscaler = ResourceKind(
    "autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", ["hpa"], categories: ["all"])
  package static let lease = ResourceKind("coordination.k8s.io", "v1", "Lease", "leases")
  package static let priorityClass = ResourceKind(
    "scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", ["pc"], namespaced: false)
  package static let storageClass = ResourceKind(
    "storage.k8s.io", "v1", "StorageClass", "storageclasses", ["sc"], namespaced: false)
  package static let role = ResourceKind("rbac.authorization.k8s.io", "v1", "Role", "roles")
  package static let roleBinding = ResourceKind("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings")
  package static let clusterRole = ResourceKind(
    "rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", namespaced: false)
  package static let clusterRoleBinding = ResourceKind(
    "rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", namespaced: false)
  package static let customResourceDefinition = ResourceKind(
    "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", ["crd", "crds"],
    namespaced: false)

  /// The kinds that every cluster serves, in the order of discovery: the core group, then the others by name.
  package static let builtIn: [ResourceKind] = [
    .configMap, .endpoints, .event, .limitRange, .namespace, .node, .persistentVolumeClaim, .persistentVolume, .pod,
    .resourceQuota, .secret, .serviceAccount, .service, .customResourceDefinition, .daemonSet, .deployment, .replicaSet,
    .statefulSet, .horizontalPodAutoscaler, .cronJob, .job, .lease, .endpointSlice, .ingressClass, .ingress,
    .networkPolicy, .podDisruptionBudget, .clusterRoleBinding, .clusterRole, .roleBinding, .role, .priorityClass,
    .storageClass,
  ]

  /// Whether kubectl knows the kind's Go type: only then is a strategic merge patch taken.
  package var isBuiltIn: Bool { Self.builtIn.contains(self) }

  /// Whether the kind's status is a subresource that the main resource does not write (the registries' strategies).
  var hasStatusSubresource: Bool { Self.withStatusSubresource.contains(self) }

  private static let withStatusSubresource: Set<ResourceKind> = [
    .pod, .node, .deployment, .replicaSet, .daemonSet, .statefulSet, .job, .cronJob, .service, .ingress, .namespace,
    .podDisruptionBudget, .horizontalPodAutoscaler, .persistentVolume, .persistentVolumeClaim, .resourceQuota,
  ]

  /// Whether a new object's status is dropped. Nodes and volumes keep what is given; pods and namespaces get a phase.
  var dropsStatusAtCreation: Bool {
    hasStatusSubresource && ![.node, .persistentVolume, .namespace, .pod].contains(self)
  }

  /// Whether objects count the changes of what is desired in `metadata.generation`. Pods do only from version 1.33.
  var hasGeneration: Bool { !Self.withoutGeneration.contains(self) }

  private static let withoutGeneration: Set<ResourceKind> = [
    .pod, .node, .namespace, .service, .horizontalPodAutoscaler, .persistentVolumeClaim, .persistentVolume, .lease,
    .limitRange, .resourceQuota, .storageClass,
  ]
}
