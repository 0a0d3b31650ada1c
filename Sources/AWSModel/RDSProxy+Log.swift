import SimulationKernel
import Telemetry

// The proxy's log, group `/aws/rds/proxy/NAME` (RDS user guide, "Monitoring RDS Proxy"). The texts of refused logins and of pinned
// sessions are the service's; other lines carry the error that a client or the proxy met.
extension RDSProxy {
  package nonisolated var logGroup: String { "/aws/rds/proxy/\(configuration.name)" }

  /// - Parameter client: the number of the client's connection, where it is about one.
  func log(_ level: LogLevel, _ text: String, client: Int? = nil) {
    guard let logStream else { return }
    let time = ClusterClock.milliseconds(network.simulation.now)
    let milliseconds = String(1000 + time % 1000).dropFirst()
    let about = client.map { " [clientConnection=\(Self.number($0))]" } ?? ""
    logStream.write(
      "\(ClusterClock.timestamp(network.simulation.now).dropLast()).\(milliseconds)Z [\(level.rawValue)] "
        + "[proxyEndpoint=default]\(about) \(text)")
  }

  enum LogLevel: String { case info = "INFO", warning = "WARN", error = "ERROR" }

  /// Numbers of connections have no order.
  static func number(_ count: Int) -> UInt32 { UInt32(truncatingIfNeeded: (count &* 2_654_435_761) & 0x7fff_ffff) }

  func logRefusedLogin(_ user: String, client: Int) {
    log(
      .info,
      "Proxy authentication with PostgreSQL native password authentication failed for user \"\(user)\" with TLS on. "
        + "Reason: Invalid credentials. If you provided an IAM token, make sure to either use the correct password or "
        + "enable IAM authentication.",
      client: client)
  }

  func logPinned(client: Int, backend: Int) {
    log(
      .warning,
      "The client session was pinned to the database connection [dbConnection=\(Self.number(backend))] for the remainder "
        + "of the session. The proxy can't reuse this connection until the session ends. Reason: SQL changed session "
        + "settings that the proxy doesn't track. Consider moving session configuration to the proxy's initialization "
        + "query.",
      client: client)
  }
}
