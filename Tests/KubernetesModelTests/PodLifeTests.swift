import Documents
import NetworkModel
import SimulationKernel
import Testing

@testable import KubernetesModel

@Suite struct Probing {
  /// A service `web`, a deployment behind it and the endpoint that its pods answer with.
  @Simulated
  static func serve(_ probes: [(String, JSONValue)], replicas: Int64 = 2) -> (ClusterFixture, HealthEndpoint) {
    let fixture = ClusterFixture()
    let endpoint = HealthEndpoint(fixture.simulation)
    fixture.registry.add("app:1") { await ClusterFixture.serve($0, endpoint) }
    var service = KubeObject(.service, namespace: "shop", name: "web")
    service.json["spec"] = ["selector": ["app": "web"], "ports": [["port": 80, "targetPort": "http"]]]
    fixture.create(service)
    fixture.createDeployment(
      replicas: replicas,
      ClusterFixture.container("app:1") { container in for probe in probes { container[probe.0] = probe.1 } })
    fixture.run(.seconds(30))
    return (fixture, endpoint)
  }

  @Simulated
  static func readyEndpoints(_ fixture: ClusterFixture) -> Int {
    fixture.server.list(.endpointSlice).flatMap { $0.json["endpoints"]?.array ?? [] }
      .count { $0.at("conditions", "ready") == true }
  }

  @Test func failingReadinessRemovesEndpointsAndRestartsNothing() {
    Simulated.perform {
      let (fixture, endpoint) = Self.serve([("readinessProbe", ClusterFixture.readinessProbe)])
      let slice = fixture.server.list(.endpointSlice)[0]
      #expect(slice.json["ports"]?[0]?["port"] == 8080)
      #expect(slice.label("kubernetes.io/service-name") == "web")
      #expect(Self.readyEndpoints(fixture) == 2)
      endpoint.status = 503
      fixture.run(.seconds(4))
      #expect(Self.readyEndpoints(fixture) == 2, "two failures in a row are needed")
      fixture.run(.seconds(8))
      #expect(Self.readyEndpoints(fixture) == 0)
      let pod = fixture.pods[0]
      #expect(pod.condition("Ready")?["message"] == "containers with unready status: [app]")
      #expect(
        fixture.events(pod.name).contains(
          "Warning Unhealthy Readiness probe failed: HTTP probe failed with statuscode: 503"))
      #expect(fixture.deployment().condition("Available")?["reason"] == "MinimumReplicasUnavailable")
      #expect(fixture.deployment().condition("Progressing")?["reason"] == "NewReplicaSetAvailable")
      endpoint.status = 200
      fixture.run(.seconds(10))
      #expect(Self.readyEndpoints(fixture) == 2)
      #expect(pod.status["containerStatuses"]?[0]?["restartCount"] == 0)
    }
  }

  @Test func failingLivenessRestartsAfterThreeFailures() {
    Simulated.perform {
      let probe: JSONValue = ["httpGet": ["path": "/health", "port": 8080], "periodSeconds": 10]
      let (fixture, endpoint) = Self.serve([("livenessProbe", probe)], replicas: 1)
      let name = fixture.pods[0].name
      endpoint.hangs = true
      let began = fixture.simulation.now
      let restarted = fixture.firstTime(within: .minutes(2)) { fixture.containerStatus(name)["restartCount"] == 1 }
      let took = restarted.map { ($0 - began).seconds } ?? 0
      #expect(took > 20 && took < 34, "three failures, 10 s apart: \(took)")
      let address = fixture.pods[0].status["podIP"]?.string ?? ""
      let events = fixture.events(name)
      #expect(
        events.contains(
          "Warning Unhealthy Liveness probe failed: Get \"http://\(address):8080/health\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
        ))
      #expect(events.contains("Normal Killing Container app failed liveness probe, will be restarted"))
    }
  }

  @Test func nothingListeningIsRefused() {
    Simulated.perform {
      let probe: JSONValue = ["httpGet": ["path": "/health", "port": 9999], "periodSeconds": 5]
      let (fixture, _) = Self.serve([("readinessProbe", probe)], replicas: 1)
      let address = fixture.pods[0].status["podIP"]?.string ?? ""
      #expect(
        fixture.events(fixture.pods[0].name).contains(
          "Warning Unhealthy Readiness probe failed: Get \"http://\(address):9999/health\": dial tcp \(address):9999: connect: connection refused"
        ))
      #expect(!fixture.isReady(fixture.pods[0]))
    }
  }

  @Test func aStartupProbeHoldsTheOthersBack() {
    Simulated.perform {
      let startup: JSONValue = [
        "tcpSocket": ["port": 8080], "periodSeconds": 5, "failureThreshold": 30, "initialDelaySeconds": 10,
      ]
      let fixture = ClusterFixture()
      fixture.createPod(
        "web",
        ClusterFixture.container("app:1") {
          $0["startupProbe"] = startup
          $0["livenessProbe"] = ["httpGet": ["path": "/", "port": 1], "failureThreshold": 1, "periodSeconds": 1]
        })
      fixture.run(.seconds(9))
      #expect(fixture.containerStatus()["started"] == false)
      #expect(fixture.containerStatus()["restartCount"] == 0)
      fixture.run(.seconds(25))
      #expect((fixture.containerStatus()["restartCount"]?.integer ?? 0) > 0)
    }
  }

  /// `S` success, `F` failure; expected: the verdict after each.
  @Test(arguments: [
    ("FFF", 3, 1, "--F"), ("FFSFF", 3, 1, "--S--"), ("FFFF", 3, 1, "--FF"), ("SS", 3, 2, "-S"), ("FSF", 1, 2, "F-F"),
  ])
  func counting(results: String, failure: Int, success: Int, expect: String) {
    var counter = ProbeCounter(failureThreshold: failure, successThreshold: success)
    let verdicts = results.map { counter.take($0 == "S").map { $0 ? "S" : "F" } ?? "-" }.joined()
    #expect(verdicts == expect)
  }

  /// Steady probes write nothing.
  @Test func aQuietClusterWritesNoObjects() {
    Simulated.perform {
      let (fixture, endpoint) = Self.serve(
        [("readinessProbe", ClusterFixture.readinessProbe), ("livenessProbe", ClusterFixture.readinessProbe)],
        replicas: 6)
      let versions = fixture.journal.resourceVersions.count
      let probes = endpoint.requests
      fixture.run(.minutes(10))
      #expect(fixture.journal.resourceVersions.count == versions)
      #expect(endpoint.requests - probes == 6 * 2 * 120)
    }
  }
}

@Suite struct Termination {
  @Test func sigtermThenTheObjectGoes() throws {
    try Simulated.perform {
      let fixture = ClusterFixture()
      fixture.createPod()
      fixture.run(.seconds(10))
      try fixture.server.delete(.pod, "shop", "web", as: "test")
      fixture.run(.milliseconds(50))
      #expect(fixture.pod()?.isTerminating == true)
      fixture.run(.seconds(3))
      #expect(fixture.pod() == nil)
      #expect(fixture.events("web").contains("Normal Killing Stopping container app"))
    }
  }

  @Test func aDeafProcessIsKilledWhenTheGracePeriodEnds() throws {
    try Simulated.perform {
      let fixture = ClusterFixture()
      fixture.registry.add("deaf:1") { container in
        _ = try? await Reply<Bool>(container.simulation).get(scope: container.scope)
        return 0
      }
      fixture.createPod("web", ClusterFixture.container("deaf:1"))
      fixture.run(.seconds(10))
      let process = fixture.cluster.processes("shop", "web")[0]
      let asked = fixture.simulation.now
      try fixture.server.delete(.pod, "shop", "web", as: "test")
      let dead = fixture.firstTime(within: .seconds(40)) { !process.isAlive }
      #expect(abs((dead ?? .zero) - asked - .seconds(30)).seconds < 0.3)
      fixture.run(.seconds(2))
      #expect(fixture.pod() == nil)
    }
  }

  /// The race of FIDELITY: with a preStop sleep the process still serves while endpoints and load balancers forget it.
  @Test func aPreStopSleepDelaysSigterm() throws {
    try Simulated.perform {
      let fixture = ClusterFixture()
      var service = KubeObject(.service, namespace: "shop", name: "web")
      service.json["spec"] = ["selector": ["app": "web"], "ports": [["port": 80, "targetPort": 8080]]]
      fixture.create(service)
      fixture.createPod(
        "web",
        ClusterFixture.container("app:1") { $0["lifecycle"] = ["preStop": ["exec": ["command": ["/bin/sleep", "5"]]]] })
      fixture.run(.seconds(10))
      let process = fixture.cluster.processes("shop", "web")[0]
      let asked = fixture.simulation.now
      try fixture.server.delete(.pod, "shop", "web", as: "test")
      fixture.run(.milliseconds(200))
      let endpoint = fixture.server.list(.endpointSlice)[0].json["endpoints"]?[0]?["conditions"]
      #expect(endpoint == ["ready": false, "serving": true, "terminating": true])
      #expect(!process.terminationRequested)
      let told = fixture.firstTime(within: .seconds(10)) { process.terminationRequested }
      #expect(abs((told ?? .zero) - asked - .seconds(5)).seconds < 0.3)
      fixture.run(.seconds(3))
      #expect(fixture.server.list(.endpointSlice)[0].json["endpoints"] == [])
    }
  }

  /// Deleted in each moment of its start, a pod goes and leaves no host behind.
  @Test(arguments: [0.0, 0.02, 0.2, 0.5, 0.8, 1.0, 1.3, 1.6, 2.0])
  func deletionRacesTheStart(after seconds: Double) throws {
    try Simulated.perform {
      let fixture = ClusterFixture()
      let hosts = fixture.network.allHosts.count
      fixture.createPod()
      fixture.run(.seconds(seconds))
      try fixture.server.delete(.pod, "shop", "web", as: "test")
      fixture.run(.seconds(40))
      #expect(fixture.pod() == nil)
      #expect(fixture.network.allHosts.count == hosts)
      #expect(fixture.cluster.allProcesses.isEmpty)
    }
  }

  @Test func anUnfinishedBackOffEndsWithThePod() throws {
    try Simulated.perform {
      let fixture = ClusterFixture()
      fixture.registry.add("crash:1") { _ in 1 }
      fixture.createPod("web", ClusterFixture.container("crash:1"))
      fixture.run(.minutes(5))
      try fixture.server.delete(.pod, "shop", "web", as: "test")
      fixture.run(.seconds(5))
      #expect(fixture.pod() == nil)
    }
  }
}

@Suite struct ProcessorShares {
  /// Seconds that pieces of work take which arrive together.
  @Simulated
  static func finish(_ work: [Double], limit: Double?, _ edit: (CPUQuota) -> Void = { _ in }) -> ([Double], CPUQuota) {
    let simulation = Simulation(seed: 1)
    let quota = CPUQuota(simulation, limit: limit)
    edit(quota)
    return (work.map { (quota.completion(of: .milliseconds($0)) - .zero).milliseconds }, quota)
  }

  @Test func withoutLimitTwoCoresWork() {
    Simulated.perform { #expect(Self.finish([10, 10, 10], limit: nil).0 == [10, 10, 20]) }
  }

  @Test func theQuotaOfAPeriodRunsOut() {
    Simulated.perform {
      let (times, quota) = Self.finish([20, 20, 20], limit: 0.5)
      #expect(times == [20, 20, 110], "50 ms a period: the third piece has 10 ms left, and 10 ms of the next")
      #expect(quota.throttledPeriods == 1)
      #expect(quota.periods == 2)
    }
  }

  @Test func longWorkCrossesPeriods() {
    Simulated.perform {
      let (times, quota) = Self.finish([250], limit: 0.5)
      #expect(times == [450])
      #expect(quota.throttledPeriods == 4)
    }
  }

  @Test func stressTakesItsShareOfTheQuota() {
    Simulated.perform {
      let (times, _) = Self.finish([25, 10], limit: 0.5) { $0.stolenCores = 1 }
      #expect(times[0] == 25, "half of the quota is left")
      #expect(times[1] == 110, "and is used up")
    }
  }

  @Test(arguments: [
    ([1.0, 1.0], [1.0, 1.0], [1.0, 1.0]), ([3.0, 3.0], [1.0, 1.0], [1.0, 1.0]), ([3.0, 3.0], [3.0, 1.0], [1.5, 0.5]),
    ([0.25, 3.0], [1.0, 1.0], [0.25, 1.75]),
  ])
  func division(demands: [Double], weights: [Double], shares: [Double]) {
    #expect(NodeProcessor.divide(2, demands, weights) == shares)
  }

  @Test func aBusyNeighbourSlowsDown() {
    Simulated.perform {
      let simulation = Simulation(seed: 1)
      let node = NodeProcessor(simulation, cores: 2)
      let neighbour = CPUQuota(simulation, limit: nil, request: 0.5, node: node)
      let victim = CPUQuota(simulation, limit: nil, request: 0.5, node: node)
      neighbour.stolenCores = 8
      _ = victim.completion(of: .milliseconds(500))
      _ = victim.completion(of: .milliseconds(500))
      try? simulation.run(until: .zero + .milliseconds(1000))
      let span = victim.completion(of: .milliseconds(10)) - simulation.now
      #expect(span >= .milliseconds(10))
      #expect(node.slowdown(of: neighbour) > 1)
    }
  }

  @Test func aHundredThousandPiecesAreCheap() {
    Simulated.perform {
      let (times, _) = Self.finish(Array(repeating: 3, count: 100_000), limit: 0.5)
      #expect(times.last! > 590_000 && times.last! <= 600_100)
    }
  }
}

private func abs(_ span: TimeSpan) -> TimeSpan { span < .zero ? .zero - span : span }
