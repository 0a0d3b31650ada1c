import AWSModel
import Documents
import KubernetesModel
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
  package let shell = Shell()

  package init(_ world: World, folder: String) {
    self.world = world
    self.folder = folder
  }

  /// The commands by name: programs first, then what the shell does itself.
  nonisolated package static let commands: [(name: String, summary: String)] =
    [
      ("kubectl", "look at and change a cluster"), ("aws", "look at and change a region's AWS resources"),
      ("sleep", "wait"), ("date", "the time in the twin"),
    ] + TextTool.names.map { ($0, "text") } + ShellBuiltin.names.map { ($0, "the shell's own") }

  /// Types one line and waits for it to end, in virtual time. What was typed and printed goes into the journal.
  package func run(_ line: String) async -> CommandResult { await shell.run(line: line, on: self) }

  package var simulation: Simulation { world.simulation }
  package var journal: Journal { world.journal }
  /// A region's kube context has the region's name.
  package var contexts: [String] { world.regions.map(\.name) }
  package func cluster(context: String) -> Cluster? { world.region(context)?.cluster }
  package func region(code: String) -> AWSRegion? { world.regions.first { $0.code == code }?.aws }
  package func readFile(_ path: String) -> [UInt8]? {
    bytes(of: path.hasPrefix("/") ? path : folder + path)
  }
}

/// A file's bytes; apart from the class because its own `readFile` has the same name.
private func bytes(of path: String) -> [UInt8]? { try? readFile(path) }
