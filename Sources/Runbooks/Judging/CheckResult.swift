import Documents
import SimulationKernel

/// What one leg of a check came to, as far as the verdict needs it; read from the leg's report.
package struct CheckedLeg: Sendable {
  /// Since T0.
  /// When customers got again what the objectives promise, for good: alerts whose windows still drain do not count.
  package var restoredAt: TimeSpan?
  package var symptomAt: TimeSpan?
  package var end: TimeSpan
  /// Why the run proves nothing.
  package var invalid: [String]
  /// Invariants of the money that do not hold.
  package var broken: [String]
  /// The share of each error budget burnt from T0 to each minute's end, by `region/objective`.
  package var budgets: [(objective: String, byMinute: [Double])]

  package init(_ report: JSONValue) {
    func time(_ key: String) -> TimeSpan? { report.at("marks", key)?.number.map { .seconds($0) } }
    symptomAt = time("symptomAt")
    // What was never broken is as good as restored from the beginning.
    restoredAt = symptomAt == nil ? .zero : time("restoredAt")
    end = .seconds(report["virtualSeconds"]?.number ?? 0)
    invalid = (report["invalid"]?.array ?? []).compactMap(\.string)
    broken = (report["invariants"]?.array ?? []).filter { $0["held"]?.bool == false }.compactMap { $0["name"]?.string }
    budgets = (report["budgets"]?.object?.members ?? []).map { member in
      (member.key, (member.value.array ?? []).compactMap(\.number))
    }
  }

  /// The share of a budget burnt until a time, to the minute.
  func burnt(_ objective: String, until time: TimeSpan) -> Double {
    let minutes = budgets.first { $0.objective == objective }?.byMinute ?? []
    let place = min(Int(time.seconds / 60), minutes.count) - 1
    return minutes.indices.contains(place) ? minutes[place] : 0
  }
}

/// What a check of one runbook against one scenario came to.
package struct CheckResult: Sendable {
  package enum Verdict: String, Sendable {
    /// It restores, and nothing is wrong with it.
    case pass
    case fail
    /// Service came back without it: it proves nothing.
    case unproven
    /// The scenario itself proves nothing.
    case invalid
  }

  /// One of the four facts of a verdict.
  package struct Fact: Sendable {
    package var name: String
    package var isHeld: Bool
    package var detail: String

    var json: JSONValue { ["name": .string(name), "held": .bool(isHeld), "detail": .string(detail)] }
  }

  package var verdict: Verdict
  package var facts: [Fact]
  package var findings: [RunbookFinding]
  package var headline: String
  package var ablations: [Ablation]

  /// What leaving something out came to.
  package struct Ablation: Sendable {
    package var line: Int
    package var text: String
    package var restoredAt: TimeSpan?
    package var hasEffect: Bool

    var json: JSONValue {
      [
        "line": .integer(Int64(line)), "text": .string(text), "effect": .bool(hasEffect),
        "restoredAt": restoredAt.map { .number($0.seconds) } ?? .null,
      ]
    }
  }

  package var json: JSONValue {
    [
      "verdict": .string(verdict.rawValue), "headline": .string(headline), "facts": .array(facts.map(\.json)),
      "findings": .array(findings.map(\.json)), "ablations": .array(ablations.map(\.json)),
    ]
  }
}
