import Documents
import NetworkModel
import SimulationKernel

// Secrets, databases and proxies out of manifests (providers secretsmanager and rds).
extension AWSRegion {
  func loadSecret(_ resource: ManagedResource, _ manifests: ManagedResources) {
    let secretName = resource["name"]?.string ?? resource.name
    let suffix = String(String(fnv1a(secretName.utf8), radix: 36).prefix(6))
    let key = resource["kmsKeyIdRef"]?["name"].flatMap { manifests.find($0, "Key", of: "kms", for: resource)?.name }
    secrets.create(
      SecretsManager.Secret(
        name: secretName, arn: "arn:aws:secretsmanager:\(code):\(accountID):secret:\(secretName)-\(suffix)",
        description: resource["description"]?.string ?? "", key: key))
  }

  func loadSecretVersion(_ resource: ManagedResource, _ manifests: ManagedResources) {
    guard let reference = resource.reference("secretIdRef"),
      let target = manifests.find(reference, "Secret", of: "secretsmanager", for: resource)
    else { return }
    guard let source = resource["secretStringSecretRef"] else {
      return resource.error("SecretVersion \(resource.name) has no spec.forProvider.secretStringSecretRef")
    }
    guard let value = manifests.secretValue(source, for: resource) else { return }
    _ = try? secrets.put(target["name"]?.string ?? target.name, value: value)
  }

  func loadInstance(_ resource: ManagedResource, _ manifests: ManagedResources) throws {
    guard let className = resource.text("instanceClass"), let user = resource.text("username"),
      let database = resource.text("dbName"), let version = resource.text("engineVersion"),
      resource.reference("passwordSecretRef") != nil, let passwordReference = resource["passwordSecretRef"],
      let password = manifests.secretValue(passwordReference, for: resource)
    else { return }
    guard let instanceClass = DBInstanceClass(name: className) else {
      let accepted = DBInstanceClass.all.map(\.name)
      return resource.error(
        "unknown instance class \"\(className)\"; known are \(accepted.joined(separator: ", "))",
        at: resource["instanceClass"], hint: spellingHint(for: className, among: accepted))
    }
    let groups = groupIDs(resource, "vpcSecurityGroupIdRefs")
    let isMultiAZ = resource.isOn("multiAz")
    let hosts = databaseHosts(resource, manifests, isMultiAZ: isMultiAZ, groups)
    guard let first = hosts.first else {
      return resource.error("there is no subnet with the tag Tier: database")
    }
    if isMultiAZ, Set(hosts.map(\.zone)).count < 2 {
      resource.error(
        "a Multi-AZ instance needs subnets in two availability zones; all are in \(first.zone)",
        at: resource["dbSubnetGroupNameRef"])
    }
    let endpoint =
      resource.observed("address")
      ?? "\(resource.name).\(String(fnv1a(self.name.utf8), radix: 36).prefix(12)).\(code).rds.amazonaws.com"
    let configuration = DBInstance.Configuration(
      identifier: resource.name, instanceClass: instanceClass, engineVersion: version, databaseName: database,
      user: user, password: password, port: UInt16(clamping: resource.integer("port") ?? 5432), isMultiAZ: isMultiAZ,
      allocatedStorage: resource.integer("allocatedStorage") ?? 100, endpoint: endpoint, securityGroups: groups)
    instances.append(try DBInstance(configuration, region: self.name, network: network, journal: journal, hosts: hosts))
  }

  /// A host in the first subnet of the subnet group, and for Multi-AZ one in the first of another zone.
  private func databaseHosts(
    _ resource: ManagedResource, _ manifests: ManagedResources, isMultiAZ: Bool, _ groups: [String]
  ) -> [Host] {
    let group = resource["dbSubnetGroupNameRef"]?["name"].flatMap {
      manifests.find($0, "SubnetGroup", of: "rds", for: resource)
    }
    let places = subnetIndices(group?.references("subnetIdRefs") ?? [], tier: "database", for: group ?? resource)
    guard let first = places.first else { return [] }
    let second = places.first { subnets[$0].zone != subnets[first].zone } ?? places.dropFirst().first
    return addHosts(
      "\(self.name)/rds/\(resource.name)", in: [first] + (isMultiAZ ? [second].compactMap(\.self) : []),
      roles: [resource.name, "rds"], groups)
  }

  func loadProxy(_ resource: ManagedResource, _ manifests: ManagedResources) {
    let own = manifests.all.filter { $0["dbProxyNameRef"]?["name"]?.string == resource.name }
    guard let targetName = own.first(where: { $0.kind == "ProxyTarget" })?["dbInstanceIdentifierRef"]?["name"],
      let target = instance(targetName.string ?? "")
    else { return resource.error("Proxy \(resource.name) has no ProxyTarget with a known instance") }
    guard let reference = resource.block("auth")?.at("secretArnRef", "name") else {
      return resource.error("Proxy \(resource.name) has no auth with a known secret")
    }
    guard let secret = manifests.find(reference, "Secret", of: "secretsmanager", for: resource) else { return }
    let secretName = secret["name"]?.string ?? secret.name
    var configuration = RDSProxy.Configuration(
      name: resource.name,
      endpoint: resource.observed("endpoint") ?? "\(resource.name).proxy.\(code).rds.amazonaws.com",
      securityGroups: groupIDs(resource, "vpcSecurityGroupIdRefs"), secret: secretName)
    if let seconds = resource.integer("idleClientTimeout") {
      configuration.idleClientTimeout = .seconds(Double(seconds))
    }
    if let group = own.first(where: { $0.kind == "ProxyDefaultTargetGroup" }) { readPool(group, into: &configuration) }
    let references = resource.references("vpcSubnetIdRefs") + resource.references("vpcSubnetIdsRefs")
    let places = subnetIndices(references, tier: "private", for: resource).prefix(2)
    let hosts = addHosts(
      "\(self.name)/rds-proxy/\(configuration.name)", in: Array(places), roles: [configuration.name, "rds-proxy"],
      configuration.securityGroups)
    guard !hosts.isEmpty else { return resource.error("there is no subnet with the tag Tier: private") }
    proxies.append(
      RDSProxy(configuration, target: target, region: self.name, hosts: hosts, network: network, journal: journal) {
        [secrets] in
        Self.login(try? secrets.value(secretName).value)
      })
  }

  private func readPool(_ group: ManagedResource, into configuration: inout RDSProxy.Configuration) {
    guard let pool = group.block("connectionPoolConfig") else { return }
    if let percent = percent(pool, "maxConnectionsPercent", 1, group) { configuration.maxConnectionsPercent = percent }
    if let percent = percent(pool, "maxIdleConnectionsPercent", 0, group) {
      configuration.maxIdleConnectionsPercent = percent
    }
    if let seconds = pool["connectionBorrowTimeout"]?.json.integer {
      configuration.borrowTimeout = .seconds(Double(seconds))
    }
  }

  private func percent(_ pool: Node, _ key: String, _ least: Int64, _ group: ManagedResource) -> Int? {
    guard let place = pool[key] else { return nil }
    guard let value = place.json.integer, (least...100).contains(value) else {
      group.error("\(key): expected \(least) to 100, found \(place.found)", at: place)
      return nil
    }
    return Int(value)
  }

  /// User and password of a database secret's JSON.
  private static func login(_ secret: String?) -> (user: String, password: String)? {
    guard let secret, let json = try? parseJSON(secret), let user = json["username"]?.string,
      let password = json["password"]?.string
    else { return nil }
    return (user, password)
  }
}
