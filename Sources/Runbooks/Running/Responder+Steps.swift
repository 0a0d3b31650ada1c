import Documents
import Faults
import Scenarios
import SimulationKernel
import Telemetry
import Toolbox
import TwinWorld

// Running the commands of a block.
extension Responder {
  /// A command to type, with all names in it.
  struct PlannedStep {
    enum Work {
      case script(ShellScript.Item)
      case promql(String)
      /// Cannot be run: why.
      case impossible(String)
    }

    var line: Int
    var text: String
    var work: Work
    var mayChange = false
    /// Whether it looks at the platform, changes it, or waits.
    var touchesPlatform = true
    var output: [String] = []
  }

  /// The commands of a block with their placeholders bound, as far as they can be told before it begins.
  func plan(_ block: RunbookBlock) -> [PlannedStep] {
    block.commands.flatMap { command -> [PlannedStep] in
      var unbound: [PlannedStep] = []
      let text = Placeholders.replace(in: command.text) { binding.value($0.key) }
      for occurrence in Placeholders.find(in: text) {
        unbound.append(
          PlannedStep(
            line: command.line + occurrence.lineOffset, text: command.text,
            work: .impossible("\(occurrence.text) is never bound")))
      }
      if !unbound.isEmpty { return unbound }
      switch block.language {
      case .promql: return [PlannedStep(line: command.line, text: text, work: .promql(text))]
      case .sql: return planned("psql <<'SQL'\n\(text)\nSQL\n", command, offset: -1)
      case .shell, .console: return planned(text, command, offset: 0)
      case .other: return []
      }
    }
  }

  private func planned(_ text: String, _ command: RunbookBlock.Command, offset: Int) -> [PlannedStep] {
    do throws(ShellSyntaxError) {
      let items = try ShellScript(parsing: text).items
      return items.enumerated().map { place, item in
        let words = ShellScript(items: [item]).knownCommands.map(\.words)
        return PlannedStep(
          line: max(command.line, command.line + item.line - 1 + offset), text: item.text, work: .script(item),
          mayChange: words.contains(where: CommandCheck.mayChange),
          touchesPlatform: words.contains { $0.first.flatMap { $0 }.map(CommandCheck.touchesPlatform) ?? true },
          output: place == items.count - 1 ? command.output : [])
      }
    } catch {
      return [
        PlannedStep(line: command.line + error.line - 1, text: command.text, work: .impossible(error.description))
      ]
    }
  }

  /// Runs one command and notes what it did.
  func run(_ step: PlannedStep, _ block: RunbookBlock, _ terminal: Terminal) async -> CommandResult {
    let began = now
    switch step.work {
    case .impossible(let reason):
      find(step.line, "step", reason)
      return impossible(step, block, reason)
    case .promql(let text): return await evaluate(text, step, block, terminal)
    case .script(let item):
      for free in ShellScript(items: [item]).freeVariables where terminal.shell.variables[free.name] == nil {
        guard let value = binding.value(free.name) else {
          let reason = "$\(free.name) is never bound"
          find(step.line, "step", reason)
          return impossible(step, block, reason)
        }
        terminal.shell.set(free.name, to: value)
      }
      let before = ChangeMark(rehearsal)
      let missing = rehearsal.missingWorkloads()
      let result = await terminal.run(item)
      rehearsal.note(
        Rehearsal.ExecutedStep(
          at: rehearsal.origin + began, ended: rehearsal.world.simulation.now, line: step.text, result: result))
      var record = StepRecord(
        line: step.line, section: block.section, text: Self.summary(step.text), state: .done, at: began,
        took: now - began)
      record.exitCode = result.exitCode
      record.changes = before.changes(in: rehearsal)
      record.mayChange = step.mayChange
      judge(&record, result, step, block)
      append(record)
      refuse(step, missing: missing)
      return result
    }
  }

  private func impossible(_ step: PlannedStep, _ block: RunbookBlock, _ reason: String) -> CommandResult {
    var record = StepRecord(
      line: step.line, section: block.section, text: Self.summary(step.text), state: .impossible, at: now, took: .zero)
    record.note = reason
    append(record)
    return CommandResult(exitCode: 1)
  }

  /// Holds a command that has run against what is asked of every command.
  private func judge(
    _ record: inout StepRecord, _ result: CommandResult, _ step: PlannedStep, _ block: RunbookBlock
  ) {
    let objection = result.errors.split(separator: "\n").first { !$0.hasPrefix("usage:") && !$0.isEmpty }.map(
      String.init)
    let expectedCode = step.output.last.flatMap(SampleOutput.exitCode)
    if let expectedCode, result.exitCode != expectedCode {
      record.state = .failed
      find(step.line, "step", "exit code \(result.exitCode), the sample says [\(expectedCode)]")
    } else if result.exitCode != 0, expectedCode == nil, !block.attributes.fails {
      record.state = .failed
      record.note = objection ?? "exit code \(result.exitCode)"
      find(step.line, "step", "exit code \(result.exitCode): \(objection ?? Self.summary(step.text))")
    }
    if let miss = SampleOutput.firstMiss(step.output, in: result.output, isExact: block.attributes.exact) {
      find(step.line, "step", "the sample output \"\(miss)\" was not printed")
    }
    if block.section == .diagnosis, let change = record.changes.first {
      find(step.line, "diagnosis", "a diagnosis must not change state: \(change)")
    }
    if block.section == .mitigation, step.mayChange, record.changes.isEmpty, record.state == .done {
      find(step.line, "step", "changes nothing: \(Self.summary(step.text))")
    }
  }

  /// Actions that no repair is worth: workloads gone or scaled to nothing, and what the scenario forbids.
  private func refuse(_ step: PlannedStep, missing before: [String]) {
    for workload in rehearsal.missingWorkloads() where !before.contains(workload) {
      find(step.line, "safety", "takes away \(workload): deleted or scaled to 0")
    }
    let words = step.text.split { " \t\n/=,:'\"".contains($0) }.map { Self.bare(String($0)) }
    for rule in rehearsal.scenario.drill?.safety?.mustNot ?? [] {
      let wanted = rule.split(separator: " ").map { Self.bare(String($0)) }.filter { $0 != "to" }
      if wanted.allSatisfy(words.contains) { find(step.line, "safety", "must not be done: \(rule)") }
    }
  }

  private static func bare(_ word: String) -> String {
    let word = word.lowercased()
    return ["deploy": "deployment", "deployments": "deployment", "ns": "namespace", "namespaces": "namespace"][word]
      ?? word
  }

  private func evaluate(
    _ text: String, _ step: PlannedStep, _ block: RunbookBlock, _ terminal: Terminal
  ) async -> CommandResult {
    let (text, unbound) = Placeholders.replaceVariables(in: text) { variable($0, terminal) }
    if let first = unbound.first {
      let reason = "$\(first.name) is never bound"
      find(step.line + first.lineOffset, "step", reason)
      return impossible(step, block, reason)
    }
    guard let answer = await query(text) else {
      let reason = "PromQL cannot be evaluated: the platform has no metrics"
      find(step.line, "step", reason, .warning)
      return impossible(step, block, reason)
    }
    var record = StepRecord(
      line: step.line, section: block.section, text: Self.summary(text), state: .done, at: now, took: .zero)
    defer { append(record) }
    switch answer {
    case .success(let series):
      record.note = series.first.map { series.count == 1 ? $0 : "\($0) and \(series.count - 1) more" } ?? "no data"
      return CommandResult(output: series.map { $0 + "\n" }.joined())
    case .failure(let mistake):
      record.state = .failed
      record.note = mistake.message
      find(step.line, "step", mistake.message)
      return CommandResult(errors: mistake.message, exitCode: 1)
    }
  }
}

extension Responder {
  /// What `$NAME` stands for outside of the shell: what the shell has, then what binds it there.
  func variable(_ name: String, _ terminal: Terminal) -> String? {
    terminal.shell.variables[name] ?? binding.value(name)
  }
}

/// Where the journal stood when a command began, to tell what its author changed.
@Simulated
private struct ChangeMark {
  private let versions: Int
  private let events: Int
  private let repository: [String]

  init(_ rehearsal: Rehearsal) {
    versions = rehearsal.world.journal.resourceVersions.count
    events = rehearsal.world.journal.platformEvents.count
    repository = rehearsal.world.repository.changesByHand
  }

  /// What the engineer changed since: objects of clusters, calls of AWS that are no reading, statements that write,
  /// the platform's repository.
  func changes(in rehearsal: Rehearsal) -> [String] {
    let journal = rehearsal.world.journal
    let objects = journal.resourceVersions[versions...].filter {
      $0.user == CommandCheck.engineer && $0.kind != "Event"
    }
    .map { "\($0.verb) \($0.region)/\($0.kind.lowercased())/\($0.namespace)/\($0.name)" }
    let principals = rehearsal.world.regions.map(\.aws.engineer.arn)
    let calls = journal.platformEvents[events...].filter { event in
      event.component.hasSuffix("/cloudtrail") && principals.contains { event.message.hasPrefix($0 + " called") }
        && !event.message.contains(" \(event.reason) failed: ")
    }.map { "\($0.component.prefix { $0 != "/" }) \($0.reason)" }
    let statements = journal.platformEvents[events...].filter { $0.reason == "EngineerStatement" }.map {
      "\($0.component): \($0.message)"
    }
    let files = rehearsal.world.repository.changesByHand.filter { !repository.contains($0) }
    return objects + calls + statements + files
  }
}

/// Sample output of a `console` block: lines with a mark at their end are compared, the others only show the reader what to expect.
enum SampleOutput {
  /// `[1]` as a line of its own: the exit code.
  static func exitCode(_ line: String) -> Int32? {
    line.hasPrefix("[") && line.hasSuffix("]") ? Int32(line.dropFirst().dropLast()) : nil
  }

  /// The first line that should have been printed and was not.
  static func firstMiss(_ lines: [String], in output: String, isExact: Bool) -> String? {
    let printed = output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for line in lines where exitCode(line) == nil {
      if line.hasSuffix(" (re)") {
        guard let pattern = TextPattern(String(line.dropLast(5))), printed.contains(where: pattern.matchesWhole) else {
          return line
        }
      } else if line.hasSuffix(" (glob)") {
        let glob = String(line.dropLast(7))
        if !printed.contains(where: { matchesGlob(glob, $0) }) { return line }
      } else if isExact, !printed.contains(line) {
        return line
      }
    }
    return nil
  }
}
