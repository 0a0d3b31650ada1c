import Documents
import NetworkModel
import SimulationKernel

/// How the pods of a cluster find and reach Services: the records of the cluster's DNS (CoreDNS, plugin `kubernetes`, whose TTL is
/// 5 s) and kube-proxy's rules, which send each new connection to one ready endpoint at random (kubernetes/kubernetes,
/// pkg/proxy/iptables/proxier.go). All nodes learn of a change at the same time.
///
/// The name server is down once the Service `kube-system/kube-dns` has lost its last ready endpoint. In a cluster without that
/// Service pods ask the region's resolver.
@Simulated
package final class ServiceNetwork: ServiceRouting {
  /// What pods ask.
  package let names: NameSystem

  private struct Rule {
    var port: UInt16
    var backends: [(address: IPv4Address, port: UInt16)]
  }

  private let server: APIServer
  private let stream: RandomStream
  private var queue: WorkQueue?
  private var rules: [IPv4Address: [Rule]] = [:]
  /// What a Service had: its address and its names.
  private var published: [ObjectKey: (address: IPv4Address?, names: [String])] = [:]
  private var hasServedNames = false

  package static let nameServer = ObjectKey(namespace: "kube-system", name: "kube-dns")
  /// From a change of a slice to the rules on the nodes; kube-proxy gathers changes for up to a second.
  static let delay = TimeSpan.milliseconds(300)
  static let timeToLive = TimeSpan.seconds(5)

  init(_ server: APIServer, network: Network, region: String) {
    self.server = server
    names = NameSystem(upstream: network.names(of: region))
    stream = server.simulation.random("kube-proxy/\(server.cluster)")
    queue = WorkQueue(server.simulation, "kube-proxy", delay: Self.delay) { [weak self] in self?.publish($0) }
    server.watch(.service) { [weak self] in self?.queue?.add($0.object.key) }
    server.watch(.endpointSlice) { [weak self] event in
      guard let service = event.object.label(EndpointSliceController.serviceLabel) else { return }
      self?.queue?.add(ObjectKey(namespace: event.object.namespace, name: service))
    }
  }

  /// Whether the cluster has a name server of its own.
  package var hasNameServer: Bool {
    server.find(.service, Self.nameServer.namespace, Self.nameServer.name) != nil
  }

  /// The address of the name server, as kubelet writes it into `/etc/resolv.conf`.
  package var nameServerAddress: String? {
    server.find(.service, Self.nameServer.namespace, Self.nameServer.name)?.spec["clusterIP"]?.string
  }

  package func route(to address: IPv4Address, port: UInt16) -> ServiceRoute? {
    guard let rules = rules[address] else { return nil }
    // Addresses of Services answer on their own ports only; other packets get lost, which no caller waits for here.
    guard let backends = rules.first(where: { $0.port == port })?.backends, !backends.isEmpty else { return .refused }
    let chosen = backends[stream.integer(below: backends.count)]
    return .backend(chosen.address, chosen.port)
  }

  // MARK: Publishing

  private func publish(_ key: ObjectKey) {
    queue?.forget(key)
    if let before = published.removeValue(forKey: key) {
      if let address = before.address { rules[address] = nil }
      for name in before.names { names[name] = nil }
    }
    guard let service = server.find(.service, key.namespace, key.name) else { return }
    let domain = "\(key.name).\(key.namespace).svc.cluster.local"
    if service.spec["type"]?.string == "ExternalName", let target = service.spec["externalName"]?.string {
      names[domain] = NameSystem.Record(alias: target, timeToLive: Self.timeToLive)
      published[key] = (nil, [domain])
      return
    }
    let slices = server.list(.endpointSlice, namespace: key.namespace).filter {
      $0.label(EndpointSliceController.serviceLabel) == key.name
    }
    let ready = slices.flatMap(Self.readyEndpoints)
    if key == Self.nameServer { noteNameServer(isReady: !ready.isEmpty) }
    guard let address = service.spec["clusterIP"]?.string.flatMap({ IPv4Address($0) }) else {
      return publishHeadless(key, domain, ready)
    }
    rules[address] = (service.spec["ports"]?.array ?? []).compactMap { port in
      guard let number = port["port"]?.integer.flatMap({ UInt16(exactly: $0) }) else { return nil }
      let name = port["name"]?.string ?? ""
      return Rule(
        port: number, backends: ready.compactMap { endpoint in endpoint.ports[name].map { (endpoint.address, $0) } })
    }
    names[domain] = NameSystem.Record(addresses: [address], timeToLive: Self.timeToLive)
    published[key] = (address, [domain])
  }

  /// A Service without an address of its own leads to its pods, and each pod with a host name has a name below it.
  private func publishHeadless(_ key: ObjectKey, _ domain: String, _ ready: [Endpoint]) {
    var own = [domain]
    if ready.isEmpty { return published[key] = (nil, []) }
    names[domain] = NameSystem.Record(addresses: ready.map(\.address), timeToLive: Self.timeToLive)
    for endpoint in ready where !endpoint.hostName.isEmpty {
      let name = "\(endpoint.hostName).\(domain)"
      names[name] = NameSystem.Record(addresses: [endpoint.address], timeToLive: Self.timeToLive)
      own.append(name)
    }
    published[key] = (nil, own)
  }

  private func noteNameServer(isReady: Bool) {
    if isReady { hasServedNames = true }
    // A cluster that is just being built resolves names from the beginning.
    names.isDown = hasServedNames && !isReady
  }

  private struct Endpoint {
    var address: IPv4Address
    var hostName: String
    /// Numbers by the names of the ports.
    var ports: [String: UInt16]
  }

  private static func readyEndpoints(_ slice: KubeObject) -> [Endpoint] {
    var ports: [String: UInt16] = [:]
    for port in slice.json["ports"]?.array ?? [] {
      ports[port["name"]?.string ?? ""] = port["port"]?.integer.flatMap { UInt16(exactly: $0) }
    }
    return (slice.json["endpoints"]?.array ?? []).compactMap { endpoint in
      guard endpoint.at("conditions", "ready")?.bool != false,
        let address = endpoint["addresses"]?[0]?.string.flatMap({ IPv4Address($0) })
      else { return nil }
      return Endpoint(address: address, hostName: endpoint["hostname"]?.string ?? "", ports: ports)
    }
  }
}
