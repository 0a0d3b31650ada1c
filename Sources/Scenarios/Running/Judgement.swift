import Documents
import Faults
import KubernetesModel
import PaymentCore
import SimulationKernel
import Telemetry
import TwinWorld

/// What one expectation came to.
package struct Finding: Sendable {
  package var verb: String
  package var subject: String
  package var window: String
  package var limit: String
  package var measured: String
  package var isHeld: Bool
  /// The moments that explain a finding that does not hold.
  package var moments: [String] = []

  package var json: JSONValue {
    [
      "verb": .string(verb), "name": .string(subject), "window": .string(window), "limit": .string(limit),
      "measured": .string(measured), "held": .bool(isHeld), "moments": .array(moments.map { .string($0) }),
    ]
  }
}

/// Judges a finished leg.
@Simulated
struct Judgement {
  let rehearsal: Rehearsal
  let marks: IncidentMarks

  init(_ rehearsal: Rehearsal, hold wanted: TimeSpan? = nil, countsPages: Bool = true) {
    self.rehearsal = rehearsal
    var hold = RestoredExpectation.defaultHold
    for expectation in rehearsal.scenario.expectations where Self.counts(expectation, for: rehearsal.leg) {
      if case .restored(let restored) = expectation.verb { hold = restored.hold }
    }
    marks = Restoration(rehearsal: rehearsal, countsPages: countsPages).marks(hold: wanted ?? hold)
  }

  private var scenario: Scenario { rehearsal.scenario }
  private var world: World { rehearsal.world }

  private static func counts(_ expectation: Expectation, for leg: Leg) -> Bool {
    switch expectation.applies {
    case .always: leg.kind != .trap || expectation.verb.name == "invariant"
    case .untouched: leg.kind == .untouched
    case .solved: [.solution, .runbook, .drill].contains(leg.kind)
    }
  }

  // MARK: Validity

  /// Why the run proves nothing; empty when it does.
  func invalidities() -> [String] {
    var reasons = rehearsal.failures
    let baselineEnd = scenario.incidentStart ?? scenario.duration
    if baselineEnd > .zero {
      for objective in world.platform.objectives {
        guard let share = share(objective, .zero, baselineEnd), share < objective.target else { continue }
        reasons.append(
          "the baseline is not steady: \(objective.name) \(objective.region) is \(Self.percent(share)), its objective \(Self.percent(objective.target))"
        )
      }
    }
    for fault in rehearsal.faultsNotReached {
      reasons.append("fault \(fault.id.value) never began: it waits for \(fault.at.value), and no page went out")
    }
    // Of a fault that comes again and again, once is enough: a repair may have taken away what the later ones would have hit.
    let felt = Set(rehearsal.injections.filter(\.wasEffective).map(\.id))
    for injection in rehearsal.injections where !felt.contains(injection.id) {
      reasons.append(
        "fault \(injection.id) changed nothing: \(injection.verb) on \(injection.targets.joined(separator: ", "))")
    }
    if scenario.incidentStart != nil, !scenario.solutions.isEmpty, marks.symptomAt == nil {
      reasons.append("the faults were not felt: no objective was missed in any window of 30 s")
    }
    return reasons
  }

  // MARK: Findings

  /// What every expectation that counts for this leg came to, and the ones that are built in.
  func findings() throws -> [Finding] {
    var findings: [Finding] = []
    let audit = try world.audit().flatMap(\.findings)
    var isRestoredListed = false
    for expectation in scenario.expectations where Self.counts(expectation, for: rehearsal.leg) {
      switch expectation.verb {
      case .slo(let slo): findings.append(judge(slo))
      case .latency(let latency): findings += judge(latency)
      case .state(let state): findings.append(judge(state))
      case .event(let event): findings.append(judge(event))
      case .log(let log): findings.append(judge(log))
      case .alert(let alert): findings.append(judge(alert))
      case .query(let query): findings.append(judge(query))
      case .restored(let restored):
        isRestoredListed = true
        findings.append(judge(restored))
      case .invariant: break  // All of them are judged below, listed or not.
      }
    }
    if !isRestoredListed, scenario.incidentStart != nil, !scenario.solutions.isEmpty {
      let isRestored = [.solution, .runbook, .drill].contains(rehearsal.leg.kind)
      findings.append(
        judge(RestoredExpectation(isRestored: isRestored, within: nil, hold: RestoredExpectation.defaultHold)))
    }
    if let step = rehearsal.commands.first(where: { $0.result.exitCode != 0 }), rehearsal.leg.kind == .solution {
      let text = step.result.errors.split(separator: "\n").first.map(String.init) ?? ""
      findings.append(
        Finding(
          verb: "step", subject: step.line, window: "", limit: "exit 0", measured: "exit \(step.result.exitCode)",
          isHeld: false,
          moments: ["\(at(step.ended - rehearsal.origin)) \(text)"]))
    }
    return findings + PaymentCore.Invariant.allCases.map { judge($0, audit) }
  }

  private func judge(_ invariant: PaymentCore.Invariant, _ audit: [AuditFinding]) -> Finding {
    let broken = audit.filter { $0.invariant == invariant }
    return Finding(
      verb: "invariant", subject: invariant.rawValue, window: "whole", limit: "holds",
      measured: broken.isEmpty ? "holds" : broken.map(\.detail).joined(separator: "; "), isHeld: broken.isEmpty)
  }

  private func judge(_ restored: RestoredExpectation) -> Finding {
    let limit =
      restored.isRestored
      ? (restored.within.map { "<= \(text($0)), " } ?? "") + "hold \(text(restored.hold))" : "not restored"
    guard let fault = marks.faultAt else {
      return Finding(verb: "restored", subject: "", window: "", limit: limit, measured: "no fault", isHeld: false)
    }
    guard let symptom = marks.symptomAt else {
      return Finding(verb: "restored", subject: "", window: "", limit: limit, measured: "never broken", isHeld: false)
    }
    guard let instant = marks.restoredAt else {
      let missing = rehearsal.missingWorkloads()
      let measured =
        missing.isEmpty ? "still broken at \(at(scenario.duration))" : "gone: \(missing.joined(separator: ", "))"
      return Finding(
        verb: "restored", subject: "", window: "", limit: limit, measured: measured, isHeld: !restored.isRestored,
        moments: restored.isRestored ? moments(from: symptom) : [])
    }
    let took = instant - fault
    let isInTime = restored.within.map { took <= $0 } ?? true
    return Finding(
      verb: "restored", subject: "", window: "", limit: limit,
      measured: "after \(text(took))" + (isInTime ? "" : " (\(text(took - (restored.within ?? .zero))) late)"),
      isHeld: restored.isRestored && isInTime, moments: restored.isRestored && !isInTime ? moments(from: symptom) : [])
  }

  /// Up to three moments after a time at which components changed.
  private func moments(from time: TimeSpan) -> [String] {
    world.journal.componentChanges.filter { $0.at >= rehearsal.origin + time }.suffix(3).map {
      "\(at($0.at - rehearsal.origin)) \($0.component) \($0.effect ?? "well")"
    }
  }

  // MARK: Windows

  /// The ends of a window in times since T0; `nil` when the leg has none, such as a recovery that never came.
  func ends(_ window: ExpectationWindow) -> (from: TimeSpan, to: TimeSpan)? {
    let end = scenario.duration
    switch window {
    case .whole: return (.zero, end)
    case .baseline: return (.zero, marks.faultAt ?? end)
    case .incident: return marks.faultAt.map { ($0, marks.restoredAt ?? end) }
    case .recovery: return marks.restoredAt.map { ($0, end) }
    case .between(let from, let to):
      guard let start = time(of: from.value), let stop = time(of: to.value) else { return nil }
      return (start, stop)
    }
  }

  /// What an offset comes to in this leg, in time since T0; `nil` where it waits for a page that did not come.
  func time(of offset: Offset) -> TimeSpan? {
    var timeline = scenario.timeline
    timeline.alertAt = marks.pagedAt
    return timeline.time(of: offset)
  }

  func range(_ ends: (from: TimeSpan, to: TimeSpan)) -> Range<Instant> {
    (rehearsal.origin + ends.from)..<(rehearsal.origin + max(ends.from, ends.to))
  }

  // MARK: Traffic

  private func share(_ objective: ServiceLevelObjective, _ from: TimeSpan, _ to: TimeSpan) -> Double? {
    world.traffic(of: objective.region).map { Restoration.share(objective, $0.recorder.total(range((from, to)))) }
  }

  private func judge(_ slo: ServiceLevelExpectation) -> Finding {
    let subject = "\(slo.name.value) \(slo.region.value)"
    let limit = slo.bounds.map(\.description).joined(separator: ", ")
    let window = slo.window.description
    guard let ends = ends(slo.window),
      let objective = world.platform.objectives.first(where: {
        $0.name == slo.name.value && $0.region == slo.region.value
      }),
      let share = share(objective, ends.from, ends.to), ends.from < ends.to
    else {
      return Finding(
        verb: "slo", subject: subject, window: window, limit: limit, measured: "the window is empty", isHeld: false)
    }
    let burnt = burn(objective, ends)
    let isHeld = slo.bounds.allSatisfy { bound in
      switch bound {
      case .atLeast(let value): share >= value
      case .atMost(let value): share <= value
      case .burnsBetween(let low, let high): (low...high).contains(burnt)
      }
    }
    let burns = slo.bounds.contains { if case .burnsBetween = $0 { true } else { false } }
    return Finding(
      verb: "slo", subject: subject, window: window, limit: limit,
      measured: burns ? "burns \(Self.percent(burnt))" : Self.percent(share),
      isHeld: isHeld, moments: isHeld ? [] : worstMinutes(objective, ends))
  }

  /// The share of the period's error budget that was burnt: bad events over those that the objective allows in a whole period
  /// at the window's mean rate.
  func burn(_ objective: ServiceLevelObjective, _ ends: (from: TimeSpan, to: TimeSpan)) -> Double {
    Restoration(rehearsal: rehearsal).burn(objective, ends)
  }

  private func worstMinutes(_ objective: ServiceLevelObjective, _ ends: (from: TimeSpan, to: TimeSpan)) -> [String] {
    var minutes: [(at: TimeSpan, share: Double)] = []
    var time = ends.from
    while time < ends.to {
      if let share = share(objective, time, min(time + .minutes(1), ends.to)) { minutes.append((time, share)) }
      time += .minutes(1)
    }
    return minutes.filter { $0.share < objective.target }.sorted { ($0.share, $0.at) < ($1.share, $1.at) }.prefix(3)
      .sorted { $0.at < $1.at }.map { "\(at($0.at)) \(Self.percent($0.share))" }
  }

  private func judge(_ latency: LatencyExpectation) -> [Finding] {
    latency.bounds.map { bound in
      let subject = latency.region.value
      guard let ends = ends(latency.window), let source = world.traffic(of: subject), ends.from < ends.to else {
        return Finding(
          verb: "latency", subject: subject, window: latency.window.description, limit: bound.description,
          measured: "the window is empty", isHeld: false)
      }
      let histogram = source.recorder.latencies(range(ends))
      let value: TimeSpan =
        switch bound.statistic {
        case .average, nil: histogram.mean
        case .maximum: histogram.maximum
        case .minimum: histogram.quantile(0)
        case .percentile(let percent): histogram.quantile(percent / 100)
        }
      return Finding(
        verb: "latency", subject: subject, window: latency.window.description, limit: bound.description,
        measured: "\(shortNumber((value.milliseconds * 10).rounded() / 10))ms",
        isHeld: histogram.count > 0 && bound.holds(for: value.seconds))
    }
  }

  // MARK: Text

  func text(_ span: TimeSpan) -> String {
    Duration.nanoseconds(span.nanoseconds / 1_000_000_000 * 1_000_000_000).shortText
  }

  /// A time since T0 as `12m40`.
  func at(_ span: TimeSpan) -> String { clockText(span) }

  static func percent(_ share: Double) -> String { "\(shortNumber((share * 1_000_000).rounded(.down) / 10_000))%" }
}

/// A time since T0 as reports write it: `12m40`.
package func clockText(_ span: TimeSpan) -> String {
  let seconds = span.nanoseconds / 1_000_000_000
  let rest = abs(seconds % 60)
  return "\(seconds / 60)m\(rest < 10 ? "0" : "")\(rest)"
}
