import Documents
import SimulationKernel

/// One row of the fault catalogue: the word that scenario files, drills and reports use, and what it takes.
package struct FaultVerb: Sendable {
  /// The word after `do:`, such as `network.delay`.
  package var name: String
  /// One sentence: what it does to the platform. Causes, not symptoms.
  package var summary: String
  /// The kinds that its target may have, such as `deployment`; the second part of the target's path.
  package var targetKinds: [String]
  /// What may stand under `with:`.
  package var parameters: [FaultParameter]
  /// Whether the fault is over as soon as it has happened, so that `for:` has no meaning.
  package var isMomentary: Bool

  package init(
    _ name: String, _ summary: String, targetKinds: [String], parameters: [FaultParameter] = [],
    isMomentary: Bool = false
  ) {
    self.name = name
    self.summary = summary
    self.targetKinds = targetKinds
    self.parameters = parameters
    self.isMomentary = isMomentary
  }

  /// Reads what stands under `with:`; parameters that are missing take their defaults.
  package var argumentsForm: Form<FaultArguments> {
    Form.mapping("\"with\" of \(name)") { reader in
      var values: [(name: String, value: FaultArgument)] = []
      for parameter in parameters {
        let value =
          parameter.isRequired
          ? reader.required(parameter.name, parameter.form, parameter.summary)
          : reader.optional(parameter.name, parameter.form, parameter.summary) ?? parameter.fallback
        if let value { values.append((parameter.name, value)) }
      }
      return FaultArguments(values)
    }
  }
}

/// One parameter of a fault verb.
package struct FaultParameter: Sendable {
  /// What values it takes, with their range.
  package enum Kind: Sendable {
    case duration
    /// A share such as `25%`.
    case percentage
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case word([String])
    case text
    case flag
    /// Free text by key, such as the environment variables of a rollout.
    case texts
    /// Any mapping, such as a part of an object.
    case object
  }

  package var name: String
  package var kind: Kind
  package var summary: String
  /// Whether the verb cannot do without it.
  package var isRequired: Bool
  /// What holds where it is missing; `nil` leaves the argument out.
  package var fallback: FaultArgument?

  /// A parameter that must be given.
  package static func required(_ name: String, _ kind: Kind, _ summary: String) -> FaultParameter {
    FaultParameter(name: name, kind: kind, summary: summary, isRequired: true, fallback: nil)
  }

  /// A parameter that may be missing.
  package static func optional(
    _ name: String, _ kind: Kind, _ summary: String, default fallback: FaultArgument? = nil
  ) -> FaultParameter {
    FaultParameter(name: name, kind: kind, summary: summary, isRequired: false, fallback: fallback)
  }

  fileprivate var form: Form<FaultArgument> {
    switch kind {
    case .duration: Form<Duration>.duration.map { .duration(TimeSpan($0)) }
    case .percentage: Form<Double>.percentage.map { .share($0) }
    case .integer(let range): Form<Int>.integer(in: range).map { .integer($0) }
    case .number(let range): Form<Double>.number(in: range).map { .number($0) }
    case .word(let words): Form<String>.word(among: words).map { .text($0) }
    case .text: Form<String>.nonEmptyString.map { .text($0) }
    case .flag: Form<Bool>.bool.map { .flag($0) }
    case .texts:
      Form.table(of: .string).map { rows in
        .object(.object(JSONObject(distinct: rows.map { ($0.key.value, .string($0.value)) })))
      }
    case .object: Form<JSONValue>.object.map { .object($0) }
    }
  }
}

/// The closed list of fault verbs.
package struct FaultCatalogue: Sendable {
  /// In the order in which lists show them.
  package let verbs: [FaultVerb]

  /// - Precondition: no name occurs twice.
  package init(_ verbs: [FaultVerb]) {
    let names = verbs.map(\.name)
    precondition(Set(names).count == names.count, "a fault verb occurs twice in the catalogue")
    self.verbs = verbs
  }

  package subscript(name: String) -> FaultVerb? { verbs.first { $0.name == name } }
}
