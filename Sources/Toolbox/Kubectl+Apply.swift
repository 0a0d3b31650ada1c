import Documents
import KubernetesModel
import SimulationKernel

extension KubectlCall {
  /// The annotation in which apply remembers what it was given.
  private static let lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

  /// The objects of a manifest file, with their namespaces.
  func documents(of file: String) throws -> [KubeObject] {
    guard let bytes = host.readFile(file) else {
      throw KubectlError("the path \"\(file)\" does not exist")
    }
    let nodes: [Node]
    do throws(DiagnosticList) { nodes = try parseYAML(bytes, file: file) } catch {
      throw KubectlError("error parsing \(file): \(error.description)")
    }
    var found: [KubeObject] = []
    for node in nodes where !node.isNull {
      let items = node["kind"]?.string == "List" ? node["items"]?.sequence?.map(\.json) ?? [] : [node.json]
      for json in items { found.append(try object(json, file)) }
    }
    if found.isEmpty { throw KubectlError("no objects passed to apply") }
    return found
  }

  private func object(_ json: JSONValue, _ file: String) throws -> KubeObject {
    guard let kindName = json["kind"]?.string, let version = json["apiVersion"]?.string else {
      let missing = [("apiVersion", json["apiVersion"]), ("kind", json["kind"])].filter { $0.1 == nil }.map(\.0)
      throw KubectlError(
        "error validating \"\(file)\": error validating data: "
          + "[\(missing.map { "\($0) not set" }.joined(separator: ", "))]; "
          + "if you choose to ignore these errors, turn validation off with --validate=false")
    }
    let group = version.contains("/") ? String(version.prefix { $0 != "/" }) : ""
    guard server.kinds.contains(where: { $0.kind == kindName && $0.group == group }) else {
      let name = json.at("metadata", "name")?.string ?? ""
      throw KubectlError(
        "resource mapping not found for name: \"\(name)\" "
          + "namespace: \"\(json.at("metadata", "namespace")?.string ?? "")\" "
          + "from \"\(file)\": no matches for kind \"\(kindName)\" in version \"\(version)\"\n"
          + "ensure CRDs are installed first")
    }
    var object = KubeObject(server.kind(apiVersion: version, kind: kindName), json)
    if object.kind.isNamespaced {
      if let own = flags["namespace"], !object.namespace.isEmpty, object.namespace != own {
        throw KubectlError(
          "the namespace from the provided object \"\(object.namespace)\" does not match the namespace \"\(own)\". "
            + "You must pass '--namespace=\(object.namespace)' to perform this operation.")
      }
      if object.namespace.isEmpty { object.json.set("metadata", "namespace", to: .string(namespace)) }
    }
    return object
  }

  /// Creates or patches one object.
  func apply(_ wanted: KubeObject, from file: String) throws {
    let wanted = Self.prepared(wanted)
    guard let current = server.find(wanted.kind, wanted.namespace, wanted.name) else {
      let created = try server.create(wanted, as: Kubectl.user)
      return print("\(created.printedName) created")
    }
    let before = current.annotation(Self.lastApplied).flatMap { try? parseJSON($0) }
    if before == nil {
      warn(
        "Warning: resource \(current.kind.plural)/\(current.name) is missing the \(Self.lastApplied) annotation "
          + "which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either "
          + "kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.")
    }
    let patch = current.json.threeWayPatch(to: wanted.json, lastApplied: before.map { Self.withAnnotation($0, wanted) })
    let patched = try server.patch(
      current.kind, current.namespace, current.name, .strategic, patch, as: Kubectl.user)
    let isChanged = patched.resourceVersion != current.resourceVersion
    print("\(current.printedName) \(isChanged ? "configured" : "unchanged")")
  }

  /// The wanted object with itself in the annotation, written as kubectl writes it: compact, sorted, with a newline.
  private static func prepared(_ object: KubeObject) -> KubeObject {
    var object = object
    var bare = object.json
    bare["status"] = nil
    if bare.at("metadata", "annotations") == nil { bare.set("metadata", "annotations", to: [:]) }
    bare.set("metadata", "annotations", lastApplied, to: nil)
    let text = bare.jsonText(JSONLayout(sortsKeys: true, escapesHTML: true)) + "\n"
    object.json = bare
    object.json.set("metadata", "annotations", lastApplied, to: .string(text))
    return object
  }

  /// Keeps the annotation itself out of the deletions.
  private static func withAnnotation(_ before: JSONValue, _ wanted: KubeObject) -> JSONValue {
    var before = before
    before.set("metadata", "annotations", lastApplied, to: .string(wanted.annotation(lastApplied) ?? ""))
    return before
  }
}

extension TimeSpan {
  /// A duration of a flag such as `--timeout=5m`; a plain number means seconds; `nil` when malformed.
  init?(timeout text: String) {
    if let seconds = Double(text) {
      self = .seconds(seconds)
    } else if let duration = Duration(goText: text) {
      self.init(duration)
    } else {
      return nil
    }
  }
}
