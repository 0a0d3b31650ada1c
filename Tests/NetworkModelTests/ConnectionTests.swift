import HTTPMessages
import NetworkModel
import SimulationKernel
import Testing

@Suite struct Connecting {
  struct Handshake: CustomTestStringConvertible {
    var name: String
    var tls: TLSPolicy?
    var milliseconds: Double
    var testDescription: String { name }
  }

  static let handshakes = [
    Handshake(name: "TCP costs one round trip", tls: nil, milliseconds: 2),
    Handshake(name: "TLS 1.3 one more and the processors", tls: TLSPolicy(), milliseconds: 6),
    Handshake(name: "TLS 1.2 two more and the processors", tls: TLSPolicy(version: .tls12), milliseconds: 8),
  ]

  @Test(arguments: handshakes) func handshakesCostTheirRoundTrips(_ row: Handshake) {
    Simulated.perform {
      let (error, span) = NetworkFixture(profile: NetworkFixture.exact).connect(tls: row.tls)
      #expect(error == nil)
      #expect(span == .milliseconds(row.milliseconds))
    }
  }

  @Test(arguments: [
    ("eu-south-2", "eu-south-2a", 0.2, 0.6), ("eu-south-2", "eu-south-2b", 1, 2), ("us-east-1", "us-east-1a", 90, 100),
  ]) func aRoundTripDependsOnTheZones(_ region: String, _ zone: String, _ least: Double, _ most: Double) {
    Simulated.perform {
      let fixture = NetworkFixture(serverZone: Zone(region: region, name: zone))
      let connection = fixture.open()
      for _ in 0..<50 {
        let (status, _, span) = fixture.request(connection)
        #expect(status == 200)
        #expect((least...most).contains(span.milliseconds))
      }
    }
  }

  @Test func nothingListeningRefusesAtOnce() {
    Simulated.perform {
      let fixture = NetworkFixture()
      let (error, span) = fixture.connect(port: 5432)
      #expect(error == .refused(address: fixture.server.address, port: 5432))
      #expect(span < .milliseconds(1))
    }
  }

  @Test func aFilterDropsSoThatTheClientTimesOut() {
    Simulated.perform {
      let fixture = NetworkFixture()
      let filter = Switch()
      filter.isOpen = false
      fixture.network.add(filter)
      let (error, span) = fixture.connect(within: .seconds(3))
      #expect(error == .timedOut(.connect))
      #expect(span == .seconds(3))
    }
  }

  @Test func aHostWithoutPowerAndAFreeAddressTimeOut() {
    Simulated.perform {
      let fixture = NetworkFixture()
      fixture.server.powerOff()
      #expect(fixture.connect().0 == .timedOut(.connect))
      fixture.network.remove(fixture.server)
      #expect(fixture.connect().0 == .timedOut(.connect))
    }
  }

  @Test func aLostSynIsRepeatedAfterOneThreeAndSevenSeconds() {
    Simulated.perform {
      let fixture = NetworkFixture(profile: NetworkFixture.exact)
      let condition = fixture.link { $0.isPartition = true }
      fixture.simulation.after(.seconds(4), "test") { fixture.network.remove(condition) }
      let (error, span) = fixture.connect(within: .seconds(20))
      #expect(error == nil)
      #expect(span == .seconds(7) + .milliseconds(2))
      #expect(condition.touched == 3)
    }
  }

  @Test func aCertificateIsLookedAt() {
    Simulated.perform {
      let fixture = NetworkFixture()
      let service = fixture.service
      fixture.server.listen(443, service).certificate = Certificate(
        names: ["*.spain.example"], expires: .zero + .hours(1))
      let right = TLSPolicy(serverName: "pay.spain.example")
      #expect(fixture.connect(port: 443, tls: right).0 == nil)
      #expect(fixture.connect(port: 443, tls: TLSPolicy(serverName: "spain.example")).0 == .tls(.nameMismatch))
      #expect(fixture.connect(port: 443, tls: TLSPolicy(serverName: "a.b.spain.example")).0 == .tls(.nameMismatch))
      try? fixture.simulation.run(until: .zero + .hours(1))
      #expect(fixture.connect(port: 443, tls: right).0 == .tls(.certificateExpired))
      #expect(fixture.connect(port: 443, tls: TLSPolicy(verifiesServer: false)).0 == nil)
    }
  }
}

@Suite struct Exchanging {
  @Test func aDeadProcessResetsWhatIsUnderWay() {
    Simulated.perform {
      let fixture = NetworkFixture()
      let connection = fixture.open()
      fixture.service.processing = .seconds(2)
      fixture.simulation.after(.seconds(1), "test") { fixture.server.closeAllListeners() }
      let (_, error, span) = fixture.request(connection)
      #expect(error == .reset)
      #expect(span == .seconds(1))
      #expect(!connection.isUsable)
      #expect(fixture.connect().0 == .refused(address: fixture.server.address, port: 8080))
    }
  }

  @Test func aHostWithoutPowerLeavesAHalfOpenConnection() {
    Simulated.perform {
      let fixture = NetworkFixture()
      let connection = fixture.open()
      fixture.server.powerOff()
      #expect(connection.isUsable, "the client cannot know")
      let (_, error, span) = fixture.request(connection, within: .seconds(3))
      #expect(error == .timedOut(.response))
      #expect(span == .seconds(3))
      #expect(!connection.isUsable)
    }
  }

  @Test func aBootedHostResetsOldConnections() {
    Simulated.perform {
      let fixture = NetworkFixture()
      let connection = fixture.open()
      fixture.server.powerOff()
      fixture.server.powerOn()
      #expect(!connection.isUsable)
      #expect(fixture.request(connection).1 == .reset)
      #expect(fixture.connect().0 == .refused(address: fixture.server.address, port: 8080))
    }
  }

  @Test func theServerGoesOnWhenTheClientGivesUp() {
    Simulated.perform {
      let fixture = NetworkFixture()
      let connection = fixture.open()
      fixture.service.processing = .seconds(5)
      #expect(fixture.request(connection, within: .seconds(1)).1 == .timedOut(.response))
      #expect(fixture.service.answered == 0)
      try? fixture.simulation.run(until: fixture.simulation.now + .seconds(5))
      #expect(fixture.service.answered == 1)
    }
  }

  @Test func aTrackedConnectionOutlivesItsRuleAndAnUntrackedDoesNot() {
    Simulated.perform {
      for isTracked in [true, false] {
        let fixture = NetworkFixture()
        let filter = Switch()
        filter.tracksConnections = isTracked
        fixture.network.add(filter)
        let connection = fixture.open()
        filter.isOpen = false
        let (status, error, _) = fixture.request(connection)
        #expect(status == (isTracked ? 200 : nil))
        #expect(error == (isTracked ? nil : .timedOut(.response)))
        #expect(fixture.connect().0 == .timedOut(.connect))
      }
    }
  }

  @Test func anIdleConnectionIsClosedByTheServer() {
    Simulated.perform {
      let fixture = NetworkFixture(profile: NetworkFixture.exact)
      fixture.listener.idleTimeout = .seconds(10)
      let connection = fixture.open()
      #expect(fixture.request(connection).0 == 200)
      try? fixture.simulation.run(until: fixture.simulation.now + .seconds(10) + .milliseconds(1))
      #expect(!connection.isUsable)
      #expect(fixture.request(connection).1 == .reset)
    }
  }

  @Test func aDeadClientProcessClosesItsConnections() {
    Simulated.perform {
      let fixture = NetworkFixture()
      let scope = CancelScope()
      var wasTold = false
      let connection = fixture.open(scope: scope)
      connection.onClose = { wasTold = true }
      #expect(fixture.client.openClientConnections == 1)
      scope.cancel()
      #expect(connection.isClosed && wasTold)
      #expect(fixture.client.openClientConnections == 0)
      let other = fixture.open()
      fixture.network.remove(fixture.client)
      #expect(other.isClosed)
    }
  }
}
