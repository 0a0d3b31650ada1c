import Documents
import KubernetesModel
import SimulationKernel

// `kubectl describe` and `kubectl logs`. The layout follows kubectl/pkg/describe/describe.go: two blanks behind the longest
// key of a block, nested blocks indented by two.
extension Kubectl {
  func describe(_ call: Invocation) throws -> String {
    var objects: [KubeObject] = []
    if call.words.count == 1, let word = call.words.first, !word.contains("/") {
      let labels = try call.flags["--selector"].map { try LabelSelector(parsing: $0) }
      objects = call.cluster.server.list(try kind(word, call.cluster), namespace: call.namespace, labels: labels)
      if objects.isEmpty { return Self.notice + "No resources found in \(call.namespace) namespace.\n" }
    } else {
      objects = try named(call.words, call).map { try object($0.kind, $0.name, call) }
    }
    return objects.map { describe($0, call.cluster) }.joined(separator: "\n\n")
  }

  private func describe(_ object: KubeObject, _ cluster: Cluster) -> String {
    var lines: [(String, String)] = [("Name:", object.name)]
    if object.kind.isNamespaced { lines.append(("Namespace:", object.namespace)) }
    lines.append(("Labels:", multiline(object.json.at("metadata", "labels"), "=")))
    lines.append(("Annotations:", multiline(object.json.at("metadata", "annotations"), ": ")))
    var text = ""
    switch object.kind {
    case .pod: text = describePod(object, &lines)
    case .deployment: text = describeDeployment(object, cluster, &lines)
    default: text = describeRest(object)
    }
    return aligned(lines) + text + describeEvents(object, cluster)
  }

  private func aligned(_ lines: [(String, String)], indent: Int = 0) -> String {
    let width = (lines.map(\.0.count).max() ?? 0) + 2
    let margin = String(repeating: " ", count: indent)
    return lines.map { key, value in
      let rows = value.split(separator: "\n", omittingEmptySubsequences: false)
      let first = margin + key + String(repeating: " ", count: width - key.count) + (rows.first ?? "")
      return
        ([Substring(first)] + rows.dropFirst().map { Substring(margin + String(repeating: " ", count: width) + $0) })
        .joined(separator: "\n") + "\n"
    }.joined()
  }

  private func multiline(_ labels: JSONValue?, _ separator: String) -> String {
    let rows = (labels?.object?.members ?? []).map { "\($0.key)\(separator)\($0.value.string ?? $0.value.jsonText())" }
    return rows.isEmpty ? "<none>" : rows.sorted().joined(separator: "\n")
  }

  private func describePod(_ pod: KubeObject, _ lines: inout [(String, String)]) -> String {
    lines.append(("Node:", "\(pod.spec["nodeName"]?.string ?? "<none>")/\(pod.status["hostIP"]?.string ?? "")"))
    lines.append(("Start Time:", pod.status["startTime"]?.string ?? ""))
    lines.append(("Status:", pod.isTerminating ? "Terminating" : pod.status["phase"]?.string ?? ""))
    lines.append(("IP:", pod.status["podIP"]?.string ?? ""))
    if let owner = pod.controller {
      lines.append(("Controlled By:", "\(owner["kind"]?.string ?? "")/\(owner["name"]?.string ?? "")"))
    }
    var text = "Containers:\n"
    for container in pod.spec["containers"]?.array ?? [] {
      let status = pod.status["containerStatuses"]?.array?.first { $0["name"] == container["name"] }
      text += "  \(container["name"]?.string ?? ""):\n" + describeContainer(container, status)
    }
    text += "Conditions:\n" + conditionRows(pod, ["Type", "Status"])
    return text + "QoS Class:  \(pod.status["qosClass"]?.string ?? "BestEffort")\n"
  }

  private func describeContainer(_ container: JSONValue, _ status: JSONValue?) -> String {
    var lines: [(String, String)] = [
      ("Container ID:", status?["containerID"]?.string ?? ""), ("Image:", container["image"]?.string ?? ""),
    ]
    lines += stateRows("State:", status?["state"])
    if let last = status?["lastState"], last.object?.isEmpty == false { lines += stateRows("Last State:", last) }
    lines.append(("Ready:", status?["ready"]?.bool == true ? "True" : "False"))
    lines.append(("Restart Count:", String(status?["restartCount"]?.integer ?? 0)))
    var text = aligned(lines, indent: 4)
    for name in ["limits", "requests"] {
      guard let values = container.at("resources", name)?.object, !values.isEmpty else { continue }
      text += "    \(name == "limits" ? "Limits" : "Requests"):\n"
      text += aligned(values.sortedMembers.map { ("\($0.key):", $0.value.string ?? $0.value.jsonText()) }, indent: 6)
    }
    text += "    Environment:\n" + aligned(environmentRows(container), indent: 6)
    return text
  }

  private func stateRows(_ title: String, _ state: JSONValue?) -> [(String, String)] {
    guard let member = state?.object?.members.first else { return [(title, "Waiting")] }
    var rows = [(title, member.key.prefix(1).uppercased() + member.key.dropFirst())]
    if let reason = member.value["reason"]?.string { rows.append(("  Reason:", reason)) }
    if let message = member.value["message"]?.string { rows.append(("  Message:", message)) }
    if let code = member.value["exitCode"]?.integer { rows.append(("  Exit Code:", String(code))) }
    if let time = member.value["startedAt"]?.string { rows.append(("  Started:", time)) }
    if let time = member.value["finishedAt"]?.string { rows.append(("  Finished:", time)) }
    return rows
  }

  private func environmentRows(_ container: JSONValue) -> [(String, String)] {
    let rows = (container["env"]?.array ?? []).map { variable -> (String, String) in
      let name = (variable["name"]?.string ?? "") + ":"
      if let value = variable["value"]?.string { return (name, value) }
      for (field, word) in [("secretKeyRef", "in secret"), ("configMapKeyRef", "of config map")] {
        if let reference = variable.at("valueFrom", field) {
          return (
            name,
            "<set to the key '\(reference["key"]?.string ?? "")' \(word) '\(reference["name"]?.string ?? "")'>  Optional: false"
          )
        }
      }
      return (name, "")
    }
    return rows.isEmpty ? [("<none>", "")] : rows
  }

  private func conditionRows(_ object: KubeObject, _ columns: [String]) -> String {
    let keys = columns.map { $0.lowercased() }
    let rows = (object.status["conditions"]?.array ?? []).map { condition in keys.map { condition[$0]?.string ?? "" } }
    return indented(
      Table(columns: columns, rows: [columns.map { String(repeating: "-", count: $0.count) }] + rows).text())
  }

  private func indented(_ text: String) -> String {
    text.split(separator: "\n").map { "  \($0)\n" }.joined()
  }

  private func describeDeployment(_ object: KubeObject, _ cluster: Cluster, _ lines: inout [(String, String)]) -> String
  {
    func count(_ key: String) -> Int64 { object.status[key]?.integer ?? 0 }
    lines.append(("Selector:", selectorText(object.spec.at("selector", "matchLabels"))))
    lines.append(
      (
        "Replicas:",
        "\(object.spec["replicas"]?.integer ?? 1) desired | \(count("updatedReplicas")) updated | \(count("replicas")) total | \(count("availableReplicas")) available | \(count("unavailableReplicas")) unavailable"
      ))
    lines.append(("StrategyType:", object.spec.at("strategy", "type")?.string ?? ""))
    let bounds = object.spec.at("strategy", "rollingUpdate")
    func bound(_ key: String) -> String { bounds?[key].map { $0.string ?? $0.jsonText() } ?? "0" }
    lines.append(
      ("RollingUpdateStrategy:", "\(bound("maxUnavailable")) max unavailable, \(bound("maxSurge")) max surge"))
    var text = "Pod Template:\n  Containers:\n"
    for container in object.spec.at("template", "spec", "containers")?.array ?? [] {
      text +=
        "   \(container["name"]?.string ?? ""):\n    Image:  \(container["image"]?.string ?? "")\n    Environment:\n"
      text += aligned(environmentRows(container), indent: 6)
    }
    text += "Conditions:\n" + conditionRows(object, ["Type", "Status", "Reason"])
    let sets = cluster.server.list(.replicaSet, namespace: object.namespace).filter { $0.controllerUID == object.uid }
    let current = sets.max { Self.revision($0) < Self.revision($1) }
    let old = sets.filter { $0.uid != current?.uid && ($0.spec["replicas"]?.integer ?? 0) > 0 }
    text += "OldReplicaSets:  \(old.isEmpty ? "<none>" : old.map(Self.setText).joined(separator: ", "))\n"
    return text + "NewReplicaSet:   \(current.map(Self.setText) ?? "<none>")\n"
  }

  private static func revision(_ set: KubeObject) -> Int64 {
    set.annotation("deployment.kubernetes.io/revision").flatMap { Int64($0) } ?? 0
  }

  private static func setText(_ set: KubeObject) -> String {
    "\(set.name) (\(set.status["replicas"]?.integer ?? 0)/\(set.spec["replicas"]?.integer ?? 0) replicas created)"
  }

  /// Every other kind: its fields as they are, as kubectl describes custom resources; the values of Secrets stay hidden.
  private func describeRest(_ object: KubeObject) -> String {
    var json = object.json
    for key in ["metadata", "apiVersion", "kind"] { json[key] = nil }
    if object.kind == .secret {
      let rows = (json["data"]?.object?.sortedMembers ?? []).map { member in
        ("\(member.key):", "\(base64Decoded(member.value.string ?? "")?.count ?? 0) bytes")
      }
      return "\nType:  \(json["type"]?.string ?? "Opaque")\n\nData\n====\n" + aligned(rows)
    }
    return "API Version:  \(object.kind.apiVersion)\nKind:         \(object.kind.kind)\n" + json.yamlText()
  }

  private func describeEvents(_ object: KubeObject, _ cluster: Cluster) -> String {
    let events = cluster.server.list(.event, namespace: object.namespace.isEmpty ? "default" : object.namespace)
      .filter { $0.json.at("involvedObject", "uid")?.string == object.uid }
      .sorted { ($0.json["lastTimestamp"]?.string ?? "") < ($1.json["lastTimestamp"]?.string ?? "") }
    guard !events.isEmpty else { return "Events:  <none>\n" }
    let now = terminal.world.simulation.now
    let columns = ["Type", "Reason", "Age", "From", "Message"]
    let rows = events.map { event in
      [
        event.json["type"]?.string ?? "", event.json["reason"]?.string ?? "", eventAge(event, now),
        event.json.at("source", "component")?.string ?? "", event.json["message"]?.string ?? "",
      ]
    }
    let table = Table(columns: columns, rows: [columns.map { String(repeating: "-", count: $0.count) }] + rows)
    return "Events:\n" + indented(table.text())
  }

  func logs(_ call: Invocation) throws -> String {
    var pods: [KubeObject] = []
    if let selector = call.flags["--selector"] {
      pods = call.cluster.server.list(.pod, namespace: call.namespace, labels: try LabelSelector(parsing: selector))
    } else {
      guard let word = call.words.first else {
        throw Failure(
          "error: expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command\nSee 'kubectl logs -h' for help and examples"
        )
      }
      pods = [try pod(word, call)]
    }
    let isPrevious = call.flags.has("--previous")
    return try pods.map { try logs(of: $0, previous: isPrevious, call) }.joined()
  }

  /// A pod by its name, or one of a workload's.
  private func pod(_ word: String, _ call: Invocation) throws -> KubeObject {
    guard word.contains("/") else { return try object(.pod, word, call) }
    let (kind, name) = try named([word], call)[0]
    let target = try object(kind, name, call)
    if kind == .pod { return target }
    let pods = call.cluster.server.list(.pod, namespace: call.namespace, labels: LabelSelector(target.spec["selector"]))
    guard let first = pods.first else { throw Failure("error: timed out waiting for the condition") }
    return first
  }

  private func logs(of pod: KubeObject, previous: Bool, _ call: Invocation) throws -> String {
    let names = (pod.spec["containers"]?.array ?? []).compactMap { $0["name"]?.string }
    let container = call.flags["--container"] ?? names.first ?? ""
    guard names.contains(container) else {
      throw Failure("error: container \(container) is not valid for pod \(pod.name)")
    }
    let state = pod.status["containerStatuses"]?.array?.first { $0["name"]?.string == container }
    guard let lines = call.cluster.logs(pod.namespace, pod.name, container: container, previous: previous) else {
      if previous {
        throw Failure(
          "Error from server (BadRequest): previous terminated container \"\(container)\" in pod \"\(pod.name)\" not found"
        )
      }
      let reason = state?.at("state", "waiting", "reason")?.string ?? "ContainerCreating"
      let cause = ["ErrImagePull", "ImagePullBackOff"].contains(reason) ? "trying and failing to pull image" : reason
      throw Failure(
        "Error from server (BadRequest): container \"\(container)\" in pod \"\(pod.name)\" is waiting to start: \(cause)"
      )
    }
    let shown = call.flags["--tail"].flatMap { Int($0) }.map { $0 < 0 ? lines[...] : lines.suffix($0) } ?? lines[...]
    let since = call.flags["--since"].flatMap { Duration(goText: $0) }.map {
      terminal.world.simulation.now - TimeSpan($0)
    }
    return shown.filter { line in since.map { line.at >= $0 } ?? true }.map { $0.text + "\n" }.joined()
  }
}
