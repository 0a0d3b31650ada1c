import Documents
import Faults
import Scenarios
import SimulationKernel
import Toolbox
import TwinWorld

/// A scenario with the platform that it runs on.
struct LoadedScenario {
  var scenario: Scenario
  var platform: Platform
  /// The files that it was read from; only where a record is to be kept.
  var sources: RunSources?
}

/// Finds and reads scenario files.
enum ScenarioFiles {
  /// The files that arguments mean; a folder means the scenario files directly in it.
  static func find(_ arguments: [String]) throws(DiagnosticList) -> [String] {
    var files: [String] = []
    for argument in arguments {
      guard isFolder(argument) else {
        files.append(argument)
        continue
      }
      let folder = argument.hasSuffix("/") ? argument : argument + "/"
      let found = names(in: argument).filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.map { folder + $0 }
      guard !found.isEmpty else {
        throw DiagnosticList([Diagnostic(at: SourceMark(file: argument), "there are no scenario files in this folder")])
      }
      files += found
    }
    return files
  }

  /// The names in a folder; none when it cannot be read.
  static func names(in folder: String) -> [String] { fileNames(in: folder) ?? [] }

  /// Reads a scenario and its platform and checks one against the other.
  ///
  /// - Returns: the scenario, and the warnings.
  static func load(_ file: String, settings: [(key: String, value: String)] = []) throws(DiagnosticList)
    -> LoadedScenario
  {
    let scenario: Scenario
    if settings.isEmpty {
      scenario = try Scenario.load(file, catalogue: .standard)
    } else {
      scenario = try load(file, changedBy: settings)
    }
    let platform = try Platform.load(scenario.platformPath)
    let facts = PlatformFacts(platform, commands: Terminal.commands.map(\.name))
    let findings = scenario.lint(against: facts)
    guard !findings.contains(where: { $0.severity == .error }) else { throw DiagnosticList(findings) }
    return LoadedScenario(scenario: scenario, platform: platform)
  }

  private static func load(_ file: String, changedBy settings: [(key: String, value: String)]) throws(DiagnosticList)
    -> Scenario
  {
    guard var document = try parseYAML(try readSource(file), file: file).first else {
      throw DiagnosticList([Diagnostic(at: SourceMark(file: file), "the file is empty; a scenario was expected")])
    }
    for setting in settings { document = try document.setting(setting.key, to: setting.value) }
    return try Scenario.decode(document, catalogue: .standard)
  }
}
