import Documents
import HTTPMessages
import NetworkModel
import SimulationKernel

// Roles and policies, keys, certificates and DNS out of manifests (providers iam, kms, acm, route53).
extension AWSRegion {
  func loadIdentities(_ manifests: ManagedResources) {
    for resource in manifests.of("Role", "iam") { loadRole(resource) }
    for resource in manifests.of("RolePolicy", "iam") {
      attach(resource.name, policy(resource, "policy"), to: resource.reference("roleRef"), of: resource, manifests)
    }
    for resource in manifests.of("RolePolicyAttachment", "iam") {
      guard let reference = resource["policyArnRef"]?["name"] else { continue }
      guard let target = manifests.find(reference, "Policy", of: "iam", for: resource) else { continue }
      attach(target.name, policy(target, "policy"), to: resource.reference("roleRef"), of: resource, manifests)
    }
    for resource in manifests.of("Key", "kms") {
      let hash = hexadecimal(fnv1a("\(name)/\(resource.name)".utf8), digits: 16)
      let id =
        resource.externalName
        ?? "\(hash.prefix(8))-\(hash.suffix(4))-4\(hash.prefix(3))-9\(hash.suffix(3))-\(hash.prefix(12))"
      keys[resource.name] = KeyManagement.Key(
        name: resource.name, id: id, arn: "arn:aws:kms:\(code):\(accountID):key/\(id)",
        description: resource["description"]?.string ?? "",
        state: resource["isEnabled"]?.json.bool == false ? .disabled : .enabled)
    }
  }

  private func loadRole(_ resource: ManagedResource) {
    guard let trust = document(resource, "assumeRolePolicy", in: resource.node.at("spec", "forProvider")) else {
      return
    }
    let roleName = resource.externalName ?? resource.name
    var role = IdentityAccess.Role(name: roleName, arn: "arn:aws:iam::\(accountID):role/\(roleName)", trust: trust)
    for inline in resource["inlinePolicy"]?.sequence ?? [] {
      guard let json = document(resource, "policy", in: inline), let policy = PolicyDocument(json: json) else {
        continue
      }
      role.policies.append((inline["name"]?.string ?? "inline", policy))
    }
    identity[role: roleName] = role
  }

  /// A policy's JSON, which manifests hold as text.
  private func document(_ resource: ManagedResource, _ key: String, in parent: Node?) -> JSONValue? {
    guard let place = parent?[key], let text = place.string else {
      resource.error("\(resource.kind) \(resource.name) has no \(key)", at: parent)
      return nil
    }
    guard let json = try? parseJSON(text), json["Statement"] != nil else {
      resource.error("\(key): expected the JSON of a policy with a Statement", at: place)
      return nil
    }
    return json
  }

  private func policy(_ resource: ManagedResource, _ key: String) -> PolicyDocument? {
    document(resource, key, in: resource.node.at("spec", "forProvider")).flatMap(PolicyDocument.init(json:))
  }

  private func attach(
    _ policyName: String, _ policy: PolicyDocument?, to reference: Node?, of resource: ManagedResource,
    _ manifests: ManagedResources
  ) {
    guard let policy, let reference, let role = manifests.find(reference, "Role", of: "iam", for: resource) else {
      return
    }
    identity[role: role.externalName ?? role.name]?.policies.append((policyName, policy))
  }

  func loadNames(_ manifests: ManagedResources) {
    certificates = manifests.of("Certificate", "acm").compactMap { resource in
      guard let domain = resource.text("domainName") else { return nil }
      let others = resource["subjectAlternativeNames"]?.sequence?.compactMap(\.string) ?? []
      let id = hexadecimal(fnv1a("\(name)/\(resource.name)".utf8), digits: 12)
      return ManagedCertificate(
        name: resource.name, arn: "arn:aws:acm:\(code):\(accountID):certificate/\(resource.externalName ?? id)",
        domainNames: [domain] + others, expires: nil)
    }
    for resource in manifests.of("Record", "route53") { loadRecord(resource) }
  }

  private func loadRecord(_ resource: ManagedResource) {
    guard let recordName = resource.text("name"), let type = resource.text("type") else { return }
    let values = resource["records"]?.sequence?.compactMap(\.string) ?? []
    let lifetime = TimeSpan.seconds(Double(resource.integer("ttl") ?? 300))
    switch type {
    case "A":
      let addresses = values.compactMap { IPv4Address($0) }
      guard addresses.count == values.count, !addresses.isEmpty else {
        return resource.error("records: expected IPv4 addresses", at: resource["records"])
      }
      network.names(of: code)[recordName] = NameSystem.Record(addresses: addresses, timeToLive: lifetime)
    case "CNAME":
      guard let target = values.first, values.count == 1 else {
        return resource.error("records: a CNAME has exactly one", at: resource["records"])
      }
      network.names(of: code)[recordName] = NameSystem.Record(alias: target, timeToLive: lifetime)
    default: break
    }
  }
}
