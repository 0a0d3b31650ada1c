import Documents
import KubernetesModel
import SimulationKernel

extension Kubectl {
  static let dryRunFlags: [Flag] = [.optional("dry-run", "unchanged"), .value("output", "o")]
  static let fileFlags: [Flag] = [
    .value("filename", "f"), .optional("validate", "strict"), .on("recursive", "R"), .value("field-manager"),
  ]

  /// `apply -f`: creates, or patches by the three-way merge of what was last applied, what is there and what is wanted
  /// (kubectl, `pkg/cmd/apply`).
  static let apply = Verb(
    path: ["apply"], flags: fileFlags + dryRunFlags + [.on("overwrite"), .on("wait"), .value("selector", "l")]
  ) { call in
    try call.checkDryRun()
    let validation = try call.validation()
    let labels = try call.labelSelector()
    for (file, document) in try call.documentsOfFiles() where labels?.matches(document.labels) ?? true {
      do { try call.apply(document, from: file, validation) } catch { call.fail(error) }
    }
  }

  /// `replace -f` (kubectl, `pkg/cmd/replace`).
  static let replace = Verb(
    path: ["replace"], flags: fileFlags + dryRunFlags + [.on("force"), .integer("grace-period"), .on("save-config")]
  ) { call in
    try call.checkDryRun()
    let validation = try call.validation()
    for (file, document) in try call.documentsOfFiles() {
      do { try await call.replace(document, from: file, validation) } catch { call.fail(error) }
    }
  }

  /// `diff -f`: what `apply` would change, as `diff -u -N` shows it; exit code 1 when there is something (kubectl,
  /// `pkg/cmd/diff`).
  static let diff = Verb(path: ["diff"], flags: fileFlags + [.on("server-side"), .value("selector", "l")]) { call in
    guard call.flags["filename"] != nil else { throw KubectlError("must specify one of -f and -k", exitCode: 2) }
    for (file, document) in try call.documentsOfFiles() {
      do { try call.diff(document, from: file) } catch {
        call.fail(error)
        call.result.exitCode = 2
      }
    }
  }
}

extension KubectlCall {
  /// The annotation in which apply remembers what it was given.
  static let lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

  /// Creates or patches one object.
  fileprivate func apply(_ wanted: KubeObject, from file: String, _ validation: FieldValidation) throws {
    let wanted = Self.prepared(wanted)
    guard let current = server.find(wanted.kind, wanted.namespace, wanted.name) else {
      if dryRun == .client { return try report(wanted, "created") }
      return try report(try created(wanted, from: file, validation), "created")
    }
    try authorize("get", current.kind, current.namespace, current.name)
    if current.annotation(Self.lastApplied) == nil, dryRun != .client {
      warn(
        "Warning: resource \(current.kind.plural)/\(current.name) is missing the \(Self.lastApplied) annotation "
          + "which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either "
          + "kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.")
    }
    let patch = Self.patch(current, to: wanted)
    if dryRun == .client { return try report(current, "configured") }
    let changed = try applied(patch, to: current, from: file, validation)
    let isChanged =
      dryRun == .server ? changed.json != current.json : changed.resourceVersion != current.resourceVersion
    try report(changed, isChanged ? "configured" : "unchanged")
  }

  private func created(
    _ object: KubeObject, from file: String, _ validation: FieldValidation
  ) throws(APIError) -> KubeObject {
    do throws(APIError) {
      let (decoded, warnings) = try server.decoded(object, validation)
      for warning in warnings { warn("Warning: \(warning)") }
      return try create(decoded)
    } catch { throw error.from(file, whileDoing: "creating") }
  }

  /// The patch that `apply` sends: strategic for built-in kinds.
  fileprivate static func patch(_ current: KubeObject, to wanted: KubeObject) -> JSONValue {
    let before = current.annotation(lastApplied).flatMap { try? parseJSON($0) }.map { withAnnotation($0, wanted) }
    return current.kind.isBuiltIn
      ? current.json.threeWayPatch(to: wanted.json, lastApplied: before)
      : current.json.threeWayMergePatch(to: wanted.json, lastApplied: before)
  }

  private func applied(
    _ patch: JSONValue, to current: KubeObject, from file: String, _ validation: FieldValidation
  ) throws(APIError) -> KubeObject {
    let kind = current.kind
    let text = patch.jsonText(JSONLayout(sortsKeys: true, escapesHTML: true))
    do throws(APIError) {
      do throws(APIError) {
        return try self.patch(current, kind.isBuiltIn ? .strategic : .merge, patch, validation)
      } catch {
        throw error.reason == .badRequest && error.message.contains("strict decoding error")
          ? .invalidPatch(text, String(error.message[error.message.firstRange(of: "strict")!.lowerBound...])) : error
      }
    } catch {
      let resource = "\(kind.group)/\(kind.version)"
      throw error.from(file, whileDoing: "patching").from(
        file,
        whileDoing: "applying patch:\n\(text)\nto:\nResource: \"\(resource), Resource=\(kind.plural)\", "
          + "GroupVersionKind: \"\(resource), Kind=\(kind.kind)\"\nName: \"\(current.name)\", "
          + "Namespace: \"\(current.namespace)\"\nfor:")
    }
  }

  /// The wanted object with itself in the annotation, written as kubectl writes it: compact, sorted, with a newline.
  static func prepared(_ object: KubeObject) -> KubeObject {
    var object = object
    var bare = object.json
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

  // MARK: Replace

  fileprivate func replace(_ object: KubeObject, from file: String, _ validation: FieldValidation) async throws {
    if flags.isOn("force") {
      if let current = server.find(object.kind, object.namespace, object.name) {
        try remove(current, gracePeriod: flags.integer("grace-period") ?? 0, .background)
        print("\(object.kind.printedName) \"\(object.name)\" deleted from \(object.namespace) namespace")
        while server.find(object.kind, object.namespace, object.name)?.uid == current.uid { await pause(.seconds(1)) }
      }
      return try report(try created(object, from: file, validation), "replaced")
    }
    if dryRun == .client { return try report(object, "replaced") }
    do {
      let (decoded, warnings) = try server.decoded(object, validation)
      for warning in warnings { warn("Warning: \(warning)") }
      try report(try update(decoded), "replaced")
    } catch let error as APIError { throw error.from(file, whileDoing: "replacing") }
  }

  // MARK: Diff

  fileprivate func diff(_ wanted: KubeObject, from file: String) throws {
    let current = server.find(wanted.kind, wanted.namespace, wanted.name)
    let merged: KubeObject
    if let current {
      let patched = try server.patched(
        current, current.kind.isBuiltIn ? .strategic : .merge, Self.patch(current, to: Self.prepared(wanted)))
      merged = try server.tryUpdate(patched)
    } else {
      merged = try server.tryCreate(Self.prepared(wanted))
    }
    let name = [
      wanted.kind.group, wanted.kind.version, wanted.kind.kind, wanted.namespace, wanted.name,
    ].filter { !$0.isEmpty }.joined(separator: ".")
    let text = unifiedDiff(
      Self.shown(current), Self.shown(merged), from: "LIVE/\(name)", to: "MERGED/\(name)",
      at: ClusterClock.timestamp(simulation.now))
    guard !text.isEmpty else { return }
    write("diff -u -N LIVE/\(name) MERGED/\(name)\n" + text)
    result.exitCode = 1
  }

  private static func shown(_ object: KubeObject?) -> String {
    guard var json = object?.json else { return "" }
    json.set("metadata", "annotations", lastApplied, to: nil)
    if json.at("metadata", "annotations")?.object?.isEmpty == true { json.set("metadata", "annotations", to: nil) }
    return json.yamlText()
  }
}
