import SimulationKernel

/// Decides whether a packet may pass. What is not permitted is dropped without a word, so that the sender times out.
@Simulated
package protocol PacketFilter: AnyObject {
  func permits(from: Host, to: Host, port: UInt16) -> Bool
}

/// All hosts and everything between them.
@Simulated
package final class Network {
  package let simulation: Simulation
  package let profile: LatencyProfile
  package private(set) var conditions: [LinkCondition] = []
  /// Rises with every change that may alter a path.
  package private(set) var generation = 0

  let stream: RandomStream
  private var hosts: [IPv4Address: Host] = [:]
  private var filters: [any PacketFilter] = []
  private var nameSystems: [String: NameSystem] = [:]

  package init(_ simulation: Simulation, profile: LatencyProfile = LatencyProfile()) {
    self.simulation = simulation
    self.profile = profile
    stream = simulation.random("network")
  }

  /// The names that hosts of a region resolve.
  package func names(of region: String) -> NameSystem {
    if let system = nameSystems[region] { return system }
    let system = NameSystem()
    nameSystems[region] = system
    return system
  }

  // MARK: Hosts

  /// Puts a host on the network.
  ///
  /// - Precondition: the address is free.
  package func addHost(
    name: String, address: IPv4Address, zone: Zone, roles: [String] = [], securityGroups: [String] = []
  ) -> Host {
    precondition(hosts[address] == nil, "\(name): address \(address) belongs to \(hosts[address]?.name ?? "")")
    let host = Host(name: name, address: address, zone: zone, roles: roles, securityGroups: securityGroups)
    hosts[address] = host
    return host
  }

  /// Takes a host off the network; its listeners close.
  package func remove(_ host: Host) {
    host.closeAllListeners()
    host.isUp = false
    if hosts[host.address] === host { hosts[host.address] = nil }
  }

  package func host(at address: IPv4Address) -> Host? { hosts[address] }

  /// All hosts by address.
  package var allHosts: [Host] { hosts.sorted { $0.key < $1.key }.map(\.value) }

  // MARK: What lies between them

  package func add(_ filter: any PacketFilter) { filters.append(filter) }

  package func add(_ condition: LinkCondition) {
    conditions.append(condition)
    generation += 1
  }

  package func remove(_ condition: LinkCondition) {
    conditions.removeAll { $0 === condition }
    generation += 1
  }

  /// Makes paths notice that a condition's values have changed.
  package func conditionsChanged() { generation += 1 }

  func permits(from: Host, to: Host, port: UInt16) -> Bool {
    filters.allSatisfy { $0.permits(from: from, to: to, port: port) }
  }

  func path(from: Host, to: Host) -> Path {
    Path(from: from, to: to, base: profile.distance(from.zone, to.zone))
  }

  // MARK: Connecting

  /// Resolves a name as a process on `host` does, from the resolver's cache or by asking.
  package func resolve(
    _ name: String, on host: Host, trace: RequestTrace? = nil
  ) async throws(NetworkError) -> IPv4Address {
    if let address = IPv4Address(name) { return address }
    if let known = host.names.lookup(name, at: simulation.now) { return known[stream.integer(below: known.count)] }
    let system = names(of: host.zone.region)
    switch system.answer(name) {
    case .failure(.timedOut):
      await pause(profile.nameTimeout, .nameResolution, trace, Self.lookupEvent)
      throw .nameResolution(.timedOut, name: name)
    case .failure(let error):
      await pause(profile.nameLookup.sample(stream), .nameResolution, trace, Self.lookupEvent)
      throw .nameResolution(error, name: name)
    case .success(let record):
      await pause(profile.nameLookup.sample(stream), .nameResolution, trace, Self.lookupEvent)
      guard !record.addresses.isEmpty else { throw .nameResolution(.noSuchDomain, name: name) }
      host.names.keep(name, record.addresses, until: simulation.now + record.timeToLive)
      return record.addresses[stream.integer(below: record.addresses.count)]
    }
  }

  /// Opens a TCP connection, with TLS on top where asked for.
  ///
  /// - Parameter deadline: when the caller gives up; without an answer it is waited for.
  /// - Throws: `refused` when nothing listens, `timedOut(.connect)` when packets are dropped or the host is down.
  package func connect(
    from: Host, to address: IPv4Address, port: UInt16, tls: TLSPolicy? = nil, deadline: Instant,
    trace: RequestTrace? = nil
  ) async throws(NetworkError) -> Connection {
    guard let target = hosts[address], target.isUp, from.isUp, permits(from: from, to: target, port: port) else {
      try await giveUp(deadline, .connect, trace)
    }
    let path = path(from: from, to: target)
    path.refresh(self)
    guard let there = path.synTrip(self), let back = path.trip(40, self) else {
      try await giveUp(deadline, .connect, trace)
    }
    guard simulation.now + there + back <= deadline else { try await giveUp(deadline, .connect, trace) }
    await pause(there + back, .handshake, trace, Self.connectEvent)
    guard target.isUp else { try await giveUp(deadline, .connect, trace) }
    guard let listener = target.listener(port) else { throw .refused(address: address, port: port) }
    let connection = Connection(self, path: path, listener: listener)
    if let tls { try await connection.handshake(tls, deadline: deadline, trace: trace) }
    return connection
  }

  func giveUp(_ deadline: Instant, _ phase: NetworkError.Phase, _ trace: RequestTrace?) async throws(NetworkError)
    -> Never
  {
    let limit = min(deadline, simulation.now + Self.longestWait)
    await pause(limit - simulation.now, phase == .response ? .network : .handshake, trace, Self.timeoutEvent)
    throw .timedOut(phase)
  }

  /// Linux gives up a connection that is not answered after about two minutes (tcp_syn_retries = 6).
  private static let longestWait = TimeSpan.seconds(127)

  func pause(_ span: TimeSpan, _ component: LatencyComponent, _ trace: RequestTrace?, _ name: EventName) async {
    trace?.add(component, max(span, .zero))
    await simulation.sleep(span, name)
  }

  nonisolated static let lookupEvent: EventName = "network.lookup"
  nonisolated static let connectEvent: EventName = "network.connect"
  nonisolated static let timeoutEvent: EventName = "network.timeout"
  nonisolated static let tripEvent: EventName = "network.trip"
  nonisolated static let serveEvent: EventName = "network.serve"
}

/// A server's certificate as a client sees it.
package struct TLSPolicy: Hashable, Sendable {
  /// What the handshake ends in.
  package var failure: TLSError?

  package init(failure: TLSError? = nil) { self.failure = failure }
}
