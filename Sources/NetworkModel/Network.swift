import SimulationKernel
import Telemetry

/// All hosts and everything between them.
@Simulated
package final class Network {
  package let simulation: Simulation
  package let profile: LatencyProfile
  package private(set) var conditions: [LinkCondition] = []
  /// Rises with every change that may alter a path.
  package private(set) var generation = 0

  /// Everything that was ever on the network, by the numbers of the hosts: where the spans of traces happened.
  package private(set) var places: [TracedPlace] = []

  /// What passes between hosts.
  package let flows: FlowMeter

  let stream: RandomStream
  private var hosts: [IPv4Address: Host] = [:]
  private var filters: [any PacketFilter] = []
  private var nameSystems: [String: NameSystem] = [:]

  package init(_ simulation: Simulation, profile: LatencyProfile = LatencyProfile()) {
    self.simulation = simulation
    self.profile = profile
    stream = simulation.random("network")
    flows = FlowMeter(simulation)
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
    let host = Host(
      name: name, address: address, zone: zone, roles: roles, securityGroups: securityGroups,
      place: Int32(places.count))
    places.append(TracedPlace(service: roles.last ?? name, component: name, zone: zone.description))
    hosts[address] = host
    return host
  }

  /// Takes a host off the network; its listeners and its client connections close.
  package func remove(_ host: Host) {
    host.closeAllListeners()
    host.closeClientConnections()
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

  /// Whether every filter lets a new connection through.
  package func permits(from: Host, to: Host, port: UInt16) -> Bool {
    filters.allSatisfy { $0.permits(from: from, to: to, port: port) }
  }

  /// Whether a SYN gets through; one that does not is a flow that was rejected.
  private func admits(_ from: Host, _ to: Host, _ port: UInt16) -> Bool {
    if permits(from: from, to: to, port: port) { return true }
    flows.reject(from: from, to: to, port: port, attempt: from.nextConnection)
    return false
  }

  func tracks(from: Host, to: Host, port: UInt16) -> Bool {
    filters.allSatisfy { $0.tracks(from: from, to: to, port: port) }
  }

  func path(from: Host, to: Host) -> Path {
    Path(from: from, to: to, base: profile.distance(from.zone, to.zone))
  }

  // MARK: Connecting

  /// Opens a TCP connection, with TLS on top where asked for.
  ///
  /// - Parameters:
  ///   - deadline: when the caller gives up; without an answer it is waited for.
  ///   - scope: the life of the client's process: when it is cancelled the connection closes, as a kernel does for a dead process.
  /// - Throws: `refused` when nothing listens, `timedOut(.connect)` when packets are dropped or the host is down or gone.
  package func connect(
    from: Host, to address: IPv4Address, port: UInt16, tls: TLSPolicy? = nil, deadline: Instant,
    trace: TraceContext? = nil, scope: CancelScope? = nil
  ) async throws(NetworkError) -> Connection {
    let span = trace?.begin(.connect, at: from.place)
    do throws(NetworkError) {
      let connection = try await dial(from, address, port, tls, deadline, span, scope)
      span?.end()
      return connection
    } catch {
      span?.end(error: error.summary)
      throw error
    }
  }

  /// Sends SYNs until one is answered.
  private func dial(
    _ from: Host, _ address: IPv4Address, _ port: UInt16, _ tls: TLSPolicy?, _ deadline: Instant,
    _ trace: TraceContext?, _ scope: CancelScope?
  ) async throws(NetworkError) -> Connection {
    var (address, port) = (address, port)
    if hosts[address] == nil, let route = from.services?.route(to: address, port: port) {
      guard case .backend(let backend, let backendPort) = route else { throw .refused(address: address, port: port) }
      (address, port) = (backend, backendPort)
    }
    var retry = profile.synTimeout
    while true {
      if let target = hosts[address], target.isUp, from.isUp, admits(from, target, port) {
        let path = path(from: from, to: target)
        let back = self.path(from: target, to: from)
        if let there = path.synTrip(self), let here = back.trip(40, self) {
          guard simulation.now + there + here <= deadline else { try await giveUp(deadline, .connect, trace) }
          await pause(there + here, .handshake, trace, Self.connectEvent)
          // A host that lost its power in between did not answer.
          if target.isUp { return try await accept(path, back, port, tls, deadline, trace, scope) }
        }
      }
      guard retry <= profile.longestSynTimeout, simulation.now + retry < deadline else {
        try await giveUp(deadline, .connect, trace)
      }
      await pause(retry, .handshake, trace, Self.timeoutEvent)
      retry = retry * 2
    }
  }

  private func accept(
    _ path: Path, _ back: Path, _ port: UInt16, _ tls: TLSPolicy?, _ deadline: Instant, _ trace: TraceContext?,
    _ scope: CancelScope?
  ) async throws(NetworkError) -> Connection {
    guard let listener = path.to.listener(port), path.meetsNoReset(self) else {
      throw .refused(address: path.to.address, port: port)
    }
    let connection = Connection(self, path: path, back: back, listener: listener, scope: scope)
    guard let tls else { return connection }
    do throws(NetworkError) {
      try await connection.handshake(tls, deadline: deadline, trace: trace)
      return connection
    } catch {
      connection.close()
      throw error
    }
  }

  func giveUp(_ deadline: Instant, _ phase: NetworkError.Phase, _ trace: TraceContext?) async throws(NetworkError)
    -> Never
  {
    // Linux gives up a connection whose data stay unacknowledged after about 15 minutes (tcp_retries2 = 15, ip-sysctl).
    let limit = min(deadline, simulation.now + (phase == .response ? .seconds(924.6) : profile.longestSynTimeout))
    await pause(limit - simulation.now, phase == .response ? .network : .handshake, trace, Self.timeoutEvent)
    throw .timedOut(phase)
  }

  func pause(_ span: TimeSpan, _ component: LatencyComponent, _ trace: TraceContext?, _ name: EventName) async {
    trace?.add(component, max(span, .zero))
    await simulation.sleep(span, name)
  }

  nonisolated static let lookupEvent: EventName = "network.lookup"
  nonisolated static let connectEvent: EventName = "network.connect"
  nonisolated static let timeoutEvent: EventName = "network.timeout"
  nonisolated static let tripEvent: EventName = "network.trip"
  nonisolated static let serveEvent: EventName = "network.serve"
}
