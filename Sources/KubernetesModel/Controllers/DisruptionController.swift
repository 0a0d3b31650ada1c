import Documents
import SimulationKernel

/// Keeps the status of PodDisruptionBudgets: how many pods are healthy, how many must be, and how many may go (upstream:
/// pkg/controller/disruption/disruption.go).
@Simulated
package final class DisruptionController {
  static let user = "system:serviceaccount:kube-system:disruption-controller"
  /// For how long an eviction counts as under way when the pod does not begin to end.
  static let deletionTimeout = TimeSpan.minutes(2)

  private let server: APIServer
  private(set) var queue: WorkQueue!

  init(_ server: APIServer) {
    self.server = server
    let queue = WorkQueue(server.simulation, "controller.disruption") { [weak self] key in self?.reconcile(key) }
    self.queue = queue
    server.watch(.podDisruptionBudget) { event in queue.add(event.object.key) }
    server.watch(.pod) { [weak self] event in
      let pod = event.object
      for budget in self?.server.list(.podDisruptionBudget, namespace: pod.namespace) ?? []
      where LabelSelector(budget.spec["selector"]).matches(pod.labels) { queue.add(budget.key) }
    }
  }

  private func reconcile(_ key: ObjectKey) {
    guard let budget = server.find(.podDisruptionBudget, key.namespace, key.name) else { return queue.forget(key) }
    let pods = server.list(.pod, namespace: key.namespace, labels: LabelSelector(budget.spec["selector"]))
      .filter { !$0.hasEnded }
    let disrupted = stillDisrupted(budget, pods)
    let healthy = pods.count { pod in
      pod.condition("Ready")?["status"]?.string == "True" && !pod.isTerminating
        && !disrupted.contains { $0.key == pod.name }
    }
    let count = DisruptionCount(budget.spec, healthy: healthy, expected: expected(pods), pods: pods.count)
    var updated = budget
    var conditions = Conditions(of: budget, now: server.timestamp)
    conditions.set(
      "DisruptionAllowed", count.allowed > 0 ? "True" : "False",
      count.allowed > 0 ? "SufficientPods" : "InsufficientPods", "")
    updated.json["status"] = [
      "conditions": conditions.json, "currentHealthy": .integer(Int64(healthy)),
      "desiredHealthy": .integer(Int64(count.desired)), "disruptionsAllowed": .integer(Int64(count.allowed)),
      "expectedPods": .integer(Int64(count.expected)), "observedGeneration": .integer(budget.generation),
    ]
    if !disrupted.isEmpty {
      updated.json.set(
        "status", "disruptedPods", to: .object(JSONObject(distinct: disrupted.map { ($0.key, $0.value) })))
    }
    _ = try? server.updateStatus(updated, as: Self.user)
    queue.forget(key)
  }

  /// Evictions that were let through and whose pods have not begun to end.
  private func stillDisrupted(_ budget: KubeObject, _ pods: [KubeObject]) -> [JSONObject.Member] {
    (budget.status["disruptedPods"]?.object?.members ?? []).filter { member in
      guard let pod = pods.first(where: { $0.name == member.key }), !pod.isTerminating,
        let since = member.value.string.flatMap(ClusterClock.instant)
      else { return false }
      let left = since + Self.deletionTimeout - server.simulation.now
      if left > .zero { queue.add(budget.key, after: left) }
      return left > .zero
    }
  }

  /// What the pods' controllers want in all: their `scale`.
  private func expected(_ pods: [KubeObject]) -> Int {
    var counted: [String] = []
    var total = 0
    for pod in pods {
      guard let owner = pod.owners.first(where: { $0.uid == pod.controllerUID }),
        var controller = server.find(owner.kind(in: server), pod.namespace, owner.name)
      else { continue }
      if let upper = controller.owners.first(where: { $0.uid == controller.controllerUID }),
        let found = server.find(upper.kind(in: server), pod.namespace, upper.name)
      {
        controller = found
      }
      guard !counted.contains(controller.uid) else { continue }
      counted.append(controller.uid)
      total += Int(controller.spec["replicas"]?.integer ?? 1)
    }
    return total
  }
}

/// How many pods of a budget must be healthy and how many may go (`getExpectedPodCount`).
package struct DisruptionCount: Hashable, Sendable {
  package let desired: Int
  package let expected: Int
  package let allowed: Int

  /// - Parameters:
  ///   - expected: what the pods' controllers want in all.
  ///   - pods: how many there are.
  package init(_ spec: JSONValue, healthy: Int, expected controllers: Int, pods: Int) {
    if let most = spec["maxUnavailable"].flatMap({ CountOrPercentage($0) }) {
      expected = controllers
      desired = max(0, controllers - most.scaled(to: controllers, roundingUp: true))
    } else if let least = spec["minAvailable"].flatMap({ CountOrPercentage($0) }) {
      if case .count(let number) = least {
        (desired, expected) = (number, pods)
      } else {
        (desired, expected) = (least.scaled(to: controllers, roundingUp: true), controllers)
      }
    } else {
      (desired, expected) = (0, pods)
    }
    allowed = expected > 0 ? max(0, healthy - desired) : 0
  }
}
