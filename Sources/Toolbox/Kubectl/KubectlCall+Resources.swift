import Documents
import KubernetesModel

/// What a command line names: a kind, and a name unless all are meant.
struct ResourceReference: Hashable, Sendable {
  var kind: ResourceKind
  var name: String?
}

// The resource builder's rules for words (cli-runtime, `resource.Builder`).
extension KubectlCall {
  func kind(_ word: String) throws(KubectlError) -> ResourceKind {
    guard let kind = server.kind(named: word) else {
      throw KubectlError("the server doesn't have a resource type \"\(word)\"")
    }
    return kind
  }

  /// The kinds that a word means: one, several joined by commas, or those of a category such as `all`.
  private func kinds(_ word: String) throws(KubectlError) -> [ResourceKind] {
    var found: [ResourceKind] = []
    for part in word.split(separator: ",").map(String.init) {
      let category = server.kinds(inCategory: part.lowercased())
      if category.isEmpty { found.append(try kind(part)) } else { found += category }
    }
    return found
  }

  static let needsResources =
    "You must provide one or more resources by argument or filename.\n"
    + "Example resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n"
    + "   '<resource> <name>'\n   '<resource>'"

  /// Reads `KIND`, `KIND,KIND`, `KIND NAME…` and `KIND/NAME…`.
  func references(_ words: [String]) throws(KubectlError) -> [ResourceReference] {
    guard let first = words.first else { throw KubectlError(Self.needsResources) }
    if first.contains("/") {
      var found: [ResourceReference] = []
      for word in words {
        guard word.contains("/") else {
          throw KubectlError(
            "there is no need to specify a resource type as a separate argument when passing arguments in "
              + "resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource "
              + "resource/<resource_name>'")
        }
        found.append(try slashed(word))
      }
      return found
    }
    if words.dropFirst().contains(where: { $0.contains("/") }) {
      throw KubectlError(
        "there is no need to specify a resource type as a separate argument when passing arguments in resource/name "
          + "form (e.g. 'kubectl get resource/<resource_name>' instead of "
          + "'kubectl get resource resource/<resource_name>'"
      )
    }
    let kinds = try kinds(first)
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

  /// `-l` read; a malformed selector is the server's error.
  func labelSelector() throws(APIError) -> LabelSelector? {
    guard let text = flags["selector"] else { return nil }
    return try LabelSelector(parsing: text)
  }

  /// The objects that words, `-f`, `-l` and `--all` name; used by commands that change objects.
  ///
  /// - Parameter ignoringMissing: leaves out what is named and not there, without a word.
  func targets(_ words: [String], ignoringMissing: Bool = false) throws -> [KubeObject] {
    let files = flags.all("filename")
    var found: [KubeObject] = []
    if !files.isEmpty {
      for file in files {
        for document in try documents(of: file) {
          do { found.append(try fetch(document.kind, document.namespace, document.name)) } catch {
            if !(ignoringMissing && error.reason == .notFound) { fail(error) }
          }
        }
      }
      return found
    }
    for reference in try references(words) {
      if let name = reference.name {
        if flags["selector"] != nil { throw KubectlError("name cannot be provided when a selector is specified") }
        do { found.append(try fetch(reference.kind, namespace, name)) } catch {
          if !(ignoringMissing && error.reason == .notFound) { fail(error) }
        }
      } else if flags["selector"] != nil || flags["field-selector"] != nil || flags.isOn("all") || allNamespaces {
        let fields = try flags["field-selector"].map { try FieldSelector(parsing: $0, kind: reference.kind) }
        found += try objects(reference.kind, scope(reference.kind), labels: try labelSelector(), fields: fields)
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
