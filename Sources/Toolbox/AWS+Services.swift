import AWSModel
import Documents
import SimulationKernel

extension AWSCommandLine {
  /// Elastic Load Balancing (API reference version 2015-12-01).
  static let loadBalancing: [Operation] = [
    Operation(
      service: "elbv2", name: "describe-target-health", required: ["target-group-arn"]
    ) { try $0.targetHealth() },
    Operation(service: "elbv2", name: "describe-target-groups", lists: ["names"]) { call in
      let names = call.options.list("names")
      let groups = call.targetGroups.filter { names.isEmpty || names.contains($0.name) }
      if let missing = names.first(where: { name in !groups.contains { $0.name == name } }) {
        throw call.failure("TargetGroupNotFound", "One or more target groups not found: \(missing)")
      }
      return ["TargetGroups": .array(groups.map(call.json))]
    },
  ]

  /// Secrets Manager (API reference version 2017-10-17).
  static let secretsManager: [Operation] = [
    Operation(
      service: "secretsmanager", name: "get-secret-value", required: ["secret-id"], options: ["version-stage"]
    ) { call in try call.secretValue() },
    Operation(
      service: "secretsmanager", name: "put-secret-value", required: ["secret-id", "secret-string"]
    ) { call in try call.putSecretValue() },
    Operation(service: "secretsmanager", name: "list-secrets") { call in
      ["SecretList": .array(call.region.secrets.all.map(call.json))]
    },
  ]
}

extension AWSCall {
  // MARK: Load balancing

  fileprivate var targetGroups: [TargetGroup] {
    var found: [TargetGroup] = []
    for group in region.loadBalancers.flatMap(\.rules).map(\.targetGroup) where !found.contains(where: { $0 === group })
    {
      found.append(group)
    }
    return found
  }

  private func arn(_ group: TargetGroup) -> String {
    let digits = String(fnv1a(group.component.utf8), radix: 16)
    let id = String(repeating: "0", count: 16 - digits.count) + digits
    return "arn:aws:elasticloadbalancing:\(region.code):\(region.accountID):targetgroup/\(group.name)/\(id)"
  }

  /// A target group may be named by its ARN or by its name.
  fileprivate func targetHealth() throws -> JSONValue {
    let wanted = options["target-group-arn"] ?? ""
    guard let group = targetGroups.first(where: { arn($0) == wanted || $0.name == wanted }) else {
      guard wanted.hasPrefix("arn:") else {
        throw failure("ValidationError", "'\(wanted)' is not a valid target group ARN")
      }
      throw failure("TargetGroupNotFound", "Target groups '\(wanted)' not found")
    }
    let targets = group.targets.map { target -> JSONValue in
      var health: JSONValue = ["State": .string(target.state.rawValue)]
      if target.state != .healthy {
        health["Reason"] = .string(target.reason)
        health["Description"] = .string(target.detail)
      }
      let port = Int64(target.port)
      return [
        "Target": ["Id": .string(target.address.description), "Port": .integer(port)],
        "HealthCheckPort": .string(String(port)), "TargetHealth": health,
      ]
    }
    return ["TargetHealthDescriptions": .array(targets)]
  }

  fileprivate func json(_ group: TargetGroup) -> JSONValue {
    let check = group.healthCheck
    return [
      "TargetGroupArn": .string(arn(group)), "TargetGroupName": .string(group.name), "Protocol": "HTTP",
      "HealthCheckProtocol": "HTTP", "HealthCheckEnabled": true,
      "HealthCheckIntervalSeconds": .integer(Int64(check.interval.seconds)),
      "HealthCheckTimeoutSeconds": .integer(Int64(check.timeout.seconds)),
      "HealthyThresholdCount": .integer(Int64(check.healthyThreshold)),
      "UnhealthyThresholdCount": .integer(Int64(check.unhealthyThreshold)), "HealthCheckPath": .string(check.path),
      "TargetType": "ip",
    ]
  }

  // MARK: Secrets

  fileprivate func secretValue() throws -> JSONValue {
    do throws(SecretsManagerError) {
      let id = options["secret-id"] ?? ""
      let version = try region.secrets.value(id, stage: options["version-stage"] ?? "AWSCURRENT")
      let secret = try region.secrets.describe(id)
      return [
        "ARN": .string(secret.arn), "Name": .string(secret.name), "VersionId": .string(version.id),
        "SecretString": .string(version.value), "VersionStages": .array(version.stages.map { .string($0) }),
        "CreatedDate": .string(time(version.createdAt)),
      ]
    } catch { throw failure(error.code, error.message) }
  }

  /// The value may be given as `file://PATH`.
  fileprivate func putSecretValue() throws -> JSONValue {
    var value = options["secret-string"] ?? ""
    if value.hasPrefix("file://") {
      let path = String(value.dropFirst("file://".count))
      guard let bytes = host.readFile(path) else {
        throw AWSUsageError(
          "Error parsing parameter '--secret-string': Unable to load paramfile \(value): [Errno 2] No such file or "
            + "directory: '\(path)'", usage: false)
      }
      value = String(decoding: bytes, as: UTF8.self)
    }
    do throws(SecretsManagerError) {
      let id = options["secret-id"] ?? ""
      let version = try region.secrets.put(id, value: value)
      let secret = try region.secrets.describe(id)
      return [
        "ARN": .string(secret.arn), "Name": .string(secret.name), "VersionId": .string(version.id),
        "VersionStages": .array(version.stages.map { .string($0) }),
      ]
    } catch { throw failure(error.code, error.message) }
  }

  fileprivate func json(_ secret: SecretsManager.Secret) -> JSONValue {
    let stages = JSONObject(
      secret.versions.filter { !$0.stages.isEmpty }.map { ($0.id, .array($0.stages.map { .string($0) })) })
    return [
      "ARN": .string(secret.arn), "Name": .string(secret.name), "Description": .string(secret.description),
      "SecretVersionsToStages": .object(stages),
    ]
  }
}
