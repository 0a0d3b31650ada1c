import Documents
import HTTPMessages
import KubernetesModel
import NetworkModel
import SimulationKernel
import Telemetry

/// Tells every Alertmanager behind the configured services of alerts, over the network (Prometheus, notifier/notifier.go). What
/// does not arrive is dropped; a firing alert is told of again a minute later.
@Simulated
final class AlertNotifier {
  private(set) var sent = 0
  private(set) var failed = 0

  private let container: ContainerProcess
  private let network: Network
  private let server: APIServer

  nonisolated private static let event: EventName = "prometheus.notify"
  private static let timeout = TimeSpan.seconds(10)
  static let path = "/api/v2/alerts"

  init(_ container: ContainerProcess, network: Network, server: APIServer) {
    self.container = container
    self.network = network
    self.server = server
  }

  func send(_ alerts: [RuleEvaluator.Outgoing], to alertmanagers: [PrometheusConfiguration.Alertmanager]) {
    guard !alerts.isEmpty else { return }
    let body = AlertText.body(alerts)
    for (address, port) in alertmanagers.flatMap(addresses) {
      container.simulation.spawn(Self.event) { [self] in
        do throws(NetworkError) {
          let deadline = container.simulation.now + Self.timeout
          let connection = try await network.connect(
            from: container.host, to: address, port: port, deadline: deadline, scope: container.scope)
          defer { connection.close() }
          var request = HTTPRequest(.post, host: address.description, path: Self.path, body: body)
          request.headers["Content-Type"] = "application/json"
          let response = try await connection.send(request, deadline: deadline)
          if (200..<300).contains(response.status) { sent += alerts.count } else { failed += alerts.count }
        } catch { failed += alerts.count }
      }
    }
  }

  private func addresses(_ alertmanager: PrometheusConfiguration.Alertmanager) -> [(IPv4Address, UInt16)] {
    server.list(.endpointSlice, namespace: alertmanager.namespace)
      .filter { $0.label(EndpointSliceController.serviceLabel) == alertmanager.service }
      .flatMap { slice -> [(IPv4Address, UInt16)] in
        let port = slice.json["ports"]?.array?.first { $0["name"]?.string == alertmanager.port }?["port"]?.integer
        guard let port else { return [] }
        return (slice.json["endpoints"]?.array ?? []).compactMap { endpoint in
          endpoint["addresses"]?[0]?.string.flatMap { IPv4Address($0) }.map { ($0, UInt16(clamping: port)) }
        }
      }
  }
}

/// Alerts as Alertmanager's API takes them (prometheus/alertmanager, api/v2/openapi.yaml, `postableAlert`).
enum AlertText {
  @Simulated
  static func body(_ alerts: [RuleEvaluator.Outgoing]) -> [UInt8] {
    JSONValue.array(
      alerts.map { alert in
        [
          "labels": object(alert.labels.pairs), "annotations": object(alert.annotations),
          "startsAt": .string(time(alert.startsAt)), "endsAt": .string(time(alert.endsAt)),
        ]
      }
    ).jsonBytes()
  }

  /// - Returns: `nil` for what is no list of alerts.
  static func alerts(_ body: [UInt8]) -> [Alertmanager.Alert]? {
    guard let list = (try? parseJSON(String(decoding: body, as: UTF8.self)))?.array else { return nil }
    return list.map { json in
      Alertmanager.Alert(
        labels: Labels(pairs(json["labels"])), annotations: pairs(json["annotations"]),
        startsAt: milliseconds(json["startsAt"]?.string ?? "") ?? 0,
        endsAt: milliseconds(json["endsAt"]?.string ?? "") ?? .max)
    }
  }

  private static func object(_ labels: [Label]) -> JSONValue {
    .object(JSONObject(labels.map { ($0.name, JSONValue.string($0.value)) }))
  }

  private static func pairs(_ json: JSONValue?) -> [Label] {
    (json?.object?.members ?? []).map { Label($0.key, $0.value.string ?? "") }
  }

  /// RFC 3339 with thousandths.
  static func time(_ milliseconds: Int64) -> String {
    let instant = Instant(nanoseconds: (milliseconds - ClusterClock.epoch * 1000) * 1_000_000)
    let thousandths = String(milliseconds % 1000)
    return ClusterClock.timestamp(instant).dropLast() + "." + String(repeating: "0", count: 3 - thousandths.count)
      + thousandths + "Z"
  }

  static func milliseconds(_ text: String) -> Int64? {
    guard let instant = ClusterClock.instant(text) else { return nil }
    let fraction = text.split(separator: ".").dropFirst().first?.prefix(3)
    return ClusterClock.milliseconds(instant) + (fraction.flatMap { Int64($0) } ?? 0)
  }
}
