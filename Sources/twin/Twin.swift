import Glibc

/// The program: arguments, exit codes, wiring. Wall time, environment variables and processes exist only here.
@main
struct Twin {
  static func main() {
    signal(SIGINT) { _ in _exit(ExitCode.interrupted.rawValue) }
    signal(SIGPIPE, SIG_IGN)
    let arguments = Array(CommandLine.arguments.dropFirst())
    exit(run(arguments))
  }

  private static func run(_ arguments: [String]) -> Int32 {
    guard let name = arguments.first else {
      Console.error(usage)
      return ExitCode.usage.rawValue
    }
    let rest = Array(arguments.dropFirst())
    if ["--help", "-h", "help"].contains(name) {
      Console.output(usage)
      return ExitCode.success.rawValue
    }
    if name == "--version" { return Catalogues.version().rawValue }
    guard let command = commands.first(where: { $0.name == name }) else {
      let hint = commands.map(\.name).min { distance($0, name) < distance($1, name) } ?? "run"
      Console.error("twin: unknown command \"\(name)\"; is \"\(hint)\" meant? See twin --help.\n")
      return ExitCode.usage.rawValue
    }
    if rest.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
      Console.output("usage: twin \(command.usage)\n\n\(command.summary)\n\(command.options)")
      return ExitCode.success.rawValue
    }
    return command.run(rest)
  }

  private struct Command {
    var name: String
    var usage: String
    var summary: String
    var options = ""
    /// Runs it and returns how the program ends; `inspect` ends as the command that it ran.
    var run: @Sendable ([String]) -> Int32
  }

  private static let commands = [
    Command(
      name: "run", usage: "run FILE... or DIR [options]",
      summary: "Runs scenarios: all legs, expectations, verdict.", options: RunOptions.help
    ) { RunCommand.run($0).rawValue },
    Command(name: "lint", usage: "lint FILE... or DIR", summary: "Tells everything that can be known without running.")
    { LintCommand.run($0).rawValue },
    Command(
      name: "inspect", usage: "inspect DIR [--at T] [--sql QUERY | -- COMMAND]",
      summary: "Runs a read-only command against a recorded run, at any instant of it.", options: InspectCommand.help
    ) { InspectCommand.run($0) },
    Command(
      name: "traces", usage: "traces DIR [options]",
      summary: "Shows requests of a recorded run on their way, as waterfalls or as OTLP.", options: TracesCommand.help
    ) { TracesCommand.run($0).rawValue },
    Command(
      name: "check", usage: "check RUNBOOK.md... or DIR [options]",
      summary: "Runs runbooks against the faults that they are for.", options: CheckOptions.help
    ) { CheckCommand.run($0).rawValue },
    Command(
      name: "report", usage: "report DIR [DIR] [options]",
      summary: "Writes a recorded run, or two compared, as an HTML page or a post-mortem.", options: ReportCommand.help
    ) { ReportCommand.run($0).rawValue },
    Command(
      name: "drill", usage: "drill FILE [options]",
      summary: "Pages you, lets you act in a shell, and shows what came of it.", options: DrillOptions.help
    ) { DrillSubcommand.run($0).rawValue },
    Command(
      name: "grade", usage: "grade TRANSCRIPT or DIR [options]",
      summary: "Works out the score of a drill from its transcript.", options: GradeOptions.help
    ) { DrillSubcommand.grade($0).rawValue },
    Command(
      name: "test-rules", usage: "test-rules FILE...",
      summary: "Runs promtool's unit tests of alerting and recording rules.", options: TestRulesCommand.help
    ) { TestRulesCommand.run($0).rawValue },
    Command(
      name: "list", usage: "list [scenarios|faults|platforms|workloads]", summary: "Lists what there is."
    ) { Catalogues.list($0).rawValue },
    Command(name: "show", usage: "show NAME", summary: "Shows a fault verb, a scenario or a platform.") {
      Catalogues.show($0).rawValue
    },
    Command(name: "schema", usage: "schema", summary: "Prints the JSON Schema of scenario files.") {
      Catalogues.schema($0).rawValue
    },
    Command(name: "version", usage: "version", summary: "Prints the version.") { _ in Catalogues.version().rawValue },
  ]

  private static var usage: String {
    let width = commands.map(\.name.count).max() ?? 0
    let rows = commands.map { "  \($0.name)\(String(repeating: " ", count: width - $0.name.count + 3))\($0.summary)\n" }
      .joined()
    return
      "usage: twin COMMAND [arguments]\n\nRehearses incidents of a payment platform in virtual time.\n\n\(rows)\nSee twin COMMAND --help.\n"
  }

  private static func distance(_ left: String, _ right: String) -> Int {
    abs(left.count - right.count) + zip(left, right).count { $0 != $1 }
  }
}

/// How the program ends. When several apply, the first in the order 70, 130, 2, 3, 4, 1 counts.
enum ExitCode: Int32 {
  case success = 0
  case notHeld = 1
  case usage = 2
  case invalidRun = 3
  case wallLimit = 4
  case internalError = 70
  case interrupted = 130

  private static let precedence: [ExitCode] = [
    .internalError, .interrupted, .usage, .invalidRun, .wallLimit, .notHeld, .success,
  ]

  /// The weightier of two.
  func combined(_ other: ExitCode) -> ExitCode {
    Self.precedence.first { $0 == self || $0 == other } ?? .internalError
  }
}
