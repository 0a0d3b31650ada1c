import Documents
import SimulationKernel

/// A probe of a container.
package struct ProbeSpec: Hashable, Sendable {
  package enum Kind: String, Sendable { case startup = "Startup", liveness = "Liveness", readiness = "Readiness" }

  package enum Action: Hashable, Sendable {
    case httpGet(path: String, port: UInt16)
    case tcpSocket(port: UInt16)
    case exec(command: [String])
  }

  package var kind: Kind
  package var action: Action
  package var initialDelay: TimeSpan
  package var period: TimeSpan
  package var timeout: TimeSpan
  package var failureThreshold: Int
  package var successThreshold: Int
  /// For a restart after failure; `nil` for the pod's.
  package var gracePeriod: TimeSpan?

  /// - Returns: `nil` when the container has no such probe, or one of a kind that is not modelled (gRPC).
  init?(_ kind: Kind, of container: JSONValue) {
    guard let json = container[kind.rawValue.lowercased() + "Probe"], let action = Self.action(json, container) else {
      return nil
    }
    self.kind = kind
    self.action = action
    initialDelay = .seconds(json["initialDelaySeconds"]?.number ?? 0)
    period = .seconds(max(1, json["periodSeconds"]?.number ?? 10))
    timeout = .seconds(max(1, json["timeoutSeconds"]?.number ?? 1))
    failureThreshold = Int(json["failureThreshold"]?.integer ?? 3)
    successThreshold = Int(json["successThreshold"]?.integer ?? 1)
    gracePeriod = json["terminationGracePeriodSeconds"]?.number.map { .seconds($0) }
  }

  private static func action(_ json: JSONValue, _ container: JSONValue) -> Action? {
    if let get = json["httpGet"] {
      return .httpGet(path: get["path"]?.string ?? "/", port: port(get["port"], container))
    }
    if let socket = json["tcpSocket"] { return .tcpSocket(port: port(socket["port"], container)) }
    if let exec = json["exec"] {
      return .exec(command: (exec["command"]?.array ?? []).compactMap(\.string))
    }
    return nil
  }

  /// A port by number or by the name of a container port.
  private static func port(_ value: JSONValue?, _ container: JSONValue) -> UInt16 {
    if let number = value?.integer { return UInt16(clamping: number) }
    let named = container["ports"]?.array?.first { $0["name"] == value }
    return UInt16(clamping: named?["containerPort"]?.integer ?? 0)
  }
}

/// What a preStop hook does.
package enum PreStopHook: Hashable, Sendable {
  case sleep(TimeSpan)
  case exec([String])

  /// `exec` of `sleep N` is a sleep whatever the image holds.
  init?(_ json: JSONValue?) {
    if let seconds = json?.at("sleep", "seconds")?.number {
      self = .sleep(.seconds(seconds))
      return
    }
    let command = (json?.at("exec", "command")?.array ?? []).compactMap(\.string)
    guard !command.isEmpty else { return nil }
    let words = command.flatMap { $0.split(separator: " ") }
    if let index = words.firstIndex(where: { $0 == "sleep" || $0.hasSuffix("/sleep") }), index + 1 < words.count,
      let seconds = Double(words[index + 1])
    {
      self = .sleep(.seconds(seconds))
    } else {
      self = .exec(command)
    }
  }
}

/// What kubelet needs of a container's spec.
package struct ContainerSpec: Sendable {
  package var name: String
  package var image: String
  /// `Always`, `IfNotPresent` or `Never`.
  package var pullPolicy: String
  package var json: JSONValue
  /// Cores; `nil` for no limit.
  package var cpuLimit: Double?
  /// Cores.
  package var cpuRequest: Double
  /// Bytes; `nil` for no limit.
  package var memoryLimit: Int64?
  /// Bytes.
  package var memoryRequest: Int64
  package var probes: [ProbeSpec]
  package var preStop: PreStopHook?
  /// The last lines of the log become the termination message of a failed run.
  package var showsLogOnFailure: Bool
  /// An init container that keeps running beside the others (`restartPolicy: Always`).
  package var isSidecar: Bool

  init(_ json: JSONValue) {
    self.json = json
    name = json["name"]?.string ?? ""
    image = json["image"]?.string ?? ""
    pullPolicy = json["imagePullPolicy"]?.string ?? "IfNotPresent"
    let limits = json.at("resources", "limits")
    cpuLimit = limits?["cpu"].flatMap { try? Quantity($0) }?.doubleValue
    memoryLimit = limits?["memory"].flatMap { try? Quantity($0) }?.value
    memoryRequest =
      json.at("resources", "requests", "memory").flatMap { try? Quantity($0) }?.value ?? memoryLimit ?? 0
    cpuRequest = json.at("resources", "requests", "cpu").flatMap { try? Quantity($0) }?.doubleValue ?? cpuLimit ?? 0
    probes = [.startup, .liveness, .readiness].compactMap { ProbeSpec($0, of: json) }
    preStop = PreStopHook(json.at("lifecycle", "preStop"))
    showsLogOnFailure = json["terminationMessagePolicy"]?.string == "FallbackToLogsOnError"
    isSidecar = json["restartPolicy"]?.string == "Always"
  }

  package func hasProbe(_ kind: ProbeSpec.Kind) -> Bool { probes.contains { $0.kind == kind } }

  /// `command` and `args`.
  package var arguments: [String] {
    ((json["command"]?.array ?? []) + (json["args"]?.array ?? [])).compactMap(\.string)
  }
}
