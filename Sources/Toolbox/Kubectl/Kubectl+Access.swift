import Documents
import KubernetesModel

extension Kubectl {
  /// `auth can-i` (kubectl, `pkg/cmd/auth/cani.go`): prints `yes` or `no`; exit code 1 for a no.
  static let canI = Verb(
    path: ["auth", "can-i"],
    flags: [
      .on("all-namespaces", "A"), .on("list"), .on("quiet", "q"), .value("subresource"), .on("no-headers"),
    ]
  ) { call in
    if call.flags.isOn("list") {
      guard call.flags.words.isEmpty else { throw KubectlError("list option must be specified with no arguments") }
      return call.listAccess()
    }
    guard call.flags.words.count == 2 else {
      throw KubectlError(
        "you must specify two arguments: verb resource or verb resource/resourceName.\n"
          + "See 'kubectl auth can-i -h' for help and examples.")
    }
    let decision = call.server.decide(call.accessRequest(), for: call.requester)
    if !call.flags.isOn("quiet") { call.print(decision.isAllowed ? "yes" : "no") }
    if !decision.isAllowed { call.result.exitCode = 1 }
  }

  /// `auth whoami` (kubectl, `pkg/cmd/auth/whoami.go`).
  static let whoAmI = Verb(path: ["auth", "whoami"], flags: [.value("output", "o")]) { call in
    let requester = call.requester
    if let output = call.flags["output"] {
      let review: JSONValue = [
        "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview",
        "metadata": ["creationTimestamp": .string(call.server.timestamp)],
        "status": [
          "userInfo": [
            "groups": .array(requester.groups.map { .string($0) }), "username": .string(requester.name),
          ]
        ],
      ]
      switch try OutputFormat(output, allowed: OutputFormat.printing) {
      case .json: call.print(review.jsonText(.kubectl))
      case .yaml: call.write(review.yamlText())
      case .path(let path): call.write(path.text(review))
      default: break
      }
      return
    }
    call.write(
      alignedText(
        [
          ["ATTRIBUTE", "VALUE"], ["Username", requester.name],
          ["Groups", "[\(requester.groups.joined(separator: " "))]"],
        ], padding: 3, minimum: 6))
  }
}

extension KubectlCall {
  /// Verbs that resources know (`isKnownResourceVerb`).
  private static let verbs = [
    "*", "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "use", "bind",
    "impersonate", "escalate", "approve", "sign", "attest",
  ]

  /// What `can-i` asks, with its warnings.
  fileprivate func accessRequest() -> AccessRequest {
    let (verb, target) = (flags.words[0], flags.words[1])
    if target.hasPrefix("/") { return AccessRequest(verb, resource: "", path: target) }
    let parts = target.split(separator: "/", maxSplits: 1).map(String.init)
    let place = allNamespaces ? "" : namespace
    var request = AccessRequest(
      verb, resource: parts[0], subresource: flags["subresource"] ?? "", namespace: place,
      name: parts.count > 1 ? parts[1] : "")
    if let kind = server.kind(named: parts[0]) {
      (request.group, request.resource) = (kind.group, kind.plural)
      if !kind.isNamespaced, !allNamespaces {
        let group = kind.group.isEmpty ? "" : " in group '\(kind.group)'"
        warn("Warning: resource '\(kind.plural)' is not namespace scoped\(group)\n")
      }
    } else if parts[0] != "*" {
      warn("Warning: the server doesn't have a resource type '\(parts[0])'\n")
    }
    if !Self.verbs.contains(verb) { warn("Warning: verb '\(verb)' is not a known verb\n") }
    return request
  }

  /// `--list`: the rules of all bindings that mean the requester.
  fileprivate func listAccess() {
    var rules = [JSONValue]()
    if requester.isMaster {
      rules = [["apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]], ["nonResourceURLs": ["*"], "verbs": ["*"]]]
    } else {
      rules = server.rules(of: requester, namespace: namespace)
    }
    let rows = RuleRow.rows(rules).map { row in
      [row.resource, "[\(row.path)]", "[\(row.name)]", "[\(row.verbs.joined(separator: " "))]"]
    }
    let header = ["Resources", "Non-Resource URLs", "Resource Names", "Verbs"]
    write(alignedText((flags.isOn("no-headers") ? [] : [header]) + rows, padding: 3, minimum: 6))
  }
}
