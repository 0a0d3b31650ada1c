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
    /// Where an agent on each node ships the logs of containers; `nil` where none runs.
    package var logs: LogStore?
    /// A free address for a pod in a zone.
    package var allocateAddress: @Simulated (String) -> IPv4Address?

    package init(
      name: String, region: String, podSecurityGroups: [String] = [], logs: LogStore? = nil,
      allocateAddress: @escaping @Simulated (String) -> IPv4Address?
    ) {
      self.name = name
      self.region = region
      self.podSecurityGroups = podSecurityGroups
      self.logs = logs
      self.allocateAddress = allocateAddress
    }
  }

  package let simulation: Simulation
  package let network: Network
  package let server: APIServer
  package let events: EventRecorder
  package let journal: Journal
  package let scheduler: Scheduler
  /// `metrics.k8s.io`; there once kubelets have been started.
  package private(set) var metricsServer: MetricsServer?
  /// What the pods ask the cluster's name server, for its processes to report.
  package let lookups = LookupStatistics()
  /// How pods find and reach Services.
  package let services: ServiceNetwork
  let configuration: Configuration
  package let registry: PublicImages

  /// Asked before each start of a container, by pod and container name: the runtime's words for why it fails, `nil` to let it
  /// start. The fault `pod.fail`.
  package var startFault: (@Simulated (ObjectKey, String) -> String?)?

  private(set) var kubelets: [String: Kubelet] = [:]
  let nodeController: NodeController
  private let deployments: DeploymentController
  private let replicaSets: ReplicaSetController
  private let endpointSlices: EndpointSliceController
  private let daemonSets: DaemonSetController
  private let statefulSets: StatefulSetController
  private let disruptions: DisruptionController

  package init(_ configuration: Configuration, network: Network, registry: any ImageRegistry, journal: Journal) {
    self.configuration = configuration
    self.network = network
    self.registry = PublicImages(behind: registry)
    self.journal = journal
    simulation = network.simulation
    server = APIServer(simulation, cluster: configuration.name, journal: journal)
    services = ServiceNetwork(server, network: network, region: configuration.region)
    events = EventRecorder(server)
    nodeController = NodeController(server, events)
    deployments = DeploymentController(server, events)
    replicaSets = ReplicaSetController(server, events)
    endpointSlices = EndpointSliceController(server)
    daemonSets = DaemonSetController(server, events)
    statefulSets = StatefulSetController(server, events)
    disruptions = DisruptionController(server)
    scheduler = Scheduler(server, events)
  }

  package var name: String { configuration.name }
  /// Such as `eu-south-2`.
  package var region: String { configuration.region }

  /// Starts a kubelet for each Node there is. The nodes' hosts come into being with it.
  package func startKubelets() {
    if metricsServer == nil { metricsServer = MetricsServer(self) }
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
      host.services = services
      kubelets[node.name] = Kubelet(node, host: host, cluster: self, events: events)
    }
  }

  /// The controllers by the name under which a fault stops them.
  package static let controllerNames = [
    "daemonset", "deployment", "disruption", "endpointslice", "replicaset", "scheduler", "statefulset",
  ]

  /// Stops a controller's loop, or lets it go on: the faults `controller.crash` and `scheduler.stop`.
  ///
  /// - Returns: false when there is none of this name.
  @discardableResult
  package func setController(_ name: String, isStopped: Bool) -> Bool {
    let queues: [(String, WorkQueue)] = [
      ("daemonset", daemonSets.queue), ("deployment", deployments.queue), ("endpointslice", endpointSlices.queue),
      ("disruption", disruptions.queue), ("replicaset", replicaSets.queue), ("scheduler", scheduler.queue),
      ("statefulset", statefulSets.queue),
    ]
    guard let queue = queues.first(where: { $0.0 == name })?.1 else { return false }
    queue.isStopped = isStopped
    return true
  }
}
