import Documents
import KubernetesModel
import SimulationKernel

/// The parts of `kubectl describe` that pods and pod templates share (kubectl, `pkg/describe/describe.go`); tabs are
/// columns.
enum PodDescription {
  /// The lines of a pod, without its events.
  static func pod(_ pod: KubeObject) -> String {
    var text = "Name:\t\(pod.name)\nNamespace:\t\(pod.namespace)\nPriority:\t\(pod.spec["priority"]?.integer ?? 0)\n"
    text += "Service Account:\t\(pod.spec["serviceAccountName"]?.string ?? "default")\n"
    let node = pod.spec["nodeName"]?.string
    text += "Node:\t\(node.map { "\($0)/\(pod.status["hostIP"]?.string ?? "")" } ?? "<none>")\n"
    if let start = pod.status["startTime"]?.string { text += "Start Time:\t\(ClusterClock.describedTime(start))\n" }
    text += members("Labels", pod.json.at("metadata", "labels"), separator: "=")
    text += members("Annotations", pod.json.at("metadata", "annotations"), separator: ": ")
    if let deletion = pod.deletionTimestamp {
      text += "Status:\tTerminating (since \(ClusterClock.describedTime(deletion)))\n"
      text += "Termination Grace Period:\t\(pod.json.at("metadata", "deletionGracePeriodSeconds")?.integer ?? 30)s\n"
    } else {
      text += "Status:\t\(pod.status["phase"]?.string ?? "")\n"
    }
    if let reason = pod.status["reason"]?.string { text += "Reason:\t\(reason)\n" }
    if let message = pod.status["message"]?.string { text += "Message:\t\(message)\n" }
    let address = pod.status["podIP"]?.string
    text += "IP:\t\(address ?? "")\nIPs:" + (address.map { "\n  IP:\t\($0)\n" } ?? "\t<none>\n")
    if let owner = pod.controller {
      text += "Controlled By:\t\(owner["kind"]?.string ?? "")/\(owner["name"]?.string ?? "")\n"
    }
    text += "Containers:\n"
    for container in pod.spec["containers"]?.array ?? [] {
      let status = pod.status["containerStatuses"]?.array?.first { $0["name"] == container["name"] }
      text += self.container(container, status: status, indent: "  ")
    }
    text += "Conditions:\n  Type\tStatus\n"
    for condition in pod.status["conditions"]?.array ?? [] {
      text += "  \(condition["type"]?.string ?? "") \t\(condition["status"]?.string ?? "") \n"
    }
    text += volumes(pod.spec)
    text += "QoS Class:\t\(pod.status["qosClass"]?.string ?? "BestEffort")\n"
    text += members("Node-Selectors", pod.spec["nodeSelector"], separator: "=")
    return text + "Tolerations:\t\(tolerations(pod.spec))\n"
  }

  /// A pod template, indented as under `Pod Template:`.
  static func template(_ template: JSONValue) -> String {
    var text = members("  Labels", template.at("metadata", "labels"), separator: "=")
    if let annotations = template.at("metadata", "annotations")?.object, !annotations.isEmpty {
      text += members("  Annotations", .object(annotations), separator: ": ")
    }
    text += "  Containers:\n"
    for container in template.at("spec", "containers")?.array ?? [] {
      text += self.container(container, status: nil, indent: "   ")
    }
    let volumes = volumes(template["spec"] ?? [:]).split(separator: "\n").map { "  \($0)\n" }.joined()
    return elasticText(text + volumes)
  }

  /// `Labels:` and the like: one member a line, sorted.
  static func members(_ title: String, _ value: JSONValue?, separator: String) -> String {
    let members = (value?.object?.sortedMembers ?? []).filter { !$0.key.hasSuffix("last-applied-configuration") }
    guard !members.isEmpty else { return "\(title):\t<none>\n" }
    let lines = members.map { "\($0.key)\(separator)\($0.value.string ?? $0.value.jsonText())" }
    return "\(title):\t" + lines.joined(separator: "\n\t") + "\n"
  }

  private static func container(_ container: JSONValue, status: JSONValue?, indent: String) -> String {
    let inner = indent + (indent.count == 2 ? "  " : " ")
    var text = "\(indent)\(container["name"]?.string ?? ""):\n"
    if let status { text += "\(inner)Container ID:\t\(status["containerID"]?.string ?? "")\n" }
    text += "\(inner)Image:\t\(container["image"]?.string ?? "")\n"
    if let status { text += "\(inner)Image ID:\t\(status["imageID"]?.string ?? "")\n" }
    let ports = container["ports"]?.array ?? []
    func list(_ key: String) -> String {
      ports.map { "\($0[key]?.integer ?? 0)/\($0["protocol"]?.string ?? "TCP")" }.joined(separator: ", ")
    }
    let plural = ports.count > 1 ? "s" : ""
    text += "\(inner)Port\(plural):\t\(ports.isEmpty ? "<none>" : list("containerPort"))\n"
    text += "\(inner)Host Port\(plural):\t\(ports.isEmpty ? "<none>" : list("hostPort"))\n"
    if let status {
      text += state("State", status["state"], inner)
      if status.at("lastState", "terminated") != nil { text += state("Last State", status["lastState"], inner) }
      text += "\(inner)Ready:\t\(status["ready"]?.bool == true ? "True" : "False")\n"
      text += "\(inner)Restart Count:\t\(status["restartCount"]?.integer ?? 0)\n"
    }
    for (title, key) in [("Limits", "limits"), ("Requests", "requests")] {
      guard let members = container.at("resources", key)?.object?.sortedMembers, !members.isEmpty else { continue }
      text += "\(inner)\(title):\n"
      for member in members { text += "\(inner)  \(member.key):\t\(member.value.string ?? member.value.jsonText())\n" }
    }
    for (title, key) in [("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe")] {
      if let probe = container[key] { text += "\(inner)\(title):\t\(self.probe(probe))\n" }
    }
    return text + environment(container, inner) + mounts(container, inner)
  }

  private static func state(_ title: String, _ state: JSONValue?, _ indent: String) -> String {
    if let running = state?["running"] {
      let started = ClusterClock.describedTime(running["startedAt"]?.string ?? "")
      return "\(indent)\(title):\tRunning\n\(indent)  Started:\t\(started)\n"
    }
    if let ended = state?["terminated"] {
      var text = "\(indent)\(title):\tTerminated\n"
      if let reason = ended["reason"]?.string { text += "\(indent)  Reason:\t\(reason)\n" }
      if let message = ended["message"]?.string { text += "\(indent)  Message:\t\(message)\n" }
      text += "\(indent)  Exit Code:\t\(ended["exitCode"]?.integer ?? 0)\n"
      text += "\(indent)  Started:\t\(ClusterClock.describedTime(ended["startedAt"]?.string ?? ""))\n"
      return text + "\(indent)  Finished:\t\(ClusterClock.describedTime(ended["finishedAt"]?.string ?? ""))\n"
    }
    let reason = state?.at("waiting", "reason")?.string
    return "\(indent)\(title):\tWaiting\n" + (reason.map { "\(indent)  Reason:\t\($0)\n" } ?? "")
  }

  private static func probe(_ probe: JSONValue) -> String {
    func number(_ key: String, _ value: Int64) -> Int64 { probe[key]?.integer ?? value }
    let action: String
    if let get = probe["httpGet"] {
      let port = get["port"].map { $0.string ?? $0.jsonText() } ?? ""
      action = "http-get \(get["scheme"]?.string?.lowercased() ?? "http")://:\(port)\(get["path"]?.string ?? "/")"
    } else if let port = probe.at("tcpSocket", "port") {
      action = "tcp-socket :\(port.string ?? port.jsonText())"
    } else {
      let words = (probe.at("exec", "command")?.array ?? []).compactMap(\.string)
      action = "exec [\(words.joined(separator: " "))]"
    }
    return "\(action) delay=\(number("initialDelaySeconds", 0))s timeout=\(number("timeoutSeconds", 1))s "
      + "period=\(number("periodSeconds", 10))s #success=\(number("successThreshold", 1)) "
      + "#failure=\(number("failureThreshold", 3))"
  }

  private static func environment(_ container: JSONValue, _ indent: String) -> String {
    var text = ""
    let sources = container["envFrom"]?.array ?? []
    if !sources.isEmpty { text += "\(indent)Environment Variables from:\n" }
    for source in sources {
      let isMap = source["configMapRef"] != nil
      let reference = source["configMapRef"] ?? source["secretRef"]
      let isOptional = reference?["optional"]?.bool == true
      text +=
        "\(indent)  \(reference?["name"]?.string ?? "")\t\(isMap ? "ConfigMap" : "Secret")\tOptional: \(isOptional)\n"
    }
    let variables = container["env"]?.array ?? []
    guard !variables.isEmpty else { return text + "\(indent)Environment:\t<none>\n" }
    text += "\(indent)Environment:\n"
    for variable in variables {
      let name = variable["name"]?.string ?? ""
      let source = variable["valueFrom"]
      if let key = source?["secretKeyRef"] ?? source?["configMapKeyRef"] {
        let kind = source?["secretKeyRef"] != nil ? "secret" : "config map"
        text += "\(indent)  \(name):\t<set to the key '\(key["key"]?.string ?? "")' \(kind == "secret" ? "in" : "of") "
        text += "\(kind) '\(key["name"]?.string ?? "")'>\tOptional: \(key["optional"]?.bool == true)\n"
      } else if let path = source?.at("fieldRef", "fieldPath")?.string {
        text += "\(indent)  \(name):\t (v1:\(path))\n"
      } else {
        text += "\(indent)  \(name):\t\(variable["value"]?.string ?? "")\n"
      }
    }
    return text
  }

  private static func mounts(_ container: JSONValue, _ indent: String) -> String {
    let mounts = container["volumeMounts"]?.array ?? []
    guard !mounts.isEmpty else { return "\(indent)Mounts:\t<none>\n" }
    return "\(indent)Mounts:\n"
      + mounts.map { mount in
        let mode = mount["readOnly"]?.bool == true ? "ro" : "rw"
        return "\(indent)  \(mount["mountPath"]?.string ?? "") from \(mount["name"]?.string ?? "") (\(mode))\n"
      }.joined()
  }

  private static func volumes(_ spec: JSONValue) -> String {
    let volumes = spec["volumes"]?.array ?? []
    guard !volumes.isEmpty else { return "Volumes:\t<none>\n" }
    return "Volumes:\n"
      + volumes.map { volume in
        let name = volume["name"]?.string ?? ""
        if let map = volume["configMap"] {
          return
            "  \(name):\n    Type:\tConfigMap (a volume populated by a ConfigMap)\n"
            + "    Name:\t\(map["name"]?.string ?? "")\n"
        }
        if let secret = volume["secret"] {
          let source = secret["secretName"]?.string ?? ""
          return "  \(name):\n    Type:\tSecret (a volume populated by a Secret)\n    SecretName:\t\(source)\n"
        }
        return "  \(name):\n    Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)\n"
      }.joined()
  }

  private static func tolerations(_ spec: JSONValue) -> String {
    let lines = (spec["tolerations"]?.array ?? []).map { toleration in
      var text = toleration["key"]?.string ?? ""
      if let value = toleration["value"]?.string { text += "=\(value)" }
      if let effect = toleration["effect"]?.string { text += ":\(effect)" }
      if toleration["operator"]?.string == "Exists" { text += text.isEmpty ? "op=Exists" : " op=Exists" }
      if let seconds = toleration["tolerationSeconds"]?.integer { text += " for \(seconds)s" }
      return text
    }
    return lines.isEmpty ? "<none>" : lines.joined(separator: "\n\t")
  }
}
