import Documents
import Glibc
import Reports
import Runbooks
import Scenarios
import SimulationKernel
import TwinWorld

/// `twin check`.
enum CheckCommand {
  static func run(_ arguments: [String]) -> ExitCode {
    do {
      return try run(try CheckOptions(arguments))
    } catch let mistake as RunOptions.Mistake {
      Console.error("twin: \(mistake.message)\n")
    } catch let list as DiagnosticList {
      Console.error(list.description + "\n")
    } catch let error as CheckRunner.InternalError {
      Console.error("twin: internal error: \(error.message)\n")
      return .internalError
    } catch {
      Console.error("twin: internal error: \(error)\n")
      return .internalError
    }
    return .usage
  }

  private static func run(_ options: CheckOptions) throws -> ExitCode {
    let began = wallSeconds()
    let report = CheckReport(usesColour: options.usesColour, isQuiet: options.isQuiet)
    var entries: [JSONValue] = []
    var code = ExitCode.success
    for file in try runbooks(options.paths) {
      let runbook = try Runbook.load(file)
      let scenarios = try scenarios(for: runbook, options)
      if scenarios.isEmpty, !options.onlyLints {
        throw RunOptions.Mistake(
          message:
            "no scenario belongs to \(file); name one with --scenario, or in its front matter (twin: {scenarios: […]})")
      }
      var checks: [JSONValue] = []
      if options.format == .text { Console.output(report.header(file)) }
      var findings: [JSONValue] = []
      if options.onlyLints {
        findings = Simulated.perform {
          RunbookLint(runbook, platform: scenarios.first?.platform, exists: { access($0, R_OK) == 0 }).findings()
        }.map(\.json)
      } else {
        for entry in scenarios {
          let check = try CheckRunner(runbook: runbook, entry: entry, seed: options.seed ?? entry.scenario.seed).run()
          if options.format == .text { Console.output(report.check(check)) }
          checks.append(check)
        }
      }
      let verdict = verdict(checks, findings)
      let entry: JSONValue = [
        "file": .string(file), "alert": .string(runbook.alert), "verdict": .string(verdict.word),
        "findings": .array(findings), "checks": .array(checks),
      ]
      if options.format == .text { Console.output(report.ending(entry)) }
      entries.append(entry)
      code = code.combined(verdict.code)
    }
    let document = checkDocument(entries, wallSeconds: ((wallSeconds() - began) * 100).rounded() / 100)
    switch options.format {
    case .text: break
    case .json: Console.output(document.jsonText(JSONLayout(indent: 2)) + "\n")
    case .junit: Console.output(junitText(checks: entries))
    case .md: Console.output(markdownText(checks: entries))
    }
    return code
  }

  /// A runbook passes when it restores in one of its scenarios and does no harm in the others.
  private static func verdict(_ checks: [JSONValue], _ findings: [JSONValue]) -> (word: String, code: ExitCode) {
    let words = checks.map { $0["verdict"]?.string ?? "" }
    if words.contains("fail") || findings.contains(where: { $0["severity"]?.string == "error" }) {
      return ("fail", .notHeld)
    }
    if checks.isEmpty || words.contains("pass") { return ("pass", .success) }
    return (words.contains("unproven") ? "unproven" : "invalid", .invalidRun)
  }

  // MARK: Files

  private static func runbooks(_ paths: [String]) throws -> [String] {
    var files: [String] = []
    for path in paths {
      guard isFolder(path) else {
        files.append(path)
        continue
      }
      let folder = path.hasSuffix("/") ? path : path + "/"
      let found = ScenarioFiles.names(in: path).filter { $0.hasSuffix(".md") }.map { folder + $0 }
      guard !found.isEmpty else { throw RunOptions.Mistake(message: "there are no runbooks in \(path)") }
      files += found
    }
    return files
  }

  /// The scenarios that a runbook is checked against: those named, those of its front matter, or those that are about its alert.
  private static func scenarios(for runbook: Runbook, _ options: CheckOptions) throws -> [LoadedScenario] {
    if !options.scenarios.isEmpty { return try options.scenarios.map { try ScenarioFiles.load($0) } }
    let folder = runbook.file.lastIndex(of: "/").map { String(runbook.file[...$0]) } ?? ""
    if !runbook.settings.scenarios.isEmpty {
      return try runbook.settings.scenarios.map {
        try ScenarioFiles.load($0.value.hasPrefix("/") ? $0.value : folder + $0.value)
      }
    }
    let places = ["scenarios", folder + "../../scenarios", folder + "../scenarios", folder]
    for place in places where isFolder(place) {
      let found = ScenarioFiles.names(in: place).filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
        .map { "\(place)/\($0)" }.filter { isAbout(runbook, $0) }
      if !found.isEmpty { return try found.map { try ScenarioFiles.load($0) } }
    }
    return []
  }

  /// Whether a scenario's drill names the runbook, or its page the alert.
  private static func isAbout(_ runbook: Runbook, _ file: String) -> Bool {
    guard let scenario = try? Scenario.load(file, catalogue: .standard), let drill = scenario.drill else {
      return false
    }
    if let named = drill.runbook?.value {
      let folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
      if let one = realPath(folder + named), one == realPath(runbook.file) { return true }
    }
    return drill.page.split(whereSeparator: \.isWhitespace).contains { $0 == runbook.alert }
  }

  private static func realPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
