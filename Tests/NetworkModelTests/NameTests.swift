import NetworkModel
import SimulationKernel
import Testing

@Suite struct Names {
  private static let name = "payments.rds.example"

  @Simulated private static func fixture() -> (NetworkFixture, NameSystem) {
    let fixture = NetworkFixture(profile: NetworkFixture.exact)
    let names = fixture.network.names(of: NetworkFixture.region)
    names[name] = NameSystem.Record(addresses: [fixture.server.address], timeToLive: .seconds(5))
    return (fixture, names)
  }

  @Simulated private static func lookUp(_ fixture: NetworkFixture, _ name: String = name) -> (
    IPv4Address?, NetworkError?, TimeSpan
  ) {
    let (result, span) = fixture.run { try await fixture.network.resolve(name, on: fixture.client) }
    switch result {
    case .success(let address): return (address, nil, span)
    case .failure(let error): return (nil, error as? NetworkError, span)
    }
  }

  @Test func answersAreKeptForTheirTimeToLive() {
    Simulated.perform {
      let (fixture, names) = Self.fixture()
      #expect(Self.lookUp(fixture).2 == .milliseconds(3))
      #expect(Self.lookUp(fixture).2 == .zero)
      let other = IPv4Address("10.0.0.99")!
      names[Self.name] = NameSystem.Record(addresses: [other], timeToLive: .seconds(5))
      #expect(Self.lookUp(fixture).0 == fixture.server.address, "the kept answer is stale")
      try? fixture.simulation.run(until: .zero + .seconds(6))
      #expect(Self.lookUp(fixture).0 == other)
    }
  }

  @Test(arguments: [
    (NameError.noSuchDomain, 0.003), (NameError.serverFailure, 0.003), (NameError.timedOut, 10.0),
  ]) func failuresCanBeInjected(_ failure: NameError, _ seconds: Double) {
    Simulated.perform {
      let (fixture, names) = Self.fixture()
      names.fail("*.example", with: failure)
      let (_, error, span) = Self.lookUp(fixture)
      #expect(error == .nameResolution(failure, name: Self.name))
      #expect(span == .seconds(seconds))
      #expect(names.failedLookups > 0)
      names.repair("*.example")
      #expect(Self.lookUp(fixture).0 == fixture.server.address)
    }
  }

  @Test func aPodTriesItsSearchDomainsFirst() {
    Simulated.perform {
      let (fixture, names) = Self.fixture()
      let cluster = NameSystem(upstream: names)
      cluster["db.payments.svc.cluster.local"] = NameSystem.Record(
        addresses: [fixture.server.address], timeToLive: .seconds(30))
      fixture.client.resolver = .pod(namespace: "payments", server: cluster, region: NetworkFixture.region)
      // A service's short name is answered at the first try by the cluster's own DNS: 2 ms there and back.
      #expect(Self.lookUp(fixture, "db").2 == .milliseconds(2))
      // An external name: four search domains, then the name itself, each asked of the region's resolver too.
      let (address, _, span) = Self.lookUp(fixture)
      #expect(address == fixture.server.address)
      #expect(span == .milliseconds(5 * 5))
      fixture.client.resolver.ndots = 1
      try? fixture.simulation.run(until: .zero + .seconds(10))
      #expect(Self.lookUp(fixture).2 == .milliseconds(5))
      cluster.isDown = true
      try? fixture.simulation.run(until: .zero + .seconds(20))
      #expect(Self.lookUp(fixture).2 == .seconds(10))
    }
  }

  @Test func aliasesFrozenAndFalseRecords() {
    Simulated.perform {
      let (fixture, names) = Self.fixture()
      fixture.client.resolver.keepsAnswers = false
      names["pay.example"] = NameSystem.Record(alias: Self.name, timeToLive: .seconds(60))
      #expect(Self.lookUp(fixture, "pay.example").0 == fixture.server.address)
      let other = IPv4Address("10.0.0.99")!
      names.freeze(Self.name)
      names[Self.name] = NameSystem.Record(addresses: [other], timeToLive: .seconds(5))
      #expect(Self.lookUp(fixture, "pay.example").0 == fixture.server.address)
      names.override(Self.name, with: nil)
      #expect(Self.lookUp(fixture, "pay.example").0 == other)
    }
  }
}

@Suite struct Texts {
  private static let address = IPv4Address("10.10.32.7")!

  @Test(arguments: [
    (NetworkError.refused(address: address, port: 8080), "dial tcp 10.10.32.7:8080: connect: connection refused"),
    (.timedOut(.connect), "dial tcp 10.10.32.7:8080: i/o timeout (Client.Timeout exceeded while awaiting headers)"),
    (.timedOut(.response), "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"),
    (.reset, "read tcp 10.10.32.7:8080: read: connection reset by peer"),
    (.nameResolution(.noSuchDomain, name: "db"), "dial tcp: lookup db: no such host"),
    (.tls(.certificateExpired), "tls: failed to verify certificate: x509: certificate has expired"),
  ]) func goSaysIt(_ error: NetworkError, _ text: String) {
    let url = "http://10.10.32.7:8080/health"
    #expect(error.goText(url: url, address: Self.address, port: 8080) == "Get \"\(url)\": \(text)")
  }

  @Test func libpqSaysIt() {
    let refused = NetworkError.refused(address: Self.address, port: 5432)
    #expect(
      refused.libpqText(host: "db", address: Self.address, port: 5432)
        == "connection to server at \"db\" (10.10.32.7), port 5432 failed: Connection refused\n"
        + "\tIs the server running on that host and accepting TCP/IP connections?")
    #expect(
      NetworkError.nameResolution(.noSuchDomain, name: "db").libpqText(host: "db", address: nil, port: 5432)
        == "could not translate host name \"db\" to address: Name or service not known")
  }

  @Test(arguments: [
    ("10.10.0.0/16", "10.10.255.1", true), ("10.10.0.0/16", "10.11.0.1", false), ("0.0.0.0/0", "203.0.113.9", true),
    ("10.0.0.1/32", "10.0.0.1", true),
  ]) func blocksContainAddresses(_ block: String, _ address: String, _ isInside: Bool) {
    #expect(CIDRBlock(block)!.contains(IPv4Address(address)!) == isInside)
  }

  @Test(arguments: ["10.0.0", "10.0.0.256", "10.0.0.01", "", "a.b.c.d", "10.0.0.0/33"])
  func nonsenseIsNoAddress(_ text: String) {
    #expect(IPv4Address(text) == nil)
    #expect(CIDRBlock(text) == nil)
  }
}
