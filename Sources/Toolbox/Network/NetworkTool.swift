import AWSModel
import NetworkModel
import SimulationKernel

/// A program that speaks over the modelled network from the host on which it is started: from the engineer's workstation in the
/// region's network, or from a pod.
@Simulated
package struct NetworkTool: ToolCommand {
  package let name: String
  private let body: @Simulated (NetworkCall) async -> CommandResult

  init(_ name: String, _ body: @escaping @Simulated (NetworkCall) async -> CommandResult) {
    self.name = name
    self.body = body
  }

  /// Every program, by its name: `kubectl exec` and `kubectl debug` find theirs here.
  package static let all: [NetworkTool] = [
    NetworkTool("psql") { await Psql($0).run() }, NetworkTool("curl") { await Curl.run($0) },
    NetworkTool("dig") { await NameTools.dig($0) }, NetworkTool("nslookup") { await NameTools.nslookup($0) },
    NetworkTool("host") { await NameTools.host($0) }, NetworkTool("nc") { await Netcat.run($0) },
    NetworkTool("openssl") { await OpenSSL.run($0) },
  ]

  /// The names, for whoever only wants to know them.
  nonisolated package static let names = ["psql", "curl", "dig", "nslookup", "host", "nc", "openssl"]

  /// Starting a process takes about this long.
  static let startTime = TimeSpan.milliseconds(8)
  nonisolated static let event: EventName = "tool.network"

  package func run(_ arguments: [String], on host: any ToolHost) async -> CommandResult {
    guard let network = host.network else {
      return CommandResult(errors: "\(name): Network is unreachable\n", exitCode: 1)
    }
    await host.simulation.sleep(Self.startTime, Self.event)
    return await body(NetworkCall(name: name, arguments: arguments, source: nil, network: network, host: host))
  }

  /// Runs it in a place such as a pod.
  package func run(_ arguments: [String], from source: Host, on host: any ToolHost) async -> CommandResult {
    guard let network = host.network else {
      return CommandResult(errors: "\(name): Network is unreachable\n", exitCode: 1)
    }
    await host.simulation.sleep(Self.startTime, Self.event)
    return await body(NetworkCall(name: name, arguments: arguments, source: source, network: network, host: host))
  }
}

/// One call of a network tool.
@Simulated
struct NetworkCall {
  let name: String
  let arguments: [String]
  /// Where it runs; `nil` for the workstation of the region that it speaks to.
  let source: Host?
  let network: Network
  let host: any ToolHost

  var simulation: Simulation { host.simulation }

  /// The host from which a destination is spoken to.
  func origin(toward destination: String) -> Host? { source ?? host.workstation(toward: destination) }

  /// The name server that a host asks, and its address: the second of the VPC, or the cluster's service.
  func resolver(of origin: Host) -> (system: NameSystem, address: String) {
    if let server = origin.resolver.server { return (server, origin.resolver.serverAddress) }
    let bits = origin.address.bits & 0xFFFF_0000
    return (network.names(of: origin.zone.region), IPv4Address(bits: bits + 2).description)
  }

  /// Whether a name is an address.
  static func isAddress(_ text: String) -> Bool { IPv4Address(text) != nil }
}
