import Documents
import NetworkModel
import SimulationKernel

// The region's network out of its manifests. References between resources are `…Ref`s by name.
extension AWSRegion {
  /// Builds the region out of its manifests; what the model does not need is kept as it is.
  ///
  /// - Parameter documents: managed resources, and the `Secret` objects from which they take passwords.
  package func load(_ documents: [Node], _ diagnostics: Diagnostics) throws {
    resources = documents.map(\.json)
    let manifests = ManagedResources(documents, diagnostics)
    for resource in manifests.all { checkRegion(resource) }
    for resource in manifests.of("VPC", "ec2") { loadVPC(resource) }
    for resource in manifests.of("Subnet", "ec2") { loadSubnet(resource) }
    for resource in manifests.of("SecurityGroup", "ec2") { loadSecurityGroup(resource, manifests) }
    for resource in manifests.of("SecurityGroupRule", "ec2") { loadRule(resource) }
    for resource in manifests.of("Cluster", "eks") { loadCluster(resource) }
    loadIdentities(manifests)
    loadNames(manifests)
    for resource in manifests.of("Secret", "secretsmanager") { loadSecret(resource, manifests) }
    for resource in manifests.of("SecretVersion", "secretsmanager") { loadSecretVersion(resource, manifests) }
    for resource in manifests.of("Instance", "rds") { try loadInstance(resource, manifests) }
    for resource in manifests.of("Proxy", "rds") { loadProxy(resource, manifests) }
    for resource in manifests.of("FlowLog", "ec2") { loadFlowLog(resource) }
    // Both publish their logs: EnableCloudwatchLogsExports, and the proxy's own group.
    for instance in instances {
      instance.logStream = logs.stream(instance.logGroup, "\(instance.configuration.identifier).0")
      instance.logStart(wasShutDown: true)
      instance.log("LOG: database system is ready to accept connections")
    }
    for proxy in proxies { proxy.logStream = logs.stream(proxy.logGroup, "default") }
  }

  /// A resource that stands in another region would take its data there.
  private func checkRegion(_ resource: ManagedResource) {
    guard let place = resource["region"], let code = place.string, code != self.code else { return }
    resource.error("\(resource.kind) \(resource.name) is in \(code), but the region \(name) is \(self.code)", at: place)
  }

  private func block(_ resource: ManagedResource) -> CIDRBlock? {
    guard let text = resource.text("cidrBlock") else { return nil }
    guard let block = CIDRBlock(text) else {
      resource.error("\"\(text)\" is not a CIDR block", at: resource["cidrBlock"])
      return nil
    }
    return block
  }

  /// A flow log to CloudWatch Logs; one to a bucket is kept as it is.
  private func loadFlowLog(_ resource: ManagedResource) {
    guard resource["logDestinationType"]?.string ?? "cloud-watch-logs" == "cloud-watch-logs",
      let destination = resource["logDestination"]?.string?.split(separator: ":").last
    else { return }
    let interval = resource.integer("maxAggregationInterval") ?? 600
    guard interval == 60 || interval == 600 else {
      return resource.error(
        "maxAggregationInterval: expected 60 or 600 seconds, found \(interval)", at: resource["maxAggregationInterval"])
    }
    guard logs.isOn else { return }
    flowLogs.append(
      FlowLog(
        logs, group: String(destination), region: code, accountID: accountID, network: network,
        every: .seconds(Double(interval))))
  }

  private func loadVPC(_ resource: ManagedResource) {
    guard let block = block(resource) else { return }
    vpcs.append(VPC(id: resource.identifier("vpc", in: name), name: resource.name, block: block))
  }

  private func loadSubnet(_ resource: ManagedResource) {
    guard let block = block(resource), let zone = resource.text("availabilityZone") else { return }
    if let vpc = vpcs.first(where: { $0.name == resource["vpcIdRef"]?["name"]?.string }), !vpc.block.contains(block) {
      resource.error("\(block) lies outside of \(vpc.name), which is \(vpc.block)", at: resource["cidrBlock"])
    }
    if let other = subnets.first(where: { $0.block.contains(block) || block.contains($0.block) }) {
      resource.error("\(block) overlaps the subnet \(other.name), which is \(other.block)", at: resource["cidrBlock"])
    }
    if !zone.hasPrefix(code) {
      resource.error("\(zone) is no availability zone of \(code)", at: resource["availabilityZone"])
    }
    subnets.append(
      Subnet(
        id: resource.identifier("subnet", in: name), name: resource.name, block: block,
        zone: Zone(region: code, name: zone), tier: resource["tags"]?["Tier"]?.string ?? "private"))
  }

  private func loadSecurityGroup(_ resource: ManagedResource, _ manifests: ManagedResources) {
    let vpcName = resource["vpcIdRef"]?["name"]
    if let vpcName, !vpcs.contains(where: { $0.name == vpcName.string }) {
      _ = manifests.find(vpcName, "VPC", of: "ec2", for: resource)
    }
    let id = resource.identifier("sg", in: name)
    groupIDs[resource.name] = id
    securityGroups[id] = SecurityGroup(
      id: id, name: resource["name"]?.string ?? resource.name,
      description: resource["description"]?.string ?? "Managed by Crossplane",
      vpcID: vpcs.first { $0.name == vpcName?.string }?.id ?? vpcName?.string ?? "")
  }

  private func loadRule(_ resource: ManagedResource) {
    guard let type = resource.text("type"), let ipProtocol = resource.text("protocol"),
      let owner = resource.reference("securityGroupIdRef").flatMap({ groupID($0, for: resource) })
    else { return }
    guard let direction = SecurityGroupRule.Direction(rawValue: type) else {
      return resource.error("type: expected ingress or egress, found \"\(type)\"", at: resource["type"])
    }
    let from = resource.integer("fromPort") ?? 0
    let to = resource.integer("toPort") ?? 65535
    guard from <= to, from >= -1, to <= 65535 else {
      return resource.error("ports \(from) to \(to) are no range", at: resource["fromPort"])
    }
    var peers: [SecurityGroupRule.Peer] = []
    if let source = resource["sourceSecurityGroupIdRef"]?["name"], let id = groupID(source, for: resource) {
      peers.append(.group(id))
    }
    for cidr in resource["cidrBlocks"]?.sequence ?? [] {
      guard let block = cidr.string.flatMap({ CIDRBlock($0) }) else {
        resource.error("expected a CIDR block, found \(cidr.found)", at: cidr)
        continue
      }
      peers.append(.cidr(block))
    }
    if resource["self"]?.json.bool == true { peers.append(.group(owner)) }
    for peer in peers {
      securityGroups[owner]?.rules.append(
        SecurityGroupRule(direction, ipProtocol: ipProtocol, fromPort: from, toPort: to, peer: peer))
    }
  }

  private func groupID(_ reference: Node, for resource: ManagedResource) -> String? {
    guard let name = reference.string, let id = groupIDs[name] else {
      resource.error(
        "no SecurityGroup named \(reference.found)", at: reference,
        hint: spellingHint(for: reference.string ?? "", among: groupIDs.map(\.key).sorted()))
      return nil
    }
    return id
  }

  /// Ids of the groups to which a list of references points.
  func groupIDs(_ resource: ManagedResource, _ key: String) -> [String] {
    resource.references(key).compactMap { groupID($0, for: resource) }
  }

  /// Indices of the subnets to which a list of references points; those of a tier where there is no list.
  func subnetIndices(_ references: [Node], tier: String, for resource: ManagedResource) -> [Int] {
    guard !references.isEmpty else { return subnets.indices.filter { subnets[$0].tier == tier } }
    return references.compactMap { reference in
      if let index = subnets.firstIndex(where: { $0.name == reference.string }) { return index }
      resource.error(
        "no Subnet named \(reference.found)", at: reference,
        hint: spellingHint(for: reference.string ?? "", among: subnets.map(\.name)))
      return nil
    }
  }

  private func loadCluster(_ resource: ManagedResource) {
    let references = resource.block("vpcConfig")?["securityGroupIdRefs"]?.sequence ?? []
    clusterSecurityGroups += references.compactMap { $0["name"] }.compactMap { groupID($0, for: resource) }
  }
}
