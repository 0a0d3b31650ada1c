import HTTPMessages
import NetworkModel
import SimulationKernel
import Telemetry

/// An Application Load Balancer: one node a zone, an HTTPS listener, host rules, target groups.
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
  package var rules: [Rule] = []
  package var tls = TLSPolicy()
  package var idleTimeout = TimeSpan.seconds(60)
  /// Answers by status, counted under CloudWatch's names: those of targets and the balancer's own.
  package private(set) var targetAnswers: [Int: Int] = [:]
  package private(set) var ownAnswers: [Int: Int] = [:]

  private let network: Network
  private let journal: Journal
  private let stream: RandomStream
  private var recentRequests = 0
  private var recentErrors = 0

  package init(name: String, dnsName: String, region: String, nodes: [Host], network: Network, journal: Journal) {
    self.name = name
    self.dnsName = dnsName
    self.nodes = nodes
    self.network = network
    self.journal = journal
    component = "\(region)/alb/\(name)"
    stream = network.simulation.random(component)
    for node in nodes { node.listen(443, Node(self, node)) }
    network.names(of: nodes[0].zone.region)[dnsName] = NameSystem.Record(
      addresses: nodes.map(\.address), timeToLive: .seconds(60))
    network.simulation.every(Self.watchPeriod, Self.watchEvent) { [weak self] in self?.noteHealth() }
  }

  static let processing = Distribution.uniform(.milliseconds(0.7), .milliseconds(1.5))
  static let connectTimeout = TimeSpan.seconds(10)
  /// How often its error rate is judged for the journal, and from which share of 5xx answers on it counts as degraded.
  static let watchPeriod = TimeSpan.seconds(10)
  static let degradedShare = 0.01

  nonisolated private static let processingEvent: EventName = "alb.processing"
  nonisolated private static let watchEvent: EventName = "alb.watch"

  /// The balancer's presence in one zone.
  private final class Node: HTTPService {
    unowned let balancer: LoadBalancer
    let host: Host

    init(_ balancer: LoadBalancer, _ host: Host) {
      self.balancer = balancer
      self.host = host
    }

    func respond(to request: HTTPRequest, _ exchange: ExchangeContext) async throws -> HTTPResponse {
      await balancer.forward(request, from: host, exchange.trace)
    }
  }

  private func forward(_ request: HTTPRequest, from node: Host, _ trace: RequestTrace?) async -> HTTPResponse {
    let span = Self.processing.sample(stream)
    trace?.add(.loadBalancer, span)
    await network.simulation.sleep(span, Self.processingEvent)
    guard let group = rules.first(where: { matches($0, request) })?.targetGroup else { return own(404) }
    guard let target = group.pick() else { return own(503) }
    target.inFlight += 1
    defer { target.inFlight -= 1 }
    do throws(NetworkError) {
      let response = try await send(request, to: target, from: node, trace)
      targetAnswers[response.status, default: 0] += 1
      count(isError: response.status >= 500)
      return response
    } catch {
      if case .timedOut = error { return own(504) }
      return own(502)
    }
  }

  private func matches(_ rule: Rule, _ request: HTTPRequest) -> Bool {
    (rule.host.isEmpty || rule.host == request.host) && request.path.hasPrefix(rule.pathPrefix)
  }

  /// Sends over a kept connection where there is one. A target that closes it just then costs a 502, as in life.
  private func send(
    _ request: HTTPRequest, to target: Target, from node: Host, _ trace: RequestTrace?
  ) async throws(NetworkError) -> HTTPResponse {
    let connection = try await connection(to: target, from: node, trace)
    let response = try await connection.send(request, deadline: network.simulation.now + idleTimeout, trace: trace)
    target.idle.append(connection)
    return response
  }

  private func connection(to target: Target, from node: Host, _ trace: RequestTrace?) async throws(NetworkError)
    -> Connection
  {
    while let index = target.idle.lastIndex(where: { $0.client === node }) {
      let kept = target.idle.remove(at: index)
      if kept.isUsable, network.simulation.now - kept.lastUsed < idleTimeout { return kept }
      kept.close()
    }
    let deadline = network.simulation.now + Self.connectTimeout
    return try await network.connect(
      from: node, to: target.address, port: target.port, deadline: deadline, trace: trace)
  }

  /// An answer of the balancer itself.
  private func own(_ status: Int) -> HTTPResponse {
    ownAnswers[status, default: 0] += 1
    count(isError: status >= 500)
    return HTTPResponse(status: status, headers: HTTPHeaders([HTTPHeader("Server", "awselb/2.0")]))
  }

  private func count(isError: Bool) {
    recentRequests += 1
    if isError { recentErrors += 1 }
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
