import Documents
import Scenarios
import SimulationKernel

// How a drill is played to see whether its score is fair.
extension DrillSession {
  /// The right answers, the scenario's first solution, and a look at what came of it.
  package var linesOfTheSolution: [String] {
    let answers = drill.questions.map { question in
      switch question.answer {
      case .component(let pattern): "answer \(question.id) \(pattern.value)"
      case .choice(_, let right): "answer \(question.id) \(right)"
      }
    }
    let steps = scenario.solutions.first?.steps.map(\.value) ?? []
    return ["ack"] + answers + steps + ["sleep 20", "dash", "resolve"]
  }

  /// Takes away all that serves the page's region: no errors any more, and no payments.
  package var linesThatSwitchOff: [String] {
    let server = rehearsal.world.region(region)?.cluster.server
    let namespaces = Set(server?.list(.ingress).map(\.namespace) ?? []).sorted()
    return ["ack"]
      + namespaces.map { "kubectl --context \(region) -n \($0) scale deployment --all --replicas=0" } + ["resolve"]
  }

  /// Types lines by turns, to the end of the drill.
  package func play(_ lines: [String], against counterfactuals: Counterfactuals) throws -> DrillFacts {
    for line in lines where ending == nil { _ = try turn(line) }
    return try DrillFacts(self, counterfactuals)
  }
}

extension DrillFacts {
  /// The same drill with answers that are all wrong.
  package var misjudged: DrillFacts {
    var facts = self
    for index in facts.diagnoses.indices {
      facts.diagnoses[index].share = 0
      facts.diagnoses[index].distance = nil
    }
    return facts
  }

  /// A drill in which nobody did anything.
  package init(nobodyIn counterfactuals: Counterfactuals, pagedAt: TimeSpan) {
    self.init()
    self.pagedAt = pagedAt
    tookPart = false
    symptomAt = counterfactuals.untouched.symptomAt
    mitigatedAt = counterfactuals.untouched.mitigatedAt
    parMitigatedAt = counterfactuals.par.mitigatedAt
    let minutes = counterfactuals.untouched.burnt.count
    burntUntouched = counterfactuals.untouched.totalBurnt(minutes: minutes)
    burnt = burntUntouched
    burntPar = counterfactuals.par.totalBurnt(minutes: minutes)
  }
}
