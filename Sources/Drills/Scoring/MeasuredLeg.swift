import Documents
import Scenarios
import SimulationKernel
import TwinWorld

/// What customers went through in one run of a scenario, as far as drills compare it.
package struct MeasuredLeg: Hashable, Sendable {
  /// The share of a month's error budget that burnt in each minute since T0, all objectives of all regions together.
  package var burnt: [Double]
  package var symptomAt: TimeSpan?
  /// From when on every objective was met, to the end.
  package var mitigatedAt: TimeSpan?
  /// From when on, besides, no page fired and every workload ran.
  package var restoredAt: TimeSpan?

  package init(burnt: [Double], symptomAt: TimeSpan?, mitigatedAt: TimeSpan?, restoredAt: TimeSpan?) {
    self.burnt = burnt
    self.symptomAt = symptomAt
    self.mitigatedAt = mitigatedAt
    self.restoredAt = restoredAt
  }

  package var totalBurnt: Double { burnt.reduce(0, +) }

  /// Measures a run that has come to its end.
  @Simulated
  init(_ rehearsal: Rehearsal, hold: TimeSpan) {
    let service = Restoration(rehearsal: rehearsal, countsPages: false)
    let objectives = rehearsal.world.platform.objectives
    let minutes = Int(rehearsal.scenario.duration.nanoseconds / Self.minute.nanoseconds)
    burnt = (0..<minutes).map { minute in
      let start = Self.minute * minute
      return objectives.map { service.burn($0, (start, start + Self.minute)) }.reduce(0, +)
    }
    let marks = service.marks(hold: hold)
    symptomAt = marks.symptomAt
    mitigatedAt = marks.restoredAt
    restoredAt = Restoration(rehearsal: rehearsal).marks(hold: hold).restoredAt
  }

  private static let minute = TimeSpan.minutes(1)

  package var json: JSONValue {
    [
      "burnt": .array(burnt.map { .number($0) }), "symptomAt": Self.json(symptomAt),
      "mitigatedAt": Self.json(mitigatedAt),
      "restoredAt": Self.json(restoredAt),
    ]
  }

  package init?(_ json: JSONValue) {
    guard let burnt = json["burnt"]?.array else { return nil }
    func time(_ key: String) -> TimeSpan? { json[key]?.integer.map { TimeSpan(nanoseconds: $0) } }
    self.init(
      burnt: burnt.compactMap(\.number), symptomAt: time("symptomAt"), mitigatedAt: time("mitigatedAt"),
      restoredAt: time("restoredAt"))
  }

  private static func json(_ time: TimeSpan?) -> JSONValue { time.map { .integer($0.nanoseconds) } ?? .null }
}

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

  /// Runs both, from T0 to the end of a drill's measuring.
  ///
  /// - Parameter instructions: what an instructor changed in the drill; it happens here at the same times.
  @Simulated
  package static func measure(
    _ scenario: Scenario, platform: Platform, setup: DrillSetup, instructions: [DrillEntry] = []
  ) throws -> Counterfactuals {
    var scenario = scenario
    scenario.noise = setup.noise ?? scenario.noise
    guard let solution = scenario.legs(.all).first(where: { $0.kind == .solution }) else {
      throw DrillSession.Failure(
        description: "\(scenario.file): has no solution, and without one there is nothing to compare a drill with")
    }
    let nobody = try rehearsal(scenario, platform, setup, instructions)
    try nobody.advance(to: scenario.duration)
    guard let pagedAt = nobody.start(of: scenario.drillLeg), pagedAt <= scenario.duration else {
      throw DrillSession.neverCalled(scenario)
    }
    let horizon = DrillSession.horizon(scenario, pagedAt: pagedAt)
    nobody.end(at: horizon)
    let untouched = try end(nobody, scenario)
    let somebody = try rehearsal(scenario, platform, setup, instructions)
    somebody.end(at: horizon)
    var time = TimeSpan.zero
    while somebody.start(of: solution).map({ $0 > time }) ?? true, time < horizon {
      time += .seconds(1)
      try somebody.advance(to: time)
    }
    somebody.take(solution)
    let past = DrillSession.past(of: nobody, until: pagedAt)
    return Counterfactuals(untouched: untouched, par: try end(somebody, scenario), past: past)
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

  @Simulated
  private static func end(_ rehearsal: Rehearsal, _ scenario: Scenario) throws -> MeasuredLeg {
    try rehearsal.advance(to: rehearsal.scenario.duration)
    try rehearsal.finish()
    return MeasuredLeg(rehearsal, hold: scenario.hold)
  }
}
