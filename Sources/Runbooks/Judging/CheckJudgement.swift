import Documents
import Scenarios
import SimulationKernel

/// Judges a runbook by its legs: with it, without it, and with each of its mitigations left out. A function of their reports.
package struct CheckJudgement {
  let settings: RunbookSettings
  let page: TimeSpan
  let with: CheckedLeg
  let without: CheckedLeg
  let steps: [StepRecord]
  let isFinished: Bool
  /// What the run itself and the look without running found.
  let found: [RunbookFinding]
  let omissions: [(omission: Omission, leg: CheckedLeg)]
  /// The share of an error budget that a responder may burn beyond what the fault burns.
  let extraBudget: Double

  /// A difference in the time of restoration that counts.
  package static let noticeable = TimeSpan.seconds(15)
  /// A difference in a burnt error budget that counts, beside the whole.
  static let noticeableBudget = 0.02
  /// What holds where the scenario says nothing.
  package static let defaultExtraBudget = 0.01

  package init(
    settings: RunbookSettings, lint: [RunbookFinding], responder report: JSONValue, with: CheckedLeg,
    without: CheckedLeg,
    omissions: [(omission: Omission, leg: CheckedLeg)], extraBudget: Double?
  ) {
    self.settings = settings
    page = .seconds(report.at("page", "at")?.number ?? 0)
    self.with = with
    self.without = without
    steps = (report["steps"]?.array ?? []).compactMap(StepRecord.init)
    isFinished = report["finishedAt"]?.number != nil
    // What a look told beforehand is not told again in the run's words.
    let run = (report["findings"]?.array ?? []).compactMap { RunbookFinding($0) }
    found = lint + run.filter { finding in !lint.contains { $0.line == finding.line && $0.message == finding.message } }
    self.omissions = omissions
    self.extraBudget = extraBudget ?? Self.defaultExtraBudget
  }

  package func result() -> CheckResult {
    var findings = found + ineffective + belated
    let facts = [executable(findings), restored, counterfactual, harmless(findings)]
    if !facts[1].isHeld, without.restoredAt == nil { findings += unhelpful }
    findings = sorted(findings)
    let hasErrors = findings.contains { $0.severity == .error }
    let verdict: CheckResult.Verdict
    if !without.invalid.isEmpty {
      verdict = .invalid
    } else if !facts[0].isHeld || !facts[1].isHeld || !facts[3].isHeld || hasErrors {
      verdict = .fail
    } else {
      verdict = facts[2].isHeld ? .pass : .unproven
    }
    return CheckResult(
      verdict: verdict, facts: facts, findings: findings, headline: headline(facts, verdict),
      ablations: omissions.map { omission, leg in
        CheckResult.Ablation(
          line: omission.reportedLine, text: omission.text, restoredAt: leg.restoredAt, hasEffect: hasEffect(leg))
      })
  }

  private func sorted(_ findings: [RunbookFinding]) -> [RunbookFinding] {
    var seen: Set<RunbookFinding> = []
    return findings.filter { seen.insert($0).inserted }
      .sorted { ($0.line, $0.rule, $0.message) < ($1.line, $1.rule, $1.message) }
  }

  // MARK: The four facts

  private func executable(_ findings: [RunbookFinding]) -> CheckResult.Fact {
    let failed = steps.count { $0.state == .failed || $0.state == .impossible }
    let wrong = findings.count { $0.severity == .error && ["lint", "step"].contains($0.rule) }
    var detail =
      failed == 0 && wrong == 0
      ? "\(steps.count { $0.state == .done }) commands" : "\(max(failed, wrong)) cannot be done as written"
    if !isFinished { detail = "the responder was not through at the end" }
    return CheckResult.Fact(name: "executable", isHeld: failed == 0 && wrong == 0 && isFinished, detail: detail)
  }

  private var restored: CheckResult.Fact {
    guard let instant = with.restoredAt else {
      return CheckResult.Fact(name: "restores", isHeld: false, detail: "still broken at \(clockText(with.end))")
    }
    if with.symptomAt == nil {
      return CheckResult.Fact(name: "restores", isHeld: true, detail: "before customers noticed anything")
    }
    let took = instant - page
    let target = settings.restoresWithin
    let isInTime = target.map { took <= $0 } ?? true
    let limit = target.map { " (target \($0.duration.shortText))" } ?? ""
    return CheckResult.Fact(
      name: "restores", isHeld: isInTime, detail: "\(max(took, .zero).duration.wholeSeconds) after the page\(limit)")
  }

  private var counterfactual: CheckResult.Fact {
    guard let instant = without.restoredAt else {
      return CheckResult.Fact(name: "needed", isHeld: true, detail: "without it broken at \(clockText(without.end))")
    }
    return CheckResult.Fact(
      name: "needed", isHeld: false,
      detail: "service came back by itself at \(clockText(instant)): the runbook proves nothing")
  }

  private func harmless(_ findings: [RunbookFinding]) -> CheckResult.Fact {
    let forbidden = findings.filter { $0.rule == "safety" || $0.rule == "diagnosis" }
    let extra = with.budgets.map {
      (
        objective: $0.objective,
        share: excess($0.objective, of: with, over: without)
      )
    }
    .filter { $0.share > extraBudget }
    let details =
      forbidden.map { "line \($0.line): \($0.message)" }
      + extra.map { "\($0.objective) burns \(Self.percent($0.share)) more of its budget than without the runbook" }
      + with.broken.filter { !without.broken.contains($0) }.map { "\($0) does not hold" }
    return CheckResult.Fact(
      name: "harmless", isHeld: details.isEmpty, detail: details.first ?? "no side effects")
  }

  // MARK: Findings from comparing legs

  /// Mitigations that can be left out.
  private var ineffective: [RunbookFinding] {
    guard with.restoredAt != nil else { return [] }
    return omissions.filter { !hasEffect($0.leg) }.map { omission, leg in
      if let instant = with.restoredAt, let sooner = leg.restoredAt, instant - sooner >= Self.noticeable {
        return RunbookFinding(
          .error, line: omission.reportedLine, "ablation",
          "makes it worse: service is back \((instant - sooner).duration.wholeSeconds) sooner without it: \(omission.text)"
        )
      }
      return RunbookFinding(
        .error, line: omission.reportedLine, "ablation",
        "makes no difference: service is back as soon without it: \(omission.text)")
    }
  }

  /// Whether service is back later, or at a higher price, when something is left out.
  private func hasEffect(_ leg: CheckedLeg) -> Bool {
    guard let instant = with.restoredAt else { return leg.restoredAt != nil }
    guard let other = leg.restoredAt else { return true }
    if other - instant >= Self.noticeable { return true }
    return with.budgets.contains { entry in
      let own = with.burnt(entry.objective, until: min(with.end, leg.end))
      return excess(entry.objective, of: leg, over: with) > max(Self.noticeableBudget * own, 0.0005)
    }
  }

  /// What one leg burns of a budget more than another, as long as both ran.
  private func excess(_ objective: String, of leg: CheckedLeg, over other: CheckedLeg) -> Double {
    let end = min(leg.end, other.end)
    return leg.burnt(objective, until: end) - other.burnt(objective, until: end)
  }

  /// Changes made when service was already back.
  private var belated: [RunbookFinding] {
    guard let instant = with.restoredAt, with.symptomAt != nil else { return [] }
    return steps.filter { $0.section != .diagnosis && $0.at > instant && !$0.changes.isEmpty }.map { step in
      RunbookFinding(
        .error, line: step.line, "late",
        "changes the platform \((step.at - instant).duration.wholeSeconds) after service was back: \(step.text)")
    }
  }

  /// Where nothing restored: every mitigation that was tried and did not.
  private var unhelpful: [RunbookFinding] {
    let tried = steps.filter { $0.section == .mitigation && $0.mayChange && $0.state == .done }
    if tried.isEmpty {
      let line = steps.first { $0.section == .mitigation }?.line ?? 1
      return [
        RunbookFinding(.error, line: line, "restores", "no mitigation was carried out, and service did not come back")
      ]
    }
    return tried.map {
      RunbookFinding(.error, line: $0.line, "restores", "does not restore service: \($0.text)")
    }
  }

  // MARK: Words

  private func headline(_ facts: [CheckResult.Fact], _ verdict: CheckResult.Verdict) -> String {
    if verdict == .invalid { return "INVALID: \(without.invalid.joined(separator: "; "))" }
    let harm = facts[3].isHeld ? "no side effects" : facts[3].detail
    if verdict == .unproven { return "PROVES NOTHING: \(counterfactual.detail). \(harm)." }
    guard with.restoredAt != nil else { return "DOES NOT RESTORE the service: \(facts[1].detail). \(harm)." }
    let needed = facts[2].isHeld ? "without the runbook: broken at \(clockText(without.end))" : facts[2].detail
    return
      "\(facts[1].isHeld ? "RESTORES" : "RESTORES TOO LATE") the service \(facts[1].detail); \(needed). \(budgetText), \(harm)."
  }

  /// What the incident cost with the runbook: the budget that suffered most.
  private var budgetText: String {
    let worst = with.budgets.map { with.burnt($0.objective, until: with.end) }.max() ?? 0
    return "\(Self.percent(worst)) budget"
  }

  static func percent(_ share: Double) -> String { "\(shortNumber((share * 1000).rounded() / 10))%" }
}
