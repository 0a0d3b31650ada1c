import SimulationKernel
import Telemetry

/// Who a line of PostgreSQL's log is about.
struct LoggedSession {
  /// Such as `10.10.11.4(41522)`.
  var client: String
  var user: String
  var database: String
  var process: Int
}

// PostgreSQL's log as RDS publishes it: `log_line_prefix` is `%t:%r:%u@%d:[%p]:`, and `log_connections` is off (RDS user guide,
// "RDS for PostgreSQL database log files"; texts from PostgreSQL 15, backend/postmaster/postmaster.c, access/transam/xlog.c).
extension DBInstance {
  /// The log group to which RDS publishes the log.
  package nonisolated var logGroup: String { "/aws/rds/instance/\(configuration.identifier)/postgresql" }

  /// Writes a line; a server without power writes none.
  ///
  /// - Parameter message: with its severity, as a client gets it.
  func log(_ message: String, of session: LoggedSession? = nil, detail: String? = nil) {
    guard primary.isUp, let stream = logStream else { return }
    let time = ClusterClock.timestamp(simulation.now).dropLast().replacing("T", with: " ")
    let who = session.map { "\($0.client):\($0.user)@\($0.database):[\($0.process)]" } ?? ":@:[\(Self.postmaster)]"
    func line(_ text: String) {
      // The log has two spaces behind the severity.
      let colon = text.firstIndex(of: ":") ?? text.endIndex
      stream.write("\(time) UTC:\(who):\(text[..<colon]): \(text[colon...].dropFirst())")
    }
    line(message)
    if let detail { line("DETAIL: \(detail)") }
  }

  private static let postmaster = 394
  /// Process numbers of backends begin above those of the server's own.
  static let firstBackend = 1000

  func logRefusal(_ error: PostgresError, of session: LoggedSession) {
    let detail =
      error.sqlState == "28P01"
      ? "Connection matched pg_hba.conf line 13: \"host all all all scram-sha-256\"" : nil
    log(error.message.hasPrefix("could not") ? "LOG: \(error.message)" : error.message, of: session, detail: detail)
  }

  func logShutdown() {
    for text in [
      "received fast shutdown request", "aborting any active transactions", "shutting down",
      "database system is shut down",
    ] { log("LOG: \(text)") }
  }

  /// - Parameter wasShutDown: false when the server before lost its power.
  func logStart(wasShutDown: Bool) {
    log("LOG: starting PostgreSQL \(configuration.engineVersion) on aarch64-unknown-linux-gnu, 64-bit")
    log("LOG: listening on IPv4 address \"0.0.0.0\", port \(configuration.port)")
    if wasShutDown { return log("LOG: database system was shut down") }
    log("LOG: database system was interrupted")
    log("LOG: database system was not properly shut down; automatic recovery in progress")
  }
}
