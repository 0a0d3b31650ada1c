import Documents
import Scenarios
import SimulationKernel
import TwinWorld

/// The same incident without the trainee: nobody acts, and somebody follows the scenario's own solution.
package struct Counterfactuals: Hashable, Sendable {
  package var untouched: MeasuredLeg
  /// The scenario's first solution.
  package var par: MeasuredLeg
  /// The digest of their common past: `DrillSession.past`.
  package var past: String

  package init(untouched: MeasuredLeg, par: MeasuredLeg, past: String) {
    self.untouched = untouched
    self.par = par
    self.past = past
  }

  package var json: JSONValue {
    [
      "type": "baseline", "schemaVersion": 1, "past": .string(past), "untouched": untouched.json, "par": par.json,
    ]
  }

  package init?(_ json: JSONValue) {
    guard json["type"]?.string == "baseline", json["schemaVersion"]?.integer == 1,
      let untouched = json["untouched"].flatMap(MeasuredLeg.init), let par = json["par"].flatMap(MeasuredLeg.init),
      let past = json["past"]?.string
    else { return nil }
    self.init(untouched: untouched, par: par, past: past)
  }
}

// From the page on, the two runs can be made by copies of the process that has come so far.
extension Counterfactuals {
  /// Goes on from the page, nobody acting.
  @Simulated
  package static func untouched(from session: DrillSession) throws -> MeasuredLeg {
    try end(session.rehearsal, session.scenario)
  }

  /// Goes on from the page, somebody following the scenario's first solution; from T0 where that begins before the page.
  @Simulated
  package static func par(from session: DrillSession, platform: Platform) throws -> MeasuredLeg {
    let solution = try solution(session.scenario)
    guard session.rehearsal.start(of: solution).map({ $0 >= session.now }) ?? true else {
      let rehearsal = try rehearsal(session.scenario, platform, session.setup, [])
      rehearsal.end(at: session.horizon)
      return try follow(solution, in: rehearsal, session.scenario)
    }
    return try follow(solution, in: session.rehearsal, session.scenario)
  }

  private static func solution(_ scenario: Scenario) throws -> Leg {
    guard let solution = scenario.legs(.all).first(where: { $0.kind == .solution }) else {
      throw DrillSession.Failure(
        description: "\(scenario.file): has no solution, and without one there is nothing to compare a drill with")
    }
    return solution
  }

  @Simulated
  private static func follow(_ solution: Leg, in rehearsal: Rehearsal, _ scenario: Scenario) throws -> MeasuredLeg {
    var time = max(.zero, rehearsal.world.simulation.now - rehearsal.origin)
    while rehearsal.start(of: solution).map({ $0 > time }) ?? true, time < rehearsal.scenario.duration {
      time += .seconds(1)
      try rehearsal.advance(to: time)
    }
    rehearsal.take(solution)
    return try end(rehearsal, scenario)
  }

  @Simulated
  private static func end(_ rehearsal: Rehearsal, _ scenario: Scenario) throws -> MeasuredLeg {
    try rehearsal.advance(to: rehearsal.scenario.duration)
    try rehearsal.finish()
    return MeasuredLeg(rehearsal, hold: scenario.hold)
  }
}

// Where an instructor changed the world, both runs are made from T0 with what he did.
extension Counterfactuals {
  /// - Parameter instructions: what an instructor changed in the drill; it happens here at the same times.
  @Simulated
  package static func measure(like session: DrillSession, platform: Platform, _ instructions: [DrillEntry]) throws
    -> Counterfactuals
  {
    let nobody = try rehearsal(session.scenario, platform, session.setup, instructions)
    let somebody = try rehearsal(session.scenario, platform, session.setup, instructions)
    nobody.end(at: session.horizon)
    somebody.end(at: session.horizon)
    return Counterfactuals(
      untouched: try end(nobody, session.scenario),
      par: try follow(try solution(session.scenario), in: somebody, session.scenario), past: session.past)
  }

  nonisolated private static let instructionEvent: EventName = "drill.instruction"

  @Simulated
  private static func rehearsal(
    _ scenario: Scenario, _ platform: Platform, _ setup: DrillSetup, _ instructions: [DrillEntry]
  ) throws -> Rehearsal {
    let rehearsal = try Rehearsal(scenario, platform: platform, seed: setup.seed)
    for entry in instructions {
      rehearsal.world.simulation.at(rehearsal.origin + entry.at, instructionEvent) {
        _ = InstructorCommand(entry.line, on: rehearsal).run()
      }
    }
    return rehearsal
  }
}
