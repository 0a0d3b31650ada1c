import Documents
import KubernetesModel

/// What a command line names: a kind, and a name unless all are meant.
struct ResourceReference: Hashable, Sendable {
  var kind: ResourceKind
  var name: String?
}

// The resource builder's rules for words (cli-runtime, `resource.Builder`).
extension KubectlCall {
  /// What `all` stands for.
  private static let all: [ResourceKind] = [.pod, .service, .deployment, .replicaSet, .horizontalPodAutoscaler]

  func kind(_ word: String) throws(KubectlError) -> ResourceKind {
    guard let kind = server.kind(named: word) else {
      throw KubectlError("the server doesn't have a resource type \"\(word)\"")
    }
    return kind
  }

  /// Reads `KIND`, `KIND,KIND`, `KIND NAME…` and `KIND/NAME…`.
  func references(_ words: [String]) throws(KubectlError) -> [ResourceReference] {
    guard let first = words.first else {
      throw KubectlError(
        "You must provide one or more resources by argument or filename.\n"
          + "Example resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n"
          + "   '<resource> <name>'\n   '<resource>'")
    }
    if first.contains("/") {
      var found: [ResourceReference] = []
      for word in words { found.append(try slashed(word)) }
      return found
    }
    if words.dropFirst().contains(where: { $0.contains("/") }) {
      throw KubectlError(
        "there is no need to specify a resource type as a separate argument when passing arguments in resource/name "
          + "form (e.g. 'kubectl get resource/<resource_name>' instead of "
          + "'kubectl get resource resource/<resource_name>'"
      )
    }
    var kinds: [ResourceKind] = []
    for word in first.split(separator: ",") {
      if word == "all" { kinds += Self.all } else { kinds.append(try kind(String(word))) }
    }
    let names = Array(words.dropFirst())
    if names.isEmpty { return kinds.map { ResourceReference(kind: $0) } }
    return kinds.flatMap { kind in names.map { ResourceReference(kind: kind, name: $0) } }
  }

  private func slashed(_ word: String) throws(KubectlError) -> ResourceReference {
    let parts = word.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
      throw KubectlError("arguments in resource/name form must have a single resource and name")
    }
    return ResourceReference(kind: try kind(parts[0]), name: parts[1])
  }

  /// The objects of references that must name something or select by label; used by commands that change objects.
  func targets(_ words: [String]) throws -> [KubeObject] {
    let references = try references(words)
    var found: [KubeObject] = []
    for reference in references {
      if let name = reference.name {
        found.append(try server.get(reference.kind, namespace, name))
      } else if flags["selector"] != nil || flags.isOn("all") {
        let labels = try flags["selector"].map { try LabelSelector(parsing: $0) }
        found += server.list(reference.kind, namespace: scope(reference.kind), labels: labels)
      } else {
        throw KubectlError("resource(s) were provided, but no name was specified")
      }
    }
    return found
  }

  /// The namespace to list in; `nil` for all.
  func scope(_ kind: ResourceKind) -> String? { kind.isNamespaced && !allNamespaces ? namespace : nil }
}

extension KubeObject {
  /// `deployment.apps/web`, as kubectl names an object.
  var printedName: String { "\(kind.printedName)/\(name)" }
}
