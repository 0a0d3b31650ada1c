import HTTPMessages
import SimulationKernel

/// An established connection, held by the client's side.
///
/// Security groups track connections: a rule that goes away later does not cut this one (Amazon VPC user guide, "Security
/// group connection tracking").
@Simulated
package final class Connection {
  package let listener: Listener
  /// Closed by this side, reset, or given up after a timeout.
  package private(set) var isClosed = false
  /// When it was last used.
  package private(set) var lastUsed: Instant

  private let network: Network
  private let path: Path
  private let back: Path

  init(_ network: Network, path: Path, listener: Listener) {
    self.network = network
    self.path = path
    self.listener = listener
    back = network.path(from: path.to, to: path.from)
    lastUsed = network.simulation.now
  }

  package var client: Host { path.from }
  package var server: Host { path.to }

  /// Whether it can carry another exchange as far as the client can know: a peer that lost power looks usable.
  package var isUsable: Bool { !isClosed && (listener.isOpen || !server.isUp) }

  package func close() { isClosed = true }

  /// Sends a request, has it served, and brings the answer back.
  ///
  /// `serve` runs in a process of its own on the server: it goes on when the client has given up.
  ///
  /// - Parameters:
  ///   - component: the part of the request's time to which both trips belong.
  ///   - serve: what the server does; returns the answer and its size in bytes.
  /// - Throws: `reset` when the server's process dies meanwhile, `timedOut(.response)` at the deadline; the connection is then
  ///   closed. Errors of `serve` that are not network errors close the connection and arrive as `reset`.
  package func exchange<Answer>(
    requestBytes: Int, deadline: Instant, component: LatencyComponent, trace: RequestTrace?,
    _ serve: @escaping @Simulated () async throws -> (Answer, Int)
  ) async throws(NetworkError) -> Answer {
    lastUsed = network.simulation.now
    guard !isClosed else { throw .reset }
    try await travel(path, requestBytes, deadline, component, trace)
    guard server.isUp else { try await giveUp(deadline, trace) }
    guard listener.isOpen else {
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
    guard server.isUp else { try await giveUp(deadline, trace) }
    guard case .success(let (answer, bytes)) = outcome else { throw fail(.reset) }
    try await travel(back, bytes, deadline, component, trace)
    lastUsed = network.simulation.now
    return answer
  }

  /// The time of `count` round trips, sampled one by one; `nil` when a packet never arrives.
  package func roundTrips(_ count: Int, bytes: Int) -> TimeSpan? {
    path.refresh(network)
    back.refresh(network)
    var sum = TimeSpan.zero
    for _ in 0..<count {
      guard let there = path.trip(bytes, network), let here = back.trip(bytes, network) else { return nil }
      sum += there + here
    }
    return sum
  }

  func handshake(_ tls: TLSPolicy, deadline: Instant, trace: RequestTrace?) async throws(NetworkError) {
    guard let trip = roundTrips(1, bytes: 3000) else { try await network.giveUp(deadline, .handshake, trace) }
    let span = trip + network.profile.tlsProcessing.sample(network.stream)
    guard network.simulation.now + span <= deadline else { try await network.giveUp(deadline, .handshake, trace) }
    await network.pause(span, .handshake, trace, Network.connectEvent)
    if let failure = tls.failure { throw .tls(failure) }
  }

  private func travel(
    _ path: Path, _ bytes: Int, _ deadline: Instant, _ component: LatencyComponent, _ trace: RequestTrace?
  ) async throws(NetworkError) {
    path.refresh(network)
    guard let span = path.trip(bytes, network), network.simulation.now + span <= deadline else {
      try await giveUp(deadline, trace)
    }
    await network.pause(span, component, trace, Network.tripEvent)
  }

  private func giveUp(_ deadline: Instant, _ trace: RequestTrace?) async throws(NetworkError) -> Never {
    isClosed = true
    try await network.giveUp(deadline, .response, trace)
  }

  private func fail(_ error: NetworkError) -> NetworkError {
    isClosed = true
    return error
  }
}

extension Connection {
  /// Sends an HTTP request.
  ///
  /// - Precondition: the other side speaks HTTP.
  package func send(
    _ request: HTTPRequest, deadline: Instant, component: LatencyComponent = .network, trace: RequestTrace? = nil
  ) async throws(NetworkError) -> HTTPResponse {
    guard let service = listener.httpService else {
      preconditionFailure("\(server.name):\(listener.port) does not speak HTTP")
    }
    let context = ExchangeContext(client: client, trace: trace)
    return try await exchange(
      requestBytes: 400 + request.body.count, deadline: deadline, component: component, trace: trace
    ) {
      let response = try await service.respond(to: request, context)
      return (response, 300 + response.body.count)
    }
  }
}
