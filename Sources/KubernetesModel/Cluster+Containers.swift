import SimulationKernel
import Telemetry

// Looking into containers, and what befalls them and their nodes.
extension Cluster {
  private func worker(_ namespace: String, _ pod: String) -> PodWorker? {
    let key = ObjectKey(namespace: namespace, name: pod)
    return kubelets.sorted { $0.key < $1.key }.lazy.compactMap { $0.value.worker(key) }.first
  }

  /// The lines of a container's current run or of the one before; `nil` when there was no such run. While a container waits
  /// to be restarted its last run is both.
  package func logs(_ namespace: String, _ pod: String, container: String, previous: Bool) -> [LogLine]? {
    guard let found = worker(namespace, pod)?.all.first(where: { $0.spec.name == container }) else { return nil }
    if !previous { return found.process?.log }
    if case .waiting = found.state { return found.process?.log }
    return found.previousLog
  }

  /// The running processes of a pod.
  package func processes(_ namespace: String, _ pod: String) -> [ContainerProcess] {
    worker(namespace, pod)?.all.compactMap(\.process).filter(\.isAlive) ?? []
  }

  /// All running processes of the cluster, by node, namespace and pod.
  package var allProcesses: [ContainerProcess] {
    kubelets.sorted { $0.key < $1.key }.flatMap { $0.value.allWorkers }.flatMap { $0.all.compactMap(\.process) }
      .filter(\.isAlive)
  }

  /// Runs a command inside a container, as `kubectl exec` does.
  ///
  /// - Returns: `nil` when the container does not run or its image has no such executable.
  package func execute(
    _ namespace: String, _ pod: String, container: String, _ command: [String]
  ) async -> ExecResult? {
    await worker(namespace, pod)?.all.first { $0.spec.name == container }?.execute(command)
  }

  /// Ends running containers of a pod with an exit code: 137 is what `kill -9` leaves.
  ///
  /// - Parameter container: `nil` for all.
  /// - Returns: how many ended.
  @discardableResult
  package func kill(_ namespace: String, _ pod: String, container: String? = nil, exitCode: Int32 = 137) -> Int {
    let victims = processes(namespace, pod).filter { container == nil || $0.name == container }
    for process in victims { process.exit(code: exitCode) }
    return victims.count
  }

  // MARK: Nodes

  /// What a machine says about itself.
  package struct MachineFigures: Sendable {
    package var node: String
    package var cores: Int
    package var bootedAt: Instant
    /// Of all cores together, since the node booted.
    package var processorTime: TimeSpan
    /// In bytes.
    package var memory: Int64
    package var availableMemory: Int64
  }

  /// The machine under a pod; `nil` for one that is on no node.
  package func machine(under pod: ObjectKey) -> MachineFigures? {
    guard let kubelet = worker(pod.namespace, pod.name)?.kubelet else { return nil }
    return MachineFigures(
      node: kubelet.node, cores: Int(kubelet.processor.cores), bootedAt: kubelet.bootedAt,
      processorTime: kubelet.processorTime, memory: kubelet.machineMemory,
      availableMemory: max(0, kubelet.availableMemory))
  }

  /// Whether the machine of a node is on; one that there is not is off.
  package func hasPower(_ node: String) -> Bool { kubelets[node]?.hasPower ?? false }

  /// The power of a node fails: it, its pods and its kubelet fall silent.
  package func failNode(_ node: String, effect: String = "node lost power") {
    guard let kubelet = kubelets[node], kubelet.hasPower else { return }
    kubelet.losePower()
    journal.degrade("\(name)/node/\(node)", effect: effect)
    nodeController.kubeletStopped(node)
  }

  /// The node boots again.
  package func recoverNode(_ node: String) {
    guard let kubelet = kubelets[node], !kubelet.hasPower else { return }
    kubelet.regainPower()
    journal.recover("\(name)/node/\(node)")
    nodeController.kubeletStarted(node)
  }

  /// Kubelet's process ends; the containers of the node run on, unwatched.
  package func stopKubelet(_ node: String) {
    guard let kubelet = kubelets[node], !kubelet.isStopped else { return }
    kubelet.stop()
    journal.degrade("\(name)/node/\(node)", effect: "kubelet stopped")
    nodeController.kubeletStopped(node)
  }

  /// Kubelet's process runs again.
  package func startKubelet(_ node: String) {
    guard let kubelet = kubelets[node], kubelet.isStopped, kubelet.hasPower else { return }
    kubelet.start()
    journal.recover("\(name)/node/\(node)")
    nodeController.kubeletStarted(node)
  }
}
