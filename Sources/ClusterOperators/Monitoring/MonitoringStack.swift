import AWSModel
import KubernetesModel
import NetworkModel
import SimulationKernel
import Telemetry

/// The monitoring of one region: the operator, and what the servers store.
@Simulated
package final class MonitoringStack {
  package let cluster: Cluster
  package let region: AWSRegion
  package let prometheusOperator: PrometheusOperator
  /// The samples of the region's Prometheus.
  package let store = TimeSeriesStore()
  /// Answers queries over them.
  package let engine: QueryEngine
  /// The servers that run.
  package private(set) var servers: [PrometheusServer] = []
  /// Every state that an alert came to, in the order in which they did.
  package private(set) var alertChanges: [RuleEvaluator.Change] = []
  /// What receivers were told.
  package private(set) var notifications: [Alertmanager.Notification] = []
  /// The state of Alertmanager; `nil` before its first start.
  package private(set) var alertmanager: Alertmanager?
  private var alertmanagerText = ""

  package init(_ cluster: Cluster, _ region: AWSRegion) {
    self.cluster = cluster
    self.region = region
    engine = QueryEngine(store)
    prometheusOperator = PrometheusOperator(cluster)
  }

  func began(_ server: PrometheusServer) {
    servers.removeAll { !$0.isRunning }
    servers.append(server)
  }

  func ended(_ server: PrometheusServer) { servers.removeAll { $0 === server } }

  func noted(_ changes: [RuleEvaluator.Change]) { alertChanges += changes }

  func told(_ more: [Alertmanager.Notification]) { notifications += more }

  /// The state that a starting Alertmanager goes on with; a changed configuration begins anew.
  func alertmanager(_ configuration: AlertmanagerConfiguration, text: String) -> Alertmanager {
    if let alertmanager, alertmanagerText == text { return alertmanager }
    let fresh = Alertmanager(configuration)
    (alertmanager, alertmanagerText) = (fresh, text)
    return fresh
  }
}
