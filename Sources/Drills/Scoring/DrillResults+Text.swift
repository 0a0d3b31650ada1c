import Scenarios
import SimulationKernel

// What the trainee reads at the end: first what happened, then what it comes to.
extension DrillResults {
  /// - Parameter withScore: whether points are given.
  package func text(withScore: Bool) -> String {
    var text = "\n" + timeline(last.facts) + "\n" + budget(last.facts) + "\n" + found(last.facts)
    if branches.count > 1 { text += "\n" + compared(withScore) }
    if withScore { text += "\n" + points(last.score) }
    if let debrief { text += "\nWHAT IT WAS\n\(Self.indented(debrief))" }
    return text
  }

  private func timeline(_ facts: DrillFacts) -> String {
    var rows: [(TimeSpan?, String, String)] = [
      (facts.faultAt, "fault", ""), (facts.symptomAt, "customers notice", ""),
      (facts.pagedAt, "page", "time to detect"),
      (facts.acknowledgedAt, "acknowledged", ""), (facts.evidenceAt, "first relevant evidence", ""),
      (facts.localisedAt, "component named", "time to localise"), (facts.firstChangeAt, "first change", ""),
      (facts.lastChangeAt, "last change", ""), (facts.mitigatedAt, "objectives met, and held", "time to mitigate"),
      (facts.causeGoneAt, "root cause gone", ""), (facts.resolvedAt, "resolved", ""),
    ]
    if facts.firstChangeAt == facts.lastChangeAt { rows.removeAll { $0.1 == "last change" } }
    let start = facts.faultAt ?? .zero
    let lines = rows.map { time, word, measure -> (TimeSpan, String) in
      guard let time else { return (.hours(10_000), "  -        \(word)\n") }
      let clock = clockText(time)
      let pad = String(repeating: " ", count: max(1, 9 - clock.count))
      let passed = time - (measure == "time to detect" ? start : facts.pagedAt)
      let since = measure.isEmpty ? "" : passed < .zero ? "   before the page" : "   \(measure) \(Self.span(passed))"
      return (time, "  \(clock)\(pad)\(word)\(since)\n")
    }
    let sorted = lines.enumerated().sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }
    return "WHAT HAPPENED\n" + sorted.map(\.element.1).joined()
  }

  private func budget(_ facts: DrillFacts) -> String {
    """
    ERROR BUDGET (of a month, all objectives)
      nobody acts      \(DrillStatus.percent(facts.burntUntouched))
      the solution     \(DrillStatus.percent(facts.burntPar))
      this drill       \(DrillStatus.percent(facts.burnt))

    """
  }

  private func found(_ facts: DrillFacts) -> String {
    guard !facts.diagnoses.isEmpty || !facts.looks.isEmpty else { return "" }
    var text = "DIAGNOSIS\n"
    for diagnosis in facts.diagnoses {
      text += "  \(diagnosis.asked)\n    the run says  \(diagnosis.right)\n"
      let distance = diagnosis.distance.map { $0 == 0 ? "" : "   \($0) \($0 == 1 ? "step" : "steps") away" } ?? ""
      text += "    answered      \(diagnosis.given ?? "-")\(distance)\n"
    }
    let revealing = facts.looks.filter { !$0.revealed.isEmpty }
    if !revealing.isEmpty { text += "  evidence read\n" }
    for look in revealing.prefix(12) {
      text += "    \(clockText(look.at))  \(Self.short(look.line))\n"
      text += "           \(look.revealed.prefix(3).joined(separator: ", "))\(look.revealed.count > 3 ? " …" : "")\n"
    }
    if !facts.unread.isEmpty {
      text += "  never looked at\n"
      for component in facts.unread.prefix(6) { text += "    \(component)\n" }
    }
    return text
  }

  private func compared(_ withScore: Bool) -> String {
    var text = "BRANCHES\n"
    for (index, branch) in branches.enumerated() {
      let facts = branch.facts
      let restored = facts.mitigatedAt.map { "restored at \(clockText($0))" } ?? "not restored"
      let score = withScore ? ", \(branch.score.total) points" : ""
      text += "  \(index + 1)  \(restored), \(DrillStatus.percent(facts.burnt)) of the budget burnt\(score)\n"
    }
    return text
  }

  private func points(_ score: DrillScore) -> String {
    var text = "SCORE\n"
    for part in score.parts {
      let points = "\(Int(part.points.rounded())) of \(Int(part.most))"
      text += "  \(Self.padded(part.name, 11))\(Self.padded(points, 10))\(part.reason)\n"
    }
    if score.hints > 0 { text += "  \(Self.padded("hints", 11))-\(score.hints)\n" }
    return text + "  \(Self.padded("total", 11))\(score.total) of 100\n"
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  private static func indented(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).dropLast(text.hasSuffix("\n") ? 1 : 0)
      .map { $0.isEmpty ? "\n" : "  \($0)\n" }.joined()
  }

  private static func short(_ line: String) -> String { line.count > 90 ? line.prefix(89) + "…" : line }
  private static func span(_ span: TimeSpan) -> String { TimeSpan.seconds(span.seconds.rounded()).duration.shortText }
}
