import AWSModel
import Documents
import KubernetesModel
import NetworkModel
import SimulationKernel
import TwinWorld

/// `aws`, version 2, for the services of the twin. Shapes are those of the RDS, EC2 and Secrets Manager API references.
@Simulated
struct AWSCommand {
  let terminal: Terminal

  init(_ terminal: Terminal) { self.terminal = terminal }

  static let callTime = Distribution.uniform(.milliseconds(600), .milliseconds(1400))

  /// An API's refusal, printed as the CLI prints it; exit code 254.
  struct ServiceError: Error {
    var code: String
    var operation: String
    var message: String
  }

  /// A malformed call; exit code 252.
  struct UsageError: Error {
    var message: String
  }

  typealias Operation = @Simulated (AWSCommand, AWSRegion, CommandFlags) throws -> JSONValue?

  private static let globalFlags: [CommandFlags.Specification] = [
    .value("--region"), .value("--output"), .value("--profile"),
  ]

  private static let operations:
    [(service: String, name: String, flags: [CommandFlags.Specification], run: Operation)] =
      rdsOperations + ec2Operations + secretsOperations

  func run(_ arguments: [String]) async -> CommandResult {
    let words = arguments.filter { !$0.hasPrefix("-") }
    guard let service = arguments.first, !service.hasPrefix("-"), words.count > 1 else {
      return usage("the following arguments are required: \(arguments.isEmpty ? "command" : "operation")")
    }
    let services = ["rds", "ec2", "secretsmanager"]
    guard services.contains(service) else {
      return usage("argument command: Invalid choice, valid choices are:\n\n" + services.joined(separator: " | "))
    }
    guard let operation = Self.operations.first(where: { $0.service == service && $0.name == arguments[1] }) else {
      let known = Self.operations.filter { $0.service == service }.map(\.name)
      return usage("argument operation: Invalid choice, valid choices are:\n\n" + known.joined(separator: " | "))
    }
    do {
      let flags = try CommandFlags(Array(arguments.dropFirst(2)), Self.globalFlags + operation.flags)
      let region = try region(flags)
      await terminal.spend(Self.callTime)
      let result = try operation.run(self, region, flags)
      guard ["json", nil].contains(flags["--output"]) else {
        throw UsageError(message: "argument --output: Invalid choice, valid choices are:\n\njson")
      }
      return CommandResult(output: result.map { $0.jsonText(JSONLayout(indent: 4)) + "\n" } ?? "")
    } catch let error as CommandFlags.Malformed {
      return usage(
        error.isMissingValue ? "argument \(error.flag): expected one argument" : "Unknown options: \(error.flag)")
    } catch let error as UsageError {
      return usage(error.message)
    } catch let error as ServiceError {
      return .failure(
        "\nAn error occurred (\(error.code)) when calling the \(error.operation) operation: \(error.message)",
        exitCode: 254)
    } catch {
      return .failure("\n\(error)", exitCode: 255)
    }
  }

  private func usage(_ message: String) -> CommandResult {
    .failure(
      "\nusage: aws [options] <command> <subcommand> [<subcommand> ...] [parameters]\nTo see help text, you can run:\n\n  aws help\n  aws <command> help\n  aws <command> <subcommand> help\n\naws: error: \(message)",
      exitCode: 252)
  }

  private func region(_ flags: CommandFlags) throws -> AWSRegion {
    let code = flags["--region"] ?? terminal.world.regions[0].code
    guard let region = terminal.world.regions.first(where: { $0.code == code }) else {
      throw UsageError(message: "Could not connect to the endpoint URL: \"https://rds.\(code).amazonaws.com/\"")
    }
    return region.aws
  }

  static func required(_ flags: CommandFlags, _ name: String) throws -> String {
    guard let value = flags[name] else { throw UsageError(message: "the following arguments are required: \(name)") }
    return value
  }

  /// Notes a call that changes something, as CloudTrail does.
  func record(_ region: AWSRegion, _ event: String, _ detail: String) {
    terminal.world.journal.note("\(region.name)/cloudtrail/\(Terminal.user)", reason: event, message: detail)
  }

  // MARK: RDS

  private static let identifier = CommandFlags.Specification.value("--db-instance-identifier")

  private static let rdsOperations:
    [(service: String, name: String, flags: [CommandFlags.Specification], run: Operation)] = [
      (
        "rds", "describe-db-instances", [identifier],
        { _, region, flags in
          let chosen =
            try flags["--db-instance-identifier"].map { [try instance($0, region, "DescribeDBInstances")] }
            ?? region.instances
          return ["DBInstances": .array(chosen.map { json($0, region) })]
        }
      ),
      (
        "rds", "describe-db-proxies", [.value("--db-proxy-name")],
        { _, region, flags in
          let chosen = region.proxies.filter {
            flags["--db-proxy-name"] == nil || flags["--db-proxy-name"] == $0.configuration.name
          }
          return ["DBProxies": .array(chosen.map { json($0) })]
        }
      ),
      (
        "rds", "describe-events", [.value("--source-identifier"), .value("--source-type"), .value("--duration")],
        { command, region, flags in
          command.events(region, flags)
        }
      ),
      (
        "rds", "reboot-db-instance", [identifier, .flag("--force-failover"), .flag("--no-force-failover")],
        { command, region, flags in
          let found = try instance(try required(flags, "--db-instance-identifier"), region, "RebootDBInstance")
          try call("RebootDBInstance") { () throws(RDSFault) in
            try found.reboot(forceFailover: flags.has("--force-failover"))
          }
          command.record(region, "RebootDBInstance", found.configuration.identifier)
          return ["DBInstance": json(found, region)]
        }
      ),
      (
        "rds", "start-db-instance", [identifier],
        { command, region, flags in
          let found = try instance(try required(flags, "--db-instance-identifier"), region, "StartDBInstance")
          try call("StartDBInstance") { () throws(RDSFault) in try found.start() }
          command.record(region, "StartDBInstance", found.configuration.identifier)
          return ["DBInstance": json(found, region)]
        }
      ),
      (
        "rds", "stop-db-instance", [identifier],
        { command, region, flags in
          let found = try instance(try required(flags, "--db-instance-identifier"), region, "StopDBInstance")
          try call("StopDBInstance") { () throws(RDSFault) in try found.stop() }
          command.record(region, "StopDBInstance", found.configuration.identifier)
          return ["DBInstance": json(found, region)]
        }
      ),
      (
        "rds", "failover-db-cluster", [.value("--db-cluster-identifier"), .value("--target-db-instance-identifier")],
        { _, _, flags in
          let name = try required(flags, "--db-cluster-identifier")
          // The twin's databases are instances, not Aurora clusters.
          throw ServiceError(
            code: "DBClusterNotFoundFault", operation: "FailoverDBCluster", message: "DBCluster \(name) not found.")
        }
      ),
    ]

  private static func call(_ operation: String, _ body: () throws(RDSFault) -> Void) throws {
    do throws(RDSFault) { try body() } catch {
      throw ServiceError(code: error.code, operation: operation, message: error.message)
    }
  }

  private static func instance(_ name: String, _ region: AWSRegion, _ operation: String) throws -> DBInstance {
    guard let found = region.instance(name) else {
      throw ServiceError(code: "DBInstanceNotFound", operation: operation, message: "DBInstance \(name) not found.")
    }
    return found
  }

  private static func json(_ instance: DBInstance, _ region: AWSRegion) -> JSONValue {
    let configuration = instance.configuration
    return [
      "DBInstanceIdentifier": .string(configuration.identifier),
      "DBInstanceClass": .string(configuration.instanceClass.name),
      "Engine": "postgres", "DBInstanceStatus": .string(instance.status.rawValue),
      "MasterUsername": .string(configuration.user),
      "DBName": .string(configuration.databaseName),
      "Endpoint": ["Address": .string(configuration.endpoint), "Port": .integer(Int64(configuration.port))],
      "AllocatedStorage": .integer(Int64(configuration.allocatedStorage)),
      "VpcSecurityGroups": .array(
        configuration.securityGroups.map { ["VpcSecurityGroupId": .string($0), "Status": "active"] }),
      "AvailabilityZone": .string(instance.primary.zone.name), "MultiAZ": .bool(configuration.isMultiAZ),
      "EngineVersion": .string(configuration.engineVersion),
      "SecondaryAvailabilityZone": instance.standby.map { .string($0.zone.name) } ?? .null,
      "DBInstanceArn": .string("arn:aws:rds:\(region.code):\(region.accountID):db:\(configuration.identifier)"),
    ]
  }

  private static func json(_ proxy: RDSProxy) -> JSONValue {
    [
      "DBProxyName": .string(proxy.configuration.name), "Status": "available", "EngineFamily": "POSTGRESQL",
      "VpcSecurityGroupIds": .array(proxy.configuration.securityGroups.map { .string($0) }), "RequireTLS": true,
      "Auth": [["AuthScheme": "SECRETS", "SecretArn": .string(proxy.configuration.secret), "IAMAuth": "DISABLED"]],
      "Endpoint": .string(proxy.configuration.endpoint),
    ]
  }

  private func events(_ region: AWSRegion, _ flags: CommandFlags) -> JSONValue {
    let minutes = flags["--duration"].flatMap { Double($0) } ?? 60
    let since = terminal.world.simulation.now - .minutes(minutes)
    let rows = region.instances.flatMap { instance in
      instance.events.filter { $0.at >= since }.map { (instance.configuration.identifier, $0) }
    }
    let chosen = rows.filter { flags["--source-identifier"] == nil || flags["--source-identifier"] == $0.0 }
    return [
      "Events": .array(
        chosen.map { name, event in
          [
            "SourceIdentifier": .string(name), "SourceType": "db-instance", "Message": .string(event.message),
            "EventCategories": [.string(event.category)], "Date": .string(ClusterClock.timestamp(event.at)),
          ]
        })
    ]
  }

  // MARK: Secrets Manager

  private static let secretsOperations:
    [(service: String, name: String, flags: [CommandFlags.Specification], run: Operation)] = [
      (
        "secretsmanager", "list-secrets", [],
        { _, region, _ in
          [
            "SecretList": .array(
              region.secrets.all.map {
                ["ARN": .string($0.arn), "Name": .string($0.name), "Description": .string($0.description)]
              })
          ]
        }
      ),
      (
        "secretsmanager", "get-secret-value", [.value("--secret-id"), .value("--version-stage")],
        { _, region, flags in
          let id = try required(flags, "--secret-id")
          do throws(SecretsManagerError) {
            let secret = try region.secrets.describe(id)
            let version = try region.secrets.value(id, stage: flags["--version-stage"] ?? "AWSCURRENT")
            return [
              "ARN": .string(secret.arn), "Name": .string(secret.name), "VersionId": .string(version.id),
              "SecretString": .string(version.value), "VersionStages": .array(version.stages.map { .string($0) }),
              "CreatedDate": .string(ClusterClock.timestamp(version.createdAt)),
            ]
          } catch { throw ServiceError(code: error.code, operation: "GetSecretValue", message: error.message) }
        }
      ),
      (
        "secretsmanager", "put-secret-value", [.value("--secret-id"), .value("--secret-string")],
        { command, region, flags in
          let id = try required(flags, "--secret-id")
          let value = try required(flags, "--secret-string")
          do throws(SecretsManagerError) {
            let version = try region.secrets.put(id, value: value)
            command.record(region, "PutSecretValue", id)
            return ["Name": .string(id), "VersionId": .string(version.id), "VersionStages": ["AWSCURRENT"]]
          } catch { throw ServiceError(code: error.code, operation: "PutSecretValue", message: error.message) }
        }
      ),
    ]
}
