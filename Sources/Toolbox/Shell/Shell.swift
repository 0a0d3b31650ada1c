import AWSModel
import ClusterOperators
import KubernetesModel
import NetworkModel
import SimulationKernel
import Telemetry
import TwinWorld

/// The engineer's shell: a session with variables, scratch files and an exit status, and the programs by their names.
///
/// It runs in-process what `ShellScript` reads. Parts of a pipeline run one after the other, each with the whole output of
/// the one before it. Behind it is no file system but the working tree of the platform's repository: what a redirection writes
/// elsewhere is kept for the session.
@Simulated
package final class Shell {
  package let commands: [any ToolCommand]
  /// Variables, exported or not: commands see all of them as their environment.
  package private(set) var variables: [String: String] = [:]
  /// `$?`
  private(set) var status: Int32 = 0
  /// What redirections wrote, by path.
  private(set) var files: [String: [UInt8]] = [:]
  /// `set -e`, `set -u`, `set -o pipefail`.
  var stopsAtFailure = false
  var refusesUnset = false
  var failsWithPipe = false
  /// `exit` was called, a failure stopped the script, or somebody at the keyboard.
  var isStopped: Bool {
    get { wasStopped || isInterrupted }
    set { wasStopped = newValue }
  }
  private var wasStopped = false
  /// Somebody pressed Ctrl-C: nothing more is started, ever.
  private var isInterrupted = false

  package init(_ commands: [any ToolCommand] = Shell.standardCommands) { self.commands = commands }

  /// Everything that can be typed; each shell has its own, because kubectl remembers its context.
  package static var standardCommands: [any ToolCommand] {
    [Kubectl(), AWSCommandLine(), Promtool(), Amtool(), Git(), Sleep(), DateCommand()] + TextTool.all + NetworkTool.all
  }

  /// The names that can be called, in the shell and beside it.
  package var commandNames: [String] { commands.map(\.name) + ShellBuiltin.all.map(\.name) }

  package func set(_ name: String, to value: String?) { variables[name] = value }

  /// Ends what runs, as Ctrl-C does, and the shell with it: what waits goes on to its next command and finds that there is none.
  ///
  /// - Returns: a shell with the same session, in which one can go on.
  func interrupt() -> Shell {
    isInterrupted = true
    let next = Shell(commands)
    next.variables = variables
    next.files = files
    next.status = 130
    return next
  }

  /// Runs one or several command lines and notes them in the journal as one. What the shell or a program objects to is in the
  /// result.
  package func run(line: String, on host: any ToolHost) async -> CommandResult {
    let start = host.simulation.now
    let result: CommandResult
    do throws(ShellSyntaxError) {
      isStopped = false
      result = await run(try ShellScript(parsing: line), on: host, isShown: true)
    } catch {
      status = 2
      result = CommandResult(errors: "bash: \(error.description)\n", exitCode: 2)
    }
    note(line, result, since: start, on: host)
    return result
  }

  /// Runs one list of a script and notes it in the journal.
  package func run(_ item: ShellScript.Item, on host: any ToolHost) async -> CommandResult {
    let start = host.simulation.now
    isStopped = false
    let result = await run(ShellScript(items: [item]), on: host, isShown: true)
    note(item.text, result, since: start, on: host)
    return result
  }

  private func note(_ line: String, _ result: CommandResult, since start: Instant, on host: any ToolHost) {
    host.journal.note(
      Journal.CommandEntry(
        at: start, ended: host.simulation.now, line: line, exitCode: result.exitCode, output: result.output,
        errors: result.errors))
  }

  // MARK: Lists and pipelines

  /// - Parameter isShown: whether its output goes to the screen.
  func run(
    _ script: ShellScript, on host: any ToolHost, input: [UInt8] = [], isShown: Bool = false
  ) async -> CommandResult {
    var result = CommandResult()
    for item in script.items {
      await run(item.first, on: host, input: input, isShown: isShown, into: &result)
      for link in item.rest where !isStopped {
        guard link.isAnd == (status == 0) else { continue }
        await run(link.pipeline, on: host, input: input, isShown: isShown, into: &result)
      }
      if stopsAtFailure, status != 0, item.rest.isEmpty { isStopped = true }
      if isStopped { break }
    }
    result.exitCode = status
    return result
  }

  private func run(
    _ pipeline: ShellScript.Pipeline, on host: any ToolHost, input: [UInt8], isShown: Bool,
    into result: inout CommandResult
  ) async {
    var input = input
    var worst: Int32 = 0
    for (place, command) in pipeline.commands.enumerated() {
      let isLast = place + 1 == pipeline.commands.count
      let step = await run(command, on: host, input: input, isShown: isShown && isLast)
      result.errors += step.errors
      if step.exitCode != 0 { worst = step.exitCode }
      status = failsWithPipe ? worst : step.exitCode
      if isLast { result.output += step.output } else { input = Array(step.output.utf8) }
    }
  }

  private func run(
    _ command: ShellScript.Command, on host: any ToolHost, input: [UInt8], isShown: Bool
  ) async -> CommandResult {
    switch command {
    case .simple(let simple): return await run(simple, on: host, input: input, isShown: isShown)
    case .loop(let loop):
      var result = CommandResult()
      for word in await fields(loop.words, on: host, &result) where !isStopped {
        variables[loop.name] = word
        let pass = await run(
          loop.body, on: host, input: input, isShown: isShown && loop.redirections.isEmpty)
        result.output += pass.output
        result.errors += pass.errors
        result.exitCode = pass.exitCode
      }
      return await redirect(result, loop.redirections, on: host)
    }
  }

  // MARK: Simple commands

  private func run(
    _ command: ShellScript.Simple, on host: any ToolHost, input: [UInt8], isShown: Bool
  ) async -> CommandResult {
    var expansion = CommandResult(exitCode: 0)
    let words = await fields(command.words, on: host, &expansion)
    var assignments: [(name: String, value: String)] = []
    for assignment in command.assignments {
      assignments.append((assignment.name, await text(assignment.value, on: host, &expansion)))
    }
    if expansion.exitCode == Self.expansionFailed {
      expansion.exitCode = 1
      return expansion
    }
    guard let name = words.first else {
      for assignment in assignments { variables[assignment.name] = assignment.value }
      return await redirect(expansion, command.redirections, on: host)
    }
    var standardInput = input
    for redirection in command.redirections {
      guard let bytes = await inputBytes(redirection, on: host, &expansion) else { continue }
      standardInput = bytes
    }
    if expansion.exitCode == Self.expansionFailed {
      expansion.exitCode = 1
      return expansion
    }
    // Assignments before a command are its own.
    let kept = assignments.map { ($0.name, variables[$0.name]) }
    for assignment in assignments { variables[assignment.name] = assignment.value }
    let screen = isShown && command.redirections.isEmpty ? host.screen : nil
    let process = ShellProcess(self, host, input: standardInput, screen: screen)
    let shown = screen?.text.utf8.count ?? 0
    var result = await start(name, Array(words.dropFirst()), in: process)
    screen?.complete(result.output, from: shown)
    for (name, value) in kept { variables[name] = value }
    result.errors = expansion.errors + result.errors
    return await redirect(result, command.redirections, on: host)
  }

  /// Calls a program or a builtin.
  func start(_ name: String, _ arguments: [String], in process: ShellProcess) async -> CommandResult {
    if isInterrupted { return CommandResult(exitCode: 130) }
    if let builtin = ShellBuiltin.all.first(where: { $0.name == name }) {
      return await builtin.run(self, arguments, process)
    }
    guard let command = commands.first(where: { $0.name == name }) else {
      let text =
        name.contains("/") ? "bash: \(name): No such file or directory\n" : "bash: \(name): command not found\n"
      return CommandResult(errors: text, exitCode: 127)
    }
    return await command.run(arguments, on: process)
  }

  // MARK: Redirections

  private func inputBytes(
    _ redirection: ShellScript.Redirection, on host: any ToolHost, _ expansion: inout CommandResult
  ) async -> [UInt8]? {
    switch redirection {
    case .text(let word): return Array(await text(word, on: host, &expansion).utf8)
    case .input(let word):
      let path = await text(word, on: host, &expansion)
      if let bytes = contents(of: path, on: host) { return bytes }
      expansion.errors += "bash: \(path): No such file or directory\n"
      expansion.exitCode = Self.expansionFailed
      return nil
    case .file, .duplicate: return nil
    }
  }

  /// Takes the streams where redirections send them, from left to right as a shell does.
  private func redirect(
    _ result: CommandResult, _ redirections: [ShellScript.Redirection], on host: any ToolHost
  ) async -> CommandResult {
    guard !redirections.isEmpty else { return result }
    enum Sink { case output, errors, file(String) }
    var sinks: [Int: Sink] = [1: .output, 2: .errors]
    var expansion = CommandResult()
    for redirection in redirections {
      switch redirection {
      case .file(let descriptor, let word, let appends):
        let path = await text(word, on: host, &expansion)
        if !appends { write([], to: path, on: host) }
        sinks[descriptor] = .file(path)
      case .duplicate(let from, let to): sinks[from] = sinks[to]
      case .input, .text: break
      }
    }
    var redirected = CommandResult(exitCode: result.exitCode)
    for (descriptor, text) in [(2, result.errors), (1, result.output)] {
      switch sinks[descriptor] {
      case .errors: redirected.errors += text
      case .file(let path): write((contents(of: path, on: host) ?? []) + Array(text.utf8), to: path, on: host)
      case .output, nil: redirected.output += text
      }
    }
    return redirected
  }

  private func write(_ content: [UInt8], to path: String, on host: any ToolHost) {
    if path != "/dev/null", !host.writeFile(path, content) { files[path] = content }
  }

  /// A file of the session, or of the host.
  func contents(of path: String, on host: any ToolHost) -> [UInt8]? {
    path == "/dev/null" ? [] : files[path] ?? host.readFile(path)
  }

  /// The exit code of an expansion that keeps its command from running.
  static let expansionFailed: Int32 = -1

  /// Forgets what a subshell set.
  func restore(_ variables: [String: String]) { self.variables = variables }
}

/// A program that runs in a shell: it sees the session's files, its variables, and its own standard input.
@Simulated
final class ShellProcess: ToolHost {
  let shell: Shell
  let base: any ToolHost
  let standardInput: [UInt8]
  let screen: Screen?

  init(_ shell: Shell, _ base: any ToolHost, input: [UInt8], screen: Screen? = nil) {
    self.shell = shell
    self.base = base
    standardInput = input
    self.screen = screen
  }

  var simulation: Simulation { base.simulation }
  var journal: Journal { base.journal }
  var contexts: [String] { base.contexts }
  func cluster(context: String) -> Cluster? { base.cluster(context: context) }
  func region(code: String) -> AWSRegion? { base.region(code: code) }
  var network: Network? { base.network }
  func workstation(toward destination: String) -> Host? { base.workstation(toward: destination) }
  func monitoring(at url: String) -> MonitoringStack? { base.monitoring(at: url) }
  func environment(_ name: String) -> String? { shell.variables[name] ?? base.environment(name) }
  var repository: GitRepository? { base.repository }
  func repositoryPath(_ path: String) -> String? { base.repositoryPath(path) }
  func writeFile(_ path: String, _ content: [UInt8]) -> Bool { base.writeFile(path, content) }

  /// `-` and `/dev/stdin` are the standard input.
  func readFile(_ path: String) -> [UInt8]? {
    path == "-" || path == "/dev/stdin" ? standardInput : shell.contents(of: path, on: base)
  }
}
