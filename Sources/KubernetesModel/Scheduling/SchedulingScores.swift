import Documents
import Glibc

// How good possible nodes are: each plugin gives 0 to 100, times its weight (upstream: pkg/scheduler/framework/plugins and
// apis/config/v1/default_plugins.go). Image locality is left out.
extension SchedulingDecision {
  /// The summed score of each node, in their order.
  package static func scores(_ pod: PodRequest, _ possible: [NodeState], among nodes: [NodeState]) -> [Double] {
    let plugins: [(weight: Double, scores: [Double])] = [
      (3, reversed(possible.map { node in Double(node.taints.count { isUnwelcome($0, pod) }) })),
      (
        2,
        scaled(
          possible.map { node in Double(pod.preferredNodes.reduce(0) { $0 + ($1.matches(node) ? $1.weight : 0) }) })
      ),
      (2, spreadScores(pod, possible, nodes)), (2, neighbourScores(pod, possible, nodes)),
      (1, possible.map { leastAllocated(pod, $0) }), (1, possible.map { balance(pod, $0) }),
    ]
    return possible.indices.map { index in plugins.reduce(0) { $0 + $1.weight * $1.scores[index] } }
  }

  private static func isUnwelcome(_ taint: Taint, _ pod: PodRequest) -> Bool {
    taint.effect == "PreferNoSchedule" && !tolerates(pod, taint)
  }

  /// Stretched so that the best has 100.
  private static func scaled(_ values: [Double]) -> [Double] {
    let highest = values.max() ?? 0
    return values.map { highest > 0 ? ($0 * 100 / highest).rounded(.down) : 0 }
  }

  private static func reversed(_ values: [Double]) -> [Double] {
    let highest = values.max() ?? 0
    return values.map { highest > 0 ? 100 - ($0 * 100 / highest).rounded(.down) : 100 }
  }

  /// Few matching pods in the node's domains are good (podtopologyspread/scoring.go).
  private static func spreadScores(_ pod: PodRequest, _ possible: [NodeState], _ nodes: [NodeState]) -> [Double] {
    let soft = pod.spread.filter { !$0.isRequired }
    guard !soft.isEmpty else { return possible.map { _ in 0 } }
    let domains = soft.map { Self.domains($0, pod, nodes) }
    let raw = possible.map { node in
      soft.indices.reduce(0.0) { sum, index in
        guard let value = node.labels[soft[index].topologyKey]?.string else { return sum }
        let weight = log(Double(domains[index].count + 2))
        return sum + Double(domains[index][value] ?? 0) * weight + Double(soft[index].maximumSkew - 1)
      }.rounded()
    }
    let (lowest, highest) = (raw.min() ?? 0, raw.max() ?? 0)
    return raw.map { highest > 0 ? (100 * (highest + lowest - $0) / highest).rounded(.down) : 100 }
  }

  /// Preferred company near, preferred distance far (interpodaffinity/scoring.go).
  private static func neighbourScores(_ pod: PodRequest, _ possible: [NodeState], _ nodes: [NodeState]) -> [Double] {
    func sum(_ terms: [PodAffinityTerm], _ node: NodeState) -> Double {
      terms.reduce(0) { sum, term in
        let matches = nodes.filter { isTogether(node, $0, term.topologyKey) }.reduce(0) { count, other in
          count + other.pods.count { term.matches($0.namespace, $0.labels) }
        }
        return sum + Double(matches) * Double(term.weight)
      }
    }
    let raw = possible.map { sum(pod.preferredAffinity, $0) - sum(pod.preferredAntiAffinity, $0) }
    let (lowest, highest) = (raw.min() ?? 0, raw.max() ?? 0)
    return raw.map { highest > lowest ? (100 * ($0 - lowest) / (highest - lowest)).rounded(.down) : 0 }
  }

  /// What a pod without requests counts for in scores (`DefaultMilliCPURequest`, `DefaultMemoryRequest`).
  private static func nonZero(_ pod: PodRequest) -> ResourceAmounts {
    ResourceAmounts(
      cpu: pod.resources.cpu > 0 ? pod.resources.cpu : 100,
      memory: pod.resources.memory > 0 ? pod.resources.memory : 200 << 20)
  }

  private static func leastAllocated(_ pod: PodRequest, _ node: NodeState) -> Double {
    let needed = node.requested + nonZero(pod)
    func free(_ requested: Int64, _ allocatable: Int64) -> Double {
      requested > allocatable || allocatable == 0 ? 0 : Double((allocatable - requested) * 100 / allocatable)
    }
    return (free(needed.cpu, node.allocatable.cpu) + free(needed.memory, node.allocatable.memory)) / 2
  }

  private static func balance(_ pod: PodRequest, _ node: NodeState) -> Double {
    let needed = node.requested + nonZero(pod)
    func share(_ requested: Int64, _ allocatable: Int64) -> Double {
      allocatable == 0 ? 1 : min(1, Double(requested) / Double(allocatable))
    }
    let difference = share(needed.cpu, node.allocatable.cpu) - share(needed.memory, node.allocatable.memory)
    return ((1 - abs(difference) / 2) * 100).rounded(.down)
  }
}
