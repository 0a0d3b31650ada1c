import Documents

/// The arithmetic of a rolling update, over plain values (pkg/controller/deployment/rolling.go and util/deployment_util.go).
package struct RollingUpdate: Sendable {
  /// A ReplicaSet as the decision sees it.
  package struct ReplicaSetState: Hashable, Sendable {
    package var name: String
    /// `spec.replicas`.
    package var desired: Int
    package var available: Int

    package init(name: String, desired: Int, available: Int) {
      self.name = name
      self.desired = desired
      self.available = available
    }
  }

  /// Sets a ReplicaSet's replicas.
  package struct Scaling: Hashable, Sendable {
    package var name: String
    package var replicas: Int
  }

  package var desired: Int
  package var surge: Int
  package var unavailable: Int

  /// Resolves the bounds: surge rounds up, unavailable rounds down, both zero makes unavailable one.
  package init(replicas: Int, maxSurge: CountOrPercentage, maxUnavailable: CountOrPercentage) {
    desired = replicas
    surge = maxSurge.scaled(to: replicas, roundingUp: true)
    unavailable = maxUnavailable.scaled(to: replicas, roundingUp: false)
    if surge == 0, unavailable == 0 { unavailable = 1 }
    unavailable = min(unavailable, replicas)
  }

  /// The next step: first the new set grows, then, when nothing is left to grow, old ones shrink; unhealthy old pods go first.
  ///
  /// - Parameter old: oldest first.
  package func step(new: ReplicaSetState, old: [ReplicaSetState]) -> [Scaling] {
    if let scaling = growNew(new, old) { return [scaling] }
    return shrinkOld(new, old)
  }

  private func growNew(_ new: ReplicaSetState, _ old: [ReplicaSetState]) -> Scaling? {
    if new.desired == desired { return nil }
    if new.desired > desired { return Scaling(name: new.name, replicas: desired) }
    let total = new.desired + old.reduce(0) { $0 + $1.desired }
    let room = desired + surge - total
    guard room > 0 else { return nil }
    return Scaling(name: new.name, replicas: new.desired + min(room, desired - new.desired))
  }

  private func shrinkOld(_ new: ReplicaSetState, _ old: [ReplicaSetState]) -> [Scaling] {
    let oldTotal = old.reduce(0) { $0 + $1.desired }
    guard oldTotal > 0 else { return [] }
    let minimumAvailable = desired - unavailable
    let newUnavailable = new.desired - new.available
    let maximumCleaned = oldTotal + new.desired - minimumAvailable - newUnavailable
    guard maximumCleaned > 0 else { return [] }
    var replicas = old.map(\.desired)
    cleanUpUnhealthy(old, &replicas, limit: maximumCleaned)
    var removable = new.available + old.reduce(0) { $0 + $1.available } - minimumAvailable
    for index in old.indices where removable > 0 {
      let count = min(replicas[index], removable)
      replicas[index] -= count
      removable -= count
    }
    return old.indices.filter { replicas[$0] != old[$0].desired }.map {
      Scaling(name: old[$0].name, replicas: replicas[$0])
    }
  }

  private func cleanUpUnhealthy(_ old: [ReplicaSetState], _ replicas: inout [Int], limit: Int) {
    var left = limit
    for index in old.indices where left > 0 {
      let count = min(left, max(0, replicas[index] - old[index].available))
      replicas[index] -= count
      left -= count
    }
  }
}
