import Documents

// Defaults and validation of the built-in kinds, where the twin's users meet them (pkg/apis/apps/v1/defaults.go,
// pkg/apis/core/v1/defaults.go, pkg/apis/*/validation).
extension APIServer {
  func applyDefaults(_ object: inout KubeObject) {
    switch object.kind {
    case .deployment:
      setDefault(&object.json, ["spec", "replicas"], 1)
      setDefault(&object.json, ["spec", "revisionHistoryLimit"], 10)
      setDefault(&object.json, ["spec", "progressDeadlineSeconds"], 600)
      setDefault(&object.json, ["spec", "strategy", "type"], "RollingUpdate")
      if object.json.at("spec", "strategy", "type")?.string == "RollingUpdate" {
        setDefault(&object.json, ["spec", "strategy", "rollingUpdate", "maxSurge"], "25%")
        setDefault(&object.json, ["spec", "strategy", "rollingUpdate", "maxUnavailable"], "25%")
      }
      applyPodDefaults(&object.json, ["spec", "template", "spec"])
    case .replicaSet:
      setDefault(&object.json, ["spec", "replicas"], 1)
      applyPodDefaults(&object.json, ["spec", "template", "spec"])
    case .pod:
      applyPodDefaults(&object.json, ["spec"])
      setDefault(&object.json, ["status", "phase"], "Pending")
    case .service:
      setDefault(&object.json, ["spec", "type"], "ClusterIP")
      if object.json.at("spec", "clusterIP") == nil {
        object.json.set("spec", "clusterIP", to: .string(nextClusterIP()))
      }
    case .namespace: setDefault(&object.json, ["status", "phase"], "Active")
    case .secret: applySecretDefaults(&object.json)
    default: break
    }
  }

  private func applySecretDefaults(_ json: inout JSONValue) {
    setDefault(&json, ["type"], "Opaque")
    for member in json["stringData"]?.object?.members ?? [] {
      json.set("data", member.key, to: .string(base64Encoded((member.value.string ?? "").utf8)))
    }
    json["stringData"] = nil
  }

  private func applyPodDefaults(_ json: inout JSONValue, _ path: [String]) {
    setDefault(&json, path + ["restartPolicy"], "Always")
    setDefault(&json, path + ["terminationGracePeriodSeconds"], 30)
    setDefault(&json, path + ["dnsPolicy"], "ClusterFirst")
    setDefault(&json, path + ["schedulerName"], "default-scheduler")
    var spec: JSONValue? = json
    for key in path { spec = spec?[key] }
    guard let containers = spec?["containers"]?.array else { return }
    json.set((path + ["containers"])[...], to: .array(containers.map(defaulted(container:))))
  }

  private func defaulted(container: JSONValue) -> JSONValue {
    var container = container
    let image = container["image"]?.string ?? ""
    let isLatest = !image.split(separator: "/").last!.contains(":") || image.hasSuffix(":latest")
    setDefault(&container, ["imagePullPolicy"], isLatest ? "Always" : "IfNotPresent")
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] where container[probe] != nil {
      for (key, value) in [
        ("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3),
      ] as [(String, Int64)] {
        setDefault(&container, [probe, key], .integer(value))
      }
    }
    if let ports = container["ports"]?.array {
      container["ports"] = .array(
        ports.map { port in
          var port = port
          setDefault(&port, ["protocol"], "TCP")
          return port
        })
    }
    return container
  }

  private func setDefault(_ json: inout JSONValue, _ path: [String], _ value: JSONValue) {
    var current: JSONValue? = json
    for key in path { current = current?[key] }
    if current == nil || current == .null { json.set(path[...], to: value) }
  }

  func validate(_ object: KubeObject, replacing current: KubeObject?) throws(APIError) {
    var causes: [String] = []
    if !Self.isValidName(object.name, object.kind) {
      causes.append(
        "metadata.name: Invalid value: \"\(object.name)\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
      )
    }
    if object.kind == .deployment || object.kind == .replicaSet { causes += workloadCauses(object, current) }
    if object.kind == .pod { causes += containerCauses(object.spec, "spec") }
    guard causes.isEmpty else { throw .invalid(object.kind, object.name, causes) }
  }

  private func workloadCauses(_ object: KubeObject, _ current: KubeObject?) -> [String] {
    var causes: [String] = []
    let selector = object.spec["selector"]
    if let replicas = object.spec["replicas"], (replicas.integer ?? -1) < 0 {
      causes.append("spec.replicas: Invalid value: \(replicas.jsonText()): must be greater than or equal to 0")
    }
    if LabelSelector(selector).isEmpty {
      causes.append("spec.selector: Required value")
    } else if !LabelSelector(selector).matches(
      object.json.at("spec", "template", "metadata", "labels")?.object ?? JSONObject())
    {
      let labels = object.json.at("spec", "template", "metadata", "labels")?.jsonText() ?? "null"
      causes.append(
        "spec.template.metadata.labels: Invalid value: \(labels): `selector` does not match template `labels`")
    }
    if let current, current.spec["selector"] != selector {
      causes.append("spec.selector: Invalid value: \(selector?.jsonText() ?? "null"): field is immutable")
    }
    return causes + containerCauses(object.json.at("spec", "template", "spec") ?? [:], "spec.template.spec")
  }

  private func containerCauses(_ spec: JSONValue, _ path: String) -> [String] {
    guard let containers = spec["containers"]?.array, !containers.isEmpty else {
      return ["\(path).containers: Required value"]
    }
    var causes: [String] = []
    for (index, container) in containers.enumerated() {
      let place = "\(path).containers[\(index)]"
      if container["name"]?.string?.isEmpty ?? true { causes.append("\(place).name: Required value") }
      if container["image"]?.string?.isEmpty ?? true { causes.append("\(place).image: Required value") }
      for list in ["requests", "limits"] {
        for member in container.at("resources", list)?.object?.members ?? [] where (try? Quantity(member.value)) == nil
        {
          causes.append(
            "\(place).resources.\(list)[\(member.key)]: Invalid value: \(member.value.jsonText()): quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
          )
        }
      }
    }
    return causes
  }

  private static func isValidName(_ name: String, _ kind: ResourceKind) -> Bool {
    guard kind.group != "rbac.authorization.k8s.io" else { return !name.isEmpty }
    let allowed = name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 || $0 == 46 }
    let edges = [name.utf8.first, name.utf8.last].allSatisfy { $0.map { $0 != 45 && $0 != 46 } ?? false }
    return allowed && edges && name.utf8.count <= 253
  }
}
