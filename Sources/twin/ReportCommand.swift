import Documents
import Reports
import Scenarios
import SimulationKernel

/// `twin report`: what a run or a drill left in its folder, as one HTML page or as the draft of a post-mortem.
enum ReportCommand {
  static let help = """

    options:
      --format html|md  one self-contained page (html), or the draft of a post-mortem
      --leg NAME        only this run of the folder
      -o FILE           where to; - is standard output (DIR/report.html, DIR/report.md, DIR/comparison.html)

    Two folders are compared: of each the drill, else the run that repairs, else the one in which nobody acts.
    A folder is what twin run FILE --out DIR or twin drill leaves; of several scenarios, DIR/NAME.

    """

  private struct Options {
    var folders: [String] = []
    var isMarkdown = false
    var leg: String?
    var output: String?

    init(_ arguments: [String]) throws(RunOptions.Mistake) {
      var rest = arguments[...]
      while let argument = rest.popFirst() {
        switch argument {
        case "--format", "--leg", "-o":
          guard let value = rest.popFirst() else { throw .init(message: "\(argument) needs a value") }
          try set(argument, value)
        case let option where option.hasPrefix("-"):
          throw .init(message: "unknown option \"\(option)\"; see twin report --help")
        default: folders.append(argument)
        }
      }
      guard !folders.isEmpty else { throw .init(message: "report needs the folder of a run (twin run --out DIR)") }
      guard folders.count <= 2 else { throw .init(message: "report takes one folder, or two to compare them") }
      guard folders.count == 1 || !isMarkdown else { throw .init(message: "two runs are compared as html only") }
    }

    private mutating func set(_ option: String, _ value: String) throws(RunOptions.Mistake) {
      switch option {
      case "--leg": leg = value
      case "-o": output = value
      default:
        guard ["html", "md"].contains(value) else {
          throw .init(message: "--format takes html or md, found \"\(value)\"")
        }
        isMarkdown = value == "md"
      }
    }

    var path: String {
      output ?? "\(folders[0])/\(folders.count == 2 ? "comparison.html" : isMarkdown ? "report.md" : "report.html")"
    }
  }

  static func run(_ arguments: [String]) -> ExitCode {
    do {
      let options = try Options(arguments)
      let reports = try options.folders.map { try read($0, leg: options.leg) }
      let text =
        reports.count == 2
        ? htmlText(comparing: reports[0], reports[1], names: (options.folders[0], options.folders[1]))
        : options.isMarkdown ? postMortemText(reports[0]) : htmlText(reports[0])
      guard options.path != "-" else {
        Console.output(text)
        return .success
      }
      try writeFile(options.path, Array(text.utf8))
      Console.output("\(options.path)\n")
      return .success
    } catch {
      Console.error("twin: \((error as? RunOptions.Mistake)?.message ?? "\(error)")\n")
      return .usage
    }
  }

  // MARK: Reading

  private static func read(_ folder: String, leg: String?) throws -> IncidentReport {
    let scenario = try scenario(in: folder)
    var results = scenario["runs"]?.array ?? []
    if let leg {
      let known = results.compactMap { $0["name"]?.string }
      results = results.filter { $0["name"]?.string == leg }
      guard !results.isEmpty else {
        throw RunOptions.Mistake(
          message: "\(folder): has no run \"\(leg)\"; there are \(known.joined(separator: ", "))")
      }
    }
    let drill = try? parseJSON(try readFile("\(folder)/score.json"))
    let runs = try Simulated.perform {
      try results.map { result in
        let kind = result["kind"]?.string ?? ""
        let isOwn = ["untouched", "drill"].contains(kind)
        let path = isOwn ? "\(folder)/twin.db" : "\(folder)/legs/\(result["name"]?.string ?? "")/twin.db"
        return IncidentReport.Run(
          result: result, record: try IncidentRecord(path), drill: kind == "drill" ? drill : nil)
      }
    }
    guard !runs.isEmpty else { throw RunOptions.Mistake(message: "\(folder)/run.json: holds no run") }
    return IncidentReport(scenario: scenario, runs: runs)
  }

  /// The entry in `run.json`, which is in the folder above where several scenarios ran.
  private static func scenario(in folder: String) throws -> JSONValue {
    let trimmed = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    let name = trimmed.split(separator: "/").last.map(String.init) ?? ""
    let own = "\(folder)/run.json"
    let path = isFile(own) ? own : "\(folder)/../run.json"
    guard isFile(path) else { throw RunOptions.Mistake(message: "\(own): there is no run here (twin run --out DIR)") }
    let document: JSONValue
    do { document = try parseJSON(try readFile(path)) } catch {
      throw RunOptions.Mistake(message: "\(path): cannot be read: \(error)")
    }
    let scenarios = document["scenarios"]?.array ?? []
    if path == own, scenarios.count == 1 { return scenarios[0] }
    guard path != own, let found = scenarios.first(where: { $0["name"]?.string == name }) else {
      let names = scenarios.compactMap { $0["name"]?.string }.map { "\(trimmed)/\($0)" }
      throw RunOptions.Mistake(message: "\(folder): holds several runs; name one of \(names.joined(separator: ", "))")
    }
    return found
  }
}
