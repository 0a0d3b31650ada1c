import Documents

/// Where a pod may run, over plain values (pkg/scheduler/framework/plugins: NodeUnschedulable, TaintToleration, NodeAffinity's
/// selector, NodeResourcesFit, PodTopologySpread's and InterPodAffinity's zone terms).
package struct SchedulingDecision: Sendable {
  package struct Taint: Hashable, Sendable {
    package var key: String
    package var value: String
    package var effect: String

    package init(key: String, value: String, effect: String) {
      self.key = key
      self.value = value
      self.effect = effect
    }
  }

  package struct NodeState: Sendable {
    package var name: String
    package var labels: JSONObject
    package var taints: [Taint]
    package var isUnschedulable: Bool
    /// Millicores and bytes that are not requested yet, and pods that still fit.
    package var freeCPU: Int64
    package var freeMemory: Int64
    package var freePods: Int
    /// Allocatable millicores, for balance.
    package var cpu: Int64

    package init(
      name: String, labels: JSONObject, taints: [Taint], isUnschedulable: Bool, freeCPU: Int64, freeMemory: Int64,
      freePods: Int,
      cpu: Int64
    ) {
      self.name = name
      self.labels = labels
      self.taints = taints
      self.isUnschedulable = isUnschedulable
      self.freeCPU = freeCPU
      self.freeMemory = freeMemory
      self.freePods = freePods
      self.cpu = cpu
    }
  }

  package struct PodRequest: Sendable {
    package var cpu: Int64
    package var memory: Int64
    package var nodeSelector: JSONObject
    package var tolerations: [JSONValue]
    /// Zones in which the pod's siblings run, one entry a sibling; empty when it asks for no spreading.
    package var siblingZones: [String]
    package var siblingNodes: [String]

    package init(
      cpu: Int64, memory: Int64, nodeSelector: JSONObject = JSONObject(), tolerations: [JSONValue] = [],
      siblingZones: [String] = [],
      siblingNodes: [String] = []
    ) {
      self.cpu = cpu
      self.memory = memory
      self.nodeSelector = nodeSelector
      self.tolerations = tolerations
      self.siblingZones = siblingZones
      self.siblingNodes = siblingNodes
    }
  }

  package static let zoneLabel = "topology.kubernetes.io/zone"

  /// Why a node does not fit, in the scheduler's words; empty when it does. The first filter that fails decides, but resources
  /// are all named.
  package static func obstacles(_ pod: PodRequest, _ node: NodeState) -> [String] {
    if node.isUnschedulable { return ["node(s) were unschedulable"] }
    if let taint = node.taints.first(where: { $0.effect != "PreferNoSchedule" && !tolerates(pod, $0) }) {
      let value = taint.value.isEmpty ? "" : " \(taint.value)"
      return ["node(s) had untolerated taint {\(taint.key):\(value)}"]
    }
    guard pod.nodeSelector.members.allSatisfy({ node.labels[$0.key] == $0.value }) else {
      return ["node(s) didn't match Pod's node affinity/selector"]
    }
    var causes: [String] = []
    if node.freePods < 1 { causes.append("Too many pods") }
    if pod.cpu > node.freeCPU { causes.append("Insufficient cpu") }
    if pod.memory > node.freeMemory { causes.append("Insufficient memory") }
    return causes
  }

  private static func tolerates(_ pod: PodRequest, _ taint: Taint) -> Bool {
    pod.tolerations.contains { toleration in
      let key = toleration["key"]?.string ?? ""
      let effect = toleration["effect"]?.string ?? ""
      guard effect.isEmpty || effect == taint.effect else { return false }
      if toleration["operator"]?.string == "Exists" { return key.isEmpty || key == taint.key }
      return key == taint.key && (toleration["value"]?.string ?? "") == taint.value
    }
  }

  /// The best of the nodes that fit: fewest siblings in its zone, then on it, then most free CPU, then by name; or the message
  /// of `FailedScheduling`.
  package static func place(_ pod: PodRequest, on nodes: [NodeState]) -> Result<String, Unschedulable> {
    var causes: [String: Int] = [:]
    var best: (node: NodeState, score: [Int64])?
    for node in nodes {
      let obstacles = obstacles(pod, node)
      guard obstacles.isEmpty else {
        for cause in obstacles { causes[cause, default: 0] += 1 }
        continue
      }
      let zone = node.labels[zoneLabel]?.string ?? ""
      let score = [
        Int64(pod.siblingZones.count { $0 == zone }), Int64(pod.siblingNodes.count { $0 == node.name }),
        -(node.freeCPU * 1000 / max(1, node.cpu)),
      ]
      if best.map({ score.lexicographicallyPrecedes($0.score) }) ?? true { best = (node, score) }
    }
    if let best { return .success(best.node.name) }
    return .failure(Unschedulable(message: message(causes, of: nodes)))
  }

  /// The text of an unschedulable pod's event.
  package struct Unschedulable: Error, Hashable, Sendable {
    package var message: String
  }

  private static func message(_ causes: [String: Int], of nodes: [NodeState]) -> String {
    guard !nodes.isEmpty else { return "no nodes available to schedule pods" }
    let list = causes.map { "\($0.value) \($0.key)" }.sorted().joined(separator: ", ")
    let resources =
      causes.filter { $0.key.hasPrefix("Insufficient") || $0.key == "Too many pods" }.map(\.value).max() ?? 0
    let other = nodes.count - resources
    var preemption: [String] = []
    if resources > 0 { preemption.append("\(resources) No preemption victims found for incoming pod") }
    if other > 0 { preemption.append("\(other) Preemption is not helpful for scheduling") }
    return
      "0/\(nodes.count) nodes are available: \(list). preemption: 0/\(nodes.count) nodes are available: \(preemption.joined(separator: ", "))."
  }
}
