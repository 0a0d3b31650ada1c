import AWSModel
import HTTPMessages
import KubernetesModel
import NetworkModel
import PaymentCore
import SimulationKernel
import Telemetry

/// `payment-latency-api` as a container runs it: reads its environment, checks its database, serves HTTP on port 8080, and
/// leaves in good order at SIGTERM.
@Simulated
package final class PaymentProgram: ContainerProgram {
  /// Time to load and initialise.
  static let start = Distribution.uniform(.milliseconds(120), .milliseconds(350))
  /// Processor time of one payment and of one cheap request.
  static let paymentProcessing = Distribution.lognormal(median: .milliseconds(2.4), p99: .milliseconds(5.5))
  static let cheapProcessing = Distribution.uniform(.milliseconds(0.2), .milliseconds(0.4))
  static let baseMemory: Int64 = 22 << 20
  static let memoryPerRequest: Int64 = 48 << 10
  /// How long it lets requests finish at SIGTERM.
  static let drain = TimeSpan.seconds(10)
  package static let port: UInt16 = 8080

  nonisolated private static let startEvent: EventName = "payment.start"
  nonisolated static let processEvent: EventName = "payment.cpu"
  nonisolated static let pauseEvent: EventName = "payment.retry"

  private let idempotency: IdempotencyCheck
  private var api: PaymentLatencyAPI?
  private var pool: ConnectionPool?
  private var container: ContainerProcess?
  private var inFlight = 0

  /// - Parameter idempotency: see `IdempotencyCheck`.
  package init(idempotency: IdempotencyCheck = .enforced) { self.idempotency = idempotency }

  package func run(_ container: ContainerProcess) async -> Int32 {
    self.container = container
    container.use(memory: Self.baseMemory)
    await container.simulation.sleep(
      Self.start.sample(container.simulation.random("start/\(container.pod)")), Self.startEvent)
    guard container.isAlive else { return 137 }
    let configuration: PaymentAPIConfiguration
    do throws(ConfigurationError) {
      configuration = try PaymentAPIConfiguration(environment: container.environment)
    } catch {
      container.write(error.logLine)
      return 1
    }
    guard let network = container.network else { return 1 }
    let pool = ConnectionPool(configuration.database, container: container, network: network)
    do throws(PostgresError) { try await pool.verify() } catch {
      container.write(Self.fatalLine("database check failed", error))
      return 1
    }
    guard container.isAlive else { return 137 }
    self.pool = pool
    let version = container.image.split(separator: ":").last.map(String.init) ?? "unknown"
    api = PaymentLatencyAPI(configuration: configuration, version: version, idempotency: idempotency)
    container.write(
      #"{"level":"info","msg":"listening","port":8080,"region":"\#(configuration.region)","version":"\#(version)"}"#)
    container.listen(Self.port, self)
    await untilTerminated(container)
    pool.close()
    return 0
  }

  private func untilTerminated(_ container: ContainerProcess) async {
    let asked = Reply<Bool>(container.simulation)
    container.onTermination { asked.fulfil(true) }
    _ = try? await asked.get(scope: container.scope)
    container.write(#"{"level":"info","msg":"shutting down"}"#)
    let limit = container.simulation.now + Self.drain
    while inFlight > 0, container.isAlive, container.simulation.now < limit {
      await container.simulation.sleep(.milliseconds(50), Self.startEvent)
    }
  }

  private static func fatalLine(_ message: String, _ error: PostgresError) -> String {
    var line = ByteText(capacity: 160)
    line.append(#"{"level":"fatal","msg":"#)
    line.append(jsonString: message)
    line.append(",\"error\":")
    line.append(jsonString: "\(error.message) (SQLSTATE \(error.sqlState))")
    line.append("}")
    return line.string
  }
}

extension PaymentProgram: HTTPService {
  /// The process died while it worked on a request.
  private struct Died: Error {}

  package func respond(to request: HTTPRequest, _ exchange: ExchangeContext) async throws -> HTTPResponse {
    guard let container else { throw Died() }
    let span = exchange.trace?.begin(.serve, at: container.host.place)
    do {
      let response = try await serve(request, container, span)
      span?.end(status: response.status)
      return response
    } catch {
      span?.end(error: "the process died")
      throw error
    }
  }

  private func serve(
    _ request: HTTPRequest, _ container: ContainerProcess, _ trace: TraceContext?
  ) async throws -> HTTPResponse {
    guard let api, let pool else { throw Died() }
    inFlight += 1
    defer { inFlight -= 1 }
    container.use(memory: Self.baseMemory + leaked + Int64(inFlight) * Self.memoryPerRequest)
    if container.isHung { _ = try? await Reply<Bool>(container.simulation).get(scope: container.scope) }
    let isPayment = request.path == "/api/payment/simulate"
    let work = (isPayment ? Self.paymentProcessing : Self.cheapProcessing).sample(container.stream)
    let arrived = container.simulation.now
    await container.cpu.consume(work, Self.processEvent)
    trace?.addPast(.podProcessor, since: arrived)
    guard container.isAlive else { throw Died() }
    let response = await api.respond(
      to: request, in: SimulatedSurroundings(container: container, pool: pool, trace: trace),
      arrival: ClusterClock.microseconds(arrived))
    guard container.isAlive else { throw Died() }
    return response
  }

  private var leaked: Int64 { container?.leakedMemory ?? 0 }
}

/// The core's ports for one request inside a simulated container.
private struct SimulatedSurroundings: RequestSurroundings {
  let container: ContainerProcess
  let pool: ConnectionPool
  let trace: TraceContext?

  @Simulated func run<Work: DatabaseWork>(_ work: Work) async throws(DatabaseFailure) -> Work.Result {
    try await pool.run(work, trace)
  }

  @Simulated func now() async -> Int64 { ClusterClock.microseconds(container.simulation.now) }

  @Simulated func pause(milliseconds: Double) async {
    trace?.add(.retryPause, .milliseconds(milliseconds))
    await container.simulation.sleep(.milliseconds(milliseconds), PaymentProgram.pauseEvent)
  }

  @Simulated func newKey() async -> IdempotencyKey {
    IdempotencyKey(high: container.stream.next(), low: container.stream.next())
  }

  @Simulated func log(_ line: String) async { container.write(line) }

  @Simulated func processFigures() async -> ProcessFigures? {
    ProcessFigures(
      processorSeconds: container.cpu.used.seconds, residentBytes: container.workingSet,
      startSeconds: ClusterClock.seconds(container.startedAt), pool: pool.figures)
  }
}
