import Documents

/// Who asks, as the authorizer sees it.
package struct Requester: Hashable, Sendable {
  package var name: UserName
  package var groups: [String]

  /// A user with the groups that every authenticated one has; a service account has its own.
  package init(_ name: UserName, groups: [String] = []) {
    self.name = name
    var all = groups
    let parts = name.split(separator: ":").map(String.init)
    if parts.count == 4, parts[0] == "system", parts[1] == "serviceaccount" {
      all += ["system:serviceaccounts", "system:serviceaccounts:\(parts[2])"]
    }
    self.groups = all + ["system:authenticated"]
  }

  /// Members of `system:masters` may do everything, whatever the rules say.
  package var isMaster: Bool { groups.contains("system:masters") }
}

/// What somebody wants to do.
package struct AccessRequest: Hashable, Sendable {
  /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, …
  package var verb: String
  package var group: String
  package var resource: String
  /// Such as `log`, `exec`, `scale`; empty for the resource itself.
  package var subresource: String
  /// Empty for all namespaces and for what has none.
  package var namespace: String
  package var name: String
  /// A path such as `/healthz` in place of a resource.
  package var path: String?

  package init(
    _ verb: String, group: String = "", resource: String, subresource: String = "", namespace: String = "",
    name: String = "", path: String? = nil
  ) {
    self.verb = verb
    self.group = group
    self.resource = resource
    self.subresource = subresource
    self.namespace = namespace
    self.name = name
    self.path = path
  }
}

/// A yes, with the binding that says so.
package struct AccessDecision: Hashable, Sendable {
  package var isAllowed: Bool
  /// `RBAC: allowed by ClusterRoleBinding "x" of ClusterRole "y" to User "z"`; empty for a no.
  package var reason = ""
}

// Role-based access control (plugin/pkg/auth/authorizer/rbac/rbac.go).
extension APIServer {
  /// Whether a requester may do something, by the roles and bindings that are stored.
  package func decide(_ request: AccessRequest, for requester: Requester) -> AccessDecision {
    if requester.isMaster { return AccessDecision(isAllowed: true) }
    for binding in list(.clusterRoleBinding) {
      if let decision = decide(request, requester, binding, namespace: "") { return decision }
    }
    guard !request.namespace.isEmpty else { return AccessDecision(isAllowed: false) }
    for binding in list(.roleBinding, namespace: request.namespace) {
      if let decision = decide(request, requester, binding, namespace: request.namespace) { return decision }
    }
    return AccessDecision(isAllowed: false)
  }

  private func decide(
    _ request: AccessRequest, _ requester: Requester, _ binding: KubeObject, namespace: String
  ) -> AccessDecision? {
    guard let subject = (binding.json["subjects"]?.array ?? []).first(where: { Self.means($0, requester, namespace) })
    else { return nil }
    let reference = binding.json["roleRef"]
    let name = reference?["name"]?.string ?? ""
    let isCluster = reference?["kind"]?.string == "ClusterRole"
    guard rules(of: name, isCluster: isCluster, namespace).contains(where: { Self.allows($0, request) }) else {
      return nil
    }
    let kind = subject["kind"]?.string ?? ""
    var who = subject["name"]?.string ?? ""
    if kind == "ServiceAccount" { who += "/" + (subject["namespace"]?.string ?? namespace) }
    let place = namespace.isEmpty ? binding.name : "\(binding.name)/\(namespace)"
    return AccessDecision(
      isAllowed: true,
      reason: "RBAC: allowed by \(binding.kind.kind) \(goQuoted(place)) of \(isCluster ? "ClusterRole" : "Role") "
        + "\(goQuoted(name)) to \(kind) \(goQuoted(who))")
  }

  /// The rules of all bindings that mean a requester, in a namespace.
  package func rules(of requester: Requester, namespace: String) -> [JSONValue] {
    let bindings =
      list(.clusterRoleBinding).map { ($0, "") } + list(.roleBinding, namespace: namespace).map { ($0, namespace) }
    return bindings.flatMap { binding, place -> [JSONValue] in
      let subjects = binding.json["subjects"]?.array ?? []
      guard subjects.contains(where: { Self.means($0, requester, place) }) else { return [] }
      let reference = binding.json["roleRef"]
      return rules(
        of: reference?["name"]?.string ?? "", isCluster: reference?["kind"]?.string == "ClusterRole", place)
    }
  }

  /// `cluster-admin` is there in every cluster, stored or not.
  private func rules(of name: String, isCluster: Bool, _ namespace: String) -> [JSONValue] {
    let role = isCluster ? find(.clusterRole, "", name) : find(.role, namespace, name)
    if let rules = role?.json["rules"]?.array { return rules }
    guard isCluster, name == "cluster-admin" else { return [] }
    return [["apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]], ["nonResourceURLs": ["*"], "verbs": ["*"]]]
  }

  private static func means(_ subject: JSONValue, _ requester: Requester, _ namespace: String) -> Bool {
    let name = subject["name"]?.string ?? ""
    switch subject["kind"]?.string {
    case "User": return name == requester.name
    case "Group": return requester.groups.contains(name)
    case "ServiceAccount":
      return requester.name == "system:serviceaccount:\(subject["namespace"]?.string ?? namespace):\(name)"
    default: return false
    }
  }

  private static func allows(_ rule: JSONValue, _ request: AccessRequest) -> Bool {
    func lists(_ key: String, _ words: String...) -> Bool {
      (rule[key]?.array ?? []).contains { item in item.string.map { $0 == "*" || words.contains($0) } ?? false }
    }
    guard lists("verbs", request.verb) else { return false }
    if let path = request.path {
      return (rule["nonResourceURLs"]?.array ?? []).compactMap(\.string).contains { pattern in
        pattern == "*" || pattern == path || (pattern.hasSuffix("*") && path.hasPrefix(pattern.dropLast()))
      }
    }
    let whole = request.subresource.isEmpty ? request.resource : "\(request.resource)/\(request.subresource)"
    let isResource =
      request.subresource.isEmpty
      ? lists("resources", whole) : lists("resources", whole, "*/\(request.subresource)")
    let names = (rule["resourceNames"]?.array ?? []).compactMap(\.string)
    return isResource && lists("apiGroups", request.group) && (names.isEmpty || names.contains(request.name))
  }
}

extension APIError {
  /// `pods "x" is forbidden: User "u" cannot get resource "pods" in API group "" in the namespace "ns"` (apiserver,
  /// `handlers/responsewriters/errors.go`, `forbiddenMessage`).
  package static func forbidden(_ request: AccessRequest, _ user: UserName) -> APIError {
    let type = request.group.isEmpty ? request.resource : "\(request.resource).\(request.group)"
    let whole = request.subresource.isEmpty ? request.resource : "\(request.resource)/\(request.subresource)"
    let subject = request.name.isEmpty ? type : "\(type) \(goQuoted(request.name))"
    let place = request.namespace.isEmpty ? "at the cluster scope" : "in the namespace \(goQuoted(request.namespace))"
    return APIError(
      .forbidden,
      "\(subject) is forbidden: User \(goQuoted(user)) cannot \(request.verb) resource \(goQuoted(whole)) "
        + "in API group \(goQuoted(request.group)) \(place)")
  }
}
