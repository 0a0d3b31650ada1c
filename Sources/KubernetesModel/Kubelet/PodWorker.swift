import Documents
import NetworkModel
import SimulationKernel

/// One pod on its node: volumes, sandbox, containers, termination (upstream: pkg/kubelet/kubelet.go, `SyncPod`,
/// `SyncTerminatingPod`).
@Simulated
final class PodWorker {
  let key: ObjectKey
  let uid: String
  let policy: RestartPolicy
  let gracePeriod: TimeSpan
  let labels: JSONObject
  unowned let kubelet: Kubelet
  let volumes: PodVolumes
  /// Cancelled when the pod ends.
  let scope = CancelScope()
  let started: Instant
  private(set) var host: Host?
  private(set) var initContainers: [ContainerWorker] = []
  private(set) var containers: [ContainerWorker] = []
  private(set) var isTerminating = false
  private(set) var hasVanished = false
  /// Nothing is started any more.
  var isOver: Bool { isTerminating || hasVanished }
  /// Set by an eviction: phase `Failed` with this reason and message.
  private(set) var failure: (reason: String, message: String)?

  init(_ pod: KubeObject, kubelet: Kubelet) {
    key = pod.key
    uid = pod.uid
    labels = pod.labels
    policy = RestartPolicy(rawValue: pod.spec["restartPolicy"]?.string ?? "") ?? .always
    gracePeriod = .seconds(pod.spec["terminationGracePeriodSeconds"]?.number ?? 30)
    started = pod.status["startTime"]?.string.flatMap(ClusterClock.instant) ?? kubelet.simulation.now
    self.kubelet = kubelet
    volumes = PodVolumes(pod, server: kubelet.server)
    let initial = pod.spec["initContainers"]?.array ?? []
    let reason = initial.isEmpty ? "ContainerCreating" : "PodInitializing"
    func history(_ list: String, _ container: JSONValue) -> JSONValue? {
      pod.status[list]?.array?.first { $0["name"] == container["name"] }
    }
    initContainers = initial.map {
      ContainerWorker(
        ContainerSpec($0), pod: self, isInit: true, waitsFor: reason, history: history("initContainerStatuses", $0))
    }
    containers = (pod.spec["containers"]?.array ?? []).map {
      ContainerWorker(ContainerSpec($0), pod: self, waitsFor: reason, history: history("containerStatuses", $0))
    }
  }

  var all: [ContainerWorker] { initContainers + containers }

  /// The pod as the API server has it.
  var object: KubeObject? {
    kubelet.server.find(.pod, key.namespace, key.name).flatMap { $0.uid == uid ? $0 : nil }
  }

  /// The pod with the addresses that kubelet knows before the API server does.
  var current: KubeObject? {
    guard var pod = object else { return nil }
    pod.json.set("status", "hostIP", to: .string(kubelet.host.address.description))
    if let host { pod.json.set("status", "podIP", to: .string(host.address.description)) }
    return pod
  }

  static let sandbox = Distribution.uniform(.milliseconds(300), .milliseconds(900))
  /// Longest pause between tries to mount a volume (util/goroutinemap/exponentialbackoff).
  static let longestMountPause = TimeSpan.seconds(122)
  nonisolated static let podEvent: EventName = "kubelet.pod"

  func start() {
    publish()
    kubelet.simulation.spawn(Self.podEvent) { [self] in
      await mountVolumes()
      await makeSandbox()
      guard !isOver, host != nil else { return }
      publish()
      guard await initialise() else { return }
      for container in containers {
        kubelet.simulation.spawn(ContainerWorker.startEvent) { [policy] in await container.run(policy) }
      }
    }
  }

  private func mountVolumes() async {
    var wait = TimeSpan.milliseconds(500)
    while !isOver {
      let failures = volumes.mount()
      guard !failures.isEmpty else { return }
      for message in failures { kubelet.event(self, .warning, "FailedMount", message) }
      await pause(wait)
      wait = min(wait * 2, Self.longestMountPause)
    }
  }

  /// Gives the pod its address and its place on the network.
  private func makeSandbox() async {
    while !isOver {
      await pause(Self.sandbox.sample(kubelet.stream))
      guard !isOver else { return }
      if let address = kubelet.allocateAddress() {
        let host = kubelet.network.addHost(
          name: component, address: address, zone: kubelet.host.zone, roles: roles,
          securityGroups: kubelet.podSecurityGroups)
        host.lookups = kubelet.lookups
        host.services = kubelet.services
        host.resolver = resolver
        self.host = host
        return
      }
      kubelet.event(
        self, .warning, "FailedCreatePodSandBox",
        "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox: plugin type=\"aws-cni\" name=\"aws-cni\" failed (add): add cmd: failed to assign an IP address to container"
      )
      await pause(ContainerWorker.retry.sample(kubelet.stream))
    }
  }

  /// What kubelet writes into `/etc/resolv.conf` (Kubernetes documentation, "Pod's DNS Policy").
  private var resolver: ResolverConfiguration {
    let policy = current?.spec["dnsPolicy"]?.string ?? "ClusterFirst"
    let isOnHost = current?.spec["hostNetwork"]?.bool == true
    let services = kubelet.services
    guard services.hasNameServer, policy == "ClusterFirstWithHostNet" || policy == "ClusterFirst" && !isOnHost else {
      return ResolverConfiguration()
    }
    return .pod(
      namespace: key.namespace, server: services.names, address: services.nameServerAddress ?? "",
      region: kubelet.host.zone.region)
  }

  /// Runs the init containers one after another; sidecars among them only have to have started.
  private func initialise() async -> Bool {
    for container in initContainers {
      if container.spec.isSidecar {
        kubelet.simulation.spawn(ContainerWorker.startEvent) { await container.run(.always) }
        while !container.isStarted, !isOver { await pause(.milliseconds(500)) }
      } else {
        guard await container.run(policy.forInit) == 0 else { return false }
      }
    }
    return !isOver
  }

  /// `region/pod/namespace/name`.
  var component: String { "\(kubelet.server.cluster)/pod/\(key.namespace)/\(key.name)" }

  /// What links call it: its name, its deployment's name, its `app` label.
  private var roles: [String] {
    let names = [key.name, labels["app.kubernetes.io/name"]?.string, labels["app"]?.string]
    return names.compactMap(\.self)
  }

  /// Waits; returns early when the pod ends, and not before kubelet runs.
  func pause(_ span: TimeSpan) async {
    if span > .zero, !scope.isCancelled {
      _ = try? await Reply<Bool>(kubelet.simulation).get(deadline: kubelet.simulation.now + span, scope: scope)
    }
    await untilKubeletRuns()
  }

  /// Waits while kubelet does not run: what its pods need from it comes later.
  func untilKubeletRuns() async {
    guard kubelet.isStopped, !hasVanished else { return }
    await kubelet.untilRunning()
  }

  // MARK: Ending

  /// The pod was deleted: its containers stop together, then the object goes.
  func terminate() {
    guard !isTerminating, !hasVanished else { return }
    isTerminating = true
    let grace = object?.json.at("metadata", "deletionGracePeriodSeconds")?.number ?? gracePeriod.seconds
    scope.cancel()
    kubelet.simulation.spawn(Self.podEvent) { [self] in
      await stopContainers(grace: .seconds(grace))
      guard !hasVanished else { return }
      publish()
      await kubelet.simulation.sleep(Self.sandbox.sample(kubelet.stream), Self.podEvent)
      await untilKubeletRuns()
      removeHost()
      kubelet.finished(self)
      (initContainers, containers) = ([], [])
    }
  }

  private func stopContainers(grace: TimeSpan) async {
    let running = all.filter { $0.process?.isAlive == true }
    let stopped = Channel<Bool>(kubelet.simulation, name: "containers of \(key.name)")
    for container in running {
      container.note(.normal, "Killing", "Stopping container \(container.spec.name)")
      kubelet.simulation.spawn(Self.podEvent) {
        await container.stop(grace: grace)
        stopped.send(true)
      }
    }
    for _ in running { _ = try? await stopped.receive() }
  }

  /// Ends the pod without deleting it (eviction).
  func fail(_ reason: String, _ message: String) {
    guard !isTerminating else { return }
    failure = (reason, message)
    isTerminating = true
    scope.cancel()
    kubelet.simulation.spawn(Self.podEvent) { [self] in
      await stopContainers(grace: .zero)
      publish()
      removeHost()
    }
  }

  func removeHost() {
    if let host { kubelet.network.remove(host) }
    host = nil
  }

  /// The node lost its power.
  func vanish() {
    hasVanished = true
    host?.powerOff()
    scope.cancel()
    for container in all { container.vanish() }
  }
}
