import Documents
import HTTPMessages
import KubernetesModel
import NetworkModel
import SimulationKernel
import Telemetry

// The rules of a server: evaluated group by group at their interval, each at its own moment of it; what changes goes into the
// journal, what fires goes to Alertmanager. A restarted server begins with alerts that are not there (upstream restores
// how long they have been pending from ALERTS_FOR_STATE).
extension PrometheusServer {
  nonisolated private static let ruleEvent: EventName = "prometheus.rules"
  nonisolated private static let sendEvent: EventName = "prometheus.alerts"
  private static let sendTimeout = TimeSpan.seconds(10)

  /// A group that is evaluated, and what its object said.
  struct RunningGroup {
    var key: String
    var spec: JSONValue
    var evaluator: RuleEvaluator
    var timer: RepeatingTimer
  }

  /// Begins the groups of the configuration that are new or changed, and ends those that are gone.
  func loadRules(_ configuration: PrometheusConfiguration, _ container: ContainerProcess, _ monitoring: MonitoringStack)
  {
    var kept: [RunningGroup] = []
    var rest = groups
    for (name, spec) in configuration.rules {
      if rest.contains(where: { $0.key == name && $0.spec == spec }) {
        kept += rest.filter { $0.key == name }
        rest.removeAll { $0.key == name }
        continue
      }
      let diagnostics = Diagnostics()
      let node = (try? parseYAML(Array(spec.jsonText().utf8), file: name))?.first
      let found = node.map { RuleGroupReader(diagnostics).groups($0) } ?? []
      for diagnostic in diagnostics.all {
        container.write(
          "level=error component=\"rule manager\" msg=\"loading groups failed\" err=\(quotedText(diagnostic.message))")
      }
      // A file with a mistake is not taken, as the operator's admission would not have let it in.
      guard diagnostics.all.isEmpty else { continue }
      for group in found { kept.append(begin(group, name, spec, configuration, container, monitoring)) }
    }
    for group in rest {
      container.simulation.cancel(group.timer)
      group.evaluator.end(at: ClusterClock.milliseconds(container.simulation.now))
    }
    groups = kept
  }

  private func begin(
    _ group: RuleGroup, _ name: String, _ spec: JSONValue, _ configuration: PrometheusConfiguration,
    _ container: ContainerProcess, _ monitoring: MonitoringStack
  ) -> RunningGroup {
    let interval = group.interval.map { TimeSpan.milliseconds(Double($0)) } ?? configuration.evaluationInterval
    let evaluator = RuleEvaluator(
      group, interval: interval.nanoseconds / 1_000_000, store: monitoring.store, engine: monitoring.engine,
      externalLabels: configuration.externalLabels)
    let now = container.simulation.now
    let offset = Int64(fnv1a("\(name);\(group.name)".utf8) % UInt64(interval.nanoseconds / 1_000_000)) * 1_000_000
    let wait = (offset - now.nanoseconds % interval.nanoseconds + interval.nanoseconds) % interval.nanoseconds
    let timer = container.simulation.every(
      interval, offset: .nanoseconds(wait == 0 ? interval.nanoseconds : wait), Self.ruleEvent
    ) { [weak self] in self?.evaluate(evaluator) }
    return RunningGroup(key: name, spec: spec, evaluator: evaluator, timer: timer)
  }

  private func evaluate(_ evaluator: RuleEvaluator) {
    guard isRunning, let container, let monitoring else { return }
    let now = container.simulation.now
    let time = ClusterClock.milliseconds(now)
    for change in evaluator.evaluate(at: time) {
      var labels = change.alert.labels
      for label in configuration?.externalLabels.pairs ?? [] where labels[label.name].isEmpty {
        labels[label.name] = label.value
      }
      let state: Journal.AlertChange.State =
        switch change.alert.state {
        case .inactive: .inactive
        case .pending: .pending
        case .firing: .firing
        }
      monitoring.cluster.journal.note(
        Journal.AlertChange(
          at: now, region: monitoring.region.name, labels: labels, state: state, value: change.alert.value,
          annotations: change.alert.annotations))
    }
    let due = evaluator.alertsToSend(at: time)
    if !due.isEmpty { send(due, container, monitoring) }
  }

  /// Tells every Alertmanager behind the configured services, over the network. One that cannot be reached is told with the next
  /// alerts that are due.
  private func send(_ alerts: [RuleEvaluator.Outgoing], _ container: ContainerProcess, _ monitoring: MonitoringStack) {
    let body = AlertmanagerProgram.body(alerts)
    for place in configuration?.alertmanagers ?? [] {
      for (address, port) in monitoring.addresses(of: place) {
        container.simulation.spawn(Self.sendEvent) {
          guard let network = container.network else { return }
          let deadline = container.simulation.now + Self.sendTimeout
          do {
            let connection = try await network.connect(
              from: container.host, to: address, port: port, deadline: deadline, scope: container.scope)
            var request = HTTPRequest(.post, host: "\(address)", path: "/api/v2/alerts")
            request.headers["Content-Type"] = "application/json"
            request.body = body
            _ = try await connection.send(request, deadline: deadline)
            connection.close()
          } catch {
            container.write(
              #"level=error component=notifier alertmanager=http://\#(address):\#(port)/api/v2/alerts count=\#(alerts.count) msg="Error sending alert""#
            )
          }
        }
      }
    }
  }
}

extension MonitoringStack {
  /// The addresses behind a Service's port, ready or not, as Prometheus' discovery of endpoints finds them.
  func addresses(of place: PrometheusConfiguration.Alertmanager) -> [(IPv4Address, UInt16)] {
    cluster.server.list(.endpointSlice, namespace: place.namespace)
      .filter { $0.label(EndpointSliceController.serviceLabel) == place.service }
      .flatMap { slice -> [(IPv4Address, UInt16)] in
        let port = (slice.json["ports"]?.array ?? []).first { $0["name"]?.string == place.port }?["port"]?.integer
        guard let port = port.flatMap({ UInt16(exactly: $0) }) else { return [] }
        return (slice.json["endpoints"]?.array ?? []).compactMap { endpoint in
          endpoint["addresses"]?[0]?.string.flatMap { IPv4Address($0) }.map { ($0, port) }
        }
      }
  }
}
