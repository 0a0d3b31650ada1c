import AWSModel
import KubernetesModel
import SimulationKernel
import Telemetry

/// What the commands work on: the world as an engineer's shell reaches it.
@Simulated
package protocol ToolHost: AnyObject {
  var simulation: Simulation { get }
  var journal: Journal { get }
  /// Kube contexts; the first is the current one.
  var contexts: [String] { get }
  /// The cluster of a kube context.
  func cluster(context: String) -> Cluster?
  /// The region of a code such as `eu-south-2`.
  func region(code: String) -> AWSRegion?
  /// The bytes of a file; relative paths begin at the scenario's folder.
  func readFile(_ path: String) -> [UInt8]?
}

/// What a command left behind.
package struct CommandResult: Hashable, Sendable {
  package var output: String
  package var errors: String
  package var exitCode: Int32

  package init(output: String = "", errors: String = "", exitCode: Int32 = 0) {
    self.output = output
    self.errors = errors
    self.exitCode = exitCode
  }
}

/// A program that can be called by its name. A call may take virtual time.
@Simulated
package protocol ToolCommand {
  var name: String { get }
  /// - Parameter arguments: the words after the name.
  func run(_ arguments: [String], on host: any ToolHost) async -> CommandResult
}

/// The programs of an engineer's shell, by their names.
@Simulated
package final class Shell {
  package let commands: [any ToolCommand]

  package init(_ commands: [any ToolCommand] = [Kubectl(), AWSCommandLine(), Sleep()]) { self.commands = commands }

  /// Runs one command line and notes it in the journal. What the shell or the program objects to is in the result.
  package func run(line: String, on host: any ToolHost) async -> CommandResult {
    let start = host.simulation.now
    let result = await execute(line, on: host)
    host.journal.note(
      Journal.CommandEntry(
        at: start, ended: host.simulation.now, line: line, exitCode: result.exitCode, output: result.output,
        errors: result.errors))
    return result
  }

  private func execute(_ line: String, on host: any ToolHost) async -> CommandResult {
    let words: [String]
    do throws(ShellSyntaxError) { words = try shellWords(line) } catch {
      return CommandResult(errors: "bash: \(error.description)\n", exitCode: 2)
    }
    guard let name = words.first else { return CommandResult() }
    guard let command = commands.first(where: { $0.name == name }) else {
      return CommandResult(errors: "bash: \(name): command not found\n", exitCode: 127)
    }
    return await command.run(Array(words.dropFirst()), on: host)
  }
}
