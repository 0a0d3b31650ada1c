import Documents
import KubernetesModel
import SimulationKernel

// Nodes, namespaces, data and access (kubectl, `pkg/describe/describe.go`).
extension KubectlCall {
  static let clusterDescribers: [Describer] = [
    Describer(kind: .node) { $0.node($1) }, Describer(kind: .namespace, hasEvents: false) { $0.space($1) },
    Describer(kind: .secret, hasEvents: false) { $0.secret($1) }, Describer(kind: .configMap) { $0.configMap($1) },
    Describer(kind: .serviceAccount) { $0.serviceAccount($1) },
    Describer(kind: .role, hasEvents: false) { $0.role($1) },
    Describer(kind: .clusterRole, hasEvents: false) { $0.role($1) },
    Describer(kind: .roleBinding, hasEvents: false) { $0.binding($1) },
    Describer(kind: .clusterRoleBinding, hasEvents: false) { $0.binding($1) },
  ]

  // MARK: Nodes

  private func node(_ object: KubeObject) -> String {
    let prefix = "node-role.kubernetes.io/"
    let roles = object.labels.keys.filter { $0.hasPrefix(prefix) }.map { $0.dropFirst(prefix.count) }.sorted()
    var text = "Name:\t\(object.name)\nRoles:\t\(roles.isEmpty ? "<none>" : roles.joined(separator: ","))\n"
    text += marks(object) + "CreationTimestamp:\t\(ClusterClock.describedTime(object.creationTimestamp))\n"
    let taints = (object.spec["taints"]?.array ?? []).map { taint in
      let value = taint["value"]?.string.map { "=\($0)" } ?? ""
      return "\(taint["key"]?.string ?? "")\(value):\(taint["effect"]?.string ?? "")"
    }.sorted()
    text += "Taints:\t\(taints.isEmpty ? "<none>" : taints.joined(separator: "\n\t"))\n"
    text += "Unschedulable:\t\(object.spec["unschedulable"]?.bool ?? false)\n"
    return text + lease(object) + nodeConditions(object) + machine(object) + nodePods(object)
  }

  private func lease(_ node: KubeObject) -> String {
    guard let lease = server.find(.lease, "kube-node-lease", node.name) else { return "" }
    func time(_ key: String) -> String { lease.spec[key]?.string.map(ClusterClock.describedTime) ?? "<unset>" }
    return "Lease:\n  HolderIdentity:\t\(lease.spec["holderIdentity"]?.string ?? "<unset>")\n"
      + "  AcquireTime:\t\(time("acquireTime"))\n  RenewTime:\t\(time("renewTime"))\n"
  }

  private func nodeConditions(_ node: KubeObject) -> String {
    guard let conditions = node.status["conditions"]?.array, !conditions.isEmpty else { return "" }
    var text = "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n"
    text += "  ----\t------\t-----------------\t------------------\t------\t-------\n"
    for condition in conditions {
      let changed = condition["lastTransitionTime"]?.string ?? ""
      let heard = condition["lastHeartbeatTime"]?.string ?? changed
      text += "  \(condition["type"]?.string ?? "") \t\(condition["status"]?.string ?? "") \t"
      text += "\(ClusterClock.describedTime(heard)) \t\(ClusterClock.describedTime(changed)) \t"
      text += "\(condition["reason"]?.string ?? "") \t\(condition["message"]?.string ?? "")\n"
    }
    return text
  }

  private func machine(_ node: KubeObject) -> String {
    var text = "Addresses:\n"
    for address in node.status["addresses"]?.array ?? [] {
      text += "  \(address["type"]?.string ?? ""):\t\(address["address"]?.string ?? "")\n"
    }
    for (title, key) in [("Capacity", "capacity"), ("Allocatable", "allocatable")] {
      guard let members = node.status[key]?.object?.sortedMembers, !members.isEmpty else { continue }
      text += "\(title):\n" + members.map { "  \($0.key):\t\($0.value.string ?? $0.value.jsonText())\n" }.joined()
    }
    text += "System Info:\n"
    for (title, key) in [
      ("Machine ID", "machineID"), ("System UUID", "systemUUID"), ("Boot ID", "bootID"),
      ("Kernel Version", "kernelVersion"), ("OS Image", "osImage"), ("Operating System", "operatingSystem"),
      ("Architecture", "architecture"), ("Container Runtime Version", "containerRuntimeVersion"),
      ("Kubelet Version", "kubeletVersion"), ("Kube-Proxy Version", "kubeProxyVersion"),
    ] { text += "  \(title):\t\(node.status.at("nodeInfo", key)?.string ?? "")\n" }
    if let id = node.spec["providerID"]?.string { text += "ProviderID:\t\(id)\n" }
    return text
  }

  private static let columns: [(list: String, resource: String)] = [
    ("requests", "cpu"), ("limits", "cpu"), ("requests", "memory"), ("limits", "memory"),
  ]

  private func nodePods(_ node: KubeObject) -> String {
    let pods = server.list(.pod).filter {
      $0.spec["nodeName"]?.string == node.name && !["Succeeded", "Failed"].contains($0.status["phase"]?.string)
    }
    let available = node.status["allocatable"] ?? node.status["capacity"] ?? [:]
    func share(_ amount: Quantity, _ resource: String) -> String {
      let all = available[resource].flatMap { try? Quantity($0) }?.doubleValue ?? 0
      return "\(amount) (\(all > 0 ? Int64(amount.doubleValue / all * 100) : 0)%)"
    }
    var text = "Non-terminated Pods:\t(\(pods.count) in total)\n"
    text += "  Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge\n"
    text += "  ---------\t----\t\t------------\t----------\t---------------\t-------------\t---\n"
    for pod in pods {
      let cells = Self.columns.map { share(Self.amount(pod, $0.list, $0.resource), $0.resource) }
      text += "  \(pod.namespace)\t\(pod.name)\t\t\(cells.joined(separator: "\t"))\t"
      text += "\(age(since: pod.creationTimestamp, now: simulation.now))\n"
    }
    text += "Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n"
    text += "  Resource\tRequests\tLimits\n  --------\t--------\t------\n"
    for resource in ["cpu", "memory", "ephemeral-storage"] {
      let cells = ["requests", "limits"].map { list in
        share(pods.reduce(Self.zero(resource)) { $0 + Self.amount($1, list, resource) }, resource)
      }
      text += "  \(resource)\t\(cells.joined(separator: "\t"))\n"
    }
    return text
  }

  private static func zero(_ resource: String) -> Quantity { resource == "cpu" ? .zero : Quantity(bytes: 0) }

  /// What a pod's containers ask for; the greatest init container counts where it asks for more.
  private static func amount(_ pod: KubeObject, _ list: String, _ resource: String) -> Quantity {
    func amounts(_ key: String) -> [Quantity] {
      (pod.spec[key]?.array ?? []).compactMap { container in
        container.at("resources", list, resource).flatMap { try? Quantity($0) }
      }
    }
    let sum = amounts("containers").reduce(zero(resource), +)
    return amounts("initContainers").reduce(sum) { $1 > $0 ? $1 : $0 }
  }

  // MARK: Namespaces and data

  private func space(_ object: KubeObject) -> String {
    head(object) + "Status:\t\(object.status["phase"]?.string ?? "Active")\n\nNo resource quota.\n\n"
      + "No LimitRange resource.\n"
  }

  private func secret(_ object: KubeObject) -> String {
    head(object) + "\nType:\t\(object.json["type"]?.string ?? "Opaque")\n\nData\n====\n"
      + (object.json["data"]?.object?.sortedMembers ?? []).map {
        "\($0.key):\t\(base64Decoded($0.value.string ?? "")?.count ?? 0) bytes\n"
      }.joined()
  }

  private func configMap(_ object: KubeObject) -> String {
    head(object) + "\nData\n====\n"
      + (object.json["data"]?.object?.sortedMembers ?? []).map { "\($0.key):\n----\n\($0.value.string ?? "")\n\n" }
      .joined() + "\nBinaryData\n====\n"
      + (object.json["binaryData"]?.object?.sortedMembers ?? []).map {
        "\($0.key): \(base64Decoded($0.value.string ?? "")?.count ?? 0) bytes\n"
      }.joined() + "\n"
  }

  private func serviceAccount(_ object: KubeObject) -> String {
    func names(_ title: String, _ key: String) -> String {
      let names = (object.json[key]?.array ?? []).compactMap { $0["name"]?.string }.map { name in
        server.find(.secret, object.namespace, name) == nil ? "\(name) (not found)" : name
      }
      guard !names.isEmpty else { return "\(title):\t<none>\n" }
      let blank = String(repeating: " ", count: title.count + 1)
      return names.enumerated().map { "\($0.offset == 0 ? title + ":" : blank)\t\($0.element)\n" }.joined()
    }
    return head(object) + names("Image pull secrets", "imagePullSecrets") + names("Mountable secrets", "secrets")
      + "Tokens:\t<none>\n"
  }

  // MARK: Access

  private func role(_ object: KubeObject) -> String {
    var text = "Name:\t\(object.name)\n" + marks(object) + "PolicyRule:\n"
    text += "  Resources\tNon-Resource URLs\tResource Names\tVerbs\n"
    text += "  ---------\t-----------------\t--------------\t-----\n"
    for row in RuleRow.rows(object.json["rules"]?.array ?? []) {
      text += "  \(row.resource)\t[\(row.path)]\t[\(row.name)]\t[\(row.verbs.joined(separator: " "))]\n"
    }
    return text
  }

  private func binding(_ object: KubeObject) -> String {
    let role = object.json["roleRef"]
    var text = "Name:\t\(object.name)\n" + marks(object)
    text += "Role:\n  Kind:\t\(role?["kind"]?.string ?? "")\n  Name:\t\(role?["name"]?.string ?? "")\n"
    text += "Subjects:\n  Kind\tName\tNamespace\n  ----\t----\t---------\n"
    for subject in object.json["subjects"]?.array ?? [] {
      text += "  " + ["kind", "name", "namespace"].map { subject[$0]?.string ?? "" }.joined(separator: "\t") + "\n"
    }
    return text
  }
}

/// A rule broken down to one resource or path, with the verbs of all rules about it (kubectl, `pkg/util/rbac`).
struct RuleRow: Hashable, Sendable {
  var group = ""
  /// Without its group.
  var plain = ""
  var path = ""
  var name = ""
  var verbs: [String] = []

  /// Rules in the order of their texts in Go, which begin with the verbs (`SortableRuleSlice`).
  static func rows(_ rules: [JSONValue]) -> [RuleRow] {
    var rows: [RuleRow] = []
    func add(_ row: RuleRow) {
      if let index = rows.firstIndex(where: { $0.isAboutTheSame(as: row) }) {
        rows[index].verbs += row.verbs.filter { !rows[index].verbs.contains($0) }
      } else {
        rows.append(row)
      }
    }
    for rule in rules {
      func words(_ key: String) -> [String] { (rule[key]?.array ?? []).compactMap(\.string) }
      for path in words("nonResourceURLs") { add(RuleRow(path: path, verbs: words("verbs"))) }
      for group in words("apiGroups") {
        for resource in words("resources") {
          for name in words("resourceNames").isEmpty ? [""] : words("resourceNames") {
            add(RuleRow(group: group, plain: resource, name: name, verbs: words("verbs")))
          }
        }
      }
    }
    return rows.sorted { $0.goText < $1.goText }
  }

  private func isAboutTheSame(as other: RuleRow) -> Bool {
    (group, plain, path, name) == (other.group, other.plain, other.path, other.name)
  }

  /// `deployments.apps`, `pods/log`.
  var resource: String {
    guard !plain.isEmpty else { return "" }
    let parts = plain.split(separator: "/", maxSplits: 1).map(String.init)
    return parts[0] + (group.isEmpty ? "" : ".\(group)") + (parts.count > 1 ? "/\(parts[1])" : "")
  }

  private var goText: String {
    "Verbs:[\(verbs.joined(separator: " "))],APIGroups:[\(group)],Resources:[\(plain)],ResourceNames:[\(name)],"
      + "NonResourceURLs:[\(path)]"
  }
}
