import Documents
import KubernetesModel

extension Kubectl {
  static let setVerbs = [setEnvironment, setImage, setResources, setServiceAccount]

  private static let flags: [Flag] = selection + dryRunFlags + [.on("local")]

  /// `set env KIND/NAME KEY=VALUE KEY-` (kubectl, `pkg/cmd/set/set_env.go`).
  private static let setEnvironment = Verb(
    path: ["set", "env"],
    flags: flags + [
      .value("containers", "c"), .on("list"), .value("env", "e"), .value("from"), .value("prefix"), .value("keys"),
      .on("overwrite"), .on("resolve"),
    ]
  ) { call in
    try call.checkDryRun()
    let words = call.flags.words
    let split = words.firstIndex { $0.contains("=") || ($0.hasSuffix("-") && $0.count > 1) } ?? words.count
    let changes = (words[split...] + call.flags.all("env")).map(KubectlCall.Assignment.init)
    try call.requireTargets(split)
    let targets = try call.targets(Array(words[..<split]))
    if call.flags.isOn("list") { return targets.forEach(call.listEnvironment) }
    let imported = try call.importedVariables()
    guard !changes.isEmpty || !imported.isEmpty else {
      throw KubectlError("at least one environment variable must be provided")
    }
    for object in targets {
      try call.changeContainers(of: object, named: call.flags["containers"], "env updated") { container in
        var variables = container["env"]?.array ?? []
        for change in changes where change.value != nil { variables = KubectlCall.changing(variables, change) }
        for variable in imported {
          variables.removeAll { $0["name"] == variable["name"] }
          variables.append(variable)
        }
        for change in changes where change.value == nil { variables = KubectlCall.changing(variables, change) }
        container["env"] = variables.isEmpty ? nil : .array(variables)
      }
    }
  }

  /// `set image KIND/NAME CONTAINER=IMAGE` (kubectl, `pkg/cmd/set/set_image.go`).
  private static let setImage = Verb(path: ["set", "image"], flags: flags) { call in
    try call.checkDryRun()
    let words = call.flags.words
    let split = words.firstIndex { $0.contains("=") } ?? words.count
    try call.requireTargets(split)
    let changes = words[split...].map(KubectlCall.Assignment.init)
    guard !changes.isEmpty else { throw KubectlError("at least one image update is required") }
    for object in try call.targets(Array(words[..<split])) {
      let names = call.containers(of: object).map { $0["name"]?.string ?? "" }
      for change in changes where change.key != "*" && !names.contains(change.key) {
        throw KubectlError("unable to find container named \"\(change.key)\"")
      }
      try call.changeContainers(of: object, named: nil, "image updated") { container in
        for change in changes where change.key == "*" || container["name"]?.string == change.key {
          container["image"] = change.value.map { .string($0) }
        }
      }
    }
  }

  /// `set resources KIND/NAME --limits=cpu=1,memory=1Gi` (kubectl, `pkg/cmd/set/set_resources.go`).
  private static let setResources = Verb(
    path: ["set", "resources"],
    flags: flags + [.value("containers", "c"), .value("limits"), .value("requests")]
  ) { call in
    try call.checkDryRun()
    guard call.flags["limits"] != nil || call.flags["requests"] != nil else {
      throw KubectlError("you must specify an update to requests or limits (in the form of --requests/--limits)")
    }
    let lists = try ["limits", "requests"].map { ($0, try call.amounts($0)) }
    try call.requireTargets(call.flags.words.count)
    for object in try call.targets(call.flags.words) {
      try call.changeContainers(of: object, named: call.flags["containers"], "resource requirements updated") {
        container in
        for (list, amounts) in lists {
          for amount in amounts { container.set("resources", list, amount.key, to: .string(amount.value)) }
        }
      }
    }
  }

  /// `set serviceaccount KIND/NAME ACCOUNT` (kubectl, `pkg/cmd/set/set_serviceaccount.go`).
  private static let setServiceAccount = Verb(path: ["set", "serviceaccount"], flags: flags) { call in
    try call.checkDryRun()
    let words = call.flags.words
    guard let account = words.last, words.count > 1 else { throw KubectlError("serviceaccount is required") }
    for object in try call.targets(Array(words.dropLast())) {
      var changed = object
      changed.json.set("spec", "template", "spec", "serviceAccountName", to: .string(account))
      try call.store(changed, "serviceaccount updated")
    }
  }
}

extension KubectlCall {
  fileprivate func requireTargets(_ count: Int) throws(KubectlError) {
    guard count > 0 || flags["filename"] != nil else {
      throw KubectlError("one or more resources must be specified as <resource> <name> or <resource>/<name>")
    }
  }

  private func containerPath(_ object: KubeObject) -> [String] {
    object.kind == .pod ? ["spec", "containers"] : ["spec", "template", "spec", "containers"]
  }

  func containers(of object: KubeObject) -> [JSONValue] {
    var value: JSONValue? = object.json
    for key in containerPath(object) { value = value?[key] }
    return value?.array ?? []
  }

  /// `cpu=1,memory=512Mi`.
  fileprivate func amounts(_ flag: String) throws(KubectlError) -> [(key: String, value: String)] {
    var amounts: [(key: String, value: String)] = []
    for part in flags.list(flag) {
      let words = part.split(separator: "=", maxSplits: 1).map(String.init)
      guard words.count == 2 else {
        throw KubectlError("invalid argument syntax \(part), expected <resource>=<value>")
      }
      guard (try? Quantity(parsing: words[1])) != nil else {
        throw KubectlError(
          "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
      }
      amounts.append((words[0], words[1]))
    }
    return amounts
  }

  /// `--from=secret/NAME` and `--from=configmap/NAME`: a variable a key.
  fileprivate func importedVariables() throws -> [JSONValue] {
    guard let source = flags["from"] else { return [] }
    let reference = try references([source])[0]
    let object = try fetch(reference.kind, namespace, reference.name ?? "")
    let wanted = flags.list("keys")
    let field = reference.kind == .secret ? "secretKeyRef" : "configMapKeyRef"
    return (object.json["data"]?.object?.sortedMembers ?? []).filter { wanted.isEmpty || wanted.contains($0.key) }
      .map { member in
        let name =
          (flags["prefix"] ?? "")
          + member.key.uppercased().map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined()
        return [
          "name": .string(name),
          "valueFrom": [field: ["name": .string(object.name), "key": .string(member.key)]] as JSONValue,
        ]
      }
  }

  /// Changes an object's containers; says `done` only when something differs, as `kubectl set` does.
  fileprivate func changeContainers(
    of object: KubeObject, named name: String?, _ done: String, _ change: (inout JSONValue) -> Void
  ) throws {
    var found = false
    let changed = containers(of: object).map { container in
      guard name == nil || name == "*" || container["name"]?.string == name else { return container }
      found = true
      var container = container
      change(&container)
      return container
    }
    guard found else {
      throw KubectlError(
        "error: \(object.kind.plural)/\(object.name) does not have any containers matching \"\(name ?? "*")\"",
        isVerbatim: true)
    }
    var updated = object
    updated.json.set(containerPath(object)[...], to: .array(changed))
    try store(updated, done)
  }

  /// Stores a changed object, or shows it only.
  fileprivate func store(_ changed: KubeObject, _ done: String) throws {
    if dryRun == .client { return try report(changed, done) }
    let before = server.find(changed.kind, changed.namespace, changed.name)
    let stored = try update(changed)
    if dryRun == .server ? stored.json != before?.json : stored.resourceVersion != before?.resourceVersion {
      try report(stored, done)
    }
  }

  fileprivate static func changing(_ variables: [JSONValue], _ change: Assignment) -> [JSONValue] {
    guard let value = change.value else { return variables.filter { $0["name"]?.string != change.key } }
    let entry: JSONValue = ["name": .string(change.key), "value": .string(value)]
    guard let index = variables.firstIndex(where: { $0["name"]?.string == change.key }) else {
      return variables + [entry]
    }
    var variables = variables
    variables[index] = entry
    return variables
  }

  fileprivate func listEnvironment(_ object: KubeObject) {
    for container in containers(of: object) {
      print("# \(object.kind.plural)/\(object.name), container \(container["name"]?.string ?? "")")
      for variable in container["env"]?.array ?? [] {
        let name = variable["name"]?.string ?? ""
        if let value = variable["value"]?.string {
          print("\(name)=\(value)")
        } else if let reference = variable.at("valueFrom", "secretKeyRef") {
          print("# \(name) from secret \(reference["name"]?.string ?? ""), key \(reference["key"]?.string ?? "")")
        } else if let reference = variable.at("valueFrom", "configMapKeyRef") {
          print("# \(name) from configmap \(reference["name"]?.string ?? ""), key \(reference["key"]?.string ?? "")")
        } else if let path = variable.at("valueFrom", "fieldRef", "fieldPath")?.string {
          print("# \(name) from field path \(path)")
        }
      }
    }
  }
}
