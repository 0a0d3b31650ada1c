import Documents
import Scenarios
import SimulationKernel
import Telemetry
import Toolbox
import TwinWorld

/// A responder who works through a runbook: opens it after the page, reads, and types what its blocks say, in order.
@Simulated
package final class Responder {
  /// Evaluates PromQL at this instant; the series that it returns as text, `nil` where there are no metrics.
  package typealias Query = @Simulated (String) async -> Result<[String], QueryMistake>?

  /// Why a query has no answer.
  package struct QueryMistake: Error {
    package var message: String
    package init(_ message: String) { self.message = message }
  }

  package let runbook: Runbook
  package let page: Page
  package private(set) var records: [StepRecord] = []
  package private(set) var findings: [RunbookFinding] = []
  /// When the last step had ended, since T0; `nil` while somebody works.
  package private(set) var finishedAt: TimeSpan?
  /// What is left out in this copy of the run.
  package private(set) var omission: Omission?

  let rehearsal: Rehearsal
  let binding: Binding
  let query: Query
  /// Asked before each thing that may be left out; true in the copy of the run that leaves it out.
  private let branch: @Simulated (Omission) -> Bool

  /// Time to find and open the runbook.
  package static let opening = TimeSpan.seconds(20)
  /// Time to take in a block.
  static let block = TimeSpan.seconds(20)
  static let wordsPerSecond = 40.0
  /// How often `until` is looked at.
  static let poll = TimeSpan.seconds(15)

  nonisolated private static let readingEvent: EventName = "runbook.reading"
  nonisolated static let pollEvent: EventName = "runbook.poll"

  package init(
    _ runbook: Runbook, page: Page, rehearsal: Rehearsal, query: Query? = nil,
    branch: @escaping @Simulated (Omission) -> Bool = { _ in false }
  ) {
    self.runbook = runbook
    self.page = page
    self.rehearsal = rehearsal
    self.query = query ?? Self.queries(to: page.region, in: rehearsal)
    self.branch = branch
    binding = Binding(rehearsal.world, page: page, variables: runbook.settings.variables)
  }

  var now: TimeSpan { rehearsal.world.simulation.now - rehearsal.origin }

  func find(_ line: Int, _ rule: String, _ message: String, _ severity: RunbookFinding.Severity = .error) {
    let finding = RunbookFinding(severity, line: line, rule, message)
    if !findings.contains(finding) { findings.append(finding) }
  }

  /// From here on the run is the leg in which this responder acts.
  package func begin() {
    rehearsal.take(Leg(kind: .runbook, name: runbook.alert, start: .at(page.at))) { await self.act(on: $0) }
  }

  /// Works through the runbook; the process of the leg.
  func act(on terminal: Terminal) async {
    let simulation = rehearsal.world.simulation
    await simulation.sleep(Self.opening, Self.readingEvent)
    for block in runbook.steps {
      await simulation.sleep(Self.block + .seconds(Double(block.words) / Self.wordsPerSecond), Self.readingEvent)
      await work(on: block, terminal)
    }
    finishedAt = now
  }

  /// The words of a block as one line.
  static func summary(_ text: String) -> String {
    text.split(separator: "\n").first { !$0.allSatisfy(\.isWhitespace) && !$0.hasPrefix("#") }.map(String.init) ?? ""
  }

  private func work(on block: RunbookBlock, _ terminal: Terminal) async {
    if block.attributes.skip || block.attributes.manual {
      note(block, block.attributes.skip ? .skipped : .manual, "")
      return
    }
    if let condition = block.attributes.when {
      switch await holds(condition, terminal) {
      case .success(true): break
      case .success(false):
        note(block, .skipped, "when does not hold")
        return
      case .failure(let mistake):
        find(block.line, "step", "when: \(mistake.message)")
        note(block, .impossible, mistake.message)
        return
      }
    }
    let plan = plan(block)
    if block.language == .sql, terminal.shell.variables["PGHOST"] == nil {
      for (name, value) in binding.databaseLogin { terminal.shell.set(name, to: value) }
    }
    if block.section == .mitigation, let first = plan.first(where: \.mayChange) {
      let whole = Omission(
        line: block.line, isBlock: true, block: block.line, reportedLine: first.line, text: Self.summary(first.text))
      if omission == nil, branch(whole) { omission = whole }
      if omission == whole {
        note(block, .omitted, "")
        return
      }
    }
    if block.section == .mitigation, !plan.isEmpty, !plan.contains(where: \.touchesPlatform) {
      find(plan[0].line, "step", "does nothing: no command here looks at the platform or changes it")
    }
    var output = ""
    var hasFailed = false
    let changing = plan.count(where: \.mayChange)
    for step in plan {
      if block.section == .mitigation, step.mayChange, changing > 1 {
        let one = Omission(
          line: step.line, isBlock: false, block: block.line, reportedLine: step.line, text: Self.summary(step.text))
        if omission == nil, branch(one) { omission = one }
        if omission == one {
          records.append(
            StepRecord(line: step.line, section: block.section, text: one.text, state: .omitted, at: now, took: .zero))
          continue
        }
      }
      let result = await run(step, block, terminal)
      output += result.output + result.errors
      if result.exitCode != 0 { hasFailed = true }
    }
    await settle(block, plan.first?.line ?? block.line, output: output, hasFailed: hasFailed, terminal)
  }

  func note(_ block: RunbookBlock, _ state: StepRecord.State, _ text: String) {
    let first = block.commands.first.map { Self.summary($0.text) } ?? ""
    var record = StepRecord(
      line: block.line, section: block.section, text: block.attributes.name ?? first, state: state, at: now, took: .zero
    )
    record.note = text
    records.append(record)
  }

  func append(_ record: StepRecord) { records.append(record) }

  /// What an author expects of a block as a whole.
  private func settle(
    _ block: RunbookBlock, _ line: Int, output: String, hasFailed: Bool, _ terminal: Terminal
  ) async {
    let attributes = block.attributes
    if attributes.fails, !hasFailed { find(block.line, "step", "the block was expected to fail, and did not") }
    if let expected = attributes.expect {
      if expected.match(in: output) == nil {
        find(line, "step", "the output does not have \(expected)")
      } else {
        mark("matched \(expected)")
      }
    }
    if let (name, pattern) = attributes.capture {
      if let value = BlockAttributes.Pattern.expression(pattern).match(in: output) {
        binding.capture(name, value)
        terminal.shell.set(name, to: value)
        mark("\(name)=\(value)")
      } else {
        find(line, "step", "nothing to capture for \(name): the output does not match /\(pattern)/")
      }
    }
    guard let until = attributes.until else { return }
    let began = now
    while true {
      switch await holds(until, terminal) {
      case .success(true):
        mark("until held after \((now - began).duration.wholeSeconds)")
        return
      case .success(false): break
      case .failure(let mistake):
        find(block.line, "step", "until: \(mistake.message)")
        return
      }
      guard now - began + Self.poll <= attributes.timeout else {
        find(block.line, "step", "until did not hold within \(attributes.timeout.duration.shortText)")
        return
      }
      await rehearsal.world.simulation.sleep(Self.poll, Self.pollEvent)
    }
  }

  private func mark(_ text: String) {
    guard let last = records.indices.last else { return }
    records[last].note += (records[last].note.isEmpty ? "" : ", ") + text
  }

  /// Whether a condition holds: a command behind `$ ` succeeds, or PromQL returns data.
  private func holds(_ condition: String, _ terminal: Terminal) async -> Result<Bool, QueryMistake> {
    if condition.hasPrefix("$ ") {
      let text = bound(String(condition.dropFirst(2)))
      bindVariables(of: text, terminal)
      return .success(await terminal.run(text).exitCode == 0)
    }
    let (text, unbound) = Placeholders.replaceVariables(in: bound(condition)) { variable($0, terminal) }
    if let first = unbound.first { return .failure(QueryMistake("$\(first.name) is never bound")) }
    guard let answer = await query(text) else {
      return .failure(QueryMistake("PromQL cannot be evaluated: the platform has no metrics"))
    }
    return answer.map { !$0.isEmpty }
  }

  private func bound(_ text: String) -> String { Placeholders.replace(in: text) { binding.value($0.key) } }

  private func bindVariables(of text: String, _ terminal: Terminal) {
    guard let script = try? ShellScript(parsing: text) else { return }
    for free in script.freeVariables where terminal.shell.variables[free.name] == nil {
      if let value = binding.value(free.name) { terminal.shell.set(free.name, to: value) }
    }
  }

  /// What a leg's report has to say about the responder.
  package var json: JSONValue {
    [
      "page": [
        "at": .number(page.at.seconds), "alert": .string(page.alert), "region": .string(page.region),
      ],
      "startedAt": .number((page.at + Self.opening).seconds),
      "finishedAt": finishedAt.map { .number(($0.seconds * 1000).rounded() / 1000) } ?? .null,
      "steps": .array(records.map(\.json)), "findings": .array(findings.map(\.json)),
      "omission": omission?.json ?? .null,
    ]
  }
}

extension Duration {
  /// Without fractions of seconds: `6m40s`.
  package var wholeSeconds: String {
    let nanoseconds = components.seconds * 1_000_000_000
    return Duration.nanoseconds(nanoseconds).shortText
  }
}
