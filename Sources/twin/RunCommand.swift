import Documents
import Glibc
import Reports
import Runbooks
import Scenarios
import SimulationKernel
import TwinWorld

/// `twin run`.
enum RunCommand {
  static func run(_ arguments: [String]) -> ExitCode {
    do {
      let options = try RunOptions(arguments)
      return try run(options)
    } catch let mistake as RunOptions.Mistake {
      Console.error("twin: \(mistake.message)\n")
    } catch let list as DiagnosticList {
      Console.error(list.description + "\n")
    } catch {
      Console.error("twin: \(error)\n")
    }
    return .usage
  }

  private static func run(_ options: RunOptions) throws -> ExitCode {
    let began = wallSeconds()
    var code = ExitCode.success
    var loaded: [LoadedScenario] = []
    for file in try ScenarioFiles.find(options.files) {
      do throws(DiagnosticList) {
        var entry = try ScenarioFiles.load(file, settings: options.settings)
        if let until = options.until { entry.scenario.duration = min(entry.scenario.duration, TimeSpan(until)) }
        if options.folder != nil {
          do throws(FileError) {
            entry.sources = try RunSources(entry.scenario, runbook: options.runbook, settings: options.settings)
          } catch {
            throw DiagnosticList([Diagnostic(at: SourceMark(file: error.path), "cannot be read: \(error.reason)")])
          }
        }
        if options.tags.isEmpty || !Set(options.tags).isDisjoint(with: entry.scenario.tags) { loaded.append(entry) }
      } catch {
        Console.error(error.description + "\n")
        code = .usage
      }
    }
    guard code == .success else { return code }
    if let shard = options.shard {
      loaded = loaded.enumerated().filter { $0.offset % shard.count == shard.index - 1 }.map(\.element)
    }
    if case .named(let name) = options.selection, !loaded.contains(where: { hasLeg($0.scenario, name) }) {
      let names = loaded.flatMap { ($0.scenario.solutions + $0.scenario.traps).map(\.name.value) }
      throw RunOptions.Mistake(
        message: "no solution or trap is called \"\(name)\"; there are \(names.joined(separator: ", "))")
    }
    try prepareFolder(options.folder)
    let runbook = try options.runbook.map { try Runbook.load($0) }
    var results: [ScenarioResult] = []
    for entry in loaded {
      let runner = ScenarioRunner(
        entry, options: options, runbook: runbook, isOnly: loaded.count == 1, began: began)
      guard let (result, ending) = runner.run() else { return .internalError }
      code = code.combined(ending)
      results.append(result)
    }
    try write(results, options, wallSeconds() - began)
    return code
  }

  private static func hasLeg(_ scenario: Scenario, _ name: String) -> Bool {
    (scenario.solutions + scenario.traps).contains { $0.name.value == name }
  }

  private static func prepareFolder(_ folder: String?) throws {
    guard let folder else { return }
    try makeFolder(folder)
  }

  static func makeFolder(_ folder: String) throws {
    var path = folder.hasPrefix("/") ? "/" : ""
    for part in folder.split(separator: "/") {
      path += part + "/"
      guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
        throw RunOptions.Mistake(message: "--out \(folder): \(String(cString: strerror(errno)))")
      }
    }
    guard isFolder(folder) else { throw RunOptions.Mistake(message: "--out \(folder): is not a folder") }
  }

  private static func write(_ results: [ScenarioResult], _ options: RunOptions, _ wall: Double) throws {
    let document = resultDocument(results, wallSeconds: (wall * 100).rounded() / 100)
    switch options.format {
    case .text: break  // Written as it came.
    case .json: Console.output(document.jsonText(JSONLayout(indent: 2)) + "\n")
    case .jsonl: for result in results { Console.output(result.json.jsonText() + "\n") }
    case .junit: Console.output(junitText(results))
    case .md: Console.output(markdownText(results))
    }
    guard let folder = options.folder else { return }
    try writeFile("\(folder)/run.json", Array((document.jsonText(JSONLayout(indent: 2)) + "\n").utf8))
    try writeFile("\(folder)/junit.xml", Array(junitText(results).utf8))
  }
}
