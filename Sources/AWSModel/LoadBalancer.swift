import HTTPMessages
import NetworkModel
import SimulationKernel
import Telemetry

/// An Application Load Balancer: one node a zone, an HTTPS listener, host and path rules, target groups (Elastic Load Balancing
/// user guide for Application Load Balancers; its own answers: "Troubleshoot your Application Load Balancers").
@Simulated
package final class LoadBalancer {
  /// A rule: requests for this host (empty for all) under this path prefix go to the group.
  package struct Rule {
    package var host: String
    package var pathPrefix: String
    package var targetGroup: TargetGroup

    package init(host: String, pathPrefix: String, targetGroup: TargetGroup) {
      self.host = host
      self.pathPrefix = pathPrefix
      self.targetGroup = targetGroup
    }
  }

  package let name: String
  package let dnsName: String
  /// `region/alb/name`.
  package let component: String
  package let nodes: [Host]
  package let securityGroups: [String]
  /// The first that matches decides; without one the answer is 404.
  package var rules: [Rule] = [] {
    didSet { for rule in rules { rule.targetGroup.probers = nodes } }
  }
  /// What its HTTPS listener shows.
  package var certificate: Certificate? {
    didSet { showCertificate() }
  }
  package var idleTimeout = TimeSpan.seconds(60)
  package private(set) var metrics = Metrics()
  /// Called with each request that was answered, or given up by its client.
  package var onAccess: (@Simulated (AccessLogEntry) -> Void)?

  let network: Network
  private let journal: Journal
  private let stream: RandomStream
  private var listeners: [Listener] = []
  private var recentRequests = 0
  private var recentErrors = 0

  package init(name: String, dnsName: String, region: String, nodes: [Host], network: Network, journal: Journal) {
    self.name = name
    self.dnsName = dnsName
    self.nodes = nodes
    self.network = network
    self.journal = journal
    securityGroups = nodes[0].securityGroups
    component = "\(region)/alb/\(name)"
    stream = network.simulation.random(component)
    listeners = nodes.map { $0.listen(443, Node(self, $0)) }
    network.names(of: nodes[0].zone.region)[dnsName] = NameSystem.Record(
      addresses: nodes.map(\.address), timeToLive: .seconds(60))
    network.simulation.every(Self.watchPeriod, Self.watchEvent) { [weak self] in self?.noteHealth() }
  }

  /// Its own work on a request: TLS records, rules, the choice of a target.
  static let processing = Distribution.uniform(.milliseconds(0.7), .milliseconds(1.5))
  static let connectTimeout = TimeSpan.seconds(10)
  /// How often its error rate is judged for the journal, and from which share of 5xx answers on it counts as degraded.
  static let watchPeriod = TimeSpan.seconds(10)
  static let degradedShare = 0.01
  /// From the loss of a zone to its disappearance from DNS.
  static let zoneRemoval = TimeSpan.seconds(30)

  nonisolated private static let processingEvent: EventName = "alb.processing"
  nonisolated private static let watchEvent: EventName = "alb.watch"
  nonisolated private static let zoneEvent: EventName = "alb.zone"

  private func showCertificate() {
    for listener in listeners { listener.certificate = certificate }
  }

  // MARK: Zones

  /// The node in a zone loses power; after health checks of Route 53 the name no longer leads there.
  package func loseZone(_ zone: Zone) {
    for node in nodes where node.zone == zone { node.powerOff() }
    network.simulation.after(Self.zoneRemoval, Self.zoneEvent) { [weak self] in self?.publish() }
  }

  package func restorePower(of zone: Zone) {
    for (index, node) in nodes.enumerated() where node.zone == zone && !node.isUp {
      node.powerOn()
      listeners[index] = node.listen(443, Node(self, node))
    }
    showCertificate()
    publish()
  }

  private func publish() {
    let up = nodes.filter(\.isUp)
    let names = network.names(of: nodes[0].zone.region)
    guard !up.isEmpty, let before = names[dnsName]?.addresses else { return }
    names.move(before, to: up.map(\.address))
  }

  // MARK: The way of a request

  /// The balancer's presence in one zone.
  private final class Node: HTTPService {
    unowned let balancer: LoadBalancer
    let host: Host

    init(_ balancer: LoadBalancer, _ host: Host) {
      self.balancer = balancer
      self.host = host
    }

    func respond(to request: HTTPRequest, _ exchange: ExchangeContext) async throws -> HTTPResponse {
      let began = balancer.network.simulation.now
      let span = exchange.trace?.begin(.balance, at: host.place)
      let (response, target) = await balancer.forward(request, from: host, span)
      span?.end(status: response.status, error: target == nil ? LoadBalancer.reason(response.status) : nil)
      balancer.count(response, target, request, exchange, at: host, since: began)
      return response
    }
  }

  /// The answer, and the target that gave it; without one it is the balancer's own.
  private func forward(_ request: HTTPRequest, from node: Host, _ trace: TraceContext?) async -> (HTTPResponse, Target?)
  {
    let span = Self.processing.sample(stream)
    trace?.add(.loadBalancer, span)
    await network.simulation.sleep(span, Self.processingEvent)
    guard let group = rules.first(where: { matches($0, request) })?.targetGroup else { return (Self.own(404), nil) }
    guard let target = group.pick() else { return (Self.own(503), nil) }
    target.inFlight += 1
    defer { target.inFlight -= 1 }
    do throws(NetworkError) {
      return (try await send(request, to: target, from: node, trace), target)
    } catch {
      if case .timedOut = error { return (Self.own(504), nil) }
      return (Self.own(502), nil)
    }
  }

  private func matches(_ rule: Rule, _ request: HTTPRequest) -> Bool {
    (rule.host.isEmpty || rule.host == request.host) && request.path.hasPrefix(rule.pathPrefix)
  }

  /// Sends over a kept connection where there is one. A target that closes it just then costs a 502, as in life.
  private func send(
    _ request: HTTPRequest, to target: Target, from node: Host, _ trace: TraceContext?
  ) async throws(NetworkError) -> HTTPResponse {
    let connection = try await connection(to: target, from: node, trace)
    let response = try await connection.send(request, deadline: network.simulation.now + idleTimeout, trace: trace)
    target.idle.append(connection)
    return response
  }

  private func connection(to target: Target, from node: Host, _ trace: TraceContext?) async throws(NetworkError)
    -> Connection
  {
    while let index = target.idle.lastIndex(where: { $0.client === node }) {
      let kept = target.idle.remove(at: index)
      if kept.isUsable, network.simulation.now - kept.lastUsed < idleTimeout { return kept }
      kept.close()
    }
    let deadline = network.simulation.now + Self.connectTimeout
    do throws(NetworkError) {
      return try await network.connect(
        from: node, to: target.address, port: target.port, deadline: deadline, trace: trace)
    } catch {
      metrics.targetConnectionErrors += 1
      target.group?.metrics.targetConnectionErrors += 1
      throw error
    }
  }

  // MARK: What it notes

  private func count(
    _ response: HTTPResponse, _ target: Target?, _ request: HTTPRequest, _ exchange: ExchangeContext, at node: Host,
    since began: Instant
  ) {
    let now = network.simulation.now
    let (status, isAbandoned) = (response.status, exchange.isAbandoned)
    recentRequests += 1
    // A client that closed its connection gets nothing; the balancer notes 460.
    let noted = isAbandoned ? 460 : status
    if noted >= 500 { recentErrors += 1 }
    metrics.count(noted, isTargets: target != nil && !isAbandoned, now - began)
    target?.group?.metrics.count(noted, isTargets: !isAbandoned, now - began)
    onAccess?(
      AccessLogEntry(
        at: began, method: request.method, host: request.host, path: request.path, node: node.address,
        client: exchange.client.address, clientPort: exchange.connection?.clientPort ?? 0, target: target?.address,
        targetPort: target?.port ?? 0, duration: now - began, elbStatus: noted,
        targetStatus: target == nil ? nil : status, received: HTTPRequest.overhead + request.body.count,
        sent: HTTPResponse.overhead + response.body.count, trace: request.traceParent?.trace))
  }

  private func noteHealth() {
    defer { (recentRequests, recentErrors) = (0, 0) }
    guard recentRequests > 0 else { return }
    guard Double(recentErrors) > Double(recentRequests) * Self.degradedShare else { return journal.recover(component) }
    let groups = rules.map(\.targetGroup)
    let pods = groups.flatMap(\.targets).compactMap { network.host(at: $0.address)?.name }
    journal.degrade(component, effect: "answers 5xx", dependsOn: groups.map(\.component) + Set(pods).sorted())
  }
}
