import Documents
import HTTPMessages
import KubernetesModel
import NetworkModel
import SimulationKernel
import Telemetry

/// Grafana Tempo as its container runs it, in one process on port 3200: `GET /ready`, `GET /api/search` with `tags`, `minDuration`,
/// `maxDuration`, `start`, `end` and `limit`, `GET /api/traces/<traceID>` (grafana/tempo, docs "Tempo HTTP API"). TraceQL (`q`) is
/// left out. Traces get here about twenty seconds after their end, once the collector has decided to keep them.
@Simulated
final class TempoProgram: ContainerProgram {
  static let port: UInt16 = 3200
  private static let start = Distribution.uniform(.milliseconds(400), .milliseconds(900))
  private static let memory: Int64 = 90 << 20
  private static let defaultLimit = 20
  nonisolated private static let event: EventName = "tempo"

  private let stack: @Simulated (ContainerProcess) -> MonitoringStack?
  private var container: ContainerProcess?
  private var monitoring: MonitoringStack?

  init(_ stack: @escaping @Simulated (ContainerProcess) -> MonitoringStack?) { self.stack = stack }

  func run(_ container: ContainerProcess) async -> Int32 {
    container.use(memory: Self.memory)
    await container.simulation.sleep(Self.start.sample(container.stream), Self.event)
    guard container.isAlive, let monitoring = stack(container) else { return 1 }
    self.container = container
    self.monitoring = monitoring
    container.listen(Self.port, self)
    container.write(#"level=info caller=app.go msg="Tempo started""#)
    await container.waitForTermination()
    return 0
  }
}

extension TempoProgram: HTTPService {
  func respond(to request: HTTPRequest, _ exchange: ExchangeContext) async throws -> HTTPResponse {
    guard let container, let monitoring, container.isAlive else { throw NetworkError.reset }
    if container.isHung { _ = try? await Reply<Bool>(container.simulation).get(scope: container.scope) }
    await container.cpu.consume(.milliseconds(2), Self.event)
    guard container.isAlive else { throw NetworkError.reset }
    guard request.method == .get else { return Self.text(405, "Method Not Allowed") }
    switch request.path {
    case "/ready": return Self.text(200, "ready\n")
    case "/api/echo": return Self.text(200, "echo")
    case "/api/search":
      do { return Self.json(Self.found(try Search(request.query), in: monitoring)) } catch {
        return Self.text(400, "\(error)\n")
      }
    default:
      guard request.path.hasPrefix("/api/traces/") else { return Self.text(404, "404 page not found\n") }
      return Self.trace(String(request.path.dropFirst(12)), in: monitoring)
    }
  }

  private static func text(_ status: Int, _ body: String) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: HTTPHeaders([HTTPHeader("Content-Type", "text/plain; charset=utf-8")]),
      body: Array(body.utf8))
  }

  private static func json(_ value: JSONValue) -> HTTPResponse {
    HTTPResponse(
      status: 200, headers: HTTPHeaders([HTTPHeader("Content-Type", "application/json")]), body: value.jsonBytes())
  }

  /// A number may be shorter than 32 digits: zeros before it are left out.
  private static func trace(_ text: String, in monitoring: MonitoringStack) -> HTTPResponse {
    let digits = text.lowercased()
    guard !digits.isEmpty, digits.utf8.count <= 32, digits.allSatisfy(\.isHexDigit) else {
      return self.text(400, "trace IDs can only contain hex characters\n")
    }
    let padded = String(repeating: "0", count: 32 - digits.utf8.count) + digits
    guard let id = TraceID(padded), let trace = monitoring.traces.store.trace(id) else {
      return self.text(404, "trace not found\n")
    }
    return json(
      ["batches": OTLPTraces(places: monitoring.cluster.network.places, encoding: .tempo).resourceSpans([trace])])
  }

  /// Newest first.
  private static func found(_ search: Search, in monitoring: MonitoringStack) -> JSONValue {
    let places = monitoring.cluster.network.places
    let store = monitoring.traces.store
    var rows: [JSONValue] = []
    for entry in store.entries.reversed() {
      guard rows.count < search.limit ?? defaultLimit else { break }
      let trace = store.trace(entry)
      guard search.matches(trace, places), let root = trace.spans.first else { continue }
      rows.append([
        "traceID": .string(trace.id.description),
        "rootServiceName": .string(places.indices.contains(Int(root.place)) ? places[Int(root.place)].service : ""),
        "rootTraceName": .string(root.operation.name),
        "startTimeUnixNano": .string(String(ClusterClock.nanoseconds(root.start))),
        "durationMs": .integer(trace.duration.nanoseconds / 1_000_000),
      ])
    }
    return ["traces": .array(rows), "metrics": ["inspectedTraces": .integer(Int64(store.entries.count))]]
  }

  /// The parameters of a search.
  struct Search {
    /// `tags`, logfmt pairs such as `service.name=payment-latency-api http.response.status_code=503`: some span of the trace has
    /// each of them.
    var tags: [(key: String, value: String)] = []
    var minimum = TimeSpan.zero
    var maximum = TimeSpan.forever
    var start: Instant?
    var end: Instant?
    var limit: Int?

    /// A parameter that is malformed.
    struct Mistake: Error, CustomStringConvertible { var description: String }

    init(_ query: String) throws(Mistake) {
      for pair in query.split(separator: "&") {
        let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let value = percentDecoded((parts.count > 1 ? parts[1] : "").replacing("+", with: " ")) else {
          throw Mistake(description: "invalid URL escape in \"\(pair)\"")
        }
        try set(parts[0], value)
      }
    }

    private mutating func set(_ key: String, _ value: String) throws(Mistake) {
      func duration() throws(Mistake) -> TimeSpan {
        guard let duration = Duration(goText: value) else {
          throw Mistake(description: "invalid \(key): time: invalid duration \"\(value)\"")
        }
        return TimeSpan(nanoseconds: duration.nanosecondCount)
      }
      func seconds() throws(Mistake) -> Instant {
        guard let seconds = Int64(value) else { throw Mistake(description: "invalid \(key): must be unix seconds") }
        return ClusterClock.instant(milliseconds: seconds * 1000)
      }
      switch key {
      case "tags":
        tags = try value.split(separator: " ").map { tag throws(Mistake) in
          let parts = tag.split(separator: "=", maxSplits: 1).map(String.init)
          guard parts.count == 2 else { throw Mistake(description: "invalid tags: expected key=value, got \"\(tag)\"") }
          return (parts[0], parts[1].trimming("\""))
        }
      case "minDuration": minimum = try duration()
      case "maxDuration": maximum = try duration()
      case "start": start = try seconds()
      case "end": end = try seconds()
      case "limit":
        guard let number = Int(value), number > 0 else {
          throw Mistake(description: "invalid limit: must be a positive number")
        }
        limit = number
      default:
        throw Mistake(description: "unsupported parameter \(key); tags, minDuration, maxDuration, start, end, limit")
      }
    }

    func matches(_ trace: StoredTrace, _ places: [TracedPlace]) -> Bool {
      guard trace.duration >= minimum, trace.duration <= maximum, start.map({ trace.start >= $0 }) ?? true,
        end.map({ trace.start <= $0 }) ?? true
      else { return false }
      return tags.allSatisfy { tag in trace.spans.contains { Self.value(tag.key, of: $0, places) == tag.value } }
    }

    private static func value(_ key: String, of span: Span, _ places: [TracedPlace]) -> String? {
      let place = places.indices.contains(Int(span.place)) ? places[Int(span.place)] : nil
      return switch key {
      case "service.name": place?.service
      case "k8s.pod.name": place?.component.split(separator: "/").last.map(String.init)
      case "cloud.availability_zone": place?.zone
      case "name": span.operation.name
      case "status": span.isError ? "error" : "unset"
      case "http.status_code", "http.response.status_code": span.status == 0 ? nil : String(span.status)
      default: nil
      }
    }
  }
}

extension String {
  fileprivate func trimming(_ quote: Character) -> String {
    count >= 2 && first == quote && last == quote ? String(dropFirst().dropLast()) : self
  }
}
