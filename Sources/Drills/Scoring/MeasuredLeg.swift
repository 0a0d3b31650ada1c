import Documents
import Scenarios
import SimulationKernel
import Telemetry
import TwinWorld

/// What customers went through in one run of a scenario, as far as drills compare it.
package struct MeasuredLeg: Hashable, Sendable {
  /// The share of a month's error budget that burnt in each minute since T0, all objectives of all regions together. A payment
  /// that failed counts as a slow one too: a service that is switched off is not a fast one.
  package var burnt: [Double]
  package var symptomAt: TimeSpan?
  /// From when on every objective was met, to the end, and the workloads of the baseline ran.
  package var mitigatedAt: TimeSpan?

  package init(burnt: [Double], symptomAt: TimeSpan?, mitigatedAt: TimeSpan?) {
    self.burnt = burnt
    self.symptomAt = symptomAt
    self.mitigatedAt = mitigatedAt
  }

  /// What had burnt after so many minutes.
  func totalBurnt(minutes: Int) -> Double { burnt.prefix(minutes).reduce(0, +) }

  /// Measures a run that has come to its end.
  @Simulated
  init(_ rehearsal: Rehearsal, hold: TimeSpan) {
    let objectives = rehearsal.world.platform.objectives
    let minutes = Int(rehearsal.scenario.duration.nanoseconds / Self.minute.nanoseconds)
    burnt = (0..<minutes).map { minute in
      objectives.map { Self.burnt($0, minute: minute, in: rehearsal) }.reduce(0, +)
    }
    let marks = Restoration(rehearsal: rehearsal, countsPages: false).marks(hold: hold)
    symptomAt = marks.symptomAt
    mitigatedAt = marks.restoredAt
  }

  private static let minute = TimeSpan.minutes(1)

  /// What one objective's share of a month's error budget was in a minute since T0, failed payments being slow ones too.
  @Simulated
  static func burnt(
    _ objective: ServiceLevelObjective, minute: Int, until end: TimeSpan? = nil, in rehearsal: Rehearsal
  ) -> Double {
    guard let source = rehearsal.world.traffic(of: objective.region) else { return 0 }
    let start = Self.minute * minute
    let length = min(start + Self.minute, end ?? .hours(10_000)) - start
    guard length > .zero else { return 0 }
    let total = source.recorder.total(rehearsal.origin + start..<rehearsal.origin + start + length)
    guard total.offered > 0 else { return 0 }
    let good = objective.indicator == .latency ? total.withinLatencyLimit : total.withinAvailabilityLimit
    return (1 - Double(good) / Double(total.offered)) / (1 - objective.target) * (length / objective.period)
  }

  package var json: JSONValue {
    [
      "burnt": .array(burnt.map { .number($0) }), "symptomAt": Self.json(symptomAt),
      "mitigatedAt": Self.json(mitigatedAt),
    ]
  }

  package init?(_ json: JSONValue) {
    guard let burnt = json["burnt"]?.array else { return nil }
    func time(_ key: String) -> TimeSpan? { json[key]?.integer.map { TimeSpan(nanoseconds: $0) } }
    self.init(
      burnt: burnt.compactMap(\.number), symptomAt: time("symptomAt"), mitigatedAt: time("mitigatedAt"))
  }

  private static func json(_ time: TimeSpan?) -> JSONValue { time.map { .integer($0.nanoseconds) } ?? .null }
}
