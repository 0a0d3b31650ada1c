import Documents
import NetworkModel
import SimulationKernel
import Telemetry

/// One Kubernetes cluster in operation.
@Simulated
package final class Cluster {
  /// What the cluster gets from its surroundings.
  package struct Configuration {
    package var name: String
    /// The region's code, such as `eu-south-2`.
    package var region: String
    package var podSecurityGroups: [String]
    /// A free address for a pod in a zone.
    package var allocateAddress: @Simulated (String) -> IPv4Address?

    package init(
      name: String, region: String, podSecurityGroups: [String] = [],
      allocateAddress: @escaping @Simulated (String) -> IPv4Address?
    ) {
      self.name = name
      self.region = region
      self.podSecurityGroups = podSecurityGroups
      self.allocateAddress = allocateAddress
    }
  }

  package let simulation: Simulation
  package let network: Network
  package let server: APIServer
  package let events: EventRecorder
  package let journal: Journal
  let configuration: Configuration
  let registry: any ImageRegistry

  private var kubelets: [String: Kubelet] = [:]
  private let nodeController: NodeController
  private var controllers: [AnyObject] = []

  package init(_ configuration: Configuration, network: Network, registry: any ImageRegistry, journal: Journal) {
    self.configuration = configuration
    self.network = network
    self.registry = registry
    self.journal = journal
    simulation = network.simulation
    server = APIServer(simulation, cluster: configuration.name, journal: journal)
    events = EventRecorder(server)
    nodeController = NodeController(server, events)
    controllers = [
      DeploymentController(server, events), ReplicaSetController(server, events), EndpointSliceController(server),
      Scheduler(server, events),
    ]
  }

  package var name: String { configuration.name }

  /// Starts a kubelet for each Node there is. The nodes' hosts come into being with it.
  package func startKubelets() {
    for node in server.list(.node) where kubelets[node.name] == nil {
      let zone = node.label(SchedulingDecision.zoneLabel) ?? "\(configuration.region)a"
      let addresses = node.status["addresses"]?.array ?? []
      let internalAddress = addresses.first { $0["type"]?.string == "InternalIP" }?["address"]?.string
      guard let address = internalAddress.flatMap({ IPv4Address($0) }) ?? configuration.allocateAddress(zone) else {
        continue
      }
      let host = network.addHost(
        name: "\(name)/node/\(node.name)", address: address, zone: Zone(region: configuration.region, name: zone),
        roles: [node.name, "node"])
      kubelets[node.name] = Kubelet(node, host: host, cluster: self, events: events)
    }
  }

  // MARK: Looking into containers

  private func worker(_ namespace: String, _ pod: String) -> PodWorker? {
    let key = ObjectKey(namespace: namespace, name: pod)
    return kubelets.sorted { $0.key < $1.key }.lazy.compactMap { $0.value.worker(key) }.first
  }

  /// The lines of a container's current run or of the one before; `nil` when there was no such run.
  package func logs(_ namespace: String, _ pod: String, container: String, previous: Bool) -> [LogLine]? {
    guard let found = worker(namespace, pod)?.containers.first(where: { $0.spec.name == container }) else { return nil }
    if !previous { return found.process?.log }
    // While a container waits to be restarted its last run is the current one to `logs`, and the previous one too.
    if case .running = found.state { return found.previousLog }
    return found.process?.log
  }

  /// Every line that is still there of the pods that are still there.
  package var allLogLines: [(namespace: String, pod: String, line: LogLine)] {
    kubelets.sorted { $0.key < $1.key }.flatMap { $0.value.allWorkers }.flatMap { worker in
      worker.containers.flatMap { ($0.previousLog ?? []) + ($0.process?.log ?? []) }
        .map { (worker.key.namespace, worker.key.name, $0) }
    }
  }

  /// The running processes of a pod.
  package func processes(_ namespace: String, _ pod: String) -> [ContainerProcess] {
    worker(namespace, pod)?.containers.compactMap(\.process).filter(\.isAlive) ?? []
  }

  // MARK: What faults do

  /// The power of a node fails.
  package func failNode(_ node: String) {
    guard let kubelet = kubelets[node], !kubelet.isStopped else { return }
    kubelet.losePower()
    journal.degrade("\(name)/node/\(node)", effect: "node lost power")
    nodeController.kubeletStopped(node)
  }

  /// The node boots again.
  package func recoverNode(_ node: String) {
    guard let kubelet = kubelets[node], kubelet.isStopped else { return }
    kubelet.regainPower()
    journal.recover("\(name)/node/\(node)")
    nodeController.kubeletStarted(node)
  }
}
