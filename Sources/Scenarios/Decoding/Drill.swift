import Documents
import Faults
import SimulationKernel

/// What an interactive rehearsal of the scenario shows, asks and forbids.
package struct Drill: Sendable {
  /// A hint that the trainee may ask for.
  package struct Hint: Sendable {
    /// The earliest time after the page.
    package var after: TimeSpan
    /// Points that it costs.
    package var cost: Int
    package var text: String
  }

  /// A question about the incident.
  package struct Question: Sendable {
    /// What counts as right.
    package enum Answer: Sendable {
      /// The component to name.
      case component(Located<TargetPattern>)
      /// The right one of the choices.
      case choice(of: [String], right: String)
    }

    package var id: String
    package var ask: String
    package var answer: Answer
  }

  /// What a responder must not do.
  package struct Safety: Sendable {
    package var mustNot: [String]
    /// The extra share of the error budget, a fraction of 1, that a responder may burn.
    package var extraBudget: Double?
  }

  package var role: String?
  /// The text of the page that opens the drill.
  package var page: String
  /// When the trainee is called; `nil` for the incident's first page.
  package var start: Solution.Start?
  /// A path relative to the scenario's folder.
  package var runbook: Located<String>?
  package var timeLimit: TimeSpan?
  package var hints: [Hint]
  package var questions: [Question]
  package var safety: Safety?
}

extension Form where Value == Drill {
  static var drill: Form {
    .mapping("drill") { reader in
      let role = reader.optional("role", .nonEmptyString, "Who the trainee is.")
      let page = reader.required("page", .nonEmptyString, "The page that opens the drill.")
      let start = reader.optional(
        "start", .solutionStart, "When the trainee is called, where nobody is paged: {alert: NAME}, as in solutions.")
      let runbook = reader.optional("runbook", .located(.nonEmptyString), "The runbook, relative to this file.")
      let timeLimit = reader.optional("timeLimit", .positiveDuration, "How long the drill lasts.")
      let hints = reader.optional("hints", .list(of: .hint), "Hints that may be asked for.", default: [])
      let questions = reader.optional("questions", .list(of: .question), "Questions about the incident.", default: [])
      let safety = reader.optional("safety", .safety, "What a responder must not do.")
      guard let page else { return nil }
      return Drill(
        role: role, page: page, start: start, runbook: runbook, timeLimit: timeLimit.map { TimeSpan($0) }, hints: hints,
        questions: questions, safety: safety)
    }
  }
}

extension Form where Value == Drill.Hint {
  fileprivate static var hint: Form {
    .mapping("hint") { reader in
      let after = reader.required("after", .duration, "The earliest time after the page.")
      let cost = reader.optional("cost", .integer(in: 0...100), "Points that it costs.", default: 0)
      let text = reader.required("text", .nonEmptyString, "The hint.")
      guard let after, let text else { return nil }
      return Drill.Hint(after: TimeSpan(after), cost: cost, text: text)
    }
  }
}

extension Form where Value == Drill.Question {
  fileprivate static var question: Form {
    .mapping("question") { reader in
      let id = reader.required("id", .name, "The name under which the score lists it.")
      let ask = reader.required("ask", .nonEmptyString, "The question.")
      let component = reader.optional("component", .target, "The component that is the right answer.")
      let choices = reader.optional("choices", .list(of: .nonEmptyString), "Answers to choose from.")
      let answer = reader.optional("answer", .nonEmptyString, "The right one of the choices.")
      if reader.has("component") == reader.has("choices") {
        reader.error("question needs either component, or choices with their answer")
      } else if reader.has("choices"), !reader.has("answer") {
        reader.error(at: "choices", "question has choices but no answer")
      }
      if let choices, let answer, !choices.contains(answer) {
        let hint = spellingHint(for: answer, among: choices)
        reader.error(at: "answer", "the answer \"\(answer)\" is none of the choices", hint: hint)
      }
      guard let id, let ask else { return nil }
      if let component { return Drill.Question(id: id, ask: ask, answer: .component(component)) }
      guard let choices, let answer else { return nil }
      return Drill.Question(id: id, ask: ask, answer: .choice(of: choices, right: answer))
    }
  }
}

extension Form where Value == Drill.Safety {
  fileprivate static var safety: Form {
    .mapping("safety") { reader in
      let mustNot = reader.optional("mustNot", .list(of: .nonEmptyString), "Actions that fail the drill.", default: [])
      let extraBudget = reader.optional("extraBudget", .percentage, "Extra error budget that may burn.")
      return Drill.Safety(mustNot: mustNot, extraBudget: extraBudget)
    }
  }
}
