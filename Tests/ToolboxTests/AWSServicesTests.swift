import AWSModel
import Documents
import NetworkModel
import SimulationKernel
import Testing

@testable import Toolbox

@Suite struct AWSServices {
  @Simulated private static func ask(_ fixture: ToolFixture, _ arguments: String) -> String {
    let result = fixture.type("aws \(arguments) --region eu-south-2")
    return result.exitCode == 0 ? result.output : result.errors
  }

  @Test func whoAmI() {
    Simulated.perform {
      let fixture = ToolFixture()
      #expect(Self.ask(fixture, "sts get-caller-identity --query Account --output text") == "111122223333\n")
    }
  }

  @Test func theProxysTargetAndPool() {
    Simulated.perform {
      let fixture = ToolFixture()
      let health =
        "rds describe-db-proxy-targets --db-proxy-name ledger --query Targets[0].TargetHealth.State --output text"
      #expect(Self.ask(fixture, health) == "AVAILABLE\n")
      _ = Self.ask(fixture, "rds stop-db-instance --db-instance-identifier ledger")
      fixture.run(.seconds(5))
      #expect(Self.ask(fixture, health) == "UNAVAILABLE\n")
      let pool = "rds modify-db-proxy-target-group --db-proxy-name ledger --target-group-name default"
      let set = "--connection-pool-config MaxConnectionsPercent=50"
      let query = "--query DBProxyTargetGroup.ConnectionPoolConfig.MaxConnectionsPercent"
      #expect(Self.ask(fixture, "\(pool) \(set) \(query)") == "50\n")
      #expect(fixture.aws.proxies[0].poolSize == fixture.aws.instances[0].maxConnections / 2)
      #expect(Self.ask(fixture, "\(pool) --connection-pool-config Max=1").contains("Parameter validation failed"))
    }
  }

  @Test func aNewPasswordIsInForceSecondsLater() {
    Simulated.perform {
      let fixture = ToolFixture()
      let change = "rds modify-db-instance --db-instance-identifier ledger --apply-immediately"
      #expect(Self.ask(fixture, "\(change) --master-user-password short").contains("shorter than 8 characters"))
      let answer = Self.ask(
        fixture, "\(change) --master-user-password long-enough --query DBInstance.PendingModifiedValues")
      #expect(answer == "{\n    \"MasterUserPassword\": \"****\"\n}\n")
      #expect(fixture.aws.instances[0].password == "s3cret")
      fixture.run(.seconds(20))
      #expect(fixture.aws.instances[0].password == "long-enough")
    }
  }

  @Test func aRotationRunsInTheBackground() {
    Simulated.perform {
      let fixture = ToolFixture()
      #expect(Self.ask(fixture, "secretsmanager rotate-secret --secret-id payments/login").contains("payments/login"))
      fixture.run(.seconds(10))
      #expect(fixture.aws.instances[0].password != "s3cret")
      let stages =
        "secretsmanager describe-secret --secret-id payments/login --query 'VersionIdsToStages.*[]|sort(@)' --output text"
      #expect(Self.ask(fixture, stages) == "AWSCURRENT\tAWSPREVIOUS\n")
      #expect(
        Self.ask(fixture, "secretsmanager rotate-secret --secret-id payments/database").contains(
          "(InvalidRequestException) when calling the RotateSecret operation"))
    }
  }

  @Test func aDisabledKeyAndAnEnabledOne() {
    Simulated.perform {
      let fixture = ToolFixture()
      let read = "secretsmanager get-secret-value --secret-id payments/login --query Name --output text"
      #expect(Self.ask(fixture, "kms disable-key --key-id alias/main") == "")
      #expect(Self.ask(fixture, read).contains("(DecryptionFailure) when calling the GetSecretValue operation"))
      let state = "kms describe-key --key-id alias/main --query KeyMetadata.KeyState --output text"
      #expect(Self.ask(fixture, state) == "Disabled\n")
      _ = Self.ask(fixture, "kms enable-key --key-id alias/main")
      #expect(Self.ask(fixture, read) == "payments/login\n")
      #expect(Self.ask(fixture, "kms describe-key --key-id nil").contains("(NotFoundException)"))
    }
  }

  @Test func rolesAndTheirPolicies() {
    Simulated.perform {
      let fixture = ToolFixture()
      fixture.files["policy.json"] =
        #"{"Statement": [{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]}"#
      let put = "iam put-role-policy --role-name eso --policy-name read --policy-document"
      #expect(Self.ask(fixture, "\(put) file://policy.json") == "")
      #expect(Self.ask(fixture, "iam list-role-policies --role-name eso --query PolicyNames --output text") == "read\n")
      #expect(Self.ask(fixture, "\(put) file://none.json").contains("No such file or directory: 'none.json'"))
      #expect(Self.ask(fixture, "\(put) {}").contains("(MalformedPolicyDocument)"))
      _ = Self.ask(fixture, "iam delete-role-policy --role-name eso --policy-name read")
      #expect(fixture.aws.identity[role: "eso"]?.policies.isEmpty == true)
      #expect(
        Self.ask(fixture, "iam get-role --role-name nobody").contains("The role with name nobody cannot be found."))
    }
  }

  @Test func targetsOfALoadBalancer() throws {
    try Simulated.perform {
      let fixture = ToolFixture()
      let balancer = try #require(fixture.aws.createLoadBalancer(name: "pay", securityGroups: []))
      let group = TargetGroup(
        name: "api", region: "spain", healthCheck: TargetGroup.HealthCheck(), prober: balancer.nodes[0],
        network: fixture.aws.network, journal: fixture.journal)
      balancer.rules = [LoadBalancer.Rule(host: "", pathPrefix: "/", targetGroup: group)]
      group.register(try #require(IPv4Address("10.10.51.77")), port: 8080)
      fixture.run(.seconds(60))
      let arn = Self.ask(fixture, "elbv2 describe-target-groups --query TargetGroups[0].TargetGroupArn --output text")
        .split(separator: "\n")[0]
      let query = "--query 'TargetHealthDescriptions[].[Target.Id,TargetHealth.State,TargetHealth.Reason]'"
      #expect(
        Self.ask(fixture, "elbv2 describe-target-health --target-group-arn \(arn) \(query) --output text")
          == "10.10.51.77\tunhealthy\tTarget.Timeout\n")
      let balancers = "elbv2 describe-load-balancers --query LoadBalancers[].DNSName --output text"
      #expect(Self.ask(fixture, balancers) == "\(balancer.dnsName)\n")
      let path = "elbv2 modify-target-group --target-group-arn \(arn) --health-check-path"
      #expect(Self.ask(fixture, "\(path) health").contains("(ValidationError)"))
      _ = Self.ask(fixture, "\(path) /ready")
      #expect(group.healthCheck.path == "/ready")
    }
  }

  @Test func theTrailShowsACallWithinFiveMinutes() {
    Simulated.perform {
      let fixture = ToolFixture()
      _ = Self.ask(fixture, "rds reboot-db-instance --db-instance-identifier none")
      let names = "cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=RebootDBInstance"
      #expect(Self.ask(fixture, "\(names) --query Events") == "[]\n")
      fixture.run(.minutes(5))
      let record = "\(names) --query Events[0].CloudTrailEvent --output text"
      #expect(Self.ask(fixture, record).contains(#""errorCode":"DBInstanceNotFound""#))
      #expect(Self.ask(fixture, record).contains(#""requestParameters":{"dBInstanceIdentifier":"none"}"#))
    }
  }

  @Test(arguments: [
    ("rds describe-db-instances --output xml", 252, "argument --output: Invalid choice"),
    ("rds describe-db-instances --query a[", 252, "Bad value for --query a[: Invalid jmespath expression"),
    (
      "rds describe-db-instances --region mars-1", 255,
      "Could not connect to the endpoint URL: \"https://rds.mars-1.amazonaws.com/\""
    ),
  ]) func localErrors(_ arguments: String, _ exitCode: Int32, _ text: String) {
    Simulated.perform {
      let region = arguments.contains("--region") ? "" : " --region eu-south-2"
      let result = ToolFixture().type("aws \(arguments)\(region)")
      #expect(result.exitCode == exitCode)
      #expect(result.errors.contains(text), "\(result.errors)")
    }
  }
}

@Suite struct CloudWatchCommands {
  @Simulated private static func ask(_ fixture: ToolFixture, _ arguments: String) -> String {
    let result = fixture.type("aws cloudwatch \(arguments) --region eu-south-2")
    return result.exitCode == 0 ? result.output : result.errors
  }

  private static let database = "--namespace AWS/RDS --metric-name DatabaseConnections"

  @Test func metricsOfTheDatabase() {
    Simulated.perform {
      let fixture = ToolFixture()
      fixture.aws.instances[0].otherSessions = 7
      fixture.run(.minutes(5))
      let list =
        "list-metrics \(Self.database) --dimensions Name=DBInstanceIdentifier --query Metrics[].Dimensions[].Value"
      #expect(Self.ask(fixture, list + " --output text") == "ledger\n")
      let times = "--start-time 2026-03-02T08:01:00Z --end-time 2026-03-02T08:03:00Z"
      let dimension = "--dimensions Name=DBInstanceIdentifier,Value=ledger"
      let read = "get-metric-statistics \(Self.database) \(dimension) \(times) --period 60 --statistics Average Maximum"
      #expect(
        Self.ask(fixture, read + " --query Datapoints[].[Timestamp,Average,Maximum,Unit] --output text")
          == "2026-03-02T08:01:00+00:00\t7\t7\tCount\n2026-03-02T08:02:00+00:00\t7\t7\tCount\n")
      let query =
        #"[{"Id":"c","MetricStat":{"Metric":{"Namespace":"AWS/RDS","MetricName":"DatabaseConnections","Dimensions":[{"Name":"DBInstanceIdentifier","Value":"ledger"}]},"Period":120,"Stat":"Sum"}}]"#
      let data = Self.ask(
        fixture, "get-metric-data --metric-data-queries '\(query)' \(times) --query MetricDataResults[].Values[]")
      // The newest first; periods begin at whole multiples of their length. The first holds half a minute without sessions.
      #expect(data == "[\n    42,\n    63\n]\n")
    }
  }

  @Test(arguments: [
    ("--period 61 --statistics Average", "(InvalidParameterValue)"), ("--period 60", "(MissingParameter)"),
    ("--period 60 --statistics Median", "(InvalidParameterValue)"),
  ])
  func whatIsRefused(_ row: (options: String, error: String)) {
    Simulated.perform {
      let times = "--start-time 2026-03-02T08:01:00Z --end-time 2026-03-02T08:03:00Z"
      let answer = Self.ask(ToolFixture(), "get-metric-statistics \(Self.database) \(times) \(row.options)")
      #expect(answer.contains(row.error), "\(answer)")
    }
  }
}
