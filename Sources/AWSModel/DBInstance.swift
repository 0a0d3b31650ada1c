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

    /// Such as 15 for `15.10`.
    package var majorVersion: Int { engineVersion.split(separator: ".").first.flatMap { Int($0) } ?? 15 }
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
  /// Time of a log flush relative to normal: a throttled volume.
  package var commitSlowdown = 1.0
  /// The volume has no free block: whatever would need one fails.
  package var isStorageFull = false
  /// `max_connections` of the parameter group; the class's default unless set.
  package var maxConnections: Int
  /// Backends of the modelled clients.
  package internal(set) var connections = 0
  /// Transactions that ended with COMMIT.
  package internal(set) var committed = 0

  /// Log flushes and the time that they took, for the volume's metrics.
  var flushes = (count: 0, total: TimeSpan.zero)

  /// Where its log is published; `nil` until it belongs to a region.
  var logStream: LogStream?
  /// Processes forked so far.
  var forkedBackends = 0

  let network: Network
  let journal: Journal
  let stream: RandomStream
  var listener: Listener?
  /// Counts the transitions begun: a step of an older one no longer counts.
  var transition = 0
  let processors: Semaphore
  /// Taken by whoever holds a lock on the tables; writers wait for it.
  var tableLock: Gate?
  /// The session that took it.
  var locker: BackendActivity?
  /// Authenticated sessions of the modelled clients.
  var backends: [Backend] = []
  /// Sessions of others.
  var held: [BackendActivity] = []
  /// Whose SQL runs at this very instant.
  package internal(set) var executing: BackendActivity?

  package init(_ configuration: Configuration, region: String, network: Network, journal: Journal, hosts: [Host]) throws
  {
    self.configuration = configuration
    self.network = network
    self.journal = journal
    component = "\(region)/rds/\(configuration.identifier)"
    primary = hosts[0]
    standby = hosts.count > 1 ? hosts[1] : nil
    password = configuration.password
    maxConnections = configuration.instanceClass.maxConnections
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
    announce("configuration change", "Reset master credentials")
  }

  /// Statements that run or wait for a processor now.
  package var busyProcessors: Int { processors.inUse }
  package var waitingStatements: Int { processors.waiting }
  /// Processor time used so far, in vCPU seconds: its increase over a period is the utilisation.
  package var processorSeconds: Double { processors.statistics.busy.integral(at: simulation.now) }
}
