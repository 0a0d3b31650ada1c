import Documents
import KubernetesModel

// Objects from files (cli-runtime, `resource.FileVisitor`).
extension KubectlCall {
  /// The objects of a manifest file, or of the standard input for `-`, with their namespaces.
  func documents(of file: String) throws -> [KubeObject] {
    let name = file == "-" ? "STDIN" : file
    guard let bytes = host.readFile(file) else {
      throw KubectlError("the path \"\(file)\" does not exist")
    }
    let nodes: [Node]
    do throws(DiagnosticList) { nodes = try parseYAML(bytes, file: name) } catch {
      throw KubectlError("error parsing \(name): error converting YAML to JSON: yaml: \(error.description)")
    }
    var found: [KubeObject] = []
    for node in nodes where !node.isNull {
      let items = node["kind"]?.string == "List" ? node["items"]?.sequence?.map(\.json) ?? [] : [node.json]
      for json in items { found.append(try object(json, name)) }
    }
    if found.isEmpty { throw KubectlError("no objects passed to \(path.first ?? "apply")") }
    return found
  }

  /// The objects of all files that `-f` names.
  func documentsOfFiles() throws -> [(file: String, object: KubeObject)] {
    guard flags["filename"] != nil else { throw KubectlError("must specify one of -f and -k") }
    return try flags.list("filename").flatMap { file in
      try documents(of: file).map { (file == "-" ? "STDIN" : file, $0) }
    }
  }

  private func object(_ json: JSONValue, _ file: String) throws -> KubeObject {
    guard let kindName = json["kind"]?.string, let version = json["apiVersion"]?.string else {
      let missing = [("apiVersion", json["apiVersion"]), ("kind", json["kind"])].filter { $0.1 == nil }
        .map { "\($0.0) not set" }
      let list = missing.joined(separator: ", ")
      throw KubectlError(
        "error validating \"\(file)\": error validating data: \(missing.count == 1 ? list : "[\(list)]"); "
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

  /// What `--validate` asks of the server: strict unless it says otherwise.
  func validation() throws(KubectlError) -> FieldValidation {
    switch flags["validate"] {
    case nil, "true", "strict", "Strict": return .strict
    case "warn", "Warn": return .warn
    case "false", "ignore", "Ignore": return .ignore
    case let text?:
      throw KubectlError(
        "invalid - validate option \"\(text)\"; must be one of: strict (or true), warn, ignore (or false)")
    }
  }
}
