import Documents
import SimulationKernel
import Telemetry
import Toolbox
import TwinWorld

/// Looks a runbook through without running it: syntax, commands, flags, names, placeholders, links, alert.
@Simulated
package struct RunbookLint {
  private let runbook: Runbook
  private let platform: Platform?
  private let facts: CommandCheck.Facts?
  /// Whether a file exists.
  private let exists: (String) -> Bool

  /// - Parameters:
  ///   - platform: what names are held against; without one only the runbook itself is looked at.
  package init(
    _ runbook: Runbook, platform: Platform?, exists: @escaping (String) -> Bool
  ) {
    self.runbook = runbook
    self.platform = platform
    self.exists = exists
    facts = platform.map { CommandCheck.Facts($0) }
  }

  /// All findings, by line.
  package func findings() -> [RunbookFinding] {
    var findings = runbook.diagnostics
    if runbook.steps.isEmpty {
      findings.append(
        RunbookFinding(
          .error, line: 1, "lint",
          "no block to run: there is no shell block under Diagnosis, Mitigation or Verification"))
    }
    var bound = runbook.settings.variables.map(\.name)
    for block in runbook.blocks {
      for command in block.commands { findings += check(command, block, &bound) }
      if let name = block.attributes.captureName { bound.append(name) }
      for condition in [block.attributes.when, block.attributes.until].compactMap(\.self) {
        findings += checkCondition(condition, block.line)
      }
    }
    for inline in runbook.inlineCommands { findings += checkInline(inline, bound) }
    for link in runbook.links { findings += checkLink(link) }
    findings += checkAlert()
    var seen: Set<RunbookFinding> = []
    return findings.filter { seen.insert($0).inserted }.sorted { ($0.line, $0.message) < ($1.line, $1.message) }
  }

  // MARK: Commands

  private func isBound(_ name: String, _ bound: [String]) -> Bool {
    let key = Placeholders.key(name)
    return Placeholders.label(key) != nil || bound.contains { Placeholders.key($0) == key }
  }

  private func check(
    _ command: RunbookBlock.Command, _ block: RunbookBlock, _ bound: inout [String]
  ) -> [RunbookFinding] {
    guard block.language != .other else { return [] }
    let severity: RunbookFinding.Severity = block.isStep ? .error : .warning
    var findings: [RunbookFinding] = []
    for occurrence in Placeholders.find(in: command.text) where !isBound(occurrence.key, bound) {
      findings.append(
        RunbookFinding(
          severity, line: command.line + occurrence.lineOffset, "lint", "\(occurrence.text) is never bound"))
    }
    let text = filled(command.text)
    switch block.language {
    case .promql:
      for free in Placeholders.replaceVariables(in: text, { isBound($0, bound) ? "" : nil }).unbound {
        findings.append(
          RunbookFinding(severity, line: command.line + free.lineOffset, "lint", "$\(free.name) is never bound"))
      }
      if let objection = checkQuery(text) {
        findings.append(RunbookFinding(severity, line: command.line, "lint", "PromQL: \(objection)"))
      }
    case .shell, .console: findings += checkScript(text, command.line, severity, &bound)
    case .sql, .other: break
    }
    return findings
  }

  /// Placeholders with a value of `vars` replaced by it, the others by what stands for an unknown word.
  private func filled(_ text: String) -> String {
    Placeholders.replace(in: text) { occurrence in
      runbook.settings.variables.first { Placeholders.key($0.name) == occurrence.key }?.value ?? CommandCheck.unknown
    }
  }

  private func checkScript(
    _ text: String, _ line: Int, _ severity: RunbookFinding.Severity, _ bound: inout [String]
  ) -> [RunbookFinding] {
    let script: ShellScript
    do throws(ShellSyntaxError) { script = try ShellScript(parsing: text) } catch {
      return [RunbookFinding(severity, line: line + error.line - 1, "lint", error.description)]
    }
    var findings: [RunbookFinding] = []
    for free in script.freeVariables where !isBound(free.name, bound) {
      findings.append(RunbookFinding(severity, line: line + free.line - 1, "lint", "$\(free.name) is never bound"))
    }
    bound += script.assignedVariables
    let noFacts = CommandCheck.Facts(contexts: [], regions: [], namespaces: [], objects: [])
    for command in script.knownCommands {
      guard let objection = CommandCheck.objection(to: command.words, facts ?? noFacts) else { continue }
      // Without a platform nothing is known of contexts and regions.
      if facts == nil, objection.contains("there are ") { continue }
      findings.append(RunbookFinding(severity, line: line + command.line - 1, "lint", objection))
    }
    return findings
  }

  private func checkCondition(_ condition: String, _ line: Int) -> [RunbookFinding] {
    var ignored: [String] = []
    if condition.hasPrefix("$ ") { return checkScript(filled(String(condition.dropFirst(2))), line, .error, &ignored) }
    guard let objection = checkQuery(filled(condition)) else { return [] }
    return [RunbookFinding(.error, line: line, "lint", "PromQL: \(objection)")]
  }

  private func checkInline(_ inline: Runbook.PlacedText, _ bound: [String]) -> [RunbookFinding] {
    var bound = bound
    // An ellipsis or a bare verb is prose.
    if inline.text.contains("…") || inline.text.contains("...") { return [] }
    let unbound = Placeholders.find(in: inline.text).filter { !isBound($0.key, bound) }.map {
      RunbookFinding(.warning, line: inline.line, "lint", "\($0.text) in an inline command is never bound")
    }
    let namesVerb = inline.text.split(separator: " ").count > 2
    return unbound + (namesVerb ? checkScript(filled(inline.text), inline.line, .warning, &bound) : [])
  }

  /// What is wrong with PromQL; `nil` when nothing.
  private func checkQuery(_ text: String) -> String? {
    // A name that only a run can tell stands in a string, or for a word.
    let filled = Placeholders.replaceVariables(in: text.replacing(CommandCheck.unknown, with: "x")) { _ in "x" }.text
    do throws(PromQLError) { _ = try ExpressionParser.parse(filled) } catch {
      return error.message
    }
    return nil
  }

  // MARK: Links and the alert

  private func checkLink(_ link: Runbook.PlacedText) -> [RunbookFinding] {
    let target = String(link.text.prefix { $0 != "#" && $0 != "?" })
    guard !target.isEmpty, !target.contains(":"), !target.hasPrefix("//") else { return [] }
    let folder = runbook.file.lastIndex(of: "/").map { String(runbook.file[...$0]) } ?? ""
    if exists(target.hasPrefix("/") ? target : folder + target) { return [] }
    return [RunbookFinding(.error, line: link.line, "lint", "the link \(link.text) leads nowhere")]
  }

  /// Where the platform has alert rules, the runbook's alert is one of them.
  private func checkAlert() -> [RunbookFinding] {
    let alerts = platform?.alertNames ?? []
    guard !alerts.isEmpty, !alerts.contains(runbook.alert) else { return [] }
    let hint = spellingHint(for: runbook.alert, among: alerts).map { "; \($0)" } ?? ""
    return [RunbookFinding(.warning, line: 1, "lint", "no alert of the platform is called \(runbook.alert)\(hint)")]
  }
}

extension CommandCheck.Facts {
  /// What a platform's manifests say.
  package init(_ platform: Platform) {
    let namespaces = platform.regions.flatMap { region in
      let named = region.objects.filter { $0["kind"]?.string == "Namespace" }.compactMap {
        $0.at("metadata", "name")?.string
      }
      let used = region.objects.compactMap { $0.at("metadata", "namespace")?.string }
      return Set(named + used + ["default", "kube-system"]).sorted().map { "\(region.name)/\($0)" }
    }
    self.init(
      contexts: platform.regions.map(\.name), regions: platform.regions.map(\.code), namespaces: namespaces,
      objects: platform.targets.filter { !$0.contains("/link/") })
  }
}
