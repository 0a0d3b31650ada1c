import AWSModel
import Documents
import NetworkModel
import SimulationKernel

extension AWSCommandLine {
  private static let rule = ["group-id", "group-name", "protocol", "port", "source-group", "cidr"]

  /// Security groups of EC2 (API reference version 2016-11-15).
  static let ec2: [Operation] = [
    Operation(
      service: "ec2", name: "describe-security-groups", lists: ["group-ids", "group-names", "filters"]
    ) { call in ["SecurityGroups": .array(try call.selectedGroups().map(call.json))] },
    Operation(service: "ec2", name: "describe-security-group-rules", lists: ["filters"]) { call in
      ["SecurityGroupRules": .array(try call.selectedRules())]
    },
    Operation(service: "ec2", name: "authorize-security-group-ingress", options: rule) { try $0.authorize(.ingress) },
    Operation(service: "ec2", name: "authorize-security-group-egress", options: rule) { try $0.authorize(.egress) },
    Operation(service: "ec2", name: "revoke-security-group-ingress", options: rule) { try $0.revoke(.ingress) },
    Operation(service: "ec2", name: "revoke-security-group-egress", options: rule) { try $0.revoke(.egress) },
    Operation(service: "ec2", name: "describe-vpcs") { call in ["Vpcs": .array(call.region.vpcs.map(call.json))] },
    Operation(service: "ec2", name: "describe-subnets", lists: ["subnet-ids"]) { call in
      ["Subnets": .array(try call.selectedSubnets())]
    },
  ]
}

extension AWSCall {
  /// The group of an id or, for those of the default VPC alone in life but everywhere here, of a name.
  private func group(_ id: String) throws -> SecurityGroup {
    let own = region.ownSecurityGroups
    guard let found = own.first(where: { $0.id == id }) ?? own.first(where: { $0.name == id }) else {
      let isID = id.hasPrefix("sg-")
      if isID, id.dropFirst(3).contains(where: { !$0.isHexDigit }) {
        throw failure("InvalidGroupId.Malformed", "Invalid id: \"\(id)\"")
      }
      throw failure("InvalidGroup.NotFound", "The security group '\(id)' does not exist")
    }
    return found
  }

  fileprivate func selectedGroups() throws -> [SecurityGroup] {
    let ids = options.list("group-ids") + options.list("group-names")
    var groups = ids.isEmpty ? region.ownSecurityGroups : []
    for id in ids { groups.append(try group(id)) }
    for (name, values) in try filters() {
      groups = try groups.filter { group in
        switch name {
        case "group-name": values.contains { globMatches($0, group.name) }
        case "group-id": values.contains { globMatches($0, group.id) }
        case "vpc-id": values.contains(group.vpcID)
        default: throw failure("InvalidParameterValue", "The filter '\(name)' is invalid")
        }
      }
    }
    return groups
  }

  /// `--filters Name=group-name,Values=a,b`.
  func filters() throws -> [(name: String, values: [String])] {
    try options.list("filters").map { filter in
      guard let fields = filter.firstRange(of: ",Values="), filter.hasPrefix("Name=") else {
        throw AWSUsageError(
          "Error parsing parameter '--filters': Expected: '=', received: 'EOF' for input:\n\(filter)", usage: false)
      }
      let name = String(filter[..<fields.lowerBound].dropFirst("Name=".count))
      return (name, filter[fields.upperBound...].split(separator: ",").map(String.init))
    }
  }

  fileprivate func selectedRules() throws -> [JSONValue] {
    var groups = region.ownSecurityGroups
    for (name, values) in try filters() {
      guard name == "group-id" else { throw failure("InvalidParameterValue", "The filter '\(name)' is invalid") }
      groups = groups.filter { values.contains($0.id) }
    }
    return groups.flatMap { group in group.rules.map { json($0, of: group) } }
  }

  fileprivate func selectedSubnets() throws -> [JSONValue] {
    let ids = options.list("subnet-ids")
    if let unknown = ids.first(where: { id in !region.subnets.contains { $0.id == id } }) {
      throw failure("InvalidSubnetID.NotFound", "The subnet ID '\(unknown)' does not exist")
    }
    return region.subnets.filter { ids.isEmpty || ids.contains($0.id) }.map { subnet in
      [
        "AvailabilityZone": .string(subnet.zone.name), "CidrBlock": .string(subnet.block.description),
        "State": "available", "SubnetId": .string(subnet.id), "VpcId": .string(region.vpcs.first?.id ?? ""),
        "OwnerId": .string(region.accountID),
        "Tags": [["Key": "Name", "Value": .string(subnet.name)], ["Key": "Tier", "Value": .string(subnet.tier)]],
      ]
    }
  }

  fileprivate func json(_ vpc: AWSRegion.VPC) -> JSONValue {
    [
      "CidrBlock": .string(vpc.block.description), "State": "available", "VpcId": .string(vpc.id),
      "OwnerId": .string(region.accountID), "InstanceTenancy": "default", "IsDefault": false,
      "Tags": [["Key": "Name", "Value": .string(vpc.name)]],
    ]
  }

  private func target() throws -> SecurityGroup {
    guard let id = options["group-id"] ?? options["group-name"] else {
      throw failure("MissingParameter", "The request must contain the parameter groupName or groupId")
    }
    return try group(id)
  }

  /// The rule of `--protocol --port --source-group|--cidr`.
  private func wantedRule(_ direction: SecurityGroupRule.Direction) throws -> SecurityGroupRule {
    guard let ipProtocol = options["protocol"] else {
      throw failure("MissingParameter", "The request must contain the parameter ipPermissions")
    }
    guard ["tcp", "udp", "icmp", "-1", "all"].contains(ipProtocol) else {
      throw failure("InvalidParameterValue", "Invalid value '\(ipProtocol)' for IP protocol. Unknown protocol.")
    }
    let all = ipProtocol == "-1" || ipProtocol == "all"
    guard let text = options["port"] ?? (all ? "0-65535" : nil) else {
      throw failure(
        "InvalidParameterValue", "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.")
    }
    let bounds = text.split(separator: "-").map { Int($0) }
    guard (1...2).contains(bounds.count), let from = bounds[0], let to = bounds[bounds.count - 1],
      (0...65535).contains(from), (from...65535).contains(to)
    else { throw AWSUsageError("The --port argument must be an integer or a range such as 22-25", usage: false) }
    let peer: SecurityGroupRule.Peer
    if let source = options["source-group"] {
      peer = .group(try group(source).id)
    } else if let cidr = options["cidr"] {
      guard let block = CIDRBlock(cidr) else {
        throw failure("InvalidParameterValue", "CIDR block \(cidr) is malformed")
      }
      peer = .cidr(block)
    } else {
      throw failure("MissingParameter", "Source group or CIDR must be specified")
    }
    return SecurityGroupRule(direction, ipProtocol: all ? "-1" : ipProtocol, fromPort: from, toPort: to, peer: peer)
  }

  fileprivate func authorize(_ direction: SecurityGroupRule.Direction) throws -> JSONValue {
    let group = try target()
    let rule = try wantedRule(direction)
    try region.securityGroups.authorize([rule], in: group.id)
    note(group, rule)
    return ["Return": true, "SecurityGroupRules": [json(rule, of: group)]]
  }

  fileprivate func revoke(_ direction: SecurityGroupRule.Direction) throws -> JSONValue {
    let group = try target()
    let rule = try wantedRule(direction)
    try region.securityGroups.revoke([rule], in: group.id)
    note(group, rule)
    return ["Return": true, "RevokedSecurityGroupRules": [json(rule, of: group)]]
  }

  private func note(_ group: SecurityGroup, _ rule: SecurityGroupRule) {
    host.journal.note(
      "\(region.name)/securitygroup/\(group.name)", reason: operation.apiName,
      message: "\(rule.ipProtocol) \(rule.fromPort)-\(rule.toPort)")
  }

  private func json(_ rule: SecurityGroupRule, of group: SecurityGroup) -> JSONValue {
    let all = rule.ipProtocol == "-1"
    var json: JSONValue = [
      "SecurityGroupRuleId": .string(rule.id(in: group.id)),
      "GroupId": .string(group.id), "GroupOwnerId": .string(region.accountID),
      "IsEgress": .bool(rule.direction == .egress), "IpProtocol": .string(rule.ipProtocol),
      "FromPort": .integer(all ? -1 : Int64(rule.fromPort)), "ToPort": .integer(all ? -1 : Int64(rule.toPort)),
    ]
    switch rule.peer {
    case .cidr(let block): json["CidrIpv4"] = .string(block.description)
    case .group(let id):
      json["ReferencedGroupInfo"] = ["GroupId": .string(id), "UserId": .string(region.accountID)]
    }
    return json
  }

  fileprivate func json(_ group: SecurityGroup) -> JSONValue {
    [
      "GroupId": .string(group.id), "IpPermissionsEgress": permissions(group, .egress),
      "VpcId": .string(group.vpcID), "OwnerId": .string(region.accountID), "GroupName": .string(group.name),
      "Description": .string(group.description), "IpPermissions": permissions(group, .ingress),
    ]
  }

  /// Rules of one protocol and range are one permission.
  private func permissions(_ group: SecurityGroup, _ direction: SecurityGroupRule.Direction) -> JSONValue {
    var permissions: [JSONValue] = []
    for rule in group.rules where rule.direction == direction {
      var permission: JSONValue = ["IpProtocol": .string(rule.ipProtocol)]
      if rule.ipProtocol != "-1" {
        permission["FromPort"] = .integer(Int64(rule.fromPort))
        permission["ToPort"] = .integer(Int64(rule.toPort))
      }
      let known = permissions.firstIndex { other in
        ["IpProtocol", "FromPort", "ToPort"].allSatisfy { other[$0] == permission[$0] }
      }
      if known == nil {
        for key in ["UserIdGroupPairs", "IpRanges", "Ipv6Ranges", "PrefixListIds"] { permission[key] = [] }
        permissions.append(permission)
      }
      let index = known ?? permissions.count - 1
      let (key, entry): (String, JSONValue) =
        switch rule.peer {
        case .cidr(let block): ("IpRanges", ["CidrIp": .string(block.description)])
        case .group(let id): ("UserIdGroupPairs", ["UserId": .string(region.accountID), "GroupId": .string(id)])
        }
      permissions[index][key] = .array((permissions[index][key]?.array ?? []) + [entry])
    }
    return .array(permissions)
  }
}
