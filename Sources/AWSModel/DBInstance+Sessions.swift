import NetworkModel
import SQLiteStore
import SimulationKernel

// PostgreSQL's side of a connection: start-up, backends, and the service of a unit of work.
extension DBInstance: PostgresService {
  /// What a new connection waits for besides processors: catalogue reads of a new backend, the client's share of SCRAM's 4,096
  /// rounds and of TLS.
  package var startupProcessing: Distribution { .uniform(.milliseconds(18), .milliseconds(28)) }
  /// Processor time of a new connection: TLS, SCRAM and the fork of a backend.
  static let authentication = Distribution.uniform(.milliseconds(6), .milliseconds(10))

  nonisolated static let statementEvent: EventName = "rds.statements"
  nonisolated static let commitEvent: EventName = "rds.commit"

  /// Slots that only superusers (3) and the service's own role (2) may use.
  package static let reservedSlots = 5

  package func open(_ startup: PostgresStartup) async throws(PostgresError) -> any PostgresSession {
    forkedBackends += 1
    let session = LoggedSession(
      client: startup.client, user: startup.user, database: startup.database,
      process: Self.firstBackend + forkedBackends)
    do throws(PostgresError) { return try await accept(startup, session) } catch {
      logRefusal(error, of: session)
      throw error
    }
  }

  private func accept(_ startup: PostgresStartup, _ session: LoggedSession) async throws(PostgresError) -> Backend {
    try checkAvailable()
    guard connections + otherSessions < maxConnections else { throw .tooManyClients }
    guard connections + otherSessions < maxConnections - Self.reservedSlots else {
      throw .slotsReserved(majorVersion: configuration.majorVersion)
    }
    // The slot is taken while the backend authenticates: a storm of logins uses up slots and processors.
    connections += 1
    let backend = Backend(self, session, application: startup.application)
    do throws(PostgresError) {
      try await authenticate(startup)
      guard backend.isCurrent else { throw .shuttingDown }
    } catch {
      backend.close()
      throw error
    }
    backends.append(backend)
    return backend
  }

  private func checkAvailable() throws(PostgresError) {
    switch status {
    case .available: return
    case .starting, .failingOver, .rebooting: throw .startingUp
    case .stopping, .stopped: throw .shuttingDown
    }
  }

  private func authenticate(_ startup: PostgresStartup) async throws(PostgresError) {
    let span = Self.authentication.sample(stream) * (1 / configuration.instanceClass.speed)
    do { try await processors.serve(span, Self.statementEvent) } catch { throw .startingUp }
    guard startup.user == configuration.user, startup.password == password else { throw .wrongPassword(startup.user) }
    guard startup.database == configuration.databaseName else { throw .noDatabase(startup.database) }
  }

  /// One backend process.
  final class Backend: PostgresSession {
    let activity: BackendActivity
    private let instance: DBInstance
    private let epoch: Listener?
    private let session: LoggedSession
    private var isOpen = true
    private var isBusy = false
    private var isTerminated = false
    private var isCancelled = false
    /// Cancelled to wake it from what it waits for.
    private(set) var signals = CancelScope()
    private var onEnd: @Simulated () -> Void = {}

    fileprivate init(_ instance: DBInstance, _ session: LoggedSession, application: String) {
      self.instance = instance
      self.session = session
      activity = BackendActivity(
        process: session.process, user: session.user, application: application, client: session.client,
        at: instance.simulation.now)
      epoch = instance.listener
    }

    /// Whether the server that forked it still runs.
    var isCurrent: Bool { epoch === instance.listener && epoch != nil }

    func onEnd(_ action: @escaping @Simulated () -> Void) { onEnd = action }

    /// SIGTERM.
    func terminate() {
      guard isOpen, !isTerminated else { return }
      isTerminated = true
      signals.cancel()
      guard !isBusy else { return }
      instance.logRefusal(.adminShutdown, of: session)
      end()
    }

    /// SIGINT: nothing to a session that is idle.
    func cancel() {
      guard isBusy else { return }
      isCancelled = true
      signals.cancel()
    }

    private func end() {
      onEnd()
      close()
    }

    /// What a signal or the end of the server does to the work under way.
    func checkSignals() throws(PostgresError) {
      guard isCurrent, !isTerminated else { throw .adminShutdown }
      if isCancelled { throw .userCancelled }
    }

    func run(_ work: PostgresWork) async throws(PostgresError) {
      let span = work.trace?.begin(.execute, at: instance.primary.place)
      var inside = work
      inside.trace = span
      isBusy = true
      defer {
        isBusy = false
        activity.rest(endsWithCommit: work.cost.roundTrips > 1, at: instance.simulation.now)
        if isTerminated { end() }
      }
      do throws(PostgresError) {
        try await serve(inside)
        span?.end()
      } catch {
        span?.end(error: error.message)
        instance.logRefusal(error, of: session)
        throw error
      }
    }

    private func serve(_ work: PostgresWork) async throws(PostgresError) {
      if isCancelled { (isCancelled, signals) = (false, CancelScope()) }
      guard let trips = work.clientRoundTrips(work.cost.roundTrips - 1) else {
        await instance.simulation.sleep(work.deadline - instance.simulation.now, DBInstance.statementEvent)
        throw .clientLost
      }
      work.trace?.add(.databaseNetwork, trips)
      if work.cost.roundTrips > 1 { activity.await(work.cost.statement, at: instance.simulation.now) }
      await instance.simulation.sleep(trips, DBInstance.statementEvent)
      activity.execute(work.cost.statement, at: instance.simulation.now)
      try await instance.execute(work, self)
    }

    func close() {
      guard isOpen else { return }
      isOpen = false
      guard isCurrent else { return }
      instance.connections -= 1
      if let index = instance.backends.firstIndex(where: { $0 === self }) { instance.backends.remove(at: index) }
    }
  }

  /// Serves a unit of work: its statements on a processor, its SQL at one instant, its COMMIT in both zones.
  private func execute(_ work: PostgresWork, _ backend: Backend) async throws(PostgresError) {
    let began = simulation.now
    do throws(PostgresError) {
      try await awaitTables(work, backend)
      do { try await processors.acquire(deadline: work.deadline) } catch { throw PostgresError.statementTimeout }
    } catch {
      work.trace?.addPast(.databaseProcessor, since: began)
      throw error
    }
    let speed = configuration.instanceClass.speed
    let span = Self.statementProcessing.sample(stream) * (Double(work.cost.roundTrips) * statementSlowdown / speed)
    await simulation.sleep(span, Self.statementEvent)
    processors.release()
    work.trace?.addPast(.databaseProcessor, since: began)
    try backend.checkSignals()
    guard !work.isAbandoned() else { throw .clientLost }
    guard !(isStorageFull && work.cost.isWrite) else { throw .storageFull }
    try perform(work, backend)
    committed += 1
    guard work.cost.isWrite else { return }
    backend.activity.wait(for: BackendActivity.logFlush)
    let flush = Self.commit.sample(stream) * (commitSlowdown * (standby?.isUp == true ? 1 : Self.singleZoneShare))
    work.trace?.add(.commit, flush)
    flushes.count += 1
    flushes.total += flush
    await simulation.sleep(flush, Self.commitEvent)
  }

  /// The SQL, at one instant.
  private func perform(_ work: PostgresWork, _ backend: Backend) throws(PostgresError) {
    executing = backend.activity
    defer { executing = nil }
    do { try work.cost.isWrite ? store.write { try work.body(store) } : store.read { try work.body(store) } } catch {
      throw PostgresError(from: error)
    }
    // A session that ended itself; only one that reads can.
    if !work.cost.isWrite { try backend.checkSignals() }
  }

  /// Share of a commit's time that is left when there is no standby to wait for.
  static let singleZoneShare = 0.4

  private func awaitTables(_ work: PostgresWork, _ backend: Backend) async throws(PostgresError) {
    guard work.cost.isWrite, let tableLock else { return }
    backend.activity.wait(for: BackendActivity.tableLock)
    do { try await tableLock.pass(deadline: work.deadline, scope: backend.signals) } catch {
      try backend.checkSignals()
      throw .lockTimeout
    }
    backend.activity.wait(for: nil)
  }
}
