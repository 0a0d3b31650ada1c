import AWSModel
import Documents
import KubernetesModel
import NetworkModel
import SimulationKernel

/// What bridges a cluster to its cloud: controllers that watch the one and act on the other.

/// The AWS Load Balancer Controller: an Ingress of class `alb` becomes a load balancer, its backends target groups of type
/// `ip`, and the ready addresses of the services' EndpointSlices their targets. Host names of the rules become DNS records, as
/// external-dns makes them (kubernetes-sigs/aws-load-balancer-controller, docs/guide/ingress/annotations).
@Simulated
package final class LoadBalancerController {
  static let user = "system:serviceaccount:kube-system:aws-load-balancer-controller"
  static let annotation = "alb.ingress.kubernetes.io/"

  private let cluster: Cluster
  private let region: AWSRegion
  private let queue: WorkQueue
  private var balancers: [ObjectKey: LoadBalancer] = [:]
  private var groups: [String: TargetGroup] = [:]

  package init(_ cluster: Cluster, _ region: AWSRegion) {
    self.cluster = cluster
    self.region = region
    weak var controller: LoadBalancerController?
    queue = WorkQueue(cluster.simulation, "controller.alb", delay: .milliseconds(200)) { controller?.reconcile($0) }
    controller = self
    cluster.server.watch(.ingress) { [weak self] in self?.queue.add($0.object.key) }
    cluster.server.watch(.endpointSlice) { [weak self] event in
      guard let self else { return }
      for ingress in self.cluster.server.list(.ingress, namespace: event.object.namespace) {
        self.queue.add(ingress.key)
      }
    }
  }

  /// The target groups by `namespace/service`.
  package var targetGroups: [(name: String, group: TargetGroup)] {
    groups.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  private func reconcile(_ key: ObjectKey) {
    guard let ingress = cluster.server.find(.ingress, key.namespace, key.name) else { return }
    guard ingress.spec["ingressClassName"]?.string == "alb" else { return }
    guard let balancer = balancers[key] ?? create(ingress) else { return }
    balancers[key] = balancer
    balancer.rules = rules(of: ingress, balancer)
    for rule in balancer.rules where !rule.host.isEmpty {
      cluster.network.names(of: region.code)[rule.host] = cluster.network.names(of: region.code)[balancer.dnsName]
    }
    publish(balancer, in: ingress)
  }

  private func create(_ ingress: KubeObject) -> LoadBalancer? {
    let names = (ingress.annotation(Self.annotation + "security-groups") ?? "").split(separator: ",").map { word in
      String(word).trimmed
    }
    let name = "k8s-\(ingress.namespace.prefix(8))-\(ingress.name.prefix(8))"
    let balancer = region.createLoadBalancer(name: name, securityGroups: names.compactMap(region.securityGroupID))
    guard let balancer else {
      cluster.events.record(
        ingress, .warning, "FailedBuildModel",
        "Failed build model due to couldn't auto-discover subnets: unable to resolve at least one subnet",
        from: "ingress")
      return nil
    }
    cluster.events.record(ingress, .normal, "SuccessfullyReconciled", "Successfully reconciled", from: "ingress")
    return balancer
  }

  private func rules(of ingress: KubeObject, _ balancer: LoadBalancer) -> [LoadBalancer.Rule] {
    var rules: [LoadBalancer.Rule] = []
    for rule in ingress.spec["rules"]?.array ?? [] {
      for path in rule.at("http", "paths")?.array ?? [] {
        guard let service = path.at("backend", "service", "name")?.string else { continue }
        let group = targetGroup(ingress, service, balancer)
        register(service, in: ingress.namespace, group)
        rules.append(
          LoadBalancer.Rule(
            host: rule["host"]?.string ?? "", pathPrefix: path["path"]?.string ?? "/", targetGroup: group))
      }
    }
    return rules
  }

  private func targetGroup(_ ingress: KubeObject, _ service: String, _ balancer: LoadBalancer) -> TargetGroup {
    let key = "\(ingress.namespace)/\(service)"
    var check = TargetGroup.HealthCheck()
    if let path = ingress.annotation(Self.annotation + "healthcheck-path") { check.path = path }
    if let seconds = number(ingress, "healthcheck-interval-seconds") { check.interval = .seconds(seconds) }
    if let seconds = number(ingress, "healthcheck-timeout-seconds") { check.timeout = .seconds(seconds) }
    if let count = number(ingress, "healthy-threshold-count") { check.healthyThreshold = Int(count) }
    if let count = number(ingress, "unhealthy-threshold-count") { check.unhealthyThreshold = Int(count) }
    let group =
      groups[key]
      ?? TargetGroup(
        name: "k8s-\(ingress.namespace.prefix(8))-\(service.prefix(8))", region: region.name, healthCheck: check,
        prober: balancer.nodes[0], network: cluster.network, journal: region.journal)
    group.healthCheck.path = check.path
    let attributes = ingress.annotation(Self.annotation + "target-group-attributes") ?? ""
    for attribute in attributes.split(separator: ",") where attribute.hasPrefix("deregistration_delay.timeout_seconds=")
    {
      group.deregistrationDelay = .seconds(attribute.split(separator: "=").last.flatMap { Double($0) } ?? 300)
    }
    groups[key] = group
    return group
  }

  private func number(_ ingress: KubeObject, _ name: String) -> Double? {
    ingress.annotation(Self.annotation + name).flatMap { Double($0) }
  }

  /// Makes the group's targets the ready endpoints of the service.
  private func register(_ service: String, in namespace: String, _ group: TargetGroup) {
    var wanted: [(address: IPv4Address, port: UInt16)] = []
    let selector = LabelSelector([.equals("kubernetes.io/service-name", service)])
    for slice in cluster.server.list(.endpointSlice, namespace: namespace, labels: selector) {
      let port = slice.json["ports"]?.array?.first?["port"]?.integer
      for endpoint in slice.json["endpoints"]?.array ?? [] where endpoint.at("conditions", "ready")?.bool == true {
        if let port, let address = endpoint["addresses"]?[0]?.string.flatMap({ IPv4Address($0) }) {
          wanted.append((address, UInt16(clamping: port)))
        }
      }
    }
    for target in group.targets where target.state != .draining {
      if !wanted.contains(where: { $0.address == target.address && $0.port == target.port }) {
        group.deregister(target.address, port: target.port)
      }
    }
    for target in wanted { group.register(target.address, port: target.port) }
  }

  private func publish(_ balancer: LoadBalancer, in ingress: KubeObject) {
    var updated = ingress
    updated.json.set("status", "loadBalancer", "ingress", to: [["hostname": .string(balancer.dnsName)]])
    _ = try? cluster.server.updateStatus(updated, as: Self.user)
  }
}

extension String {
  fileprivate var trimmed: String {
    let start = drop { $0 == " " }
    return String(start.reversed().drop { $0 == " " }.reversed())
  }
}
