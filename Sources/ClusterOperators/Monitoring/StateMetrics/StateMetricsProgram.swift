import KubernetesModel
import SimulationKernel
import Telemetry

/// kube-state-metrics as its container runs it: lists and watches, and serves on port 8080.
@Simulated
final class StateMetricsProgram: ContainerProgram {
  static let port: UInt16 = 8080
  private static let start = Distribution.uniform(.milliseconds(200), .milliseconds(600))
  private static let memory: Int64 = 40 << 20
  nonisolated private static let event: EventName = "exporter.start"

  private let stack: @Simulated (ContainerProcess) -> MonitoringStack?
  private var store: StateMetricsStore?

  init(_ stack: @escaping @Simulated (ContainerProcess) -> MonitoringStack?) { self.stack = stack }

  func run(_ container: ContainerProcess) async -> Int32 {
    container.use(memory: Self.memory)
    await container.simulation.sleep(Self.start.sample(container.stream), Self.event)
    guard container.isAlive, let monitoring = stack(container) else { return 1 }
    let store = StateMetricsStore(monitoring.cluster.server)
    self.store = store
    container.listen(Self.port, MetricsService(container) { store.exposition })
    container.write("Started metrics server metricsServerAddress=[::]:8080")
    await container.waitForTermination()
    return 0
  }
}
