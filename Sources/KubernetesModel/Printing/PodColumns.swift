import Documents
import SimulationKernel

/// The columns READY, STATUS and RESTARTS of a pod (pkg/printers/internalversion/printers.go, `printPod`).
package struct PodColumns: Hashable, Sendable {
  package var ready: String
  package var status: String
  package var restarts: String

  package init(_ pod: KubeObject, now: Instant) {
    let containers = pod.spec["containers"]?.array ?? []
    let statuses = pod.status["containerStatuses"]?.array ?? []
    var reason = pod.status["reason"]?.string ?? pod.status["phase"]?.string ?? "Unknown"
    var hasRunning = false
    var readyCount = 0
    for container in statuses.reversed() {
      if let waiting = container.at("state", "waiting", "reason")?.string, !waiting.isEmpty {
        reason = waiting
      } else if let terminated = container.at("state", "terminated") {
        reason = Self.reason(of: terminated)
      } else if container["ready"]?.bool == true, container.at("state", "running") != nil {
        hasRunning = true
        readyCount += 1
      }
    }
    if reason == "Completed", hasRunning {
      reason = pod.condition("Ready")?["status"]?.string == "True" ? "Running" : "NotReady"
    }
    if pod.isTerminating { reason = pod.status["reason"]?.string == "NodeLost" ? "Unknown" : "Terminating" }
    ready = "\(readyCount)/\(containers.count)"
    status = reason
    restarts = Self.restarts(statuses, now)
  }

  private static func reason(of terminated: JSONValue) -> String {
    if let reason = terminated["reason"]?.string, !reason.isEmpty { return reason }
    if let signal = terminated["signal"]?.integer, signal != 0 { return "Signal:\(signal)" }
    return "ExitCode:\(terminated["exitCode"]?.integer ?? 0)"
  }

  private static func restarts(_ statuses: [JSONValue], _ now: Instant) -> String {
    let count = statuses.reduce(0) { $0 + ($1["restartCount"]?.integer ?? 0) }
    let last = statuses.compactMap { $0.at("lastState", "terminated", "finishedAt")?.string }.max()
    guard count > 0, let last else { return String(count) }
    return "\(count) (\(age(of: last, at: now)) ago)"
  }
}
