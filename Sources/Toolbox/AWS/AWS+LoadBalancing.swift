import AWSModel
import Documents
import SimulationKernel

extension AWSCommandLine {
  /// Elastic Load Balancing (API reference version 2015-12-01).
  static let loadBalancing: [Operation] = [
    Operation(
      service: "elbv2", name: "describe-load-balancers", lists: ["names", "load-balancer-arns"]
    ) { call in ["LoadBalancers": .array(try call.selectedBalancers().map(call.json))] },
    Operation(service: "elbv2", name: "describe-listeners", required: ["load-balancer-arn"]) { call in
      ["Listeners": [try call.listener()]]
    },
    Operation(service: "elbv2", name: "describe-target-health", required: ["target-group-arn"]) { call in
      ["TargetHealthDescriptions": .array(try call.targetGroup().targets.map(call.json))]
    },
    Operation(
      service: "elbv2", name: "describe-target-groups", options: ["load-balancer-arn"],
      lists: ["names", "target-group-arns"]
    ) { call in ["TargetGroups": .array(try call.selectedTargetGroups().map(call.json))] },
    Operation(
      service: "elbv2", name: "modify-target-group", required: ["target-group-arn"],
      options: [
        "health-check-path", "health-check-interval-seconds", "health-check-timeout-seconds",
        "healthy-threshold-count", "unhealthy-threshold-count",
      ]
    ) { call in ["TargetGroups": [try call.modifyTargetGroup()]] },
  ]
}

extension AWSCall {
  // MARK: Load balancers

  private func arn(_ balancer: LoadBalancer, _ kind: String = "loadbalancer") -> String {
    arn("elasticloadbalancing", "\(kind)/app/\(balancer.name)/\(Self.digits(balancer.component))")
  }

  fileprivate func selectedBalancers() throws -> [LoadBalancer] {
    let wanted = options.list("names") + options.list("load-balancer-arns")
    let found = region.loadBalancers.filter { wanted.isEmpty || wanted.contains($0.name) || wanted.contains(arn($0)) }
    if let missing = wanted.first(where: { name in !found.contains { $0.name == name || arn($0) == name } }) {
      throw failure("LoadBalancerNotFound", "Load balancers '[\(missing)]' not found")
    }
    return found
  }

  private func balancer() throws -> LoadBalancer {
    let wanted = options["load-balancer-arn"] ?? ""
    guard let found = region.loadBalancers.first(where: { arn($0) == wanted }) else {
      guard wanted.hasPrefix("arn:") else {
        throw failure("ValidationError", "'\(wanted)' is not a valid load balancer ARN")
      }
      throw failure("LoadBalancerNotFound", "Load balancer '\(wanted)' not found")
    }
    return found
  }

  fileprivate func json(_ balancer: LoadBalancer) -> JSONValue {
    [
      "LoadBalancerArn": .string(arn(balancer)), "DNSName": .string(balancer.dnsName),
      "CreatedTime": .string(time(.zero)), "LoadBalancerName": .string(balancer.name), "Scheme": "internet-facing",
      "VpcId": .string(region.vpcs.first?.id ?? ""), "State": ["Code": "active"], "Type": "application",
      "AvailabilityZones": .array(
        balancer.nodes.map { node in
          let subnet = region.subnets.first { $0.block.contains(node.address) }
          return [
            "ZoneName": .string(node.zone.name), "SubnetId": .string(subnet?.id ?? ""), "LoadBalancerAddresses": [],
          ]
        }),
      "SecurityGroups": .array(balancer.securityGroups.map { .string($0) }), "IpAddressType": "ipv4",
    ]
  }

  fileprivate func listener() throws -> JSONValue {
    let balancer = try balancer()
    let certificates = region.certificates.prefix(1).map { ["CertificateArn": .string($0.arn)] as JSONValue }
    return [
      "ListenerArn": .string(arn(balancer, "listener") + "/" + Self.digits(balancer.dnsName)),
      "LoadBalancerArn": .string(arn(balancer)), "Port": 443, "Protocol": "HTTPS", "Certificates": .array(certificates),
      "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
      "DefaultActions": [
        ["Type": "fixed-response", "FixedResponseConfig": ["StatusCode": "404", "ContentType": "text/plain"]]
      ],
    ]
  }

  // MARK: Target groups

  private var targetGroups: [(group: TargetGroup, balancer: LoadBalancer)] {
    var found: [(group: TargetGroup, balancer: LoadBalancer)] = []
    for balancer in region.loadBalancers {
      for group in balancer.rules.map(\.targetGroup) where !found.contains(where: { $0.group === group }) {
        found.append((group, balancer))
      }
    }
    return found
  }

  private func arn(_ group: TargetGroup) -> String {
    arn("elasticloadbalancing", "targetgroup/\(group.name)/\(Self.digits(group.component))")
  }

  fileprivate func selectedTargetGroups() throws -> [TargetGroup] {
    let wanted = options.list("names") + options.list("target-group-arns")
    let owner = options.has("load-balancer-arn") ? try balancer() : nil
    let found = targetGroups.filter { row in
      (owner == nil || row.balancer === owner)
        && (wanted.isEmpty || wanted.contains(row.group.name) || wanted.contains(arn(row.group)))
    }.map(\.group)
    if let missing = wanted.first(where: { name in !found.contains { $0.name == name || arn($0) == name } }) {
      throw failure("TargetGroupNotFound", "One or more target groups not found: \(missing)")
    }
    return found
  }

  /// A target group may be named by its ARN or by its name.
  fileprivate func targetGroup() throws -> TargetGroup {
    let wanted = options["target-group-arn"] ?? ""
    guard let group = targetGroups.map(\.group).first(where: { arn($0) == wanted || $0.name == wanted }) else {
      guard wanted.hasPrefix("arn:") else {
        throw failure("ValidationError", "'\(wanted)' is not a valid target group ARN")
      }
      throw failure("TargetGroupNotFound", "Target groups '\(wanted)' not found")
    }
    return group
  }

  /// Sets what is given. A controller that owns the group sets its own values again at its next reconciliation.
  fileprivate func modifyTargetGroup() throws -> JSONValue {
    let group = try targetGroup()
    var check = group.healthCheck
    if let path = options["health-check-path"] {
      guard path.hasPrefix("/") else { throw failure("ValidationError", "Health check path must start with '/'") }
      check.path = path
    }
    if let seconds = try bounded("health-check-interval-seconds", 5...300) {
      check.interval = .seconds(Double(seconds))
    }
    if let seconds = try bounded("health-check-timeout-seconds", 2...120) { check.timeout = .seconds(Double(seconds)) }
    if let count = try bounded("healthy-threshold-count", 2...10) { check.healthyThreshold = count }
    if let count = try bounded("unhealthy-threshold-count", 2...10) { check.unhealthyThreshold = count }
    group.healthCheck = check
    return json(group)
  }

  private func bounded(_ name: String, _ range: ClosedRange<Int>) throws -> Int? {
    guard let value = try integer(name) else { return nil }
    guard range.contains(value) else {
      throw failure(
        "ValidationError", "\(name) '\(value)' must be in the range \(range.lowerBound)-\(range.upperBound)")
    }
    return value
  }

  fileprivate func json(_ target: Target) -> JSONValue {
    var health: JSONValue = ["State": .string(target.state.rawValue)]
    if target.state != .healthy {
      health["Reason"] = .string(target.reason)
      health["Description"] = .string(target.detail)
    }
    let zone = region.network.host(at: target.address)?.zone.name
    var identity: JSONValue = ["Id": .string(target.address.description), "Port": .integer(Int64(target.port))]
    if let zone { identity["AvailabilityZone"] = .string(zone) }
    return ["Target": identity, "HealthCheckPort": .string(String(target.port)), "TargetHealth": health]
  }

  fileprivate func json(_ group: TargetGroup) -> JSONValue {
    let check = group.healthCheck
    let balancers = targetGroups.filter { $0.group === group }.map { JSONValue.string(arn($0.balancer)) }
    return [
      "TargetGroupArn": .string(arn(group)), "TargetGroupName": .string(group.name), "Protocol": "HTTP",
      "VpcId": .string(region.vpcs.first?.id ?? ""), "HealthCheckProtocol": "HTTP",
      "HealthCheckPort": "traffic-port", "HealthCheckEnabled": true,
      "HealthCheckIntervalSeconds": .integer(Int64(check.interval.seconds)),
      "HealthCheckTimeoutSeconds": .integer(Int64(check.timeout.seconds)),
      "HealthyThresholdCount": .integer(Int64(check.healthyThreshold)),
      "UnhealthyThresholdCount": .integer(Int64(check.unhealthyThreshold)), "HealthCheckPath": .string(check.path),
      "Matcher": ["HttpCode": "200"], "LoadBalancerArns": .array(balancers), "TargetType": "ip",
      "ProtocolVersion": "HTTP1", "IpAddressType": "ipv4",
    ]
  }
}
