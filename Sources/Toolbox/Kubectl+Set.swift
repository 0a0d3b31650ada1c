import Documents
import KubernetesModel

extension Kubectl {
  static let setVerbs = [setEnvironment, setImage]

  /// `set env KIND/NAME KEY=VALUE KEY-`.
  private static let setEnvironment = Verb(
    path: ["set", "env"],
    flags: [
      .value("containers", "c"), .value("selector", "l"), .on("all"), .on("list"),
      .value("env", "e"),
    ]
  ) { call in
    let words = call.flags.words
    let split = words.firstIndex { $0.contains("=") || ($0.hasSuffix("-") && $0.count > 1) } ?? words.count
    let changes = (words[split...] + call.flags.all("env")).map(KubectlCall.Assignment.init)
    guard split > 0 else {
      throw KubectlError("one or more resources must be specified as <resource> <name> or <resource>/<name>")
    }
    let targets = try call.targets(Array(words[..<split]))
    if call.flags.isOn("list") { return targets.forEach(call.listEnvironment) }
    guard !changes.isEmpty else { throw KubectlError("at least one environment variable must be provided") }
    for object in targets {
      try call.changeContainers(of: object, named: call.flags["containers"], "env updated") { container in
        var variables = container["env"]?.array ?? []
        for change in changes {
          variables = KubectlCall.changing(variables, change)
        }
        container["env"] = variables.isEmpty ? nil : .array(variables)
      }
    }
  }

  /// `set image KIND/NAME CONTAINER=IMAGE`.
  private static let setImage = Verb(path: ["set", "image"], flags: [.value("selector", "l"), .on("all")]) { call in
    let words = call.flags.words
    let split = words.firstIndex { $0.contains("=") } ?? words.count
    guard split > 0 else {
      throw KubectlError("one or more resources must be specified as <resource> <name> or <resource>/<name>")
    }
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
}

extension KubectlCall {
  private func containerPath(_ object: KubeObject) -> [String] {
    object.kind == .pod ? ["spec", "containers"] : ["spec", "template", "spec", "containers"]
  }

  func containers(of object: KubeObject) -> [JSONValue] {
    var value: JSONValue? = object.json
    for key in containerPath(object) { value = value?[key] }
    return value?.array ?? []
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
    let stored = try server.update(updated, as: Kubectl.user)
    if stored.resourceVersion != object.resourceVersion { print("\(object.printedName) \(done)") }
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
        }
      }
    }
  }
}
