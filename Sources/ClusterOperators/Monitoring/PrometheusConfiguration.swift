import Documents
import KubernetesModel
import SimulationKernel
import Telemetry

/// What the operator makes of a Prometheus object and of the monitors and rules that it selects.
package struct PrometheusConfiguration: Sendable {
  package var scrapeInterval: TimeSpan
  package var evaluationInterval: TimeSpan
  /// Added to alerts, not to what is stored.
  package var externalLabels: Labels
  package var jobs: [ScrapeJob]
  /// The specifications of the selected PrometheusRule objects, by `namespace/name`.
  package var rules: [(name: String, spec: JSONValue)]
  /// Services behind which Alertmanagers answer.
  package var alertmanagers: [Alertmanager]

  package struct Alertmanager: Sendable, Hashable {
    package var namespace: String
    package var service: String
    package var port: String
  }
}

@Simulated
extension PrometheusConfiguration {
  /// Selects and reads. Durations default as the operator's do: 30 s, a scrape timeout of 10 s.
  init(_ prometheus: KubeObject, _ server: APIServer, _ kinds: PrometheusOperator.Kinds) {
    let spec = prometheus.spec
    let interval = spec["scrapeInterval"]?.string.flatMap(ScrapeJob.span) ?? .seconds(30)
    let timeout = spec["scrapeTimeout"]?.string.flatMap(ScrapeJob.span) ?? min(.seconds(10), interval)
    scrapeInterval = interval
    evaluationInterval = spec["evaluationInterval"]?.string.flatMap(ScrapeJob.span) ?? .seconds(30)
    var external = Labels()
    for member in spec["externalLabels"]?.object?.members ?? [] { external[member.key] = member.value.string ?? "" }
    external["prometheus"] = "\(prometheus.namespace)/\(prometheus.name)"
    externalLabels = external
    func selected(_ kind: ResourceKind, _ field: String) -> [KubeObject] {
      Self.select(kind, spec[field + "Selector"], spec[field + "NamespaceSelector"], prometheus.namespace, server)
    }
    jobs =
      selected(kinds.serviceMonitor, "serviceMonitor").flatMap {
        ScrapeJob.jobs(of: $0, role: .endpoints, defaults: (interval, timeout))
      }
      + selected(kinds.podMonitor, "podMonitor").flatMap {
        ScrapeJob.jobs(of: $0, role: .pods, defaults: (interval, timeout))
      }
    rules = selected(kinds.rule, "rule").map { ("\($0.namespace)/\($0.name)", $0.spec) }
    alertmanagers = (spec.at("alerting", "alertmanagers")?.array ?? []).map {
      Alertmanager(
        namespace: $0["namespace"]?.string ?? prometheus.namespace, service: $0["name"]?.string ?? "",
        port: $0["port"]?.string ?? "web")
    }
  }

  /// Objects by a selector: none without one, all with an empty one; of all namespaces with an empty namespace selector, of
  /// the Prometheus object's own without one.
  private static func select(
    _ kind: ResourceKind, _ selector: JSONValue?, _ namespaces: JSONValue?, _ own: String, _ server: APIServer
  ) -> [KubeObject] {
    guard let selector, !selector.isNull else { return [] }
    let wanted = LabelSelector(selector)
    let places = namespaces.flatMap { $0.isNull ? nil : LabelSelector($0) }
    return server.list(kind).filter { object in
      guard wanted.matches(object.labels) else { return false }
      guard let places else { return object.namespace == own }
      return places.isEmpty || server.find(.namespace, "", object.namespace).map { places.matches($0.labels) } ?? false
    }
  }
}
