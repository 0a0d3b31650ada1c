import AWSModel
import NetworkModel
import SimulationKernel
import Testing

@Suite struct DatabaseSessions {
  @Test func aColdConnectionPaysItsHandshakesAndAPooledOneDoesNot() {
    Simulated.perform {
      let fixture = RegionFixture()
      let (direct, _, handshake) = fixture.connect(direct: true)
      #expect((TimeSpan.milliseconds(28)...(.milliseconds(52))).contains(handshake), "\(handshake.milliseconds)")
      let (error, transaction) = fixture.pay(direct!)
      #expect(error == nil && fixture.storedPayments == 1)
      #expect(transaction < .milliseconds(20))
      // The client's own connection to the proxy is cheap, and the proxy's to the database is made once.
      let (pooled, _, login) = fixture.connect()
      #expect(login < .milliseconds(28))
      _ = fixture.pay(pooled!)
      let (_, again) = fixture.pay(pooled!)
      #expect(again < .milliseconds(22))
      #expect(fixture.proxy.databaseConnections == 1)
    }
  }

  @Test(arguments: [
    (PostgresStartup(user: "payments", password: "wrong", database: "payments"), "28P01"),
    (PostgresStartup(user: "root", password: "correct-horse", database: "payments"), "28P01"),
    (PostgresStartup(user: "payments", password: "correct-horse", database: "orders"), "3D000"),
  ]) func loginsAreRefused(_ startup: PostgresStartup, _ sqlState: String) {
    Simulated.perform {
      let fixture = RegionFixture()
      for isDirect in [true, false] {
        let (connection, error, _) = fixture.connect(direct: isDirect, startup)
        #expect(connection == nil && error?.sqlState == sqlState)
      }
      #expect(fixture.instance.connections == 0, "a refused login leaves no slot taken")
    }
  }

  @Test(arguments: [
    ("db.t3.micro", 101), ("db.t3.medium", 405), ("db.r6g.large", 1622), ("db.r6g.2xlarge", 5000),
  ]) func slotsFollowFromTheMemory(_ name: String, _ slots: Int) {
    #expect(DBInstanceClass(name: name)?.maxConnections == slots)
  }

  @Test func slotsRunOut() {
    Simulated.perform {
      let fixture = RegionFixture()
      fixture.instance.otherSessions = fixture.instance.maxConnections - 5
      let reserved = fixture.connect(direct: true).1
      #expect(reserved?.sqlState == "53300")
      #expect(
        reserved?.message
          == "FATAL: remaining connection slots are reserved for non-replication superuser connections")
      fixture.instance.otherSessions = fixture.instance.maxConnections
      #expect(fixture.connect(direct: true).1 == .tooManyClients)
    }
  }

  @Test func aDeadProgramsSessionEnds() {
    Simulated.perform {
      let fixture = RegionFixture()
      let scope = CancelScope()
      let (connection, _, _) = fixture.connect(direct: true, scope: scope)
      #expect(connection != nil && fixture.instance.connections == 1)
      scope.cancel()
      #expect(fixture.instance.connections == 0)
    }
  }

  @Test func errorsOfSQLHaveTheirStatesAndRollBack() {
    Simulated.perform {
      let fixture = RegionFixture()
      let connection = fixture.connect().0!
      let (result, _) = fixture.await {
        try await connection.run(
          WorkCost(roundTrips: 3, isWrite: true), deadline: fixture.simulation.now + .seconds(3), trace: nil
        ) { store in
          try store.execute("INSERT INTO payment VALUES (7, 100)")
          try store.execute("INSERT INTO payment VALUES (7, 100)")
        }
      }
      #expect {
        try result.get()
      } throws: {
        ($0 as? PostgresError)?.sqlState == "23505"
      }
      #expect(fixture.storedPayments == 0)
      #expect(connection.isUsable)
    }
  }

  @Test func aCallersOwnErrorComesBackAsItIs() {
    struct Refused: Error {}
    Simulated.perform {
      let fixture = RegionFixture()
      let connection = fixture.connect().0!
      let (result, _) = fixture.await {
        try await connection.run(
          WorkCost(roundTrips: 2, isWrite: true), deadline: fixture.simulation.now + .seconds(3), trace: nil
        ) { _ in throw Refused() }
      }
      #expect(throws: Refused.self) { try result.get() }
    }
  }

  @Test func locksAndFullStorageStopWriters() {
    Simulated.perform {
      let fixture = RegionFixture()
      let connection = fixture.connect().0!
      fixture.instance.isStorageFull = true
      #expect(fixture.pay(connection).0 == .storageFull)
      fixture.instance.isStorageFull = false
      fixture.instance.lockTables()
      fixture.simulation.after(.seconds(1), "test") { fixture.instance.unlockTables() }
      let (error, span) = fixture.pay(connection)
      #expect(error == nil)
      #expect(span > .seconds(1))
    }
  }

  @Test func activityFollowsASessionThroughItsWork() {
    Simulated.perform {
      let fixture = RegionFixture()
      let connection = fixture.connect(direct: true).0!
      let own = fixture.instance.activity[0]
      #expect(own.state == .idle && own.queryAt == nil && own.transactionAt == nil)
      #expect(own.client?.address == fixture.pod.address.description)
      fixture.instance.lockTables()
      fixture.simulation.spawn("test") { try? await fixture.insert(connection) }
      fixture.run(.milliseconds(1))
      #expect(own.state == .idleInTransaction, "its client has still to send the rest")
      fixture.run(.milliseconds(200))
      #expect(own.state == .active && own.wait?.event == "relation" && own.transactionAt != nil)
      fixture.instance.unlockTables()
      fixture.run(.milliseconds(100))
      #expect(own.state == .idle && own.query == "COMMIT" && own.transactionAt == nil)
      #expect(own.wait?.event == "ClientRead")
    }
  }

  @Test(arguments: [true, false]) func aSessionThatWaitsIsEndedOrItsStatementCancelled(_ terminates: Bool) {
    Simulated.perform {
      let fixture = RegionFixture()
      let connection = fixture.connect(direct: true).0!
      let process = fixture.instance.activity[0].process
      fixture.instance.lockTables()
      fixture.simulation.after(.milliseconds(300), "test") {
        let isKnown =
          terminates ? fixture.instance.terminate(process: process) : fixture.instance.cancel(process: process)
        #expect(isKnown)
      }
      let (error, span) = fixture.pay(connection)
      #expect(error == (terminates ? .adminShutdown : .userCancelled))
      #expect(span < .milliseconds(320))
      #expect(connection.isUsable == !terminates)
      #expect(fixture.instance.connections == (terminates ? 0 : 1))
      fixture.instance.unlockTables()
      // A cancelled session goes on; an ended one is gone, and has no process any more.
      if terminates {
        #expect(!fixture.instance.terminate(process: process))
      } else {
        #expect(fixture.pay(connection).0 == nil)
      }
    }
  }

  @Test func anEndedPooledSessionIsReplacedUnnoticed() {
    Simulated.perform {
      let fixture = RegionFixture()
      let connection = fixture.connect().0!
      #expect(fixture.pay(connection).0 == nil)
      let process = fixture.instance.activity[0].process
      #expect(fixture.instance.terminate(process: process))
      #expect(fixture.instance.connections == 0)
      #expect(fixture.pay(connection).0 == nil)
      #expect(fixture.instance.activity.map(\.process).allSatisfy { $0 > process })
      #expect(fixture.storedPayments == 2)
    }
  }

  @Test func processorsQueue() {
    Simulated.perform {
      let fixture = RegionFixture()
      fixture.instance.statementSlowdown = 200
      let connections = (0..<6).map { _ in fixture.connect(direct: true).0! }
      let (_, alone) = fixture.pay(connections[0])
      var slowest = TimeSpan.zero
      for connection in connections {
        fixture.simulation.spawn("test") {
          let began = fixture.simulation.now
          try? await fixture.insert(connection, within: .seconds(60))
          slowest = max(slowest, fixture.simulation.now - began)
        }
      }
      fixture.run(.seconds(60))
      #expect(fixture.storedPayments == 7)
      #expect(slowest > alone * 1.5, "six at two processors")
    }
  }
}

@Suite struct Doubt {
  @Test func aConnectionLostAfterCommitLeavesTheClientInDoubt() {
    Simulated.perform {
      let fixture = RegionFixture()
      let connection = fixture.connect(direct: true).0!
      fixture.instance.commitSlowdown = 1000
      fixture.simulation.after(.milliseconds(200), "test") { fixture.instance.losePrimaryZone() }
      let (error, _) = fixture.pay(connection)
      #expect(error?.isInDoubt == true)
      #expect(fixture.storedPayments == 1, "it was committed, and nobody told the client")
    }
  }

  @Test func aConnectionLostBeforeCommitDoesNot() {
    Simulated.perform {
      let fixture = RegionFixture()
      let connection = fixture.connect(direct: true).0!
      fixture.instance.statementSlowdown = 2000
      fixture.simulation.after(.milliseconds(50), "test") { fixture.instance.losePrimaryZone() }
      let (error, span) = fixture.pay(connection)
      #expect(error?.sqlState == "57014")
      #expect(error?.isInDoubt == false)
      #expect(span == .seconds(3))
      fixture.run(.seconds(120))
      #expect(fixture.storedPayments == 0)
    }
  }

  @Test func workOfAClientThatGaveUpIsRolledBack() {
    Simulated.perform {
      let fixture = RegionFixture()
      for isDirect in [true, false] {
        let connection = fixture.connect(direct: isDirect).0!
        fixture.instance.statementSlowdown = 5000
        let (error, _) = fixture.pay(connection, within: .milliseconds(300))
        #expect(error?.isInDoubt == false)
        #expect(!connection.isUsable)
        fixture.run(.seconds(30))
        #expect(fixture.storedPayments == 0)
        fixture.instance.statementSlowdown = 1
      }
    }
  }

  @Test func aShutdownTellsTheSessionUnderWay() {
    Simulated.perform {
      let fixture = RegionFixture()
      let connection = fixture.connect(direct: true).0!
      fixture.instance.statementSlowdown = 500
      fixture.simulation.after(.milliseconds(20), "test") { try? fixture.instance.reboot(forceFailover: false) }
      let (error, _) = fixture.pay(connection)
      #expect(error == .adminShutdown)
      #expect(!connection.isUsable)
      #expect(fixture.storedPayments == 0)
    }
  }
}
