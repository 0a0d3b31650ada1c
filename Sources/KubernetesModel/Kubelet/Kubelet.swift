import Documents
import NetworkModel
import SimulationKernel
import Telemetry

/// The agent of one node: runs the pods that are bound to it.
@Simulated
final class Kubelet {
  let node: String
  let simulation: Simulation
  let server: APIServer
  let network: Network
  let host: Host
  let registry: any ImageRegistry
  let journal: Journal
  let stream: RandomStream
  let podSecurityGroups: [String]
  /// The kubelet does not run, its containers do.
  private(set) var isStopped = false

  private let events: EventRecorder
  private let allocate: @Simulated (String) -> IPv4Address?
  private var workers: [ObjectKey: PodWorker] = [:]
  private var images: Set<String> = []
  private let pulls: Semaphore

  init(_ node: KubeObject, host: Host, cluster: Cluster, events: EventRecorder) {
    self.node = node.name
    self.host = host
    self.events = events
    simulation = cluster.simulation
    server = cluster.server
    network = cluster.network
    registry = cluster.registry
    journal = cluster.journal
    podSecurityGroups = cluster.configuration.podSecurityGroups
    allocate = cluster.configuration.allocateAddress
    stream = simulation.random("kubelet/\(server.cluster)/\(node.name)")
    // Images are pulled one after another (`serializeImagePulls`).
    pulls = Semaphore(simulation, name: "image pulls on \(node.name)", capacity: 1)
    server.watch(.pod) { [weak self] event in self?.handle(event) }
  }

  var user: UserName { "system:node:\(node)" }

  private func handle(_ event: WatchEvent) {
    let pod = event.object
    guard pod.spec["nodeName"]?.string == node, !isStopped else { return }
    if case .deleted = event {
      if let worker = workers[pod.key], worker.uid == pod.uid { worker.terminate() }
      return
    }
    if pod.isTerminating {
      if let worker = workers[pod.key], worker.uid == pod.uid {
        worker.terminate()
      } else {
        server.finaliseDelete(.pod, pod.namespace, pod.name, as: user)
      }
    } else if workers[pod.key]?.uid != pod.uid {
      let worker = PodWorker(pod, kubelet: self)
      workers[pod.key] = worker
      worker.start()
    }
  }

  func worker(_ key: ObjectKey) -> PodWorker? { workers[key] }

  /// All pods on the node by name.
  var allWorkers: [PodWorker] { workers.sorted { $0.key < $1.key }.map(\.value) }

  func finished(_ worker: PodWorker) {
    if workers[worker.key] === worker { workers[worker.key] = nil }
    guard !isStopped, let object = worker.object else { return }
    server.finaliseDelete(.pod, object.namespace, object.name, as: user)
  }

  func allocateAddress() -> IPv4Address? { allocate(host.zone.name) }

  func event(_ pod: PodWorker, _ type: EventRecorder.Kind, _ reason: String, _ message: String, container: String = "")
  {
    guard !isStopped, let object = pod.object else { return }
    let field = container.isEmpty ? "" : "spec.containers{\(container)}"
    events.record(object, type, reason, message, from: "kubelet", host: node, field: field)
  }

  // MARK: Images

  /// Bytes a second from the registry, and what a pull costs besides.
  static let bandwidth = 40e6
  static let pullOverhead = Distribution.uniform(.milliseconds(300), .milliseconds(900))

  func hasImage(_ image: String) -> Bool { images.contains(image) }

  func pull(_ reference: String, for pod: PodWorker, container: String) async -> Bool {
    let asked = simulation.now
    do { try await pulls.acquire() } catch { return false }
    defer { pulls.release() }
    let began = simulation.now
    await pod.pause(Self.pullOverhead.sample(stream))
    guard let image = registry.image(reference) else {
      event(
        pod, .warning, "Failed", "Failed to pull image \"\(reference)\": \(pullFailure(reference))",
        container: container)
      event(pod, .warning, "Failed", "Error: ErrImagePull", container: container)
      return false
    }
    if images.insert(reference).inserted { await pod.pause(.seconds(Double(image.size) / Self.bandwidth)) }
    let took = Self.text(simulation.now - began)
    let waited = Self.text(simulation.now - asked)
    event(
      pod, .normal, "Pulled",
      "Successfully pulled image \"\(reference)\" in \(took) (\(waited) including waiting). Image size: \(image.size) bytes.",
      container: container)
    return true
  }

  /// containerd's words for a reference that the registry does not know.
  func pullFailure(_ reference: String) -> String {
    "rpc error: code = NotFound desc = failed to pull and unpack image \"\(reference)\": failed to resolve reference \"\(reference)\": \(reference): not found"
  }

  private static func text(_ span: TimeSpan) -> String {
    let milliseconds = span.nanoseconds / 1_000_000
    return milliseconds < 1000 ? "\(milliseconds)ms" : "\(Double(milliseconds) / 1000)s"
  }

  // MARK: Failure

  /// The node's power is cut: it and its pods are silent from now on.
  func losePower() {
    isStopped = true
    host.powerOff()
    for worker in allWorkers { worker.vanish() }
  }

  /// The node boots again: its pods start anew.
  func regainPower() {
    isStopped = false
    host.powerOn()
    for worker in allWorkers { worker.removeHost() }
    workers = [:]
    for pod in server.list(.pod) where pod.spec["nodeName"]?.string == node { handle(.modified(pod)) }
  }
}
