import SimulationKernel

/// What the trainee said and decided beside the commands that work on the platform. Times are since T0.
package struct DrillNotebook: Hashable, Sendable {
  package struct Remark: Hashable, Sendable {
    package var at: TimeSpan
    package var text: String
  }

  package struct Answer: Hashable, Sendable {
    package var at: TimeSpan
    package var question: String
    /// A component's path, or one of the choices.
    package var given: String
  }

  package struct TakenHint: Hashable, Sendable {
    package var at: TimeSpan
    /// What it cost; nothing where the instructor gave it.
    package var cost: Int
  }

  package var acknowledgedAt: TimeSpan?
  package var notes: [Remark] = []
  /// What stakeholders were told.
  package var statusUpdates: [Remark] = []
  package var answers: [Answer] = []
  /// Hints that were given, in the order of the file.
  package var hintsTaken: [TakenHint] = []
  package var runbookReadAt: TimeSpan?
  package var resolvedAt: TimeSpan?
  package var summary = ""

  package init() {}

  /// The answer that counts: the last one.
  package func answer(to question: String) -> Answer? { answers.last { $0.question == question } }
}
