import Documents
import KubernetesModel
import SimulationKernel

extension Kubectl {
  private static let selection: [Flag] = [.value("selector", "l"), .on("all")]

  /// `apply -f`: creates, or patches by the three-way merge of what was last applied, what is there and what is wanted
  /// (kubectl, `pkg/cmd/apply`).
  static let apply = Verb(
    path: ["apply"],
    flags: [.value("filename", "f")]
  ) { call in
    let files = call.flags.all("filename")
    guard !files.isEmpty else { throw KubectlError("must specify one of -f and -k") }
    for file in files {
      for document in try call.documents(of: file) {
        do { try call.apply(document, from: file) } catch { call.fail(error) }
      }
    }
  }

  static let patch = Verb(path: ["patch"], flags: [.value("patch", "p"), .value("type")]) {
    call in
    guard let text = call.flags["patch"] else {
      throw KubectlError("must specify --patch or --patch-file containing the contents of the patch")
    }
    let types: [(String, APIServer.PatchType)] = [("strategic", .strategic), ("merge", .merge), ("json", .json)]
    let name = call.flags["type"] ?? "strategic"
    guard let type = types.first(where: { $0.0 == name })?.1 else {
      throw KubectlError("--type must be one of [json merge strategic], not \"\(name)\"")
    }
    let body = try call.patchBody(text)
    for object in try call.targets(call.flags.words) {
      if type == .strategic, !ResourceKind.builtIn.contains(object.kind) { throw KubectlCall.unsupportedStrategic }
      let patched = try call.server.patch(object.kind, object.namespace, object.name, type, body, as: user)
      let isChanged = patched.resourceVersion != object.resourceVersion
      call.print("\(object.printedName) patched" + (isChanged ? "" : " (no change)"))
    }
  }

  static let scale = Verb(
    path: ["scale"], flags: selection + [.value("replicas"), .value("current-replicas")]
  ) { call in
    guard let text = call.flags["replicas"] else {
      throw KubectlError("required flag(s) \"replicas\" not set")
    }
    guard let replicas = Int64(text) else {
      throw KubectlError(
        "invalid argument \"\(text)\" for \"--replicas\" flag: strconv.ParseInt: parsing \"\(text)\": invalid syntax\n"
          + "See 'kubectl scale --help' for usage.")
    }
    guard replicas >= 0 else {
      throw KubectlError("The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0")
    }
    for object in try call.targets(call.flags.words) {
      guard [.deployment, .replicaSet].contains(object.kind) else {
        throw APIError(.notFound, "the server could not find the requested resource")
      }
      let current = object.spec["replicas"]?.integer ?? 1
      if let expected = call.flags["current-replicas"].flatMap({ Int64($0) }), expected >= 0, expected != current {
        throw KubectlError("Expected replicas to be \(expected), was \(current)")
      }
      try call.merge(object, ["spec": ["replicas": .integer(replicas)]])
      call.print("\(object.printedName) scaled")
    }
  }

  static let delete = Verb(
    path: ["delete"],
    flags: selection + [
      .value("filename", "f"), .value("grace-period"), .on("force"), .on("now"), .on("wait"), .on("ignore-not-found"),
      .value("timeout"), .on("all-namespaces", "A"),
    ]
  ) { call in
    var grace = call.flags["grace-period"].flatMap { Int64($0) }.flatMap { $0 < 0 ? nil : $0 }
    if call.flags.isOn("now") { grace = 1 }
    let isForced = call.flags.isOn("force")
    if isForced {
      grace = grace ?? 0
      call.warn(
        "Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. "
          + "The resource may continue to run on the cluster indefinitely.")
    }
    for object in try call.deletionTargets() {
      do throws(APIError) {
        try call.server.delete(object.kind, object.namespace, object.name, gracePeriodSeconds: grace, as: user)
        let place = object.kind.isNamespaced ? " from \(object.namespace) namespace" : ""
        call.print("\(object.kind.printedName) \"\(object.name)\" \(isForced ? "force deleted" : "deleted")\(place)")
        if call.flags["wait"] != "false" { await call.waitUntilGone(object) }
      } catch { call.fail(error) }
    }
  }

  static let annotate = marking("annotate", field: "annotations", done: "annotated")
  static let label = marking("label", field: "labels", done: "labeled")

  /// `annotate` and `label`: `KEY=VALUE` sets, `KEY-` removes.
  private static func marking(_ verb: String, field: String, done: String) -> Verb {
    Verb(path: [verb], flags: selection + [.on("overwrite"), .on("all-namespaces", "A")]) { call in
      let words = call.flags.words
      let split = words.firstIndex { $0.contains("=") || ($0.hasSuffix("-") && $0.count > 1) } ?? words.count
      let changes = words[split...].map(KubectlCall.Assignment.init)
      guard !changes.isEmpty else {
        throw KubectlError("at least one \(field == "labels" ? "label" : "annotation") update is required")
      }
      for object in try call.targets(Array(words[..<split])) {
        do { try call.mark(object, field, changes, done) } catch { call.fail(error) }
      }
    }
  }
}

extension KubectlCall {
  /// `KEY=VALUE`, or `KEY-` with no value.
  struct Assignment: Sendable {
    let key: String
    let value: String?

    init(_ word: String) {
      if let index = word.firstIndex(of: "=") {
        key = String(word[..<index])
        value = String(word[word.index(after: index)...])
      } else {
        key = word.hasSuffix("-") ? String(word.dropLast()) : word
        value = nil
      }
    }
  }

  /// Custom resources have no strategic merge.
  fileprivate static let unsupportedStrategic = KubectlError(
    "Error from server (UnsupportedMediaType): the body of the request was in an unknown format - accepted media types "
      + "include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
    isVerbatim: true)

  /// Merges a change into an object as the engineer.
  @discardableResult
  func merge(_ object: KubeObject, _ change: JSONValue) throws(APIError) -> KubeObject {
    try server.patch(object.kind, object.namespace, object.name, .merge, change, as: Kubectl.user)
  }

  fileprivate func mark(_ object: KubeObject, _ field: String, _ changes: [Assignment], _ done: String) throws {
    let singular = field == "labels" ? "label" : "annotation"
    var patch = JSONValue.object(JSONObject())
    var isRemoval = false
    for change in changes {
      let before = object.json.at("metadata", field)?[change.key]?.string
      if let value = change.value {
        if let before, before != value, !flags.isOn("overwrite") {
          throw KubectlError(
            field == "labels"
              ? "'\(change.key)' already has a value (\(before)), and --overwrite is false"
              : "--overwrite is false but found the following declared annotation(s): "
                + "'\(change.key)' already has a value (\(before))"
          )
        }
        patch.set("metadata", field, change.key, to: .string(value))
      } else {
        isRemoval = true
        if before == nil { print("\(singular) \"\(change.key)\" not found.") }
        patch.set("metadata", field, change.key, to: .null)
      }
    }
    let changed = try merge(object, patch)
    let isChanged = changed.resourceVersion != object.resourceVersion
    if field == "labels" {
      let onlyRemoves = isRemoval && changes.allSatisfy { $0.value == nil }
      print("\(object.printedName) \(!isChanged ? "not labeled" : onlyRemoves ? "unlabeled" : done)")
    } else {
      print("\(object.printedName) \(done)")
    }
  }

  fileprivate func patchBody(_ text: String) throws -> JSONValue {
    if let json = try? parseJSON(text) { return json }
    guard let nodes = try? parseYAML(text), let node = nodes.first, node.scalar == nil else {
      throw KubectlError("unable to parse \"\(text)\": yaml: did not find expected node content")
    }
    return node.json
  }

  fileprivate func deletionTargets() throws -> [KubeObject] {
    let files = flags.all("filename")
    guard files.isEmpty else {
      return try files.flatMap { file in
        try documents(of: file).map { try server.get($0.kind, $0.namespace, $0.name) }
      }
    }
    var found: [KubeObject] = []
    for reference in try references(flags.words) {
      guard let name = reference.name else {
        guard flags["selector"] != nil || flags.isOn("all") else {
          throw KubectlError("resource(s) were provided, but no name was specified")
        }
        let labels = try flags["selector"].map { try LabelSelector(parsing: $0) }
        found += server.list(reference.kind, namespace: scope(reference.kind), labels: labels)
        continue
      }
      do throws(APIError) { found.append(try server.get(reference.kind, namespace, name)) } catch {
        if !flags.isOn("ignore-not-found") { fail(error) }
      }
    }
    if found.isEmpty, result.exitCode == 0, !flags.isOn("ignore-not-found") { print("No resources found") }
    return found
  }

  /// Waits, as `delete` does by default, until an object of this uid is there no more.
  fileprivate func waitUntilGone(_ object: KubeObject) async {
    let limit = flags["timeout"].flatMap { TimeSpan(timeout: $0) }.map { simulation.now + $0 }
    while server.find(object.kind, object.namespace, object.name)?.uid == object.uid {
      if let limit, simulation.now >= limit {
        return fail(KubectlError("timed out waiting for the condition on \(object.kind.plural)/\(object.name)"))
      }
      await simulation.sleep(.seconds(1), Kubectl.callEvent)
    }
  }
}
