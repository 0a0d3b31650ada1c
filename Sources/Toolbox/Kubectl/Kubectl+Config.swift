import Documents
import KubernetesModel
import SimulationKernel

extension Kubectl {
  /// `config` on a kubeconfig that has a context for each cluster, named after it (kubectl, `pkg/cmd/config`).
  static let configVerbs = [
    Verb(path: ["config", "current-context"], flags: [], isLocal: true) { $0.print($0.currentContext) },
    Verb(path: ["config", "get-contexts"], flags: [.value("output", "o"), .on("no-headers")], isLocal: true) {
      try $0.showContexts()
    },
    Verb(path: ["config", "get-clusters"], flags: [], isLocal: true) { call in
      call.print("NAME")
      for context in call.host.contexts.sorted() { call.print(context) }
    },
    Verb(path: ["config", "use-context"], flags: [], isLocal: true) { call in
      guard call.flags.words.count == 1, let name = call.flags.words.first else {
        throw KubectlError("Unexpected args: [\(call.flags.words.joined(separator: " "))]")
      }
      guard call.host.contexts.contains(name) else {
        throw KubectlError("no context exists with the name: \"\(name)\"")
      }
      call.kubectl.configuration.current = name
      call.print("Switched to context \"\(name)\".")
    },
    Verb(path: ["config", "set-context"], flags: [.on("current")], isLocal: true) { call in
      guard call.flags.isOn("current") != (call.flags.words.count == 1) else {
        throw KubectlError("Unexpected args: [\(call.flags.words.joined(separator: " "))]")
      }
      let name = call.flags.words.first ?? call.currentContext
      guard call.host.contexts.contains(name) else {
        throw KubectlError("contexts are those of the platform here: there is none named \"\(name)\"")
      }
      if let namespace = call.flags["namespace"] { call.kubectl.configuration.namespaces[name] = namespace }
      call.print("Context \"\(name)\" modified.")
    },
    Verb(
      path: ["config", "view"],
      flags: [.value("output", "o"), .on("minify"), .on("raw"), .on("flatten")], isLocal: true
    ) { try $0.viewConfig() },
  ]
}

extension KubectlCall {
  fileprivate var currentContext: String { kubectl.configuration.current ?? host.contexts.first ?? "" }

  fileprivate func showContexts() throws {
    let wanted = flags.words
    if let missing = wanted.first(where: { !host.contexts.contains($0) }) {
      fail(KubectlError("context \(missing) not found"))
    }
    let contexts = host.contexts.filter { wanted.isEmpty || wanted.contains($0) }.sorted()
    if flags["output"] == "name" { return contexts.forEach(print) }
    if let output = flags["output"], !output.isEmpty {
      throw KubectlError("output must be one of '' or 'name': \(output)")
    }
    let header = ["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"]
    let rows = contexts.map { name in
      [name == currentContext ? "*" : "", name, name, Kubectl.user, kubectl.configuration.namespaces[name] ?? ""]
    }
    write(alignedText((flags.isOn("no-headers") ? [] : [header]) + rows, padding: 3, minimum: 6))
  }

  fileprivate func viewConfig() throws {
    let names = flags.isOn("minify") ? [context] : host.contexts.sorted()
    let tree: JSONValue = [
      "apiVersion": "v1",
      "clusters": .array(
        names.map { name in
          [
            "cluster": [
              "certificate-authority-data": "DATA+OMITTED",
              "server": .string("https://\(host.cluster(context: name)?.endpoint ?? "")"),
            ], "name": .string(name),
          ]
        }),
      "contexts": .array(
        names.map { name in
          var entry: JSONValue = ["cluster": .string(name)]
          if let namespace = kubectl.configuration.namespaces[name] { entry["namespace"] = .string(namespace) }
          entry["user"] = .string(Kubectl.user)
          return ["context": entry, "name": .string(name)]
        }),
      "current-context": .string(flags.isOn("minify") ? context : currentContext), "kind": "Config",
      "preferences": [:], "users": [["name": .string(Kubectl.user), "user": ["token": "REDACTED"]]],
    ]
    switch try OutputFormat(flags["output"] ?? "yaml", allowed: OutputFormat.printing) {
    case .json: print(tree.jsonText(.kubectl))
    case .path(let path): write(path.text(tree))
    case .pathAsJSON(let path): print(JSONValue.array(path.values(tree)).jsonText(.kubectl))
    default: write(tree.yamlText())
    }
  }
}

extension Cluster {
  /// The host name of the API server, as EKS names it.
  var endpoint: String {
    let id = String(fnv1a(name.utf8), radix: 16, uppercase: true)
    return "\(id).gr7.\(region).eks.amazonaws.com"
  }
}
