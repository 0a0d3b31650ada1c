import HTTPMessages
import NetworkModel
import SimulationKernel
import Telemetry

/// A target of a load balancer: a pod's address and port.
@Simulated
package final class Target {
  /// `TargetHealth.State` of the Elastic Load Balancing API.
  package enum State: String, Sendable { case initial, healthy, unhealthy, draining }

  package let address: IPv4Address
  package let port: UInt16
  package internal(set) var state = State.initial
  /// Such as `Target.Timeout`; empty when healthy.
  package internal(set) var reason = "Elb.RegistrationInProgress"
  package internal(set) var detail = "Target registration is in progress"

  var successes = 0
  var failures = 0
  var idle: [Connection] = []
  weak var group: TargetGroup?
  /// Requests that it works on.
  package internal(set) var inFlight = 0
  var check: RepeatingTimer?

  init(address: IPv4Address, port: UInt16) {
    self.address = address
    self.port = port
  }
}

/// Targets of type `ip` and their health checks (Elastic Load Balancing, "Health checks for your target groups").
@Simulated
package final class TargetGroup {
  /// The health check's settings.
  package struct HealthCheck: Sendable {
    package var path = "/health"
    package var interval = TimeSpan.seconds(15)
    package var timeout = TimeSpan.seconds(5)
    package var healthyThreshold = 2
    package var unhealthyThreshold = 2
    package var codes: ClosedRange<Int> = 200...200

    package init() {}
  }

  /// `load_balancing.algorithm.type`.
  package enum Algorithm: String, Sendable {
    case roundRobin = "round_robin"
    case leastOutstandingRequests = "least_outstanding_requests"
  }

  package let name: String
  /// `region/targetgroup/name`.
  package let component: String
  package var healthCheck: HealthCheck
  package var algorithm = Algorithm.roundRobin
  package var deregistrationDelay = TimeSpan.seconds(300)
  package private(set) var targets: [Target] = []
  /// What its targets answered.
  package internal(set) var metrics = LoadBalancer.Metrics()

  private let network: Network
  private let journal: Journal
  /// The nodes of its load balancer, of which one that is up makes the health checks.
  var probers: [Host]
  private let stream: RandomStream
  private var next = 0

  package init(name: String, region: String, healthCheck: HealthCheck, prober: Host, network: Network, journal: Journal)
  {
    self.name = name
    self.healthCheck = healthCheck
    probers = [prober]
    self.network = network
    self.journal = journal
    component = "\(region)/targetgroup/\(name)"
    stream = network.simulation.random(component)
  }

  // MARK: Registration

  /// Registers a target, or takes it back from draining.
  package func register(_ address: IPv4Address, port: UInt16) {
    if let known = targets.first(where: { $0.address == address && $0.port == port }) {
      guard known.state == .draining else { return }
      targets.removeAll { $0 === known }
    }
    let target = Target(address: address, port: port)
    target.group = self
    targets.append(target)
    let offset = TimeSpan.milliseconds(200 + 800 * stream.uniform())
    target.check = network.simulation.every(healthCheck.interval, offset: offset, Self.checkEvent) {
      [weak self, weak target] in
      guard let self, let target else { return }
      self.network.simulation.spawn(Self.checkEvent) { await self.check(target) }
    }
    target.reason = "Elb.InitialHealthChecking"
    target.detail = "Initial health checks in progress"
  }

  /// Takes a target out: no new requests; it stays `draining` for the deregistration delay.
  package func deregister(_ address: IPv4Address, port: UInt16) {
    guard let target = targets.first(where: { $0.address == address && $0.port == port && $0.state != .draining })
    else { return }
    target.state = .draining
    target.reason = "Target.DeregistrationInProgress"
    target.detail = "Target deregistration is in progress"
    if let check = target.check { network.simulation.cancel(check) }
    network.simulation.after(deregistrationDelay, Self.drainEvent) { [weak self] in
      self?.targets.removeAll { $0 === target }
      for connection in target.idle { connection.close() }
      target.idle = []
    }
    noteHealth()
  }

  nonisolated private static let checkEvent: EventName = "alb.healthcheck"
  nonisolated private static let drainEvent: EventName = "alb.drained"

  // MARK: Choice

  /// The target for the next request: one of the healthy ones, by the algorithm; one of all that are registered when none is
  /// healthy (fail open). `nil` when none is registered.
  func pick() -> Target? { pick { $0.state == .healthy } ?? pick { $0.state != .draining } }

  private func pick(_ isEligible: (Target) -> Bool) -> Target? {
    let count = targets.count
    var best: Target?
    for offset in 0..<count {
      let index = next + offset < count ? next + offset : (next + offset) % count
      let target = targets[index]
      guard isEligible(target) else { continue }
      if algorithm == .roundRobin {
        next = index + 1 < count ? index + 1 : 0
        return target
      }
      if best.map({ target.inFlight < $0.inFlight }) ?? true { best = target }
    }
    next = next + 1 < count ? next + 1 : 0
    return best
  }

  package var healthyCount: Int { targets.count { $0.state == .healthy } }
  package var unhealthyCount: Int { targets.count { $0.state == .unhealthy } }

  // MARK: Health checks

  private func check(_ target: Target) async {
    let prober = probers.first(where: \.isUp) ?? probers[0]
    let deadline = network.simulation.now + healthCheck.timeout
    do throws(NetworkError) {
      let connection = try await network.connect(
        from: prober, to: target.address, port: target.port, deadline: deadline)
      defer { connection.close() }
      let response = try await connection.send(HTTPRequest(path: healthCheck.path), deadline: deadline)
      if healthCheck.codes.contains(response.status) {
        passed(target)
      } else {
        failed(target, "Target.ResponseCodeMismatch", "Health checks failed with these codes: [\(response.status)]")
      }
    } catch {
      if case .timedOut = error {
        failed(target, "Target.Timeout", "Request timed out")
      } else {
        failed(target, "Target.FailedHealthChecks", "Health checks failed")
      }
    }
  }

  private func passed(_ target: Target) {
    target.failures = 0
    target.successes += 1
    // The first check after registration is enough for an initial target.
    guard target.state != .draining, target.state == .initial || target.successes >= healthCheck.healthyThreshold else {
      return
    }
    target.state = .healthy
    target.reason = ""
    target.detail = ""
    noteHealth()
  }

  private func failed(_ target: Target, _ reason: String, _ detail: String) {
    target.successes = 0
    target.failures += 1
    guard target.state != .draining, target.failures >= healthCheck.unhealthyThreshold else { return }
    target.state = .unhealthy
    target.reason = reason
    target.detail = detail
    noteHealth()
  }

  private func noteHealth() {
    let unhealthy = targets.filter { $0.state == .unhealthy }
    guard !unhealthy.isEmpty else { return journal.recover(component) }
    let pods = unhealthy.compactMap { network.host(at: $0.address)?.name }
    journal.degrade(component, effect: "unhealthy targets: \(unhealthy[0].reason)", dependsOn: pods.sorted())
  }
}
