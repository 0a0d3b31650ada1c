import AWSModel
import HTTPMessages
import NetworkModel
import SimulationKernel
import Testing

/// A load balancer with pods behind it, and a customer.
@Simulated
private final class Front {
  let fixture: RegionFixture
  let balancer: LoadBalancer
  let group: TargetGroup
  let customer: Host
  private(set) var pods: [(host: Host, program: Answer, listener: Listener)] = []

  init(pods count: Int, targetIdle: TimeSpan = .forever) {
    let fixture = RegionFixture()
    self.fixture = fixture
    balancer = fixture.region.createLoadBalancer(name: "pay", securityGroups: [])!
    group = TargetGroup(
      name: "api", region: "spain", healthCheck: TargetGroup.HealthCheck(), prober: balancer.nodes[0],
      network: fixture.network, journal: fixture.journal)
    balancer.rules = [LoadBalancer.Rule(host: "pay.example", pathPrefix: "/api", targetGroup: group)]
    customer = fixture.network.addHost(
      name: "customer", address: IPv4Address("203.0.113.9")!, zone: .internet(near: "eu-south-2"))
    for index in 0..<count {
      let place = fixture.region.allocateAddress(tier: "private", zone: index % 2 == 0 ? "eu-south-2a" : "eu-south-2b")!
      let host = fixture.network.addHost(
        name: "pod-\(index)", address: place.address, zone: place.zone,
        securityGroups: fixture.region.clusterSecurityGroups)
      let program = Answer(fixture.simulation)
      let listener = host.listen(8080, program)
      listener.idleTimeout = targetIdle
      pods.append((host, program, listener))
      group.register(host.address, port: 8080)
    }
  }

  func get(_ path: String = "/api/pay", host: String = "pay.example", within limit: TimeSpan = .seconds(100)) -> (
    Int?, TimeSpan
  ) {
    let (result, span) = fixture.await { [self] in
      let network = fixture.network
      let address = try await network.resolve(balancer.dnsName, on: customer)
      let deadline = fixture.simulation.now + limit
      let connection = try await network.connect(
        from: customer, to: address, port: 443, tls: TLSPolicy(), deadline: deadline)
      defer { connection.close() }
      return try await connection.send(HTTPRequest(host: host, path: path), deadline: deadline).status
    }
    return (try? result.get(), span)
  }

  var states: [String] { group.targets.map { "\($0.state.rawValue) \($0.reason)" } }
}

@Suite struct Balancing {
  @Test func rulesDecide() {
    Simulated.perform {
      let front = Front(pods: 1)
      front.fixture.run(.seconds(20))
      #expect(front.get().0 == 200)
      #expect(front.get("/other").0 == 404)
      #expect(front.get(host: "other.example").0 == 404)
    }
  }

  @Test func withoutTargetsItAnswers503() {
    Simulated.perform {
      #expect(Front(pods: 0).get().0 == 503)
    }
  }

  @Test func requestsGoRoundAndConnectionsAreKept() {
    Simulated.perform {
      let front = Front(pods: 3)
      front.fixture.run(.seconds(20))
      for _ in 0..<30 { #expect(front.get().0 == 200) }
      #expect(front.pods.map { $0.program.count } == [10, 10, 10])
      #expect(front.balancer.metrics.targetAnswers(200...299) == 30)
      // At most one kept connection for each node of the balancer.
      #expect(front.balancer.nodes.allSatisfy { $0.openClientConnections <= 3 })
    }
  }

  @Test func leastOutstandingAvoidsTheSlowTarget() {
    Simulated.perform {
      let front = Front(pods: 2)
      front.group.algorithm = .leastOutstandingRequests
      front.fixture.run(.seconds(20))
      front.pods[0].program.delay = .seconds(20)
      front.fixture.simulation.spawn("test") { [fixture = front.fixture] in
        _ = fixture
        for _ in 0..<2 {
          front.fixture.simulation.spawn("test") {
            let connection = try? await front.fixture.network.connect(
              from: front.customer, to: front.balancer.nodes[0].address, port: 443,
              deadline: front.fixture.simulation.now + .seconds(5))
            _ = try? await connection?.send(
              HTTPRequest(host: "pay.example", path: "/api"), deadline: front.fixture.simulation.now + .seconds(60))
          }
          await front.fixture.simulation.sleep(.milliseconds(100))
        }
      }
      front.fixture.run(.seconds(1))
      for _ in 0..<10 { _ = front.get() }
      #expect(front.pods[1].program.count >= 10)
    }
  }

  @Test func aDeadTargetCosts502AndASilentOne504() {
    Simulated.perform {
      let front = Front(pods: 1)
      front.fixture.run(.seconds(20))
      front.pods[0].listener.close()
      #expect(front.get().0 == 502)
      front.fixture.network.remove(front.pods[0].host)
      let (status, span) = front.get()
      #expect(status == 504)
      #expect((TimeSpan.seconds(10)...(.seconds(10.1))).contains(span), "the connect timeout")
      #expect(front.balancer.metrics.ownAnswers(502...502) == 1)
      #expect(front.balancer.metrics.ownAnswers(504...504) == 1)
    }
  }

  @Test func aTargetThatTakesLongerThanTheIdleTimeoutCosts504() {
    Simulated.perform {
      let front = Front(pods: 1)
      front.fixture.run(.seconds(20))
      front.pods[0].program.delay = .seconds(70)
      let (status, span) = front.get()
      #expect(status == 504)
      #expect((TimeSpan.seconds(60)...(.seconds(60.1))).contains(span))
    }
  }

  @Test func aClientThatLeavesIsNotedAs460() {
    Simulated.perform {
      let front = Front(pods: 1)
      var log: [LoadBalancer.AccessLogEntry] = []
      front.balancer.onAccess = { log.append($0) }
      front.fixture.run(.seconds(20))
      front.pods[0].program.delay = .seconds(5)
      #expect(front.get(within: .seconds(2)).0 == nil)
      front.fixture.run(.seconds(5))
      #expect(log.map(\.elbStatus) == [460])
      #expect(log.map(\.targetStatus) == [200])
    }
  }

  @Test func theAccessLogIsDeliveredEveryFiveMinutesAndExpires() throws {
    try Simulated.perform {
      let front = Front(pods: 1)
      front.fixture.region.logAccess(of: front.balancer, bucket: "access")
      let log = try #require(front.fixture.region.accessLogs.first)
      front.fixture.run(.seconds(20))
      #expect(front.get().0 == 200)
      #expect(front.get(host: "elsewhere.example").0 == 404)
      #expect(log.objects.isEmpty)
      front.fixture.run(.minutes(5))
      let lines = log.objects.flatMap { log.text($0).split(separator: "\n").map(String.init) }
      #expect(lines.count == 2)
      // 30 blanks outside of quotes: 31 fields (Elastic Load Balancing user guide, "Access log entries").
      for line in lines {
        var isQuoted = false
        #expect(
          line.count { sign in
            if sign == "\"" { isQuoted.toggle() }; return sign == " " && !isQuoted
          } == 28)
      }
      #expect(lines.contains { $0.contains(" 200 200 ") && $0.contains(":8080 0.000 ") })
      #expect(lines.contains { $0.contains(" - -1 -1 -1 404 - ") })
      #expect(
        log.objects.allSatisfy { $0.key.hasPrefix("AWSLogs/111122223333/elasticloadbalancing/eu-south-2/2026/03/02/") })
      front.fixture.run(AccessLog.retention + AccessLog.period)
      #expect(log.objects.isEmpty)
    }
  }

  @Test func aTargetThatClosesIdleConnectionsFirstGivesSporadic502() {
    Simulated.perform {
      let front = Front(pods: 1, targetIdle: .seconds(5))
      front.fixture.run(.seconds(20))
      var statuses: Set<Int> = []
      for step in 0..<400 {
        statuses.insert(front.get().0 ?? 0)
        // Requests that come just about when the target closes its end.
        front.fixture.run(.seconds(5) - .milliseconds(10 + Double(step % 200) / 4))
      }
      #expect(statuses == [200, 502])
    }
  }

  @Test func aLostZoneLeavesDNSAndComesBack() {
    Simulated.perform {
      let front = Front(pods: 2)
      front.fixture.run(.seconds(20))
      front.fixture.region.loseZone("eu-south-2a")
      front.fixture.run(.seconds(100))
      for _ in 0..<10 { #expect(front.get().0 == 200) }
      front.fixture.region.restoreZone("eu-south-2a")
      front.fixture.run(.seconds(100))
      for _ in 0..<10 { #expect(front.get().0 == 200) }
    }
  }

  @Test func anExpiredCertificateIsMet() {
    Simulated.perform {
      let front = Front(pods: 1)
      front.fixture.run(.seconds(20))
      front.fixture.region.certificates = [
        AWSRegion.ManagedCertificate(
          name: "pay", arn: "arn", domainNames: ["pay.example"], expires: front.fixture.simulation.now)
      ]
      #expect(front.get().0 == nil)
    }
  }
}

@Suite struct TargetHealth {
  @Test func aTargetIsHealthyAfterItsFirstCheck() {
    Simulated.perform {
      let front = Front(pods: 1)
      #expect(front.states == ["initial Elb.InitialHealthChecking"])
      front.fixture.run(.seconds(2))
      #expect(front.states == ["healthy "])
    }
  }

  @Test(arguments: [
    ("status", "unhealthy Target.ResponseCodeMismatch", "Health checks failed with these codes: [503]"),
    ("closed", "unhealthy Target.FailedHealthChecks", "Health checks failed"),
    ("silent", "unhealthy Target.Timeout", "Request timed out"),
  ]) func twoFailuresMakeItUnhealthyAndTwoSuccessesHealthy(_ failure: String, _ state: String, _ detail: String) {
    Simulated.perform {
      let front = Front(pods: 2)
      front.fixture.run(.seconds(3))
      let pod = front.pods[0]
      switch failure {
      case "status": pod.program.status = 503
      case "closed": pod.listener.close()
      default: pod.program.delay = .seconds(30)
      }
      front.fixture.run(.seconds(15))
      #expect(front.states[0] == "healthy ", "one failure is not enough")
      front.fixture.run(.seconds(21))
      #expect(front.states == [state, "healthy "])
      #expect(front.group.targets[0].detail == detail)
      for _ in 0..<4 { #expect(front.get().0 == 200) }
      pod.program.status = 200
      pod.program.delay = .milliseconds(1)
      if failure == "closed" { pod.host.listen(8080, pod.program) }
      front.fixture.run(.seconds(60))
      #expect(front.states == ["healthy ", "healthy "])
    }
  }

  @Test func whenAllAreUnhealthyItFailsOpenToAll() {
    Simulated.perform {
      let front = Front(pods: 3)
      for pod in front.pods { pod.program.status = 503 }
      front.fixture.run(.seconds(60))
      #expect(front.group.unhealthyCount == 3)
      for _ in 0..<9 { #expect(front.get().0 == 503) }
      #expect(front.pods.map { $0.program.count } == [3, 3, 3])
      #expect(front.balancer.metrics.targetAnswers(503...503) == 9)
    }
  }

  @Test func aDeregisteredTargetDrains() {
    Simulated.perform {
      let front = Front(pods: 2)
      front.fixture.run(.seconds(20))
      front.group.deregister(front.pods[0].host.address, port: 8080)
      #expect(front.states == ["draining Target.DeregistrationInProgress", "healthy "])
      for _ in 0..<4 { _ = front.get() }
      #expect(front.pods[0].program.count == 0)
      front.fixture.run(.seconds(301))
      #expect(front.states == ["healthy "])
    }
  }
}
