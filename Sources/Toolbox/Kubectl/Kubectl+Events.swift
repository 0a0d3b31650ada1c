import Documents
import KubernetesModel
import SimulationKernel

extension Kubectl {
  /// `events` (kubectl, `pkg/cmd/events`): oldest first.
  static let events = Verb(
    path: ["events"],
    flags: [
      .on("all-namespaces", "A"), .value("for"), .value("types"), .on("watch", "w"), .on("no-headers"),
      .value("output", "o"), .integer("chunk-size"),
    ]
  ) { call in
    let filter = try call.eventFilter()
    let place = call.allNamespaces ? nil : call.namespace
    let found = try call.objects(.event, place).filter(filter).sorted { left, right in
      (left.json["lastTimestamp"]?.string ?? "", left.resourceVersion)
        < (right.json["lastTimestamp"]?.string ?? "", right.resourceVersion)
    }
    let isWatch = call.flags.isOn("watch")
    if let output = call.flags["output"] {
      return try call.show(events: found, output)
    }
    guard !found.isEmpty || isWatch else {
      return call.warn(
        call.allNamespaces ? "No events found." : "No events found in \(call.namespace) namespace.")
    }
    var table = GrowingTable(headers: !call.flags.isOn("no-headers"))
    if !found.isEmpty { call.write(table.text(call.eventTable(found), wide: false)) }
    guard isWatch else { return }
    let watch = call.server.watch(.event, isFromNow: true) { event in
      guard place == nil || event.object.namespace == place, filter(event.object) else { return }
      if case .deleted = event { return }
      call.write(table.text(call.eventTable([event.object]), wide: false))
    }
    await call.simulation.sleep(until: call.watchEnd, callEvent)
    watch.cancel()
  }
}

extension KubectlCall {
  fileprivate func eventFilter() throws -> (KubeObject) -> Bool {
    let types = flags.list("types").map { $0.lowercased() }
    for type in types where !["normal", "warning"].contains(type) {
      throw KubectlError("valid --types are Normal or Warning")
    }
    var involved: (kind: String, name: String)?
    if let text = flags["for"] {
      let parts = text.split(separator: "/").map(String.init)
      guard parts.count == 2 else {
        throw KubectlError("--for must be in resource/name form")
      }
      involved = (try kind(parts[0]).kind, parts[1])
    }
    return { event in
      let object = event.json["involvedObject"]
      guard types.isEmpty || types.contains(event.json["type"]?.string?.lowercased() ?? "") else { return false }
      return involved.map { $0.kind == object?["kind"]?.string && $0.name == object?["name"]?.string } ?? true
    }
  }

  fileprivate func show(events: [KubeObject], _ output: String) throws {
    let list: JSONValue = [
      "apiVersion": "v1", "items": .array(events.map(\.json)), "kind": "EventList", "metadata": [:],
    ]
    switch try OutputFormat(output, allowed: OutputFormat.printing) {
    case .json: print(list.jsonText(.kubectl))
    case .yaml: write(list.yamlText())
    case .name: for event in events { print(event.printedName) }
    case .path(let path): write(path.text(list))
    default: break
    }
  }

  fileprivate func eventTable(_ events: [KubeObject]) -> Table {
    let rows = events.map { event -> [String] in
      let object = event.json["involvedObject"]
      return [
        eventAge(event), event.json["type"]?.string ?? "", event.json["reason"]?.string ?? "",
        "\(object?["kind"]?.string ?? "")/\(object?["name"]?.string ?? "")",
        event.json["message"]?.string?.trimmingBlanks ?? "",
      ]
    }
    let table = Table(
      columns: ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"].map { Table.Column($0) }, rows: rows)
    return allNamespaces ? table.prepending("NAMESPACE", events.map(\.namespace)) : table
  }

  /// `2m (x5 over 10m)` for an event that was repeated, else since it happened first.
  func eventAge(_ event: KubeObject) -> String {
    let first = age(since: event.json["firstTimestamp"]?.string, now: simulation.now)
    guard let count = event.json["count"]?.integer, count > 1 else { return first }
    return "\(age(since: event.json["lastTimestamp"]?.string, now: simulation.now)) (x\(count) over \(first))"
  }
}
