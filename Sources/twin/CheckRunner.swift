import Documents
import Glibc
import Runbooks
import Scenarios
import SimulationKernel
import Toolbox
import TwinWorld

/// Runs one runbook against one scenario: without it in this process, with it in a copy that is forked at the page, and with each
/// mitigation left out in copies of that copy.
struct CheckRunner {
  let runbook: Runbook
  let entry: LoadedScenario
  let seed: UInt64

  private var scenario: Scenario { entry.scenario }

  /// Virtual time between two looks at the run.
  private static let slice = PageWatch.period
  /// A responder gets at least so long after the page, even when the scenario ends before.
  private static let leastTime = TimeSpan.minutes(12)
  /// How long service must stay restored in a run that leaves something out.
  private static let omissionHold = TimeSpan.minutes(2)
  /// How long after the page, and after the last fault, service must have stayed broken to count as broken for good.
  private static let patience = TimeSpan.minutes(8)

  /// A failure of the program itself.
  struct InternalError: Error { var message: String }

  /// - Returns: the entry of the check under `checks`.
  func run() throws -> JSONValue {
    let started = wallSeconds()
    var json: JSONValue = [
      "scenario": .string(scenario.name.value), "file": .string(scenario.file),
      "seed": .integer(Int64(bitPattern: seed)),
    ]
    let outcome = try Simulated.perform { try legs() }
    for member in outcome.object?.members ?? [] { json[member.key] = member.value }
    json["wallSeconds"] = .number(((wallSeconds() - started) * 100).rounded() / 100)
    return json
  }

  @Simulated
  private func legs() throws -> JSONValue {
    let lint = RunbookLint(runbook, platform: entry.platform, exists: isReadable).findings()
    let trunk = try Rehearsal(scenario, platform: entry.platform, seed: seed)
    guard let page = try advanceToPage(trunk) else {
      let reason = "no alert fires in \(scenario.name.value): nobody would open the runbook"
      return ["verdict": "invalid", "headline": .string("INVALID: \(reason)"), "findings": .array(lint.map(\.json))]
    }
    let limit = max(scenario.duration, page.at + Self.leastTime)
    trunk.end(at: limit)
    guard let child = LegProcess.start(runbook.alert, { with(page, trunk) }) else {
      throw InternalError(message: "fork: \(String(cString: strerror(errno)))")
    }
    try goOnUntouched(trunk, from: page.at)
    try trunk.finish()
    let untouched = Self.budgeted(try LegReport(trunk, countsPages: false).json(), trunk)
    guard let report = child.report() else { throw InternalError(message: "the leg with the runbook died") }
    if let error = report["internalError"]?.string { throw InternalError(message: error) }
    return judged(report, untouched, lint)
  }

  private func judged(_ report: JSONValue, _ untouched: JSONValue, _ lint: [RunbookFinding]) -> JSONValue {
    let responder = report["responder"] ?? .null
    let omissions = (report["omissions"]?.array ?? []).compactMap { entry -> (omission: Omission, leg: CheckedLeg)? in
      guard let omission = entry["omission"].flatMap(Omission.init), let leg = entry["report"], !leg.isNull else {
        return nil
      }
      return (omission, CheckedLeg(leg))
    }
    let result = CheckJudgement(
      settings: runbook.settings, lint: lint, responder: responder, with: CheckedLeg(report),
      without: CheckedLeg(untouched), omissions: omissions, extraBudget: scenario.drill?.safety?.extraBudget
    ).result()
    var json = result.json
    for key in ["page", "startedAt", "finishedAt", "steps"] { json[key] = responder[key] ?? .null }
    json["with"] = Self.summary(report)
    json["without"] = Self.summary(untouched)
    return json
  }

  private static func summary(_ report: JSONValue) -> JSONValue {
    var json: JSONValue = [:]
    for key in ["digest", "marks", "virtualSeconds", "regions"] { json[key] = report[key] ?? .null }
    return json
  }

  // MARK: Legs

  @Simulated
  private func advanceToPage(_ trunk: Rehearsal) throws -> Page? {
    let pager = Pager(for: runbook.alert, on: entry.platform)
    var now = TimeSpan.zero
    while now < scenario.duration {
      now = min(now + Self.slice, scenario.duration)
      try advance(trunk, to: now)
      if let page = pager.look(at: trunk) { return page }
    }
    return nil
  }

  @Simulated
  private func advance(_ rehearsal: Rehearsal, to time: TimeSpan) throws {
    try rehearsal.advance(to: time)
    if Console.showsProgress {
      Console.error("\r  \(runbook.alert) \(clockText(time))\u{1b}[K")
      if time >= scenario.duration { Console.error("\r\u{1b}[K") }
    }
  }

  /// The leg with the runbook, and behind it the legs without its parts. Runs in a copy of the process.
  @Simulated
  private func with(_ page: Page, _ rehearsal: Rehearsal) -> JSONValue {
    let pool = BranchPool()
    let responder = Responder(runbook, page: page, rehearsal: rehearsal, branch: { pool.branch($0) })
    do {
      responder.begin()
      try goOn(rehearsal, responder, pool)
      if let copy = pool.copy {
        pool.end(
          copy,
          with: Self.budgeted(LegReport(rehearsal, hold: Self.omissionHold, countsPages: false).outline, rehearsal))
      }
      try rehearsal.finish()
      var report = Self.budgeted(try LegReport(rehearsal, countsPages: false).json(), rehearsal)
      report["responder"] = responder.json
      // Where nothing restores, there is nothing to miss.
      var restored = report.at("marks", "restoredAt")?.number.map { TimeSpan.seconds($0) }
      // Where it broke nothing, what is left out shows by the end.
      if restored == nil, report.at("marks", "symptomAt")?.number == nil {
        restored = rehearsal.scenario.duration - CheckJudgement.noticeable - Self.omissionHold
      }
      report["omissions"] = .array(
        pool.finish(restoredAt: restored) { Self.isBackAsSoon($0, restored) }
          .map { ["omission": $0.omission.json, "report": $0.report] })
      return report
    } catch {
      let failure: JSONValue = ["internalError": .string("\(error)")]
      if let copy = pool.copy { pool.end(copy, with: failure) }
      return failure
    }
  }

  /// Whether a copy was restored as soon as its original.
  private static func isBackAsSoon(_ report: JSONValue, _ restored: TimeSpan?) -> Bool {
    guard let restored, let instant = report.at("marks", "restoredAt")?.number else { return false }
    return .seconds(instant) < restored + CheckJudgement.noticeable
  }

  /// Without the runbook: goes on until what is broken was broken for long, nothing more being about to change, or to the end.
  @Simulated
  private func goOnUntouched(_ rehearsal: Rehearsal, from page: TimeSpan) throws {
    let enough = max(page, scenario.lastFaultChange) + Self.patience
    var now = rehearsal.world.simulation.now - rehearsal.origin
    while now < rehearsal.scenario.duration {
      now = min(now + Self.slice, rehearsal.scenario.duration)
      try advance(rehearsal, to: now)
      guard now >= enough else { continue }
      let to = now - TrafficSource.patience
      if !rehearsal.areObjectivesMet(from: to - scenario.hold, to: to),
        !rehearsal.areObjectivesMet(from: to - .seconds(30), to: to)
      {
        return rehearsal.end(at: now)
      }
    }
  }

  /// Goes on until service was restored for long enough, or to the end. A copy goes as far as its original says.
  @Simulated
  private func goOn(_ rehearsal: Rehearsal, _ responder: Responder, _ pool: BranchPool) throws {
    var now = rehearsal.world.simulation.now - rehearsal.origin
    while now < rehearsal.scenario.duration {
      now = min(now + Self.slice, rehearsal.scenario.duration)
      try rehearsal.advance(to: now)
      if let copy = pool.copy { return try follow(copy.restoredAt, rehearsal, now) }
      if isDecided(rehearsal, responder, now) {
        rehearsal.end(at: min(now + Rehearsal.burst, rehearsal.scenario.duration))
        return try rehearsal.advance(to: rehearsal.scenario.duration)
      }
    }
  }

  /// A copy goes on until it is clear whether service is back as soon as in its original. It gets no burst of load at its end, as its
  /// original had none by then.
  @Simulated
  private func follow(_ restored: TimeSpan, _ rehearsal: Rehearsal, _ now: TimeSpan) throws {
    let due = restored + CheckJudgement.noticeable
    var now = max(now, due + .seconds(30) + TrafficSource.patience)
    try rehearsal.advance(to: now)
    if rehearsal.areObjectivesMet(from: due, to: due + .seconds(30)) {
      now = max(now, due + Self.omissionHold)
      try rehearsal.advance(to: now)
    }
    rehearsal.end(at: now)
  }

  /// Whether the responder is through, nothing more is going to break, and every objective was met for the hold time.
  @Simulated
  private func isDecided(_ rehearsal: Rehearsal, _ responder: Responder, _ now: TimeSpan) -> Bool {
    guard responder.finishedAt != nil, now >= scenario.lastFaultChange else { return false }
    // The burst at the end is part of the hold.
    let to = now - TrafficSource.patience
    // Restoration is looked for from the end backwards: where the hold time will have begun, service must be well already.
    let start = min(now + Rehearsal.burst - scenario.hold, to - .seconds(30))
    return rehearsal.areObjectivesMet(from: to - max(scenario.hold - Rehearsal.burst, .seconds(30)), to: to)
      && rehearsal.areObjectivesMet(from: start, to: start + .seconds(30))
  }

  /// The report of a leg with the error budgets minute by minute.
  @Simulated
  private static func budgeted(_ report: JSONValue, _ rehearsal: Rehearsal) -> JSONValue {
    var report = report
    var budgets: JSONValue = [:]
    let minutes = Int(rehearsal.scenario.duration.seconds / 60)
    for minute in stride(from: 1, through: minutes, by: 1) {
      for (objective, share) in rehearsal.budgetBurnt(until: .minutes(Double(minute))) {
        var row = budgets[objective]?.array ?? []
        row.append(.number((share * 1_000_000).rounded() / 1_000_000))
        budgets[objective] = .array(row)
      }
    }
    report["budgets"] = budgets
    return report
  }

  private func isReadable(_ path: String) -> Bool { access(path, R_OK) == 0 }
}
