import AWSModel
import KubernetesModel
import NetworkModel
import SimulationKernel
import Telemetry

/// The programs of the monitoring's images. They serve whichever region their container runs in.
@Simulated
package final class MonitoringPrograms {
  /// Programs by the names under which platforms refer to them.
  package nonisolated static let programs: [(name: String, summary: String)] = [
    ("prometheus", "Prometheus: scrapes what ServiceMonitors and PodMonitors select and keeps the samples, port 9090"),
    ("alertmanager", "Alertmanager: groups alerts and tells receivers, port 9093"),
    ("kube-state-metrics", "the state of the cluster's objects as metrics, port 8080"),
    ("cloudwatch-exporter", "yet-another-cloudwatch-exporter: CloudWatch's metrics for Prometheus, port 5000"),
    ("tempo", "Tempo: the traces that tail sampling kept, found and shown as OTLP, port 3200"),
    ("node-exporter", "processors and memory of the node under it as metrics, port 9100"),
    ("coredns", "the processes behind the cluster's name server: what pods looked up, port 9153"),
  ]

  private var stacks: [(region: String, stack: MonitoringStack)] = []

  package init() {}

  /// Adds the monitoring of a region.
  ///
  /// - Parameter region: the code, such as `eu-south-2`.
  package func add(_ stack: MonitoringStack, region: String) { stacks.append((region, stack)) }

  private func stack(of container: ContainerProcess) -> MonitoringStack? {
    stacks.first { $0.region == container.host.zone.region }?.stack
  }

  /// What makes the program of a name; `nil` when there is none of it.
  package func maker(of name: String) -> (@Simulated () -> any ContainerProgram)? {
    let stack: @Simulated (ContainerProcess) -> MonitoringStack? = { [weak self] in self?.stack(of: $0) }
    switch name {
    case "prometheus": return { PrometheusServer(stack) }
    case "alertmanager": return { AlertmanagerProgram(stack) }
    case "kube-state-metrics": return { StateMetricsProgram(stack) }
    case "cloudwatch-exporter": return { CloudWatchExporter(stack) }
    case "node-exporter": return { NodeExporter(stack) }
    case "tempo": return { TempoProgram(stack) }
    case "coredns": return { NameServerProgram(stack) }
    default: return nil
    }
  }
}
