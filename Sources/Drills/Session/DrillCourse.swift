import Documents
import Scenarios
import SimulationKernel
import TwinWorld

/// A drill from its start to its end over all its branches: the session that goes on now, and the log from which it can be
/// rebuilt at any time.
@Simulated
package final class DrillCourse {
  package private(set) var log: DrillLog
  package private(set) var session: DrillSession
  /// Lines of the log that were not taken yet by `newLines`.
  private var unwritten: [JSONValue]

  private let scenario: Scenario
  private let platform: Platform

  /// Begins a drill: goes on until the page.
  ///
  /// - Parameter atPage: called when the page has come.
  package init(
    _ scenario: Scenario, platform: Platform, setup: DrillSetup, atPage: (DrillSession) throws -> Void = { _ in }
  ) throws {
    self.scenario = scenario
    self.platform = platform
    log = DrillLog(setup)
    unwritten = [setup.json]
    session = try DrillSession(scenario, platform: platform, setup: setup)
    try session.awaitPage()
    try atPage(session)
  }

  /// Rebuilds a drill from its log.
  ///
  /// - Parameter atPage: called when the page has come.
  package init(
    resuming log: DrillLog, _ scenario: Scenario, platform: Platform, atPage: (DrillSession) throws -> Void = { _ in }
  ) throws {
    self.scenario = scenario
    self.platform = platform
    self.log = log
    unwritten = []
    let branches = log.branches
    session = try Self.rebuilt(branches[branches.count - 1], scenario, platform, log.setup, atPage)
  }

  private static func rebuilt(
    _ branch: [DrillLog.Event], _ scenario: Scenario, _ platform: Platform, _ setup: DrillSetup,
    _ atPage: (DrillSession) throws -> Void = { _ in }
  ) throws -> DrillSession {
    let session = try DrillSession(scenario, platform: platform, setup: setup)
    try session.awaitPage()
    try atPage(session)
    try session.replay(branch)
    return session
  }

  /// Notes that a line was typed: should the program be killed while it runs, it is typed again when the drill goes on.
  package func keepTyped(_ line: String) {
    unwritten.append(["type": "typed", "command": .string(line), "at": .integer(session.now.nanoseconds)])
  }

  /// Rebuilds a drill as it was at a time since T0: what had ended by then is done again, and the platform goes on to it.
  package static func session(
    of log: DrillLog, at time: (DrillSession) throws -> TimeSpan, _ scenario: Scenario, platform: Platform
  ) throws -> DrillSession {
    let session = try DrillSession(scenario, platform: platform, setup: log.setup)
    try session.awaitPage()
    let time = try time(session)
    let branches = log.branches
    try session.replay(DrillLog.past(branches[branches.count - 1], before: time))
    if time > session.now { try session.rehearsal.advance(to: time) }
    return session
  }

  /// Notes an entry that the session has made.
  package func keep(_ entry: DrillEntry) { append(.entry(entry)) }

  /// Notes until when the trainee looked on, so that nothing of it is lost.
  package func keepWaiting() throws {
    try session.wait(until: session.now)
    append(.waited(until: session.now))
  }

  private func append(_ event: DrillLog.Event) {
    log.events.append(event)
    unwritten.append(event.json)
  }

  /// What the log has got since this was last asked, one JSON line each.
  package func newLines() -> String {
    defer { unwritten = [] }
    return unwritten.map { $0.jsonText() + "\n" }.joined()
  }

  /// Turns time back; not before the page.
  package func rewind(by span: TimeSpan) throws {
    var next = log
    next.events.append(.rewind(to: max(session.pagedAt, session.now - span)))
    session = try Self.rebuilt(next.branches[next.branches.count - 1], scenario, platform, log.setup)
    append(next.events[next.events.count - 1])
  }

  /// What an instructor changed in the world on the way of the branch that goes on.
  package var instructions: [DrillEntry] {
    session.branch.compactMap { event in
      guard case .entry(let entry) = event, entry.source == .instructor, entry.result.exitCode == 0,
        InstructorCommand.changesWorld(entry.line)
      else { return nil }
      return entry
    }
  }

  /// The facts and scores of all branches, the one that goes on last. The session comes to its end by this.
  package func results(against counterfactuals: Counterfactuals) throws -> DrillResults {
    var results: [DrillResults.Branch] = []
    var hints: [Int] = []
    for branch in log.branches.dropLast() {
      let session = try Self.rebuilt(branch, scenario, platform, log.setup)
      results.append(try Self.result(session, counterfactuals, &hints))
    }
    results.append(try Self.result(session, counterfactuals, &hints))
    return DrillResults(
      setup: log.setup, branches: results, digest: session.rehearsal.world.simulation.digest.description,
      debrief: scenario.debrief)
  }

  /// - Parameter hints: what the hints of this branch and of earlier ones cost: a rewind takes nobody's knowledge away.
  private static func result(
    _ session: DrillSession, _ counterfactuals: Counterfactuals, _ hints: inout [Int]
  ) throws -> DrillResults.Branch {
    let ending = session.ending
    var facts = try DrillFacts(session, counterfactuals)
    hints = (0..<max(hints.count, facts.hintCosts.count)).map { index in
      max(index < hints.count ? hints[index] : 0, index < facts.hintCosts.count ? facts.hintCosts[index] : 0)
    }
    facts.hintCosts = hints
    return DrillResults.Branch(ending: ending, facts: facts, score: DrillScore(facts))
  }
}

/// What a drill came to.
package struct DrillResults: Sendable {
  package struct Branch: Sendable {
    /// `nil` for a branch that was left by a rewind, and at the end of input.
    package var ending: DrillSession.Ending?
    package var facts: DrillFacts
    package var score: DrillScore
  }

  package var setup: DrillSetup
  package var branches: [Branch]
  /// Of the last branch's run.
  package var digest: String
  package var debrief: String?

  /// The branch that went to the end.
  package var last: Branch { branches[branches.count - 1] }
}
