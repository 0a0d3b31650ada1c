import Documents
import SimulationKernel

/// One container of a pod from its first image pull to its end: pull, configure, start, watch, restart with back-off.
@Simulated
final class ContainerWorker {
  /// `state` and `lastState` of a container status.
  enum State {
    case waiting(reason: String, message: String)
    case running(since: Instant)
    case terminated(Termination)
  }

  struct Termination {
    var code: Int32
    var reason: String
    var started: Instant
    var finished: Instant
  }

  let spec: ContainerSpec
  private(set) var state = State.waiting(reason: "ContainerCreating", message: "")
  private(set) var last: Termination?
  private(set) var restarts: Int64 = 0
  private(set) var isReady = false
  private(set) var isStarted = false
  private(set) var process: ContainerProcess?
  private(set) var previousLog: [LogLine]?

  /// Held strongly: a run, a probe or a back-off may end after its pod has gone. The pod lets go of its containers at its end.
  private let pod: PodWorker
  private var backoff = Backoff()
  private var probes: [ProbeWorker] = []

  init(_ spec: ContainerSpec, pod: PodWorker) {
    self.spec = spec
    self.pod = pod
  }

  private var simulation: Simulation { pod.kubelet.simulation }
  private var kubelet: Kubelet { pod.kubelet }

  /// What a failed configuration or image costs before the next try (pod workers' back-off with its jitter).
  static let configurationRetry = Distribution.uniform(.seconds(10), .seconds(15))
  static let creation = Distribution.uniform(.milliseconds(80), .milliseconds(300))
  nonisolated static let startEvent: EventName = "kubelet.container"

  /// Runs until the pod ends.
  func run() async {
    while !pod.isTerminating {
      guard await pullImage(), let environment = await configure() else { continue }
      let exit = await runOnce(environment)
      guard pod.restartPolicy == "Always" || (pod.restartPolicy == "OnFailure" && exit.code != 0), !pod.isTerminating
      else { return }
      await backOff(exit)
    }
  }

  // MARK: Before the start

  private func pullImage() async -> Bool {
    let image = spec.image
    if kubelet.hasImage(image) {
      kubelet.event(
        pod, .normal, "Pulled", "Container image \"\(image)\" already present on machine", container: spec.name)
      return true
    }
    var pulls = Backoff()
    while !pod.isTerminating {
      kubelet.event(pod, .normal, "Pulling", "Pulling image \"\(image)\"", container: spec.name)
      if await kubelet.pull(image, for: pod, container: spec.name) { return true }
      set(.waiting(reason: "ErrImagePull", message: kubelet.pullFailure(image)))
      let delay = Backoff.delay(restart: pulls.failures + 1)
      _ = pulls.next(afterRunning: .zero)
      await pod.pause(.seconds(1))
      kubelet.event(pod, .normal, "BackOff", "Back-off pulling image \"\(image)\"", container: spec.name)
      kubelet.event(pod, .warning, "Failed", "Error: ImagePullBackOff", container: spec.name)
      set(.waiting(reason: "ImagePullBackOff", message: "Back-off pulling image \"\(image)\""))
      await pod.pause(delay)
    }
    return false
  }

  private func configure() async -> [String: String]? {
    guard let object = pod.object else { return nil }
    do throws(ContainerConfigurationError) {
      return try kubelet.server.environment(of: spec.json, pod: object)
    } catch {
      set(.waiting(reason: "CreateContainerConfigError", message: error.message))
      kubelet.event(pod, .warning, "Failed", "Error: \(error.message)", container: spec.name)
      await pod.pause(Self.configurationRetry.sample(kubelet.stream))
      return nil
    }
  }

  // MARK: Running

  private func runOnce(_ environment: [String: String]) async -> ContainerProcess.Exit {
    await pod.pause(Self.creation.sample(kubelet.stream))
    guard !pod.isTerminating, let host = pod.host, let image = kubelet.registry.image(spec.image) else {
      return ContainerProcess.Exit(code: 0, reason: "Completed")
    }
    kubelet.event(pod, .normal, "Created", "Created container: \(spec.name)", container: spec.name)
    let process = ContainerProcess(
      simulation: simulation, pod: pod.key.name, namespace: pod.key.namespace, name: spec.name, image: spec.image,
      environment: environment, host: host, cpu: CPUQuota(simulation, limit: spec.cpuLimit),
      memoryLimit: spec.memoryLimit, network: kubelet.network)
    if self.process != nil { previousLog = self.process?.log }
    self.process = process
    let began = simulation.now
    isStarted = !spec.probes.contains { $0.kind == .startup }
    isReady = isStarted && !spec.probes.contains { $0.kind == .readiness }
    set(.running(since: began))
    kubelet.event(pod, .normal, "Started", "Started container \(spec.name)", container: spec.name)
    let program = image.makeProgram()
    simulation.spawn(Self.startEvent) { process.exit(code: await program.run(process)) }
    startProbes()
    let exit = (try? await process.ended.get()) ?? ContainerProcess.Exit(code: 137, reason: "Error")
    stopProbes()
    isReady = false
    isStarted = false
    let termination = Termination(code: exit.code, reason: exit.reason, started: began, finished: simulation.now)
    last = termination
    set(.terminated(termination))
    return exit
  }

  private func backOff(_ exit: ContainerProcess.Exit) async {
    let ran = last.map { $0.finished - $0.started } ?? .zero
    let delay = backoff.next(afterRunning: ran)
    await pod.pause(.milliseconds(700))
    if delay > .zero {
      let identity = "\(pod.key.name)_\(pod.key.namespace)(\(pod.uid))"
      set(
        .waiting(
          reason: "CrashLoopBackOff",
          message: "back-off \(Backoff.text(delay)) restarting failed container=\(spec.name) pod=\(identity)"))
      kubelet.event(
        pod, .warning, "BackOff", "Back-off restarting failed container \(spec.name) in pod \(identity)",
        container: spec.name)
      await pod.pause(delay - .milliseconds(700))
    }
    if !pod.isTerminating { restarts += 1 }
  }

  private func set(_ state: State) {
    self.state = state
    pod.publish()
  }

  // MARK: Ending

  /// preStop hook, SIGTERM, and SIGKILL when the grace period is over.
  func stop(grace: TimeSpan) async {
    guard let process, process.isAlive else { return }
    let limit = simulation.now + grace
    if spec.preStop > .zero { await simulation.sleep(min(spec.preStop, grace), Self.startEvent) }
    process.requestTermination()
    if (try? await process.ended.get(deadline: limit)) == nil {
      process.end(ContainerProcess.Exit(code: 137, reason: "Error"))
    }
  }

  /// The node's power is gone: nothing is sent, nothing is written down.
  func vanish() {
    stopProbes()
    process?.end(ContainerProcess.Exit(code: 137, reason: "Error"))
  }

  // MARK: Probes

  private func startProbes() {
    probes = spec.probes.map { ProbeWorker($0, container: self, pod: pod) }
    for probe in probes { probe.start() }
  }

  private func stopProbes() {
    for probe in probes { probe.stop() }
    probes = []
  }

  /// A probe's verdict after its threshold.
  func probed(_ kind: ProbeSpec.Kind, _ succeeded: Bool) {
    switch (kind, succeeded) {
    case (.startup, true):
      isStarted = true
      if !spec.probes.contains(where: { $0.kind == .readiness }) { isReady = true }
      pod.publish()
    case (.readiness, _):
      guard isReady != succeeded else { return }
      isReady = succeeded
      pod.publish()
    case (.startup, false), (.liveness, false): killForProbe(kind)
    case (.liveness, true): break
    }
  }

  private func killForProbe(_ kind: ProbeSpec.Kind) {
    stopProbes()
    kubelet.event(
      pod, .normal, "Killing", "Container \(spec.name) failed \(kind.rawValue.lowercased()) probe, will be restarted",
      container: spec.name)
    simulation.spawn(Self.startEvent) { [self] in await stop(grace: pod.gracePeriod) }
  }
}

// How the API shows it.
extension ContainerWorker {
  /// The entry of `status.containerStatuses`.
  var statusJSON: JSONValue {
    var status: JSONValue = [
      "name": .string(spec.name), "image": .string(spec.image), "imageID": .string("\(spec.image)@sha256:\(digest)"),
      "ready": .bool(isReady), "started": .bool(isStarted), "restartCount": .integer(restarts), "state": stateJSON,
      "lastState": [:],
    ]
    if let last, !isShowing(last) { status["lastState"] = ["terminated": json(last)] }
    if process != nil { status["containerID"] = .string("containerd://\(digest)") }
    return status
  }

  private func isShowing(_ termination: Termination) -> Bool { if case .terminated = state { true } else { false } }

  private var digest: String {
    let hash = String(fnv1a(spec.image.utf8), radix: 16)
    return String(repeating: hash, count: 4).padding(to: 64)
  }

  private var stateJSON: JSONValue {
    switch state {
    case .waiting(let reason, let message):
      var waiting: JSONValue = ["reason": .string(reason)]
      if !message.isEmpty { waiting["message"] = .string(message) }
      return ["waiting": waiting]
    case .running(let since): return ["running": ["startedAt": .string(ClusterClock.timestamp(since))]]
    case .terminated(let termination): return ["terminated": json(termination)]
    }
  }

  private func json(_ termination: Termination) -> JSONValue {
    [
      "exitCode": .integer(Int64(termination.code)), "reason": .string(termination.reason),
      "startedAt": .string(ClusterClock.timestamp(termination.started)),
      "finishedAt": .string(ClusterClock.timestamp(termination.finished)),
    ]
  }
}

extension String {
  fileprivate func padding(to count: Int) -> String {
    self.count >= count ? String(prefix(count)) : self + String(repeating: "0", count: count - self.count)
  }
}
