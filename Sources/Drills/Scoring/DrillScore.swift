import SimulationKernel

/// The score of a drill: a function of its facts and of nothing else.
package struct DrillScore: Hashable, Sendable {
  package struct Part: Hashable, Sendable {
    package var name: String
    package var points: Double
    package var most: Double
    /// Why, in the words of the facts.
    package var reason: String
  }

  package let parts: [Part]
  /// Points for hints.
  package let hints: Int
  /// 0 to 100.
  package let total: Int

  /// Points of each part.
  static let restored = 40.0
  static let diagnosis = 30.0
  static let speed = 15.0
  static let safety = 15.0
  /// Par is never less than this: nobody is measured in seconds.
  static let leastPar = TimeSpan.minutes(2)

  package init(_ facts: DrillFacts) {
    hints = facts.hintCost
    guard facts.tookPart else {
      parts = Self.names(facts).map { Part(name: $0.0, points: 0, most: $0.1, reason: "nobody took the page") }
      total = 0
      return
    }
    let avoided = Self.avoided(facts)
    var parts = [
      Part(
        name: "restored", points: Self.restored * avoided, most: Self.restored,
        reason: facts.isRestored
          ? "\(Self.percent(avoided)) of the avoidable damage was avoided"
          : "service was not restored; \(Self.percent(avoided)) of the avoidable damage was avoided")
    ]
    parts += Self.gated(
      [Self.diagnosis(facts), Self.speed(facts), Self.safety(facts)].compactMap(\.self), facts, avoided)
    self.parts = parts
    let most = parts.map(\.most).reduce(0, +)
    let sum = parts.map(\.points).reduce(0, +) * 100 / most - Double(facts.hintCost)
    total = Int(min(100, max(0, sum)).rounded())
  }

  private static func names(_ facts: DrillFacts) -> [(String, Double)] {
    [("restored", restored)] + (facts.diagnoses.isEmpty ? [] : [("diagnosis", diagnosis)])
      + [("speed", speed), ("safety", safety)]
  }

  /// Of the budget that the solution saves, the share that was saved; where there is nothing to save, how little was burnt beyond
  /// the solution.
  package static func avoided(_ facts: DrillFacts) -> Double {
    let possible = facts.burntUntouched - facts.burntPar
    let margin = max(facts.extraBudget, facts.burntPar * 0.1)
    if possible <= margin {
      guard facts.isRestored else { return 0 }
      return min(1, max(0, 1 - (facts.burnt - facts.burntPar - margin) / max(facts.burntPar, margin)))
    }
    return min(1, max(0, (facts.burntUntouched - facts.burnt) / possible))
  }

  /// Without restored service, or with nothing avoided, the rest does not count.
  private static func gated(_ parts: [Part], _ facts: DrillFacts, _ avoided: Double) -> [Part] {
    guard !facts.isRestored || avoided == 0 else { return parts }
    return parts.map { part in
      var part = part
      part.points = 0
      part.reason += "; counts once service is restored"
      return part
    }
  }

  private static func diagnosis(_ facts: DrillFacts) -> Part? {
    guard !facts.diagnoses.isEmpty else { return nil }
    let share = facts.diagnoses.map(\.share).reduce(0, +) / Double(facts.diagnoses.count)
    let answered = facts.diagnoses.count { $0.given != nil }
    let right = facts.diagnoses.count { $0.share == 1 }
    return Part(
      name: "diagnosis", points: diagnosis * share, most: diagnosis,
      reason: "\(answered) of \(facts.diagnoses.count) questions answered, \(right) as the run says")
  }

  private static func speed(_ facts: DrillFacts) -> Part {
    guard let mitigated = facts.mitigatedAt else {
      return Part(name: "speed", points: 0, most: speed, reason: "the objectives were not met again")
    }
    let mine = max(.zero, mitigated - facts.pagedAt)
    let par = max(leastPar, (facts.parMitigatedAt ?? mitigated) - facts.pagedAt)
    let share = mine <= par ? 1 : par / mine
    if mitigated <= facts.pagedAt {
      return Part(name: "speed", points: speed, most: speed, reason: "objectives were met before the page")
    }
    return Part(
      name: "speed", points: speed * share, most: speed,
      reason: "objectives met \(text(mine)) after the page; the solution takes \(text(par))")
  }

  private static func safety(_ facts: DrillFacts) -> Part {
    guard facts.forbidden.isEmpty else {
      return Part(
        name: "safety", points: 0, most: safety,
        reason: "done though the scenario rules it out: \(facts.forbidden.joined(separator: ", "))")
    }
    let harm = min(1, facts.burntByActions / max(facts.extraBudget, 1e-6))
    var reasons = [
      facts.burntByActions > 0
        ? "\(percent(facts.burntByActions)) of the budget burnt in minutes that were worse than with nobody acting"
        : "no minute was worse than with nobody acting"
    ]
    if !facts.isVerified { reasons.append("nobody looked after the last change") }
    let points = safety * (2.0 / 3) * (1 - harm) + (facts.isVerified ? safety / 3 : 0)
    return Part(name: "safety", points: points, most: safety, reason: reasons.joined(separator: "; "))
  }

  private static func percent(_ share: Double) -> String { DrillStatus.percent(share) }
  private static func text(_ span: TimeSpan) -> String { TimeSpan.seconds(span.seconds.rounded()).duration.shortText }
}
