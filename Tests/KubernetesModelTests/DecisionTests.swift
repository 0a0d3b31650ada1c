import Documents
import SimulationKernel
import Testing

@testable import KubernetesModel

@Suite struct RollingUpdateDecisions {
  @Test(arguments: [
    ("25% of 10", 10, "25%", "25%", 3, 2), ("25% of 1", 1, "25%", "25%", 1, 0), ("25% of 3", 3, "25%", "25%", 1, 0),
    ("25% of 6", 6, "25%", "25%", 2, 1), ("zero and zero", 4, "0%", "0%", 0, 1),
    ("all at once", 4, "100%", "100%", 4, 4),
  ])
  func bounds(name: String, replicas: Int, surge: String, unavailable: String, expectSurge: Int, expectUnavailable: Int)
  {
    let update = RollingUpdate(
      replicas: replicas, maxSurge: CountOrPercentage(.string(surge))!,
      maxUnavailable: CountOrPercentage(.string(unavailable))!)
    #expect(update.surge == expectSurge, "\(name)")
    #expect(update.unavailable == expectUnavailable, "\(name)")
  }

  struct Step: CustomTestStringConvertible {
    var name: String
    var desired = 6
    var surge = 2
    var unavailable = 1
    /// (desired, available) of the new set and of the old ones.
    var new: (Int, Int)
    var old: [(Int, Int)]
    var expect: [String]
    var testDescription: String { name }
  }

  static let steps = [
    Step(name: "new grows to the surge", new: (0, 0), old: [(6, 6)], expect: ["new=2"]),
    Step(name: "old shrinks to the minimum", new: (2, 0), old: [(6, 6)], expect: ["old0=5"]),
    Step(name: "nothing moves while the new ones are not available", new: (3, 0), old: [(5, 5)], expect: []),
    Step(name: "old shrinks as new become available", new: (3, 3), old: [(5, 5)], expect: ["old0=2"]),
    Step(name: "unhealthy old pods go first", new: (2, 0), old: [(2, 0), (4, 4)], expect: ["old0=1"]),
    Step(name: "the new set is too large", new: (8, 8), old: [], expect: ["new=6"]),
    Step(name: "done", new: (6, 6), old: [(0, 0)], expect: []),
    Step(name: "the last old ones go", new: (6, 6), old: [(1, 1), (1, 1)], expect: ["old0=0", "old1=0"]),
  ]

  @Test(arguments: steps) func step(_ row: Step) {
    let update = RollingUpdate(
      replicas: row.desired, maxSurge: .count(row.surge), maxUnavailable: .count(row.unavailable))
    let old = row.old.enumerated().map {
      RollingUpdate.ReplicaSetState(name: "old\($0.offset)", desired: $0.element.0, available: $0.element.1)
    }
    let steps = update.step(
      new: RollingUpdate.ReplicaSetState(name: "new", desired: row.new.0, available: row.new.1), old: old)
    #expect(steps.map { "\($0.name)=\($0.replicas)" } == row.expect)
  }

  @Test(arguments: [
    ("grow in proportion", 15, 3, [("new", 8, 13, 2), ("old", 5, 13, 1)], ["new=11", "old=7"]),
    ("shrink in proportion", 5, 3, [("new", 5, 13, 2), ("old", 8, 13, 1)], ["old=5", "new=3"]),
    ("to zero", 0, 0, [("new", 3, 4, 2), ("old", 1, 4, 1)], ["new=0", "old=0"]),
  ])
  func proportion(name: String, desired: Int, surge: Int, sets: [(String, Int, Int, Int)], expect: [String]) {
    let sizes = ProportionalScaling(desired: desired, surge: surge, observed: 13).sizes(
      sets.map { ProportionalScaling.ReplicaSetState(name: $0.0, replicas: $0.1, maximumBefore: $0.2, age: $0.3) })
    #expect(sizes.map { "\($0.name)=\($0.replicas)" } == expect, "\(name)")
  }
}

@Suite struct DeploymentProgressDecisions {
  typealias Counts = DeploymentProgress.Counts

  struct Row: CustomTestStringConvertible {
    var name: String
    var before = Counts()
    var after = Counts()
    var reason: String?
    var standstill = 0.0
    var expect: DeploymentProgress.Verdict
    var testDescription: String { name }
  }

  static let full = Counts(replicas: 3, updated: 3, ready: 3, available: 3)
  static let rolling = Counts(replicas: 4, updated: 1, ready: 3, available: 3)
  static let rows = [
    Row(name: "complete", before: rolling, after: full, reason: "ReplicaSetUpdated", expect: .complete),
    Row(
      name: "one more updated", before: rolling, after: Counts(replicas: 4, updated: 2, ready: 3, available: 3),
      reason: "ReplicaSetUpdated", expect: .progressing),
    Row(
      name: "an old one gone", before: rolling, after: Counts(replicas: 3, updated: 1, ready: 3, available: 3),
      reason: "ReplicaSetUpdated", expect: .progressing),
    Row(
      name: "stalled within the deadline", before: rolling, after: rolling, reason: "ReplicaSetUpdated",
      standstill: 600, expect: .unchanged),
    Row(
      name: "stalled beyond it", before: rolling, after: rolling, reason: "ReplicaSetUpdated", standstill: 601,
      expect: .timedOut),
    Row(
      name: "stays timed out", before: rolling, after: rolling, reason: "ProgressDeadlineExceeded", standstill: 1,
      expect: .timedOut),
    Row(
      name: "moves again after the deadline", before: rolling,
      after: Counts(replicas: 4, updated: 1, ready: 4, available: 4), reason: "ProgressDeadlineExceeded",
      expect: .progressing),
    Row(
      name: "a finished rollout that loses a pod is no rollout", before: full,
      after: Counts(replicas: 3, updated: 3, ready: 2, available: 2), reason: "NewReplicaSetAvailable",
      standstill: 9000,
      expect: .unchanged),
    Row(
      name: "a new template after a finished rollout", before: full,
      after: Counts(replicas: 3, updated: 0, ready: 3, available: 3), reason: "NewReplicaSetAvailable",
      standstill: 9000,
      expect: .unchanged),
  ]

  @Test(arguments: rows) func verdict(_ row: Row) {
    let progress = DeploymentProgress(
      desired: 3, before: row.before, after: row.after, reason: row.reason, standstill: .seconds(row.standstill))
    #expect(progress.verdict == row.expect)
  }
}

@Suite struct ReplicaRanking {
  static func rank(_ name: String, _ edit: (inout ReplicaRank) -> Void = { _ in }) -> ReplicaRank {
    var rank = ReplicaRank(
      name: name, isAssigned: true, isRunning: true, isReady: true, readySince: "2026-03-02T08:10:00Z",
      created: "2026-03-02T08:00:00Z")
    edit(&rank)
    return rank
  }

  /// Each row's first goes before a plain pod, for the one reason in which it differs.
  static let rows: [(String, ReplicaRank)] = [
    ("unassigned", rank("x") { $0.isAssigned = false }), ("pending", rank("x") { $0.isRunning = false }),
    ("not ready", rank("x") { $0.isReady = false }), ("cheap to delete", rank("x") { $0.deletionCost = -1 }),
    ("crowded node", rank("x") { $0.siblingsOnNode = 2 }),
    ("newer readiness", rank("x") { $0.readySince = "2026-03-02T08:20:00Z" }),
    ("more restarts", rank("x") { $0.restarts = 1 }), ("newer", rank("x") { $0.created = "2026-03-02T08:01:00Z" }),
  ]

  @Test(arguments: rows) func victimGoesFirst(name: String, victim: ReplicaRank) {
    let plain = Self.rank("a")
    #expect(victim.precedes(plain), "\(name)")
    #expect(!plain.precedes(victim), "\(name)")
  }

  @Test func earlierReasonsOutweighLaterOnes() {
    for (index, stronger) in Self.rows.enumerated() {
      for weaker in Self.rows[(index + 1)...] {
        #expect(stronger.1.precedes(weaker.1), "\(stronger.0) outweighs \(weaker.0)")
      }
    }
  }
}

@Suite struct BackoffDecisions {
  @Test func restartsDoubleUpToFiveMinutes() {
    var backoff = Backoff()
    let delays = (0..<8).map { _ in backoff.next(afterRunning: .seconds(1)).seconds }
    #expect(delays == [0, 10, 20, 40, 80, 160, 300, 300])
  }

  @Test func tenMinutesWithoutExitForgetThePast() {
    var backoff = Backoff()
    for _ in 0..<6 { _ = backoff.next(afterRunning: .seconds(1)) }
    #expect(backoff.next(afterRunning: .seconds(599)) == .seconds(300))
    #expect(backoff.next(afterRunning: .seconds(601)) == .zero)
    #expect(backoff.next(afterRunning: .seconds(1)) == .seconds(10))
  }

  @Test(arguments: [(10.0, "10s"), (20, "20s"), (80, "1m20s"), (160, "2m40s"), (300, "5m0s")])
  func text(seconds: Double, text: String) { #expect(Backoff.text(.seconds(seconds)) == text) }
}
