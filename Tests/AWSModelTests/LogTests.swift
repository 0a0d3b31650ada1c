import Documents
import HTTPMessages
import NetworkModel
import SimulationKernel
import Telemetry
import Testing

@testable import AWSModel

@Suite struct ComponentLogs {
  private static let flowLog = """

    ---
    apiVersion: ec2.aws.upbound.io/v1beta1
    kind: FlowLog
    metadata: {name: all}
    spec:
      forProvider:
        maxAggregationInterval: 60
        logDestination: arn:aws:logs:eu-south-2:111122223333:log-group:flows

    """

  @Simulated private static func lines(_ fixture: RegionFixture, _ group: String) -> [String] {
    fixture.region.logs.streams(of: group).flatMap(\.lines).map(\.text)
  }

  @Test func aRefusedLoginIsInPostgreSQLsLog() throws {
    try Simulated.perform {
      let fixture = RegionFixture()
      fixture.simulation.spawn("test") {
        _ = try? await PostgresConnection.open(
          fixture.network, from: fixture.proxy.hosts[0], to: fixture.instance.configuration.endpoint, port: 5432,
          PostgresStartup(user: "payments", password: "wrong", database: "payments"),
          deadline: fixture.simulation.now + .seconds(5))
      }
      fixture.run(.seconds(5))
      let lines = Self.lines(fixture, "/aws/rds/instance/\(fixture.instance.configuration.identifier)/postgresql")
      let refusal = try #require(lines.first { $0.contains("FATAL") })
      let pattern =
        #/2026-03-02 08:00:0\d UTC:10\.[\d.]+\(\d+\):payments@payments:\[\d+\]:FATAL:  password authentication failed for user "payments"/#
      #expect(refusal.wholeMatch(of: pattern) != nil, "\(refusal)")
      #expect(lines.contains { $0.contains(":DETAIL:  Connection matched pg_hba.conf") })
      #expect(lines[0].contains("::@:[394]:LOG:  starting PostgreSQL"))
    }
  }

  @Test func aRestartIsInPostgreSQLsLogInItsOrder() throws {
    try Simulated.perform {
      let fixture = RegionFixture()
      try fixture.instance.reboot(forceFailover: false)
      fixture.run(.minutes(2))
      let texts = Self.lines(fixture, fixture.instance.logGroup).compactMap {
        $0.split(separator: ":  ").last.map(String.init)
      }
      let order = [
        "received fast shutdown request", "database system is shut down", "database system was shut down",
        "database system is ready to accept connections",
      ]
      let found = order.map { wanted in texts.lastIndex(of: wanted) }
      #expect(found.allSatisfy { $0 != nil })
      #expect(found.compactMap(\.self) == found.compactMap(\.self).sorted())
    }
  }

  @Test func theProxyLogsARefusedLoginWithItsClientsNumber() {
    Simulated.perform {
      let fixture = RegionFixture()
      fixture.simulation.spawn("test") {
        _ = try? await PostgresConnection.open(
          fixture.network, from: fixture.pod, to: fixture.proxy.configuration.endpoint, port: 5432,
          PostgresStartup(user: "mallory", password: "guess", database: "payments"),
          deadline: fixture.simulation.now + .seconds(5))
      }
      fixture.run(.seconds(5))
      let lines = Self.lines(fixture, fixture.proxy.logGroup)
      #expect(lines.count { $0.contains("failed for user \"mallory\" with TLS on. Reason: Invalid credentials.") } == 1)
      #expect(lines.allSatisfy { $0.contains("] [proxyEndpoint=default]") })
    }
  }

  @Test func flowsAreLoggedAtBothInterfacesAndDroppedPacketsAtTheirTarget() {
    Simulated.perform {
      let fixture = RegionFixture { $0 + Self.flowLog }
      let stranger = fixture.region.allocateAddress(tier: "private", zone: "eu-south-2a")!
      let outsider = fixture.network.addHost(
        name: "spain/stranger", address: stranger.address, zone: stranger.zone, securityGroups: [])
      fixture.simulation.spawn("test") {
        let connection = try? await PostgresConnection.open(
          fixture.network, from: fixture.pod, to: fixture.proxy.configuration.endpoint, port: 5432,
          RegionFixture.login, deadline: fixture.simulation.now + .seconds(5))
        #expect(connection != nil)
        _ = try? await fixture.network.connect(
          from: outsider, to: fixture.instance.primary.address, port: 5432,
          deadline: fixture.simulation.now + .seconds(5))
      }
      fixture.run(.seconds(61))
      let records = Self.lines(fixture, "flows").map { $0.split(separator: " ").map(String.init) }
      #expect(records.allSatisfy { $0.count == 14 && $0[0] == "2" && $0[1] == "111122223333" && $0[13] == "OK" })
      let pod = fixture.pod.address.description
      let sent = records.filter { $0[3] == pod && $0[6] == "5432" }
      // Once at the interface of each side.
      #expect(sent.count == 2)
      #expect(
        Set(sent.map { $0[2] }) == [
          FlowLog.interface(fixture.pod), FlowLog.interface(fixture.network.host(at: IPv4Address(sent[0][4])!)!),
        ])
      let dropped = records.filter { $0[12] == "REJECT" }
      #expect(dropped.map { $0[2] } == [FlowLog.interface(fixture.instance.primary)])
      #expect(dropped.first.map { $0[3] } == outsider.address.description)
    }
  }

  @Test func anImpossibleAggregationIntervalIsAnError() {
    Simulated.perform {
      let complaints = RegionFixture.complaints {
        $0 + Self.flowLog.replacing("maxAggregationInterval: 60", with: "maxAggregationInterval: 90")
      }
      #expect(complaints.count == 1)
      #expect(complaints.first?.contains("expected 60 or 600 seconds, found 90") == true)
    }
  }
}
