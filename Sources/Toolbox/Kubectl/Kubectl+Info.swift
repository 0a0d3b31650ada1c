import Documents
import KubernetesModel

extension Kubectl {
  /// The version of the cluster's kubelets, and of this client.
  static let serverVersion = "v1.33.5-eks-113cf36"
  private static let clientVersion = "v1.33.5"

  /// `version` (kubectl, `pkg/cmd/version`).
  static let version = Verb(path: ["version"], flags: [.on("client"), .value("output", "o")]) { call in
    let isClientOnly = call.flags.isOn("client")
    func info(_ version: String) -> JSONValue {
      [
        "compiler": "gc", "gitVersion": .string(version), "major": "1", "minor": "33", "platform": "linux/amd64",
      ]
    }
    switch call.flags["output"] {
    case nil:
      call.print("Client Version: \(clientVersion)\nKustomize Version: v5.6.0")
      if !isClientOnly { call.print("Server Version: \(serverVersion)") }
    case "json", "yaml":
      var tree: JSONValue = ["clientVersion": info(clientVersion), "kustomizeVersion": "v5.6.0"]
      if !isClientOnly { tree["serverVersion"] = info(serverVersion) }
      if call.flags["output"] == "yaml" {
        call.write(tree.yamlText())
      } else {
        call.print(tree.jsonText(JSONLayout(indent: 2)))
      }
    default: throw KubectlError("--output must be 'yaml' or 'json'")
    }
  }

  /// `cluster-info` (kubectl, `pkg/cmd/clusterinfo`).
  static let clusterInfo = Verb(path: ["cluster-info"], flags: []) { call in
    let url = "https://\(call.cluster.endpoint)"
    call.print("Kubernetes control plane is running at \(url)")
    for service in call.server.list(.service) where service.label("kubernetes.io/cluster-service") == "true" {
      let port = service.spec["ports"]?[0]
      let name = [service.name, port?["name"]?.string ?? ""].filter { !$0.isEmpty }.joined(separator: ":")
      call.print(
        "\(service.label("kubernetes.io/name") ?? service.name) is running at \(url)/api/v1/namespaces/"
          + "\(service.namespace)/services/\(name)/proxy")
    }
    call.print("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.")
  }

  /// `api-resources` (kubectl, `pkg/cmd/apiresources`).
  static let apiResources = Verb(
    path: ["api-resources"],
    flags: [
      .value("output", "o"), .value("api-group"), .on("namespaced"), .on("no-headers"), .value("categories"),
      .value("sort-by"), .on("cached"), .value("verbs"),
    ]
  ) { call in
    let categories = call.flags.list("categories")
    let shown = call.server.kinds.filter { kind in
      (call.flags["api-group"].map { $0 == kind.group } ?? true)
        && (call.flags["namespaced"] == nil || call.flags.isOn("namespaced") == kind.isNamespaced)
        && categories.allSatisfy(kind.categories.contains)
    }.enumerated().sorted { left, right in
      let (one, other) = (left.element, right.element)
      switch call.flags["sort-by"] {
      case "name": return (one.plural, left.offset) < (other.plural, right.offset)
      case "kind": return (one.kind, left.offset) < (other.kind, right.offset)
      default: return (one.group, one.plural) < (other.group, other.plural)
      }
    }.map(\.element)
    switch call.flags["output"] {
    case "name": for kind in shown { call.print(kind.qualifiedName) }
    case nil, "wide":
      let isWide = call.flags["output"] == "wide"
      let verbs = "create,delete,deletecollection,get,list,patch,update,watch"
      let header =
        ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"] + (isWide ? ["VERBS", "CATEGORIES"] : [])
      let rows = shown.map { kind in
        [
          kind.plural, kind.shortNames.joined(separator: ","), kind.apiVersion, String(kind.isNamespaced), kind.kind,
        ] + (isWide ? [verbs, kind.categories.joined(separator: ",")] : [])
      }
      call.write(alignedText((call.flags.isOn("no-headers") ? [] : [header]) + rows, padding: 3, minimum: 6))
    case let output?: throw KubectlError("--output \(output) is not available")
    }
  }

  /// `api-versions` (kubectl, `pkg/cmd/apiresources/apiversions.go`).
  static let apiVersions = Verb(path: ["api-versions"], flags: []) { call in
    for version in Set(call.server.kinds.map(\.apiVersion)).sorted() { call.print(version) }
  }
}
