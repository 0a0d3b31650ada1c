import Documents
import Faults
import SimulationKernel

/// A rehearsal as its file describes it: what runs, what breaks, what must hold, and how it is repaired.
package struct Scenario: Sendable {
  /// How many unrelated events the run has.
  package enum Noise: String, Hashable, Sendable, CaseIterable {
    case none, low, high
  }

  package var name: Located<String>
  package var title: String
  package var tags: [String]
  /// 1 to 5.
  package var difficulty: Int?
  package var seed: UInt64
  /// The run's length after T0.
  package var duration: TimeSpan
  /// The healthy past before T0.
  package var history: TimeSpan
  package var noise: Noise
  /// The platform's folder as the file writes it.
  package var platform: Located<String>
  package var load: [LoadProfile]
  package var faults: [FaultSpecification]
  package var expectations: [Expectation]
  package var solutions: [Solution]
  package var traps: [Solution]
  package var drill: Drill?
  /// What really happened, for after the drill.
  package var debrief: String?
  /// The starts of the faults, and what other offsets come to.
  package var timeline: Timeline
  /// The path of the scenario's file.
  package var file: String

  /// What holds where the file says nothing.
  package static let defaultHistory = TimeSpan.minutes(10)

  /// The platform's folder, relative to where the program runs.
  package var platformPath: String { path(platform.value, relativeTo: file) }

  /// How long service must stay restored before it counts, where the file says so; else the default.
  package var hold: TimeSpan {
    for expectation in expectations {
      if case .restored(let restored) = expectation.verb, expectation.applies != .untouched { return restored.hold }
    }
    return RestoredExpectation.defaultHold
  }

  /// When the last fault has happened, and those that end by themselves have ended.
  package var lastFaultChange: TimeSpan {
    faults.map { ($0.start ?? .zero) + ($0.duration ?? .zero) }.max() ?? .zero
  }

  /// When the baseline ends: the start of the first fault that is no decoy and whose time the file tells, `nil` without one.
  package var incidentStart: TimeSpan? { faults.filter { !$0.isDecoy }.compactMap(\.start).min() }
}

/// A path of a scenario file, which counts from the file's folder.
func path(_ path: String, relativeTo file: String) -> String {
  guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
  return String(file[...slash]) + path
}
