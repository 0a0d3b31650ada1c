import NetworkModel
import SimulationKernel

// The line of those who wait for somebody else's connection, because the database grants no more.
extension RDSProxy {
  /// A client that waits.
  struct InLine {
    var host: Host
    var since: Instant
    /// Gets a connection, or `nil` to look anew.
    var reply: Reply<PostgresConnection?>
  }

  /// Waits for a connection that somebody gives back, or that the database grants after all. Whoever came first is served first,
  /// within a zone; a zone that got none for a while gets the slot of the other's.
  ///
  /// - Returns: `nil` when the target's state has changed and the caller has to look anew.
  func waitInLine(
    _ host: Host, until limit: Instant, for scope: CancelScope, since began: Instant
  ) async throws(PostgresError) -> PostgresConnection? {
    let simulation = network.simulation
    let reply = Reply<PostgresConnection?>(simulation)
    line.append(InLine(host: host, since: simulation.now, reply: reply))
    if !isOpening {
      isOpening = true
      simulation.spawn(Self.reconnectEvent) { [self] in await openForLine() }
    }
    do { return try await reply.get(deadline: limit, scope: scope) } catch {
      line.removeAll { $0.reply === reply }
      // It came in the instant in which the client left.
      if case .some(.some(let connection)) = reply.value { passOn(host, connection) }
      throw error is Cancelled ? .clientLost : refuse(since: began)
    }
  }

  /// Gives a connection that nobody uses to the first in line, or keeps it.
  func passOn(_ host: Host, _ connection: PostgresConnection) {
    let limit = max(1, pool.capacity * configuration.maxIdleConnectionsPercent / 100)
    guard connection.isUsable, recovery == nil else { return connection.close() }
    guard let first = line.first else {
      if idle.count < limit { idle.append((host, connection)) } else { connection.close() }
      return
    }
    if let place = line.firstIndex(where: { $0.host === host }),
      place == 0 || network.simulation.now - first.since < Self.reconnectPause
    {
      line.remove(at: place).reply.fulfil(connection)
    } else {
      // A connection belongs to its zone: the slot is freed for who waits in the other one.
      connection.close()
      network.simulation.spawn(Self.reconnectEvent) { [self] in await openForFirst() }
    }
  }

  /// Sends everybody in line back to look anew.
  func dissolveLine() {
    let waiting = line
    line = []
    for one in waiting { one.reply.fulfil(nil) }
  }

  /// Asks the database again and again, as long as somebody waits.
  private func openForLine() async {
    while !line.isEmpty {
      await network.simulation.sleep(Self.reconnectPause, Self.reconnectEvent)
      await openForFirst()
    }
    isOpening = false
  }

  private func openForFirst() async {
    guard let host = line.first?.host else { return }
    do throws(PostgresError) {
      passOn(host, try await connect(from: host, until: .distantFuture))
    } catch {
      metrics.connectionsSetupFailed += 1
      note(error)
      if !error.grantsNoMore { dissolveLine() }
    }
  }
}

extension PostgresError {
  /// All slots of the server are taken (`too_many_connections`).
  var grantsNoMore: Bool { sqlState == "53300" }
}
