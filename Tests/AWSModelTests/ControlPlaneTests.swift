import AWSModel
import Documents
import NetworkModel
import SimulationKernel
import Testing

@Suite struct SecurityGroupCalls {
  private static func rule(_ cidr: String, port: Int = 5432) -> SecurityGroupRule {
    SecurityGroupRule(.ingress, ipProtocol: "tcp", fromPort: port, toPort: port, peer: .cidr(CIDRBlock(cidr)!))
  }

  @Simulated private static func code(_ body: () throws(AWSError) -> Void) -> String {
    do throws(AWSError) { try body() } catch { return "\(error)" }
    return ""
  }

  @Test func rulesComeAndGo() {
    Simulated.perform {
      let fixture = RegionFixture()
      let groups = fixture.region.securityGroups
      let rds = fixture.region.securityGroupID("rds")!
      let added = Self.rule("10.0.0.0/8")
      #expect(Self.code { () throws(AWSError) in try groups.authorize([added], in: rds) } == "")
      #expect(
        Self.code { () throws(AWSError) in try groups.authorize([added], in: rds) }
          == "InvalidPermission.Duplicate: the specified rule \"peer: 10.0.0.0/8, TCP, from port: 5432, to port: 5432, ALLOW\" already exists"
      )
      #expect(Self.code { () throws(AWSError) in try groups.revoke([added], in: rds) } == "")
      #expect(
        Self.code { () throws(AWSError) in try groups.revoke([added], in: rds) }
          == "InvalidPermission.NotFound: The specified rule does not exist in this security group.")
      #expect(
        Self.code { () throws(AWSError) in try groups.revoke([added], in: "sg-0123") }
          == "InvalidGroup.NotFound: The security group 'sg-0123' does not exist")
      #expect(
        Self.code { () throws(AWSError) in try groups.revoke([added], in: "rds") }
          == "InvalidGroupId.Malformed: Invalid id: \"rds\" (expecting \"sg-...\")")
    }
  }

  struct Packet: CustomTestStringConvertible {
    var rules: [SecurityGroupRule]
    var port: UInt16
    var passes: Bool
    var testDescription: String { "port \(port) through \(rules.count) rules" }
  }

  static let packets = [
    Packet(rules: [], port: 5432, passes: false),
    Packet(rules: [rule("10.10.32.0/20")], port: 5432, passes: true),
    Packet(rules: [rule("10.10.32.0/20")], port: 5433, passes: false),
    Packet(rules: [rule("10.20.0.0/16")], port: 5432, passes: false),
    Packet(
      rules: [
        SecurityGroupRule(.ingress, ipProtocol: "-1", fromPort: 0, toPort: 0, peer: .group("sg-04c19ae83b72d6f51"))
      ], port: 9, passes: true),
    Packet(
      rules: [
        SecurityGroupRule(.egress, ipProtocol: "-1", fromPort: 0, toPort: 0, peer: .cidr(CIDRBlock("0.0.0.0/0")!))
      ],
      port: 5432, passes: false),
  ]

  @Test(arguments: packets) func whatNoRuleLetsThroughIsDropped(_ packet: Packet) {
    Simulated.perform {
      let fixture = RegionFixture()
      let rds = fixture.region.securityGroupID("rds")!
      fixture.region.securityGroups[rds]?.rules = packet.rules
      #expect(
        fixture.network.permits(from: fixture.pod, to: fixture.instance.primary, port: packet.port) == packet.passes)
    }
  }

  @Test func aFlowOpenToAllBothWaysIsNotTracked() {
    Simulated.perform {
      let fixture = RegionFixture()
      let groups = fixture.region.securityGroups
      let rds = fixture.region.securityGroupID("rds")!
      #expect(groups.tracks(from: fixture.pod, to: fixture.instance.primary, port: 5432))
      let all = CIDRBlock("0.0.0.0/0")!
      groups[rds]?.rules = [
        SecurityGroupRule(.ingress, ipProtocol: "tcp", fromPort: 5432, toPort: 5432, peer: .cidr(all)),
        SecurityGroupRule(.egress, ipProtocol: "-1", fromPort: 0, toPort: 0, peer: .cidr(all)),
      ]
      #expect(!groups.tracks(from: fixture.pod, to: fixture.instance.primary, port: 5432))
    }
  }
}

@Suite struct SecretsAndIdentities {
  private static let role = "arn:aws:iam::111122223333:role/eso"
  private static let subject = "system:serviceaccount:eso:eso"

  @Test func labelsMove() throws {
    try Simulated.perform {
      let secrets = RegionFixture().region.secrets
      let first = try secrets.value("payments/database")
      try secrets.put("payments/database", value: "second")
      #expect(try secrets.value("payments/database").value == "second")
      #expect(try secrets.value("payments/database", stage: "AWSPREVIOUS").id == first.id)
      try secrets.put("payments/database", value: "third", stages: ["AWSPENDING"])
      #expect(try secrets.value("payments/database").value == "second")
      try secrets.promotePending("payments/database")
      #expect(try secrets.value("payments/database").value == "third")
      #expect(try secrets.value("payments/database", stage: "AWSPREVIOUS").value == "second")
      #expect(throws: SecretsManagerError.self) { try secrets.value("payments/database", stage: "AWSPENDING") }
      #expect(try secrets.describe("payments/database").versions.count == 2)
    }
  }

  @Test func whoMayRead() throws {
    try Simulated.perform {
      let region = RegionFixture().region
      let session = try region.identity.assumeRole(Self.role, subject: Self.subject, sessionName: "provider")
      #expect(session.arn == "arn:aws:sts::111122223333:assumed-role/eso/provider")
      #expect(try !region.secrets.value("payments/database", as: session).value.isEmpty)
      let arn = try region.secrets.describe("payments/database").arn
      region.identity[role: "eso"]?.policies = []
      #expect {
        try region.secrets.value("payments/database", as: session)
      } throws: { error in
        "\(error)"
          == "AccessDeniedException: User: \(session.arn) is not authorized to perform: secretsmanager:GetSecretValue on resource: \(arn) because no identity-based policy allows the secretsmanager:GetSecretValue action"
      }
      let denial = PolicyDocument.Statement(isAllow: false, actions: ["*"], resources: ["*"])
      let permission = PolicyDocument.Statement(isAllow: true, actions: ["*"], resources: ["*"])
      region.identity[role: "eso"]?.policies = [("both", PolicyDocument(statements: [permission, denial]))]
      #expect {
        try region.secrets.value("payments/database", as: session)
      } throws: {
        "\($0)".hasSuffix("with an explicit deny in an identity-based policy")
      }
    }
  }

  @Test(arguments: [("system:serviceaccount:eso:other", role), (subject, "arn:aws:iam::111122223333:role/none")])
  func strangersAreNotTrusted(_ subject: String, _ role: String) {
    Simulated.perform {
      _ = #expect {
        _ = try RegionFixture().region.identity.assumeRole(role, subject: subject, sessionName: "x")
      } throws: {
        "\($0)" == "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"
      }
    }
  }

  @Test func aDisabledKeyHidesTheSecret() {
    Simulated.perform {
      let region = RegionFixture().region
      region.keys["main"]?.state = .disabled
      #expect(throws: SecretsManagerError.decryptionFailure) { try region.secrets.value("payments/database") }
    }
  }

  @Test func aRotationChangesDatabaseAndSecret() throws {
    try Simulated.perform {
      let fixture = RegionFixture()
      let (result, span) = fixture.await { try await fixture.region.rotate("payments/database") }
      #expect(throws: Never.self) { try result.get() }
      #expect((TimeSpan.seconds(1.6)...(.seconds(7.2))).contains(span))
      #expect(fixture.connect(direct: true).1 == .wrongPassword("payments"))
      let login = try parseJSON(try fixture.region.secrets.value("payments/database").value)
      #expect(login["password"]?.string == fixture.instance.password)
      let startup = PostgresStartup(user: "payments", password: fixture.instance.password, database: "payments")
      #expect(fixture.pay(fixture.connect(startup).0!).0 == nil)
    }
  }

  @Test func theTrailRemembers() {
    Simulated.perform {
      let fixture = RegionFixture()
      fixture.region.trail.record(
        "RebootDBInstance", source: "rds.amazonaws.com", by: fixture.region.engineer,
        request: ["dBInstanceIdentifier": "payments"],
        error: RDSFault(code: "InvalidDBInstanceState", message: "no"))
      #expect(fixture.region.trail.events.map(\.errorCode) == ["InvalidDBInstanceState"])
      #expect(fixture.journal.platformEvents.map(\.reason) == ["RebootDBInstance"])
    }
  }
}

@Suite struct Loading {
  @Test func theRegionIsWhatItsManifestsSay() {
    Simulated.perform {
      let fixture = RegionFixture()
      #expect(fixture.region.subnets.count == 6)
      #expect(fixture.region.vpcs[0].id.hasPrefix("vpc-0"))
      #expect(fixture.region.securityGroups["sg-09d2b85f1e6c7a3f4"]?.vpcID == fixture.region.vpcs[0].id)
      #expect(fixture.instance.primary.zone.name == "eu-south-2a")
      #expect(fixture.instance.standby?.zone.name == "eu-south-2b")
      #expect(fixture.proxy.poolSize == 101 * 90 / 100)
      #expect(fixture.region.identity[role: "eso"]?.policies.count == 1)
    }
  }

  @Test(arguments: [
    ("10.10.201.0/24", "10.20.201.0/24", "lies outside of main, which is 10.10.0.0/16"),
    ("10.10.201.0/24", "10.10.200.128/25", "overlaps the subnet database-a"),
    ("10.10.201.0/24", "10.10.201.0", "is not a CIDR block"),
    ("eu-south-2b, cidrBlock: 10.10.201.0/24", "eu-south-2a, cidrBlock: 10.10.201.0/24", "two availability zones"),
    ("db.t3.micro", "db.t3.micron", "unknown instance class \"db.t3.micron\""),
    ("region: eu-south-2, engine", "region: us-east-1, engine", "Instance payments is in us-east-1"),
    ("type: ingress, protocol: tcp", "type: inbound, protocol: tcp", "expected ingress or egress, found \"inbound\""),
    ("fromPort: 5432, toPort: 5432", "fromPort: 5432, toPort: 5431", "ports 5432 to 5431 are no range"),
    ("sourceSecurityGroupIdRef: {name: cluster}", "sourceSecurityGroupIdRef: {name: cluste}", "no SecurityGroup named"),
    ("maxConnectionsPercent: 90", "maxConnectionsPercent: 190", "maxConnectionsPercent: expected 1 to 100"),
    (
      "dbInstanceIdentifierRef: {name: payments}", "dbInstanceIdentifierRef: {name: pay}", "no ProxyTarget with a known"
    ),
    ("secretArnRef: {name: login}", "secretArnRef: {name: logon}", "no Secret of secretsmanager named"),
    (
      "passwordSecretRef: {name: database, key: password}", "passwordSecretRef: {name: database, key: pass}",
      "key \"pass\""
    ),
    ("roleRef: {name: eso}", "roleRef: {name: es}", "no Role of iam named"),
    ("'{\"Statement\": [{\"Effect\"", "'{\"Statemen\": [{\"Effect\"", "expected the JSON of a policy"),
    ("{name: database-a}, {name: database-b}", "{name: database-a}, {name: database-c}", "no Subnet named"),
    ("multiAz: true", "multiAz: often", "expected true or false"),
  ]) func contradictionsAreReported(_ before: String, _ after: String, _ complaint: String) {
    Simulated.perform {
      let complaints = RegionFixture.complaints { $0.replacing(before, with: after) }
      #expect(complaints.contains { $0.contains(complaint) }, "\(complaints)")
    }
  }
}
