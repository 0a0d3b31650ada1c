import HTTPMessages
import KubernetesModel
import NetworkModel
import SimulationKernel
import Telemetry

/// An HTTP server that answers `GET /metrics` with what a closure writes, and probes with `ok`.
@Simulated
final class MetricsService: HTTPService {
  private let container: ContainerProcess
  private let paths: [String]
  private let exposition: @Simulated () -> [UInt8]

  /// Processor time of an answer of this many bytes.
  private static let fixedCost = TimeSpan.milliseconds(0.5)
  private static let costPerByte = 4.0
  nonisolated private static let event: EventName = "exporter.answer"

  /// - Parameter paths: paths besides `/metrics` that answer `ok`.
  init(
    _ container: ContainerProcess, paths: [String] = ["/healthz", "/livez", "/readyz"],
    _ exposition: @escaping @Simulated () -> [UInt8]
  ) {
    self.container = container
    self.paths = paths
    self.exposition = exposition
  }

  func respond(to request: HTTPRequest, _ exchange: ExchangeContext) async throws -> HTTPResponse {
    // A hung process takes the request and never answers.
    if container.isHung { _ = try? await Reply<Bool>(container.simulation).get(scope: container.scope) }
    guard container.isAlive else { throw NetworkError.reset }
    if paths.contains(request.path) { return HTTPResponse(status: 200, body: Array("ok".utf8)) }
    guard request.path == "/metrics" else {
      return HTTPResponse(status: 404, body: Array("404 page not found\n".utf8))
    }
    let body = exposition()
    await container.cpu.consume(
      Self.fixedCost + .nanoseconds(Int64(Double(body.count) * Self.costPerByte)), Self.event)
    return HTTPResponse(
      status: 200, headers: HTTPHeaders([HTTPHeader("Content-Type", ExpositionText.contentType)]), body: body)
  }
}

extension ContainerProcess {
  /// The families that Go's client library exports about its process (prometheus/client_golang,
  /// prometheus/process_collector.go).
  func writeProcessMetrics(into text: inout ExpositionText) {
    text.single(
      "process_cpu_seconds_total", .counter, "Total user and system CPU time spent in seconds.", [],
      cpu.used.seconds)
    text.single(
      "process_resident_memory_bytes", .gauge, "Resident memory size in bytes.", [], Double(workingSet))
    text.single(
      "process_start_time_seconds", .gauge, "Start time of the process since unix epoch in seconds.", [],
      ClusterClock.seconds(startedAt))
  }
}
