import Documents
import SimulationKernel
import Telemetry

/// One container of a pod from its first image pull to its end: pull, configure, start, watch, restart with back-off
/// (upstream: pkg/kubelet/kuberuntime/kuberuntime_manager.go, `SyncPod`; kuberuntime_container.go).
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
    var message = ""
    var started: Instant
    var finished: Instant
  }

  let spec: ContainerSpec
  let isInit: Bool
  private(set) var state: State
  /// The end of the run before the current one.
  private(set) var last: Termination?
  private(set) var restarts: Int64
  private(set) var isReady = false { didSet { wasReady = wasReady || isReady } }
  /// Whether the current process has been ready.
  private(set) var wasReady = false
  private(set) var isStarted = false
  /// It was ready in this run, or its readiness probe has failed as often as it may: not being ready is a failure, and no
  /// longer a beginning.
  private(set) var isExpectedReady = false
  private(set) var process: ContainerProcess?
  private(set) var previousLog: [LogLine]?
  /// Runs that the kernel ended for want of memory.
  private(set) var memoryKills = 0
  /// Results of probes by kind, as `prober_probe_total` counts them.
  var probeResults: [ProbeResults] = []
  /// Label text of the current run's metrics, by the number of restarts.
  var metricLabels: (run: Int64, text: String)?

  /// Held strongly: a run or a back-off may end after its pod has gone. The pod lets go of its containers at its end.
  let pod: PodWorker
  private var program: (any ContainerProgram)?
  private var backoff = Backoff()
  private var probes: [ProbeWorker] = []

  /// - Parameter history: the status of the container in a pod that the node already ran before it booted.
  init(_ spec: ContainerSpec, pod: PodWorker, isInit: Bool = false, waitsFor reason: String, history: JSONValue? = nil)
  {
    self.spec = spec
    self.pod = pod
    self.isInit = isInit
    state = .waiting(reason: reason, message: "")
    let ranBefore = history?.at("state", "running") != nil || history?.at("state", "terminated") != nil
    restarts = (history?["restartCount"]?.integer ?? 0) + (ranBefore ? 1 : 0)
    if let began = history?.at("state", "running", "startedAt")?.string.flatMap(ClusterClock.instant) {
      // What a reboot ended: the runtime knows neither code nor cause.
      last = Termination(code: 255, reason: "Unknown", started: began, finished: pod.kubelet.simulation.now)
    }
  }

  var simulation: Simulation { pod.kubelet.simulation }
  var kubelet: Kubelet { pod.kubelet }

  /// What a failed configuration costs before the next try (the pod workers' back-off with its jitter).
  static let retry = Distribution.uniform(.seconds(10), .seconds(15))
  static let creation = Distribution.uniform(.milliseconds(80), .milliseconds(300))
  /// From the end of a container to kubelet's noticing it (the relist period of the pod life-cycle event generator).
  static let notice = Distribution.uniform(.milliseconds(300), .milliseconds(1000))
  nonisolated static let startEvent: EventName = "kubelet.container"

  /// Runs until it has ended for good, or the pod has.
  ///
  /// - Returns: the exit code; `nil` when the pod ended first.
  @discardableResult
  func run(_ policy: RestartPolicy) async -> Int32? {
    while !pod.isOver {
      guard let image = await pullImage() else { return nil }
      guard let environment = await configure() else { continue }
      guard let exit = await runOnce(image, environment) else { return nil }
      guard policy.restarts(after: exit.code), !pod.isOver else { return exit.code }
      await backOff()
    }
    return nil
  }

  // MARK: Before the start

  private func pullImage() async -> ContainerImage? {
    var failures = Backoff()
    while !pod.isOver {
      guard ImageStore.isValid(spec.image) else {
        await failImage(
          "InvalidImageName",
          "Failed to apply default image tag \"\(spec.image)\": couldn't parse image name \"\(spec.image)\": invalid reference format",
          event: "InspectFailed")
        continue
      }
      if let image = kubelet.images[spec.image], spec.pullPolicy != "Always" {
        note(.normal, "Pulled", "Container image \"\(spec.image)\" already present on machine")
        return image
      }
      guard spec.pullPolicy != "Never" else {
        await failImage(
          "ErrImageNeverPull", "Container image \"\(spec.image)\" is not present with pull policy of Never",
          event: "ErrImageNeverPull")
        continue
      }
      note(.normal, "Pulling", "Pulling image \"\(spec.image)\"")
      switch await kubelet.images.pull(spec.image, scope: pod.scope) {
      case nil: return nil
      case .pulled(let image, let took, let waited):
        await pod.untilKubeletRuns()
        note(
          .normal, "Pulled",
          "Successfully pulled image \"\(spec.image)\" in \(took.goText) (\(waited.goText) including waiting). Image size: \(image.size) bytes."
        )
        return image
      case .failed(let cause): await waitAfterFailedPull(cause, &failures)
      }
    }
    return nil
  }

  private func failImage(_ reason: String, _ message: String, event: String) async {
    set(.waiting(reason: reason, message: message))
    note(.warning, event, message)
    note(.warning, "Failed", "Error: \(reason)")
    await pod.pause(Self.retry.sample(kubelet.stream))
  }

  /// `ErrImagePull` at first, `ImagePullBackOff` while waiting: 10 s, doubling, at most 300 s.
  private func waitAfterFailedPull(_ cause: String, _ failures: inout Backoff) async {
    await pod.untilKubeletRuns()
    note(.warning, "Failed", "Failed to pull image \"\(spec.image)\": \(cause)")
    note(.warning, "Failed", "Error: ErrImagePull")
    set(.waiting(reason: "ErrImagePull", message: cause))
    _ = failures.next(afterRunning: .zero)
    let delay = Backoff.delay(restart: failures.failures)
    let shown = Self.notice.sample(kubelet.stream)
    await pod.pause(shown)
    guard !pod.isOver else { return }
    let message = "Back-off pulling image \"\(spec.image)\""
    note(.normal, "BackOff", message)
    note(.warning, "Failed", "Error: ImagePullBackOff")
    set(.waiting(reason: "ImagePullBackOff", message: message))
    await pod.pause(delay - shown)
  }

  private func configure() async -> [String: String]? {
    guard let object = pod.current else {
      // Deleted by force; the news is on its way.
      await pod.pause(.seconds(1))
      return nil
    }
    do throws(ContainerConfigurationError) {
      return try kubelet.server.environment(of: spec.json, pod: object)
    } catch {
      set(.waiting(reason: "CreateContainerConfigError", message: error.message))
      note(.warning, "Failed", "Error: \(error.message)")
      await pod.pause(Self.retry.sample(kubelet.stream))
      return nil
    }
  }

  // MARK: Running

  /// The stream to which Fluent Bit ships this container, named after its log file's path and its node.
  private var shipment: LogStream? {
    guard let logs = kubelet.logs else { return nil }
    let (namespace, name, node) = (pod.key.namespace, pod.key.name, kubelet.node)
    return logs.stream(
      "/aws/containerinsights/\(kubelet.server.cluster)/application",
      "\(node)-application.var.log.containers.\(name)_\(namespace)_\(spec.name).log",
      .container(namespace: namespace, pod: name, container: spec.name, host: node))
  }

  private func runOnce(_ image: ContainerImage, _ environment: [String: String]) async -> ContainerProcess.Exit? {
    await pod.pause(Self.creation.sample(kubelet.stream))
    guard !pod.isOver, let host = pod.host else { return nil }
    note(.normal, "Created", "Created container: \(spec.name)")
    let process = ContainerProcess(
      simulation: simulation, pod: pod.key.name, namespace: pod.key.namespace, name: spec.name, image: spec.image,
      arguments: spec.arguments.map { expandVariables($0, environment) }, environment: environment, host: host,
      cpu: CPUQuota(simulation, limit: spec.cpuLimit, request: spec.cpuRequest, node: kubelet.processor),
      memoryLimit: spec.memoryLimit, network: kubelet.network, shipment: shipment
    ) { [weak pod, spec] path in pod?.volumes.file(path, in: spec.json) }
    if case .terminated(let termination) = state { last = termination }
    if self.process != nil { previousLog = self.process?.log }
    self.process = process
    let began = simulation.now
    if let failure = startFailure(image) {
      note(.warning, "Failed", "Error: \(failure)")
      return end(ContainerProcess.Exit(code: 128, reason: "StartError", message: failure), began)
    }
    isStarted = !spec.hasProbe(.startup)
    wasReady = false
    isReady = isStarted && !spec.hasProbe(.readiness)
    isExpectedReady = isReady
    set(.running(since: began))
    note(.normal, "Started", "Started container \(spec.name)")
    kubelet.counters.startedContainers += 1
    launch(image, process)
    startProbes()
    guard let exit = await process.untilEnded() else { return nil }
    stopProbes()
    guard !pod.hasVanished else { return nil }
    await pod.untilKubeletRuns()
    guard !pod.hasVanished else { return nil }
    return end(exit, began)
  }

  private func launch(_ image: ContainerImage, _ process: ContainerProcess) {
    guard image.architecture == kubelet.architecture else {
      process.write("exec \(spec.arguments.first ?? "/app"): exec format error")
      return process.exit(code: 255)
    }
    let program = image.makeProgram()
    self.program = program
    simulation.spawn(Self.startEvent) { process.exit(code: await program.run(process)) }
  }

  /// runc's words for a command that the image does not hold, or what a fault says.
  private func startFailure(_ image: ContainerImage) -> String? {
    if let cause = kubelet.startFault(pod.key, spec.name) { return cause }
    guard let command = spec.json["command"]?[0]?.string, let known = image.executables, !known.contains(command) else {
      return nil
    }
    let cause =
      command.contains("/")
      ? "stat \(command): no such file or directory" : "executable file not found in $PATH"
    return
      "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: \"\(command)\": \(cause)"
  }

  private func end(_ exit: ContainerProcess.Exit, _ began: Instant) -> ContainerProcess.Exit {
    isReady = false
    isStarted = false
    process?.end(exit)
    if exit.reason == "OOMKilled" { memoryKills += 1 }
    kubelet.endedProcessorTime += process?.cpu.usage ?? .zero
    var termination = Termination(
      code: exit.code, reason: exit.reason, message: exit.message, started: began, finished: simulation.now)
    if spec.showsLogOnFailure, exit.code != 0, exit.message.isEmpty {
      termination.message = (process?.log.suffix(80) ?? []).map { $0.text + "\n" }.joined()
    }
    set(.terminated(termination))
    return exit
  }

  /// Waits before the next start. Kubelet says so again with each of its syncs.
  private func backOff() async {
    guard case .terminated(let ended) = state else { return }
    let delay = backoff.next(afterRunning: ended.finished - ended.started)
    let due = ended.finished + delay
    await pod.pause(Self.notice.sample(kubelet.stream))
    let identity = "\(pod.key.name)_\(pod.key.namespace)(\(pod.uid))"
    while simulation.now < due, !pod.isOver {
      if case .terminated = state {
        last = ended
        set(
          .waiting(
            reason: "CrashLoopBackOff",
            message: "back-off \(Backoff.text(delay)) restarting failed container=\(spec.name) pod=\(identity)"))
      }
      note(.warning, "BackOff", "Back-off restarting failed container \(spec.name) in pod \(identity)")
      await pod.pause(min(due - simulation.now, Self.retry.sample(kubelet.stream)))
    }
    if !pod.isOver { restarts += 1 }
  }

  func set(_ state: State) {
    guard !pod.hasVanished else { return }
    self.state = state
    pod.publish()
  }

  func note(_ type: EventRecorder.Kind, _ reason: String, _ message: String) {
    kubelet.event(pod, type, reason, message, container: spec.name, isInit: isInit)
  }

  // MARK: Ending

  /// preStop hook, SIGTERM, and SIGKILL when the grace period is over. A hook that used it all up leaves two seconds
  /// (upstream: kuberuntime_container.go, `killContainer`, `minimumGracePeriodInSeconds`).
  func stop(grace: TimeSpan) async {
    guard let process, process.isAlive else { return }
    let limit = simulation.now + grace
    if grace > .zero { await runPreStop(process, limit) }
    process.requestTermination()
    let deadline = grace > .zero ? max(limit, simulation.now + .seconds(2)) : simulation.now
    if await process.untilEnded(deadline: deadline) == nil {
      process.end(ContainerProcess.Exit(code: 137, reason: "Error"))
    }
  }

  private func runPreStop(_ process: ContainerProcess, _ limit: Instant) async {
    switch spec.preStop {
    case nil: break
    case .sleep(let span): await simulation.sleep(min(span, limit - simulation.now), Self.startEvent)
    case .exec(let command):
      guard let program else { return }
      let result = try? await simulation.withDeadline(limit, Self.startEvent) {
        await program.execute(command, in: process)
      }
      if result?.exitCode != 0 { note(.warning, "FailedPreStopHook", "PreStopHook failed") }
    }
  }

  /// The node's power is gone: nothing is sent, nothing is written down.
  func vanish() {
    stopProbes()
    process?.end(ContainerProcess.Exit(code: 137, reason: "Error"))
  }

  /// Runs a command inside.
  func execute(_ command: [String]) async -> ExecResult? {
    guard let process, process.isAlive, let program else { return nil }
    return await program.execute(command, in: process)
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
  func probed(_ probe: ProbeSpec, _ succeeded: Bool) {
    switch (probe.kind, succeeded) {
    case (.startup, true):
      isStarted = true
      if !spec.hasProbe(.readiness) { isReady = true }
      pod.publish()
    case (.readiness, _):
      guard isReady != succeeded || !isExpectedReady else { return }
      isReady = succeeded
      isExpectedReady = true
      pod.publish()
    case (.startup, false), (.liveness, false): killAfterFailedProbe(probe)
    case (.liveness, true): break
    }
  }

  private func killAfterFailedProbe(_ probe: ProbeSpec) {
    stopProbes()
    note(
      .normal, "Killing",
      "Container \(spec.name) failed \(probe.kind.rawValue.lowercased()) probe, will be restarted")
    simulation.spawn(Self.startEvent) { [self] in await stop(grace: probe.gracePeriod ?? pod.gracePeriod) }
  }
}

/// Whether an ended container is started again.
package enum RestartPolicy: String, Sendable {
  case always = "Always"
  case onFailure = "OnFailure"
  case never = "Never"

  package func restarts(after code: Int32) -> Bool {
    switch self {
    case .always: true
    case .onFailure: code != 0
    case .never: false
    }
  }

  /// The policy of init containers in a pod of this policy.
  var forInit: RestartPolicy { self == .never ? .never : .onFailure }
}

extension TimeSpan {
  /// As Go writes it, to the millisecond: `1.234s`, `350ms`.
  var goText: String {
    Duration.milliseconds(nanoseconds / 1_000_000).goText
  }
}
