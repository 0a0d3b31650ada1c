import NetworkModel
import SimulationKernel
import Testing

@Suite struct LinkConditions {
  @Test func aDelayCountsOnceEachWay() {
    Simulated.perform {
      let fixture = NetworkFixture(profile: NetworkFixture.exact)
      let connection = fixture.open()
      let condition = fixture.link { $0.delay = .milliseconds(30) }
      #expect(fixture.request(connection).2 == .milliseconds(62))
      #expect(condition.touched == 2)
      fixture.network.remove(condition)
      #expect(fixture.request(connection).2 == .milliseconds(2))
      #expect(condition.touched == 2)
    }
  }

  @Test func oneWayMeansOneWay() {
    Simulated.perform {
      let fixture = NetworkFixture(profile: NetworkFixture.exact)
      let condition = LinkCondition(
        source: LinkCondition.Endpoint(region: NetworkFixture.region, role: "client"),
        target: LinkCondition.Endpoint(region: NetworkFixture.region, role: "*"), bothWays: false)
      condition.delay = .milliseconds(30)
      fixture.network.add(condition)
      #expect(fixture.request(fixture.open()).2 == .milliseconds(32))
    }
  }

  @Test(arguments: [
    ("eu-south-2", "eu-south-2a", true), ("eu-south-2", "eu-south-2b", false), ("us-east-1", nil, false),
  ])
  func aConditionTouchesOnlyItsEnds(_ region: String, _ zone: String?, _ touches: Bool) {
    Simulated.perform {
      let fixture = NetworkFixture(profile: NetworkFixture.exact)
      let condition = LinkCondition(
        source: LinkCondition.Endpoint(region: region, role: "app", zone: zone),
        target: LinkCondition.Endpoint(region: NetworkFixture.region, role: "database"))
      fixture.network.add(condition)
      _ = fixture.request(fixture.open())
      #expect((condition.touched > 0) == touches)
    }
  }

  @Test func lossCostsRetransmissions() {
    Simulated.perform {
      let fixture = NetworkFixture(profile: NetworkFixture.exact)
      let connection = fixture.open()
      let condition = fixture.link { $0.loss = 0.1 }
      let spans = (0..<400).map { _ in fixture.request(connection, within: .seconds(60)).2 }
      let untouched = spans.count { $0 == .milliseconds(2) }
      #expect((290...355).contains(untouched), "0.9² of 400 exchanges meet no loss: \(untouched)")
      #expect(spans.count { $0 == .milliseconds(202) } > 30, "one loss costs the minimum RTO")
      #expect(condition.touched == 800)
    }
  }

  @Test func aNarrowPlaceQueuesWhatPasses() {
    Simulated.perform {
      let fixture = NetworkFixture(profile: NetworkFixture.exact)
      let connection = fixture.open()
      // 400 bytes there and 300 back at 80 kbit/s: 40 and 30 ms.
      _ = fixture.link { $0.bandwidth = 80_000 }
      #expect(fixture.request(connection).2 == .milliseconds(72))
    }
  }

  @Test func whatAPartitionHeldBackArrivesWhenItHeals() {
    Simulated.perform {
      let fixture = NetworkFixture(profile: NetworkFixture.exact)
      let connection = fixture.open()
      let condition = fixture.link { $0.isPartition = true }
      fixture.simulation.after(.seconds(1), "test") { fixture.network.remove(condition) }
      // Sent again after 0.2, 0.6 and 1.4 s.
      let (status, _, span) = fixture.request(connection)
      #expect(status == 200)
      #expect(span == .milliseconds(1402))
    }
  }

  @Test func resetsBreakConnections() {
    Simulated.perform {
      let fixture = NetworkFixture()
      let connection = fixture.open()
      _ = fixture.link { $0.reset = 1 }
      #expect(fixture.request(connection).1 == .reset)
      #expect(connection.isClosed)
    }
  }
}
