import Documents
import Drills
import Glibc
import Runbooks
import SQLiteStore
import Scenarios
import SimulationKernel
import Toolbox
import TwinWorld

/// `twin inspect`: a read-only command against a recorded run, or SQL against its record.
enum InspectCommand {
  static let help = """

    options:
      --at T       the instant: 12m30s since T0, <fault-id>+2m, alert+3m, or end (the end of the record)
      --sql QUERY  prints the rows of a query against twin.db, values separated by |
      -- COMMAND   runs a command of the toolbox at that instant, such as kubectl get pods

    The folder of another leg than the untouched one is DIR/legs/NAME.
    """

  private struct Options {
    var folder: String?
    var time: Offset?
    var query: String?
    var command: [String] = []

    init(_ arguments: [String]) throws(RunOptions.Mistake) {
      var rest = arguments[...]
      while let argument = rest.popFirst() {
        let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
        switch argument.hasPrefix("--") ? parts.first ?? argument : argument {
        case "--":
          command = Array(rest)
          rest = []
        case "--at":
          let text = try value("--at", parts, &rest)
          guard let offset = Offset(parsing: text) else {
            throw .init(message: "--at takes a time such as 12m30s, <fault-id>+2m, alert+3m or end, found \"\(text)\"")
          }
          time = offset
        case "--sql": query = try value("--sql", parts, &rest)
        case let option where option.hasPrefix("-"):
          throw .init(message: "unknown option \"\(option)\"; see twin inspect --help")
        default:
          guard folder == nil else {
            throw .init(message: "inspect takes one folder, found \"\(argument)\" as well; a command stands behind --")
          }
          folder = argument
        }
      }
      guard folder != nil else { throw .init(message: "inspect needs the folder of a run (twin run --out DIR)") }
      guard (query == nil) != command.isEmpty else {
        throw .init(message: "inspect needs either --sql QUERY or -- COMMAND")
      }
    }

    private func value(
      _ option: String, _ parts: [String], _ rest: inout ArraySlice<String>
    ) throws(RunOptions.Mistake) -> String {
      guard let value = parts.count > 1 ? parts[1] : rest.popFirst() else {
        throw .init(message: "\(option) needs a value")
      }
      return value
    }
  }

  /// - Returns: the exit code of the command, or 2 when it could not be asked.
  static func run(_ arguments: [String]) -> Int32 {
    do {
      let options = try Options(arguments)
      let record = (options.folder ?? "") + "/twin.db"
      if let query = options.query {
        try printRows(of: query, record)
        return ExitCode.success.rawValue
      }
      if Simulated.perform({ CommandCheck.mayChange(options.command) }) {
        throw RunOptions.Mistake(
          message: "inspect only looks: \(options.command.joined(separator: " ")) may change the platform")
      }
      return try run(options.command, on: record, at: options.time)
    } catch let mistake as RunOptions.Mistake {
      Console.error("twin: \(mistake.message)\n")
    } catch let list as DiagnosticList {
      Console.error(list.description + "\n")
    } catch {
      Console.error("twin: \(error)\n")
    }
    return ExitCode.usage.rawValue
  }

  private static func printRows(of query: String, _ record: String) throws {
    guard isFile(record) else { throw RunOptions.Mistake(message: "\(record): there is no record here") }
    let connection = try SQLiteConnection(.file(path: record, readOnly: true))
    try connection.forEachRow(query) { row in
      let values = (0..<Int32(row.columnCount)).map { row.isNull($0) ? "" : row.text($0) }
      Console.output(values.joined(separator: "|") + "\n")
    }
  }

  private static func run(_ command: [String], on record: String, at time: Offset?) throws -> Int32 {
    try withTemporaryFolder { folder in
      try Simulated.perform {
        let replay = try RunReplay(record)
        let sources = try replay.sources()
        var loaded = try ScenarioFiles.load(try sources.write(below: folder), settings: sources.settings)
        let kind = try replay.legKind()
        // A drill's end is its own; that of other runs may have been cut by --until.
        if kind != .drill { loaded.scenario.duration = min(loaded.scenario.duration, sources.duration) }
        let rehearsal =
          kind == .drill
          ? try drilled(record, loaded, to: sources.duration, at: time)
          : try replay.rehearsal(
            loaded.scenario, platform: loaded.platform, at: time,
            acting: kind == .runbook ? responder(sources, below: folder, on: loaded.platform) : nil)
        let terminal = Terminal(rehearsal.world, folder: "")
        let ended = Reply<CommandResult>(rehearsal.world.simulation)
        rehearsal.world.simulation.spawn("inspect") {
          ended.fulfil(await terminal.run(command.map(quoted).joined(separator: " ")))
        }
        try rehearsal.world.simulation.run(until: { ended.value != nil })
        guard let result = ended.value else { return ExitCode.internalError.rawValue }
        Console.output(result.output)
        Console.error(result.errors)
        return result.exitCode
      }
    }
  }

  /// The last branch of a drill, from its log beside the record.
  @Simulated
  private static func drilled(_ record: String, _ loaded: LoadedScenario, to end: TimeSpan, at time: Offset?) throws
    -> Rehearsal
  {
    let path = record.dropLast("twin.db".count) + DrillSubcommand.logName
    let log = try DrillLog(parsing: try readFile(String(path)), name: String(path))
    return try DrillCourse.session(
      of: log,
      at: { session in
        var timeline = loaded.scenario.timeline
        timeline.alertAt = session.rehearsal.firstPage
        let instant = time.map { timeline.time(of: $0) } ?? end
        guard let instant, instant <= end else {
          throw RunOptions.Mistake(
            message: "\(time?.description ?? "") is behind the end of the record, \(clockText(end))")
        }
        guard instant >= session.pagedAt else {
          throw RunOptions.Mistake(
            message:
              "a drill begins with its page, at \(clockText(session.pagedAt)); twin run --out records what was before")
        }
        return instant
      }, loaded.scenario, platform: loaded.platform
    ).rehearsal
  }

  /// Whoever worked through the run's runbook does it again.
  @Simulated
  private static func responder(
    _ sources: RunSources, below folder: String, on platform: Platform
  ) throws -> RunReplay.ActingLeg {
    let runbook = try Runbook.load("\(folder)/\(sources.runbook ?? "")")
    let pager = Pager(for: runbook.alert, on: platform)
    return RunReplay.ActingLeg { rehearsal in
      guard let page = pager.look(at: rehearsal) else { return false }
      Responder(runbook, page: page, rehearsal: rehearsal).begin()
      return true
    }
  }

  /// A word as the shell reads it back.
  private static func quoted(_ word: String) -> String {
    let plain =
      !word.isEmpty
      && word.utf8.allSatisfy { byte in
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
          || "-_./:=,@%+".utf8.contains(byte)
      }
    return plain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }

  private static func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    var template = Array("/tmp/twin-inspect-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw RunOptions.Mistake(message: "/tmp: \(String(cString: strerror(errno)))")
    }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { remove(folder: folder) }
    return try body(folder)
  }

  private static func remove(folder: String) {
    for name in fileNames(in: folder) ?? [] {
      let path = "\(folder)/\(name)"
      if isFolder(path) { remove(folder: path) } else { unlink(path) }
    }
    rmdir(folder)
  }
}
