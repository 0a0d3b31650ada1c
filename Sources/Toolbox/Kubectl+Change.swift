import Documents
import KubernetesModel
import SimulationKernel

// The verbs that change objects.
extension Kubectl {
  private static let lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

  func apply(_ call: Invocation) throws -> String {
    guard let file = call.flags["--filename"] else { throw Failure("error: must specify one of -f and -k") }
    let path = file.hasPrefix("/") ? file : terminal.folder + file
    let nodes: [Node]
    do {
      nodes = try parseYAML(try readFile(path), file: file).filter { !$0.isNull }
    } catch let error as FileError {
      throw Failure("error: the path \"\(file)\" does not exist: \(error.reason)")
    } catch {
      throw Failure("error: error parsing \(file): \(error)")
    }
    guard !nodes.isEmpty else { throw Failure("error: no objects passed to apply") }
    return try nodes.map { try apply($0.json, call) }.joined()
  }

  private func apply(_ json: JSONValue, _ call: Invocation) throws -> String {
    guard let apiVersion = json["apiVersion"]?.string, let kindName = json["kind"]?.string else {
      throw Failure("error: unable to decode: Object 'Kind' is missing in '\(json.jsonText().prefix(80))'")
    }
    let kind = call.cluster.server.kind(apiVersion: apiVersion, kind: kindName)
    var object = KubeObject(kind, json)
    if kind.isNamespaced, object.namespace.isEmpty {
      object.json.set("metadata", "namespace", to: .string(call.namespace))
    }
    let applied = JSONValue.string(object.json.jsonText() + "\n")
    object.json.set("metadata", "annotations", Self.lastApplied, to: applied)
    let printed = "\(kind.printedName)/\(object.name)"
    guard let current = call.cluster.server.find(kind, object.namespace, object.name) else {
      try call.cluster.server.create(object, as: Terminal.user)
      return "\(printed) created\n"
    }
    let last = current.annotation(Self.lastApplied).flatMap { try? parseJSON($0) }
    let isBuiltIn = ResourceKind.builtIn.contains(kind)
    let patch =
      isBuiltIn
      ? current.json.threeWayPatch(to: object.json, lastApplied: last)
      : current.json.threeWayMergePatch(to: object.json, lastApplied: last)
    let updated = try call.cluster.server.patch(
      kind, object.namespace, object.name, isBuiltIn ? .strategic : .merge, patch, as: Terminal.user)
    return "\(printed) \(updated.resourceVersion == current.resourceVersion ? "unchanged" : "configured")\n"
  }

  func patch(_ call: Invocation) throws -> String {
    guard let text = call.flags["--patch"] else {
      throw Failure("error: must specify --patch or --patch-file containing the contents of the patch")
    }
    let typeName = call.flags["--type"] ?? "strategic"
    guard let type = APIServer.PatchType(rawValue: typeName) else {
      throw Failure("error: --type must be one of [json merge strategic], not \"\(typeName)\"")
    }
    guard let patch = (try? parseYAML(text, file: "patch"))?.first?.json else {
      throw Failure("error: unable to parse \"\(text)\": yaml: invalid syntax")
    }
    let pairs = try named(call.words, call)
    guard !pairs.isEmpty else { throw Failure("error: resource(s) were provided, but no name was specified") }
    return try pairs.map { kind, name in
      let before = try object(kind, name, call)
      guard type != .strategic || ResourceKind.builtIn.contains(kind) else {
        throw Failure(
          "error: application/strategic-merge-patch+json is not supported by \(kind.group)/\(kind.version), Kind=\(kind.kind): the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"
        )
      }
      let after = try call.cluster.server.patch(kind, call.namespace, name, type, patch, as: Terminal.user)
      return
        "\(kind.printedName)/\(name) patched\(after.resourceVersion == before.resourceVersion ? " (no change)" : "")\n"
    }.joined()
  }

  func scale(_ call: Invocation) throws -> String {
    guard let text = call.flags["--replicas"] else { throw Failure("error: required flag(s) \"replicas\" not set") }
    guard let count = Int64(text), count >= 0 else {
      throw Failure(
        Int64(text) == nil
          ? "error: invalid argument \"\(text)\" for \"--replicas\" flag: strconv.ParseInt: parsing \"\(text)\": invalid syntax\nSee 'kubectl scale --help' for usage."
          : "error: The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0")
    }
    return try named(call.words, call).map { kind, name in
      guard kind == .deployment || kind == .replicaSet else {
        throw Failure("Error from server (NotFound): the server could not find the requested resource")
      }
      var target = try object(kind, name, call)
      target.json.set("spec", "replicas", to: .integer(count))
      try call.cluster.server.update(target, as: Terminal.user)
      return "\(kind.printedName)/\(name) scaled\n"
    }.joined()
  }

  func set(_ call: Invocation) throws -> String {
    guard let what = call.words.first, ["env", "image"].contains(what) else {
      throw Failure("error: unknown command \"\(call.words.first ?? "")\" for \"kubectl set\"")
    }
    let isAssignment: (String) -> Bool = { $0.contains("=") || ($0.hasSuffix("-") && !$0.contains("/")) }
    let assignments = call.words.dropFirst().filter(isAssignment)
    let targets = call.words.dropFirst().filter { !isAssignment($0) }
    guard !assignments.isEmpty else {
      throw Failure(
        what == "env"
          ? "error: at least one environment variable must be provided" : "error: at least one image update is required"
      )
    }
    return try named(Array(targets), call).map { kind, name in
      var target = try object(kind, name, call)
      let before = target.json
      guard var containers = target.json.at("spec", "template", "spec", "containers")?.array else {
        throw Failure("error: \(kind.plural)/\(name) has no pod template")
      }
      for assignment in assignments {
        try what == "env" ? Self.setVariable(assignment, &containers) : Self.setImage(assignment, &containers)
      }
      target.json.set("spec", "template", "spec", "containers", to: .array(containers))
      guard target.json != before else { return "" }
      try call.cluster.server.update(target, as: Terminal.user)
      return "\(kind.printedName)/\(name) \(what == "env" ? "env" : "image") updated\n"
    }.joined()
  }

  private static func setVariable(_ assignment: String, _ containers: inout [JSONValue]) throws {
    let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let name = parts.count > 1 ? parts[0] : String(assignment.dropLast())
    for index in containers.indices {
      var variables = containers[index]["env"]?.array ?? []
      let position = variables.firstIndex { $0["name"]?.string == name }
      if parts.count > 1 {
        let value: JSONValue = ["name": .string(name), "value": .string(parts[1])]
        if let position { variables[position] = value } else { variables.append(value) }
      } else if let position {
        variables.remove(at: position)
      }
      containers[index]["env"] = .array(variables)
    }
  }

  private static func setImage(_ assignment: String, _ containers: inout [JSONValue]) throws {
    let parts = assignment.split(separator: "=", maxSplits: 1).map(String.init)
    let indices = containers.indices.filter { parts[0] == "*" || containers[$0]["name"]?.string == parts[0] }
    guard parts.count == 2, !indices.isEmpty else {
      throw Failure("error: unable to find container named \"\(parts[0])\"")
    }
    for index in indices { containers[index]["image"] = .string(parts[1]) }
  }

  func delete(_ call: Invocation) throws -> String {
    var pairs = try named(call.words, call)
    if let selector = call.flags["--selector"], let word = call.words.first {
      let kind = try kind(word, call.cluster)
      pairs = call.cluster.server.list(kind, namespace: call.namespace, labels: try LabelSelector(parsing: selector))
        .map { (kind, $0.name) }
    }
    guard !pairs.isEmpty else { throw Failure("error: resource(s) were provided, but no name was specified") }
    let grace = call.flags["--grace-period"].flatMap { Int64($0) }
    return try pairs.map { kind, name in
      try call.cluster.server.delete(
        kind, call.namespace, name, gracePeriodSeconds: call.flags.has("--force") ? grace ?? 0 : grace,
        as: Terminal.user)
      let namespace = kind.isNamespaced ? " from \(call.namespace) namespace" : ""
      return "\(kind.printedName) \"\(name)\" \(call.flags.has("--force") ? "force deleted" : "deleted")\(namespace)\n"
    }.joined()
  }

  /// `annotate` and `label`.
  func mark(_ call: Invocation, field: String, verb: String) throws -> String {
    let isChange: (String) -> Bool = { $0.contains("=") || $0.hasSuffix("-") }
    let changes = call.words.filter(isChange)
    guard !changes.isEmpty else {
      throw Failure("error: at least one \(field.dropLast()) update is required")
    }
    return try named(call.words.filter { !isChange($0) }, call).map { kind, name in
      var target = try object(kind, name, call)
      for change in changes {
        let parts = change.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count > 1 else {
          target.json.set("metadata", field, String(change.dropLast()), to: nil)
          continue
        }
        let old = target.json.at("metadata", field)?[parts[0]]?.string
        guard old == nil || old == parts[1] || call.flags.has("--overwrite") else {
          throw Failure(
            "error: --overwrite is false but found the following declared \(field.dropLast())(s): '\(parts[0])' already has a value (\(old ?? ""))"
          )
        }
        target.json.set("metadata", field, parts[0], to: .string(parts[1]))
      }
      try call.cluster.server.update(target, as: Terminal.user)
      return "\(kind.printedName)/\(name) \(verb)\n"
    }.joined()
  }
}
