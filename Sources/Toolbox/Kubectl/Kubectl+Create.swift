import Documents
import KubernetesModel
import SimulationKernel

extension Kubectl {
  private static let sources: [Flag] = [.value("from-literal"), .value("from-file"), .value("from-env-file")]
  private static let creation: [Flag] = dryRunFlags + [.optional("validate", "strict"), .value("field-manager")]

  /// `create -f` (kubectl, `pkg/cmd/create`).
  static let create = Verb(path: ["create"], flags: fileFlags + dryRunFlags + [.on("save-config")]) { call in
    guard call.flags.words.isEmpty else {
      throw KubectlError.usage("Unexpected args: [\(call.flags.words.joined(separator: " "))]", call.path)
    }
    try call.checkDryRun()
    let validation = try call.validation()
    for (file, document) in try call.documentsOfFiles() {
      let object = call.flags.isOn("save-config") ? KubectlCall.prepared(document) : document
      do {
        guard call.dryRun != .client else {
          try call.report(object, "created")
          continue
        }
        let (decoded, warnings) = try call.server.decoded(object, validation)
        for warning in warnings { call.warn("Warning: \(warning)") }
        try call.report(try call.create(decoded), "created")
      } catch let error as APIError {
        call.fail(error.from(file, whileDoing: "creating"))
      }
    }
  }

  static let creationVerbs: [Verb] = [
    creating("namespace", .namespace) { _, object in
      object.json["spec"] = [:]
      object.json["status"] = [:]
    },
    creating("serviceaccount", .serviceAccount) { _, _ in },
    creating("configmap", .configMap, flags: sources) { call, object in
      let data = try call.data().map { ($0.key, JSONValue.string($0.value)) }
      if !data.isEmpty { object.json["data"] = .object(JSONObject(data)) }
    },
    creating("secret", .secret, flags: sources + [.value("type"), .value("cert"), .value("key")], word: "generic") {
      try $0.fillSecret(&$1)
    },
    creating("deployment", .deployment, flags: [.value("image"), .integer("replicas", "r"), .integer("port")]) {
      try $0.fillDeployment(&$1)
    },
    creating(
      "poddisruptionbudget", .podDisruptionBudget,
      flags: [.value("selector"), .value("min-available"), .value("max-unavailable")]
    ) { try $0.fillBudget(&$1) },
    creating("service", .service, flags: [.value("tcp"), .value("external-name")], word: "clusterip") {
      try $0.fillService(&$1)
    },
    creating("role", .role, flags: ruleFlags) { try $0.fillRole(&$1) },
    creating("clusterrole", .clusterRole, flags: ruleFlags + [.value("non-resource-url")]) { try $0.fillRole(&$1) },
    creating("rolebinding", .roleBinding, flags: [.value("role")] + bindingFlags) { try $0.fillBinding(&$1) },
    creating("clusterrolebinding", .clusterRoleBinding, flags: bindingFlags) { try $0.fillBinding(&$1) },
  ]

  private static let ruleFlags: [Flag] = [.value("verb"), .value("resource"), .value("resource-name")]
  private static let bindingFlags: [Flag] = [
    .value("clusterrole"), .value("user"), .value("group"), .value("serviceaccount"),
  ]

  /// A generator of one kind.
  ///
  /// - Parameter word: a third word that the command may have, such as `generic`; the others of its kind take its place.
  private static func creating(
    _ name: String, _ kind: ResourceKind, flags: [Flag] = [], word: String? = nil,
    _ fill: @escaping @Simulated @Sendable (KubectlCall, inout KubeObject) throws -> Void
  ) -> Verb {
    Verb(path: ["create", name], flags: flags + creation) { call in
      try call.checkDryRun()
      let words = word == nil ? call.flags.words : Array(call.flags.words.dropFirst())
      let path = word == nil ? call.path : call.path + call.flags.words.prefix(1)
      if word != nil, call.flags.words.isEmpty {
        throw KubectlError("Usage:\n  kubectl create \(name) (\(word ?? "")) [options]", isVerbatim: true)
      }
      guard words.count == 1 || (name == "deployment" && words.isEmpty) else {
        throw KubectlError.usage("exactly one NAME is required, got \(words.count)", path)
      }
      var object = KubeObject(kind, namespace: call.namespace, name: words.first ?? "")
      object.json.set("metadata", "creationTimestamp", to: .null)
      if call.flags["namespace"] == nil { object.json.set("metadata", "namespace", to: nil) }
      try fill(call, &object)
      guard call.dryRun != .client else { return try call.report(object, "created") }
      object.json = object.json.withoutEmptyParts
      if kind.isNamespaced { object.json.set("metadata", "namespace", to: .string(call.namespace)) }
      do {
        try call.report(try call.create(object), "created")
      } catch let error as APIError {
        guard error.reason != .invalid else { throw error }
        throw KubectlError("failed to create \(kind.singular): \(error.message)")
      }
    }
  }
}

extension JSONValue {
  /// Without the nulls and the empty structs that Go writes for a manifest's missing parts.
  fileprivate var withoutEmptyParts: JSONValue {
    switch self {
    case .array(let items): .array(items.map(\.withoutEmptyParts))
    case .object(let object):
      .object(
        JSONObject(
          distinct: object.members.compactMap { member in
            if member.value.isNull { return nil }
            if ["status", "strategy", "resources"].contains(member.key), member.value.object?.isEmpty == true {
              return nil
            }
            return (member.key, member.value.withoutEmptyParts)
          }))
    default: self
    }
  }
}

extension KubectlCall {
  /// `--from-literal`, `--from-file` and `--from-env-file`.
  fileprivate func data() throws -> [(key: String, value: String)] {
    var entries: [(key: String, value: String)] = []
    func text(_ file: String) throws -> String {
      guard let bytes = host.readFile(file) else {
        throw KubectlError("error reading \(file): no such file or directory")
      }
      return String(decoding: bytes, as: UTF8.self)
    }
    func add(_ key: String, _ value: String) throws {
      if entries.contains(where: { $0.key == key }) {
        throw KubectlError("cannot add key \"\(key)\", another key by that name already exists in Data for ConfigMap")
      }
      entries.append((key, value))
    }
    for file in flags.all("from-file") {
      let parts = file.split(separator: "=", maxSplits: 1).map(String.init)
      let path = parts.last ?? ""
      try add(
        parts.count == 2 ? parts[0] : path.split(separator: "/").last.map(String.init) ?? "", try text(path))
    }
    for literal in flags.all("from-literal") {
      guard let index = literal.firstIndex(of: "="), index > literal.startIndex else {
        throw KubectlError("invalid literal source \(literal), expected key=value")
      }
      try add(String(literal[..<index]), String(literal[literal.index(after: index)...]))
    }
    for file in flags.all("from-env-file") {
      for line in try text(file).split(separator: "\n") where !line.hasPrefix("#") && line.contains("=") {
        let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        try add(parts[0], parts[1])
      }
    }
    return entries
  }

  fileprivate func fillSecret(_ object: inout KubeObject) throws {
    let word = flags.words[0]
    var entries: [(key: String, value: String)]
    switch word {
    case "generic":
      entries = try data()
      if let type = flags["type"] { object.json["type"] = .string(type) }
    case "tls":
      guard let certificate = flags["cert"], let key = flags["key"] else {
        throw KubectlError("required flag(s) \(flags["cert"] == nil ? "\"cert\", " : "")\"key\" not set")
      }
      entries = try [("tls.crt", certificate), ("tls.key", key)].map { name, file in
        guard let bytes = host.readFile(file) else {
          throw KubectlError("open \(file): no such file or directory")
        }
        return (name, String(decoding: bytes, as: UTF8.self))
      }
      object.json["type"] = "kubernetes.io/tls"
    default: throw KubectlError("unknown command \"\(word)\"\nSee 'kubectl create secret -h' for help and examples")
    }
    guard !entries.isEmpty else { return }
    object.json["data"] = .object(
      JSONObject(entries.map { ($0.key, .string(base64Encoded($0.value.utf8))) }))
  }

  fileprivate func fillDeployment(_ object: inout KubeObject) throws {
    let images = flags.all("image")
    guard !images.isEmpty else { throw KubectlError("required flag(s) \"image\" not set") }
    guard let name = flags.words.first else {
      throw KubectlError.usage("exactly one NAME is required, got 0", path)
    }
    let end = flags.wordsBeforeDash ?? flags.words.count
    let command = flags.words[end...].map { JSONValue.string($0) }
    let labels: JSONValue = ["app": .string(name)]
    let containers = images.map { image -> JSONValue in
      let base = String(image.split(separator: "/").last ?? "").prefix { $0 != ":" && $0 != "@" }
      var container: JSONValue = ["image": .string(image), "name": .string(String(base)), "resources": [:]]
      if let port = flags.integer("port") { container["ports"] = [["containerPort": .integer(port)]] }
      if !command.isEmpty { container["command"] = .array(command) }
      return container
    }
    object.json.set("metadata", "labels", to: labels)
    object.json["spec"] = [
      "replicas": .integer(flags.integer("replicas") ?? 1), "selector": ["matchLabels": labels], "strategy": [:],
      "template": [
        "metadata": ["creationTimestamp": .null, "labels": labels], "spec": ["containers": .array(containers)],
      ],
    ]
    object.json["status"] = [:]
  }

  fileprivate func fillBudget(_ object: inout KubeObject) throws {
    guard let text = flags["selector"] else { throw KubectlError("a selector must be specified") }
    let (least, most) = (flags["min-available"], flags["max-unavailable"])
    guard (least == nil) != (most == nil) else {
      throw KubectlError(
        least == nil
          ? "one of min-available or max-unavailable must be specified"
          : "min-available and max-unavailable cannot be both specified")
    }
    let members = text.split(separator: ",").map { part in
      let words = part.split(separator: "=", maxSplits: 1).map(String.init)
      return (words[0], JSONValue.string(words.count > 1 ? words[1] : ""))
    }
    func bound(_ text: String) -> JSONValue { Int64(text).map { .integer($0) } ?? .string(text) }
    object.json["spec"] = ["selector": ["matchLabels": .object(JSONObject(members))]]
    if let least { object.json.set("spec", "minAvailable", to: bound(least)) }
    if let most { object.json.set("spec", "maxUnavailable", to: bound(most)) }
    guard dryRun == .client else { return }
    object.json["status"] = ["currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0]
  }

  fileprivate func fillService(_ object: inout KubeObject) throws {
    let types = [
      "clusterip": "ClusterIP", "nodeport": "NodePort", "loadbalancer": "LoadBalancer",
      "externalname": "ExternalName",
    ]
    guard let type = types[flags.words[0]] else {
      throw KubectlError(
        "unknown command \"\(flags.words[0])\"\nSee 'kubectl create service -h' for help and examples")
    }
    let ports = try flags.list("tcp").map { text -> JSONValue in
      let parts = text.split(separator: ":").map(String.init)
      guard let port = Int64(parts[0]) else {
        throw KubectlError("invalid port format \(text), expected port:targetPort")
      }
      let target = parts.count > 1 ? parts[1] : parts[0]
      return [
        "name": .string(parts.count > 1 ? "\(parts[0])-\(parts[1])" : parts[0]), "port": .integer(port),
        "protocol": "TCP", "targetPort": Int64(target).map { .integer($0) } ?? .string(target),
      ]
    }
    if ports.isEmpty, type != "ExternalName" { throw KubectlError("at least one tcp port specifier must be provided") }
    object.json.set("metadata", "labels", to: ["app": .string(object.name)])
    object.json["spec"] = ["selector": ["app": .string(object.name)], "type": .string(type)]
    if !ports.isEmpty { object.json.set("spec", "ports", to: .array(ports)) }
    if let name = flags["external-name"] { object.json.set("spec", "externalName", to: .string(name)) }
    object.json["status"] = ["loadBalancer": [:]]
  }

  fileprivate func fillRole(_ object: inout KubeObject) throws {
    let verbs = flags.list("verb")
    guard !verbs.isEmpty else { throw KubectlError("at least one verb must be specified") }
    let paths = flags.list("non-resource-url")
    guard !flags.list("resource").isEmpty || !paths.isEmpty else {
      throw KubectlError("at least one resource must be specified")
    }
    var groups: [(group: String, resources: [String])] = []
    for word in flags.list("resource") {
      let parts = word.split(separator: "/", maxSplits: 1).map(String.init)
      let kind = try kind(parts[0])
      let resource = parts.count > 1 ? "\(kind.plural)/\(parts[1])" : kind.plural
      if let index = groups.firstIndex(where: { $0.group == kind.group }) {
        groups[index].resources.append(resource)
      } else {
        groups.append((kind.group, [resource]))
      }
    }
    func list(_ words: [String]) -> JSONValue { .array(words.map { .string($0) }) }
    var rules = groups.map { group -> JSONValue in
      var rule: JSONValue = ["apiGroups": [.string(group.group)], "resources": list(group.resources)]
      if !flags.list("resource-name").isEmpty { rule["resourceNames"] = list(flags.list("resource-name")) }
      rule["verbs"] = list(verbs)
      return rule
    }
    if !paths.isEmpty { rules.append(["nonResourceURLs": list(paths), "verbs": list(verbs)]) }
    object.json["rules"] = .array(rules)
  }

  fileprivate func fillBinding(_ object: inout KubeObject) throws {
    let (role, clusterRole) = (flags["role"], flags["clusterrole"])
    guard (role == nil) != (clusterRole == nil) else {
      throw KubectlError(
        object.kind == .clusterRoleBinding
          ? "required flag(s) \"clusterrole\" not set" : "exactly one of clusterrole or role must be specified")
    }
    let group: JSONValue = "rbac.authorization.k8s.io"
    object.json["roleRef"] = [
      "apiGroup": group, "kind": role == nil ? "ClusterRole" : "Role", "name": .string(role ?? clusterRole ?? ""),
    ]
    var subjects: [JSONValue] = []
    for (flag, kind) in [("user", "User"), ("group", "Group")] {
      for name in flags.list(flag) {
        subjects.append(["apiGroup": group, "kind": .string(kind), "name": .string(name)])
      }
    }
    for account in flags.list("serviceaccount") {
      let parts = account.split(separator: ":").map(String.init)
      guard parts.count == 2 else { throw KubectlError("serviceaccount must be <namespace>:<name>") }
      subjects.append(["kind": "ServiceAccount", "name": .string(parts[1]), "namespace": .string(parts[0])])
    }
    if !subjects.isEmpty { object.json["subjects"] = .array(subjects) }
  }
}
