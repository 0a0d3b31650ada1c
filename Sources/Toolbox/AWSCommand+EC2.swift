import AWSModel
import Documents
import NetworkModel
import SimulationKernel

// Security groups (Amazon EC2 API reference: DescribeSecurityGroups, AuthorizeSecurityGroupIngress, RevokeSecurityGroupIngress).
extension AWSCommand {
  private static let ruleFlags: [CommandFlags.Specification] = [
    .value("--group-id"), .value("--group-name"), .value("--protocol"), .value("--port"), .value("--cidr"),
    .value("--source-group"),
  ]

  static let ec2Operations: [(service: String, name: String, flags: [CommandFlags.Specification], run: Operation)] = [
    (
      "ec2", "describe-security-groups", [.value("--group-ids"), .value("--filters")],
      { _, region, flags in
        try describeGroups(region, flags)
      }
    ),
    (
      "ec2", "authorize-security-group-ingress", ruleFlags,
      { command, region, flags in
        try command.authorize(region, flags)
      }
    ),
    (
      "ec2", "revoke-security-group-ingress", ruleFlags, { command, region, flags in try command.revoke(region, flags) }
    ),
  ]

  private static func describeGroups(_ region: AWSRegion, _ flags: CommandFlags) throws -> JSONValue {
    var groups = region.ownSecurityGroups
    let ids = flags.all("--group-ids") + flags.words
    if !ids.isEmpty {
      groups = try ids.map { try group($0, region, "DescribeSecurityGroups") }
    }
    for filter in flags.all("--filters") {
      let parts = filter.split(separator: ",", maxSplits: 1).map {
        $0.split(separator: "=", maxSplits: 1).last.map(String.init) ?? ""
      }
      guard parts.count == 2 else {
        throw UsageError(message: "Error parsing parameter '--filters': Expected: '=', received: 'EOF'")
      }
      let values = parts[1].split(separator: ",").map(String.init)
      switch parts[0] {
      case "group-name": groups = groups.filter { group in values.contains { globMatches($0, group.name) } }
      case "group-id": groups = groups.filter { values.contains($0.id) }
      default:
        throw ServiceError(
          code: "InvalidParameterValue", operation: "DescribeSecurityGroups",
          message: "The filter '\(parts[0])' is invalid")
      }
    }
    return ["SecurityGroups": .array(groups.map { json($0, region) })]
  }

  private static func group(_ id: String, _ region: AWSRegion, _ operation: String) throws -> SecurityGroup {
    guard id.hasPrefix("sg-") else {
      throw ServiceError(
        code: "InvalidGroupId.Malformed", operation: operation, message: "Invalid id: \"\(id)\" (expecting \"sg-...\")")
    }
    guard let group = region.ownSecurityGroups.first(where: { $0.id == id }) else {
      throw ServiceError(
        code: "InvalidGroup.NotFound", operation: operation, message: "The security group '\(id)' does not exist")
    }
    return group
  }

  private static func json(_ group: SecurityGroup, _ region: AWSRegion) -> JSONValue {
    func permissions(_ direction: SecurityGroupRule.Direction) -> JSONValue {
      .array(
        group.rules.filter { $0.direction == direction }.map { rule in
          var json: JSONValue = ["IpProtocol": .string(rule.ipProtocol)]
          if rule.ipProtocol != "-1" {
            json["FromPort"] = .integer(Int64(rule.fromPort))
            json["ToPort"] = .integer(Int64(rule.toPort))
          }
          switch rule.peer {
          case .cidr(let block):
            json["IpRanges"] = [["CidrIp": .string(block.description)]]
            json["UserIdGroupPairs"] = []
          case .group(let id):
            json["IpRanges"] = []
            json["UserIdGroupPairs"] = [["UserId": .string(region.accountID), "GroupId": .string(id)]]
          }
          return json
        })
    }
    return [
      "GroupId": .string(group.id), "IpPermissionsEgress": permissions(.egress), "VpcId": .string(group.vpcID),
      "OwnerId": .string(region.accountID), "GroupName": .string(group.name), "Description": .string(group.description),
      "IpPermissions": permissions(.ingress),
    ]
  }

  /// The rule and the group that flags describe.
  private func rule(_ region: AWSRegion, _ flags: CommandFlags, _ operation: String) throws -> (
    group: SecurityGroup, rule: SecurityGroupRule
  ) {
    let named = flags["--group-name"].flatMap { name in region.ownSecurityGroups.first { $0.name == name }?.id }
    guard let id = flags["--group-id"] ?? named else {
      throw ServiceError(
        code: "MissingParameter", operation: operation,
        message: "The request must contain the parameter groupName or groupId")
    }
    let group = try Self.group(id, region, operation)
    let ipProtocol = flags["--protocol"] == "all" ? "-1" : flags["--protocol"] ?? "tcp"
    let ports = (flags["--port"] ?? "").split(separator: "-").map { Int($0) }
    guard ipProtocol == "-1" || (!ports.isEmpty && ports.allSatisfy { $0.map { (0...65535).contains($0) } ?? false })
    else {
      throw UsageError(message: "argument --port: expected a port or a range of ports")
    }
    let peer: SecurityGroupRule.Peer
    if let source = flags["--source-group"] {
      peer = .group(try Self.group(source, region, operation).id)
    } else if let cidr = flags["--cidr"] {
      guard let block = CIDRBlock(cidr) else {
        throw ServiceError(
          code: "InvalidParameterValue", operation: operation, message: "CIDR block \(cidr) is malformed")
      }
      peer = .cidr(block)
    } else {
      throw ServiceError(
        code: "MissingParameter", operation: operation,
        message: "Either 'cidrIp' or 'sourceSecurityGroup' should be provided.")
    }
    let from = ports.first.flatMap(\.self) ?? 0
    let to = ports.last.flatMap(\.self) ?? 65535
    return (group, SecurityGroupRule(.ingress, ipProtocol: ipProtocol, fromPort: from, toPort: to, peer: peer))
  }

  private func authorize(_ region: AWSRegion, _ flags: CommandFlags) throws -> JSONValue {
    let operation = "AuthorizeSecurityGroupIngress"
    var (group, rule) = try rule(region, flags, operation)
    guard !group.rules.contains(rule) else {
      throw ServiceError(
        code: "InvalidPermission.Duplicate", operation: operation,
        message:
          "the specified rule \"peer: \(flags["--source-group"] ?? flags["--cidr"] ?? ""), \(rule.ipProtocol.uppercased()), from port: \(rule.fromPort), to port: \(rule.toPort), ALLOW\" already exists"
      )
    }
    group.rules.append(rule)
    region.securityGroups[group.id] = group
    record(region, operation, "\(group.id) port \(rule.fromPort)")
    return [
      "Return": true,
      "SecurityGroupRules": [
        [
          "GroupId": .string(group.id), "IsEgress": false, "IpProtocol": .string(rule.ipProtocol),
          "FromPort": .integer(Int64(rule.fromPort)), "ToPort": .integer(Int64(rule.toPort)),
        ]
      ],
    ]
  }

  private func revoke(_ region: AWSRegion, _ flags: CommandFlags) throws -> JSONValue {
    let operation = "RevokeSecurityGroupIngress"
    var (group, rule) = try rule(region, flags, operation)
    guard group.rules.contains(rule) else {
      throw ServiceError(
        code: "InvalidPermission.NotFound", operation: operation,
        message: "The specified rule does not exist in this security group.")
    }
    group.rules.removeAll { $0 == rule }
    region.securityGroups[group.id] = group
    record(region, operation, "\(group.id) port \(rule.fromPort)")
    return ["Return": true]
  }
}
