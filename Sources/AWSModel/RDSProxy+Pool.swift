import NetworkModel
import SimulationKernel

// The pool of database connections, and the watch over the database behind it.
extension RDSProxy {
  /// Lends a connection to the writer, from the pool or new. Whoever comes first is served first; while the database does not
  /// answer everybody waits, at most until the borrow timeout.
  ///
  /// - Parameter scope: the client's session: who leaves does not wait any longer.
  func borrow(from host: Host, for scope: CancelScope) async throws(PostgresError) -> PostgresConnection {
    let simulation = network.simulation
    let began = simulation.now
    let limit = began + configuration.borrowTimeout
    do { try await pool.acquire(deadline: limit, scope: scope) } catch {
      throw error is Cancelled ? .clientLost : refuse(since: began)
    }
    do throws(PostgresError) {
      let connection = try await connection(from: host, for: scope, since: began, until: limit)
      metrics.borrowLatency.record(simulation.now - began)
      return connection
    } catch {
      pool.release()
      throw error
    }
  }

  /// Takes a lent connection back.
  func giveBack(_ host: Host, _ backend: PostgresConnection) {
    pool.release()
    passOn(host, backend)
  }

  private func connection(
    from host: Host, for scope: CancelScope, since began: Instant, until limit: Instant
  ) async throws(PostgresError) -> PostgresConnection {
    while true {
      guard !scope.isCancelled else { throw .clientLost }
      if let recovery {
        do { try await recovery.pass(deadline: limit, scope: scope) } catch {
          throw error is Cancelled ? .clientLost : refuse(since: began)
        }
        continue
      }
      if let pooled = takeIdle(host) { return pooled }
      if !line.isEmpty {
        if let connection = try await waitInLine(host, until: limit, for: scope, since: began) { return connection }
        continue
      }
      let error: PostgresError
      do throws(PostgresError) { return try await connect(from: host, until: limit) } catch let refusal {
        error = refusal
      }
      metrics.connectionsSetupFailed += 1
      note(error)
      if error.grantsNoMore {
        if let connection = try await waitInLine(host, until: limit, for: scope, since: began) { return connection }
        continue
      }
      guard error.isUnreachable else { throw error }
      checkTarget()
      guard network.simulation.now + Self.reconnectPause < limit else { throw refuse(since: began) }
      await network.simulation.sleep(Self.reconnectPause, Self.reconnectEvent)
    }
  }

  private func takeIdle(_ host: Host) -> PostgresConnection? {
    while let index = idle.lastIndex(where: { $0.host === host }) {
      let pooled = idle.remove(at: index).connection
      if pooled.isUsable { return pooled }
      pooled.close()
    }
    return nil
  }

  func connect(from host: Host, until limit: Instant) async throws(PostgresError) -> PostgresConnection {
    guard let login = credentials() else { throw .proxyCredentialsInvalid }
    let startup = PostgresStartup(
      user: login.user, password: login.password, database: target.configuration.databaseName)
    let connection = try await PostgresConnection.open(
      network, from: host, to: target.primary.address.description, port: target.configuration.port, startup,
      deadline: min(limit, network.simulation.now + Self.connectTimeout))
    metrics.connectionsSetupSucceeded += 1
    return connection
  }

  func refuse(since began: Instant) -> PostgresError {
    metrics.borrowTimeouts += 1
    metrics.borrowLatency.record(network.simulation.now - began)
    degrade("no database connection within the borrow timeout")
    return .borrowTimeout
  }

  func note(_ error: PostgresError) {
    let line = error.message.split(separator: "\n").first.map(String.init) ?? error.message
    if recovery != nil { targetHealthReason = line }
    log(.warning, error.message.split(separator: "\n").joined(separator: " "))
    degrade(line)
  }

  private func degrade(_ effect: String) {
    isNotedAsDegraded = true
    journal.degrade(component, effect: effect, dependsOn: [target.component])
  }

  /// A transaction went through.
  func noteRecovery() {
    guard isNotedAsDegraded else { return }
    isNotedAsDegraded = false
    journal.recover(component)
  }

  // MARK: The target's health

  /// Looks whether the writer still answers. When it does not, idle connections go, and clients wait until it does again.
  func checkTarget() {
    guard recovery == nil, !targetAnswers else { return }
    let recovery = Gate(network.simulation, name: component + " target")
    self.recovery = recovery
    targetHealth = .unavailable
    targetHealthReason = "PENDING_PROXY_CAPACITY"
    for entry in idle { entry.connection.close() }
    idle = []
    dissolveLine()
    degrade("target \(target.configuration.identifier) unavailable")
    network.simulation.spawn(Self.reconnectEvent) { [self] in await reconnect(recovery) }
  }

  /// What a probe on a connection that the proxy keeps for itself finds. The probe itself is not modelled packet by packet; how
  /// often it looks is, by `healthPeriod`.
  private var targetAnswers: Bool { target.primary.isUp && target.status == .available }

  private func reconnect(_ recovery: Gate) async {
    while true {
      let host = hosts.first(where: \.isUp) ?? hosts[0]
      do throws(PostgresError) {
        let connection = try await connect(from: host, until: .distantFuture)
        idle.append((host, connection))
        break
      } catch {
        metrics.connectionsSetupFailed += 1
        note(error)
        // An answer, even a refusal of the login, is a sign of life: each client is told for itself.
        if !error.isUnreachable { break }
      }
      await network.simulation.sleep(Self.reconnectPause, Self.reconnectEvent)
    }
    self.recovery = nil
    targetHealth = .available
    targetHealthReason = ""
    recovery.open()
  }
}

extension PostgresError {
  /// The server was not reached, or is not ready to serve anybody.
  var isUnreachable: Bool { sqlState.hasPrefix("08") || sqlState.hasPrefix("57P") }
}
