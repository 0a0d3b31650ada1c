import Documents
import Faults
import KubernetesModel
import Scenarios
import SimulationKernel
import Telemetry
import Toolbox
import TwinWorld

/// What happened in a drill, derived from the run. Times are since T0.
package struct DrillFacts: Hashable, Sendable {
  /// An answer, and how far from the truth it was.
  package struct Diagnosis: Hashable, Sendable {
    package var question: String
    package var asked: String
    package var given: String?
    package var right: String
    /// 0 to 1.
    package var share: Double
    /// Steps between the component that was named and the right one; `nil` for choices.
    package var distance: Int?

    package init(
      question: String, asked: String = "", given: String?, right: String, share: Double, distance: Int? = nil
    ) {
      self.question = question
      self.asked = asked
      self.given = given
      self.right = right
      self.share = share
      self.distance = distance
    }
  }

  /// A command, and what of the chain of causes its output showed.
  package struct Look: Hashable, Sendable {
    package var at: TimeSpan
    package var line: String
    package var mayChange: Bool
    package var exitCode: Int32
    package var revealed: [String]
  }

  package var faultAt: TimeSpan?
  package var symptomAt: TimeSpan?
  package var pagedAt = TimeSpan.zero
  package var acknowledgedAt: TimeSpan?
  /// The first command whose output showed a component of the chain of causes.
  package var evidenceAt: TimeSpan?
  /// When the component that holds the cause was first named.
  package var localisedAt: TimeSpan?
  /// When the first command ended that may have changed the platform, and when the last.
  package var firstChangeAt: TimeSpan?
  package var lastChangeAt: TimeSpan?
  /// From when on every objective was met, to the end of the measuring.
  package var mitigatedAt: TimeSpan?
  package var causeGoneAt: TimeSpan?
  package var resolvedAt: TimeSpan?
  package var endedAt = TimeSpan.zero
  /// What burnt is counted up to here, in all runs.
  package var measuredUntil = TimeSpan.zero
  /// Shares of a month's error budget, all objectives together.
  package var burntUntouched = 0.0
  package var burntPar = 0.0
  /// The same by minutes since T0: untouched, par and this drill.
  package var burntByMinute: [[Double]] = []
  package var burnt = 0.0
  /// What burnt in minutes that would have been better without the trainee, beyond what the solution costs as well.
  package var burntByActions = 0.0
  package var extraBudget = 0.02
  package var parMitigatedAt: TimeSpan?
  package var diagnoses: [Diagnosis] = []
  /// What the scenario forbids and was done.
  package var forbidden: [String] = []
  /// Whether the platform was looked at after the last change.
  package var isVerified = true
  /// What each hint that was taken cost, in the order of the file.
  package var hintCosts: [Int] = []
  package var hintCost: Int { hintCosts.reduce(0, +) }
  package var runbookReadAt: TimeSpan?
  package var statusUpdates = 0
  package var looks: [Look] = []
  /// Components of the chain of causes that no command showed.
  package var unread: [String] = []
  /// Whether anything was done at all.
  package var tookPart = true

  package init() {}

  /// Whether the service was left well.
  package var isRestored: Bool { mitigatedAt != nil }
}

extension DrillFacts {
  /// Brings a drill that has ended to the end of its measuring and derives what happened.
  @Simulated
  package init(_ session: DrillSession, _ counterfactuals: Counterfactuals) throws {
    let rehearsal = session.rehearsal
    endedAt = session.now
    let end = session.measuredUntil
    rehearsal.end(at: end)
    try rehearsal.advance(to: end)
    try rehearsal.finish()
    measuredUntil = end
    let mine = MeasuredLeg(rehearsal, hold: session.scenario.hold)
    let chain = TruthChain(rehearsal)
    let entries = session.branch.compactMap { event -> DrillEntry? in
      if case .entry(let entry) = event, entry.source == .trainee { entry } else { nil }
    }
    faultAt = session.scenario.incidentStart
    pagedAt = session.pagedAt
    symptomAt = mine.symptomAt
    mitigatedAt = mine.mitigatedAt
    causeGoneAt = chain.goneAt.map { $0 - rehearsal.origin }
    readNotebook(session)
    measure(mine, counterfactuals)
    read(entries, chain)
    diagnoses = session.drill.questions.map { Self.diagnosis($0, session.notebook, chain) }
    localisedAt = Self.localised(session, chain)
    extraBudget = session.drill.safety?.extraBudget ?? 0.02
    forbidden = (session.drill.safety?.mustNot ?? []).filter { Self.wasDone($0, session, entries) }
    tookPart = acknowledgedAt != nil || !looks.isEmpty || !session.notebook.answers.isEmpty
  }

  @Simulated
  private mutating func readNotebook(_ session: DrillSession) {
    let notebook = session.notebook
    acknowledgedAt = notebook.acknowledgedAt
    resolvedAt = notebook.resolvedAt
    runbookReadAt = notebook.runbookReadAt
    statusUpdates = notebook.statusUpdates.count
    hintCosts = notebook.hintsTaken.map(\.cost)
  }

  private mutating func measure(_ mine: MeasuredLeg, _ counterfactuals: Counterfactuals) {
    let minutes = mine.burnt.count
    burnt = mine.totalBurnt(minutes: minutes)
    burntUntouched = counterfactuals.untouched.totalBurnt(minutes: minutes)
    burntPar = counterfactuals.par.totalBurnt(minutes: minutes)
    burntByMinute = [counterfactuals.untouched, counterfactuals.par, mine].map { Array($0.burnt.prefix(minutes)) }
    parMitigatedAt = counterfactuals.par.mitigatedAt
    let untouched = counterfactuals.untouched.burnt
    let par = Array(counterfactuals.par.burnt.prefix(minutes))
    burntByActions = max(0, Self.excess(mine.burnt, over: untouched) - Self.excess(par, over: untouched))
  }

  /// What burnt in minutes in which a run was clearly worse than another: two runs differ a little by chance.
  static func excess(_ one: [Double], over other: [Double]) -> Double {
    zip(one, other).filter { $0 > $1 * 1.1 + 1e-6 }.map { $0 - $1 }.reduce(0, +)
  }

  @Simulated
  private mutating func read(_ entries: [DrillEntry], _ chain: TruthChain) {
    let own = DrillCommand.all.map(\.name)
    let looking = ["dash", "alerts"]
    for entry in entries {
      let name = DrillSession.words(entry.line).first ?? ""
      guard !own.contains(name) || looking.contains(name), !name.isEmpty else { continue }
      let facts = CommandLineFacts(entry.line)
      let revealed = facts.mayChange || name == "alerts" ? [] : chain.shown(by: entry.line, entry.result.output)
      looks.append(
        Look(
          at: entry.ended, line: entry.line, mayChange: facts.mayChange, exitCode: entry.result.exitCode,
          revealed: revealed))
      if facts.mayChange {
        firstChangeAt = firstChangeAt ?? entry.ended
        lastChangeAt = entry.ended
        isVerified = false
      } else if facts.looks || looking.contains(name) {
        isVerified = true
      }
      if !revealed.isEmpty { evidenceAt = evidenceAt ?? entry.ended }
    }
    let seen = Set(looks.flatMap(\.revealed))
    unread = chain.components.filter { !seen.contains($0) }
  }

  // MARK: Diagnosis

  @Simulated
  private static func diagnosis(
    _ question: Drill.Question, _ notebook: DrillNotebook, _ chain: TruthChain
  ) -> Diagnosis {
    let given = notebook.answer(to: question.id)?.given
    switch question.answer {
    case .choice(_, let right):
      return Diagnosis(
        question: question.id, asked: question.ask, given: given, right: right, share: given == right ? 1 : 0)
    case .component(let pattern):
      let distance = given.flatMap { chain.distance(from: $0, to: pattern.value) }
      return Diagnosis(
        question: question.id, asked: question.ask, given: given, right: pattern.value.description,
        share: distance.map(nearness) ?? 0, distance: distance)
    }
  }

  /// What a component is worth that is so many steps from the right one.
  static func nearness(_ distance: Int) -> Double { [1, 0.5, 0.25][min(distance, 3), default: 0] }

  @Simulated
  private static func localised(_ session: DrillSession, _ chain: TruthChain) -> TimeSpan? {
    for answer in session.notebook.answers {
      guard let question = session.drill.questions.first(where: { $0.id == answer.question }) else { continue }
      if case .component(let pattern) = question.answer, pattern.value.matches(answer.given) { return answer.at }
    }
    return nil
  }

  // MARK: Forbidden actions

  /// Whether an action that the scenario forbids was done: `delete KIND [NAME]`, `scale NAME to NUMBER`, or the words of any other
  /// command.
  @Simulated
  private static func wasDone(_ action: String, _ session: DrillSession, _ entries: [DrillEntry]) -> Bool {
    let words = action.split(separator: " ").map { $0.lowercased() }
    let page = session.rehearsal.origin + session.pagedAt
    let changes = session.rehearsal.world.journal.resourceVersions.filter {
      $0.at >= page && $0.user == CommandCheck.engineer
    }
    switch (words.first, words.count) {
    case ("delete", 2...):
      return changes.contains { change in
        change.verb == "delete" && change.kind.lowercased() == words[1]
          && (words.count == 2 || change.name == words[2])
      }
    case ("scale", 4...) where words[2] == "to":
      return changes.contains { change in
        change.name == words[1] && change.verb != "delete"
          && change.object.at("spec", "replicas")?.integer == Int64(words[3])
      }
    default:
      return entries.contains { entry in
        let typed = entry.line.lowercased().split(whereSeparator: \.isWhitespace).map(String.init)
        return words.allSatisfy { typed.contains($0) }
      }
    }
  }
}

extension Array {
  fileprivate subscript(index: Int, default fallback: Element) -> Element {
    indices.contains(index) ? self[index] : fallback
  }
}
