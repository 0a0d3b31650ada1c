import AWSModel
import Documents
import SimulationKernel

extension AWSCommandLine {
  private static let roleName = "role-name"
  private static let policyName = "policy-name"

  /// Identity and Access Management (API reference version 2010-05-08) and the Security Token Service.
  static let identity: [Operation] = [
    Operation(service: "sts", name: "get-caller-identity") { call in
      let arn = call.region.engineer.arn
      return [
        "UserId": .string("AROA\(AWSCall.digits(arn).uppercased())Q:engineer"),
        "Account": .string(call.region.accountID),
        "Arn": .string(arn),
      ]
    },
    Operation(service: "iam", name: "list-roles") { call in
      ["Roles": .array(call.region.identity.allRoles.map(call.json))]
    },
    Operation(service: "iam", name: "get-role", required: [roleName]) { call in ["Role": call.json(try call.role())] },
    Operation(service: "iam", name: "list-role-policies", required: [roleName]) { call in
      ["PolicyNames": .array(try call.role().policies.map { .string($0.name) })]
    },
    Operation(service: "iam", name: "get-role-policy", required: [roleName, policyName]) { try $0.rolePolicy() },
    Operation(
      service: "iam", name: "put-role-policy", required: [roleName, policyName, "policy-document"]
    ) { try $0.putRolePolicy() },
    Operation(service: "iam", name: "delete-role-policy", required: [roleName, policyName]) {
      try $0.deleteRolePolicy()
    },
    Operation(service: "iam", name: "update-assume-role-policy", required: [roleName, "policy-document"]) { call in
      let role = try call.role()
      call.region.identity[role: role.name]?.trust = try call.policy()
      return nil
    },
  ]

  /// Key Management Service (API reference version 2014-11-01).
  static let keys: [Operation] = [
    Operation(service: "kms", name: "list-keys") { call in
      ["Keys": .array(call.region.keys.all.map { ["KeyId": .string($0.id), "KeyArn": .string($0.arn)] })]
    },
    Operation(service: "kms", name: "describe-key", required: ["key-id"]) { call in
      ["KeyMetadata": call.json(try call.key())]
    },
    Operation(service: "kms", name: "enable-key", required: ["key-id"]) { try $0.set(.enabled) },
    Operation(service: "kms", name: "disable-key", required: ["key-id"]) { try $0.set(.disabled) },
  ]

  /// Certificate Manager (API reference version 2015-12-08).
  static let certificates: [Operation] = [
    Operation(service: "acm", name: "list-certificates") { call in
      [
        "CertificateSummaryList": .array(
          call.region.certificates.map {
            ["CertificateArn": .string($0.arn), "DomainName": .string($0.domainNames.first ?? ""), "Status": "ISSUED"]
          })
      ]
    },
    Operation(service: "acm", name: "describe-certificate", required: ["certificate-arn"]) { call in
      ["Certificate": try call.certificate()]
    },
  ]
}

extension AWSCall {
  // MARK: Roles

  fileprivate func role() throws -> IdentityAccess.Role {
    let name = options["role-name"] ?? ""
    guard let role = region.identity[role: name] else {
      throw failure("NoSuchEntity", "The role with name \(name) cannot be found.")
    }
    return role
  }

  fileprivate func json(_ role: IdentityAccess.Role) -> JSONValue {
    [
      "Path": "/", "RoleName": .string(role.name), "RoleId": .string("AROA\(Self.digits(role.arn).uppercased())Q"),
      "Arn": .string(role.arn), "CreateDate": .string(time(.zero)), "AssumeRolePolicyDocument": role.trust,
    ]
  }

  private var policyIndex: Int? {
    (try? role())?.policies.firstIndex { $0.name == options["policy-name"] }
  }

  private func missingPolicy() -> AWSServiceError {
    failure("NoSuchEntity", "The role policy with name \(options["policy-name"] ?? "") cannot be found.")
  }

  fileprivate func rolePolicy() throws -> JSONValue {
    let role = try role()
    guard let index = policyIndex else { throw missingPolicy() }
    let statements = role.policies[index].document.statements.map { statement -> JSONValue in
      [
        "Effect": statement.isAllow ? "Allow" : "Deny", "Action": .array(statement.actions.map { .string($0) }),
        "Resource": .array(statement.resources.map { .string($0) }),
      ]
    }
    return [
      "RoleName": .string(role.name), "PolicyName": .string(role.policies[index].name),
      "PolicyDocument": ["Version": "2012-10-17", "Statement": .array(statements)],
    ]
  }

  fileprivate func putRolePolicy() throws -> JSONValue? {
    let role = try role()
    guard let document = PolicyDocument(json: try policy()) else { throw malformedPolicy() }
    if let index = policyIndex { region.identity[role: role.name]?.policies.remove(at: index) }
    region.identity[role: role.name]?.policies.append((options["policy-name"] ?? "", document))
    return nil
  }

  fileprivate func deleteRolePolicy() throws -> JSONValue? {
    let role = try role()
    guard let index = policyIndex else { throw missingPolicy() }
    region.identity[role: role.name]?.policies.remove(at: index)
    return nil
  }

  fileprivate func policy() throws -> JSONValue {
    let text = try content("policy-document")
    guard let json = try? parseJSON(text), json["Statement"] != nil else {
      throw malformedPolicy()
    }
    return json
  }

  private func malformedPolicy() -> AWSServiceError {
    failure("MalformedPolicyDocument", "This policy contains invalid Json")
  }

  // MARK: Keys

  /// A key by its id, its ARN, or its name as an alias.
  fileprivate func key() throws -> KeyManagement.Key {
    let wanted = options["key-id"] ?? ""
    let found = region.keys.all.first { [$0.id, $0.arn, "alias/\($0.name)"].contains(wanted) }
    guard let found else {
      throw failure("NotFoundException", "Key '\(arn("kms", "key/\(wanted)"))' does not exist")
    }
    return found
  }

  fileprivate func set(_ state: KeyManagement.State) throws -> JSONValue? {
    region.keys[try key().name]?.state = state
    return nil
  }

  fileprivate func json(_ key: KeyManagement.Key) -> JSONValue {
    [
      "AWSAccountId": .string(region.accountID), "KeyId": .string(key.id), "Arn": .string(key.arn),
      "CreationDate": .string(time(.zero)), "Enabled": .bool(key.state == .enabled),
      "Description": .string(key.description), "KeyUsage": "ENCRYPT_DECRYPT", "KeyState": .string(key.state.rawValue),
      "Origin": "AWS_KMS", "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT", "MultiRegion": false,
    ]
  }

  // MARK: Certificates

  fileprivate func certificate() throws -> JSONValue {
    let wanted = options["certificate-arn"] ?? ""
    guard let found = region.certificates.first(where: { $0.arn == wanted }) else {
      throw failure("ResourceNotFoundException", "Could not find certificate \(wanted).")
    }
    let hasExpired = found.expires.map { $0 <= host.simulation.now } ?? false
    var json: JSONValue = [
      "CertificateArn": .string(found.arn), "DomainName": .string(found.domainNames.first ?? ""),
      "SubjectAlternativeNames": .array(found.domainNames.map { .string($0) }),
      "Status": hasExpired ? "EXPIRED" : "ISSUED", "Type": "AMAZON_ISSUED",
    ]
    if let expires = found.expires { json["NotAfter"] = .string(time(expires)) }
    return json
  }
}
