import Faults
import Scenarios
import SimulationKernel
import TwinWorld

/// What metrics, rules, traces and logs together cost: the untouched leg of a scenario with all of them and with none, in turn.
enum TelemetryCost {
  /// Pairs of runs.
  private static let rounds = 3

  /// - Returns: the shortest wall seconds with and without.
  static func measure(_ file: String) throws -> (with: Double, without: Double) {
    let scenario = try Scenario.load(file, catalogue: .standard)
    let platform = try Platform.load(scenario.platformPath)
    var best = (with: Double.infinity, without: Double.infinity)
    for _ in 0..<rounds {
      best.with = min(best.with, try run(scenario, platform, withTelemetry: true))
      best.without = min(best.without, try run(scenario, platform, withTelemetry: false))
    }
    return best
  }

  private static func run(_ scenario: Scenario, _ platform: Platform, withTelemetry: Bool) throws -> Double {
    try Simulated.perform {
      let began = wallSeconds()
      let rehearsal = try Rehearsal(scenario, platform: platform, seed: scenario.seed, withTelemetry: withTelemetry)
      try rehearsal.advance(to: scenario.duration)
      try rehearsal.finish()
      let span = wallSeconds() - began
      guard try rehearsal.world.audit().allSatisfy(\.findings.isEmpty) else { fatalError("the ledger is wrong") }
      return span
    }
  }
}
