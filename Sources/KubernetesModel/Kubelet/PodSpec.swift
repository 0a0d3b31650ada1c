import Documents
import SimulationKernel

/// A probe of a container.
package struct ProbeSpec: Hashable, Sendable {
  package enum Kind: String, Sendable { case startup = "Startup", liveness = "Liveness", readiness = "Readiness" }

  package enum Action: Hashable, Sendable {
    case httpGet(path: String, port: UInt16)
    case tcpSocket(port: UInt16)
  }

  package var kind: Kind
  package var action: Action
  package var initialDelay: TimeSpan
  package var period: TimeSpan
  package var timeout: TimeSpan
  package var failureThreshold: Int
  package var successThreshold: Int
}

/// What kubelet needs of a container's spec.
package struct ContainerSpec: Sendable {
  package var name: String
  package var image: String
  package var json: JSONValue
  /// Cores; `nil` for no limit.
  package var cpuLimit: Double?
  /// Bytes; `nil` for no limit.
  package var memoryLimit: Int64?
  package var probes: [ProbeSpec]
  /// Sleep of a preStop hook (`sleep` action, or `exec` of `sleep N`).
  package var preStop: TimeSpan

  init(_ json: JSONValue) {
    self.json = json
    name = json["name"]?.string ?? ""
    image = json["image"]?.string ?? ""
    let limits = json.at("resources", "limits")
    cpuLimit = limits?["cpu"].flatMap { try? Quantity($0) }?.doubleValue
    memoryLimit = limits?["memory"].flatMap { try? Quantity($0) }?.value
    probes = [("startupProbe", ProbeSpec.Kind.startup), ("livenessProbe", .liveness), ("readinessProbe", .readiness)]
      .compactMap {
        Self.probe(json[$0.0], $0.1, json)
      }
    let hook = json.at("lifecycle", "preStop")
    let words = (hook?.at("exec", "command")?.array ?? []).compactMap(\.string).flatMap { $0.split(separator: " ") }
    let seconds = hook?.at("sleep", "seconds")?.number ?? words.last.flatMap { Double($0) } ?? 0
    preStop = .seconds(seconds)
  }

  private static func probe(_ json: JSONValue?, _ kind: ProbeSpec.Kind, _ container: JSONValue) -> ProbeSpec? {
    guard let json else { return nil }
    let action: ProbeSpec.Action
    if let get = json["httpGet"] {
      action = .httpGet(path: get["path"]?.string ?? "/", port: port(get["port"], container))
    } else if let socket = json["tcpSocket"] {
      action = .tcpSocket(port: port(socket["port"], container))
    } else {
      return nil
    }
    return ProbeSpec(
      kind: kind, action: action, initialDelay: .seconds(json["initialDelaySeconds"]?.number ?? 0),
      period: .seconds(max(1, json["periodSeconds"]?.number ?? 10)),
      timeout: .seconds(max(1, json["timeoutSeconds"]?.number ?? 1)),
      failureThreshold: Int(json["failureThreshold"]?.integer ?? 3),
      successThreshold: Int(json["successThreshold"]?.integer ?? 1))
  }

  /// A port by number or by the name of a container port.
  private static func port(_ value: JSONValue?, _ container: JSONValue) -> UInt16 {
    if let number = value?.integer { return UInt16(clamping: number) }
    let named = container["ports"]?.array?.first { $0["name"] == value }
    return UInt16(clamping: named?["containerPort"]?.integer ?? 0)
  }
}
