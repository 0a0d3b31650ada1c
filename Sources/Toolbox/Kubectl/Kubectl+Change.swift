import Documents
import KubernetesModel
import SimulationKernel

extension Kubectl {
  static let selection: [Flag] = [.value("selector", "l"), .on("all"), .value("filename", "f")]

  /// `patch` (kubectl, `pkg/cmd/patch`).
  static let patch = Verb(
    path: ["patch"],
    flags: dryRunFlags + [
      .value("patch", "p"), .value("patch-file"), .value("type"), .value("subresource"), .value("filename", "f"),
      .value("field-manager"),
    ]
  ) { call in
    try call.checkDryRun()
    let body = try call.patchBody()
    let name = call.flags["type"]?.lowercased() ?? "strategic"
    guard let type = APIServer.PatchType(rawValue: name) else {
      throw KubectlError("--type must be one of [json merge strategic], not \"\(name)\"")
    }
    var subresource: APIServer.Subresource?
    if let text = call.flags["subresource"] {
      guard let known = APIServer.Subresource(rawValue: text) else {
        throw KubectlError("invalid subresource value: \"\(text)\". Must be one of [status scale resize]")
      }
      subresource = known
    }
    for object in try call.targets(call.flags.words) {
      if call.dryRun == .client {
        try call.report(try call.server.patched(object, type, body), "patched")
        continue
      }
      do {
        let patched = try call.patch(object, type, body, .warn, subresource: subresource)
        let isChanged =
          call.dryRun == .server
          ? patched.json != object.json : patched.resourceVersion != object.resourceVersion
        try call.report(patched, "patched" + (isChanged ? "" : " (no change)"))
      } catch { call.fail(error) }
    }
  }

  /// `scale` (kubectl, `pkg/cmd/scale`).
  static let scale = Verb(
    path: ["scale"],
    flags: selection + dryRunFlags + [
      .integer("replicas"), .integer("current-replicas"), .value("resource-version"), .duration("timeout"),
    ]
  ) { call in
    guard let replicas = call.flags.integer("replicas") else {
      throw KubectlError("required flag(s) \"replicas\" not set")
    }
    try call.checkDryRun()
    guard replicas >= 0 else {
      throw KubectlError("The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0")
    }
    let targets = try call.targets(call.flags.words)
    if targets.isEmpty, call.result.exitCode == 0 { throw KubectlError("no objects passed to scale") }
    for object in targets {
      do { try call.scale(object, to: replicas) } catch { call.fail(error) }
    }
  }

  /// `delete` (kubectl, `pkg/cmd/delete`).
  static let delete = Verb(
    path: ["delete"],
    flags: selection + dryRunFlags + [
      .integer("grace-period"), .on("force"), .on("now"), .on("wait"), .on("ignore-not-found"), .duration("timeout"),
      .on("all-namespaces", "A"), .value("field-selector"), .optional("cascade", "background"),
    ]
  ) { call in
    try call.checkDryRun()
    let (grace, propagation) = try call.deletionOptions()
    let isLenient =
      call.flags["ignore-not-found"] == nil
      ? call.flags.isOn("all") || call.flags["selector"] != nil || call.flags["field-selector"] != nil
      : call.flags.isOn("ignore-not-found")
    let targets = try call.targets(call.flags.words, ignoringMissing: isLenient)
    if targets.isEmpty {
      if call.result.exitCode == 0 { call.print("No resources found") }
      return
    }
    var gone: [KubeObject] = []
    for object in targets {
      do {
        if call.dryRun == .none { try call.remove(object, gracePeriod: grace, propagation) }
        try call.reportDeletion(object)
        gone.append(object)
      } catch { call.fail(error) }
    }
    guard call.dryRun == .none, !call.flags.isOff("wait") else { return }
    try await call.waitUntilGone(gone)
  }

  static let annotate = marking("annotate", field: "annotations", done: "annotated")
  static let label = marking("label", field: "labels", done: "labeled")

  /// `annotate` and `label`: `KEY=VALUE` sets, `KEY-` removes (kubectl, `pkg/cmd/annotate`, `pkg/cmd/label`).
  private static func marking(_ verb: String, field: String, done: String) -> Verb {
    Verb(
      path: [verb],
      flags: selection + dryRunFlags + [
        .on("overwrite"), .on("all-namespaces", "A"), .on("list"), .value("field-selector"), .value("resource-version"),
        .on("local"),
      ]
    ) { call in
      try call.checkDryRun()
      let words = call.flags.words
      let split = words.firstIndex { $0.contains("=") || ($0.hasSuffix("-") && $0.count > 1) } ?? words.count
      let changes = words[split...].map(KubectlCall.Assignment.init)
      let isList = call.flags.isOn("list")
      if split == 0, call.flags["filename"] == nil {
        throw KubectlError("one or more resources must be specified as <resource> <name> or <resource>/<name>")
      }
      guard !changes.isEmpty || isList else {
        throw KubectlError("at least one \(field == "labels" ? "label" : "annotation") update is required")
      }
      for object in try call.targets(Array(words[..<split])) {
        if isList {
          let members = object.json.at("metadata", field)?.object?.sortedMembers ?? []
          for member in members { call.print("\(member.key)=\(member.value.string ?? "")") }
        } else {
          do { try call.mark(object, field, changes, done) } catch { call.fail(error) }
        }
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
    let changed = dryRun == .client ? try server.patched(object, .merge, patch) : try merge(object, patch)
    guard field == "labels" else { return try report(changed, done) }
    let isChanged = changed.json.at("metadata", field) != object.json.at("metadata", field)
    let onlyRemoves = isRemoval && changes.allSatisfy { $0.value == nil }
    try report(changed, !isChanged ? "not labeled" : onlyRemoves ? "unlabeled" : done)
  }

  fileprivate func patchBody() throws -> JSONValue {
    let text: String
    if let file = flags["patch-file"] {
      guard let bytes = host.readFile(file) else {
        throw KubectlError("unable to read patch file: open \(file): no such file or directory")
      }
      text = String(decoding: bytes, as: UTF8.self)
    } else if let given = flags["patch"], !given.isEmpty {
      text = given
    } else {
      throw KubectlError("must specify --patch or --patch-file containing the contents of the patch")
    }
    if let json = try? parseJSON(text) { return json }
    guard let nodes = try? parseYAML(text), let node = nodes.first, node.scalar == nil else {
      throw KubectlError("unable to parse \"\(text)\": yaml: did not find expected node content")
    }
    return node.json
  }

  fileprivate func scale(_ object: KubeObject, to replicas: Int64) throws {
    guard [.deployment, .replicaSet, .statefulSet].contains(object.kind) else {
      throw APIError(.notFound, "the server could not find the requested resource")
    }
    let current = object.spec["replicas"]?.integer ?? 1
    if let expected = flags.integer("current-replicas"), expected >= 0, expected != current {
      throw KubectlError("Expected replicas to be \(expected), was \(current)")
    }
    if dryRun == .client { return try report(object, "scaled") }
    try report(try patch(object, .merge, ["spec": ["replicas": .integer(replicas)]]), "scaled")
  }
}
