import HTTPMessages
import NetworkModel
import SimulationKernel

/// Runs one probe of a running container and counts its results (pkg/kubelet/prober/worker.go).
@Simulated
final class ProbeWorker {
  private let spec: ProbeSpec
  private let container: ContainerWorker
  private let pod: PodWorker
  private var timer: RepeatingTimer?
  private var successes = 0
  private var failures = 0
  private var isStopped = false

  nonisolated private static let probeEvent: EventName = "kubelet.probe"

  init(_ spec: ProbeSpec, container: ContainerWorker, pod: PodWorker) {
    self.spec = spec
    self.container = container
    self.pod = pod
  }

  private var simulation: Simulation { pod.kubelet.simulation }

  func start() {
    // Kubelet notices a started container at its next sync; the first probe follows at once.
    let first = spec.initialDelay + .milliseconds(200 + 800 * pod.kubelet.stream.uniform())
    timer = simulation.every(spec.period, offset: first, Self.probeEvent) { [weak self] in
      guard let self else { return }
      self.simulation.spawn(Self.probeEvent) { await self.probe() }
    }
  }

  func stop() {
    isStopped = true
    if let timer { simulation.cancel(timer) }
  }

  private func probe() async {
    guard !isStopped, !pod.isTerminating || spec.kind == .readiness, let host = pod.host else { return }
    // A startup probe holds the others back, and is done once it has succeeded.
    guard container.isStarted != (spec.kind == .startup) else { return }
    let failure = await run(host)
    guard !isStopped else { return }
    if let failure {
      successes = 0
      failures += 1
      pod.kubelet.event(
        pod, .warning, "Unhealthy", "\(spec.kind.rawValue) probe failed: \(failure)", container: container.spec.name)
      if failures >= spec.failureThreshold { container.probed(spec.kind, false) }
    } else {
      failures = 0
      successes += 1
      if successes >= spec.successThreshold { container.probed(spec.kind, true) }
    }
  }

  /// - Returns: what went wrong, in the prober's words; `nil` for success.
  private func run(_ host: Host) async -> String? {
    let deadline = simulation.now + spec.timeout
    switch spec.action {
    case .httpGet(let path, let port):
      do throws(NetworkError) {
        let connection = try await pod.kubelet.network.connect(
          from: pod.kubelet.host, to: host.address, port: port, deadline: deadline)
        defer { connection.close() }
        let response = try await connection.send(HTTPRequest(path: path), deadline: deadline)
        return (200..<400).contains(response.status) ? nil : "HTTP probe failed with statuscode: \(response.status)"
      } catch {
        return error.goText(url: "http://\(host.address):\(port)\(path)", address: host.address, port: port)
      }
    case .tcpSocket(let port):
      do throws(NetworkError) {
        try await pod.kubelet.network.connect(from: pod.kubelet.host, to: host.address, port: port, deadline: deadline)
          .close()
        return nil
      } catch {
        if case .refused = error { return "dial tcp \(host.address):\(port): connect: connection refused" }
        return "dial tcp \(host.address):\(port): i/o timeout"
      }
    }
  }
}
