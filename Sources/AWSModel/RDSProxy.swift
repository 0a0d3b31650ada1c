import NetworkModel
import SimulationKernel
import Telemetry

/// RDS Proxy: keeps clients connected, lends them database connections a transaction at a time, and follows a failover
/// without waiting for DNS (RDS user guide, "Amazon RDS Proxy").
@Simulated
package final class RDSProxy {
  /// What a platform says about it.
  package struct Configuration: Sendable {
    package var name: String
    package var endpoint: String
    package var port: UInt16 = 5432
    /// Share of the instance's `max_connections`, in percent.
    package var maxConnectionsPercent: Int = 100
    package var maxIdleConnectionsPercent: Int = 50
    package var borrowTimeout: TimeSpan = .seconds(120)
    package var securityGroups: [String] = []
    /// Id of the secret with which it logs in.
    package var secret: String
  }

  package let configuration: Configuration
  package let target: DBInstance
  /// `region/rds-proxy/name`.
  package let component: String
  package private(set) var clientConnections = 0
  /// Waits for a database connection that ended at the borrow timeout.
  package private(set) var borrowTimeouts = 0

  private let network: Network
  private let journal: Journal
  private let stream: RandomStream
  private let hosts: [Host]
  private let pool: Semaphore
  private var idle: [(host: Host, connection: PostgresConnection)] = []
  private let credentials: @Simulated () -> (user: String, password: String)?

  package init(
    _ configuration: Configuration, target: DBInstance, region: String, hosts: [Host], network: Network,
    journal: Journal,
    credentials: @escaping @Simulated () -> (user: String, password: String)?
  ) {
    self.configuration = configuration
    self.target = target
    self.network = network
    self.journal = journal
    self.hosts = hosts
    self.credentials = credentials
    component = "\(region)/rds-proxy/\(configuration.name)"
    stream = network.simulation.random(component)
    pool = Semaphore(network.simulation, name: component + " pool", capacity: 1)
    resize(maxConnectionsPercent: configuration.maxConnectionsPercent)
    for host in hosts { host.listen(configuration.port, Node(self, host)) }
    network.names(of: hosts[0].zone.region)[configuration.endpoint] = NameSystem.Record(
      addresses: hosts.map(\.address), timeToLive: .seconds(60))
  }

  /// Sets the pool's size as a share of the instance's connections, at least one.
  package func resize(maxConnectionsPercent percent: Int) {
    pool.capacity = max(1, target.configuration.instanceClass.maxConnections * percent / 100)
  }

  package var databaseConnections: Int { pool.inUse + idle.count }
  package var poolSize: Int { pool.capacity }
  package var waitingClients: Int { pool.waiting }

  /// Work of the proxy on one transaction.
  static let processing = Distribution.uniform(.milliseconds(0.4), .milliseconds(0.9))
  /// How often it tries to reach a writer that does not answer.
  static let reconnectPause = TimeSpan.milliseconds(500)
  static let connectTimeout = TimeSpan.seconds(5)

  nonisolated private static let processingEvent: EventName = "proxy.processing"
  nonisolated private static let reconnectEvent: EventName = "proxy.reconnect"

  /// The proxy's presence in one zone.
  private final class Node: PostgresService {
    unowned let proxy: RDSProxy
    let host: Host

    init(_ proxy: RDSProxy, _ host: Host) {
      self.proxy = proxy
      self.host = host
    }

    /// TLS and SCRAM with the client; the database's side is pooled.
    var startupProcessing: Distribution { .uniform(.milliseconds(7), .milliseconds(13)) }

    func open(_ startup: PostgresStartup) async throws(PostgresError) -> any PostgresSession {
      guard let known = proxy.credentials(), known.user == startup.user, known.password == startup.password else {
        throw .wrongPassword(startup.user)
      }
      guard startup.database == proxy.target.configuration.databaseName else { throw .noDatabase(startup.database) }
      proxy.clientConnections += 1
      return ClientSession(self)
    }
  }

  private final class ClientSession: PostgresSession {
    let node: Node
    private var isOpen = true

    init(_ node: Node) { self.node = node }

    func run(_ work: PostgresWork) async throws(PostgresError) { try await node.proxy.run(work, from: node.host) }

    func close() {
      if isOpen { node.proxy.clientConnections -= 1 }
      isOpen = false
    }
  }

  private func run(_ work: PostgresWork, from host: Host) async throws(PostgresError) {
    let simulation = network.simulation
    let began = simulation.now
    let limit = began + configuration.borrowTimeout
    do { try await pool.acquire(deadline: limit) } catch {
      borrowTimeouts += 1
      journal.degrade(
        component, effect: "no database connection within the borrow timeout", dependsOn: [target.component])
      throw .borrowTimeout
    }
    defer { pool.release() }
    let backend = try await borrow(host, until: limit, for: work)
    await simulation.sleep(Self.processing.sample(stream), Self.processingEvent)
    work.trace?.add(.proxy, simulation.now - began)
    // The database connection is held for the whole transaction: the client's round trips count too.
    guard let trips = work.clientRoundTrips(work.cost.roundTrips - 1) else {
      giveBack(host, backend)
      throw PostgresError("08006", "connection to client lost")
    }
    work.trace?.add(.databaseNetwork, trips)
    await simulation.sleep(trips, Self.processingEvent)
    do {
      try await backend.run(work.cost, deadline: work.deadline, trace: work.trace) { store in
        guard !work.isAbandoned() else { throw PostgresError("08006", "client connection lost") }
        try work.body(store)
      }
    } catch {
      giveBack(host, backend)
      throw error as? PostgresError ?? PostgresError("XX000", "\(error)")
    }
    giveBack(host, backend)
    journal.recover(component)
  }

  /// A connection to the writer, from the pool or new; tried until the borrow timeout.
  private func borrow(
    _ host: Host, until limit: Instant, for work: PostgresWork
  ) async throws(PostgresError) -> PostgresConnection {
    let simulation = network.simulation
    while true {
      guard !work.isAbandoned() else { throw PostgresError("08006", "client connection lost") }
      if let index = idle.lastIndex(where: { $0.host === host }) {
        let pooled = idle.remove(at: index).connection
        if pooled.isUsable, pooled.server === target.primary, target.primary.isUp { return pooled }
        pooled.close()
        continue
      }
      let error: PostgresError
      do throws(PostgresError) { return try await connect(host, until: limit) } catch let refusal {
        error = failure(refusal)
      }
      guard error.sqlState.hasPrefix("08") || error.sqlState.hasPrefix("57P") || error.sqlState == "53300" else {
        throw error
      }
      guard simulation.now + Self.reconnectPause < limit else {
        borrowTimeouts += 1
        throw .borrowTimeout
      }
      await simulation.sleep(Self.reconnectPause, Self.reconnectEvent)
    }
  }

  private func connect(_ host: Host, until limit: Instant) async throws(PostgresError) -> PostgresConnection {
    guard let login = credentials() else {
      throw PostgresError("28000", "FATAL: The IAM authentication or secret credentials are invalid")
    }
    let startup = PostgresStartup(
      user: login.user, password: login.password, database: target.configuration.databaseName)
    let deadline = min(limit, network.simulation.now + Self.connectTimeout)
    return try await PostgresConnection.open(
      network, from: host, to: target.primary.address.description, port: target.configuration.port, startup,
      deadline: deadline)
  }

  private func failure(_ error: PostgresError) -> PostgresError {
    journal.degrade(
      component, effect: error.message.split(separator: "\n").first.map(String.init) ?? error.message,
      dependsOn: [target.component])
    return error
  }

  private func giveBack(_ host: Host, _ backend: PostgresConnection) {
    let limit = max(1, pool.capacity * configuration.maxIdleConnectionsPercent / 100)
    if backend.isUsable, idle.count < limit { idle.append((host, backend)) } else { backend.close() }
  }
}
