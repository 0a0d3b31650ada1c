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
    /// A client connection without a request for so long is closed.
    package var idleClientTimeout: TimeSpan = .seconds(1800)
    package var securityGroups: [String] = []
    /// Id of the secret with which it logs in.
    package var secret: String
  }

  /// `TargetHealth.State` of the RDS API, with its reasons.
  package enum TargetHealth: String, Sendable {
    case available = "AVAILABLE"
    case unavailable = "UNAVAILABLE"
  }

  /// What CloudWatch counts.
  package struct Metrics: Sendable {
    /// Transactions begun.
    package internal(set) var queryRequests = 0
    /// `DatabaseConnectionsBorrowLatency`.
    package internal(set) var borrowLatency = LatencyHistogram()
    /// Waits for a database connection that ended at the borrow timeout.
    package internal(set) var borrowTimeouts = 0
    package internal(set) var connectionsSetupSucceeded = 0
    package internal(set) var connectionsSetupFailed = 0
    package internal(set) var clientLoginsFailed = 0
  }

  package let configuration: Configuration
  package let target: DBInstance
  /// `region/rds-proxy/name`.
  package let component: String
  package internal(set) var clientConnections = 0
  package internal(set) var metrics = Metrics()
  package internal(set) var targetHealth = TargetHealth.available
  /// What the last failed connection to the target met; empty while it is available.
  package internal(set) var targetHealthReason = ""
  /// Every session keeps its first database connection, as sessions do that use `SET`, advisory locks or temporary tables.
  package var pinsSessions = false
  /// Sessions that have kept one.
  package internal(set) var pinnedSessions = 0

  let network: Network
  let journal: Journal
  let stream: RandomStream
  let hosts: [Host]
  let pool: Semaphore
  var idle: [(host: Host, connection: PostgresConnection)] = []
  /// Clients that wait for a connection because the database grants no more, in the order in which they came.
  var line: [InLine] = []
  /// Whether the database is asked again for those in line.
  var isOpening = false
  /// Where clients wait while the target is unavailable; `nil` while it is available.
  var recovery: Gate?
  /// Where its log is published; `nil` until it belongs to a region.
  var logStream: LogStream?
  /// Clients that connected so far.
  var clientCount = 0
  /// Whether the journal has it as degraded.
  var isNotedAsDegraded = false
  let credentials: @Simulated () -> (user: String, password: String)?
  private var percent: Int

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
    percent = configuration.maxConnectionsPercent
    pool = Semaphore(network.simulation, name: component + " pool", capacity: 1)
    resize(maxConnectionsPercent: percent)
    listen()
    publishEndpoint()
    network.simulation.every(Self.healthPeriod, Self.healthEvent) { [weak self] in self?.checkTarget() }
  }

  /// Sets the pool's size as a share of the instance's connections, at least one.
  package func resize(maxConnectionsPercent percent: Int) {
    self.percent = percent
    pool.capacity = max(1, target.maxConnections * percent / 100)
  }

  package var maxConnectionsPercent: Int { percent }
  /// Database connections, lent and idle.
  package var databaseConnections: Int { pool.inUse + idle.count }
  /// Database connections lent.
  package var borrowedConnections: Int { pool.inUse }
  package var poolSize: Int { pool.capacity }
  package var waitingClients: Int { pool.waiting }
  package var borrowTimeouts: Int { metrics.borrowTimeouts }

  private func listen() {
    for host in hosts {
      host.listen(configuration.port, Node(self, host)).idleTimeout = configuration.idleClientTimeout
    }
  }

  private func publishEndpoint() {
    let up = hosts.filter(\.isUp)
    network.names(of: hosts[0].zone.region)[configuration.endpoint] = NameSystem.Record(
      addresses: (up.isEmpty ? hosts : up).map(\.address), timeToLive: .seconds(60))
  }

  /// Its presence in a zone loses power; the endpoint leads to the other zones from then on.
  package func loseZone(_ zone: Zone) {
    for host in hosts where host.zone == zone { host.powerOff() }
    publishEndpoint()
  }

  package func restorePower(of zone: Zone) {
    for host in hosts where host.zone == zone && !host.isUp { host.powerOn() }
    for host in hosts where host.zone == zone {
      host.listen(configuration.port, Node(self, host)).idleTimeout = configuration.idleClientTimeout
    }
    publishEndpoint()
  }

  /// Work of the proxy on one transaction.
  static let processing = Distribution.uniform(.milliseconds(0.4), .milliseconds(0.9))
  /// TLS and SCRAM with a client; the database's side is pooled.
  static let clientLogin = Distribution.uniform(.milliseconds(7), .milliseconds(13))
  /// How often it looks at its target, and tries to reach one that does not answer.
  static let healthPeriod = TimeSpan.seconds(1)
  static let reconnectPause = TimeSpan.milliseconds(500)
  static let connectTimeout = TimeSpan.seconds(2)

  nonisolated static let processingEvent: EventName = "proxy.processing"
  nonisolated static let reconnectEvent: EventName = "proxy.reconnect"
  nonisolated static let healthEvent: EventName = "proxy.health"
}

extension RDSProxy {
  /// The proxy's presence in one zone.
  private final class Node: PostgresService {
    unowned let proxy: RDSProxy
    let host: Host

    init(_ proxy: RDSProxy, _ host: Host) {
      self.proxy = proxy
      self.host = host
    }

    var startupProcessing: Distribution { RDSProxy.clientLogin }

    func open(_ startup: PostgresStartup) async throws(PostgresError) -> any PostgresSession {
      proxy.clientCount += 1
      guard let known = proxy.credentials() else {
        proxy.metrics.clientLoginsFailed += 1
        proxy.log(.error, PostgresError.proxyCredentialsInvalid.message, client: proxy.clientCount)
        throw .proxyCredentialsInvalid
      }
      guard known.user == startup.user, known.password == startup.password else {
        proxy.metrics.clientLoginsFailed += 1
        proxy.logRefusedLogin(startup.user, client: proxy.clientCount)
        throw .wrongPassword(startup.user)
      }
      guard startup.database == proxy.target.configuration.databaseName else { throw .noDatabase(startup.database) }
      proxy.clientConnections += 1
      return ClientSession(self, number: proxy.clientCount)
    }
  }

  private final class ClientSession: PostgresSession {
    let node: Node
    private let scope = CancelScope()
    private var isOpen = true
    private var pinned: PostgresConnection?
    private let number: Int

    init(_ node: Node, number: Int) {
      self.node = node
      self.number = number
    }

    func run(_ work: PostgresWork) async throws(PostgresError) {
      let span = work.trace?.begin(.lend, at: node.host.place)
      var inside = work
      inside.trace = span
      do throws(PostgresError) {
        try await lend(inside)
        span?.end()
      } catch {
        span?.end(error: error.message)
        throw error
      }
    }

    private func lend(_ work: PostgresWork) async throws(PostgresError) {
      let proxy = node.proxy
      if let pinned {
        // A session whose database connection is lost is lost with it.
        guard pinned.isUsable else { throw .adminShutdown }
        return try await proxy.run(work, from: node.host, on: pinned)
      }
      let began = proxy.network.simulation.now
      let backend: PostgresConnection
      do throws(PostgresError) { backend = try await proxy.borrow(from: node.host, for: scope) } catch {
        work.trace?.addPast(.proxy, since: began)
        if error == .borrowTimeout { proxy.log(.error, error.message, client: number) }
        throw error
      }
      work.trace?.addPast(.proxy, since: began)
      if proxy.pinsSessions, isOpen {
        pinned = backend
        proxy.pinnedSessions += 1
        proxy.logPinned(client: number, backend: proxy.metrics.connectionsSetupSucceeded)
        return try await proxy.run(work, from: node.host, on: backend)
      }
      defer { proxy.giveBack(node.host, backend) }
      try await proxy.run(work, from: node.host, on: backend)
    }

    func close() {
      guard isOpen else { return }
      isOpen = false
      scope.cancel()
      node.proxy.clientConnections -= 1
      guard let pinned else { return }
      node.proxy.pinnedSessions -= 1
      node.proxy.giveBack(node.host, pinned)
    }
  }

  /// Runs a transaction on a borrowed connection, which is held for all of it: the client's round trips count too.
  private func run(
    _ work: PostgresWork, from host: Host, on backend: PostgresConnection
  ) async throws(PostgresError) {
    let simulation = network.simulation
    metrics.queryRequests += 1
    let processing = Self.processing.sample(stream)
    work.trace?.add(.proxy, processing)
    guard let trips = work.clientRoundTrips(work.cost.roundTrips - 1) else {
      await simulation.sleep(work.deadline - simulation.now, Self.processingEvent)
      throw .clientLost
    }
    work.trace?.add(.databaseNetwork, trips, after: processing)
    await simulation.sleep(processing + trips, Self.processingEvent)
    do {
      try await backend.run(work.cost, deadline: work.deadline, trace: work.trace) { store in
        guard !work.isAbandoned() else { throw PostgresError.clientLost }
        try work.body(store)
      }
    } catch {
      if !backend.isUsable { checkTarget() }
      throw PostgresError(from: error)
    }
    noteRecovery()
  }
}

extension PostgresError {
  /// The secret of a proxy cannot be read, or holds no user and password.
  static let proxyCredentialsInvalid = PostgresError(
    "28000", "FATAL: The IAM authentication or secret credentials are invalid")
}
