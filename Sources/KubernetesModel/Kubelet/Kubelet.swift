import Documents
import NetworkModel
import SimulationKernel
import Telemetry

/// The agent of one node: runs the pods that are bound to it (upstream: pkg/kubelet/kubelet.go).
@Simulated
final class Kubelet {
  let node: String
  let simulation: Simulation
  let server: APIServer
  let network: Network
  let host: Host
  let journal: Journal
  let stream: RandomStream
  let podSecurityGroups: [String]
  let lookups: LookupStatistics
  let services: ServiceNetwork
  /// Where the agent on the node ships the logs of containers.
  let logs: LogStore?
  let images: ImageStore
  let processor: NodeProcessor
  /// Such as `amd64`.
  let architecture: String
  /// Memory of the machine in bytes.
  let machineMemory: Int64
  /// Memory of the node that pods can use before it runs out, in bytes.
  let memoryCapacity: Int64
  /// When memory was last short; `nil` when pressure is over.
  var lastShortage: Instant?
  /// What `/metrics` counts.
  var counters = Counters()
  /// Kubelet does not run, or its node has no power.
  private(set) var isStopped = false
  private(set) var hasPower = true

  static let probeAgent = "kube-probe/1.33"

  private unowned let cluster: Cluster
  private let events: EventRecorder
  private let allocate: @Simulated (String) -> IPv4Address?
  private var workers: [ObjectKey: PodWorker] = [:]
  private var endpoint: Listener?
  /// When the node came up.
  private(set) var bootedAt = Instant.zero
  /// Processor time of containers that have ended since the node booted.
  var endedProcessorTime = TimeSpan.zero
  private var whenRunning: CancelScope = CancelScope()

  init(_ node: KubeObject, host: Host, cluster: Cluster, events: EventRecorder) {
    self.node = node.name
    self.host = host
    self.events = events
    self.cluster = cluster
    simulation = cluster.simulation
    server = cluster.server
    network = cluster.network
    journal = cluster.journal
    lookups = cluster.lookups
    services = cluster.services
    logs = cluster.configuration.logs
    podSecurityGroups = cluster.configuration.podSecurityGroups
    allocate = cluster.configuration.allocateAddress
    stream = simulation.random("kubelet/\(server.cluster)/\(node.name)")
    images = ImageStore(simulation, node: node.name, registry: cluster.registry, stream: stream)
    let cores = node.status.at("capacity", "cpu").flatMap { try? Quantity($0) }?.doubleValue ?? 2
    processor = NodeProcessor(simulation, cores: cores)
    machineMemory = node.status.at("capacity", "memory").flatMap { try? Quantity($0) }?.value ?? 4 << 30
    // What is reserved for the system is in use by it, down to the eviction threshold.
    memoryCapacity =
      ((node.status.at("allocatable", "memory") ?? node.status.at("capacity", "memory"))
        .flatMap { try? Quantity($0) }?.value ?? 4 << 30) + MemoryEviction.threshold
    architecture = node.label("kubernetes.io/arch") ?? "amd64"
    register(node)
    listen()
    server.watch(.pod) { [weak self] event in self?.handle(event) }
    simulation.every(Self.evictionPeriod, Self.memoryEvent) { [weak self] in self?.watchMemory() }
  }

  var user: UserName { "system:node:\(node)" }

  private func handle(_ event: WatchEvent) {
    let pod = event.object
    guard pod.spec["nodeName"]?.string == node, !isStopped else { return }
    let worker = workers[pod.key].flatMap { $0.uid == pod.uid ? $0 : nil }
    if case .deleted = event {
      worker?.terminate()
    } else if pod.isTerminating {
      if let worker {
        worker.terminate()
      } else {
        server.finaliseDelete(.pod, pod.namespace, pod.name, as: user)
      }
    } else if worker == nil, !pod.hasEnded {
      // A pod of the same name that still terminates goes its way beside it.
      let worker = PodWorker(pod, kubelet: self)
      workers[pod.key] = worker
      counters.startedPods += 1
      worker.start()
    }
  }

  func worker(_ key: ObjectKey) -> PodWorker? { workers[key] }

  /// All pods on the node by name.
  var allWorkers: [PodWorker] { workers.sorted { $0.key < $1.key }.map(\.value) }

  /// A pod's containers and its sandbox are gone.
  func finished(_ worker: PodWorker) {
    if workers[worker.key] === worker { workers[worker.key] = nil }
    journal.recover(worker.component)
    guard let object = worker.object else { return }
    server.finaliseDelete(.pod, object.namespace, object.name, as: user)
  }

  /// Why a container may not start.
  func startFault(_ pod: ObjectKey, _ container: String) -> String? { cluster.startFault?(pod, container) }

  func allocateAddress() -> IPv4Address? { allocate(host.zone.name) }

  func event(
    _ pod: PodWorker, _ type: EventRecorder.Kind, _ reason: String, _ message: String, container: String = "",
    isInit: Bool = false
  ) {
    guard !isStopped, let object = pod.object else { return }
    let list = isInit ? "initContainers" : "containers"
    let field = container.isEmpty ? "" : "spec.\(list){\(container)}"
    events.record(object, type, reason, message, from: "kubelet", host: node, field: field)
  }

  func note(node object: KubeObject, _ type: EventRecorder.Kind, _ reason: String, _ message: String) {
    events.record(object, type, reason, message, from: "kubelet", host: node)
  }

  // MARK: The node

  /// Conditions of a healthy node, and what kubelet knows of its machine where the manifest says nothing.
  private func register(_ node: KubeObject) {
    var node = node
    var conditions = Conditions(of: node, now: server.timestamp)
    for row in Self.healthy { conditions.set(row.type, row.status, row.reason, row.message) }
    node.json.set("status", "conditions", to: conditions.json)
    for (field, value) in Self.machine where node.json.at("status", "nodeInfo", field) == nil {
      node.json.set("status", "nodeInfo", field, to: .string(value))
    }
    if node.json.at("status", "addresses") == nil {
      node.json.set(
        "status", "addresses",
        to: [
          ["type": "InternalIP", "address": .string(host.address.description)],
          ["type": "Hostname", "address": .string(node.name)],
        ])
    }
    _ = try? server.updateStatus(node, as: user)
  }

  static let healthy: [(type: String, status: String, reason: String, message: String)] = [
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
  ]

  /// An EKS node of Amazon Linux 2023.
  private static let machine = [
    ("kubeletVersion", "v1.33.5-eks-113cf36"), ("osImage", "Amazon Linux 2023.9.20250929"),
    ("kernelVersion", "6.1.153-175.280.amzn2023.x86_64"), ("containerRuntimeVersion", "containerd://1.7.27"),
    ("operatingSystem", "linux"), ("architecture", "amd64"),
  ]

  private func listen() { endpoint = host.listen(KubeletEndpoints.port, KubeletEndpoints(self)) }

  // MARK: Failure

  /// Kubelet's process ends; its containers run on.
  func stop() {
    isStopped = true
    endpoint?.close()
  }

  /// Kubelet's process runs again: it compares what runs with what should.
  func start() {
    guard isStopped, hasPower else { return }
    isStopped = false
    counters = Counters(startedAt: simulation.now)
    listen()
    let waiting = whenRunning
    whenRunning = CancelScope()
    waiting.cancel()
    for worker in allWorkers {
      if worker.object == nil { worker.terminate() } else { worker.publish() }
    }
    for pod in server.list(.pod) where pod.spec["nodeName"]?.string == node { handle(.modified(pod)) }
  }

  func untilRunning() async {
    guard isStopped else { return }
    _ = try? await Reply<Bool>(simulation).get(scope: whenRunning)
  }

  /// The node's power is cut: it and its pods are silent from now on.
  func losePower() {
    isStopped = true
    hasPower = false
    host.powerOff()
    for worker in allWorkers { worker.vanish() }
  }

  /// The node boots again: its pods start anew.
  func regainPower() {
    guard !hasPower else { return }
    hasPower = true
    endedProcessorTime = .zero
    bootedAt = simulation.now
    host.powerOn()
    for worker in allWorkers { worker.removeHost() }
    workers = [:]
    start()
  }
}
