import SimulationKernel

/// Whether a rollout is complete, moves, or has stood still for too long, over plain values (upstream:
/// pkg/controller/deployment/progress.go and util/deployment_util.go, `DeploymentComplete`, `DeploymentProgressing`,
/// `DeploymentTimedOut`).
package struct DeploymentProgress: Sendable {
  /// The counts of a Deployment's status.
  package struct Counts: Hashable, Sendable {
    package var replicas: Int
    package var updated: Int
    package var ready: Int
    package var available: Int

    package init(replicas: Int = 0, updated: Int = 0, ready: Int = 0, available: Int = 0) {
      self.replicas = replicas
      self.updated = updated
      self.ready = ready
      self.available = available
    }
  }

  /// What the `Progressing` condition becomes.
  package enum Verdict: String, Hashable, Sendable {
    /// It stays as it is.
    case unchanged
    /// `NewReplicaSetAvailable`.
    case complete
    /// `ReplicaSetUpdated`, with a new update time: the deadline counts from here.
    case progressing
    /// `ProgressDeadlineExceeded`.
    case timedOut
  }

  package var desired: Int
  package var before: Counts
  package var after: Counts
  /// The reason of the `Progressing` condition; `nil` without one.
  package var reason: String?
  /// Since the condition's last update.
  package var standstill: TimeSpan
  /// `progressDeadlineSeconds`.
  package var deadline: TimeSpan

  package init(
    desired: Int, before: Counts, after: Counts, reason: String?, standstill: TimeSpan,
    deadline: TimeSpan = .seconds(600)
  ) {
    self.desired = desired
    self.before = before
    self.after = after
    self.reason = reason
    self.standstill = standstill
    self.deadline = deadline
  }

  /// Every replica is of the newest template and available, and no old one is left.
  package var isComplete: Bool {
    after.updated == desired && after.replicas == desired && after.available == desired
  }

  private var hasMoved: Bool {
    after.updated > before.updated || after.replicas - after.updated < before.replicas - before.updated
      || after.ready > before.ready || after.available > before.available
  }

  /// A finished rollout is not judged again while no old replicas exist: pods that fail later are no rollout.
  package var verdict: Verdict {
    if reason == Self.complete, after.replicas == after.updated { return .unchanged }
    if isComplete { return .complete }
    if hasMoved { return .progressing }
    guard let reason, reason != Self.complete else { return .unchanged }
    return reason == Self.exceeded || standstill > deadline ? .timedOut : .unchanged
  }

  package static let complete = "NewReplicaSetAvailable"
  package static let exceeded = "ProgressDeadlineExceeded"
}
