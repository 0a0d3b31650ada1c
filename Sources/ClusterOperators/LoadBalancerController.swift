import AWSModel
import Documents
import KubernetesModel
import NetworkModel
import SimulationKernel

/// What bridges a cluster to its cloud: controllers that watch the one and act on the other.

/// The AWS Load Balancer Controller: an Ingress of class `alb` becomes a load balancer, its backends target groups of type
/// `ip`, and the ready addresses of the services' EndpointSlices their targets. Host names of the rules become DNS records, as
/// external-dns makes them (kubernetes-sigs/aws-load-balancer-controller, controllers/ingress/group_controller.go and
/// controllers/elbv2/targetgroupbinding_controller.go).
@Simulated
package final class LoadBalancerController {
  static let user = "system:serviceaccount:kube-system:aws-load-balancer-controller"
  /// From a change in the cluster to the end of the calls to AWS that follow it.
  static let apiLatency = TimeSpan.milliseconds(700)

  private struct Backend {
    var group: TargetGroup
    var namespace: String
    var service: String
    var port: JSONValue?
    /// Ingresses that route to it.
    var users: [ObjectKey]
  }

  private let cluster: Cluster
  private let region: AWSRegion
  private let ingresses: WorkQueue
  private let services: WorkQueue
  /// By group name or `namespace/ingress`.
  private var balancers: [String: LoadBalancer] = [:]
  private var shares: [ObjectKey: (balancer: String, rules: [LoadBalancer.Rule])] = [:]
  private var backends: [String: Backend] = [:]

  package init(_ cluster: Cluster, _ region: AWSRegion) {
    self.cluster = cluster
    self.region = region
    weak var controller: LoadBalancerController?
    ingresses = WorkQueue(cluster.simulation, "controller.alb", delay: Self.apiLatency) {
      controller?.reconcile($0)
    }
    services = WorkQueue(cluster.simulation, "controller.targets", delay: Self.apiLatency) {
      controller?.register($0)
    }
    controller = self
    cluster.server.watch(.ingress) { [ingresses] in ingresses.add($0.object.key) }
    cluster.server.watch(.endpointSlice) { [services] event in
      guard let service = event.object.label(EndpointSliceController.serviceLabel) else { return }
      services.add(ObjectKey(namespace: event.object.namespace, name: service))
    }
  }

  /// The controller does not run: balancers keep the rules and targets that they have.
  package var isStopped = false {
    didSet {
      ingresses.isStopped = isStopped
      services.isStopped = isStopped
    }
  }

  /// The target groups by `namespace/service`.
  package var targetGroups: [(name: String, group: TargetGroup)] {
    backends.sorted { $0.key < $1.key }.map { ("\($0.value.namespace)/\($0.value.service)", $0.value.group) }
  }

  // MARK: Ingresses

  private func reconcile(_ key: ObjectKey) {
    guard let ingress = cluster.server.find(.ingress, key.namespace, key.name), !ingress.isTerminating,
      let model = IngressModel(ingress)
    else { return remove(key) }
    let name = model.group ?? "\(key.namespace)/\(key.name)"
    if let before = shares[key]?.balancer, before != name { remove(key) }
    guard let balancer = balancers[name] ?? create(name, ingress, model) else { return }
    let rules = model.routes.map { route in
      LoadBalancer.Rule(
        host: route.host, pathPrefix: route.path, targetGroup: targetGroup(route, model, key, balancer))
    }
    shares[key] = (name, rules)
    applyRules(name)
    let names = cluster.network.names(of: region.code)
    for rule in rules where !rule.host.isEmpty { names[rule.host] = names[balancer.dnsName] }
    publish(balancer, in: ingress)
    cluster.events.record(ingress, .normal, "SuccessfullyReconciled", "Successfully reconciled", from: "ingress")
  }

  private func create(_ name: String, _ ingress: KubeObject, _ model: IngressModel) -> LoadBalancer? {
    let groups = model.securityGroups.compactMap(region.securityGroupID)
    guard groups.count == model.securityGroups.count else {
      let unknown = model.securityGroups.filter { region.securityGroupID($0) == nil }
      return refuse(ingress, "couldn't find all securityGroups, nameOrIDs: [\(unknown.joined(separator: " "))]")
    }
    let label = model.group.map { "k8s-\($0)" } ?? "k8s-\(ingress.namespace.prefix(8))-\(ingress.name.prefix(8))"
    guard let balancer = region.createLoadBalancer(name: label, securityGroups: groups) else {
      return refuse(ingress, "couldn't auto-discover subnets: unable to resolve at least one subnet")
    }
    balancers[name] = balancer
    if let bucket = model.accessLogBucket { region.logAccess(of: balancer, bucket: bucket) }
    return balancer
  }

  private func refuse(_ ingress: KubeObject, _ cause: String) -> LoadBalancer? {
    cluster.events.record(
      ingress, .warning, "FailedBuildModel", "Failed build model due to \(cause)", from: "ingress")
    ingresses.addAfterFailure(ingress.key)
    return nil
  }

  /// Rules of all Ingresses of a group, in the order of their names.
  private func applyRules(_ name: String) {
    balancers[name]?.rules = shares.filter { $0.value.balancer == name }.sorted { $0.key < $1.key }.flatMap(
      \.value.rules)
  }

  /// The Ingress is gone, or is no longer ours; with its last Ingress a balancer goes too.
  private func remove(_ key: ObjectKey) {
    guard let share = shares.removeValue(forKey: key), let balancer = balancers[share.balancer] else { return }
    applyRules(share.balancer)
    let names = cluster.network.names(of: region.code)
    for rule in share.rules where !rule.host.isEmpty { names[rule.host] = nil }
    for name in backends.map(\.key).sorted() { backends[name]?.users.removeAll { $0 == key } }
    for (name, backend) in backends.sorted(by: { $0.key < $1.key }) where backend.users.isEmpty {
      for target in backend.group.targets { backend.group.deregister(target.address, port: target.port) }
      backends[name] = nil
    }
    guard !shares.contains(where: { $0.value.balancer == share.balancer }) else { return }
    names[balancer.dnsName] = nil
    for node in balancer.nodes { cluster.network.remove(node) }
    balancers[share.balancer] = nil
  }

  private func publish(_ balancer: LoadBalancer, in ingress: KubeObject) {
    var updated = ingress
    updated.json.set("status", "loadBalancer", "ingress", to: [["hostname": .string(balancer.dnsName)]])
    _ = try? cluster.server.updateStatus(updated, as: Self.user)
  }

  // MARK: Targets

  private func targetGroup(
    _ route: IngressModel.Route, _ model: IngressModel, _ key: ObjectKey, _ balancer: LoadBalancer
  ) -> TargetGroup {
    let name = "\(key.namespace)/\(route.service):\(route.port?.jsonText() ?? "")"
    if var known = backends[name] {
      known.group.healthCheck = model.healthCheck
      known.group.deregistrationDelay = model.deregistrationDelay
      if !known.users.contains(key) { known.users.append(key) }
      backends[name] = known
      return known.group
    }
    let group = TargetGroup(
      name: "k8s-\(key.namespace.prefix(8))-\(route.service.prefix(8))", region: region.name,
      healthCheck: model.healthCheck, prober: balancer.nodes[0], network: cluster.network, journal: region.journal)
    group.deregistrationDelay = model.deregistrationDelay
    backends[name] = Backend(
      group: group, namespace: key.namespace, service: route.service, port: route.port, users: [key])
    register(ObjectKey(namespace: key.namespace, name: route.service))
    return group
  }

  /// Makes the targets of a service's groups its ready endpoints.
  private func register(_ key: ObjectKey) {
    for backend in backends.sorted(by: { $0.key < $1.key }).map(\.value)
    where backend.namespace == key.namespace && backend.service == key.name {
      let wanted = readyEndpoints(key, backend.port)
      for target in backend.group.targets where target.state != .draining {
        if !wanted.contains(where: { $0.address == target.address && $0.port == target.port }) {
          backend.group.deregister(target.address, port: target.port)
        }
      }
      for target in wanted { backend.group.register(target.address, port: target.port) }
    }
  }

  private func readyEndpoints(_ key: ObjectKey, _ port: JSONValue?) -> [(address: IPv4Address, port: UInt16)] {
    guard let service = cluster.server.find(.service, key.namespace, key.name) else { return [] }
    let ports = service.spec["ports"]?.array ?? []
    let selected = port == nil ? ports.first : ports.first { $0["port"] == port || $0["name"] == port }
    guard let name = selected.map({ $0["name"]?.string ?? "" }) else { return [] }
    var result: [(address: IPv4Address, port: UInt16)] = []
    let labels = LabelSelector([.equals(EndpointSliceController.serviceLabel, key.name)])
    for slice in cluster.server.list(.endpointSlice, namespace: key.namespace, labels: labels) {
      let number = slice.json["ports"]?.array?.first { $0["name"]?.string ?? "" == name }?["port"]?.integer
      for endpoint in slice.json["endpoints"]?.array ?? [] where endpoint.at("conditions", "ready")?.bool == true {
        if let number, let address = endpoint["addresses"]?[0]?.string.flatMap({ IPv4Address($0) }) {
          result.append((address, UInt16(clamping: number)))
        }
      }
    }
    return result
  }
}
