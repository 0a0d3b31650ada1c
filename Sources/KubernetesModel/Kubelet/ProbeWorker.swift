import HTTPMessages
import NetworkModel
import SimulationKernel

/// Runs one probe of a running container (upstream: pkg/kubelet/prober/worker.go, pkg/probe).
@Simulated
final class ProbeWorker {
  private let spec: ProbeSpec
  private let container: ContainerWorker
  private let pod: PodWorker
  private var timer: RepeatingTimer?
  private var counter: ProbeCounter
  private var isStopped = false
  private var isRunning = false

  nonisolated private static let probeEvent: EventName = "kubelet.probe"

  init(_ spec: ProbeSpec, container: ContainerWorker, pod: PodWorker) {
    self.spec = spec
    self.container = container
    self.pod = pod
    counter = ProbeCounter(failureThreshold: spec.failureThreshold, successThreshold: spec.successThreshold)
  }

  private var simulation: Simulation { pod.kubelet.simulation }

  /// Ticks from kubelet's first sync after the start on; those before the initial delay are left out.
  func start() {
    let notice = TimeSpan.milliseconds(100 + 900 * pod.kubelet.stream.uniform())
    let early = max(spec.initialDelay - notice, .zero) / spec.period
    timer = simulation.every(
      spec.period, offset: notice + spec.period * Int(early.rounded(.up)), Self.probeEvent
    ) { [weak self] in
      guard let self, isDue else { return }
      simulation.spawn(Self.probeEvent) { await self.probe() }
    }
  }

  func stop() {
    isStopped = true
    if let timer { simulation.cancel(timer) }
  }

  /// A startup probe holds the others back, and is done once it has succeeded. A pod that terminates is probed for
  /// readiness only.
  private var isDue: Bool {
    guard !isStopped, !isRunning, pod.host != nil, !pod.kubelet.isStopped else { return false }
    guard !pod.isTerminating || spec.kind == .readiness else { return false }
    return container.isStarted != (spec.kind == .startup)
  }

  private func probe() async {
    guard let host = pod.host else { return }
    isRunning = true
    defer { isRunning = false }
    let failure = await run(host)
    guard !isStopped, !pod.kubelet.isStopped else { return }
    container.count(spec.kind, succeeded: failure == nil)
    if let failure { container.note(.warning, "Unhealthy", "\(spec.kind.rawValue) probe failed: \(failure)") }
    if let verdict = counter.take(failure == nil) { container.probed(spec, verdict) }
  }

  /// - Returns: what went wrong, in the prober's words; `nil` for success.
  private func run(_ host: Host) async -> String? {
    switch spec.action {
    case .httpGet(let path, let port): await get(path, port, host)
    case .tcpSocket(let port): await dial(port, host)
    case .exec(let command): await execute(command)
    }
  }

  private func get(_ path: String, _ port: UInt16, _ host: Host) async -> String? {
    let deadline = simulation.now + spec.timeout
    do throws(NetworkError) {
      let connection = try await pod.kubelet.network.connect(
        from: pod.kubelet.host, to: host.address, port: port, deadline: deadline)
      defer { connection.close() }
      guard connection.listener.service is any HTTPService else {
        return
          "Get \"http://\(host.address):\(port)\(path)\": net/http: HTTP/1.x transport connection broken: malformed HTTP response"
      }
      var request = HTTPRequest(host: host.address.description, path: path)
      request.headers["User-Agent"] = Kubelet.probeAgent
      let response = try await connection.send(request, deadline: deadline)
      return (200..<400).contains(response.status) ? nil : "HTTP probe failed with statuscode: \(response.status)"
    } catch {
      return error.goText(url: "http://\(host.address):\(port)\(path)", address: host.address, port: port)
    }
  }

  private func dial(_ port: UInt16, _ host: Host) async -> String? {
    let deadline = simulation.now + spec.timeout
    do throws(NetworkError) {
      try await pod.kubelet.network.connect(from: pod.kubelet.host, to: host.address, port: port, deadline: deadline)
        .close()
      return nil
    } catch {
      if case .refused = error { return "dial tcp \(host.address):\(port): connect: connection refused" }
      return "dial tcp \(host.address):\(port): i/o timeout"
    }
  }

  private func execute(_ command: [String]) async -> String? {
    let result: ExecResult?
    do {
      result = try await simulation.withDeadline(simulation.now + spec.timeout, Self.probeEvent) { [container] in
        await container.execute(command)
      }
    } catch {
      return "command timed out: \"\(command.joined(separator: " "))\" timed out after \(spec.timeout.goText)"
    }
    guard let outcome = result else {
      return
        "OCI runtime exec failed: exec failed: unable to start container process: exec: \"\(command.first ?? "")\": executable file not found in $PATH: unknown"
    }
    return outcome.exitCode == 0 ? nil : outcome.output
  }
}
