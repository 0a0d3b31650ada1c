import AWSModel
import KubernetesModel
import NetworkModel
import PaymentCore
import SQLiteStore
import SimulationKernel
import Telemetry

/// The database driver's pool inside one container.
@Simulated
final class ConnectionPool {
  static let maximumConnections = 10
  static let acquireTimeout = TimeSpan.seconds(2)
  static let connectTimeout = TimeSpan.seconds(3)
  static let statementTimeout = TimeSpan.seconds(3)

  private let container: ContainerProcess
  private let network: Network
  private let url: PaymentAPIConfiguration.DatabaseURL
  private let permits: Semaphore
  private var idle: [PostgresConnection] = []
  private var dialErrors = 0

  init(_ url: PaymentAPIConfiguration.DatabaseURL, container: ContainerProcess, network: Network) {
    self.url = url
    self.container = container
    self.network = network
    permits = Semaphore(
      container.simulation, name: "connection pool of \(container.pod)", capacity: Self.maximumConnections)
  }

  /// Opens one connection and keeps it: a program's check of its database at start.
  func verify() async throws(PostgresError) {
    idle.append(try await open(nil))
  }

  /// Runs a unit of work on a pooled connection.
  func run<Work: DatabaseWork>(_ work: Work, _ trace: TraceContext?) async throws(DatabaseFailure) -> Work.Result {
    let span = trace?.begin(.transaction, at: container.host.place)
    do throws(DatabaseFailure) {
      let result = try await runPooled(work, span)
      span?.end()
      return result
    } catch {
      span?.end(error: error.message)
      throw error
    }
  }

  private func runPooled<Work: DatabaseWork>(
    _ work: Work, _ trace: TraceContext?
  ) async throws(DatabaseFailure) -> Work.Result {
    let simulation = container.simulation
    let asked = simulation.now
    do { try await permits.acquire(deadline: asked + Self.acquireTimeout, scope: container.scope) } catch {
      trace?.addPast(.poolWait, since: asked)
      throw DatabaseFailure(sqlState: "08000", message: "timeout waiting for a connection from the pool")
    }
    trace?.addPast(.poolWait, since: asked)
    defer { permits.release() }
    do {
      let connection = try await connection(trace)
      let cost = WorkCost(
        roundTrips: Work.shape.roundTrips, isWrite: Work.shape.isWrite, statement: Work.shape.statement)
      defer { if connection.isUsable, container.isAlive { idle.append(connection) } else { connection.close() } }
      return try await connection.run(cost, deadline: simulation.now + Self.statementTimeout, trace: trace) { store in
        try work.execute(on: store)
      }
    } catch let error as PostgresError {
      throw DatabaseFailure(sqlState: error.sqlState, message: error.message, isInDoubt: error.isInDoubt)
    } catch {
      throw DatabaseFailure(sqlState: "XX000", message: "\(error)")
    }
  }

  private func connection(_ trace: TraceContext?) async throws(PostgresError) -> PostgresConnection {
    while let kept = idle.popLast() {
      if kept.isUsable { return kept }
      kept.close()
    }
    return try await open(trace)
  }

  private func open(_ trace: TraceContext?) async throws(PostgresError) -> PostgresConnection {
    do throws(PostgresError) {
      return try await PostgresConnection.open(
        network, from: container.host, to: url.host, port: url.port,
        PostgresStartup(user: url.user, password: url.password, database: url.database),
        deadline: container.simulation.now + Self.connectTimeout, trace: trace)
    } catch {
      dialErrors += 1
      throw error
    }
  }

  /// What `/metrics` says about the pool.
  var figures: ProcessFigures.Pool {
    let waits = permits.statistics
    return ProcessFigures.Pool(
      inUse: permits.inUse, idle: idle.count, maximum: Self.maximumConnections, waits: waits.waited,
      waitSeconds: waits.totalWait.seconds, timeouts: waits.abandoned, dialErrors: dialErrors)
  }

  func close() {
    for connection in idle { connection.close() }
    idle = []
  }
}
