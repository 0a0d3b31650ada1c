import Documents
import SimulationKernel
import Testing

@testable import Runbooks

@Suite struct Judging {
  private static func leg(restored: Double?, budget: Double, end: Double = 1200, invalid: [String] = []) -> CheckedLeg {
    CheckedLeg([
      "marks": ["restoredAt": restored.map { .number($0) } ?? .null, "symptomAt": 100], "virtualSeconds": .number(end),
      "invalid": .array(invalid.map { .string($0) }),
      "budgets": ["spain/slo": .array((1...Int(end / 60)).map { _ in .number(budget) })],
    ])
  }

  private static func responder(_ steps: [StepRecord], _ findings: [RunbookFinding] = []) -> JSONValue {
    [
      "page": ["at": 200], "finishedAt": 500, "steps": .array(steps.map(\.json)),
      "findings": .array(findings.map(\.json)),
    ]
  }

  private static func step(
    _ line: Int, _ section: RunbookBlock.Section = .mitigation, at: Double = 300, state: StepRecord.State = .done,
    changes: [String] = ["update x"]
  ) -> StepRecord {
    var step = StepRecord(
      line: line, section: section, text: "step \(line)", state: state, at: .seconds(at), took: .zero)
    step.changes = changes
    step.mayChange = true
    return step
  }

  private static func judge(
    _ responder: JSONValue, with: CheckedLeg, without: CheckedLeg = leg(restored: nil, budget: 0.2),
    omissions: [(Omission, CheckedLeg)] = [], target: TimeSpan? = nil, lint: [RunbookFinding] = []
  ) -> CheckResult {
    CheckJudgement(
      settings: RunbookSettings(restoresWithin: target), lint: lint, responder: responder, with: with, without: without,
      omissions: omissions, extraBudget: nil
    ).result()
  }

  private static func omission(_ line: Int) -> Omission {
    Omission(line: line, isBlock: false, block: line - 1, reportedLine: line, text: "step \(line)")
  }

  @Test func aRunbookThatRestoresPasses() {
    let result = Self.judge(
      Self.responder([Self.step(5)]), with: Self.leg(restored: 320, budget: 0.05),
      omissions: [(Self.omission(5), Self.leg(restored: nil, budget: 0.06, end: 400))])
    #expect(result.verdict == .pass)
    #expect(result.findings.isEmpty)
    #expect(
      result.headline
        == "RESTORES the service 2m after the page; without the runbook: broken at 20m00. 5% budget, no side effects.")
  }

  @Test(arguments: [
    (330.0, 0.05, false), (334.9, 0.05, false), (335.0, 0.05, true), (330, 0.0515, true), (330, 0.0501, false),
  ])
  func whatCountsAsAnEffect(_ restored: Double, _ budget: Double, _ hasEffect: Bool) {
    let result = Self.judge(
      Self.responder([Self.step(5)]), with: Self.leg(restored: 320, budget: 0.05),
      omissions: [(Self.omission(5), Self.leg(restored: restored, budget: budget, end: 460))])
    #expect(result.ablations.map(\.hasEffect) == [hasEffect])
    #expect((result.verdict == .pass) == hasEffect)
    #expect(result.findings.map(\.line) == (hasEffect ? [] : [5]))
  }

  @Test func whatIsDoneTooLateIsNamed() {
    let result = Self.judge(
      Self.responder([Self.step(5), Self.step(9, at: 400), Self.step(11, at: 410, changes: [])]),
      with: Self.leg(restored: 320, budget: 0.05))
    #expect(result.verdict == .fail)
    #expect(result.findings.map(\.line) == [9])
  }

  @Test func aServiceThatHealsProvesNothing() {
    let result = Self.judge(
      Self.responder([Self.step(5, .diagnosis, changes: [])]), with: Self.leg(restored: 320, budget: 0.05),
      without: Self.leg(restored: 320, budget: 0.05))
    #expect(result.verdict == .unproven)
    #expect(result.headline.hasPrefix("PROVES NOTHING: service came back by itself at 5m20"))
  }

  @Test func whatDoesNotRestoreIsNamed() {
    let result = Self.judge(
      Self.responder([Self.step(5), Self.step(6, changes: [])]), with: Self.leg(restored: nil, budget: 0.2))
    #expect(result.verdict == .fail)
    #expect(result.findings.map(\.rule) == ["restores", "restores"])
    #expect(result.headline.hasPrefix("DOES NOT RESTORE the service: still broken at 20m00"))
  }

  @Test func theTargetCounts() {
    let slow = Self.judge(
      Self.responder([Self.step(5)]), with: Self.leg(restored: 320, budget: 0.05), target: .minutes(1))
    #expect(slow.verdict == .fail)
    #expect(slow.headline.hasPrefix("RESTORES TOO LATE the service 2m after the page (target 1m)"))
  }

  @Test func harmIsFound() {
    let costly = Self.judge(Self.responder([Self.step(5)]), with: Self.leg(restored: 320, budget: 0.25))
    #expect(costly.verdict == .fail)
    #expect(costly.headline.hasSuffix("spain/slo burns 5% more of its budget than without the runbook."))
    let forbidden = Self.judge(
      Self.responder([Self.step(5)], [RunbookFinding(.error, line: 5, "safety", "takes away x")]),
      with: Self.leg(restored: 320, budget: 0.05))
    #expect(forbidden.facts[3].isHeld == false)
  }

  @Test func aFindingOfTheLookIsNotToldTwice() {
    let finding = RunbookFinding(.error, line: 5, "lint", "<x> is never bound")
    let again = RunbookFinding(.error, line: 5, "step", "<x> is never bound")
    let result = Self.judge(
      Self.responder([Self.step(5, state: .impossible)], [again]), with: Self.leg(restored: 320, budget: 0.05),
      lint: [finding])
    #expect(result.findings == [finding])
    #expect(result.facts[0].isHeld == false)
  }

  @Test func aScenarioThatProvesNothingMakesItInvalid() {
    let result = Self.judge(
      Self.responder([]), with: Self.leg(restored: nil, budget: 0),
      without: Self.leg(restored: nil, budget: 0, invalid: ["the baseline is not steady"]))
    #expect(result.verdict == .invalid)
  }

  @Test func thePagerRingsAfterAMinuteOfMisses() {
    var watch = PageWatch()
    var fired: [Double] = []
    for second in stride(from: 5.0, through: 300, by: 5) {
      // A short miss that ends, then one that lasts.
      let isMissing = (20..<60).contains(second) || second >= 100
      if watch.evaluate(missing: isMissing ? ["spain"] : [], at: .seconds(second)) != nil { fired.append(second) }
    }
    #expect(fired.first == 160)
  }
}
