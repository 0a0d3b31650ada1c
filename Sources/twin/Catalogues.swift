import Documents
import Faults
import Scenarios
import SimulationKernel
import TwinWorld
import Workloads

/// `twin list`, `show`, `schema` and `version`.
enum Catalogues {
  static let programVersion = "0.1.0"

  static func version() -> ExitCode {
    Console.output("twin \(programVersion)\n")
    return .success
  }

  static func schema(_ arguments: [String]) -> ExitCode {
    guard arguments.isEmpty else { return mistake("schema takes no arguments, found \"\(arguments[0])\"") }
    Console.output(scenarioSchema(catalogue: .standard).jsonText(JSONLayout(indent: 2)) + "\n")
    return .success
  }

  static func list(_ arguments: [String]) -> ExitCode {
    let sections: [(name: String, rows: () -> [(String, String)])] = [
      ("scenarios", scenarios), ("faults", faults), ("platforms", platforms), ("workloads", workloads),
    ]
    guard arguments.count <= 1 else { return mistake("list takes one word, found \"\(arguments[1])\"") }
    if let word = arguments.first {
      guard let section = sections.first(where: { $0.name == word }) else {
        return mistake("list takes one of \(sections.map(\.name).joined(separator: ", ")), found \"\(word)\"")
      }
      Console.output(table(section.rows()))
      return .success
    }
    for section in sections { Console.output("\(section.name)\n\(table(section.rows()))\n") }
    return .success
  }

  static func show(_ arguments: [String]) -> ExitCode {
    guard arguments.count == 1, let name = arguments.first else { return mistake("show takes one name; see twin list") }
    if let verb = FaultCatalogue.standard[name] {
      Console.output(text(verb))
    } else if let row = scenarioFiles().first(where: { $0.name == name }) {
      Console.output(text(row.scenario))
    } else if isFolder("scenarios/platforms/\(name)") {
      return show(platform: "scenarios/platforms/\(name)")
    } else {
      let known = FaultCatalogue.standard.verbs.map(\.name) + scenarioFiles().map(\.name)
      let hint = spellingHint(for: name, among: known).map { "; \($0)" } ?? ""
      return mistake("nothing is called \"\(name)\"\(hint); see twin list")
    }
    return .success
  }

  private static func mistake(_ message: String) -> ExitCode {
    Console.error("twin: \(message)\n")
    return .usage
  }

  private static func table(_ rows: [(String, String)]) -> String {
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { "  \($0.0)\(String(repeating: " ", count: width - $0.0.count + 3))\($0.1)\n" }.joined()
  }

  // MARK: Rows

  private static func scenarioFiles() -> [(name: String, scenario: Scenario)] {
    ScenarioFiles.names(in: "scenarios").filter { $0.hasSuffix(".yaml") }.compactMap { file in
      (try? Scenario.load("scenarios/\(file)", catalogue: .standard)).map { ($0.name.value, $0) }
    }
  }

  private static func scenarios() -> [(String, String)] { scenarioFiles().map { ($0.name, $0.scenario.title) } }
  private static func faults() -> [(String, String)] { FaultCatalogue.standard.verbs.map { ($0.name, $0.summary) } }

  private static func platforms() -> [(String, String)] {
    ScenarioFiles.names(in: "scenarios/platforms").compactMap { name in
      (try? Platform.load("scenarios/platforms/\(name)")).map { (name, $0.title) }
    }
  }

  private static func workloads() -> [(String, String)] { World.programs.map { ($0.name, $0.summary) } }

  private static func text(_ verb: FaultVerb) -> String {
    var text = "\(verb.name)\n  \(verb.summary)\n  target: \(verb.targetKinds.joined(separator: ", "))\n"
    for parameter in verb.parameters {
      text += "  with \(parameter.name)\(parameter.isRequired ? "" : " (optional)"): \(parameter.summary)\n"
    }
    return text
  }

  private static func text(_ scenario: Scenario) -> String {
    var text =
      "\(scenario.name.value)\n  \(scenario.title)\n  \(scenario.file), \(scenario.duration.duration.shortText), platform \(scenario.platform.value)\n"
    for fault in scenario.faults {
      let start = fault.start.map(clockText) ?? fault.at.value.description
      text += "  fault     \(start) \(fault.verb.name) \(fault.target.value)\n"
    }
    for leg in scenario.legs(.all).dropFirst() {
      text += "  \(leg.kind == .trap ? "trap    " : "solution")  \(leg.name)\n"
    }
    return text
  }

  private static func show(platform folder: String) -> ExitCode {
    do throws(DiagnosticList) {
      let platform = try Platform.load(folder)
      var text = "\(platform.name)\n  \(platform.title)\n"
      for region in platform.regions {
        text +=
          "  \(region.name)   \(region.code)   \(region.objects.count) Kubernetes objects, \(region.awsResources.count) AWS resources\n"
      }
      for target in platform.targets.filter({ !$0.contains("/link/") }) { text += "  target  \(target)\n" }
      Console.output(text)
      return .success
    } catch {
      Console.error(error.description + "\n")
      return .usage
    }
  }
}
