import Documents
import SimulationKernel

/// What `kubectl get` prints: columns, and a row an object.
package struct Table: Hashable, Sendable {
  package var columns: [String]
  package var rows: [[String]]

  package init(columns: [String], rows: [[String]]) {
    self.columns = columns
    self.rows = rows
  }

  /// The text, columns three blanks apart, as kubectl's tab writer lays it out.
  package func text(headers: Bool = true) -> String {
    let lines = (headers ? [columns] : []) + rows
    var widths = Array(repeating: 0, count: columns.count)
    for line in lines { for (index, cell) in line.enumerated() { widths[index] = max(widths[index], cell.count) } }
    return lines.map { line in
      var text = ""
      for (index, cell) in line.enumerated() {
        text += cell
        if index < line.count - 1 { text += String(repeating: " ", count: widths[index] - cell.count + 3) }
      }
      return text + "\n"
    }.joined()
  }
}

/// The printer of a kind: column names and how a row is made; wide columns follow the ordinary ones.
private struct Printer: Sendable {
  var columns: [String]
  var wide: [String] = []
  var row: @Sendable (KubeObject, Instant) -> [String]
}

/// The table of some objects of one kind (pkg/printers/internalversion/printers.go; custom resources by the columns of their
/// definitions, else name and age).
package func table(_ objects: [KubeObject], _ kind: ResourceKind, wide: Bool, now: Instant) -> Table {
  let printer =
    printers.first { $0.kind == kind.kind }?.printer ?? Printer(columns: ["NAME", "AGE"]) { [$0.name, age($0, $1)] }
  let columns = printer.columns + (wide ? printer.wide : [])
  return Table(columns: columns, rows: objects.map { Array(printer.row($0, now).prefix(columns.count)) })
}

private func age(_ object: KubeObject, _ now: Instant) -> String { age(of: object.creationTimestamp, at: now) }

private func number(_ value: JSONValue?) -> String { String(value?.integer ?? 0) }

private let printers: [(kind: String, printer: Printer)] = [
  (
    "Pod",
    Printer(
      columns: ["NAME", "READY", "STATUS", "RESTARTS", "AGE"],
      wide: ["IP", "NODE", "NOMINATED NODE", "READINESS GATES"]
    ) { pod, now in
      let columns = PodColumns(pod, now: now)
      return [
        pod.name, columns.ready, columns.status, columns.restarts, age(pod, now),
        pod.status["podIP"]?.string ?? "<none>",
        pod.spec["nodeName"]?.string ?? "<none>", "<none>", "<none>",
      ]
    }
  ),
  (
    "Deployment",
    Printer(columns: ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"], wide: ["CONTAINERS", "IMAGES", "SELECTOR"]) {
      object, now in
      [
        object.name, "\(number(object.status["readyReplicas"]))/\(number(object.spec["replicas"]))",
        number(object.status["updatedReplicas"]), number(object.status["availableReplicas"]), age(object, now),
      ] + workloadColumns(object)
    }
  ),
  (
    "ReplicaSet",
    Printer(columns: ["NAME", "DESIRED", "CURRENT", "READY", "AGE"], wide: ["CONTAINERS", "IMAGES", "SELECTOR"]) {
      object, now in
      [
        object.name, number(object.spec["replicas"]), number(object.status["replicas"]),
        number(object.status["readyReplicas"]),
        age(object, now),
      ] + workloadColumns(object)
    }
  ),
  (
    "Service",
    Printer(columns: ["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"], wide: ["SELECTOR"]) {
      object, now in
      let ports = (object.spec["ports"]?.array ?? []).map { "\(number($0["port"]))/\($0["protocol"]?.string ?? "TCP")" }
      return [
        object.name, object.spec["type"]?.string ?? "ClusterIP", object.spec["clusterIP"]?.string ?? "<none>", "<none>",
        ports.joined(separator: ","), age(object, now), selectorText(object.spec["selector"]),
      ]
    }
  ),
  (
    "Ingress",
    Printer(columns: ["NAME", "CLASS", "HOSTS", "ADDRESS", "PORTS", "AGE"]) { object, now in
      let hosts = (object.spec["rules"]?.array ?? []).map { $0["host"]?.string ?? "*" }
      let address = object.status.at("loadBalancer", "ingress")?[0]?["hostname"]?.string ?? ""
      return [
        object.name, object.spec["ingressClassName"]?.string ?? "<none>", hosts.joined(separator: ","), address,
        object.spec["tls"] == nil ? "80" : "80, 443", age(object, now),
      ]
    }
  ),
  (
    "Node",
    Printer(
      columns: ["NAME", "STATUS", "ROLES", "AGE", "VERSION"],
      wide: ["INTERNAL-IP", "EXTERNAL-IP", "OS-IMAGE", "KERNEL-VERSION", "CONTAINER-RUNTIME"]
    ) { object, now in
      let isReady = object.condition("Ready")?["status"]?.string == "True"
      let status =
        (isReady ? "Ready" : "NotReady") + (object.spec["unschedulable"]?.bool == true ? ",SchedulingDisabled" : "")
      let info = object.status["nodeInfo"]
      let address = object.status["addresses"]?.array?.first { $0["type"]?.string == "InternalIP" }?["address"]?.string
      return [
        object.name, status, "<none>", age(object, now), info?["kubeletVersion"]?.string ?? "", address ?? "<none>",
        "<none>",
        info?["osImage"]?.string ?? "<unknown>", info?["kernelVersion"]?.string ?? "<unknown>",
        info?["containerRuntimeVersion"]?.string ?? "<unknown>",
      ]
    }
  ),
  (
    "Event",
    Printer(columns: ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]) { event, now in
      let involved = event.json["involvedObject"]
      return [
        eventAge(event, now), event.json["type"]?.string ?? "", event.json["reason"]?.string ?? "",
        "\((involved?["kind"]?.string ?? "").lowercased())/\(involved?["name"]?.string ?? "")",
        event.json["message"]?.string ?? "",
      ]
    }
  ),
  (
    "ConfigMap",
    Printer(columns: ["NAME", "DATA", "AGE"]) { [$0.name, String($0.json["data"]?.object?.count ?? 0), age($0, $1)] }
  ),
  (
    "Secret",
    Printer(columns: ["NAME", "TYPE", "DATA", "AGE"]) {
      [$0.name, $0.json["type"]?.string ?? "Opaque", String($0.json["data"]?.object?.count ?? 0), age($0, $1)]
    }
  ),
  (
    "Namespace",
    Printer(columns: ["NAME", "STATUS", "AGE"]) { [$0.name, $0.status["phase"]?.string ?? "Active", age($0, $1)] }
  ),
  (
    "EndpointSlice",
    Printer(columns: ["NAME", "ADDRESSTYPE", "PORTS", "ENDPOINTS", "AGE"]) { object, now in
      let ports = (object.json["ports"]?.array ?? []).map { number($0["port"]) }
      let all = (object.json["endpoints"]?.array ?? []).compactMap { $0["addresses"]?[0]?.string }
      let more = all.count > 3 ? " + \(all.count - 3) more..." : ""
      return [
        object.name, object.json["addressType"]?.string ?? "IPv4",
        ports.isEmpty ? "<unset>" : ports.joined(separator: ","),
        all.isEmpty ? "<unset>" : all.prefix(3).joined(separator: ",") + more, age(object, now),
      ]
    }
  ),
  (
    "PodDisruptionBudget",
    Printer(columns: ["NAME", "MIN AVAILABLE", "MAX UNAVAILABLE", "ALLOWED DISRUPTIONS", "AGE"]) { object, now in
      func text(_ key: String) -> String { object.spec[key].map { $0.string ?? $0.jsonText() } ?? "N/A" }
      return [
        object.name, text("minAvailable"), text("maxUnavailable"), number(object.status["disruptionsAllowed"]),
        age(object, now),
      ]
    }
  ),
  (
    "ExternalSecret",
    Printer(columns: ["NAME", "STORETYPE", "STORE", "REFRESH INTERVAL", "STATUS", "READY"]) { object, _ in
      let store = object.spec["secretStoreRef"]
      let ready = object.condition("Ready")
      return [
        object.name, store?["kind"]?.string ?? "SecretStore", store?["name"]?.string ?? "",
        object.spec["refreshInterval"]?.string ?? "1h0m0s", ready?["reason"]?.string ?? "",
        ready?["status"]?.string ?? "",
      ]
    }
  ),
]

private func workloadColumns(_ object: KubeObject) -> [String] {
  let containers = object.spec.at("template", "spec", "containers")?.array ?? []
  return [
    containers.compactMap { $0["name"]?.string }.joined(separator: ","),
    containers.compactMap { $0["image"]?.string }.joined(separator: ","),
    selectorText(object.spec.at("selector", "matchLabels")),
  ]
}

/// `a=b,c=d`, or `<none>`.
package func selectorText(_ labels: JSONValue?) -> String {
  let pairs = (labels?.object?.members ?? []).map { "\($0.key)=\($0.value.string ?? "")" }
  return pairs.isEmpty ? "<none>" : pairs.sorted().joined(separator: ",")
}

/// `2m (x5 over 10m)` for a repeated event.
package func eventAge(_ event: KubeObject, _ now: Instant) -> String {
  let last = age(of: event.json["lastTimestamp"]?.string, at: now)
  guard let count = event.json["count"]?.integer, count > 1 else { return last }
  return "\(last) (x\(count) over \(age(of: event.json["firstTimestamp"]?.string, at: now)))"
}
