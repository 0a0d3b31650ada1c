import Documents

/// Where a pod may run and where it runs best, over plain values (upstream: pkg/scheduler).
package enum SchedulingDecision {
  package static let zoneLabel = "topology.kubernetes.io/zone"
  package static let hostLabel = "kubernetes.io/hostname"

  /// The text of an unschedulable pod's event.
  package struct Unschedulable: Error, Hashable, Sendable {
    package var message: String
  }

  /// The best of the nodes that fit, the first by order among equals; or the message of `FailedScheduling`.
  package static func place(_ pod: PodRequest, on nodes: [NodeState]) -> Result<String, Unschedulable> {
    var possible: [NodeState] = []
    var obstacles: [Obstacle] = []
    for node in nodes {
      if let obstacle = obstacle(pod, node, among: nodes) { obstacles.append(obstacle) } else { possible.append(node) }
    }
    guard !possible.isEmpty else { return .failure(Unschedulable(message: message(obstacles))) }
    var best = (index: 0, score: -Double.infinity)
    for (index, score) in scores(pod, possible, among: nodes).enumerated() where score > best.score {
      best = (index, score)
    }
    return .success(possible[best.index].name)
  }

  /// Reasons with the number of nodes that have them, sorted as text (upstream:
  /// pkg/scheduler/framework/types.go, `FitError.Error`; preemption/preemption.go).
  package static func message(_ obstacles: [Obstacle]) -> String {
    guard !obstacles.isEmpty else { return "no nodes available to schedule pods" }
    let head = "0/\(obstacles.count) nodes are available: "
    let helpless = obstacles.count { !$0.preemptionMayHelp }
    var preemption: [String] = []
    if helpless < obstacles.count {
      preemption.append("\(obstacles.count - helpless) No preemption victims found for incoming pod")
    }
    if helpless > 0 { preemption.append("\(helpless) Preemption is not helpful for scheduling") }
    return head + counted(obstacles.flatMap(\.reasons)) + ". preemption: " + head
      + preemption.sorted().joined(separator: ", ") + "."
  }

  private static func counted(_ reasons: [String]) -> String {
    var counts: [String: Int] = [:]
    for reason in reasons { counts[reason, default: 0] += 1 }
    return counts.map { "\($0.value) \($0.key)" }.sorted().joined(separator: ", ")
  }
}
