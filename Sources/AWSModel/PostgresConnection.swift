import NetworkModel
import SQLiteStore
import SimulationKernel
import Telemetry

/// The client's end of a PostgreSQL connection.
@Simulated
package final class PostgresConnection {
  private let connection: Connection
  private let session: any PostgresSession
  private let network: Network

  private init(_ connection: Connection, _ session: any PostgresSession, _ network: Network) {
    self.connection = connection
    self.session = session
    self.network = network
    connection.onClose = { session.close() }
    session.onEnd { [weak connection] in connection?.serverLeaves() }
  }

  package var isUsable: Bool { connection.isUsable }
  /// When it was last used.
  package var lastUsed: Instant { connection.lastUsed }
  /// The server's name and address.
  package var server: Host { connection.server }

  /// Round trips of a new connection behind TCP's own: SSLRequest, TLS 1.2 (two), start-up, SCRAM-SHA-256 (two)
  /// (PostgreSQL 15, section 55.2; RFC 5802).
  static let startupRoundTrips = 6

  /// Connects, authenticates and returns a usable connection: name, TCP, TLS and SCRAM are paid for here.
  ///
  /// - Parameter scope: the life of the client's process: when it is cancelled the connection closes, and its backend ends.
  /// - Throws: the server's refusal, such as 28P01, 53300 or 57P03; `08001` with libpq's text when it was not reached.
  package static func open(
    _ network: Network, from host: Host, to name: String, port: UInt16, _ startup: PostgresStartup, deadline: Instant,
    trace: TraceContext? = nil, scope: CancelScope? = nil
  ) async throws(PostgresError) -> PostgresConnection {
    var address: IPv4Address?
    do {
      let resolved = try await network.resolve(name, on: host, trace: trace)
      address = resolved
      let connection = try await network.connect(
        from: host, to: resolved, port: port, deadline: deadline, trace: trace, scope: scope)
      do {
        guard let service = connection.listener.service as? any PostgresService else { throw NetworkError.reset }
        var startup = startup
        startup.client = "\(host.address)(\(connection.clientPort))"
        let session = try await authenticate(connection, service, startup, network, deadline, trace)
        return PostgresConnection(connection, session, network)
      } catch {
        connection.close()
        throw error
      }
    } catch let error as PostgresError {
      throw error
    } catch let error as NetworkError {
      throw PostgresError("08001", error.libpqText(host: name, address: address, port: port))
    } catch { throw PostgresError("08001", "\(error)") }
  }

  private static func authenticate(
    _ connection: Connection, _ service: any PostgresService, _ startup: PostgresStartup, _ network: Network,
    _ deadline: Instant, _ trace: TraceContext?
  ) async throws -> any PostgresSession {
    let result: Result<any PostgresSession, PostgresError> = try await connection.exchange(
      requestBytes: 200, deadline: deadline, component: .handshake, trace: trace
    ) {
      guard let trips = connection.roundTrips(startupRoundTrips - 1, bytes: 300) else {
        await network.simulation.sleep(deadline - network.simulation.now, startupEvent)
        throw NetworkError.timedOut(.handshake)
      }
      let span = trips + service.startupProcessing.sample(network.simulation.random("postgres.startup"))
      trace?.add(.handshake, span)
      await network.simulation.sleep(span, startupEvent)
      do throws(PostgresError) {
        let session = try await service.open(startup)
        // Nobody is there any more to use it.
        if connection.isClosed { session.close() }
        return (.success(session), 300)
      } catch {
        return (.failure(error), 100)
      }
    }
    return try result.get()
  }

  private nonisolated static let startupEvent: EventName = "postgres.startup"

  /// Runs SQL in one transaction at the instant at which the server commits it; network, queues and commit lie around it.
  ///
  /// The round trips of a unit of work but the first are taken together: their spans are drawn one by one, losses and delays of
  /// the link included, and waited for at once before the SQL runs.
  ///
  /// - Throws: the server's error, or what `body` threw; `08006` with `isInDoubt` when the connection broke, `57014` when the
  ///   deadline passed, with `isInDoubt` when COMMIT had been served by then.
  package func run<Value>(
    _ cost: WorkCost, deadline: Instant, trace: TraceContext?,
    _ body: @escaping @Simulated (SQLiteConnection) throws -> Value
  ) async throws -> Value {
    let outcome = WorkOutcome<Value>()
    let connection = connection
    let session = session
    let work = PostgresWork(
      cost: cost, deadline: deadline, trace: trace,
      clientRoundTrips: { connection.roundTrips($0, bytes: 300) },
      isAbandoned: { connection.isClosed || !connection.client.isUp },
      body: { store in
        do { outcome.value = try body(store) } catch {
          outcome.failure = error
          throw error
        }
      })
    let failure: PostgresError?
    do {
      failure = try await connection.exchange(
        requestBytes: 300, deadline: deadline, component: .databaseNetwork, trace: trace
      ) {
        do throws(PostgresError) {
          try await session.run(work)
          return (nil, 100)
        } catch { return (error, 100) }
      }
    } catch {
      close()
      if case .timedOut = error {
        throw PostgresError("57014", "timeout: context deadline exceeded", isInDoubt: outcome.value != nil)
      }
      throw PostgresError("08006", "server closed the connection unexpectedly", isInDoubt: true)
    }
    if let failure {
      // What is no error of SQL is the caller's own.
      if let own = outcome.failure, !(own is SQLiteError), !(own is PostgresError) { throw own }
      if failure.message.hasPrefix("FATAL") { close() }
      throw failure
    }
    guard let value = outcome.value else { preconditionFailure("work was acknowledged that did not run") }
    return value
  }

  package func close() { connection.close() }
}

/// Where a unit of work leaves its value.
@Simulated
private final class WorkOutcome<Value> {
  var value: Value?
  var failure: (any Error)?
}
