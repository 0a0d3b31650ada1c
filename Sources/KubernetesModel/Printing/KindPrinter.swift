import Documents
import SimulationKernel

/// The columns of one kind and how its objects fill them.
struct KindPrinter: Sendable {
  let columns: [Table.Column]
  let cells: @Sendable (KubeObject, Instant) -> [String]

  init(
    _ names: [String], wide: [String] = [], _ cells: @escaping @Sendable (KubeObject, Instant) -> [String]
  ) {
    columns = names.map { Table.Column($0) } + wide.map { Table.Column($0, isWide: true) }
    self.cells = cells
  }

  init(columns: [Table.Column], _ cells: @escaping @Sendable (KubeObject, Instant) -> [String]) {
    self.columns = columns
    self.cells = cells
  }

  static let plain = KindPrinter(["NAME", "AGE"]) { object, now in [object.name, object.age(now)] }

  /// Kinds with columns of their own, by group and kind; versions of a kind print alike.
  private static let table: [(group: String, kind: String, printer: KindPrinter)] = [
    ("", "Pod", .pods), ("apps", "Deployment", .deployments), ("apps", "ReplicaSet", .replicaSets),
    ("", "Service", .services), ("networking.k8s.io", "Ingress", .ingresses), ("", "Node", .nodes),
    ("", "Event", .events), ("", "ConfigMap", .configMaps), ("", "Secret", .secrets), ("", "Namespace", .namespaces),
    ("", "ServiceAccount", .serviceAccounts), ("discovery.k8s.io", "EndpointSlice", .endpointSlices),
    ("autoscaling", "HorizontalPodAutoscaler", .autoscalers), ("policy", "PodDisruptionBudget", .disruptionBudgets),
    ("networking.k8s.io", "NetworkPolicy", .networkPolicies), ("apps", "DaemonSet", .daemonSets),
    ("apps", "StatefulSet", .statefulSets), ("batch", "Job", .jobs), ("batch", "CronJob", .cronJobs),
    ("coordination.k8s.io", "Lease", .leases), ("", "Endpoints", .endpoints), ("", "LimitRange", .limitRanges),
    ("", "ResourceQuota", .resourceQuotas), ("", "PersistentVolume", .volumes),
    ("", "PersistentVolumeClaim", .claims), ("networking.k8s.io", "IngressClass", .ingressClasses),
    ("scheduling.k8s.io", "PriorityClass", .priorityClasses), ("storage.k8s.io", "StorageClass", .storageClasses),
    ("rbac.authorization.k8s.io", "Role", .roles), ("rbac.authorization.k8s.io", "ClusterRole", .roles),
    ("rbac.authorization.k8s.io", "RoleBinding", .bindings),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", .bindings),
    ("apiextensions.k8s.io", "CustomResourceDefinition", .definitions),
  ]

  static func of(_ kind: ResourceKind) -> KindPrinter {
    table.first { $0.group == kind.group && $0.kind == kind.kind }?.printer ?? .plain
  }
}

extension KubeObject {
  func age(_ now: Instant) -> String { KubernetesModel.age(since: creationTimestamp, now: now) }
}

extension JSONValue {
  /// A number as a cell; a count that is left out is 0.
  var countCell: String { String(integer ?? 0) }
}

func countCell(_ value: JSONValue?) -> String { value?.countCell ?? "0" }

func orNone(_ text: String?) -> String { text.flatMap { $0.isEmpty ? nil : $0 } ?? "<none>" }

/// `a=b,c=d`, sorted by key; `<none>` for no members.
package func labelText(_ labels: JSONValue?) -> String {
  let members = labels?.object?.sortedMembers ?? []
  return orNone(members.map { "\($0.key)=\($0.value.string ?? "")" }.joined(separator: ","))
}

/// A label selector's cell, `matchLabels` first (apimachinery, `metav1.FormatLabelSelector`).
package func selectorText(_ selector: JSONValue?) -> String {
  let requirements = LabelSelector(selector).requirements.map { requirement in
    switch requirement {
    case .equals(let key, let value): "\(key)=\(value)"
    case .notEquals(let key, let value): "\(key)!=\(value)"
    case .isIn(let key, let values): "\(key) in (\(values.sorted().joined(separator: ",")))"
    case .notIn(let key, let values): "\(key) notin (\(values.sorted().joined(separator: ",")))"
    case .exists(let key): key
    case .absent(let key): "!\(key)"
    }
  }
  return orNone(requirements.sorted().joined(separator: ","))
}
