import Documents
import NetworkModel
import SimulationKernel
import Telemetry

/// One AWS region of a platform: its network, data stores, secrets and load balancers, built out of managed resources.
///
/// Imports the network model, the SQLite store and telemetry; knows nothing of Kubernetes or of payments.
@Simulated
package final class AWSRegion {
  /// A subnet of the region's VPC.
  package struct Subnet: Sendable {
    package var name: String
    package var block: CIDRBlock
    package var zone: Zone
    /// `public`, `private` or `database`, from the tag `Tier`.
    package var tier: String
    /// The next host number to hand out; AWS keeps 0 to 3.
    var next: UInt32 = 4
  }

  /// The platform's name for it, such as `spain`.
  package let name: String
  /// Such as `eu-south-2`.
  package let code: String
  package let accountID: String
  package let network: Network
  package let journal: Journal
  package let securityGroups: SecurityGroups
  package let secrets: SecretsManager
  package internal(set) var subnets: [Subnet] = []
  package internal(set) var instances: [DBInstance] = []
  package internal(set) var proxies: [RDSProxy] = []
  package private(set) var loadBalancers: [LoadBalancer] = []
  /// Security groups of the cluster's nodes and pods.
  package internal(set) var clusterSecurityGroups: [String] = []
  /// Every managed resource as it was loaded, for listing.
  package internal(set) var resources: [JSONValue] = []
  /// Ids of security groups by the names of their managed resources.
  var groupIDs: [String: String] = [:]

  package init(
    name: String, code: String, accountID: String, network: Network, securityGroups: SecurityGroups, journal: Journal
  ) {
    self.name = name
    self.code = code
    self.accountID = accountID
    self.network = network
    self.securityGroups = securityGroups
    self.journal = journal
    secrets = SecretsManager(network.simulation, region: name)
  }

  /// The id of a security group by its id or its name.
  package func securityGroupID(_ name: String) -> String? { securityGroups[name] != nil ? name : groupIDs[name] }

  /// This region's security groups.
  package var ownSecurityGroups: [SecurityGroup] {
    let ids = Set(groupIDs.map(\.value))
    return securityGroups.all.filter { ids.contains($0.id) }
  }

  /// A free address in a zone's subnet of a tier; in any zone's when `zone` is `nil`.
  package func allocateAddress(tier: String, zone: String?) -> (address: IPv4Address, zone: Zone)? {
    guard let index = subnets.firstIndex(where: { $0.tier == tier && (zone == nil || $0.zone.name == zone) }) else {
      return nil
    }
    let limit: UInt32 = 1 << UInt32(32 - subnets[index].block.prefixLength)
    while subnets[index].next < limit - 1 {
      let address = subnets[index].block.address(at: subnets[index].next)
      subnets[index].next += 1
      if network.host(at: address) == nil { return (address, subnets[index].zone) }
    }
    return nil
  }

  /// Creates a load balancer with a node in each public subnet, as the load balancer controller asks for it.
  package func createLoadBalancer(name: String, securityGroups groups: [String]) -> LoadBalancer? {
    let zones = subnets.filter { $0.tier == "public" }.map(\.zone.name)
    let nodes = zones.compactMap { zone in
      allocateAddress(tier: "public", zone: zone).map { place in
        network.addHost(
          name: "\(self.name)/alb/\(name)", address: place.address, zone: place.zone, roles: [name, "alb"],
          securityGroups: groups)
      }
    }
    guard !nodes.isEmpty else { return nil }
    let number = String(fnv1a("\(self.name)/\(name)".utf8) % 10_000_000_000)
    let balancer = LoadBalancer(
      name: name, dnsName: "\(name)-\(number).\(code).elb.amazonaws.com", region: self.name, nodes: nodes,
      network: network,
      journal: journal)
    loadBalancers.append(balancer)
    return balancer
  }

  package func instance(_ identifier: String) -> DBInstance? {
    instances.first { $0.configuration.identifier == identifier }
  }
  package func proxy(_ name: String) -> RDSProxy? { proxies.first { $0.configuration.name == name } }
}
