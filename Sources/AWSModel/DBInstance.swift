import NetworkModel
import SQLiteStore
import SimulationKernel
import Telemetry

/// An RDS for PostgreSQL instance: a primary, a standby in another zone, and behind them the region's real SQLite data.
///
/// Replication to the standby is synchronous and on the block level, so both see one database and no committed row is ever
/// lost (RDS user guide, "Multi-AZ DB instance deployments").
@Simulated
package final class DBInstance {
  /// `DBInstanceStatus` of the RDS API.
  package enum Status: String, Sendable {
    case available, rebooting, stopping, stopped, starting
    case failingOver = "failing-over"
  }

  /// An entry of `describe-events`.
  package struct Event: Sendable {
    package var at: Instant
    package var category: String
    package var message: String
  }

  /// What a platform says about it.
  package struct Configuration: Sendable {
    package var identifier: String
    package var instanceClass: DBInstanceClass
    package var engineVersion: String
    package var databaseName: String
    package var user: String
    package var password: String
    package var port: UInt16 = 5432
    package var isMultiAZ: Bool
    package var allocatedStorage: Int
    package var endpoint: String
    package var securityGroups: [String]
  }

  package let configuration: Configuration
  /// `region/rds/identifier`.
  package let component: String
  package let store: SQLiteConnection
  package internal(set) var status = Status.available
  package internal(set) var events: [Event] = []
  /// Which of the two hosts is the writer.
  package internal(set) var primary: Host
  package internal(set) var standby: Host?
  package internal(set) var password: String
  /// Work per statement relative to normal: a plan that flipped, a missing index.
  package var statementSlowdown = 1.0
  /// Backends.
  package internal(set) var connections = 0
  package internal(set) var committed = 0

  let network: Network
  let journal: Journal
  let stream: RandomStream
  var listener: Listener?
  private let processors: Semaphore

  package init(_ configuration: Configuration, region: String, network: Network, journal: Journal, hosts: [Host]) throws
  {
    self.configuration = configuration
    self.network = network
    self.journal = journal
    component = "\(region)/rds/\(configuration.identifier)"
    primary = hosts[0]
    standby = hosts.count > 1 ? hosts[1] : nil
    password = configuration.password
    store = try SQLiteConnection(.memory)
    stream = network.simulation.random(component)
    processors = Semaphore(network.simulation, name: component + " vCPU", capacity: configuration.instanceClass.vCPUs)
    listener = primary.listen(configuration.port, self)
    publishEndpoint()
  }

  /// CPU of one exchange, a pipeline of some statements, on a core of speed 1.
  static let statementProcessing = Distribution.lognormal(median: .milliseconds(0.27), p99: .milliseconds(1))
  /// Log flush on the primary and on the standby in the other zone.
  static let commit = Distribution.lognormal(median: .milliseconds(4.2), p99: .milliseconds(10))

  var simulation: Simulation { network.simulation }

  /// Points the endpoint's name at the writer; its TTL is 5 s.
  func publishEndpoint() {
    network.names(of: primary.zone.region)[configuration.endpoint] = NameSystem.Record(
      addresses: [primary.address], timeToLive: .seconds(5))
  }

  func announce(_ category: String, _ message: String) {
    events.append(Event(at: simulation.now, category: category, message: message))
    journal.note(component, reason: category, message: message)
  }

  /// Changes the master password; sessions that are open stay open.
  package func change(password: String) {
    self.password = password
    announce("configuration change", "The master user password was reset")
  }
}

extension DBInstance: PostgresService {
  /// SCRAM's 4,096 hash rounds on both sides, TLS, the fork of a backend and its first catalogue reads.
  package var startupProcessing: Distribution { .uniform(.milliseconds(22), .milliseconds(34)) }

  package func open(_ startup: PostgresStartup) async throws(PostgresError) -> any PostgresSession {
    guard status == .available else {
      throw status == .starting || status == .failingOver ? .startingUp : .shuttingDown
    }
    guard startup.user == configuration.user, startup.password == password else { throw .wrongPassword(startup.user) }
    guard startup.database == configuration.databaseName else { throw .noDatabase(startup.database) }
    // Three slots are kept for superusers and two for rdsadmin.
    guard connections < configuration.instanceClass.maxConnections - 5 else { throw .tooManyClients }
    connections += 1
    return Backend(self)
  }

  /// One backend process.
  private final class Backend: PostgresSession {
    private let instance: DBInstance
    private let epoch: Listener?
    private var isOpen = true

    init(_ instance: DBInstance) {
      self.instance = instance
      epoch = instance.listener
    }

    func run(_ work: PostgresWork) async throws(PostgresError) {
      guard let trips = work.clientRoundTrips(work.cost.roundTrips - 1) else {
        await instance.simulation.sleep(work.deadline - instance.simulation.now, DBInstance.statementEvent)
        throw PostgresError("08006", "could not receive data from client: Connection timed out")
      }
      work.trace?.add(.databaseNetwork, trips)
      await instance.simulation.sleep(trips, DBInstance.statementEvent)
      try await instance.execute(work, isCurrent: { [epoch, instance] in epoch === instance.listener })
    }

    func close() {
      guard isOpen else { return }
      isOpen = false
      if epoch === instance.listener { instance.connections -= 1 }
    }
  }

  nonisolated static let statementEvent: EventName = "rds.statements"
  nonisolated static let commitEvent: EventName = "rds.commit"

  private func execute(_ work: PostgresWork, isCurrent: @Simulated () -> Bool) async throws(PostgresError) {
    let began = simulation.now
    do { try await processors.acquire(deadline: work.deadline) } catch {
      throw PostgresError("57014", "ERROR: canceling statement due to statement timeout")
    }
    let speed = configuration.instanceClass.speed
    let span = Self.statementProcessing.sample(stream) * (Double(work.cost.roundTrips) * statementSlowdown / speed)
    await simulation.sleep(span, Self.statementEvent)
    processors.release()
    work.trace?.add(.databaseProcessor, simulation.now - began)
    guard isCurrent() else { throw .adminShutdown }
    guard !work.isAbandoned() else {
      throw PostgresError("08006", "unexpected EOF on client connection with an open transaction")
    }
    do { try work.cost.isWrite ? store.write { try work.body(store) } : store.read { try work.body(store) } } catch {
      throw PostgresError("XX000", "ERROR: \(error)")
    }
    committed += 1
    guard work.cost.isWrite else { return }
    let flush = Self.commit.sample(stream)
    work.trace?.add(.commit, flush)
    await simulation.sleep(flush, Self.commitEvent)
  }
}
