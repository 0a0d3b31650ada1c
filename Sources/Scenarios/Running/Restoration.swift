import SimulationKernel
import Telemetry
import TwinWorld

/// The marks of an incident, in times since T0.
package struct IncidentMarks: Hashable, Sendable {
  /// The first fault that is no decoy.
  package var faultAt: TimeSpan?
  /// When an objective was first missed over a window of 30 s.
  package var symptomAt: TimeSpan?
  /// When the first page of the incident reached somebody.
  package var pagedAt: TimeSpan?
  /// From when on every objective was met to the end, for at least the hold time.
  package var restoredAt: TimeSpan?
}

/// Decides whether and when service was restored, from what customers saw: the objectives of every region that has traffic are
/// met again over the hold time and every such window after it, no page-severity alert fires, traffic flows at the offered
/// rate, and the workloads of the baseline still run.
@Simulated
package struct Restoration {
  let rehearsal: Rehearsal
  private let pages: [Rehearsal.Firing]

  /// - Parameter countsPages: whether a page that still fires counts against a restoration.
  package init(rehearsal: Rehearsal, countsPages: Bool = true) {
    self.rehearsal = rehearsal
    pages = countsPages ? rehearsal.firings().filter(\.isPage) : []
  }

  static let step = TimeSpan.seconds(5)
  static let symptomWindow = TimeSpan.seconds(30)
  /// Traffic counts as flowing when at least this share of the offered requests was answered or refused in the window.
  static let flowing = 0.9

  private var objectives: [(objective: ServiceLevelObjective, source: TrafficSource)] {
    rehearsal.world.platform.objectives.compactMap { objective in
      rehearsal.world.traffic(of: objective.region).map { (objective, $0) }
    }
  }

  /// The marks of the run as far as it has come: its end is the scenario's.
  package func marks(hold: TimeSpan) -> IncidentMarks {
    var marks = IncidentMarks()
    guard let fault = rehearsal.scenario.incidentStart else { return marks }
    marks.faultAt = fault
    marks.pagedAt = rehearsal.firstPage
    let end = rehearsal.scenario.duration
    var time = fault
    while time + Self.symptomWindow <= end {
      if !areMet(time, time + Self.symptomWindow) {
        marks.symptomAt = time
        break
      }
      time += Self.step
    }
    guard let symptom = marks.symptomAt, rehearsal.missingWorkloads().isEmpty else { return marks }
    marks.restoredAt = restoration(from: symptom, to: end, hold: hold)
    return marks
  }

  /// Walks back from the end while every window of the hold time is good.
  private func restoration(from symptom: TimeSpan, to end: TimeSpan, hold: TimeSpan) -> TimeSpan? {
    var restored: TimeSpan?
    var time = end - hold
    while time > symptom {
      guard areMet(time, time + hold), areMet(time, time + Self.symptomWindow),
        !pages.contains(where: { $0.overlaps(time, time + hold) })
      else { break }
      restored = time
      time = time - Self.step
    }
    return restored
  }

  func areMet(_ from: TimeSpan, _ to: TimeSpan) -> Bool {
    let range = (rehearsal.origin + from)..<(rehearsal.origin + to)
    return objectives.allSatisfy { objective, source in
      let total = source.recorder.total(range)
      guard total.offered > 0 else { return false }
      return Self.share(objective, total) >= objective.target
        && Double(total.served + total.failed) >= Self.flowing * Double(total.offered)
    }
  }

  /// The share of the period's error budget that was burnt between two times since T0.
  package func burn(_ objective: ServiceLevelObjective, _ ends: (from: TimeSpan, to: TimeSpan)) -> Double {
    guard let source = rehearsal.world.traffic(of: objective.region), ends.from < ends.to else { return 0 }
    let range = (rehearsal.origin + ends.from)..<(rehearsal.origin + ends.to)
    let bad = 1 - Self.share(objective, source.recorder.total(range))
    return bad / (1 - objective.target) * ((ends.to - ends.from) / objective.period)
  }

  /// The share of good events.
  package static func share(_ objective: ServiceLevelObjective, _ total: TrafficSecond) -> Double {
    switch objective.indicator {
    case .availability: total.offered == 0 ? 1 : Double(total.withinAvailabilityLimit) / Double(total.offered)
    case .latency: total.served == 0 ? 1 : Double(total.withinLatencyLimit) / Double(total.served)
    }
  }
}
