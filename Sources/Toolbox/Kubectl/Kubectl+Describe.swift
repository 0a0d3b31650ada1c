import Documents
import KubernetesModel
import SimulationKernel

extension Kubectl {
  /// `describe` (kubectl, `pkg/cmd/describe`, `pkg/describe/describe.go`).
  static let describe = Verb(
    path: ["describe"],
    flags: [
      .value("selector", "l"), .on("all-namespaces", "A"), .on("show-events"), .value("filename", "f"),
      .integer("chunk-size"),
    ]
  ) { call in
    let isFromFiles = call.flags["filename"] != nil
    guard isFromFiles || !call.flags.words.isEmpty else {
      throw KubectlError(
        "You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete list of "
          + "supported resources.")
    }
    let found = try call.describedObjects()
    if found.isEmpty, call.result.exitCode == 0 {
      call.warn(call.allNamespaces ? "No resources found" : "No resources found in \(call.namespace) namespace.")
    }
    let showsEvents = call.flags["show-events"] == nil ? found.count == 1 : !call.flags.isOff("show-events")
    call.write(found.map { call.description(of: $0, showsEvents: showsEvents) }.joined(separator: "\n\n"))
  }
}

/// How one kind is described.
struct Describer: Sendable {
  let kind: ResourceKind
  /// Whether its events follow.
  var hasEvents = true
  let text: @Simulated @Sendable (KubectlCall, KubeObject) -> String
}

extension KubectlCall {
  /// The objects to describe; a name that nothing has is a prefix.
  fileprivate func describedObjects() throws -> [KubeObject] {
    if flags["filename"] != nil { return try targets([]) }
    var found: [KubeObject] = []
    for reference in try references(flags.words) {
      guard let name = reference.name else {
        found += try objects(reference.kind, scope(reference.kind), labels: try labelSelector())
        continue
      }
      do throws(APIError) { found.append(try fetch(reference.kind, namespace, name)) } catch {
        let similar = try objects(reference.kind, scope(reference.kind)).filter { $0.name.hasPrefix(name) }
        guard error.reason == .notFound, flags.words.count == 2, !similar.isEmpty else {
          fail(error)
          continue
        }
        found += similar
      }
    }
    return found
  }

  fileprivate func description(of object: KubeObject, showsEvents: Bool) -> String {
    let describer = Self.describers.first { $0.kind == object.kind }
    let body = describer.map { $0.text(self, object) } ?? ObjectDescription.text(object)
    // Events are aligned by themselves.
    guard showsEvents, describer?.hasEvents ?? true else { return elasticText(body) }
    let events = events(object)
    return events.hasPrefix("Events:\n") ? elasticText(body) + elasticText(events) : elasticText(body + events)
  }

  private static let describers: [Describer] =
    [Describer(kind: .pod) { $0.pod($1) }] + workloadDescribers + networkDescribers + clusterDescribers

  private func pod(_ object: KubeObject) -> String {
    let now = simulation.now
    return PodDescription.pod(object) { age(since: $0, now: now) }
  }

  /// The lines with which most descriptions begin.
  func head(_ object: KubeObject, labels: Bool = true) -> String {
    var text = "Name:\t\(object.name)\n"
    if object.kind.isNamespaced { text += "Namespace:\t\(object.namespace)\n" }
    return labels ? text + marks(object) : text
  }

  /// Labels and annotations.
  func marks(_ object: KubeObject) -> String {
    PodDescription.members("Labels", object.json.at("metadata", "labels"), separator: "=")
      + PodDescription.annotations("Annotations", object.json.at("metadata", "annotations"))
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
}

/// Any object as a tree of labelled fields (kubectl, `describe.go`, `GenericDescriber`).
private enum ObjectDescription {
  static func text(_ object: KubeObject) -> String {
    var text = "Name:\t\(object.name)\nNamespace:\t\(object.namespace)\n"
    text += PodDescription.members("Labels", object.json.at("metadata", "labels"), separator: "=")
    text += PodDescription.annotations("Annotations", object.json.at("metadata", "annotations"))
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
