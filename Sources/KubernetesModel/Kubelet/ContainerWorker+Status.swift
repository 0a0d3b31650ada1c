import Documents
import SimulationKernel

// How the API shows a container.
extension ContainerWorker {
  /// The entry of `status.containerStatuses`.
  var statusJSON: JSONValue {
    var status: JSONValue = [
      "name": .string(spec.name), "image": .string(spec.image),
      "imageID": .string(process == nil ? "" : "\(repository)@sha256:\(Self.digest(spec.image))"),
      "ready": .bool(isInit ? hasSucceeded : isReady), "started": .bool(isStarted), "restartCount": .integer(restarts),
      "state": stateJSON, "lastState": [:],
    ]
    if let last { status["lastState"] = ["terminated": json(last)] }
    if process != nil { status["containerID"] = .string(containerID(restarts)) }
    return status
  }

  var hasSucceeded: Bool { if case .terminated(let end) = state { end.code == 0 } else { false } }

  /// For the phase of the pod.
  var phaseInput: PodPhaseDecision.ContainerState {
    switch state {
    case .waiting: last == nil ? .waiting : .stopped(succeeded: last?.code == 0)
    case .running: .running
    case .terminated(let end): .stopped(succeeded: end.code == 0)
    }
  }

  private var repository: String {
    let slash = spec.image.lastIndex(of: "/") ?? spec.image.startIndex
    return String(spec.image[..<(spec.image[slash...].firstIndex(of: ":") ?? spec.image.endIndex)])
  }

  private func containerID(_ run: Int64) -> String { "containerd://" + runtimeID(run) }

  /// The runtime's own name of a run of the container.
  func runtimeID(_ run: Int64) -> String { Self.digest("\(pod.uid)/\(spec.name)/\(run)") }

  /// 64 hexadecimal digits that stand for a text.
  private static func digest(_ text: String) -> String {
    (0..<4).map { part in
      let digits = String(fnv1a("\(part)/\(text)".utf8), radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  private var stateJSON: JSONValue {
    switch state {
    case .waiting(let reason, let message):
      var waiting: JSONValue = ["reason": .string(reason)]
      if !message.isEmpty { waiting["message"] = .string(message) }
      return ["waiting": waiting]
    case .running(let since): return ["running": ["startedAt": .string(ClusterClock.timestamp(since))]]
    case .terminated(let termination): return ["terminated": json(termination)]
    }
  }

  private func json(_ termination: Termination) -> JSONValue {
    var json: JSONValue = ["exitCode": .integer(Int64(termination.code)), "reason": .string(termination.reason)]
    if !termination.message.isEmpty { json["message"] = .string(termination.message) }
    json["startedAt"] = .string(ClusterClock.timestamp(termination.started))
    json["finishedAt"] = .string(ClusterClock.timestamp(termination.finished))
    return json
  }
}
