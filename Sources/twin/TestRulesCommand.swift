import Documents
import Telemetry

/// `twin test-rules`: promtool's unit tests of rules, over rule files and PrometheusRule objects.
enum TestRulesCommand {
  static let help = """

    The files are those of promtool test rules. What they list under rule_files are rule files, or manifests with PrometheusRule
    objects. Exit codes: 0 all held, 1 something did not hold, 2 a malformed file.

    """

  static func run(_ arguments: [String]) -> ExitCode {
    guard !arguments.isEmpty, !arguments.contains(where: { $0.hasPrefix("-") }) else {
      Console.error("twin: test-rules takes test files; see twin test-rules --help\n")
      return .usage
    }
    return arguments.reduce(.success) { $0.combined(run(file: $1)) }
  }

  private static func run(file: String) -> ExitCode {
    Console.output("Unit Testing:  \(file)\n")
    let diagnostics = Diagnostics()
    guard let node = readYAML(file, diagnostics).first, let tests = RuleTestFile(node, diagnostics) else {
      return refuse(diagnostics)
    }
    let folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
    var groups: [RuleGroup] = []
    for rules in tests.ruleFiles {
      let path = rules.value.hasPrefix("/") ? rules.value : folder + rules.value
      guard isFile(path) else {
        diagnostics.error(at: rules.mark, "open \(path): no such file or directory")
        continue
      }
      for document in readYAML(path, diagnostics) { groups += Self.groups(document, diagnostics) }
    }
    guard diagnostics.all.isEmpty else { return refuse(diagnostics) }
    let failures = RuleTestRunner(tests, groups: groups).failures()
    guard !failures.isEmpty else {
      Console.output("  SUCCESS\n\n")
      return .success
    }
    Console.output("  FAILED:\n" + failures.joined(separator: "\n") + "\n\n")
    return .notHeld
  }

  /// The groups of a rule file, or of an object; other objects of a manifest have none.
  private static func groups(_ document: Node, _ diagnostics: Diagnostics) -> [RuleGroup] {
    guard document["kind"] != nil else { return RuleGroupReader(diagnostics).groups(document) }
    guard document["kind"]?.string == "PrometheusRule", let spec = document["spec"] else { return [] }
    return RuleGroupReader(diagnostics).groups(spec)
  }

  private static func refuse(_ diagnostics: Diagnostics) -> ExitCode {
    Console.error(diagnostics.all.map { "\($0)\n" }.joined())
    return .usage
  }
}
