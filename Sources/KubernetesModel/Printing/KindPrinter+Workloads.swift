import Documents
import SimulationKernel

extension KindPrinter {
  static let pods = KindPrinter(
    ["NAME", "READY", "STATUS", "RESTARTS", "AGE"], wide: ["IP", "NODE", "NOMINATED NODE", "READINESS GATES"]
  ) { pod, now in
    let columns = PodColumns(pod.json, now: now)
    return [
      pod.name, columns.ready, columns.status, columns.restarts, pod.age(now), orNone(pod.status["podIP"]?.string),
      orNone(pod.spec["nodeName"]?.string), orNone(pod.status["nominatedNodeName"]?.string), readinessGates(pod),
    ]
  }

  private static func readinessGates(_ pod: KubeObject) -> String {
    guard let gates = pod.spec["readinessGates"]?.array, !gates.isEmpty else { return "<none>" }
    let met = gates.filter { gate in
      pod.condition(gate["conditionType"]?.string ?? "")?["status"]?.string == "True"
    }
    return "\(met.count)/\(gates.count)"
  }

  static func containers(_ object: KubeObject) -> (names: String, images: String) {
    let containers = object.spec.at("template", "spec", "containers")?.array ?? []
    func joined(_ key: String) -> String { containers.map { $0[key]?.string ?? "" }.joined(separator: ",") }
    return (joined("name"), joined("image"))
  }

  static let deployments = KindPrinter(
    ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"], wide: ["CONTAINERS", "IMAGES", "SELECTOR"]
  ) { deployment, now in
    let (names, images) = containers(deployment)
    return [
      deployment.name, "\(countCell(deployment.status["readyReplicas"]))/\(countCell(deployment.spec["replicas"]))",
      countCell(deployment.status["updatedReplicas"]), countCell(deployment.status["availableReplicas"]),
      deployment.age(now), names, images, selectorText(deployment.spec["selector"]),
    ]
  }

  static let replicaSets = KindPrinter(
    ["NAME", "DESIRED", "CURRENT", "READY", "AGE"], wide: ["CONTAINERS", "IMAGES", "SELECTOR"]
  ) { set, now in
    let (names, images) = containers(set)
    return [
      set.name, countCell(set.spec["replicas"]), countCell(set.status["replicas"]),
      countCell(set.status["readyReplicas"]), set.age(now), names, images, selectorText(set.spec["selector"]),
    ]
  }

  static let autoscalers = KindPrinter(
    ["NAME", "REFERENCE", "TARGETS", "MINPODS", "MAXPODS", "REPLICAS", "AGE"]
  ) { autoscaler, now in
    let target = autoscaler.spec["scaleTargetRef"]
    return [
      autoscaler.name, "\(target?["kind"]?.string ?? "")/\(target?["name"]?.string ?? "")", targets(autoscaler),
      autoscaler.spec["minReplicas"]?.integer.map(String.init) ?? "<unset>", countCell(autoscaler.spec["maxReplicas"]),
      countCell(autoscaler.status["currentReplicas"]), autoscaler.age(now),
    ]
  }

  /// The TARGETS cell: at most two metrics by name (upstream: `formatHPAMetrics`).
  private static func targets(_ autoscaler: KubeObject) -> String {
    let metrics = autoscaler.spec["metrics"]?.array ?? []
    guard !metrics.isEmpty else { return "<none>" }
    let cells = metrics.map { metric in
      let name = metric.at("resource", "name")?.string ?? ""
      let current = autoscaler.status["currentMetrics"]?.array?.first { $0.at("resource", "name")?.string == name }?
        .at("resource", "current")
      if let average = metric.at("resource", "target", "averageValue")?.string {
        return "\(name): \(current?["averageValue"]?.string ?? "<unknown>")/\(average)"
      }
      let wanted = metric.at("resource", "target", "averageUtilization")?.integer ?? 0
      let used = current?["averageUtilization"]?.integer.map { "\($0)%" } ?? "<unknown>"
      return "\(name): \(used)/\(wanted)%"
    }
    let more = cells.count > 2 ? " + \(cells.count - 2) more..." : ""
    return cells.prefix(2).joined(separator: ", ") + more
  }

  static let disruptionBudgets = KindPrinter(
    ["NAME", "MIN AVAILABLE", "MAX UNAVAILABLE", "ALLOWED DISRUPTIONS", "AGE"]
  ) { budget, now in
    func bound(_ key: String) -> String {
      budget.spec[key].map { $0.string ?? $0.countCell } ?? "N/A"
    }
    return [
      budget.name, bound("minAvailable"), bound("maxUnavailable"), countCell(budget.status["disruptionsAllowed"]),
      budget.age(now),
    ]
  }
}
