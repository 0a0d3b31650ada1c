import KubernetesModel
import SimulationKernel
import Telemetry

/// node_exporter as its container runs it, on port 9100, with what the model knows of a machine: its processors, by the time that
/// containers used, and its memory (prometheus/node_exporter, collector/cpu_linux.go, collector/meminfo_linux.go). What the
/// model has no truth for, such as disks, is left out.
@Simulated
final class NodeExporter: ContainerProgram {
  static let port: UInt16 = 9100
  private static let start = Distribution.uniform(.milliseconds(50), .milliseconds(200))
  private static let memory: Int64 = 14 << 20
  nonisolated private static let event: EventName = "exporter.start"

  private let stack: @Simulated (ContainerProcess) -> MonitoringStack?

  init(_ stack: @escaping @Simulated (ContainerProcess) -> MonitoringStack?) { self.stack = stack }

  func run(_ container: ContainerProcess) async -> Int32 {
    container.use(memory: Self.memory)
    await container.simulation.sleep(Self.start.sample(container.stream), Self.event)
    guard container.isAlive, let cluster = stack(container)?.cluster else { return 1 }
    let key = ObjectKey(namespace: container.namespace, name: container.pod)
    container.listen(
      Self.port,
      MetricsService(container, paths: ["/"]) {
        cluster.machine(under: key).map { Self.exposition($0, container) } ?? []
      })
    await container.waitForTermination()
    return 0
  }

  private static func exposition(_ machine: Cluster.MachineFigures, _ container: ContainerProcess) -> [UInt8] {
    var text = ExpositionText(capacity: 2048)
    text.single(
      "node_boot_time_seconds", .gauge, "Node boot time, in unixtime.", [], ClusterClock.seconds(machine.bootedAt))
    text.family("node_cpu_seconds_total", .counter, "Seconds the CPUs spent in each mode.")
    let busy = machine.processorTime.seconds / Double(machine.cores)
    let elapsed = (container.simulation.now - machine.bootedAt).seconds
    for core in 0..<machine.cores {
      for (mode, seconds) in [("idle", max(0, elapsed - busy)), ("user", busy)] {
        text.sample("node_cpu_seconds_total", [("cpu", String(core)), ("mode", mode)], seconds)
      }
    }
    text.single(
      "node_memory_MemAvailable_bytes", .gauge, "Memory information field MemAvailable_bytes.", [],
      Double(machine.availableMemory))
    text.single(
      "node_memory_MemTotal_bytes", .gauge, "Memory information field MemTotal_bytes.", [], Double(machine.memory))
    container.writeProcessMetrics(into: &text)
    return text.bytes
  }
}
