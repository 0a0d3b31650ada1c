import AWSModel
import ClusterOperators
import Documents
import KubernetesModel
import NetworkModel
import SimulationKernel
import Telemetry
import TwinWorld

/// Where commands are typed: a world, and the folder to which file names are relative.
@Simulated
package final class Terminal: ToolHost {
  package let world: World
  /// Ends with a slash, or is empty.
  package let folder: String
  /// The session: its variables last as long as the terminal.
  package private(set) var shell = Shell()
  /// What the line that runs, or ran last, has printed so far, without errors.
  package private(set) var output = Screen()
  package var screen: Screen? { output }

  private var workstations: [Host] = []

  package init(_ world: World, folder: String) {
    self.world = world
    self.folder = folder
  }

  /// The commands by name: programs first, then what the shell does itself.
  nonisolated package static let commands: [(name: String, summary: String)] =
    [
      ("kubectl", "look at and change a cluster"), ("aws", "look at and change a region's AWS resources"),
      ("promtool", "query a region's Prometheus"), ("amtool", "alerts and silences of a region's Alertmanager"),
      ("git", "the history of the platform's manifests"), ("sleep", "wait"), ("date", "the time in the twin"),
    ] + NetworkTool.names.map { ($0, "speak to a host over the network") } + TextTool.names.map { ($0, "text") }
    + ShellBuiltin.names.map { ($0, "the shell's own") }

  /// Types one line and waits for it to end, in virtual time. What was typed and printed goes into the journal.
  package func run(_ line: String) async -> CommandResult {
    output.clear()
    return await shell.run(line: line, on: self)
  }

  /// Ends the line that runs, as Ctrl-C does: what it does is seen by nobody, and nothing of the rest of it begins. Another line can
  /// be typed at once.
  ///
  /// - Returns: what it had printed.
  package func interrupt() -> String {
    shell = shell.interrupt()
    defer { output = Screen() }
    return output.text
  }

  /// Types one list of a script.
  package func run(_ item: ShellScript.Item) async -> CommandResult { await shell.run(item, on: self) }

  package var simulation: Simulation { world.simulation }
  package var journal: Journal { world.journal }
  /// A region's kube context has the region's name.
  package var contexts: [String] { world.regions.map(\.name) }
  package func cluster(context: String) -> Cluster? { world.region(context)?.cluster }
  package func region(code: String) -> AWSRegion? { world.regions.first { $0.code == code }?.aws }
  package var network: Network? { world.network }

  package func monitoring(at url: String) -> MonitoringStack? {
    let parts = hostName(url).split(separator: ".")
    return world.regions.first { region in parts.contains { $0 == region.name || $0 == region.code } }?.monitoring
  }

  /// A machine in a private subnet with the security groups of the cluster's nodes, as a session manager's session on a node has;
  /// it comes into being when it is first used.
  package func workstation(toward destination: String) -> Host? {
    guard let region = region(of: destination) else { return nil }
    let name = "\(region.name)/bastion"
    if let known = workstations.first(where: { $0.name == name }) { return known }
    guard let place = region.aws.allocateAddress(tier: "private", zone: nil) else { return nil }
    let machine = world.network.addHost(
      name: name, address: place.address, zone: place.zone, roles: ["bastion"],
      securityGroups: region.aws.clusterSecurityGroups)
    workstations.append(machine)
    return machine
  }

  /// The region whose network has the address or whose names have the name; the first one for what none knows.
  private func region(of destination: String) -> Region? {
    let known = world.regions.first { region in
      if let address = IPv4Address(destination) { return region.aws.vpcs.contains { $0.block.contains(address) } }
      return world.network.names(of: region.code)[destination] != nil
    }
    return known ?? world.regions.first { destination.contains($0.code) } ?? world.regions.first
  }

  // MARK: Files

  package var repository: GitRepository? { world.repository }

  /// A file of the working tree, or one beside the scenario.
  package func readFile(_ path: String) -> [UInt8]? {
    if let inside = repositoryPath(path), let blob = world.repository.workingTree[inside] { return blob.content }
    return bytes(of: path.hasPrefix("/") ? path : folder + path)
  }

  package func writeFile(_ path: String, _ content: [UInt8]) -> Bool {
    guard let inside = repositoryPath(path), !inside.isEmpty else { return false }
    world.repository.workingTree[inside] = FileTree.Blob(content)
    return true
  }

  /// The working tree is the current directory; it is also found under the platform's own path.
  package func repositoryPath(_ path: String) -> String? {
    let full = normal(path.hasPrefix("/") ? path : folder + path)
    if let root = normal(world.platform.folder), let full, full == root || full.hasPrefix(root + "/") {
      return String(full.dropFirst(root.count + 1))
    }
    return path.hasPrefix("/") ? nil : normal(path)
  }

  /// A path without `.`, `..` and doubled slashes; `nil` for one that leads out of where it begins.
  private func normal(_ path: String) -> String? {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part != ".." {
        parts.append(part)
      } else if parts.popLast() == nil {
        return nil
      }
    }
    return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
  }
}

/// A file's bytes; apart from the class because its own `readFile` has the same name.
private func bytes(of path: String) -> [UInt8]? { try? readFile(path) }
