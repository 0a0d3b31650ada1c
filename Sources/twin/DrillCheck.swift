import Documents
import Drills
import Scenarios
import SimulationKernel

/// `twin drill --check`: is a drill fair? Its own solution has to score well, and what helps nobody nothing.
@Simulated
enum DrillCheck {
  /// A way to play a drill, and what it came to.
  private struct Outcome {
    var name: String
    var accepted: ClosedRange<Int>
    var total: Int
    var reasons: [String]

    init(_ name: String, _ accepted: ClosedRange<Int>, _ score: JSONValue?) {
      self.name = name
      self.accepted = accepted
      total = Int(score?["total"]?.integer ?? -1)
      reasons = (score?["parts"]?.array ?? []).compactMap { part in
        part["name"]?.string.map { "\($0): \(part["reason"]?.string ?? "")" }
      }
    }

    var isFair: Bool { accepted.contains(total) }

    var text: String {
      let points = String(repeating: " ", count: max(0, 3 - "\(total)".count)) + "\(total)"
      let limit = accepted.count == 1 ? "\(accepted.lowerBound)" : "\(accepted.lowerBound) to \(accepted.upperBound)"
      let line = "  \(isFair ? "ok    " : "UNFAIR")  \(points)  \(name)"
      guard !isFair else { return line + "\n" }
      return line + ", which should score \(limit)\n" + reasons.map { "            \($0)\n" }.joined()
    }
  }

  nonisolated static func run(_ options: DrillOptions) throws -> ExitCode {
    var isFair = true
    var count = 0
    for file in try ScenarioFiles.find(options.files) {
      let loaded = try ScenarioFiles.load(file)
      // In a folder, scenarios without a drill are none of its business.
      if loaded.scenario.drill == nil, !options.files.contains(file) { continue }
      count += 1
      let setup = DrillSetup(scenario: file, seed: options.seed ?? loaded.scenario.seed, noise: options.noise)
      Console.output("\(loaded.scenario.name.value)\n")
      let isThisFair = try Simulated.perform {
        let outcomes = try outcomes(loaded, setup)
        for outcome in outcomes { Console.output(outcome.text) }
        return outcomes.allSatisfy(\.isFair)
      }
      isFair = isFair && isThisFair
    }
    guard count > 0 else { throw DrillSession.Failure(description: "none of these scenarios has a drill: part") }
    return isFair ? .success : .notHeld
  }

  nonisolated private static let limit = TimeSpan.minutes(6)

  /// All of them go on from one world at its page.
  private static func outcomes(_ loaded: LoadedScenario, _ setup: DrillSetup) throws -> [Outcome] {
    // Who knows the solution needs no half an hour; the runs to compare with are as long as the time limit.
    var scenario = loaded.scenario
    let given = scenario.drill?.timeLimit ?? limit
    scenario.drill?.timeLimit = min(limit, given)
    let session = try DrillSession(scenario, platform: loaded.platform, setup: setup)
    try session.awaitPage()
    let baseline = try DrillBaseline(loaded.platform)
    try baseline.begin(at: session)
    let runs = try baseline.counterfactuals(for: session, with: [])
    let switchedOff = LegProcess.start("zero") {
      (try? session.play(session.linesThatSwitchOff, against: runs)).map { DrillScore($0).json } ?? .null
    }
    let solved = try session.play(session.linesOfTheSolution, against: runs)
    return [
      Outcome("its solution", 90...100, DrillScore(solved).json),
      Outcome("its solution, and wrong answers", 1...89, DrillScore(solved.misjudged).json),
      Outcome("everything scaled to zero", 0...0, switchedOff?.report()),
      Outcome("nobody takes the page", 0...0, DrillScore(DrillFacts(nobodyIn: runs, pagedAt: session.pagedAt)).json),
    ]
  }
}
