import Documents

// Defaults of the built-in kinds, where the twin's users meet them (pkg/apis/apps/v1/defaults.go,
// pkg/apis/core/v1/defaults.go, pkg/registry/core/service/storage/alloc.go).
extension APIServer {
  /// Fills in what is left out; a Service keeps the addresses and ports it was given before.
  func applyDefaults(_ object: inout KubeObject, replacing current: KubeObject?) {
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
    case .daemonSet:
      setDefault(&object.json, ["spec", "revisionHistoryLimit"], 10)
      setDefault(&object.json, ["spec", "updateStrategy", "type"], "RollingUpdate")
      applyPodDefaults(&object.json, ["spec", "template", "spec"])
    case .statefulSet:
      setDefault(&object.json, ["spec", "replicas"], 1)
      setDefault(&object.json, ["spec", "podManagementPolicy"], "OrderedReady")
      setDefault(&object.json, ["spec", "updateStrategy", "type"], "RollingUpdate")
      applyPodDefaults(&object.json, ["spec", "template", "spec"])
    case .service: applyServiceDefaults(&object.json, current?.json)
    case .namespace: setDefault(&object.json, ["status", "phase"], "Active")
    case .secret: applySecretDefaults(&object.json)
    default: break
    }
  }

  private func applyServiceDefaults(_ json: inout JSONValue, _ current: JSONValue?) {
    setDefault(&json, ["spec", "type"], "ClusterIP")
    let type = json.at("spec", "type")?.string
    if type != "ExternalName", json.at("spec", "clusterIP")?.string?.isEmpty ?? true {
      let before = current?.at("spec", "clusterIP")?.string
      json.set("spec", "clusterIP", to: .string(before ?? nextClusterIP()))
    }
    let needsNodePorts = type == "NodePort" || type == "LoadBalancer"
    guard let ports = json.at("spec", "ports")?.array else { return }
    let known = current?.at("spec", "ports")?.array ?? []
    json.set(
      "spec", "ports",
      to: .array(
        ports.map { port in
          var port = port
          setDefault(&port, ["protocol"], "TCP")
          if let number = port["port"] { setDefault(&port, ["targetPort"], number) }
          let before = known.first { $0["port"] == port["port"] && $0["protocol"] == port["protocol"] }
          if needsNodePorts {
            setDefault(&port, ["nodePort"], before?["nodePort"] ?? .integer(nextNodePort()))
          } else if port["nodePort"] == before?["nodePort"] {
            // A Service that needs no node ports any more gives back the ones it was given.
            port["nodePort"] = nil
          }
          return port
        }))
  }

  private func nextClusterIP() -> String {
    nextServiceAddress += 1
    return "172.20.\(nextServiceAddress >> 8).\(nextServiceAddress & 255)"
  }

  private func nextNodePort() -> Int64 {
    lastNodePort += 1
    return lastNodePort
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
    let isLatest = !(image.split(separator: "/").last ?? "").contains(":") || image.hasSuffix(":latest")
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
}
