import Documents
import Drills
import Glibc
import Scenarios
import SimulationKernel

/// `twin drill` and `twin grade`.
enum DrillSubcommand {
  /// The log in a drill's folder.
  static let logName = "drill.jsonl"
  /// What the drill came to.
  static let resultName = "score.json"

  static func run(_ arguments: [String]) -> ExitCode {
    reporting {
      let options = try DrillOptions(arguments)
      return try drill(options)
    }
  }

  static func grade(_ arguments: [String]) -> ExitCode {
    reporting {
      let options = try GradeOptions(arguments)
      let bytes = try readFile(options.transcript)
      let log = try DrillLog(parsing: bytes, name: options.transcript)
      let loaded = try ScenarioFiles.load(options.scenario ?? log.setup.scenario)
      let results = try Simulated.perform {
        let baseline = try DrillBaseline(loaded.platform, file: options.baseline)
        let course = try DrillCourse(resuming: log, loaded.scenario, platform: loaded.platform, atPage: baseline.begin)
        return try Self.results(of: course, baseline)
      }
      Console.output(
        options.isJSON
          ? results.json(withScore: true).jsonText(JSONLayout(indent: 2)) + "\n" : results.text(withScore: true))
      return .success
    }
  }

  private static func reporting(_ body: () throws -> ExitCode) -> ExitCode {
    do {
      return try body()
    } catch let mistake as RunOptions.Mistake {
      Console.error("twin: \(mistake.message)\n")
    } catch let list as DiagnosticList {
      Console.error(list.description + "\n")
    } catch let error as FileError {
      Console.error("twin: \(error.path): \(error.reason)\n")
    } catch let error as DrillLog.Malformed {
      Console.error("twin: \(error)\n")
    } catch let error as DrillSession.Failure {
      Console.error("twin: \(error)\n")
    } catch {
      Console.error("twin: internal error: \(error)\n")
      return .internalError
    }
    return .usage
  }

  // MARK: A drill

  private static func drill(_ options: DrillOptions) throws -> ExitCode {
    if options.isCheck { return try DrillCheck.run(options) }
    if let folder = options.instructed { return InstructorTerminal.run(folder) }
    if let folder = options.resumed {
      let path = "\(folder)/\(logName)"
      let log = try DrillLog(parsing: try readFile(path), name: path)
      let loaded = try ScenarioFiles.load(log.setup.scenario)
      guard !log.isOver else {
        throw RunOptions.Mistake(
          message: "\(folder): this drill has come to its end; twin grade \(folder) shows its score again")
      }
      return try Simulated.perform {
        let file = try DrillLogFile(folder, isNew: false)
        let baseline = try DrillBaseline(loaded.platform, file: options.baseline)
        let course = try DrillCourse(resuming: log, loaded.scenario, platform: loaded.platform, atPage: baseline.begin)
        return try play(course, loaded, baseline, folder, file, options, isResumed: true)
      }
    }
    let loaded = try ScenarioFiles.load(options.file ?? "")
    let setup = DrillSetup(
      scenario: options.file ?? "", seed: options.seed ?? loaded.scenario.seed, noise: options.noise,
      pace: options.pace)
    return try Simulated.perform {
      let folder = try options.folder ?? newFolder(for: loaded.scenario)
      guard !isFile("\(folder)/\(logName)") else { throw DrillLogFile.taken(folder) }
      let baseline = try DrillBaseline(loaded.platform, file: options.baseline)
      let course = try DrillCourse(
        loaded.scenario, platform: loaded.platform, setup: setup, atPage: baseline.begin)
      try RunCommand.makeFolder(folder)
      let file = try DrillLogFile(folder, isNew: true)
      return try play(course, loaded, baseline, folder, file, options, isResumed: false)
    }
  }

  @Simulated
  private static func play(
    _ course: DrillCourse, _ loaded: LoadedScenario, _ baseline: DrillBaseline, _ folder: String,
    _ file: DrillLogFile, _ options: DrillOptions, isResumed: Bool
  ) throws -> ExitCode {
    try file.append(course.newLines())
    let player = DrillPlayer(course, file: file, folder: folder, options: options)
    guard try player.play(isResumed: isResumed) else {
      baseline.abandon()
      return .success
    }
    let results = try Self.results(of: course, baseline)
    let json = results.json(withScore: options.showsScore)
    try writeFile("\(folder)/\(resultName)", Array((json.jsonText(JSONLayout(indent: 2)) + "\n").utf8))
    try file.append(json.jsonText() + "\n")
    Console.output(options.isJSON ? json.jsonText() + "\n" : results.text(withScore: options.showsScore))
    try DrillRecord(course: course, loaded: loaded).write(to: folder)
    return .success
  }

  @Simulated
  private static func results(of course: DrillCourse, _ baseline: DrillBaseline) throws -> DrillResults {
    try course.results(
      against: try baseline.counterfactuals(for: course.session, with: course.instructions))
  }

  /// `drills/NAME-1`, or the next number that is free.
  private static func newFolder(for scenario: Scenario) throws -> String {
    for number in 1...9999 {
      let folder = "drills/\(scenario.name.value)-\(number)"
      if !isFolder(folder) { return folder }
    }
    throw RunOptions.Mistake(message: "drills/ is full; name a folder with --out")
  }
}

/// The arguments of `twin grade`.
struct GradeOptions {
  var transcript = ""
  var scenario: String?
  var isJSON = false
  /// Where the runs to compare with are, or are to be kept.
  var baseline: String?

  static let help = """

    options:
      --scenario FILE     the scenario, where it is not where the transcript says
      --baseline FILE     the runs to compare with, as for twin drill
      -o text|json        (text)

    """

  init(_ arguments: [String]) throws(RunOptions.Mistake) {
    var rest = arguments[...]
    func value(_ option: String) throws(RunOptions.Mistake) -> String {
      guard let value = rest.popFirst() else { throw .init(message: "\(option) needs a value") }
      return value
    }
    while let argument = rest.popFirst() {
      switch argument {
      case "--scenario": scenario = try value(argument)
      case "--baseline": baseline = try value(argument)
      case "-o":
        let format = try value(argument)
        guard ["text", "json"].contains(format) else {
          throw .init(message: "-o takes text or json, found \"\(format)\"")
        }
        isJSON = format == "json"
      case _ where argument.hasPrefix("-"):
        throw .init(message: "unknown option \"\(argument)\"; see twin grade --help")
      default:
        guard transcript.isEmpty else { throw .init(message: "grade takes one transcript") }
        transcript = argument
      }
    }
    guard !transcript.isEmpty else {
      throw .init(message: "grade needs a transcript, such as drills/NAME-1/drill.jsonl")
    }
    if isFolder(transcript) { transcript += "/\(DrillSubcommand.logName)" }
  }
}
