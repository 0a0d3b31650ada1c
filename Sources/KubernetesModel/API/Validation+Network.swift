import Documents

// Services, disruption budgets and autoscalers (pkg/apis/core/validation, pkg/apis/policy/validation,
// pkg/apis/autoscaling/validation).
extension Validation {
  mutating func checkService() {
    let type = object.spec["type"]?.string ?? "ClusterIP"
    check("spec.type", .string(type), isOneOf: ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"])
    let ports = object.spec["ports"]?.array ?? []
    if ports.isEmpty, type != "ExternalName", object.spec["clusterIP"]?.string != "None" { required("spec.ports") }
    var names: [String] = []
    for (index, port) in ports.enumerated() {
      let place = "spec.ports[\(index)]"
      let name = port["name"]?.string ?? ""
      if name.isEmpty, ports.count > 1 { required("\(place).name") }
      if !name.isEmpty, names.contains(name) { duplicate("\(place).name", name) }
      names.append(name)
      let number = port["port"]?.integer ?? 0
      if !(1...65535).contains(number) {
        invalid("\(place).port", String(number), "must be between 1 and 65535, inclusive")
      }
      check("\(place).protocol", port["protocol"], isOneOf: ["SCTP", "TCP", "UDP"])
      if let target = port["targetPort"]?.integer, !(1...65535).contains(target) {
        invalid("\(place).targetPort", String(target), "must be between 1 and 65535, inclusive")
      }
      if let node = port["nodePort"]?.integer, node != 0, type == "ClusterIP" {
        forbidden("\(place).nodePort", "may not be used when `type` is 'ClusterIP'")
      } else if let node = port["nodePort"]?.integer, node != 0, !(30000...32767).contains(node) {
        invalid(
          "\(place).nodePort", String(node),
          "provided port is not in the valid range. The range of valid ports is 30000-32767")
      }
    }
    if let current, let before = current.spec["clusterIP"]?.string, type != "ExternalName",
      current.spec["type"]?.string != "ExternalName", let address = object.spec["clusterIP"]?.string, address != before
    {
      invalid("spec.clusterIPs[0]", GoText.list([address]), "may not change once set")
    }
  }

  mutating func checkDisruptionBudget() {
    let (least, most) = (object.spec["minAvailable"], object.spec["maxUnavailable"])
    checkCount("spec.minAvailable", least)
    checkCount("spec.maxUnavailable", most)
    guard least != nil, most != nil else { return }
    invalid("spec", GoText.disruptionBudget(object.spec), "minAvailable and maxUnavailable cannot be both set")
  }

  mutating func checkAutoscaler() {
    let (least, most) = (object.spec["minReplicas"]?.integer ?? 1, object.spec["maxReplicas"]?.integer ?? 0)
    if least < 1 { invalid("spec.minReplicas", String(least), "must be greater than or equal to 1") }
    if most < 1 { invalid("spec.maxReplicas", String(most), "must be greater than 0") }
    if most < least { invalid("spec.maxReplicas", String(most), "must be greater than or equal to `minReplicas`") }
    for key in ["kind", "name"] where object.spec.at("scaleTargetRef", key)?.string?.isEmpty ?? true {
      required("spec.scaleTargetRef.\(key)")
    }
  }
}

/// A pod's specification, by itself or in a template (pkg/apis/core/validation, `ValidatePodSpec`).
struct PodValidation {
  private let spec: JSONValue
  private let path: String
  private(set) var causes: [APIError.Cause] = []

  init(_ spec: JSONValue, path: String) {
    self.spec = spec
    self.path = path
  }

  private mutating func add(_ field: String, _ message: String) { causes.append(APIError.Cause(field, message)) }

  mutating func check() {
    let volumes = (spec["volumes"]?.array ?? []).map { $0["name"]?.string ?? "" }
    for (index, name) in volumes.enumerated() where volumes[..<index].contains(name) {
      add("\(path).volumes[\(index)].name", "Duplicate value: \(goQuoted(name))")
    }
    let containers = spec["containers"]?.array ?? []
    if containers.isEmpty { add("\(path).containers", "Required value") }
    var names: [String] = []
    for list in ["containers", "initContainers"] {
      for (index, container) in (spec[list]?.array ?? []).enumerated() {
        let place = "\(path).\(list)[\(index)]"
        let name = container["name"]?.string ?? ""
        if names.contains(name), !name.isEmpty { add("\(place).name", "Duplicate value: \(goQuoted(name))") }
        names.append(name)
        check(container, place, volumes)
      }
    }
    oneOf("\(path).restartPolicy", spec["restartPolicy"], ["Always", "OnFailure", "Never"])
    oneOf("\(path).dnsPolicy", spec["dnsPolicy"], ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"])
    if let grace = spec["terminationGracePeriodSeconds"]?.integer, grace < 0 {
      add("\(path).terminationGracePeriodSeconds", "Invalid value: \(grace): must be greater than or equal to 0")
    }
  }

  private mutating func oneOf(_ field: String, _ value: JSONValue?, _ words: [String]) {
    guard let text = value?.string, !words.contains(text) else { return }
    let list = words.map { "\"\($0)\"" }.joined(separator: ", ")
    add(field, "Unsupported value: \(goQuoted(text)): supported values: \(list)")
  }

  private mutating func check(_ container: JSONValue, _ place: String, _ volumes: [String]) {
    let name = container["name"]?.string ?? ""
    if name.isEmpty {
      add("\(place).name", "Required value")
    } else if let problem = NameRule.label.problem(name) {
      add("\(place).name", "Invalid value: \(goQuoted(name)): \(problem)")
    }
    if container["image"]?.string?.isEmpty ?? true { add("\(place).image", "Required value") }
    oneOf("\(place).imagePullPolicy", container["imagePullPolicy"], ["Always", "IfNotPresent", "Never"])
    for (index, port) in (container["ports"]?.array ?? []).enumerated() {
      let number = port["containerPort"]?.integer ?? 0
      if !(1...65535).contains(number) {
        add(
          "\(place).ports[\(index)].containerPort",
          number == 0 ? "Required value" : "Invalid value: \(number): must be between 1 and 65535, inclusive")
      }
      oneOf("\(place).ports[\(index)].protocol", port["protocol"], ["SCTP", "TCP", "UDP"])
    }
    checkEnvironment(container, place)
    checkMounts(container, place, volumes)
    checkResources(container, place)
    checkProbes(container, place)
  }

  private mutating func checkEnvironment(_ container: JSONValue, _ place: String) {
    for (index, variable) in (container["env"]?.array ?? []).enumerated() {
      let field = "\(place).env[\(index)]"
      if variable["name"]?.string?.isEmpty ?? true { add("\(field).name", "Required value") }
      if let value = variable["value"]?.string, !value.isEmpty, variable["valueFrom"]?.object != nil {
        add("\(field).valueFrom", "Invalid value: \"\": may not be specified when `value` is not empty")
      }
    }
  }

  private mutating func checkMounts(_ container: JSONValue, _ place: String, _ volumes: [String]) {
    var paths: [String] = []
    for (index, mount) in (container["volumeMounts"]?.array ?? []).enumerated() {
      let field = "\(place).volumeMounts[\(index)]"
      let (name, path) = (mount["name"]?.string ?? "", mount["mountPath"]?.string ?? "")
      if name.isEmpty {
        add("\(field).name", "Required value")
      } else if !volumes.contains(name) {
        add("\(field).name", "Not found: \(goQuoted(name))")
      }
      if path.isEmpty { add("\(field).mountPath", "Required value") }
      if paths.contains(path) { add("\(field).mountPath", "Invalid value: \(goQuoted(path)): must be unique") }
      paths.append(path)
    }
  }

  private mutating func checkResources(_ container: JSONValue, _ place: String) {
    for member in container.at("resources", "requests")?.object?.sortedMembers ?? [] {
      guard let limit = container.at("resources", "limits", member.key), let most = try? Quantity(limit),
        let wanted = try? Quantity(member.value), most < wanted
      else { continue }
      add(
        "\(place).resources.requests",
        "Invalid value: \(goQuoted(wanted.description)): must be less than or equal to \(member.key) limit of \(most)")
    }
  }

  private mutating func checkProbes(_ container: JSONValue, _ place: String) {
    for kind in ["livenessProbe", "readinessProbe", "startupProbe"] {
      guard let probe = container[kind] else { continue }
      let actions = ["exec", "httpGet", "tcpSocket", "grpc"].filter { probe[$0]?.object != nil }
      if actions.isEmpty { add("\(place).\(kind)", "Required value: must specify a handler type") }
      for extra in actions.dropFirst() {
        add("\(place).\(kind).\(extra)", "Forbidden: may not specify more than 1 handler type")
      }
      if kind != "readinessProbe", let successes = probe["successThreshold"]?.integer, successes != 1 {
        add("\(place).\(kind).successThreshold", "Invalid value: \(successes): must be 1")
      }
    }
  }
}
