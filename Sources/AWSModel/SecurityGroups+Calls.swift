import HTTPMessages
import NetworkModel
import SimulationKernel

// The calls of the EC2 API on rules, with its error codes and texts (Amazon EC2 API reference, "Error codes").
extension SecurityGroups {
  /// `AuthorizeSecurityGroupIngress` and `…Egress`: all rules, or none when one is there already.
  package func authorize(_ rules: [SecurityGroupRule], in id: String) throws(AWSError) {
    var group = try find(id)
    for rule in rules {
      if case .group(let peer) = rule.peer { _ = try find(peer) }
      guard !group.rules.contains(where: { $0.isSame(as: rule) }) else {
        throw AWSError(
          "InvalidPermission.Duplicate", "the specified rule \"\(Self.describe(rule))\" already exists")
      }
      group.rules.append(rule)
    }
    self[id] = group
  }

  /// `RevokeSecurityGroupIngress` and `…Egress`: all rules, or none when one is not there.
  package func revoke(_ rules: [SecurityGroupRule], in id: String) throws(AWSError) {
    var group = try find(id)
    for rule in rules {
      guard let index = group.rules.firstIndex(where: { $0.isSame(as: rule) }) else {
        throw AWSError(
          "InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
      }
      group.rules.remove(at: index)
    }
    self[id] = group
  }

  /// The group of an id.
  package func find(_ id: String) throws(AWSError) -> SecurityGroup {
    guard id.hasPrefix("sg-") else {
      throw AWSError("InvalidGroupId.Malformed", "Invalid id: \"\(id)\" (expecting \"sg-...\")")
    }
    guard let group = self[id] else {
      throw AWSError("InvalidGroup.NotFound", "The security group '\(id)' does not exist")
    }
    return group
  }

  private static func describe(_ rule: SecurityGroupRule) -> String {
    let peer =
      switch rule.peer {
      case .cidr(let block): block.description
      case .group(let id): id
      }
    guard rule.ipProtocol != "-1" else { return "peer: \(peer), ALL, ALLOW" }
    return "peer: \(peer), \(rule.ipProtocol.uppercased()), from port: \(rule.fromPort), to port: \(rule.toPort), ALLOW"
  }
}

extension SecurityGroupRule {
  /// The rule's own id in a group, such as `sgr-0a1b2c3d4e5f60718`.
  package func id(in group: String) -> String {
    let text = "\(group)/\(direction.rawValue)/\(ipProtocol)/\(fromPort)/\(toPort)/\(peer)"
    return "sgr-0" + hexadecimal(fnv1a(text.utf8), digits: 16)
  }
}
