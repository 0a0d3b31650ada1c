import Documents

// Which nodes are possible (upstream: pkg/scheduler/framework/plugins: nodeunschedulable, tainttoleration, nodeaffinity,
// noderesources/fit, podtopologyspread/filtering, interpodaffinity/filtering). The first plugin that refuses a node decides.
extension SchedulingDecision {
  /// Why a node does not fit.
  package struct Obstacle: Hashable, Sendable {
    /// In the scheduler's words; resources are all named.
    package var reasons: [String]
    /// Whether removing pods from the node could help.
    package var preemptionMayHelp: Bool

    init(_ reasons: String..., preemptionMayHelp: Bool = false) {
      self.reasons = reasons
      self.preemptionMayHelp = preemptionMayHelp
    }
  }

  /// - Returns: `nil` when the pod can run on the node.
  package static func obstacle(_ pod: PodRequest, _ node: NodeState, among nodes: [NodeState]) -> Obstacle? {
    if node.isUnschedulable, !tolerates(pod, Taint(key: "node.kubernetes.io/unschedulable", effect: "NoSchedule")) {
      return Obstacle("node(s) were unschedulable")
    }
    if let taint = node.taints.first(where: { $0.effect != "PreferNoSchedule" && !tolerates(pod, $0) }) {
      return Obstacle("node(s) had untolerated taint {\(taint.key): \(taint.value)}")
    }
    guard isSelected(node, by: pod) else { return Obstacle("node(s) didn't match Pod's node affinity/selector") }
    return shortage(pod, node) ?? skew(pod, node, nodes) ?? neighbours(pod, node, nodes)
  }

  static func tolerates(_ pod: PodRequest, _ taint: Taint) -> Bool {
    pod.tolerations.contains { $0.tolerates(taint) }
  }

  static func isSelected(_ node: NodeState, by pod: PodRequest) -> Bool {
    pod.nodeSelector.members.allSatisfy { node.labels[$0.key] == $0.value }
      && (pod.requiredNodes.isEmpty || pod.requiredNodes.contains { $0.matches(node) })
  }

  private static func shortage(_ pod: PodRequest, _ node: NodeState) -> Obstacle? {
    let needed = node.requested + pod.resources
    var obstacle = Obstacle(preemptionMayHelp: true)
    if needed.pods > node.allocatable.pods { obstacle.reasons.append("Too many pods") }
    if pod.resources.cpu > 0, needed.cpu > node.allocatable.cpu { obstacle.reasons.append("Insufficient cpu") }
    if pod.resources.memory > 0, needed.memory > node.allocatable.memory {
      obstacle.reasons.append("Insufficient memory")
    }
    // A node that is too small when empty is of no use to preemption either.
    obstacle.preemptionMayHelp =
      pod.resources.cpu <= node.allocatable.cpu && pod.resources.memory <= node.allocatable.memory
    return obstacle.reasons.isEmpty ? nil : obstacle
  }

  // MARK: Spread

  /// Matching pods in each value of a label, over the nodes that the pod could be sent to.
  static func domains(_ spread: TopologySpread, _ pod: PodRequest, _ nodes: [NodeState]) -> [String: Int] {
    var counts: [String: Int] = [:]
    for node in nodes where isSelected(node, by: pod) {
      guard let value = node.labels[spread.topologyKey]?.string else { continue }
      counts[value, default: 0] += node.pods.count {
        !$0.isTerminating && $0.namespace == pod.namespace && spread.selector.matches($0.labels)
      }
    }
    return counts
  }

  private static func skew(_ pod: PodRequest, _ node: NodeState, _ nodes: [NodeState]) -> Obstacle? {
    for spread in pod.spread where spread.isRequired {
      guard let value = node.labels[spread.topologyKey]?.string else {
        return Obstacle("node(s) didn't match pod topology spread constraints (missing required label)")
      }
      let counts = domains(spread, pod, nodes)
      let own = spread.selector.matches(pod.labels) ? 1 : 0
      let lowest = counts.map(\.value).min() ?? 0
      if (counts[value] ?? 0) + own - lowest > spread.maximumSkew {
        return Obstacle("node(s) didn't match pod topology spread constraints", preemptionMayHelp: true)
      }
    }
    return nil
  }

  // MARK: Neighbours

  private static func neighbours(_ pod: PodRequest, _ node: NodeState, _ nodes: [NodeState]) -> Obstacle? {
    for term in pod.affinity where !hasMatch(term, near: node, nodes) {
      // The first of a group that wants to be together may begin anywhere.
      let isFirst = !nodes.contains { $0.pods.contains { term.matches($0.namespace, $0.labels) } }
      guard isFirst, term.matches(pod.namespace, pod.labels), node.labels[term.topologyKey] != nil else {
        return Obstacle("node(s) didn't match pod affinity rules")
      }
    }
    if pod.antiAffinity.contains(where: { hasMatch($0, near: node, nodes) }) {
      return Obstacle("node(s) didn't match pod anti-affinity rules", preemptionMayHelp: true)
    }
    let isUnwelcome = nodes.contains { other in
      other.pods.contains { placed in
        placed.antiAffinity.contains { term in
          term.matches(pod.namespace, pod.labels) && isTogether(node, other, term.topologyKey)
        }
      }
    }
    return isUnwelcome
      ? Obstacle("node(s) didn't satisfy existing pods anti-affinity rules", preemptionMayHelp: true) : nil
  }

  private static func hasMatch(_ term: PodAffinityTerm, near node: NodeState, _ nodes: [NodeState]) -> Bool {
    nodes.contains { other in
      isTogether(node, other, term.topologyKey) && other.pods.contains { term.matches($0.namespace, $0.labels) }
    }
  }

  static func isTogether(_ left: NodeState, _ right: NodeState, _ key: String) -> Bool {
    guard let value = left.labels[key]?.string else { return false }
    return right.labels[key]?.string == value
  }
}
