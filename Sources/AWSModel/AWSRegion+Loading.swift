import Documents
import NetworkModel
import SimulationKernel

// Managed resources of Crossplane's AWS providers (upbound/provider-family-aws: ec2, rds, secretsmanager, eks), read where the
// model needs them and kept as they are otherwise. References between them are `…Ref`s by name.
extension AWSRegion {
  /// Builds the region out of its manifests.
  ///
  /// - Parameter documents: managed resources, and the `Secret` objects from which they take passwords.
  package func load(_ documents: [Node], _ diagnostics: Diagnostics) throws {
    resources = documents.map(\.json)
    for node in documents where kind(node) == "Subnet" { loadSubnet(node, diagnostics) }
    for node in documents where kind(node) == "SecurityGroup" { loadSecurityGroup(node) }
    for node in documents where kind(node) == "SecurityGroupRule" { loadRule(node, diagnostics) }
    for node in documents where kind(node) == "Cluster" { loadCluster(node, diagnostics) }
    for node in documents where group(node).hasPrefix("secretsmanager.") && kind(node) == "Secret" { loadSecret(node) }
    for node in documents where kind(node) == "SecretVersion" { loadSecretVersion(node, documents, diagnostics) }
    for node in documents where group(node).hasPrefix("rds.") && kind(node) == "Instance" {
      try loadInstance(node, documents, diagnostics)
    }
    for node in documents where kind(node) == "Proxy" { loadProxy(node, documents, diagnostics) }
  }

  private func kind(_ node: Node) -> String { node["kind"]?.string ?? "" }
  private func group(_ node: Node) -> String { node["apiVersion"]?.string ?? "" }
  private func name(_ node: Node) -> String { node.at("metadata", "name")?.string ?? "" }
  private func provider(_ node: Node) -> Node? { node.at("spec", "forProvider") }

  /// A string that must be there.
  private func text(_ node: Node, _ key: String, _ diagnostics: Diagnostics) -> String? {
    guard let found = provider(node)?[key] else {
      diagnostics.error(at: node.mark, "\(kind(node)) \(name(node)) has no spec.forProvider.\(key)")
      return nil
    }
    guard let text = found.string ?? found.scalar?.text else {
      diagnostics.error(at: found.mark, "spec.forProvider.\(key): expected a string, found \(found.found)")
      return nil
    }
    return text
  }

  private func loadSubnet(_ node: Node, _ diagnostics: Diagnostics) {
    guard let cidr = text(node, "cidrBlock", diagnostics), let zone = text(node, "availabilityZone", diagnostics) else {
      return
    }
    guard let block = CIDRBlock(cidr) else {
      return diagnostics.error(at: provider(node)?["cidrBlock"]?.mark ?? node.mark, "\"\(cidr)\" is not a CIDR block")
    }
    let tier = provider(node)?.at("tags", "Tier")?.string ?? "private"
    subnets.append(Subnet(name: name(node), block: block, zone: Zone(region: code, name: zone), tier: tier))
  }

  private func loadSecurityGroup(_ node: Node) {
    let digits = String(fnv1a("\(self.name)/\(name(node))".utf8) & 0xfff_ffff_ffff_ffff, radix: 16)
    let id =
      node.at("metadata", "annotations", "crossplane.io/external-name")?.string
      ?? "sg-0" + String(repeating: "0", count: 16 - min(16, digits.count)) + digits.prefix(16)
    groupIDs[name(node)] = id
    securityGroups[id] = SecurityGroup(
      id: id, name: provider(node)?["name"]?.string ?? name(node),
      description: provider(node)?["description"]?.string ?? "Managed by Crossplane",
      vpcID: provider(node)?.at("vpcIdRef", "name")?.string ?? "")
  }

  private func loadRule(_ node: Node, _ diagnostics: Diagnostics) {
    guard let direction = text(node, "type", diagnostics).flatMap(SecurityGroupRule.Direction.init(rawValue:)),
      let ipProtocol = text(node, "protocol", diagnostics),
      let owner = reference(node, "securityGroupIdRef", diagnostics).flatMap({ groupID($0, diagnostics) })
    else { return }
    let from = Int(provider(node)?["fromPort"]?.json.integer ?? 0)
    let to = Int(provider(node)?["toPort"]?.json.integer ?? 65535)
    var peers: [SecurityGroupRule.Peer] = []
    if let source = provider(node)?.at("sourceSecurityGroupIdRef", "name"), let id = groupID(source, diagnostics) {
      peers.append(.group(id))
    }
    for cidr in provider(node)?["cidrBlocks"]?.sequence ?? [] {
      guard let block = cidr.string.flatMap({ CIDRBlock($0) }) else {
        diagnostics.error(at: cidr.mark, "expected a CIDR block, found \(cidr.found)")
        continue
      }
      peers.append(.cidr(block))
    }
    for peer in peers {
      securityGroups[owner]?.rules.append(
        SecurityGroupRule(direction, ipProtocol: ipProtocol, fromPort: from, toPort: to, peer: peer))
    }
  }

  private func reference(_ node: Node, _ key: String, _ diagnostics: Diagnostics) -> Node? {
    guard let target = provider(node)?.at(key, "name") else {
      diagnostics.error(at: node.mark, "\(kind(node)) \(name(node)) has no spec.forProvider.\(key).name")
      return nil
    }
    return target
  }

  private func groupID(_ node: Node, _ diagnostics: Diagnostics) -> String? {
    guard let name = node.string, let id = groupIDs[name] else {
      diagnostics.error(
        at: node.mark, "no SecurityGroup named \(node.found)",
        hint: spellingHint(for: node.string ?? "", among: groupIDs.map(\.key).sorted()))
      return nil
    }
    return id
  }

  private func groupIDs(_ node: Node, _ key: String, _ diagnostics: Diagnostics) -> [String] {
    (provider(node)?[key]?.sequence ?? []).compactMap { $0["name"] }.compactMap { groupID($0, diagnostics) }
  }

  private func loadCluster(_ node: Node, _ diagnostics: Diagnostics) {
    let references = provider(node)?["vpcConfig"]?.sequence?.first?["securityGroupIdRefs"]?.sequence ?? []
    clusterSecurityGroups += references.compactMap { $0["name"] }.compactMap { groupID($0, diagnostics) }
  }

  private func loadSecret(_ node: Node) {
    let secretName = provider(node)?["name"]?.string ?? name(node)
    let suffix = String(String(fnv1a(secretName.utf8), radix: 36).prefix(6))
    secrets.create(
      SecretsManager.Secret(
        name: secretName, arn: "arn:aws:secretsmanager:\(code):\(accountID):secret:\(secretName)-\(suffix)",
        description: provider(node)?["description"]?.string ?? ""))
  }

  private func loadSecretVersion(_ node: Node, _ documents: [Node], _ diagnostics: Diagnostics) {
    guard let secretReference = reference(node, "secretIdRef", diagnostics)?.string,
      let source = provider(node)?["secretStringSecretRef"],
      let value = secretValue(source, documents, diagnostics)
    else { return }
    let target = documents.first {
      group($0).hasPrefix("secretsmanager.") && kind($0) == "Secret" && name($0) == secretReference
    }
    guard let target else {
      return diagnostics.error(at: node.mark, "no Secret of secretsmanager named \"\(secretReference)\"")
    }
    _ = try? secrets.put(provider(target)?["name"]?.string ?? secretReference, value: value)
  }

  /// The value to which a `…SecretRef` (name, key) of a managed resource points.
  private func secretValue(_ reference: Node, _ documents: [Node], _ diagnostics: Diagnostics) -> String? {
    let secret = documents.first { group($0) == "v1" && kind($0) == "Secret" && name($0) == reference["name"]?.string }
    let key = reference["key"]?.string ?? ""
    if let value = secret?.at("stringData", key)?.string { return value }
    if let bytes = secret?.at("data", key)?.string.flatMap(base64Decoded) {
      return String(decoding: bytes, as: UTF8.self)
    }
    diagnostics.error(at: reference.mark, "no Secret \(reference["name"]?.found ?? "") with key \"\(key)\"")
    return nil
  }

  private func loadInstance(_ node: Node, _ documents: [Node], _ diagnostics: Diagnostics) throws {
    guard let className = text(node, "instanceClass", diagnostics), let user = text(node, "username", diagnostics),
      let database = text(node, "dbName", diagnostics), let version = text(node, "engineVersion", diagnostics),
      let passwordReference = provider(node)?["passwordSecretRef"],
      let password = secretValue(passwordReference, documents, diagnostics)
    else { return }
    guard let instanceClass = DBInstanceClass(name: className) else {
      let accepted = DBInstanceClass.all.map(\.name)
      return diagnostics.error(
        at: provider(node)?["instanceClass"]?.mark ?? node.mark,
        "unknown instance class \"\(className)\"; known are \(accepted.joined(separator: ", "))",
        hint: spellingHint(for: className, among: accepted))
    }
    let groups = groupIDs(node, "vpcSecurityGroupIdRefs", diagnostics)
    let isMultiAZ = provider(node)?["multiAz"]?.json.bool ?? false
    let hosts = databaseHosts(name(node), count: isMultiAZ ? 2 : 1, groups)
    guard !hosts.isEmpty else {
      return diagnostics.error(at: node.mark, "there is no subnet with the tag Tier: database")
    }
    let endpoint =
      node.at("status", "atProvider", "address")?.string
      ?? "\(name(node)).\(String(fnv1a(self.name.utf8), radix: 36).prefix(12)).\(code).rds.amazonaws.com"
    let configuration = DBInstance.Configuration(
      identifier: name(node), instanceClass: instanceClass, engineVersion: version, databaseName: database, user: user,
      password: password, port: UInt16(clamping: provider(node)?["port"]?.json.integer ?? 5432), isMultiAZ: isMultiAZ,
      allocatedStorage: Int(provider(node)?["allocatedStorage"]?.json.integer ?? 100), endpoint: endpoint,
      securityGroups: groups)
    instances.append(try DBInstance(configuration, region: self.name, network: network, journal: journal, hosts: hosts))
  }

  private func databaseHosts(_ identifier: String, count: Int, _ groups: [String]) -> [Host] {
    subnets.filter { $0.tier == "database" }.prefix(count).compactMap { subnet in
      allocateAddress(tier: "database", zone: subnet.zone.name).map { place in
        network.addHost(
          name: "\(self.name)/rds/\(identifier)", address: place.address, zone: place.zone, roles: [identifier, "rds"],
          securityGroups: groups)
      }
    }
  }

  private func loadProxy(_ node: Node, _ documents: [Node], _ diagnostics: Diagnostics) {
    let own = documents.filter { provider($0)?.at("dbProxyNameRef", "name")?.string == name(node) }
    guard
      let targetName = own.first(where: { kind($0) == "ProxyTarget" }).flatMap({
        provider($0)?.at("dbInstanceIdentifierRef", "name")
      }),
      let target = instance(targetName.string ?? "")
    else { return diagnostics.error(at: node.mark, "Proxy \(name(node)) has no ProxyTarget with a known instance") }
    guard let auth = provider(node)?["auth"]?.sequence?.first?.at("secretArnRef", "name")?.string,
      let secretNode = documents.first(where: { group($0).hasPrefix("secretsmanager.") && name($0) == auth })
    else { return diagnostics.error(at: node.mark, "Proxy \(name(node)) has no auth with a known secret") }
    let secretName = provider(secretNode)?["name"]?.string ?? auth
    var configuration = RDSProxy.Configuration(
      name: name(node),
      endpoint: node.at("status", "atProvider", "endpoint")?.string ?? "\(name(node)).proxy.\(code).rds.amazonaws.com",
      securityGroups: groupIDs(node, "vpcSecurityGroupIdRefs", diagnostics), secret: secretName)
    let poolSettings = own.first { kind($0) == "ProxyDefaultTargetGroup" }.flatMap {
      provider($0)?["connectionPoolConfig"]
    }
    let pool = poolSettings?.sequence?.first ?? poolSettings
    if let percent = pool?["maxConnectionsPercent"]?.json.integer { configuration.maxConnectionsPercent = Int(percent) }
    if let percent = pool?["maxIdleConnectionsPercent"]?.json.integer {
      configuration.maxIdleConnectionsPercent = Int(percent)
    }
    if let seconds = pool?["connectionBorrowTimeout"]?.json.integer {
      configuration.borrowTimeout = .seconds(Double(seconds))
    }
    let hosts = subnets.filter { $0.tier == "private" }.prefix(2).compactMap { subnet in
      allocateAddress(tier: "private", zone: subnet.zone.name).map { place in
        network.addHost(
          name: "\(self.name)/rds-proxy/\(configuration.name)", address: place.address, zone: place.zone,
          roles: [configuration.name, "rds-proxy"], securityGroups: configuration.securityGroups)
      }
    }
    guard !hosts.isEmpty else {
      return diagnostics.error(at: node.mark, "there is no subnet with the tag Tier: private")
    }
    proxies.append(
      RDSProxy(configuration, target: target, region: self.name, hosts: hosts, network: network, journal: journal) {
        [secrets] in
        Self.login(try? secrets.value(secretName).value)
      })
  }

  /// User and password of a database secret's JSON.
  private static func login(_ secret: String?) -> (user: String, password: String)? {
    guard let secret, let json = try? parseJSON(secret), let user = json["username"]?.string,
      let password = json["password"]?.string
    else { return nil }
    return (user, password)
  }
}
