import Documents
import NetworkModel
import SimulationKernel
import Testing

@testable import KubernetesModel

@Suite struct ServiceNetworks {
  /// A cluster with a name server's Service, two pods behind the Service `web`, and a pod that asks.
  @Simulated private static func fixture() -> ClusterFixture {
    let fixture = ClusterFixture()
    fixture.create(KubeObject(.namespace, name: "kube-system"))
    service(
      fixture, "kube-dns", namespace: "kube-system", ["clusterIP": "172.20.0.10", "selector": ["app": "dns"]], 53)
    fixture.registry.add("dns:1") { await ClusterFixture.serve($0) }
    var server = KubeObject(.deployment, namespace: "kube-system", name: "coredns")
    server.json["spec"] = [
      "replicas": 1, "selector": ["matchLabels": ["app": "dns"]],
      "template": [
        "metadata": ["labels": ["app": "dns"]], "spec": ["containers": [["name": "dns", "image": "dns:1"]]],
      ],
    ]
    fixture.create(server)
    service(fixture, "web", namespace: "shop", ["selector": ["app": "web"]], 80)
    fixture.createDeployment(replicas: 2)
    fixture.run(.seconds(30))
    return fixture
  }

  @Simulated private static func service(
    _ fixture: ClusterFixture, _ name: String, namespace: String, _ spec: JSONValue, _ port: Int64
  ) {
    var service = KubeObject(.service, namespace: namespace, name: name)
    service.json["spec"] = spec
    service.json.set("spec", "ports", to: [["name": "main", "port": .integer(port), "targetPort": 8080]])
    fixture.create(service)
  }

  @Simulated private static func pod(_ fixture: ClusterFixture) -> Host {
    let pod = fixture.server.list(.pod, namespace: "shop")[0]
    return fixture.network.host(at: IPv4Address(pod.status["podIP"]!.string!)!)!
  }

  /// Resolves and connects, and tells the error.
  @Simulated private static func call(_ fixture: ClusterFixture, _ name: String, port: UInt16 = 80) -> NetworkError? {
    let host = pod(fixture)
    var outcome: Result<Void, NetworkError>?
    fixture.simulation.spawn("test") {
      do throws(NetworkError) {
        let address = try await fixture.network.resolve(name, on: host)
        let connection = try await fixture.network.connect(
          from: host, to: address, port: port, deadline: fixture.simulation.now + .seconds(3))
        connection.close()
        outcome = .success(())
      } catch { outcome = .failure(error) }
    }
    do { try fixture.simulation.run(until: { outcome != nil }) } catch { Issue.record("\(error)") }
    if case .failure(let error) = outcome { return error }
    return nil
  }

  @Test(arguments: ["web", "web.shop", "web.shop.svc", "web.shop.svc.cluster.local"])
  func aServiceIsFoundByEachOfItsNamesAndReached(_ name: String) {
    Simulated.perform { #expect(Self.call(Self.fixture(), name) == nil) }
  }

  @Test func theAddressAnswersOnItsOwnPortsOnly() {
    Simulated.perform {
      let fixture = Self.fixture()
      guard case .refused(_, 8080) = Self.call(fixture, "web", port: 8080) else { Issue.record("not refused"); return }
    }
  }

  @Test func aServiceWithoutReadyPodsRefuses() {
    Simulated.perform {
      let fixture = Self.fixture()
      Self.service(fixture, "nobody", namespace: "shop", ["selector": ["app": "other"]], 80)
      fixture.run(.seconds(2))
      guard case .refused = Self.call(fixture, "nobody") else { Issue.record("not refused"); return }
    }
  }

  @Test func aServiceThatIsDeletedIsNoLongerFound() {
    Simulated.perform {
      let fixture = Self.fixture()
      try? fixture.server.delete(.service, "shop", "web", as: "test")
      fixture.run(.seconds(40))
      #expect(Self.call(fixture, "web") == .nameResolution(.noSuchDomain, name: "web"))
    }
  }

  @Test func withoutReadyNameServersLookupsTimeOutAndOtherClustersAreWell() {
    Simulated.perform {
      let fixture = Self.fixture()
      fixture.patch(.deployment, "web", [:])
      var server = fixture.server.find(.deployment, "kube-system", "coredns")!
      server.json.set("spec", "replicas", to: 0)
      _ = try? fixture.server.update(server, as: "test")
      fixture.run(.seconds(60))
      let began = fixture.simulation.now
      #expect(Self.call(fixture, "web") == .nameResolution(.timedOut, name: "web"))
      // Two attempts of five seconds (resolv.conf(5)).
      #expect((fixture.simulation.now - began).seconds >= 10)
    }
  }

  @Test func aServerThatComesBackAnswersTheSecondAttempt() {
    Simulated.perform {
      let fixture = Self.fixture()
      fixture.cluster.services.names.isDown = true
      fixture.simulation.after(.seconds(3), "test") { fixture.cluster.services.names.isDown = false }
      #expect(Self.call(fixture, "web") == nil)
    }
  }

  @Test func podsOnTheHostsNetworkAskTheRegion() {
    Simulated.perform {
      let fixture = Self.fixture()
      let pod = Self.pod(fixture)
      #expect(pod.resolver.ndots == 5)
      #expect(pod.resolver.serverAddress == "172.20.0.10")
      let withoutServer = ClusterFixture()
      withoutServer.createDeployment(replicas: 1)
      withoutServer.run(.seconds(20))
      #expect(Self.pod(withoutServer).resolver.server == nil)
    }
  }
}

@Suite struct ContainerLogs {
  @Test func kubeletRotatesAtTenMebibytesAndLooksEveryTenSeconds() {
    var log = ContainerLog()
    let line = String(repeating: "x", count: 1000 - ContainerLog.prefixSize)
    // 10 MiB are 10,486 lines of 1000 bytes; all in one second.
    for _ in 0..<12_000 { log.write(line, at: .zero + .seconds(11)) }
    #expect(log.lines.count == 12_000)
    #expect(log.rotatedFiles == 0)
    log.write(line, at: .zero + .seconds(22))
    #expect(log.lines.count == 1)
    #expect(log.rotatedFiles == 1)
  }
}
