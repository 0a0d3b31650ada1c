import NetworkModel
import SimulationKernel

/// An RDS control-plane call that the instance's state does not allow.
package struct RDSFault: Error, Hashable, Sendable {
  /// The error code, such as `InvalidDBInstanceState`.
  package var code: String
  package var message: String
}

// Failover, reboot, stop and start, with the times and event messages of the RDS user guide ("Failing over a Multi-AZ DB
// instance", "Amazon RDS event categories and event messages").
extension DBInstance {
  /// From a primary that no longer answers to the decision to fail over.
  static let detection = Distribution.uniform(.seconds(10), .seconds(15))
  /// Recovery of the standby and its promotion.
  static let promotion = Distribution.uniform(.seconds(20), .seconds(40))
  /// A reboot in place.
  static let restart = Distribution.uniform(.seconds(15), .seconds(40))

  nonisolated private static let detectionEvent: EventName = "rds.failover.detect"
  nonisolated private static let promotionEvent: EventName = "rds.failover.promote"
  nonisolated private static let restartEvent: EventName = "rds.restart"

  /// The primary's zone loses power. A Multi-AZ instance fails over by itself; a single-zone one stays away.
  package func losePrimaryZone() {
    primary.powerOff()
    dropSessions()
    journal.degrade(component, effect: "primary in \(primary.zone) does not answer")
    guard standby?.isUp == true else { return }
    simulation.after(Self.detection.sample(stream), Self.detectionEvent) { [self] in promoteStandby() }
  }

  /// Power returns to the zone; a primary that was not replaced serves again.
  package func restorePower(of zone: Zone) {
    for host in [primary, standby].compactMap({ $0 }) where host.zone == zone && !host.isUp {
      host.powerOn()
      if host === primary { restartInPlace(status: .starting) }
    }
  }

  /// `reboot-db-instance`, with or without `--force-failover`.
  package func reboot(forceFailover: Bool) throws(RDSFault) {
    guard status == .available else {
      throw RDSFault(
        code: "InvalidDBInstanceState", message: "Instance \(configuration.identifier) is not in available state.")
    }
    if forceFailover {
      guard let standby else {
        throw RDSFault(
          code: "InvalidParameterCombination", message: "MultiAZ must be enabled to perform a force failover.")
      }
      guard standby.isUp else {
        throw RDSFault(
          code: "InvalidDBInstanceState",
          message: "The standby of \(configuration.identifier) is not available for a failover.")
      }
      promoteStandby()
    } else {
      restartInPlace(status: .rebooting)
    }
  }

  /// `stop-db-instance`.
  package func stop() throws(RDSFault) {
    guard status == .available else {
      throw RDSFault(
        code: "InvalidDBInstanceState", message: "Instance \(configuration.identifier) is not in available state.")
    }
    status = .stopped
    closeListener()
    announce("notification", "DB instance stopped")
    journal.degrade(component, effect: "instance stopped")
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

  private func promoteStandby() {
    guard let successor = standby, successor.isUp, status != .failingOver else { return }
    status = .failingOver
    announce("failover", "Multi-AZ instance failover started.")
    journal.degrade(component, effect: "failing over to \(successor.zone)")
    closeListener()
    simulation.after(Self.promotion.sample(stream), Self.promotionEvent) { [self] in
      standby = primary
      primary = successor
      announce("availability", "DB instance restarted")
      serveAgain()
      announce("failover", "Multi-AZ instance failover completed")
    }
  }

  private func restartInPlace(status: Status) {
    self.status = status
    closeListener()
    journal.degrade(component, effect: "instance \(status.rawValue)")
    simulation.after(Self.restart.sample(stream), Self.restartEvent) { [self] in
      announce("availability", status == .starting ? "DB instance started" : "DB instance restarted")
      serveAgain()
    }
  }

  private func serveAgain() {
    status = .available
    listener = primary.listen(configuration.port, self)
    publishEndpoint()
    journal.recover(component)
  }

  private func closeListener() {
    listener?.close()
    dropSessions()
  }

  /// All backends are gone; nothing is told to clients of a host without power.
  private func dropSessions() {
    listener = nil
    connections = 0
  }
}
