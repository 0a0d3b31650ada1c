import NetworkModel
import SimulationKernel

/// One rule of a security group.
package struct SecurityGroupRule: Hashable, Sendable {
  package enum Direction: String, Sendable { case ingress, egress }

  /// Whom the rule lets through.
  package enum Peer: Hashable, Sendable {
    case cidr(CIDRBlock)
    case group(String)
  }

  package var direction: Direction
  /// `tcp`, or `-1` for everything.
  package var ipProtocol: String
  package var fromPort: Int
  package var toPort: Int
  package var peer: Peer

  package init(_ direction: Direction, ipProtocol: String, fromPort: Int, toPort: Int, peer: Peer) {
    self.direction = direction
    self.ipProtocol = ipProtocol
    self.fromPort = fromPort
    self.toPort = toPort
    self.peer = peer
  }

  /// Whether both let the same packets through: for all protocols the ports say nothing.
  package func isSame(as other: SecurityGroupRule) -> Bool {
    direction == other.direction && ipProtocol == other.ipProtocol && peer == other.peer
      && (ipProtocol == "-1" || (fromPort == other.fromPort && toPort == other.toPort))
  }

  /// Whether it lets everybody through on a port; on all ports for `nil`.
  func isOpenToAll(port: UInt16?) -> Bool {
    guard case .cidr(let block) = peer, block.prefixLength == 0 else { return false }
    return port.map(covers) ?? (ipProtocol == "-1" || (fromPort <= 0 && toPort >= 65535))
  }

  func covers(port: UInt16) -> Bool { ipProtocol == "-1" || (fromPort...max(fromPort, toPort)).contains(Int(port)) }
}

/// A security group of a VPC.
package struct SecurityGroup: Sendable {
  /// Such as `sg-0a1b2c3d4e5f60718`.
  package var id: String
  package var name: String
  package var description: String
  package var vpcID: String
  package var rules: [SecurityGroupRule] = []
}

/// The security groups of all regions as a filter on the network: stateful, so only the first packet of a connection is
/// looked at; what no rule lets through is dropped without an answer (Amazon VPC user guide, "Security groups").
@Simulated
package final class SecurityGroups: PacketFilter {
  private var groups: [String: SecurityGroup] = [:]

  package init() {}

  package subscript(id: String) -> SecurityGroup? {
    get { groups[id] }
    set { groups[id] = newValue }
  }

  /// All groups by id.
  package var all: [SecurityGroup] { groups.sorted { $0.key < $1.key }.map(\.value) }

  /// Hosts without a group, such as customers' machines, are not filtered on their side.
  package func permits(from: Host, to: Host, port: UInt16) -> Bool {
    permits(.egress, of: from.securityGroups, peer: to, port: port)
      && permits(.ingress, of: to.securityGroups, peer: from, port: port)
  }

  /// A flow is not tracked where one side's rules let everybody through on the port and everything through the other way
  /// (Amazon EC2 user guide, "Security group connection tracking", untracked connections).
  package func tracks(from: Host, to: Host, port: UInt16) -> Bool {
    isTracked(to.securityGroups, .ingress, port) && isTracked(from.securityGroups, .egress, port)
  }

  private func isTracked(_ ids: [String], _ direction: SecurityGroupRule.Direction, _ port: UInt16) -> Bool {
    let rules = ids.compactMap { groups[$0] }.flatMap(\.rules)
    return
      !(rules.contains { $0.direction == direction && $0.isOpenToAll(port: port) }
      && rules.contains { $0.direction != direction && $0.isOpenToAll(port: nil) })
  }

  private func permits(_ direction: SecurityGroupRule.Direction, of ids: [String], peer: Host, port: UInt16) -> Bool {
    ids.isEmpty
      || ids.contains { id in
        groups[id]?.rules.contains { $0.direction == direction && $0.covers(port: port) && matches($0.peer, peer) }
          ?? false
      }
  }

  private func matches(_ rule: SecurityGroupRule.Peer, _ host: Host) -> Bool {
    switch rule {
    case .cidr(let block): block.contains(host.address)
    case .group(let id): host.securityGroups.contains(id)
    }
  }
}
