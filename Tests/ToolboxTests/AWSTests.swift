import AWSModel
import Documents
import SimulationKernel
import Testing

@testable import Toolbox

@Suite struct AWSCommands {
  private static let group = "sg-0bbbbbbbbbbbbbbbb"
  private static let pods = "sg-0aaaaaaaaaaaaaaaa"

  @Test func securityGroupRules() throws {
    try Simulated.perform {
      let fixture = ToolFixture()
      let rule = "--group-id \(Self.group) --protocol tcp --port 5432 --source-group \(Self.pods) --region eu-south-2"
      let duplicate = fixture.type("aws ec2 authorize-security-group-ingress \(rule)")
      #expect(duplicate.exitCode == 254)
      #expect(
        duplicate.errors
          == "\nAn error occurred (InvalidPermission.Duplicate) when calling the AuthorizeSecurityGroupIngress operation: the specified rule \"peer: \(Self.pods), TCP, from port: 5432, to port: 5432, ALLOW\" already exists\n"
      )
      let revoked = fixture.type("aws ec2 revoke-security-group-ingress \(rule)")
      let answer = try parseJSON(revoked.output)
      #expect(answer["Return"] == true)
      #expect(fixture.aws.securityGroups[Self.group]?.rules.isEmpty == true)
      #expect(fixture.type("aws ec2 authorize-security-group-ingress \(rule)").exitCode == 0)
      #expect(fixture.aws.securityGroups[Self.group]?.rules.count == 1)
      let shown = fixture.type(
        "aws --region eu-south-2 ec2 describe-security-groups --filters Name=group-name,Values=database")
      let group = try parseJSON(shown.output)["SecurityGroups"]?[0]
      #expect(group?["GroupId"] == .string(Self.group))
      #expect(group?["IpPermissions"]?[0]?["UserIdGroupPairs"]?[0]?["GroupId"] == .string(Self.pods))
      #expect(shown.output.hasPrefix("{\n    \"SecurityGroups\": [\n        {\n            \"GroupId\""))
    }
  }

  @Test func machinesAreThoseOfTheNodes() throws {
    try Simulated.perform {
      let fixture = ToolFixture()
      let node = try #require(fixture.spain.server.list(.node).first?.name)
      let provider = #"{"spec":{"providerID":"aws:///eu-south-2a/i-0abc"}}"#
      #expect(fixture.type("kubectl patch node \(node) --type merge -p '\(provider)'").exitCode == 0)
      let query = "--query Reservations[].Instances[].PrivateDnsName --output text --region eu-south-2"
      #expect(fixture.type("aws ec2 describe-instances --instance-ids i-0abc \(query)").output == node + "\n")
      let status = "aws ec2 describe-instance-status --query InstanceStatuses[0].SystemStatus.Status --output text"
      #expect(fixture.type(status + " --region eu-south-2").output == "ok\n")
      #expect(fixture.type("aws ec2 reboot-instances --instance-ids i-0abc --region eu-south-2") == CommandResult())
      #expect(fixture.type(status + " --region eu-south-2").output == "impaired\n")
      let waiting = "aws ec2 wait instance-status-ok --instance-ids i-0abc --region eu-south-2"
      #expect(fixture.type(waiting).exitCode == 0)
      #expect(fixture.spain.hasPower(node))
      let absent = fixture.type("aws ec2 describe-instances --instance-ids i-0 --region eu-south-2")
      #expect(absent.exitCode == 254 && absent.errors.contains("The instance ID 'i-0' does not exist"))
    }
  }

  @Test func waitersCallAgain() throws {
    try Simulated.perform {
      let fixture = ToolFixture()
      let here = "--region eu-south-2"
      let name = try #require(fixture.aws.instances.first?.configuration.identifier)
      let waiting = "aws rds wait db-instance-available --db-instance-identifier \(name) \(here)"
      #expect(fixture.type(waiting) == CommandResult())
      let began = fixture.simulation.now
      _ = fixture.type("aws rds reboot-db-instance --db-instance-identifier \(name) \(here)")
      #expect(fixture.type(waiting).exitCode == 0)
      #expect(fixture.simulation.now - began >= .seconds(30))
      let absent = fixture.type("aws rds wait db-instance-available --db-instance-identifier none \(here)")
      #expect(absent.exitCode == 255)
      #expect(
        absent.errors
          == "\nWaiter DBInstanceAvailable failed: An error occurred (DBInstanceNotFound): DBInstance none not found.\n"
      )
      let gone = fixture.type("aws rds wait db-instance-deleted --db-instance-identifier none \(here)")
      #expect(gone == CommandResult())
      let group = fixture.type("aws ec2 wait security-group-exists --group-ids sg-0cccccccccccccccc \(here)")
      #expect(group.errors == "\nWaiter SecurityGroupExists failed: Max attempts exceeded\n")
      #expect(fixture.type("aws rds wait db-instance-\(here)").exitCode == 252)
    }
  }

  @Test(arguments: [
    (
      "ec2 authorize-security-group-ingress --group-id sg-0cccccccccccccccc --protocol tcp --port 1 --cidr 0.0.0.0/0",
      "\nAn error occurred (InvalidGroup.NotFound) when calling the AuthorizeSecurityGroupIngress operation: The security group 'sg-0cccccccccccccccc' does not exist\n",
      254
    ),
    (
      "rds failover-db-cluster --db-cluster-identifier ledger",
      "\nAn error occurred (DBClusterNotFoundFault) when calling the FailoverDBCluster operation: DBCluster ledger not found.\n",
      254
    ),
    (
      "rds reboot-db-instance --db-instance-identifier none",
      "\nAn error occurred (DBInstanceNotFound) when calling the RebootDBInstance operation: DBInstance none not found.\n",
      254
    ),
    (
      "secretsmanager get-secret-value --secret-id none",
      "\nAn error occurred (ResourceNotFoundException) when calling the GetSecretValue operation: Secrets Manager can't find the specified secret.\n",
      254
    ),
  ])
  func serviceErrors(_ arguments: String, _ text: String, _ exitCode: Int32) {
    Simulated.perform {
      let result = ToolFixture().type("aws \(arguments) --region eu-south-2")
      #expect(result == Toolbox.CommandResult(errors: text, exitCode: exitCode))
    }
  }

  @Test(arguments: [
    ("rds reboot-db-instance", "aws: error: the following arguments are required: --db-instance-identifier\n"),
    ("rds describe-db-instances --foo", "Unknown options: --foo\n"),
    (
      "rds describe-db-instancs",
      "Invalid choice: 'describe-db-instancs', maybe you meant:\n\n  * describe-db-instances\n"
    ),
    ("", "aws: error: the following arguments are required: command\n"),
  ])
  func usageErrors(_ arguments: String, _ end: String) {
    Simulated.perform {
      let result = ToolFixture().type("aws --region eu-south-2 \(arguments)")
      #expect(result.exitCode == 252)
      #expect(result.errors.hasSuffix(end), "\(result.errors)")
    }
  }

  @Test func failoverByHand() throws {
    try Simulated.perform {
      let fixture = ToolFixture()
      let named = "--db-instance-identifier ledger --region eu-south-2"
      let zone =
        "aws rds describe-db-instances \(named) --query 'DBInstances[0].AvailabilityZone' --output text"
      #expect(fixture.type(zone).output == "eu-south-2a\n")
      let reboot = fixture.type("aws rds reboot-db-instance \(named) --force-failover")
      let answer = try parseJSON(reboot.output)
      #expect(answer.at("DBInstance", "DBInstanceStatus") == "failing-over")
      let again = fixture.type("aws rds reboot-db-instance \(named)")
      #expect(again.errors.contains("(InvalidDBInstanceState) when calling the RebootDBInstance operation"))
      fixture.run(.minutes(2))
      #expect(fixture.type(zone).output == "eu-south-2b\n")
      let events = fixture.type(
        "aws rds describe-events --source-type db-instance --source-identifier ledger --region eu-south-2 "
          + "--query 'Events[].Message' --output text")
      #expect(
        events.output
          == "Multi-AZ instance failover started.\tThe user requested a failover of the DB instance.\tDB instance restarted\tMulti-AZ instance failover completed\n"
      )
    }
  }

  @Test func secrets() throws {
    try Simulated.perform {
      let fixture = ToolFixture()
      let named = "--secret-id payments/database --region eu-south-2"
      let query = "--query SecretString --output text"
      #expect(fixture.type("aws secretsmanager get-secret-value \(named) \(query)").output == "s3cret\n")
      #expect(fixture.type("aws secretsmanager put-secret-value \(named) --secret-string n3w").exitCode == 0)
      #expect(fixture.type("aws secretsmanager get-secret-value \(named) \(query)").output == "n3w\n")
      let previous = "aws secretsmanager get-secret-value \(named) --version-stage AWSPREVIOUS \(query)"
      #expect(fixture.type(previous).output == "s3cret\n")
      let list = try parseJSON(fixture.type("aws secretsmanager list-secrets --region eu-south-2").output)
      #expect(list["SecretList"]?[0]?["Name"] == "payments/database")
    }
  }
}
