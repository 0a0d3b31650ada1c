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
  /// The requests of the region's customers on their way, and those that are kept.
  package let traces: TraceCollector
  /// What Alertmanager knows and has told; it outlives its process. `nil` before the first one has started.
  package internal(set) var alertmanager: Alertmanager?
  /// The servers that run.
  package private(set) var servers: [PrometheusServer] = []

  /// Whether servers scrape and evaluate; off only where the cost of telemetry is measured.
  package let isOn: Bool

  package init(_ cluster: Cluster, _ region: AWSRegion, isOn: Bool = true) {
    self.cluster = cluster
    self.isOn = isOn
    self.region = region
    engine = QueryEngine(store)
    traces = TraceCollector(cluster.simulation, region: region.name, isOn: isOn)
    prometheusOperator = PrometheusOperator(cluster)
  }

  func began(_ server: PrometheusServer) {
    servers.removeAll { !$0.isRunning }
    servers.append(server)
  }

  func ended(_ server: PrometheusServer) { servers.removeAll { $0 === server } }
}
