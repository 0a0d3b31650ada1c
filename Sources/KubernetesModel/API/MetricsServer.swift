import Documents
import NetworkModel
import SimulationKernel

/// What containers and nodes use, as `metrics.k8s.io` tells it: processor time as the rate between the last two scrapes of
/// kubelet, memory as of the last (kubernetes-sigs/metrics-server, `pkg/storage`, `--metric-resolution=15s`).
@Simulated
package final class MetricsServer {
  package static let resolution = TimeSpan.seconds(15)
  nonisolated private static let scrapeEvent: EventName = "metrics-server.scrape"

  /// Use at one time.
  package struct Usage: Hashable, Sendable {
    /// In cores.
    package var cpu = 0.0
    /// In bytes.
    package var memory: Int64 = 0

    package init(cpu: Double = 0, memory: Int64 = 0) {
      self.cpu = cpu
      self.memory = memory
    }

    package static func + (left: Usage, right: Usage) -> Usage {
      Usage(cpu: left.cpu + right.cpu, memory: left.memory + right.memory)
    }
  }

  /// One container's use.
  package struct ContainerUsage: Hashable, Sendable {
    package var pod: ObjectKey
    package var container: String
    package var usage: Usage
  }

  private struct Point {
    var process: ObjectIdentifier
    var at: Instant
    var used: TimeSpan
  }

  private unowned let cluster: Cluster
  private var points: [String: Point] = [:]
  private var containers: [ContainerUsage] = []
  private var nodes: [String: Usage] = [:]

  init(_ cluster: Cluster) {
    self.cluster = cluster
    cluster.simulation.every(Self.resolution, Self.scrapeEvent) { [weak self] in self?.scrape() }
  }

  /// The containers of a pod that have been scraped twice; empty when there are none.
  package func usage(of pod: ObjectKey) -> [ContainerUsage] { containers.filter { $0.pod == pod } }

  /// `nil` for a node that has not been scraped twice, or whose kubelet does not answer.
  package func usage(ofNode node: String) -> Usage? { nodes[node] }

  private func scrape() {
    var (newPoints, newContainers, newNodes): ([String: Point], [ContainerUsage], [String: Usage]) = ([:], [], [:])
    let now = cluster.simulation.now
    for (name, kubelet) in cluster.kubelets.sorted(by: { $0.key < $1.key }) where !kubelet.isStopped {
      var total = Usage(cpu: 0, memory: reserved(of: name))
      for worker in kubelet.allWorkers {
        for container in worker.all {
          guard let process = container.process, process.isAlive else { continue }
          let key = "\(worker.key.namespace)/\(worker.key.name)/\(container.spec.name)"
          newPoints[key] = Point(process: ObjectIdentifier(process), at: now, used: process.cpu.used)
          guard let before = points[key], before.process == ObjectIdentifier(process), now > before.at else { continue }
          let rate = (process.cpu.used - before.used).seconds / (now - before.at).seconds
          let usage = Usage(cpu: rate, memory: process.workingSet)
          newContainers.append(ContainerUsage(pod: worker.key, container: container.spec.name, usage: usage))
          total = total + usage
        }
      }
      if points.isEmpty == false { newNodes[name] = total }
    }
    (points, containers, nodes) = (newPoints, newContainers, newNodes)
  }

  /// What is kept for the system counts as used by it, as kubelet's eviction sees it.
  private func reserved(of node: String) -> Int64 {
    guard let status = cluster.server.find(.node, "", node)?.status else { return 0 }
    func memory(_ list: String) -> Int64? { status.at(list, "memory").flatMap { try? Quantity($0) }?.value }
    guard let capacity = memory("capacity"), let allocatable = memory("allocatable") else { return 0 }
    return max(0, capacity - allocatable)
  }
}

// What the API server needs to reach a kubelet for logs, exec and the like.
extension Cluster {
  /// Whether a node's kubelet answers; requests for its containers time out otherwise.
  package func isKubeletReachable(_ node: String) -> Bool {
    guard let kubelet = kubelets[node] else { return false }
    return !kubelet.isStopped && kubelet.host.isUp
  }

  /// The address of a node's kubelet.
  package func kubeletAddress(_ node: String) -> String? { kubelets[node]?.host.address.description }

  /// The host of a pod's sandbox; `nil` when it has none.
  package func host(of pod: ObjectKey) -> Host? {
    kubelets.sorted { $0.key < $1.key }.lazy.compactMap { $0.value.worker(pod)?.host }.first
  }
}
