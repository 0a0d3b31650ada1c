import Documents
import HTTPMessages
import KubernetesModel
import NetworkModel
import SimulationKernel
import Telemetry

/// Alertmanager as its container runs it: reads `/etc/alertmanager/alertmanager.yml`, takes alerts at `POST /api/v2/alerts` on
/// port 9093, and tells the receivers. What it has told and what is silenced outlives it, as a volume does. The receivers
/// lie outside of the platform; a notification reaches them at once.
@Simulated
package final class AlertmanagerProgram: ContainerProgram {
  package static let port: UInt16 = 9093
  private static let path = "/etc/alertmanager/alertmanager.yml"
  private static let start = Distribution.uniform(.milliseconds(300), .milliseconds(900))
  private static let memory: Int64 = 28 << 20
  nonisolated private static let event: EventName = "alertmanager"

  private let stack: @Simulated (ContainerProcess) -> MonitoringStack?
  private var container: ContainerProcess?
  private var monitoring: MonitoringStack?
  /// When the next flush is scheduled.
  private var due: Int64?

  init(_ stack: @escaping @Simulated (ContainerProcess) -> MonitoringStack?) { self.stack = stack }

  package func run(_ container: ContainerProcess) async -> Int32 {
    self.container = container
    container.use(memory: Self.memory)
    await container.simulation.sleep(Self.start.sample(container.stream), Self.event)
    guard container.isAlive else { return 137 }
    guard let monitoring = stack(container), let text = container.file(Self.path) else {
      return fail(container, "open \(Self.path): no such file or directory")
    }
    let diagnostics = Diagnostics()
    let node = (try? parseYAML(Array(text.utf8), file: Self.path))?.first
    guard let configuration = node.flatMap({ AlertmanagerConfiguration($0, diagnostics) }) else {
      return fail(container, diagnostics.all.first?.message ?? "yaml: malformed")
    }
    self.monitoring = monitoring
    monitoring.alertmanager =
      monitoring.alertmanager.map { $0.reconfigured(configuration) } ?? Alertmanager(configuration)
    container.listen(Self.port, self)
    container.write(
      #"level=info component=configuration msg="Completed loading of configuration file" file=\#(Self.path)"#)
    schedule()
    await container.waitForTermination()
    return 0
  }

  private func fail(_ container: ContainerProcess, _ message: String) -> Int32 {
    container.write(
      #"level=error component=configuration msg="Loading configuration file failed" file=\#(Self.path) err=\#(quotedText(message))"#
    )
    return 1
  }

  // MARK: Telling

  private func schedule() {
    guard let container, let next = monitoring?.alertmanager?.nextDue, due.map({ next < $0 }) ?? true else { return }
    due = next
    let instant = ClusterClock.instant(milliseconds: next)
    container.simulation.at(instant, Self.event) { [weak self] in self?.flush(next) }
  }

  private func flush(_ time: Int64) {
    guard let container, container.isAlive, due == time else { return }
    due = nil
    defer { schedule() }
    guard !container.isHung, let monitoring else { return }
    for told in monitoring.alertmanager?.advance(to: time) ?? [] {
      monitoring.cluster.journal.note(
        Journal.Notification(
          at: container.simulation.now, region: monitoring.region.name, receiver: told.receiver.name, group: told.group,
          firing: told.firing.map(\.labels), resolved: told.resolved.map(\.labels), isPage: told.receiver.isPage))
    }
  }
}

extension AlertmanagerProgram: HTTPService {
  nonisolated private static let answerEvent: EventName = "alertmanager.answer"

  package func respond(to request: HTTPRequest, _ exchange: ExchangeContext) async throws -> HTTPResponse {
    guard let container, container.isAlive else { throw NetworkError.reset }
    if container.isHung { _ = try? await Reply<Bool>(container.simulation).get(scope: container.scope) }
    await container.cpu.consume(.milliseconds(0.4), Self.answerEvent)
    guard container.isAlive else { throw NetworkError.reset }
    switch (request.method, request.path) {
    case (.get, "/-/ready"), (.get, "/-/healthy"): return HTTPResponse(status: 200, body: Array("OK".utf8))
    case (.get, "/metrics"):
      return HTTPResponse(
        status: 200, headers: HTTPHeaders([HTTPHeader("Content-Type", ExpositionText.contentType)]), body: exposition)
    case (.post, "/api/v2/alerts"):
      guard let alerts = Self.alerts(request.body) else {
        return HTTPResponse(status: 400, body: Array(#"{"code":600,"message":"parsing alerts body failed"}"#.utf8))
      }
      monitoring?.alertmanager?.receive(alerts, at: ClusterClock.milliseconds(container.simulation.now))
      schedule()
      return HTTPResponse(status: 200)
    default: return HTTPResponse(status: 404, body: Array("404 page not found\n".utf8))
    }
  }

  private var exposition: [UInt8] {
    guard let container, let manager = monitoring?.alertmanager else { return [] }
    let now = ClusterClock.milliseconds(container.simulation.now)
    var text = ExpositionText(capacity: 2048)
    text.family("alertmanager_alerts", .gauge, "How many alerts by state.")
    let suppressed = manager.alerts.count { manager.isMuted($0.labels, at: now) }
    text.sample("alertmanager_alerts", [("state", "active")], Double(manager.alerts.count - suppressed))
    text.sample("alertmanager_alerts", [("state", "suppressed")], Double(suppressed))
    container.writeProcessMetrics(into: &text)
    return text.bytes
  }

  /// The body of `POST /api/v2/alerts`.
  static func alerts(_ body: [UInt8]) -> [Alertmanager.Alert]? {
    guard let list = (try? parseJSON(body))?.array else { return nil }
    func pairs(_ value: JSONValue?) -> [Label] {
      (value?.object?.members ?? []).map { Label($0.key, $0.value.string ?? "") }
    }
    func time(_ value: JSONValue?) -> Int64? {
      value?.string.flatMap(ClusterClock.instant).map(ClusterClock.milliseconds)
    }
    return list.compactMap { alert in
      guard let start = time(alert["startsAt"]), let end = time(alert["endsAt"]) else { return nil }
      return Alertmanager.Alert(
        labels: Labels(pairs(alert["labels"])), annotations: pairs(alert["annotations"]), startsAt: start, endsAt: end)
    }
  }

  /// The body of alerts that Prometheus sends.
  static func body(_ alerts: [RuleEvaluator.Outgoing]) -> [UInt8] {
    func object(_ pairs: [Label]) -> JSONValue {
      .object(JSONObject(pairs.map { ($0.name, .string($0.value)) }))
    }
    func time(_ milliseconds: Int64) -> JSONValue {
      .string(
        ClusterClock.timestamp(ClusterClock.instant(milliseconds: milliseconds)))
    }
    let list = alerts.map { alert -> JSONValue in
      [
        "labels": object(alert.labels.pairs), "annotations": object(alert.annotations),
        "startsAt": time(alert.startsAt),
        "endsAt": time(alert.endsAt),
      ]
    }
    return Array(JSONValue.array(list).jsonText().utf8)
  }
}
