import AWSModel
import ClusterOperators
import KubernetesModel
import NetworkModel
import SimulationKernel
import Telemetry
import TwinWorld

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
  /// The monitoring of the region that a URL's host names; `nil` for a host that is not known.
  func monitoring(at url: String) -> MonitoringStack?
  /// The bytes of a file; relative paths begin at the scenario's folder.
  func readFile(_ path: String) -> [UInt8]?
  /// Writes a file in place of what may be there.
  ///
  /// - Returns: false for a path that it does not keep.
  func writeFile(_ path: String, _ content: [UInt8]) -> Bool
  /// The platform's repository, whose working tree is the current directory; `nil` where there is none.
  var repository: GitRepository? { get }
  /// A path as the repository knows it, from its root; the root itself is empty. `nil` for what lies outside.
  func repositoryPath(_ path: String) -> String?
  /// The network on which it can be reached; `nil` where there is none.
  var network: Network? { get }
  /// The engineer's machine in the network of the region to which a name or an address belongs.
  func workstation(toward destination: String) -> Host?
  /// What a command reads as its standard input; empty at a terminal.
  var standardInput: [UInt8] { get }
  /// A variable of the environment, such as `PGPASSWORD`.
  func environment(_ name: String) -> String?
  /// Where somebody sees at once what a command prints that goes on; `nil` where its output goes into a pipe or a file.
  var screen: Screen? { get }
}

extension ToolHost {
  package func monitoring(at url: String) -> MonitoringStack? { nil }
  package func writeFile(_ path: String, _ content: [UInt8]) -> Bool { false }
  package var repository: GitRepository? { nil }
  package func repositoryPath(_ path: String) -> String? { nil }
  package var network: Network? { nil }
  package func workstation(toward destination: String) -> Host? { nil }
  package var standardInput: [UInt8] { [] }
  package func environment(_ name: String) -> String? { nil }
  package var screen: Screen? { nil }
}

/// What the commands of one line have printed so far, for who looks on while they run.
@Simulated
package final class Screen {
  package private(set) var text = ""

  package nonisolated init() {}

  func write(_ text: String) { self.text += text }

  /// A command has ended: what it printed and has not written yet is added.
  ///
  /// - Parameter start: how much stood on the screen when it began, in bytes.
  func complete(_ output: String, from start: Int) {
    let written = text.utf8.dropFirst(start)
    guard output.utf8.starts(with: written) else { return write(output) }
    text += String(decoding: output.utf8.dropFirst(written.count), as: UTF8.self)
  }

  func clear() { text = "" }
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
