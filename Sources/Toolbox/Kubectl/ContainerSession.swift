import AWSModel
import KubernetesModel
import NetworkModel
import SimulationKernel
import Telemetry

/// A container as the programs that run in it see it: its files, its environment, the network from its host.
@Simulated
final class ContainerSession: ToolHost {
  private let base: any ToolHost
  private let cluster: Cluster
  private let namespace: String
  private let pod: String
  private let host: Host
  /// Variables in the order in which `env` prints them.
  private let variables: [(key: String, value: String)]
  private let mounted: @Simulated (String) -> String?
  let standardInput: [UInt8]
  /// Whether the image brings a shell.
  private let hasShell: Bool

  init(_ process: ContainerProcess, of cluster: Cluster, on base: any ToolHost, input: [UInt8] = []) {
    self.base = base
    self.cluster = cluster
    (namespace, pod, host) = (process.namespace, process.pod, process.host)
    variables = Self.environment(process.environment, pod: process.pod)
    mounted = { process.file($0) }
    standardInput = input
    hasShell = PublicImages.holds(process.image)
  }

  /// A debugging container beside others: their network, and nothing of their files.
  init(pod: KubeObject, host: Host, of cluster: Cluster, on base: any ToolHost, image: String) {
    self.base = base
    self.cluster = cluster
    (namespace, self.pod, self.host) = (pod.namespace, pod.name, host)
    variables = Self.environment([:], pod: pod.name)
    mounted = { _ in nil }
    standardInput = []
    hasShell = PublicImages.holds(image)
  }

  private static func environment(_ own: [String: String], pod: String) -> [(key: String, value: String)] {
    let common = [
      ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), ("HOSTNAME", pod),
    ]
    let others = own.sorted { $0.key < $1.key }.filter { member in !common.contains { $0.0 == member.key } }
    let service = [
      ("KUBERNETES_SERVICE_HOST", "172.20.0.1"), ("KUBERNETES_SERVICE_PORT", "443"),
      ("KUBERNETES_SERVICE_PORT_HTTPS", "443"),
    ]
    return common.map { (key: $0.0, value: $0.1) } + others.map { (key: $0.key, value: $0.value) }
      + service.map { (key: $0.0, value: $0.1) } + [(key: "HOME", value: "/root")]
  }

  // MARK: ToolHost

  var simulation: Simulation { base.simulation }
  var journal: Journal { base.journal }
  var contexts: [String] { [] }
  func cluster(context: String) -> Cluster? { nil }
  func region(code: String) -> AWSRegion? { nil }
  var network: Network? { cluster.network }
  func workstation(toward destination: String) -> Host? { host }
  func environment(_ name: String) -> String? { variables.first { $0.key == name }?.value }

  func readFile(_ path: String) -> [UInt8]? {
    if path == "-" || path == "/dev/stdin" { return standardInput }
    return text(of: path).map { Array($0.utf8) }
  }

  /// A mounted file, or one of those that kubelet writes.
  private func text(of path: String) -> String? {
    if let file = mounted(path) { return file }
    switch path {
    case "/etc/resolv.conf":
      let search = host.resolver.searchDomains
      return (search.isEmpty ? "" : "search \(search.joined(separator: " "))\n")
        + "nameserver \(host.resolver.serverAddress)\n"
        + "options ndots:\(host.resolver.ndots)\n"
    case "/etc/hostname": return pod + "\n"
    case "/etc/hosts":
      return "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
        + "\(host.address)\t\(pod)\n"
    case "/var/run/secrets/kubernetes.io/serviceaccount/namespace": return namespace
    default: return nil
    }
  }

  // MARK: Running

  /// Programs that need no network; `sh` only where the image has one.
  nonisolated private static let simple = ["cat", "env", "hostname", "printenv", "sleep"]

  /// Runs a command.
  ///
  /// - Returns: `nil` when there is no such executable.
  func run(_ command: [String]) async -> CommandResult? {
    guard let first = command.first else { return nil }
    let name = first.split(separator: "/").last.map(String.init) ?? first
    let arguments = Array(command.dropFirst())
    if ["sh", "bash", "ash"].contains(name) { return hasShell ? await runShell(arguments) : nil }
    if let tool = NetworkTool.all.first(where: { $0.name == name }) {
      return await tool.run(arguments, from: host, on: self)
    }
    switch name {
    case "env",
      "printenv" where arguments.isEmpty:
      return CommandResult(output: variables.map { "\($0.key)=\($0.value)\n" }.joined())
    case "printenv":
      guard let value = environment(arguments[0]) else { return CommandResult(exitCode: 1) }
      return CommandResult(output: value + "\n")
    case "hostname": return CommandResult(output: pod + "\n")
    case "sleep": return await Sleep().run(arguments, on: self)
    case "cat": return concatenate(arguments)
    default: return nil
    }
  }

  private func concatenate(_ files: [String]) -> CommandResult {
    guard !files.isEmpty else { return CommandResult(output: String(decoding: standardInput, as: UTF8.self)) }
    var result = CommandResult()
    for file in files {
      if let text = text(of: file) {
        result.output += text
      } else {
        result.errors += "cat: \(file): No such file or directory\n"
        result.exitCode = 1
      }
    }
    return result
  }

  private func runShell(_ arguments: [String]) async -> CommandResult {
    guard let place = arguments.firstIndex(of: "-c"), place + 1 < arguments.count else { return CommandResult() }
    let programs: [any ToolCommand] =
      NetworkTool.names.map { SessionCommand(name: $0, session: self) }
      + Self.simple.map { SessionCommand(name: $0, session: self) }
    let others = TextTool.all.filter { tool in !programs.contains { $0.name == tool.name } }
    let shell = Shell(programs + others)
    do throws(ShellSyntaxError) {
      return await shell.run(try ShellScript(parsing: arguments[place + 1]), on: self)
    } catch {
      return CommandResult(errors: "sh: \(error.description)\n", exitCode: 2)
    }
  }
}

/// A program of a container as its shell calls it.
@Simulated
private struct SessionCommand: ToolCommand {
  let name: String
  let session: ContainerSession

  func run(_ arguments: [String], on host: any ToolHost) async -> CommandResult {
    await session.run([name] + arguments) ?? CommandResult(errors: "sh: \(name): not found\n", exitCode: 127)
  }
}
