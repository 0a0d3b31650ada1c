import Documents

// What faults, expectations and answers can point at, as far as manifests tell.
extension Platform {
  /// The words under which kinds of managed AWS resources are targets.
  static let awsKinds: [(group: String, kind: String, word: String)] = [
    ("rds.", "Instance", "rds"), ("rds.", "Proxy", "rds-proxy"), ("ec2.", "SecurityGroup", "securitygroup"),
    ("secretsmanager.", "Secret", "secretsmanager"),
  ]

  /// Paths of all targets, `region/kind/namespace/name` or `region/kind/name`.
  package var targets: [String] {
    var targets: [String] = []
    for region in regions {
      targets += kubernetesTargets(region)
      targets += awsTargets(region)
      targets += nameTargets(region)
      targets += linkTargets(region)
      targets += zoneTargets(region)
      targets.append("\(region.name)/traffic/payments")
    }
    return targets
  }

  /// The names of the alerts of all PrometheusRule objects, sorted.
  package var alertNames: [String] {
    let rules = regions.flatMap(\.objects).filter { $0["kind"]?.string == "PrometheusRule" }
      .flatMap { $0.at("spec", "groups")?.sequence ?? [] }.flatMap { $0["rules"]?.sequence ?? [] }
    return Set(rules.compactMap { $0["alert"]?.string }).sorted()
  }

  private func kubernetesTargets(_ region: RegionDefinition) -> [String] {
    let named = region.objects.map { node -> String in
      let kind = (node["kind"]?.string ?? "").lowercased()
      let name = node.at("metadata", "name")?.string ?? ""
      let namespace = node.at("metadata", "namespace")?.string
      return [region.name, kind, namespace, name].compactMap(\.self).joined(separator: "/")
    }
    return named + secretsOfExternalSecrets(region)
  }

  /// The Secrets that the secret sync creates.
  private func secretsOfExternalSecrets(_ region: RegionDefinition) -> [String] {
    region.objects.filter { $0["kind"]?.string == "ExternalSecret" }.compactMap { node in
      guard let namespace = node.at("metadata", "namespace")?.string,
        let name = node.at("spec", "target", "name")?.string
      else {
        return nil
      }
      return "\(region.name)/secret/\(namespace)/\(name)"
    }
  }

  private func awsTargets(_ region: RegionDefinition) -> [String] {
    region.awsResources.compactMap { node in
      let group = node["apiVersion"]?.string ?? ""
      let row = Self.awsKinds.first { group.hasPrefix($0.group) && node["kind"]?.string == $0.kind }
      return row.map { "\(region.name)/\($0.word)/\(node.at("metadata", "name")?.string ?? "")" }
    }
  }

  /// The names under which databases and proxies are reached.
  private func nameTargets(_ region: RegionDefinition) -> [String] {
    region.awsResources.filter { $0["apiVersion"]?.string?.hasPrefix("rds.") == true }.compactMap { node in
      let status = node.at("status", "atProvider")
      return (status?["address"] ?? status?["endpoint"])?.string.map { "\(region.name)/dns/\($0)" }
    }
  }

  /// Links between the ends that have names: deployments, the balancer, the proxy, the database, customers.
  private func linkTargets(_ region: RegionDefinition) -> [String] {
    let deployments = region.objects.filter { $0["kind"]?.string == "Deployment" }.compactMap {
      $0.at("metadata", "name")?.string
    }
    let ends = deployments + ["alb", "rds-proxy", "rds", "customer", "node"]
    var links: [String] = []
    for source in ends {
      for target in ends where target != source { links.append("\(region.name)/link/\(source)->\(target)") }
    }
    return links
  }

  private func zoneTargets(_ region: RegionDefinition) -> [String] {
    let zones = region.awsResources.compactMap { $0.at("spec", "forProvider", "availabilityZone")?.string }
    return Set(zones).sorted().map { "\(region.name)/zone/\($0)" }
  }

  /// The host names of its ingresses.
  package var hosts: [String] {
    regions.flatMap { region in
      region.objects.filter { $0["kind"]?.string == "Ingress" }
        .flatMap { $0.at("spec", "rules")?.sequence ?? [] }.compactMap { $0["host"]?.string }
    }
  }

  /// How many workloads its manifests hold.
  package var workloadCount: Int {
    regions.reduce(0) { sum, region in
      sum + region.objects.count { ["Deployment", "StatefulSet", "DaemonSet"].contains($0["kind"]?.string ?? "") }
    }
  }
}
