import Documents
import KubernetesModel
import SimulationKernel

// Workloads and autoscaling (kubectl, `pkg/describe/describe.go`).
extension KubectlCall {
  static let workloadDescribers: [Describer] = [
    Describer(kind: .deployment) { $0.deployment($1) }, Describer(kind: .replicaSet) { $0.replicaSet($1) },
    Describer(kind: .daemonSet) { $0.daemonSet($1) }, Describer(kind: .statefulSet) { $0.statefulSet($1) },
    Describer(kind: .horizontalPodAutoscaler) { $0.autoscaler($1) },
    Describer(kind: .podDisruptionBudget) { $0.budget($1) },
  ]

  private func deployment(_ object: KubeObject) -> String {
    var text = head(object, labels: false)
    text += "CreationTimestamp:\t\(ClusterClock.describedTime(object.creationTimestamp))\n" + marks(object)
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
    return text + PodDescription.template(object.spec["template"] ?? [:]) + conditions(object)
      + replicaSets(of: object)
  }

  /// Type, status and reason of the conditions.
  private func conditions(_ object: KubeObject) -> String {
    guard let conditions = object.status["conditions"]?.array, !conditions.isEmpty else { return "" }
    return "Conditions:\n  Type\tStatus\tReason\n  ----\t------\t------\n"
      + conditions.map { condition in
        let cells = ["type", "status", "reason"].map { condition[$0]?.string ?? "" }
        return "  \(cells[0]) \t\(cells[1])\t\(cells[2])\n"
      }.joined()
  }

  private func replicaSets(of deployment: KubeObject) -> String {
    let sets = server.list(.replicaSet, namespace: deployment.namespace)
      .filter { $0.controllerUID == deployment.uid }
    guard !sets.isEmpty else { return "" }
    let revision = deployment.annotation("deployment.kubernetes.io/revision")
    let current = sets.filter { $0.annotation("deployment.kubernetes.io/revision") == revision }
    let old = sets.filter { set in !current.contains { $0.uid == set.uid } }
    func list(_ sets: [KubeObject]) -> String {
      let texts = sets.map { set in
        "\(set.name) (\(set.status["replicas"]?.integer ?? 0)/\(set.spec["replicas"]?.integer ?? 0) replicas created)"
      }
      return texts.isEmpty ? "<none>" : texts.joined(separator: ", ")
    }
    return "OldReplicaSets:\t\(list(old))\nNewReplicaSet:\t\(list(current))\n"
  }

  private func controlledBy(_ object: KubeObject) -> String {
    guard let owner = object.controller else { return "" }
    return "Controlled By:\t\(owner["kind"]?.string ?? "")/\(owner["name"]?.string ?? "")\n"
  }

  private func podStates(of object: KubeObject) -> String {
    let pods = server.list(.pod, namespace: object.namespace).filter { $0.controllerUID == object.uid }
    func count(_ phase: String) -> Int { pods.count { $0.status["phase"]?.string == phase } }
    return
      "Pods Status:\t\(count("Running")) Running / \(count("Pending")) Waiting / \(count("Succeeded")) Succeeded / "
      + "\(count("Failed")) Failed\n"
  }

  private func replicaSet(_ object: KubeObject) -> String {
    let (current, desired) = (object.status["replicas"]?.integer ?? 0, object.spec["replicas"]?.integer ?? 1)
    return head(object, labels: false) + "Selector:\t\(selectorText(object.spec["selector"]))\n" + marks(object)
      + controlledBy(object) + "Replicas:\t\(current) current / \(desired) desired\n" + podStates(of: object)
      + PodDescription.template(object.spec["template"] ?? [:]) + conditions(object)
  }

  private func daemonSet(_ object: KubeObject) -> String {
    let counts = [
      ("Desired Number of Nodes Scheduled", "desiredNumberScheduled"),
      ("Current Number of Nodes Scheduled", "currentNumberScheduled"),
      ("Number of Nodes Scheduled with Up-to-date Pods", "updatedNumberScheduled"),
      ("Number of Nodes Scheduled with Available Pods", "numberAvailable"),
      ("Number of Nodes Misscheduled", "numberMisscheduled"),
    ]
    return head(object, labels: false) + "Selector:\t\(selectorText(object.spec["selector"]))\n"
      + "Node-Selector:\t\(labelText(object.spec.at("template", "spec", "nodeSelector")))\n" + marks(object)
      + counts.map { "\($0.0): \(object.status[$0.1]?.integer ?? 0)\n" }.joined()
      + podStates(of: object) + PodDescription.template(object.spec["template"] ?? [:])
  }

  private func statefulSet(_ object: KubeObject) -> String {
    var text = head(object, labels: false)
    text += "CreationTimestamp:\t\(ClusterClock.describedTime(object.creationTimestamp))\n"
    text += "Selector:\t\(selectorText(object.spec["selector"]))\n" + marks(object)
    let (desired, total) = (object.spec["replicas"]?.integer ?? 1, object.status["replicas"]?.integer ?? 0)
    text += "Replicas:\t\(desired) desired | \(total) total\n"
    text += "Update Strategy:\t\(object.spec.at("updateStrategy", "type")?.string ?? "RollingUpdate")\n"
    if let partition = object.spec.at("updateStrategy", "rollingUpdate", "partition")?.integer {
      text += "  Partition:\t\(partition)\n"
    }
    text += podStates(of: object) + PodDescription.template(object.spec["template"] ?? [:])
    let claims = object.spec["volumeClaimTemplates"]?.array ?? []
    guard !claims.isEmpty else { return text + "Volume Claims:\t<none>\n" }
    return text + "Volume Claims:\n"
      + claims.map { claim in
        let modes = (claim.at("spec", "accessModes")?.array ?? []).compactMap(\.string)
        return "  Name:\t\(claim.at("metadata", "name")?.string ?? "")\n"
          + "  StorageClass:\t\(claim.at("spec", "storageClassName")?.string ?? "")\n"
          + PodDescription.members("  Labels", claim.at("metadata", "labels"), separator: "=")
          + PodDescription.annotations("  Annotations", claim.at("metadata", "annotations"))
          + "  Capacity:\t\(claim.at("spec", "resources", "requests", "storage")?.string ?? "<default>")\n"
          + "  Access Modes:\t[\(modes.joined(separator: " "))]\n"
      }.joined()
  }

  // MARK: Autoscaling and budgets

  private func autoscaler(_ object: KubeObject) -> String {
    let target = object.spec["scaleTargetRef"]
    let kind = target?["kind"]?.string ?? ""
    var text = head(object) + "CreationTimestamp:\t\(ClusterClock.describedTime(object.creationTimestamp))\n"
    text += "Reference:\t\(kind)/\(target?["name"]?.string ?? "")\nMetrics:\t( current / target )\n"
    for (index, metric) in (object.spec["metrics"]?.array ?? []).enumerated() {
      text += metricLine(metric, object.status["currentMetrics"]?[index])
    }
    text += "Min replicas:\t\(object.spec["minReplicas"]?.integer.map(String.init) ?? "<unset>")\n"
    text += "Max replicas:\t\(object.spec["maxReplicas"]?.integer ?? 0)\n" + behaviour(object.spec["behavior"])
    let (current, desired) = ["currentReplicas", "desiredReplicas"].map { object.status[$0]?.integer ?? 0 }.pair
    text += "\(kind) pods:\t\(current) current / \(desired) desired\n"
    guard let conditions = object.status["conditions"]?.array, !conditions.isEmpty else { return text }
    text += "Conditions:\n  Type\tStatus\tReason\tMessage\n  ----\t------\t------\t-------\n"
    for condition in conditions {
      text +=
        "  " + ["type", "status", "reason", "message"].map { condition[$0]?.string ?? "" }.joined(separator: "\t")
        + "\n"
    }
    return text
  }

  private func metricLine(_ metric: JSONValue, _ current: JSONValue?) -> String {
    func shown(_ value: JSONValue?) -> String { value.map { $0.string ?? $0.jsonText() } ?? "<unknown>" }
    let isContainer = metric["type"]?.string == "ContainerResource"
    let key = isContainer ? "containerResource" : "resource"
    if let resource = metric[key] {
      let place = isContainer ? " of container \"\(resource["container"]?.string ?? "")\"" : ""
      let start = "  resource \(resource["name"]?.string ?? "")\(place) on pods"
      let now = current?.at(key, "current")
      if let average = resource.at("target", "averageValue") {
        return "\(start):\t\(shown(now?["averageValue"])) / \(shown(average))\n"
      }
      let used = now?["averageUtilization"]?.integer.map { "\($0)% (\(shown(now?["averageValue"])))" } ?? "<unknown>"
      let target = resource.at("target", "averageUtilization")?.integer.map { "\($0)%" } ?? "<auto>"
      return "\(start)  (as a percentage of request):\t\(used) / \(target)\n"
    }
    for (key, place) in [("pods", " on pods"), ("external", " (target average value)")] {
      guard let source = metric[key] else { continue }
      let value = shown(current?.at(key, "current", "averageValue"))
      return "  \"\(source.at("metric", "name")?.string ?? "")\"\(place):\t\(value) / "
        + "\(shown(source.at("target", "averageValue")))\n"
    }
    return "  <unknown metric type \"\(metric["type"]?.string ?? "")\">\n"
  }

  private func behaviour(_ behaviour: JSONValue?) -> String {
    guard let behaviour else { return "" }
    return "Behavior:\n"
      + [("Scale Up", "scaleUp"), ("Scale Down", "scaleDown")].map { title, key in
        guard let rules = behaviour[key] else { return "" }
        var text = "  \(title):\n"
        if let window = rules["stabilizationWindowSeconds"]?.integer {
          text += "    Stabilization Window: \(window) seconds\n"
        }
        guard let policies = rules["policies"]?.array, !policies.isEmpty else { return text }
        text += "    Select Policy: \(rules["selectPolicy"]?.string ?? "Max")\n    Policies:\n"
        return text
          + policies.map { policy in
            "      - Type: \(policy["type"]?.string ?? "")\tValue: \(policy["value"]?.integer ?? 0)\t"
              + "Period: \(policy["periodSeconds"]?.integer ?? 0) seconds\n"
          }.joined()
      }.joined()
  }

  private func budget(_ object: KubeObject) -> String {
    var text = head(object, labels: false)
    func shown(_ value: JSONValue) -> String { value.string ?? value.jsonText() }
    if let least = object.spec["minAvailable"] {
      text += "Min available:\t\(shown(least))\n"
    } else if let most = object.spec["maxUnavailable"] {
      text += "Max unavailable:\t\(shown(most))\n"
    }
    text += "Selector:\t\(object.spec["selector"].map { selectorText($0) } ?? "<unset>")\nStatus:\n"
    for (title, key) in [
      ("Allowed disruptions", "disruptionsAllowed"), ("Current", "currentHealthy"), ("Desired", "desiredHealthy"),
      ("Total", "expectedPods"),
    ] { text += "    \(title):\t\(object.status[key]?.integer ?? 0)\n" }
    return text
  }
}

extension [Int64] {
  fileprivate var pair: (Int64, Int64) { (self[0], self[1]) }
}
