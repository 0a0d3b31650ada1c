import Documents
import KubernetesModel
import SimulationKernel
import Telemetry

/// One job of the configuration that the operator writes for Prometheus: an endpoint of a ServiceMonitor or of a PodMonitor
/// (prometheus-operator/prometheus-operator, pkg/prometheus/promcfg.go).
package struct ScrapeJob: Sendable {
  package enum Role: Sendable { case endpoints, pods }

  /// Such as `serviceMonitor/monitoring/kubelet/0`.
  package var name: String
  var role: Role
  /// The monitor's own namespace and name.
  var monitor: ObjectKey
  /// Namespaces that are looked at; `nil` for all.
  var namespaces: [String]?
  /// Labels of the services or of the pods.
  var selector: LabelSelector
  /// The port by the name that the Service or the container gives it.
  var port: String?
  /// The port by number or name in the pod.
  var targetPort: JSONValue?
  var path: String
  var scheme: String
  package var interval: TimeSpan
  package var timeout: TimeSpan
  var honorsLabels: Bool
  /// Label of the Service or pod that names the job.
  var jobLabel: String?
  /// Labels of the Service, and of the pod, that targets get.
  var targetLabels: [String]
  var podTargetLabels: [String]
  var relabelings: [RelabelRule]
  var metricRelabelings: [RelabelRule]
  var sampleLimit: Int

  /// The jobs of a monitor.
  ///
  /// - Parameter defaults: interval and timeout of the Prometheus object.
  static func jobs(
    of monitor: KubeObject, role: Role, defaults: (interval: TimeSpan, timeout: TimeSpan)
  ) -> [ScrapeJob] {
    let spec = monitor.spec
    let endpoints = spec[role == .endpoints ? "endpoints" : "podMetricsEndpoints"]?.array ?? []
    let kind = role == .endpoints ? "serviceMonitor" : "podMonitor"
    var namespaces: [String]? = [monitor.namespace]
    if spec.at("namespaceSelector", "any")?.bool == true {
      namespaces = nil
    } else if let names = spec.at("namespaceSelector", "matchNames")?.array {
      namespaces = names.compactMap(\.string)
    }
    func words(_ field: String) -> [String] { (spec[field]?.array ?? []).compactMap(\.string) }
    return endpoints.enumerated().map { index, endpoint in
      let interval = endpoint["interval"]?.string.flatMap(Self.span) ?? defaults.interval
      let timeout = endpoint["scrapeTimeout"]?.string.flatMap(Self.span) ?? defaults.timeout
      return ScrapeJob(
        name: "\(kind)/\(monitor.namespace)/\(monitor.name)/\(index)", role: role, monitor: monitor.key,
        namespaces: namespaces, selector: LabelSelector(spec["selector"]), port: endpoint["port"]?.string,
        targetPort: endpoint["targetPort"], path: endpoint["path"]?.string ?? "/metrics",
        scheme: endpoint["scheme"]?.string ?? "http", interval: interval, timeout: min(timeout, interval),
        honorsLabels: endpoint["honorLabels"]?.bool ?? false, jobLabel: spec["jobLabel"]?.string,
        targetLabels: words("targetLabels"), podTargetLabels: words("podTargetLabels"),
        relabelings: rules(endpoint["relabelings"]), metricRelabelings: rules(endpoint["metricRelabelings"]),
        sampleLimit: Int(spec["sampleLimit"]?.integer ?? 0))
    }
  }

  /// A duration such as `30s` or `1m30s`.
  static func span(_ text: String) -> TimeSpan? { Duration(goText: text).map { TimeSpan($0) } }

  /// Rules as ServiceMonitors write them. One that is malformed is left out; the operator's admission webhook refuses it.
  static func rules(_ json: JSONValue?) -> [RelabelRule] {
    (json?.array ?? []).compactMap { rule in
      let action = RelabelRule.Action(rawValue: rule["action"]?.string?.lowercased() ?? "replace")
      guard let action, let regex = rule["regex"]?.string.map({ RelabelPattern($0) }) ?? .everything else { return nil }
      return RelabelRule(
        action, sourceLabels: (rule["sourceLabels"]?.array ?? []).compactMap(\.string),
        separator: rule["separator"]?.string ?? ";", regex: regex,
        modulus: UInt64(clamping: rule["modulus"]?.integer ?? 0), targetLabel: rule["targetLabel"]?.string ?? "",
        replacement: rule["replacement"]?.string ?? "$1")
    }
  }
}
