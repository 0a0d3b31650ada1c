import AWSModel
import NetworkModel
import SimulationKernel
import Testing

@Suite struct Proxy {
  @Test func itKeepsClientsDuringAFailoverAndFollowsTheWriter() {
    Simulated.perform {
      let fixture = RegionFixture()
      let connection = fixture.connect().0!
      #expect(fixture.pay(connection).0 == nil)
      fixture.instance.losePrimaryZone()
      fixture.run(.seconds(3))
      #expect(fixture.proxy.targetHealth == .unavailable)
      #expect(connection.isUsable, "the client's connection stays")
      let (error, span) = fixture.pay(connection, within: .seconds(100))
      #expect(error == nil)
      #expect((TimeSpan.seconds(25)...(.seconds(60))).contains(span), "\(span.seconds)")
      #expect(fixture.proxy.targetHealth == .available)
      #expect(fixture.storedPayments == 2)
    }
  }

  @Test func clientsWaitForAFreeConnectionAtMostTheBorrowTimeout() {
    Simulated.perform {
      let fixture = RegionFixture { $0.replacing("connectionBorrowTimeout: 120", with: "connectionBorrowTimeout: 10") }
      fixture.proxy.resize(maxConnectionsPercent: 1)
      #expect(fixture.proxy.poolSize == 1)
      fixture.instance.lockTables()
      let holder = fixture.connect().0!
      let waiting = fixture.connect().0!
      fixture.simulation.spawn("test") { try? await fixture.insert(holder, within: .seconds(60)) }
      fixture.run(.seconds(1))
      #expect(fixture.proxy.borrowedConnections == 1)
      let (error, span) = fixture.pay(waiting, within: .seconds(60))
      #expect(error == .borrowTimeout)
      #expect((TimeSpan.seconds(10)...(.seconds(10.1))).contains(span))
      #expect(fixture.proxy.metrics.borrowTimeouts == 1)
    }
  }

  @Test func clientsAreServedInTheOrderInWhichTheyCame() {
    Simulated.perform {
      let fixture = RegionFixture()
      fixture.proxy.resize(maxConnectionsPercent: 1)
      fixture.instance.statementSlowdown = 100
      let connections = (0..<4).map { _ in fixture.connect().0! }
      var order: [Int] = []
      for (index, connection) in connections.enumerated() {
        fixture.simulation.after(.milliseconds(Double(index) * 5), "test") {
          fixture.simulation.spawn("test") {
            try? await fixture.insert(connection, within: .seconds(60))
            order.append(index)
          }
        }
      }
      fixture.run(.seconds(60))
      #expect(order == [0, 1, 2, 3])
      #expect(fixture.proxy.metrics.borrowLatency.count == 4)
    }
  }

  @Test func whereTheDatabaseGrantsNoMoreClientsWaitInLine() {
    Simulated.perform {
      let fixture = RegionFixture()
      fixture.instance.otherSessions = fixture.instance.maxConnections - 6
      fixture.instance.statementSlowdown = 20
      let connections = (0..<4).map { _ in fixture.connect().0! }
      var order: [Int] = []
      for (index, connection) in connections.enumerated() {
        fixture.simulation.after(.milliseconds(Double(index) * 5), "test") {
          fixture.simulation.spawn("test") {
            try? await fixture.insert(connection, within: .seconds(60))
            order.append(index)
          }
        }
      }
      fixture.run(.seconds(20))
      #expect(order.sorted() == [0, 1, 2, 3], "one connection serves them all: \(order)")
      #expect(fixture.instance.connections == 1)
      #expect(fixture.proxy.borrowedConnections == 0)
      // Slots that are free again are taken.
      fixture.instance.otherSessions = 0
      fixture.instance.lockTables()
      for connection in connections {
        fixture.simulation.spawn("test") { try? await fixture.insert(connection, within: .seconds(60)) }
      }
      fixture.run(.seconds(2))
      #expect(fixture.proxy.borrowedConnections == 4)
    }
  }

  @Test func whoWaitsInLineInVainIsToldSo() {
    Simulated.perform {
      let fixture = RegionFixture { $0.replacing("connectionBorrowTimeout: 120", with: "connectionBorrowTimeout: 10") }
      fixture.instance.otherSessions = fixture.instance.maxConnections - 5
      let (error, span) = fixture.pay(fixture.connect().0!, within: .seconds(60))
      #expect(error == .borrowTimeout)
      #expect((TimeSpan.seconds(10)...(.seconds(10.2))).contains(span))
      #expect(fixture.proxy.borrowedConnections == 0)
    }
  }

  @Test func whoLeavesDoesNotWaitOn() {
    Simulated.perform {
      let fixture = RegionFixture()
      fixture.instance.losePrimaryZone()
      fixture.run(.seconds(3))
      for _ in 0..<5 {
        let (error, _) = fixture.pay(fixture.connect().0!, within: .seconds(1))
        #expect(error?.sqlState == "57014" && error?.isInDoubt == false)
      }
      #expect(fixture.proxy.borrowedConnections == 0)
      #expect(fixture.proxy.waitingClients == 0)
      fixture.run(.seconds(90))
      #expect(fixture.storedPayments == 0)
    }
  }

  @Test func aWrongSecretIsFeltByClientsAndByTheProxyItself() {
    Simulated.perform {
      let fixture = RegionFixture()
      fixture.instance.change(password: "new-password")
      let (connection, _, _) = fixture.connect()
      // The proxy lets the client in by its secret, and cannot log in itself.
      let (error, _) = fixture.pay(connection!)
      #expect(error == .wrongPassword("payments"))
      #expect(error?.message == "FATAL: password authentication failed for user \"payments\"")
      _ = try? fixture.region.secrets.put(
        "payments/database", value: #"{"username": "payments", "password": "new-password"}"#)
      #expect(fixture.connect().1 == .wrongPassword("payments"), "the client still has the old one")
      let login = PostgresStartup(user: "payments", password: "new-password", database: "payments")
      #expect(fixture.pay(fixture.connect(login).0!).0 == nil)
      fixture.region.keys["main"]?.state = .disabled
      #expect(fixture.connect(login).1?.message == "FATAL: The IAM authentication or secret credentials are invalid")
    }
  }

  @Test func aRevokedRuleKeepsOpenConnectionsAndStopsNewOnes() {
    Simulated.perform {
      let fixture = RegionFixture()
      let connection = fixture.connect().0!
      #expect(fixture.pay(connection).0 == nil)
      let rds = fixture.region.securityGroupID("rds")!
      let rule = fixture.region.securityGroups[rds]!.rules[0]
      #expect(throws: Never.self) { try fixture.region.securityGroups.revoke([rule], in: rds) }
      #expect(fixture.pay(connection).0 == nil, "the proxy's connection is tracked")
      try? fixture.instance.reboot(forceFailover: true)
      fixture.run(.minutes(2))
      #expect(fixture.instance.status == .available)
      #expect(fixture.pay(connection).0?.sqlState == "57014")
      #expect(fixture.proxy.targetHealthReason.contains("Connection timed out"))
      #expect(throws: Never.self) { try fixture.region.securityGroups.authorize([rule], in: rds) }
      fixture.run(.seconds(5))
      #expect(fixture.pay(fixture.connect().0!).0 == nil)
    }
  }

  @Test func pinnedSessionsKeepTheirConnection() {
    Simulated.perform {
      let fixture = RegionFixture()
      fixture.proxy.pinsSessions = true
      fixture.proxy.resize(maxConnectionsPercent: 2)
      #expect(fixture.proxy.poolSize == 2)
      let connections = (0..<3).map { _ in fixture.connect().0! }
      #expect(fixture.pay(connections[0]).0 == nil)
      #expect(fixture.pay(connections[1]).0 == nil)
      #expect(fixture.proxy.pinnedSessions == 2)
      #expect(fixture.pay(connections[2]).0?.sqlState == "57014")
      connections[0].close()
      #expect(fixture.proxy.pinnedSessions == 1)
      #expect(fixture.pay(fixture.connect().0!).0 == nil)
    }
  }

  @Test func anIdleClientIsClosed() {
    Simulated.perform {
      let fixture = RegionFixture()
      let connection = fixture.connect().0!
      fixture.run(.seconds(1799))
      #expect(connection.isUsable)
      fixture.run(.seconds(2))
      #expect(!connection.isUsable)
    }
  }
}
