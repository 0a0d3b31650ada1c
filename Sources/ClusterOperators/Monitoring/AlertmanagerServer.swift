import Documents
import HTTPMessages
import KubernetesModel
import NetworkModel
import SimulationKernel
import Telemetry

/// Alertmanager as its container runs it: takes alerts on port 9093 and tells its receivers, as its configuration file says. What
/// it has told, and its silences, outlive it as on a volume.
@Simulated
final class AlertmanagerServer: ContainerProgram {
  static let port: UInt16 = 9093
  static let configurationFile = "/etc/alertmanager/config/alertmanager.yaml"
  private static let start = Distribution.uniform(.milliseconds(200), .milliseconds(700))
  private static let memory: Int64 = 28 << 20
  nonisolated private static let event: EventName = "alertmanager"

  private let stack: @Simulated (ContainerProcess) -> MonitoringStack?
  private var timer: Timer?
  private var received = 0

  init(_ stack: @escaping @Simulated (ContainerProcess) -> MonitoringStack?) { self.stack = stack }

  func run(_ container: ContainerProcess) async -> Int32 {
    container.use(memory: Self.memory)
    await container.simulation.sleep(Self.start.sample(container.stream), Self.event)
    guard container.isAlive, let monitoring = stack(container) else { return 1 }
    let diagnostics = Diagnostics()
    let text = container.file(Self.configurationFile) ?? ""
    guard let node = try? parseYAML(text, file: Self.configurationFile).first,
      let configuration = AlertmanagerConfiguration(node, diagnostics)
    else {
      let problem = diagnostics.all.first?.message ?? "no such file or directory"
      container.write(
        "level=error component=configuration msg=\"Loading configuration file failed\" file=\(Self.configurationFile) err=\"\(problem)\""
      )
      return 1
    }
    let alertmanager = monitoring.alertmanager(configuration, text: text)
    container.listen(Self.port, Web(self, container, alertmanager, monitoring))
    container.write("level=info component=tls_config msg=\"Listening on\" address=[::]:9093")
    schedule(alertmanager, container, monitoring)
    await container.waitForTermination()
    return 0
  }

  /// Wakes up when something may have to be told.
  private func schedule(_ alertmanager: Alertmanager, _ container: ContainerProcess, _ monitoring: MonitoringStack) {
    let simulation = container.simulation
    if let timer { simulation.cancel(timer) }
    timer = nil
    guard container.isAlive, let due = alertmanager.nextDue else { return }
    let instant = Instant(nanoseconds: (due - ClusterClock.epoch * 1000) * 1_000_000)
    timer = simulation.at(max(instant, simulation.now + .milliseconds(1)), Self.event) { [weak self] in
      guard let self, container.isAlive else { return }
      timer = nil
      monitoring.told(alertmanager.advance(to: ClusterClock.milliseconds(simulation.now)))
      schedule(alertmanager, container, monitoring)
    }
  }

  /// Port 9093.
  private final class Web: HTTPService {
    private weak var server: AlertmanagerServer?
    private let container: ContainerProcess
    private let alertmanager: Alertmanager
    private let monitoring: MonitoringStack

    init(
      _ server: AlertmanagerServer, _ container: ContainerProcess, _ alertmanager: Alertmanager,
      _ monitoring: MonitoringStack
    ) {
      self.server = server
      self.container = container
      self.alertmanager = alertmanager
      self.monitoring = monitoring
    }

    func respond(to request: HTTPRequest, _ exchange: ExchangeContext) async throws -> HTTPResponse {
      guard let server else { throw NetworkError.reset }
      guard request.method == .post, request.path == AlertNotifier.path else {
        let metrics = MetricsService(container, paths: ["/-/healthy", "/-/ready"]) { [weak self] in
          self?.exposition ?? []
        }
        return try await metrics.respond(to: request, exchange)
      }
      guard let alerts = AlertText.alerts(request.body) else { return HTTPResponse(status: 400) }
      server.received += alerts.count
      alertmanager.receive(alerts, at: ClusterClock.milliseconds(container.simulation.now))
      server.schedule(alertmanager, container, monitoring)
      return HTTPResponse(status: 200)
    }

    private var exposition: [UInt8] {
      var text = ExpositionText(capacity: 1024)
      text.family("alertmanager_alerts", .gauge, "How many alerts by state.")
      text.sample("alertmanager_alerts", [("state", "active")], Double(alertmanager.alerts.count))
      text.single(
        "alertmanager_alerts_received_total", .counter, "The total number of received alerts.",
        [("status", "firing"), ("version", "v2")], Double(server?.received ?? 0))
      text.single(
        "alertmanager_notifications_total", .counter, "The total number of attempted notifications.", [],
        Double(monitoring.notifications.count))
      container.writeProcessMetrics(into: &text)
      return text.bytes
    }
  }
}
