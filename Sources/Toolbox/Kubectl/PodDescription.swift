import Documents
import KubernetesModel
import SimulationKernel

/// The parts of `kubectl describe` that pods and pod templates share (kubectl, `pkg/describe/describe.go`); tabs are
/// columns.
enum PodDescription {
  /// The lines of a pod, without its events.
  ///
  /// - Parameter age: how long ago a timestamp was.
  static func pod(_ pod: KubeObject, age: (String) -> String) -> String {
    var text = "Name:\t\(pod.name)\nNamespace:\t\(pod.namespace)\nPriority:\t\(pod.spec["priority"]?.integer ?? 0)\n"
    if let name = pod.spec["priorityClassName"]?.string { text += "Priority Class Name:\t\(name)\n" }
    text += "Service Account:\t\(pod.spec["serviceAccountName"]?.string ?? "default")\n"
    let node = pod.spec["nodeName"]?.string
    text += "Node:\t\(node.map { "\($0)/\(pod.status["hostIP"]?.string ?? "")" } ?? "<none>")\n"
    if let start = pod.status["startTime"]?.string { text += "Start Time:\t\(ClusterClock.describedTime(start))\n" }
    text += members("Labels", pod.json.at("metadata", "labels"), separator: "=")
    text += annotations("Annotations", pod.json.at("metadata", "annotations"))
    return text + status(pod, age) + containers(pod) + conditions(pod)
      + volumes(pod.spec) + "QoS Class:\t\(pod.status["qosClass"]?.string ?? "BestEffort")\n"
      + members("Node-Selectors", pod.spec["nodeSelector"], separator: "=") + tolerations("Tolerations", pod.spec)
      + spread(pod.spec, "")
  }

  private static func status(_ pod: KubeObject, _ age: (String) -> String) -> String {
    var text = ""
    let phase = pod.status["phase"]?.string ?? ""
    if let deletion = pod.deletionTimestamp, !["Failed", "Succeeded"].contains(phase) {
      let grace = pod.json.at("metadata", "deletionGracePeriodSeconds")?.integer ?? 30
      text += "Status:\tTerminating (lasts \(age(deletion)))\n"
      text += "Termination Grace Period:\t\(grace)s\n"
    } else {
      text += "Status:\t\(phase)\n"
    }
    if let reason = pod.status["reason"]?.string { text += "Reason:\t\(reason)\n" }
    if let message = pod.status["message"]?.string { text += "Message:\t\(message)\n" }
    let address = pod.status["podIP"]?.string
    text += "IP:\t\(address ?? "")\nIPs:" + (address.map { "\n  IP:\t\($0)\n" } ?? "\t<none>\n")
    if let owner = pod.controller {
      text += "Controlled By:\t\(owner["kind"]?.string ?? "")/\(owner["name"]?.string ?? "")\n"
    }
    return text
  }

  private static func containers(_ pod: KubeObject) -> String {
    func list(_ title: String, _ key: String) -> String {
      guard let containers = pod.spec[key]?.array, !containers.isEmpty else { return "" }
      return "\(title):\n"
        + containers.map { item in
          let status = pod.status[statusKey(key)]?.array?.first { $0["name"] == item["name"] }
          return container(item, status: status, indent: "  ", pod: pod)
        }.joined()
    }
    func statusKey(_ key: String) -> String { key.dropLast() + "Statuses" }
    return list("Init Containers", "initContainers") + list("Containers", "containers")
      + list("Ephemeral Containers", "ephemeralContainers")
  }

  private static func conditions(_ pod: KubeObject) -> String {
    guard let conditions = pod.status["conditions"]?.array, !conditions.isEmpty else { return "" }
    return "Conditions:\n  Type\tStatus\n"
      + conditions.map { "  \($0["type"]?.string ?? "") \t\($0["status"]?.string ?? "") \n" }.joined()
  }

  /// A pod template with its title.
  static func template(_ template: JSONValue) -> String {
    let spec = template["spec"] ?? [:]
    var text = "Pod Template:\n" + members("  Labels", template.at("metadata", "labels"), separator: "=")
    if let own = template.at("metadata", "annotations")?.object, !own.isEmpty {
      text += annotations("  Annotations", .object(own))
    }
    if let account = spec["serviceAccountName"]?.string, !account.isEmpty {
      text += "  Service Account:\t\(account)\n"
    }
    for (title, key) in [("Init Containers", "initContainers"), ("Containers", "containers")] {
      guard let containers = spec[key]?.array, !containers.isEmpty else { continue }
      text += "  \(title):\n"
      for item in containers { text += container(item, status: nil, indent: "   ", pod: nil) }
    }
    text += volumes(spec, "  ") + spread(spec, "  ")
    if let name = spec["priorityClassName"]?.string { text += "  Priority Class Name:\t\(name)\n" }
    return text + members("  Node-Selectors", spec["nodeSelector"], separator: "=") + tolerations("  Tolerations", spec)
  }

  /// `Labels:` and the like: one member a line, sorted.
  static func members(_ title: String, _ value: JSONValue?, separator: String) -> String {
    let members = value?.object?.sortedMembers ?? []
    guard !members.isEmpty else { return "\(title):\t<none>\n" }
    let lines = members.map { "\($0.key)\(separator)\($0.value.string ?? $0.value.jsonText())" }
    return "\(title):\t" + lines.joined(separator: "\n\t") + "\n"
  }

  /// Longest line of an annotation that is shown beside its key.
  private static let annotationLimit = 140

  /// Annotations: long ones and those of several lines stand below their keys, cut off; what apply noted is left out.
  static func annotations(_ title: String, _ value: JSONValue?) -> String {
    let members = (value?.object?.sortedMembers ?? []).filter { !$0.key.hasSuffix("last-applied-configuration") }
    guard !members.isEmpty else { return "\(title):\t<none>\n" }
    var text = "\(title):\t"
    for (index, member) in members.enumerated() {
      if index > 0 { text += "\t" }
      let value = member.value.string ?? member.value.jsonText()
      let trimmed = value.hasSuffix("\n") ? String(value.dropLast()) : value
      if trimmed.utf8.count + member.key.utf8.count + 2 > annotationLimit || trimmed.contains("\n") {
        text += "\(member.key):\n"
        for line in trimmed.split(separator: "\n", omittingEmptySubsequences: false) {
          text += "\t  " + (line.count > annotationLimit - 2 ? line.prefix(annotationLimit - 2) + "..." : line) + "\n"
        }
      } else {
        text += "\(member.key): \(trimmed)\n"
      }
    }
    return text
  }

  private static func container(
    _ container: JSONValue, status: JSONValue?, indent: String, pod: KubeObject?
  ) -> String {
    let inner = indent + (indent.count == 2 ? "  " : " ")
    var text = "\(indent)\(container["name"]?.string ?? ""):\n"
    if let status { text += "\(inner)Container ID:\t\(status["containerID"]?.string ?? "")\n" }
    text += "\(inner)Image:\t\(container["image"]?.string ?? "")\n"
    if let status { text += "\(inner)Image ID:\t\(status["imageID"]?.string ?? "")\n" }
    let ports = container["ports"]?.array ?? []
    func list(_ key: String) -> String {
      ports.map { port in
        let name = port["name"]?.string.map { " (\($0))" } ?? ""
        return "\(port[key]?.integer ?? 0)/\(port["protocol"]?.string ?? "TCP")\(name)"
      }.joined(separator: ", ")
    }
    let plural = ports.count > 1 ? "s" : ""
    text += "\(inner)Port\(plural):\t\(ports.isEmpty ? "<none>" : list("containerPort"))\n"
    text += "\(inner)Host Port\(plural):\t\(ports.isEmpty ? "<none>" : list("hostPort"))\n"
    for (title, key) in [("Command", "command"), ("Args", "args")] {
      guard let words = container[key]?.array, !words.isEmpty else { continue }
      text += "\(inner)\(title):\n"
      for line in words.flatMap({ ($0.string ?? "").split(separator: "\n", omittingEmptySubsequences: false) }) {
        text += "\(inner)  \(line)\n"
      }
    }
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
    return text + environment(container, inner, pod) + mounts(container, inner)
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

  private static func environment(_ container: JSONValue, _ indent: String, _ pod: KubeObject?) -> String {
    var text = ""
    let sources = container["envFrom"]?.array ?? []
    if !sources.isEmpty { text += "\(indent)Environment Variables from:\n" }
    for source in sources {
      let isMap = source["configMapRef"] != nil
      let reference = source["configMapRef"] ?? source["secretRef"]
      let isOptional = reference?["optional"]?.bool == true
      text +=
        "\(indent)  \(reference?["name"]?.string ?? "")\t\(isMap ? "ConfigMap" : "Secret")"
        + (source["prefix"]?.string.map { " with prefix '\($0)'" } ?? "") + "\tOptional: \(isOptional)\n"
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
        text += "\(indent)  \(name):\t\(pod.map { field(path, of: $0) } ?? "") (v1:\(path))\n"
      } else if let resource = source?.at("resourceFieldRef", "resource")?.string {
        let parts = resource.split(separator: ".").map(String.init)
        let value = parts.count == 2 ? container.at("resources", parts[0], parts[1]) : nil
        text += "\(indent)  \(name):\t\(value.map { $0.string ?? $0.jsonText() } ?? "node allocatable") (\(resource))\n"
      } else {
        let lines = (variable["value"]?.string ?? "").split(separator: "\n", omittingEmptySubsequences: false)
        text += "\(indent)  \(name):\t\(lines.joined(separator: "\n\(indent)  \t"))\n"
      }
    }
    return text
  }

  /// A field of the pod that a variable names.
  private static func field(_ path: String, of pod: KubeObject) -> String {
    if let open = path.firstIndex(of: "["), path.hasSuffix("']") {
      let key = String(path[open...].dropFirst(2).dropLast(2))
      return (path.hasPrefix("metadata.labels") ? pod.label(key) : pod.annotation(key)) ?? ""
    }
    var value: JSONValue? = pod.json
    for key in path.split(separator: ".") { value = value?[String(key)] }
    return value?.string ?? ""
  }

  private static func mounts(_ container: JSONValue, _ indent: String) -> String {
    let mounts = container["volumeMounts"]?.array ?? []
    guard !mounts.isEmpty else { return "\(indent)Mounts:\t<none>\n" }
    return "\(indent)Mounts:\n"
      + mounts.sorted { ($0["mountPath"]?.string ?? "") < ($1["mountPath"]?.string ?? "") }.map { mount in
        let part = mount["subPath"]?.string.map { ",path=\"\($0)\"" } ?? ""
        let mode = (mount["readOnly"]?.bool == true ? "ro" : "rw") + part
        return "\(indent)  \(mount["mountPath"]?.string ?? "") from \(mount["name"]?.string ?? "") (\(mode))\n"
      }.joined()
  }
}
