import AWSModel
import Documents
import SimulationKernel

extension AWSCommandLine {
  /// Secrets Manager (API reference version 2017-10-17).
  static let secretsManager: [Operation] = [
    Operation(
      service: "secretsmanager", name: "get-secret-value", required: ["secret-id"],
      options: ["version-stage", "version-id"]
    ) { try $0.secretValue() },
    Operation(
      service: "secretsmanager", name: "put-secret-value", required: ["secret-id", "secret-string"],
      lists: ["version-stages"]
    ) { try $0.putSecretValue() },
    Operation(service: "secretsmanager", name: "describe-secret", required: ["secret-id"]) { call in
      call.description(try call.region.secrets.describe(call.options["secret-id"] ?? ""))
    },
    Operation(service: "secretsmanager", name: "list-secrets") { call in
      ["SecretList": .array(call.region.secrets.all.map { call.json($0, versionsKey: "SecretVersionsToStages") })]
    },
    Operation(service: "secretsmanager", name: "list-secret-version-ids", required: ["secret-id"]) {
      try $0.secretVersions()
    },
    Operation(service: "secretsmanager", name: "rotate-secret", required: ["secret-id"]) { call in
      let id = call.options["secret-id"] ?? ""
      try call.region.secrets.check(id, "secretsmanager:RotateSecret", as: call.region.engineer)
      try call.region.startRotation(id)
      let secret = try call.region.secrets.describe(id)
      return ["ARN": .string(secret.arn), "Name": .string(secret.name)]
    },
  ]
}

extension AWSCall {
  fileprivate func secretValue() throws -> JSONValue {
    let id = options["secret-id"] ?? ""
    let secret = try region.secrets.describe(id)
    var stage = options["version-stage"] ?? "AWSCURRENT"
    if let wanted = options["version-id"] {
      guard let version = secret.versions.first(where: { $0.id == wanted }), let label = version.stages.first else {
        throw failure(
          "ResourceNotFoundException",
          "Secrets Manager can't find the specified secret value for VersionId: \(wanted)")
      }
      stage = label
    }
    let version = try region.secrets.value(id, stage: stage, as: region.engineer)
    return [
      "ARN": .string(secret.arn), "Name": .string(secret.name), "VersionId": .string(version.id),
      "SecretString": .string(version.value), "VersionStages": .array(version.stages.map { .string($0) }),
      "CreatedDate": .string(time(version.createdAt)),
    ]
  }

  fileprivate func putSecretValue() throws -> JSONValue {
    let id = options["secret-id"] ?? ""
    let value = try content("secret-string")
    let stages = options.list("version-stages")
    let version = try region.secrets.put(
      id, value: value, stages: stages.isEmpty ? ["AWSCURRENT"] : stages, as: region.engineer)
    let secret = try region.secrets.describe(id)
    return [
      "ARN": .string(secret.arn), "Name": .string(secret.name), "VersionId": .string(version.id),
      "VersionStages": .array(version.stages.map { .string($0) }),
    ]
  }

  fileprivate func secretVersions() throws -> JSONValue {
    let secret = try region.secrets.describe(options["secret-id"] ?? "")
    return [
      "Versions": .array(
        secret.versions.map { version in
          [
            "VersionId": .string(version.id), "VersionStages": .array(version.stages.map { .string($0) }),
            "CreatedDate": .string(time(version.createdAt)),
          ]
        }),
      "ARN": .string(secret.arn), "Name": .string(secret.name),
    ]
  }

  fileprivate func description(_ secret: SecretsManager.Secret) -> JSONValue {
    json(secret, versionsKey: "VersionIdsToStages")
  }

  fileprivate func json(_ secret: SecretsManager.Secret, versionsKey: String) -> JSONValue {
    let stages = JSONObject(
      secret.versions.filter { !$0.stages.isEmpty }.map { ($0.id, .array($0.stages.map { .string($0) })) })
    var json: JSONValue = [
      "ARN": .string(secret.arn), "Name": .string(secret.name), "Description": .string(secret.description),
    ]
    if let key = secret.key.flatMap({ region.keys[$0] }) { json["KmsKeyId"] = .string(key.arn) }
    if let rotated = secret.lastRotated {
      json["RotationEnabled"] = true
      json["LastRotatedDate"] = .string(time(rotated))
    }
    json["LastChangedDate"] = .string(time(secret.lastChanged))
    json[versionsKey] = .object(stages)
    json["CreatedDate"] = .string(time(secret.createdAt))
    return json
  }
}
