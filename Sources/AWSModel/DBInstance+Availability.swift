import NetworkModel
import SimulationKernel

/// An RDS control-plane call that the instance's state does not allow.
package struct RDSFault: AWSFault, Hashable, Sendable {
  /// The error code, such as `InvalidDBInstanceState`.
  package var code: String
  package var message: String

  package init(code: String, message: String) {
    self.code = code
    self.message = message
  }
}

// Failover, reboot, stop and start, with the times, reasons and event messages of the RDS user guide ("Failing over a Multi-AZ DB
// instance", "Amazon RDS event categories and event messages").
extension DBInstance {
  /// From a primary that no longer answers to the decision to fail over.
  static let detection = Distribution.uniform(.seconds(10), .seconds(15))
  /// Recovery of the standby and its promotion.
  static let promotion = Distribution.uniform(.seconds(20), .seconds(40))
  /// A reboot in place.
  static let restart = Distribution.uniform(.seconds(15), .seconds(40))
  static let stopping = Distribution.uniform(.seconds(20), .seconds(40))
  /// The last part of each of them, in which the server listens and replays its log.
  static let recovery = TimeSpan.seconds(3)

  nonisolated private static let detectionEvent: EventName = "rds.failover.detect"
  nonisolated private static let promotionEvent: EventName = "rds.failover.promote"
  nonisolated private static let restartEvent: EventName = "rds.restart"
  nonisolated private static let stopEvent: EventName = "rds.stop"

  /// Runs the next step of a transition, unless another one begins before.
  private func step(after span: TimeSpan, _ event: EventName, _ body: @escaping @Simulated () -> Void) {
    transition += 1
    let own = transition
    simulation.after(span, event) { [self] in
      if transition == own { body() }
    }
  }

  // MARK: Zones

  /// A zone loses power. A Multi-AZ instance whose primary stood there fails over by itself; without its standby it goes on.
  package func loseZone(_ zone: Zone) {
    if primary.zone == zone { losePrimaryZone() }
    if standby?.zone == zone { standby?.powerOff() }
  }

  /// The primary's zone loses power. A Multi-AZ instance fails over by itself; a single-zone one stays away.
  package func losePrimaryZone() {
    guard primary.isUp else { return }
    primary.powerOff()
    dropSessions()
    journal.degrade(component, effect: "primary in \(primary.zone) does not answer")
    guard status != .stopped, status != .stopping else { return }
    detectLoss()
  }

  private func detectLoss() {
    guard standby?.isUp == true else { return }
    step(after: Self.detection.sample(stream), Self.detectionEvent) { [self] in
      guard !primary.isUp else { return }
      promoteStandby(
        "The primary host of the RDS Multi-AZ instance is unreachable due to loss of network connectivity.")
    }
  }

  /// Power returns to the zone; a primary that was not replaced serves again.
  package func restorePower(of zone: Zone) {
    for host in [primary, standby].compactMap({ $0 }) where host.zone == zone && !host.isUp {
      host.powerOn()
      if host === primary, [.available, .rebooting, .starting].contains(status) {
        restartInPlace(status: .starting)
      } else if host === standby, !primary.isUp, status == .available {
        detectLoss()
      }
    }
  }

  // MARK: Calls

  /// `reboot-db-instance`, with or without `--force-failover`.
  package func reboot(forceFailover: Bool) throws(RDSFault) {
    try requireAvailable()
    guard forceFailover else { return restartInPlace(status: .rebooting) }
    guard let standby else {
      throw RDSFault(
        code: "InvalidParameterCombination",
        message: "Cannot reboot the instance with force failover option for a non-Multi-AZ instance.")
    }
    guard standby.isUp else {
      throw RDSFault(
        code: "InvalidDBInstanceState",
        message: "Instance \(configuration.identifier) cannot fail over: its secondary is not available.")
    }
    promoteStandby("The user requested a failover of the DB instance.")
  }

  /// `stop-db-instance`: `stopping` for about half a minute, then `stopped`.
  package func stop() throws(RDSFault) {
    try requireAvailable()
    status = .stopping
    closeListener()
    journal.degrade(component, effect: "instance stopped")
    step(after: Self.stopping.sample(stream), Self.stopEvent) { [self] in
      status = .stopped
      announce("notification", "DB instance stopped")
    }
  }

  /// `start-db-instance`.
  package func start() throws(RDSFault) {
    guard status == .stopped else {
      throw RDSFault(
        code: "InvalidDBInstanceState",
        message: "Instance \(configuration.identifier) is not stopped, it cannot be started.")
    }
    restartInPlace(status: .starting)
  }

  private func requireAvailable() throws(RDSFault) {
    guard status == .available else {
      throw RDSFault(
        code: "InvalidDBInstanceState", message: "Instance \(configuration.identifier) is not in available state.")
    }
  }

  // MARK: Transitions

  private func promoteStandby(_ reason: String) {
    guard let successor = standby, successor.isUp else { return }
    status = .failingOver
    announce("failover", "Multi-AZ instance failover started.")
    announce("failover", reason)
    journal.degrade(component, effect: "failing over to \(successor.zone)")
    closeListener()
    step(after: Self.promotion.sample(stream) - Self.recovery, Self.promotionEvent) { [self] in
      standby = primary
      primary = successor
      publishEndpoint()
      listener = primary.listen(configuration.port, self)
      logStart(wasShutDown: false)
      step(after: Self.recovery, Self.promotionEvent) { [self] in
        announce("availability", "DB instance restarted")
        becomeAvailable()
        announce("failover", "Multi-AZ instance failover completed")
      }
    }
  }

  private func restartInPlace(status: Status) {
    self.status = status
    closeListener()
    journal.degrade(component, effect: "instance \(status.rawValue)")
    step(after: Self.restart.sample(stream) - Self.recovery, Self.restartEvent) { [self] in
      guard primary.isUp else { return }
      listener = primary.listen(configuration.port, self)
      logStart(wasShutDown: true)
      step(after: Self.recovery, Self.restartEvent) { [self] in
        announce("availability", status == .starting ? "DB instance started" : "DB instance restarted")
        becomeAvailable()
      }
    }
  }

  private func becomeAvailable() {
    status = .available
    log("LOG: database system is ready to accept connections")
    publishEndpoint()
    journal.recover(component)
  }

  /// A fast shutdown: sessions are told so, and new connections refused.
  private func closeListener() {
    if listener?.isOpen == true { logShutdown() }
    listener?.stopAccepting()
    dropSessions()
  }

  /// All backends are gone.
  private func dropSessions() {
    listener = nil
    connections = 0
    backends = []
    renewOthers()
  }
}
