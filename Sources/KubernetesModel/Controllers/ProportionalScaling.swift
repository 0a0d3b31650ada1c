/// How a change of `spec.replicas` in the middle of a rollout is spread over the ReplicaSets in proportion to their sizes
/// (upstream: pkg/controller/deployment/sync.go, `scale`; util/deployment_util.go, `getReplicaSetFraction`).
package struct ProportionalScaling: Sendable {
  package struct ReplicaSetState: Hashable, Sendable {
    package var name: String
    /// `spec.replicas`, above zero.
    package var replicas: Int
    /// Annotation `deployment.kubernetes.io/max-replicas`: desired plus surge when it was last scaled; 0 when it has none.
    package var maximumBefore: Int
    /// Position by creation; higher is newer.
    package var age: Int

    package init(name: String, replicas: Int, maximumBefore: Int, age: Int) {
      self.name = name
      self.replicas = replicas
      self.maximumBefore = maximumBefore
      self.age = age
    }
  }

  package var desired: Int
  package var surge: Int
  /// `status.replicas` of the Deployment: stands in for a missing annotation.
  package var observed: Int

  package init(desired: Int, surge: Int, observed: Int) {
    self.desired = desired
    self.surge = surge
    self.observed = observed
  }

  /// The new size of each set, in the order of scaling: larger first; equal ones newer first when growing, older first when
  /// shrinking. The first takes what rounding leaves over.
  package func sizes(_ sets: [ReplicaSetState]) -> [RollingUpdate.Scaling] {
    let allowed = desired > 0 ? desired + surge : 0
    let toAdd = allowed - sets.reduce(0) { $0 + $1.replicas }
    let ordered = sets.sorted { left, right in
      if left.replicas != right.replicas { return left.replicas > right.replicas }
      return toAdd > 0 ? left.age > right.age : left.age < right.age
    }
    var added = 0
    var result: [RollingUpdate.Scaling] = []
    for set in ordered {
      let share = toAdd == added ? 0 : bounded(fraction(of: set), by: toAdd - added, growing: toAdd > 0)
      result.append(RollingUpdate.Scaling(name: set.name, replicas: set.replicas + share))
      added += share
    }
    if toAdd != 0, !result.isEmpty { result[0].replicas = max(0, result[0].replicas + toAdd - added) }
    return result
  }

  private func bounded(_ share: Int, by rest: Int, growing: Bool) -> Int {
    growing ? min(share, rest) : max(share, rest)
  }

  private func fraction(of set: ReplicaSetState) -> Int {
    if desired == 0 { return -set.replicas }
    let before = set.maximumBefore > 0 ? set.maximumBefore : observed
    guard before > 0 else { return 0 }
    let size = Double(set.replicas * (desired + surge)) / Double(before)
    return Int(size.rounded(.toNearestOrAwayFromZero)) - set.replicas
  }
}
