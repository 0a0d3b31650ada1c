import Documents
import KubernetesModel
import SimulationKernel

extension Kubectl {
  static let describe = Verb(
    path: ["describe"], flags: [.value("selector", "l"), .on("all-namespaces", "A"), .on("show-events")]
  ) { call in
    guard !call.flags.words.isEmpty else {
      throw KubectlError(
        "You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete list of "
          + "supported resources.", isVerbatim: true)
    }
    let labels = try call.flags["selector"].map { try LabelSelector(parsing: $0) }
    var objects: [KubeObject] = []
    for reference in try call.references(call.flags.words) {
      if let name = reference.name {
        do throws(APIError) { objects.append(try call.server.get(reference.kind, call.namespace, name)) } catch {
          call.fail(error)
        }
      } else {
        objects += call.server.list(reference.kind, namespace: call.scope(reference.kind), labels: labels)
      }
    }
    if objects.isEmpty, call.result.exitCode == 0 {
      call.warn("No resources found in \(call.namespace) namespace.")
    }
    call.write(objects.map { call.description(of: $0) }.joined(separator: "\n\n"))
  }
}

extension KubectlCall {
  fileprivate func description(of object: KubeObject) -> String {
    let body: String
    switch object.kind {
    case .pod: body = PodDescription.pod(object)
    case .deployment: body = deployment(object)
    case .secret, .configMap: return elasticText(data(object))
    default: body = ObjectDescription.text(object)
    }
    return elasticText(body + (flags["show-events"] == "false" ? "" : events(object)))
  }

  private func head(_ object: KubeObject) -> String {
    var text = "Name:\t\(object.name)\n"
    if object.kind.isNamespaced { text += "Namespace:\t\(object.namespace)\n" }
    return text
  }

  private func deployment(_ object: KubeObject) -> String {
    var text = head(object) + "CreationTimestamp:\t\(ClusterClock.describedTime(object.creationTimestamp))\n"
    text += PodDescription.members("Labels", object.json.at("metadata", "labels"), separator: "=")
    text += PodDescription.members("Annotations", object.json.at("metadata", "annotations"), separator: ": ")
    text += "Selector:\t\(selectorText(object.spec["selector"]))\n"
    func count(_ field: String) -> Int64 { object.status[field]?.integer ?? 0 }
    text += "Replicas:\t\(object.spec["replicas"]?.integer ?? 1) desired | \(count("updatedReplicas")) updated | "
    text += "\(count("replicas")) total | \(count("availableReplicas")) available | "
    text += "\(count("unavailableReplicas")) unavailable\n"
    text += "StrategyType:\t\(object.spec.at("strategy", "type")?.string ?? "RollingUpdate")\n"
    text += "MinReadySeconds:\t\(object.spec["minReadySeconds"]?.integer ?? 0)\n"
    if let update = object.spec.at("strategy", "rollingUpdate") {
      func bound(_ key: String) -> String { update[key].map { $0.string ?? $0.jsonText() } ?? "25%" }
      text += "RollingUpdateStrategy:\t\(bound("maxUnavailable")) max unavailable, \(bound("maxSurge")) max surge\n"
    }
    text += "Pod Template:\n" + PodDescription.template(object.spec["template"] ?? [:])
    text += "Conditions:\n  Type\tStatus\tReason\n  ----\t------\t------\n"
    for condition in object.status["conditions"]?.array ?? [] {
      let cells = ["type", "status", "reason"].map { condition[$0]?.string ?? "" }
      text += "  \(cells[0]) \t\(cells[1])\t\(cells[2])\n"
    }
    return text + replicaSets(of: object)
  }

  private func replicaSets(of deployment: KubeObject) -> String {
    let sets = server.list(.replicaSet, namespace: deployment.namespace)
      .filter { $0.controllerUID == deployment.uid }
    let revision = deployment.annotation("deployment.kubernetes.io/revision")
    let current = sets.filter { $0.annotation("deployment.kubernetes.io/revision") == revision }
    let old = sets.filter { set in !current.contains { $0.uid == set.uid } && set.spec["replicas"]?.integer != 0 }
    func list(_ sets: [KubeObject]) -> String {
      let texts = sets.map { set in
        "\(set.name) (\(set.status["replicas"]?.integer ?? 0)/\(set.spec["replicas"]?.integer ?? 0) replicas created)"
      }
      return texts.isEmpty ? "<none>" : texts.joined(separator: ", ")
    }
    return "OldReplicaSets:\t\(list(old))\nNewReplicaSet:\t\(list(current))\n"
  }

  /// A Secret shows the sizes of its values, a ConfigMap the values.
  private func data(_ object: KubeObject) -> String {
    var text = head(object) + PodDescription.members("Labels", object.json.at("metadata", "labels"), separator: "=")
    text += PodDescription.members("Annotations", object.json.at("metadata", "annotations"), separator: ": ") + "\n"
    if object.kind == .secret { text += "Type:\t\(object.json["type"]?.string ?? "Opaque")\n\n" }
    text += "Data\n====\n"
    for member in object.json["data"]?.object?.sortedMembers ?? [] {
      let value = member.value.string ?? ""
      if object.kind == .secret {
        text += "\(member.key):\t\(base64Decoded(value)?.count ?? 0) bytes\n"
      } else {
        text += "\(member.key):\n----\n\(value)\n\n"
      }
    }
    return object.kind == .secret ? text : text + "\nBinaryData\n====\n\n" + events(object)
  }

  /// The table of events about an object, oldest first.
  private func events(_ object: KubeObject) -> String {
    let place = object.namespace.isEmpty ? "default" : object.namespace
    let found = server.list(.event, namespace: place).filter {
      let involved = $0.json["involvedObject"]
      return involved?["kind"]?.string == object.kind.kind && involved?["name"]?.string == object.name
        && involved?["uid"]?.string == object.uid
    }
    guard !found.isEmpty else { return "Events:\t<none>\n" }
    let sorted = found.sorted {
      ($0.json["lastTimestamp"]?.string ?? "", $0.resourceVersion)
        < ($1.json["lastTimestamp"]?.string ?? "", $1.resourceVersion)
    }
    var text = "Events:\n  Type\tReason\tAge\tFrom\tMessage\n  ----\t------\t----\t----\t-------\n"
    for event in sorted {
      let (type, reason) = (event.json["type"]?.string ?? "", event.json["reason"]?.string ?? "")
      let source = event.json.at("source", "component")?.string ?? ""
      let message = event.json["message"]?.string?.trimmingBlanks ?? ""
      text += "  \(type)\t\(reason)\t\(eventAge(event))\t\(source)\t\(message)\n"
    }
    return text
  }

  /// `2m (x5 over 10m)` for an event that was repeated.
  private func eventAge(_ event: KubeObject) -> String {
    let last = age(since: event.json["lastTimestamp"]?.string, now: simulation.now)
    guard let count = event.json["count"]?.integer, count > 1 else { return last }
    return "\(last) (x\(count) over \(age(since: event.json["firstTimestamp"]?.string, now: simulation.now)))"
  }
}

/// Any object as a tree of labelled fields (kubectl, `describe.go`, `GenericDescriber`).
private enum ObjectDescription {
  static func text(_ object: KubeObject) -> String {
    var text = "Name:\t\(object.name)\nNamespace:\t\(object.namespace)\n"
    text += PodDescription.members("Labels", object.json.at("metadata", "labels"), separator: "=")
    text += PodDescription.members("Annotations", object.json.at("metadata", "annotations"), separator: ": ")
    text += "API Version:\t\(object.kind.apiVersion)\nKind:\t\(object.kind.kind)\n"
    var rest = object.json
    for key in ["apiVersion", "kind"] { rest[key] = nil }
    for key in ["name", "namespace", "labels", "annotations"] { rest.set("metadata", key, to: nil) }
    return text + tree(rest, "")
  }

  private static func tree(_ value: JSONValue, _ indent: String) -> String {
    (value.object?.sortedMembers ?? []).map { member in
      let title = indent + label(member.key)
      switch member.value {
      case .object: return "\(title):\n" + tree(member.value, indent + "  ")
      case .array(let items):
        return "\(title):\n"
          + items.map { item in
            item.object == nil ? "\(indent)  \(item.string ?? item.jsonText())\n" : tree(item, indent + "  ")
          }.joined()
      default: return "\(title):\t\(member.value.string ?? member.value.jsonText())\n"
      }
    }.joined()
  }

  /// `creationTimestamp` as `Creation Timestamp`; a key that is no identifier stays as it is.
  private static func label(_ key: String) -> String {
    guard key.allSatisfy({ $0.isLetter || $0.isNumber }) else { return key }
    var words: [String] = [""]
    var previous: Character = "A"
    for character in key {
      if character.isUppercase, !previous.isUppercase { words.append("") }
      words[words.count - 1].append(character)
      previous = character
    }
    return words.filter { !$0.isEmpty }.map { word in
      ["api", "url", "uid", "osb", "guid"].contains(word.lowercased())
        ? word.uppercased() : word.prefix(1).uppercased() + word.dropFirst()
    }.joined(separator: " ")
  }
}
