import Documents
import SimulationKernel
import Testing

@testable import KubernetesModel

@Suite struct ProcessorMetrics {
  nonisolated private static let event: EventName = "test"

  /// What cAdvisor shows while something else burns processor time in the container: all periods run, and all are throttled
  /// when it wants more than the quota.
  @Test(arguments: [(0.5, 5.0, 0), (2.0, 10.0, 100)])
  func stressIsUsed(_ row: (stolen: Double, usedSeconds: Double, throttled: Int)) throws {
    try Simulated.perform {
      let simulation = Simulation(seed: 1)
      let quota = CPUQuota(simulation, limit: 1, request: 1)
      quota.stolenCores = row.stolen
      try simulation.run(until: .zero + .seconds(10))
      #expect(abs(quota.usage.seconds - row.usedSeconds) < 0.11, "\(quota.usage.seconds)")
      #expect(quota.periods == 100 && quota.throttledPeriods == row.throttled)
      quota.stolenCores = 0
      try simulation.run(until: .zero + .seconds(20))
      #expect(abs(quota.usage.seconds - row.usedSeconds) < 0.11)
      #expect(quota.periods == 100 && quota.throttledPeriods == row.throttled)
    }
  }

  @Test func aProgramsOwnPeriodsCount() throws {
    try Simulated.perform {
      let simulation = Simulation(seed: 1)
      let quota = CPUQuota(simulation, limit: 0.1, request: 0.1)
      // 25 ms at 10 ms a period: two periods full, a third half.
      simulation.spawn(Self.event) { await quota.consume(.milliseconds(25), Self.event) }
      try simulation.run(until: .zero + .seconds(1))
      #expect(quota.periods == 3 && quota.throttledPeriods == 2)
      #expect(quota.usage == .milliseconds(25))
    }
  }
}

@Suite struct StatefulSets {
  @Test func podsComeOneAfterAnotherAndKeepTheirNames() throws {
    try Simulated.perform {
      let fixture = ClusterFixture()
      var set = KubeObject(
        fixture.server.kind(apiVersion: "apps/v1", kind: "StatefulSet"), namespace: "shop", name: "db")
      set.json["spec"] = [
        "replicas": 2, "selector": ["matchLabels": ["app": "db"]],
        "template": [
          "metadata": ["labels": ["app": "db"]], "spec": ["containers": [ClusterFixture.container("app:1")]],
        ],
      ]
      fixture.create(set)
      fixture.run(.seconds(30))
      @Simulated func pods() -> [KubeObject] { fixture.server.list(.pod, namespace: "shop") }
      #expect(pods().map(\.name) == ["db-0", "db-1"])
      let first = pods()[0].uid
      try fixture.server.delete(.pod, "shop", "db-0", as: "test")
      fixture.run(.seconds(90))
      #expect(pods().map(\.name) == ["db-0", "db-1"] && pods()[0].uid != first)
      let kind = fixture.server.kind(apiVersion: "apps/v1", kind: "StatefulSet")
      try fixture.server.patch(kind, "shop", "db", .merge, ["spec": ["replicas": 1]], as: "test")
      fixture.run(.seconds(90))
      #expect(pods().map(\.name) == ["db-0"])
      let scaled = try fixture.server.get(kind, "shop", "db")
      #expect(scaled.status["readyReplicas"]?.integer == 1 && scaled.status["replicas"]?.integer == 1)
      try fixture.server.patch(
        kind, "shop", "db", .merge, ["spec": ["template": ["metadata": ["labels": ["app": "db", "v": "2"]]]]],
        as: "test")
      fixture.run(.seconds(90))
      #expect(pods().map { $0.label("v") } == ["2"])
    }
  }
}
