import HTTPMessages
import SimulationKernel
import Telemetry

/// An established connection, held by the client's side.
///
/// Security groups track connections: a rule that goes away later does not cut a tracked one, and cuts an untracked one at once
/// (Amazon EC2 user guide, "Security group connection tracking"); see `PacketFilter.tracks`.
@Simulated
package final class Connection {
  package let listener: Listener
  /// How many connections its client's host had opened, with this one.
  var numberAtClient = 0
  /// Closed by this side, reset, or given up after a timeout.
  package private(set) var isClosed = false
  /// When it was last used.
  package private(set) var lastUsed: Instant
  /// The server's process for this connection has ended, and others behind the port have not.
  private var hasServerLeft = false
  /// Called once when this side closes: the server's process learns of it.
  package var onClose: (@Simulated () -> Void)?

  private var sent = FlowMeter.Counter()
  private var received = FlowMeter.Counter()
  private let network: Network
  private let path: Path
  private let back: Path
  private let isTracked: Bool
  private weak var scope: CancelScope?
  private var scopeKey = 0

  init(_ network: Network, path: Path, back: Path, listener: Listener, scope: CancelScope?) {
    self.network = network
    self.path = path
    self.back = back
    self.listener = listener
    lastUsed = network.simulation.now
    isTracked = network.tracks(from: path.from, to: path.to, port: listener.port)
    path.from.opened(self)
    if let scope {
      self.scope = scope
      scopeKey = scope.add { [weak self] in self?.close() }
    }
  }

  package var client: Host { path.from }
  package var server: Host { path.to }

  /// Whether it can carry another exchange as far as the client can know: a peer that lost power looks usable, one whose
  /// process ended or that closed an idle connection does not.
  package var isUsable: Bool {
    guard !isClosed, !hasServerLeft else { return false }
    guard server.isUp else { return true }
    return listener.isOpen && network.simulation.now - lastUsed <= listener.idleTimeout
  }

  /// The port from which the client talks.
  package var clientPort: UInt16 { ephemeralPort(numberAtClient) }

  /// What has passed since it was last asked.
  func takeFlow() -> (sent: FlowMeter.Counter, received: FlowMeter.Counter) {
    defer { (sent, received) = (FlowMeter.Counter(), FlowMeter.Counter()) }
    return (sent, received)
  }

  private func meter(_ way: Path, _ bytes: Int) {
    if sent.packets == 0, received.packets == 0 { network.flows.began(self) }
    if way === path {
      sent.add(bytes, at: network.simulation.now)
    } else {
      received.add(bytes, at: network.simulation.now)
    }
  }

  /// The server closes this connection alone; what is under way is still answered.
  package func serverLeaves() { hasServerLeft = true }

  package func close() {
    guard !isClosed else { return }
    isClosed = true
    client.closed(self)
    scope?.remove(scopeKey)
    onClose?()
    onClose = nil
  }

  /// Sends a request, has it served, and brings the answer back.
  ///
  /// `serve` runs in a process of its own on the server: it goes on when the client has given up.
  ///
  /// - Parameters:
  ///   - component: the part of the request's time to which both trips belong.
  ///   - serve: what the server does; returns the answer and its size in bytes.
  /// - Throws: `reset` when the server's process dies meanwhile or the connection is closed under way, `timedOut(.response)` at
  ///   the deadline; the connection is then closed. Errors of `serve` close the connection and arrive as `reset`.
  package func exchange<Answer>(
    requestBytes: Int, deadline: Instant, component: LatencyComponent, trace: TraceContext?,
    _ serve: @escaping @Simulated () async throws -> (Answer, Int)
  ) async throws(NetworkError) -> Answer {
    let (before, sent) = (lastUsed, network.simulation.now)
    lastUsed = sent
    guard !isClosed else { throw .reset }
    try await travel(path, requestBytes, deadline, component, trace)
    guard listener.isOpen, !hasServerLeft, !wasIdleTooLong(since: before, sent), path.meetsNoReset(network) else {
      await network.pause(network.profile.sameZone.sample(network.stream), component, trace, Network.tripEvent)
      throw fail(.reset)
    }
    let reply = Reply<Result<(Answer, Int), any Error>>(network.simulation)
    network.simulation.spawn(Network.serveEvent) {
      do { reply.fulfil(.success(try await serve())) } catch { reply.fulfil(.failure(error)) }
    }
    let outcome: Result<(Answer, Int), any Error>
    do { outcome = try await reply.get(deadline: deadline, scope: listener.scope) } catch {
      // A process that died with its host's power sends no reset.
      guard error is TimedOut || !server.isUp else { throw fail(.reset) }
      try await giveUp(deadline, trace)
    }
    if !server.isUp { try await giveUp(deadline, trace) }
    guard case .success(let (answer, bytes)) = outcome else { throw fail(.reset) }
    try await travel(back, bytes, deadline, component, trace)
    guard !isClosed else { throw .reset }
    lastUsed = network.simulation.now
    return answer
  }

  /// Whether the server closed the connection as idle before the request came: it last saw an answer leave, one trip before that
  /// arrived, and its own farewell is still on the way. Such a request is answered by a reset.
  private func wasIdleTooLong(since before: Instant, _ sent: Instant) -> Bool {
    guard listener.idleTimeout < .forever else { return false }
    let now = network.simulation.now
    return (now - before) + (now - sent) > listener.idleTimeout
  }

  /// The time of `count` round trips, sampled one by one; `nil` when a packet does not get through now.
  package func roundTrips(_ count: Int, bytes: Int) -> TimeSpan? {
    var sum = TimeSpan.zero
    for _ in 0..<count {
      guard let there = path.trip(bytes, network), let here = back.trip(bytes, network) else { return nil }
      sum += there + here
    }
    return sum
  }

  /// A TLS handshake: its round trips, the processor time of both sides, and a look at the certificate.
  package func handshake(_ tls: TLSPolicy, deadline: Instant, trace: TraceContext?) async throws(NetworkError) {
    guard let trips = roundTrips(tls.version.rawValue, bytes: 3000) else {
      try await network.giveUp(deadline, .handshake, trace)
    }
    let span = trips + network.profile.tlsProcessing.sample(network.stream)
    guard network.simulation.now + span <= deadline else { try await network.giveUp(deadline, .handshake, trace) }
    await network.pause(span, .handshake, trace, Network.connectEvent)
    if let failure = tls.failure { throw .tls(failure) }
    if tls.verifiesServer,
      let objection = listener.certificate?.objection(serverName: tls.serverName, at: network.simulation.now)
    {
      throw .tls(objection)
    }
  }

  /// Brings bytes over. What does not get through is sent again, at doubling intervals, until the deadline: when a partition
  /// heals, or a host is back, in time, it arrives.
  private func travel(
    _ way: Path, _ bytes: Int, _ deadline: Instant, _ component: LatencyComponent, _ trace: TraceContext?
  ) async throws(NetworkError) {
    var retransmission = network.profile.minimumRetransmission
    while true {
      if way.from.isUp, way.to.isUp, isTracked || isStillPermitted, let span = way.trip(bytes, network) {
        guard network.simulation.now + span <= deadline else { try await giveUp(deadline, trace) }
        meter(way, bytes)
        await network.pause(span, component, trace, Network.tripEvent)
        if way.to.isUp { return }
      }
      guard network.simulation.now + retransmission < deadline else { try await giveUp(deadline, trace) }
      // What the server had still to send is lost with its process.
      if way === back, listener.scope.isCancelled { throw fail(.reset) }
      await network.pause(retransmission, component, trace, Network.timeoutEvent)
      retransmission = min(retransmission * 2, Self.longestRetransmission)
    }
  }

  /// TCP_RTO_MAX of Linux (include/net/tcp.h).
  private nonisolated static let longestRetransmission = TimeSpan.seconds(120)

  private var isStillPermitted: Bool { network.permits(from: client, to: server, port: listener.port) }

  private func giveUp(_ deadline: Instant, _ trace: TraceContext?) async throws(NetworkError) -> Never {
    defer { close() }
    try await network.giveUp(deadline, .response, trace)
  }

  private func fail(_ error: NetworkError) -> NetworkError {
    close()
    return error
  }
}

extension Connection {
  /// Sends an HTTP request. A service that does not speak HTTP closes the connection: `reset`.
  package func send(
    _ request: HTTPRequest, deadline: Instant, component: LatencyComponent = .network, trace: TraceContext? = nil
  ) async throws(NetworkError) -> HTTPResponse {
    let context = ExchangeContext(client: client, trace: trace, connection: self)
    let service = listener.httpService
    return try await exchange(
      requestBytes: HTTPRequest.overhead + request.body.count, deadline: deadline, component: component, trace: trace
    ) {
      guard let service else { throw NetworkError.reset }
      let response = try await service.respond(to: request, context)
      return (response, HTTPResponse.overhead + response.body.count)
    }
  }
}
