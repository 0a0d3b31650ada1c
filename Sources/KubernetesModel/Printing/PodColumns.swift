import Documents
import SimulationKernel

/// The columns READY, STATUS and RESTARTS of a pod (upstream: pkg/printers/internalversion/printers.go, `printPod`).
package struct PodColumns: Hashable, Sendable {
  package private(set) var ready: String
  package private(set) var status: String
  package private(set) var restarts: String

  /// - Parameter pod: the pod's JSON; only `spec`, `status` and `metadata.deletionTimestamp` are looked at.
  package init(_ pod: JSONValue, now: Instant) {
    var summary = Summary(pod)
    summary.readInitContainers()
    if !summary.isInitialising || summary.isInitialised { summary.readContainers() }
    ready = "\(summary.readyCount)/\(summary.total)"
    status = summary.finalReason
    restarts = String(summary.restarts.count)
    if summary.restarts.count > 0, let last = summary.restarts.last {
      restarts += " (\(age(since: last, now: now)) ago)"
    }
  }
}

/// The walk over a pod's containers.
private struct Summary {
  /// Restarts and the time of the last; timestamps of one form are ordered as text.
  struct Restarts {
    var count: Int64 = 0
    var last: String?

    mutating func add(_ container: JSONValue) {
      count += container["restartCount"]?.integer ?? 0
      guard let ended = container.at("lastState", "terminated", "finishedAt")?.string else { return }
      last = max(last ?? "", ended)
    }
  }

  let pod: JSONValue
  let status: JSONValue
  let initSpecs: [JSONValue]
  var reason: String
  var total: Int
  var readyCount = 0
  var restarts = Restarts()
  var sidecarRestarts = Restarts()
  var isInitialising = false

  init(_ pod: JSONValue) {
    self.pod = pod
    status = pod["status"] ?? [:]
    initSpecs = pod.at("spec", "initContainers")?.array ?? []
    total = (pod.at("spec", "containers")?.array ?? []).count
    reason = status["phase"]?.string ?? ""
    if let own = status["reason"]?.string, !own.isEmpty { reason = own }
    if Self.condition(status, "PodScheduled")?["reason"]?.string == "SchedulingGated" { reason = "SchedulingGated" }
    total += initSpecs.filter(Self.isSidecar).count
  }

  static func condition(_ status: JSONValue, _ type: String) -> JSONValue? {
    status["conditions"]?.array?.first { $0["type"]?.string == type }
  }

  private static func isSidecar(_ spec: JSONValue) -> Bool { spec["restartPolicy"]?.string == "Always" }

  var isInitialised: Bool { Self.condition(status, "Initialized")?["status"]?.string == "True" }

  mutating func readInitContainers() {
    for (index, container) in (status["initContainerStatuses"]?.array ?? []).enumerated() {
      let isSidecar = initSpecs.first { $0["name"] == container["name"] }.map(Self.isSidecar) ?? false
      restarts.add(container)
      if isSidecar { sidecarRestarts.add(container) }
      let terminated = container.at("state", "terminated")
      if terminated?["exitCode"]?.integer == 0 { continue }
      if isSidecar, container["started"]?.bool == true {
        if container["ready"]?.bool == true { readyCount += 1 }
        continue
      }
      let waiting = container.at("state", "waiting", "reason")?.string ?? ""
      if let terminated {
        reason = "Init:" + Self.ending(terminated)
      } else if !waiting.isEmpty, waiting != "PodInitializing" {
        reason = "Init:" + waiting
      } else {
        reason = "Init:\(index)/\(initSpecs.count)"
      }
      isInitialising = true
      return
    }
  }

  mutating func readContainers() {
    restarts = sidecarRestarts
    var hasRunning = false
    for container in (status["containerStatuses"]?.array ?? []).reversed() {
      restarts.add(container)
      if let waiting = container.at("state", "waiting", "reason")?.string, !waiting.isEmpty {
        reason = waiting
      } else if let terminated = container.at("state", "terminated") {
        reason = Self.ending(terminated)
      } else if container["ready"]?.bool == true, container.at("state", "running") != nil {
        hasRunning = true
        readyCount += 1
      }
    }
    if reason == "Completed", hasRunning {
      reason = Self.condition(status, "Ready")?["status"]?.string == "True" ? "Running" : "NotReady"
    }
  }

  private static func ending(_ terminated: JSONValue) -> String {
    if let reason = terminated["reason"]?.string, !reason.isEmpty { return reason }
    if let signal = terminated["signal"]?.integer, signal != 0 { return "Signal:\(signal)" }
    return "ExitCode:\(terminated["exitCode"]?.integer ?? 0)"
  }

  var finalReason: String {
    guard pod.at("metadata", "deletionTimestamp")?.string != nil else { return reason }
    if status["reason"]?.string == "NodeLost" { return "Unknown" }
    return ["Succeeded", "Failed"].contains(status["phase"]?.string) ? reason : "Terminating"
  }
}
