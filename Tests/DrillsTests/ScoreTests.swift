import Drills
import SimulationKernel
import Testing

@Suite struct Scores {
  /// An incident of ten minutes after the page that burns 10 % untouched and 2 % with the solution.
  private static func facts(_ change: (inout DrillFacts) -> Void = { _ in }) -> DrillFacts {
    var facts = DrillFacts()
    facts.pagedAt = .minutes(10)
    facts.acknowledgedAt = .minutes(10.5)
    facts.mitigatedAt = .minutes(14)
    facts.parMitigatedAt = .minutes(14)
    (facts.burntUntouched, facts.burntPar, facts.burnt) = (0.10, 0.02, 0.02)
    facts.diagnoses = [
      .init(question: "where", given: "a", right: "a", share: 1, distance: 0),
      .init(question: "why", given: "b", right: "b", share: 1),
    ]
    change(&facts)
    return facts
  }

  struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    var total: Int
    var change: @Sendable (inout DrillFacts) -> Void
    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(name: "as the solution does it", total: 100) { _ in },
    Case(name: "better than the solution", total: 100) { $0.burnt = 0.01 },
    Case(name: "half of the damage avoided", total: 80) { $0.burnt = 0.06 },
    Case(name: "half of the diagnosis", total: 85) { $0.diagnoses[1].share = 0 },
    Case(name: "a neighbour named", total: 93) { $0.diagnoses[0].share = 0.5 },
    Case(name: "twice as long as par", total: 93) { $0.mitigatedAt = .minutes(18) },
    Case(name: "not restored", total: 20) {
      $0.mitigatedAt = nil
      $0.burnt = 0.06
    },
    Case(name: "worse than doing nothing", total: 0) {
      $0.mitigatedAt = nil
      $0.burnt = 0.2
    },
    Case(name: "nobody took the page", total: 0) { $0.tookPart = false },
    Case(name: "something forbidden", total: 85) { $0.forbidden = ["delete namespace"] },
    Case(name: "no look after the last change", total: 95) { $0.isVerified = false },
    Case(name: "half of the extra budget burnt", total: 95) { $0.burntByActions = 0.01 },
    Case(name: "two hints", total: 85) { $0.hintCosts = [5, 10] },
    Case(name: "nothing asked", total: 100) { $0.diagnoses = [] },
    Case(name: "it heals by itself", total: 100) { ($0.burntUntouched, $0.burntPar, $0.burnt) = (0.02, 0.02, 0.021) },
    Case(name: "it heals by itself, and was made much worse", total: 0) {
      ($0.burntUntouched, $0.burntPar, $0.burnt) = (0.02, 0.02, 0.2)
    },
  ]

  @Test(arguments: cases) func followsFromFacts(_ one: Case) {
    let score = DrillScore(Self.facts(one.change))
    #expect(score.total == one.total, "\(score.parts)")
    #expect(score.total == DrillScore(Self.facts(one.change)).total)
  }

  @Test func unansweredQuestionsCountForNothing() {
    let score = DrillScore(
      Self.facts { facts in for index in facts.diagnoses.indices { facts.diagnoses[index].share = 0 } })
    #expect(score.total == 70)
    #expect(score.parts.first { $0.name == "diagnosis" }?.points == 0)
  }
}
