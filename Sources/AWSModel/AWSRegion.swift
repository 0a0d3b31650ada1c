import Documents
import NetworkModel
import SimulationKernel
import Telemetry

/// One AWS region of a platform: its network, data stores, secrets, identities and load balancers, built out of managed
/// resources.
///
/// Imports the network model, the SQLite store and telemetry; knows nothing of Kubernetes or of payments.
@Simulated
package final class AWSRegion {
  /// A virtual private cloud.
  package struct VPC: Sendable {
    package var id: String
    package var name: String
    package var block: CIDRBlock
  }

  /// A subnet of the region's VPC.
  package struct Subnet: Sendable {
    package var id: String
    package var name: String
    package var block: CIDRBlock
    package var zone: Zone
    /// `public`, `private` or `database`, from the tag `Tier`.
    package var tier: String
    /// The next host number to hand out; AWS keeps 0 to 3.
    var next: UInt32 = 4
  }

  /// A certificate of ACM.
  package struct ManagedCertificate: Sendable {
    /// The name of its managed resource.
    package var name: String
    package var arn: String
    package var domainNames: [String]
    /// When it stops being valid; `nil` for never in this run.
    package var expires: Instant?

    package init(name: String, arn: String, domainNames: [String], expires: Instant? = nil) {
      self.name = name
      self.arn = arn
      self.domainNames = domainNames
      self.expires = expires
    }
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
  package let identity: IdentityAccess
  package let keys = KeyManagement()
  package let trail: CloudTrail
  package let cloudWatch: CloudWatch
  private var collector: CloudWatchCollector?
  /// CloudWatch Logs.
  package let logs: LogStore
  package internal(set) var flowLogs: [FlowLog] = []
  /// The access logs of load balancers, by bucket.
  package private(set) var accessLogs: [AccessLog] = []
  package internal(set) var vpcs: [VPC] = []
  package internal(set) var subnets: [Subnet] = []
  package internal(set) var instances: [DBInstance] = []
  package internal(set) var proxies: [RDSProxy] = []
  package private(set) var loadBalancers: [LoadBalancer] = []
  /// Certificates; the load balancers show what changes here at once.
  package var certificates: [ManagedCertificate] = [] {
    didSet { for balancer in loadBalancers { balancer.certificate = balancerCertificate } }
  }
  /// Security groups of the cluster's nodes and pods.
  package internal(set) var clusterSecurityGroups: [String] = []
  /// Every managed resource as it was loaded, for listing.
  package internal(set) var resources: [JSONValue] = []
  /// Ids of security groups by the names of their managed resources.
  var groupIDs: [String: String] = [:]

  package init(
    name: String, code: String, accountID: String, network: Network, securityGroups: SecurityGroups, journal: Journal,
    keepsLogs: Bool = true
  ) {
    self.name = name
    self.code = code
    self.accountID = accountID
    self.network = network
    self.securityGroups = securityGroups
    self.journal = journal
    identity = IdentityAccess(accountID: accountID)
    trail = CloudTrail(network.simulation, region: name, journal: journal)
    secrets = SecretsManager(network.simulation, region: name, identity: identity, keys: keys)
    cloudWatch = CloudWatch(network.simulation)
    logs = LogStore(network.simulation, isOn: keepsLogs)
    collector = CloudWatchCollector(self, cloudWatch)
  }

  /// The id of a security group by its id or its name.
  package func securityGroupID(_ name: String) -> String? { securityGroups[name] != nil ? name : groupIDs[name] }

  /// This region's security groups.
  package var ownSecurityGroups: [SecurityGroup] {
    let ids = Set(groupIDs.map(\.value))
    return securityGroups.all.filter { ids.contains($0.id) }
  }

  package func instance(_ identifier: String) -> DBInstance? {
    instances.first { $0.configuration.identifier == identifier }
  }
  package func proxy(_ name: String) -> RDSProxy? { proxies.first { $0.configuration.name == name } }
  package func loadBalancer(_ name: String) -> LoadBalancer? { loadBalancers.first { $0.name == name } }

  /// An engineer on call with administrator access, as `sts get-caller-identity` shows him.
  package var engineer: Principal {
    Principal(
      arn: "arn:aws:sts::\(accountID):assumed-role/AWSReservedSSO_AdministratorAccess_5f2c81d09be37a64/engineer")
  }

  // MARK: Addresses

  /// A free address in a zone's subnet of a tier; in any zone's when `zone` is `nil`.
  package func allocateAddress(tier: String, zone: String?) -> (address: IPv4Address, zone: Zone)? {
    guard let index = subnets.firstIndex(where: { $0.tier == tier && (zone == nil || $0.zone.name == zone) }) else {
      return nil
    }
    return allocateAddress(inSubnet: index)
  }

  /// A free address in the subnet at an index.
  func allocateAddress(inSubnet index: Int) -> (address: IPv4Address, zone: Zone)? {
    let limit: UInt32 = 1 << UInt32(32 - subnets[index].block.prefixLength)
    while subnets[index].next < limit - 1 {
      let address = subnets[index].block.address(at: subnets[index].next)
      subnets[index].next += 1
      if network.host(at: address) == nil { return (address, subnets[index].zone) }
    }
    return nil
  }

  /// Puts a host into each of the subnets.
  func addHosts(_ component: String, in subnetIndices: [Int], roles: [String], _ groups: [String]) -> [Host] {
    subnetIndices.compactMap { index in
      allocateAddress(inSubnet: index).map { place in
        network.addHost(
          name: component, address: place.address, zone: place.zone, roles: roles, securityGroups: groups)
      }
    }
  }

  // MARK: Load balancers

  /// Turns on the access log of a load balancer: the attributes `access_logs.s3.enabled` and `access_logs.s3.bucket`.
  package func logAccess(of balancer: LoadBalancer, bucket: String) {
    guard logs.isOn else { return }
    accessLogs.append(AccessLog(balancer, region: self, bucket: bucket))
  }

  /// Creates a load balancer with a node in each public subnet, as the load balancer controller asks for it.
  package func createLoadBalancer(name: String, securityGroups groups: [String]) -> LoadBalancer? {
    let places = subnets.indices.filter { subnets[$0].tier == "public" }
    let nodes = addHosts("\(self.name)/alb/\(name)", in: places, roles: [name, "alb"], groups)
    guard !nodes.isEmpty else { return nil }
    let number = String(fnv1a("\(self.name)/\(name)".utf8) % 10_000_000_000)
    let balancer = LoadBalancer(
      name: name, dnsName: "\(name)-\(number).\(code).elb.amazonaws.com", region: self.name, nodes: nodes,
      network: network, journal: journal)
    balancer.certificate = balancerCertificate
    loadBalancers.append(balancer)
    return balancer
  }

  /// What load balancers show: with SNI the name decides, so all names of the region stand in one; the first to expire counts.
  private var balancerCertificate: Certificate? {
    guard !certificates.isEmpty else { return nil }
    return Certificate(names: certificates.flatMap(\.domainNames), expires: certificates.compactMap(\.expires).min())
  }

  // MARK: Zones

  /// The power of an availability zone fails, for everything here but the cluster's nodes.
  package func loseZone(_ zoneName: String) {
    let zone = Zone(region: code, name: zoneName)
    for balancer in loadBalancers { balancer.loseZone(zone) }
    for proxy in proxies { proxy.loseZone(zone) }
    for instance in instances { instance.loseZone(zone) }
  }

  package func restoreZone(_ zoneName: String) {
    let zone = Zone(region: code, name: zoneName)
    for balancer in loadBalancers { balancer.restorePower(of: zone) }
    for proxy in proxies { proxy.restorePower(of: zone) }
    for instance in instances { instance.restorePower(of: zone) }
  }
}
