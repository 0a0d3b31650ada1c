import Documents
import SimulationKernel

/// Commands that somebody types to repair the platform: an item of `solutions:`, or of `traps:` (the plausible wrong fix).
package struct Solution: Sendable {
  package var name: Located<String>
  /// When the first step begins.
  package var start: Start
  /// Shell commands, one after the other; at least one.
  package var steps: [Located<String>]

  /// When somebody begins to act.
  package enum Start: Sendable {
    case at(Located<Offset>)
    /// After an alert of this name first fired since the incident began.
    case alert(Located<String>, plus: TimeSpan)
  }
}

extension Form where Value == Solution {
  /// - Parameter subject: `solution` or `trap`.
  static func solution(_ subject: String) -> Form {
    .mapping(subject) { reader in
      let name = reader.required("name", .located(.name), "The name for `--solve` and reports.")
      let start = reader.required(
        "start", .solutionStart, "When it begins: {fault: ID, plus: 5m}, {alert: NAME, plus: 3m} or {at: 20m}.")
      let steps = reader.required("steps", .list(of: .located(.nonEmptyString)), "Commands, one after the other.")
      if reader.node("steps")?.sequence?.isEmpty == true { reader.error(at: "steps", "\(subject) has no steps") }
      for step in steps ?? [] where step.value.allSatisfy(\.isWhitespace) {
        reader.diagnostics.error(at: step.mark, "a step is a command, found only blanks")
      }
      guard let name, let start, let steps else { return nil }
      return Solution(name: name, start: start, steps: steps)
    }
  }
}

extension Form where Value == Solution.Start {
  /// `{fault: ID, plus: 5m}`, `{alert: NAME, plus: 3m}` or `{at: 20m}`.
  static var solutionStart: Form {
    .mapping("start") { reader in
      let at = reader.optional("at", .offset, "A time: 20m, <fault-id>+2m, or alert+3m.")
      let fault = reader.optional("fault", .located(.name), "The fault after which it begins.")
      let alert = reader.optional("alert", .located(.nonEmptyString), "The alert after whose firing it begins.")
      let plus = reader.optional("plus", .duration, "How long after the fault or the alert.").map { TimeSpan($0) }
      let forms = "use one of {fault: ID, plus: 5m}, {alert: NAME, plus: 3m} and {at: 20m}"
      let present = ["at", "fault", "alert"].filter(reader.has)
      if present.isEmpty {
        reader.error("start needs one of {fault: ID, plus: 5m}, {alert: NAME, plus: 3m} and {at: 20m}")
      } else if present.count > 1 {
        reader.error(at: present[1], "\"\(present[1])\" stands beside \"\(present[0])\"; \(forms)")
      } else if present == ["at"], reader.has("plus") {
        reader.error(at: "plus", "\"plus\" stands beside \"at\"; \(forms)")
      }
      if let at { return .at(at) }
      if let alert { return .alert(alert, plus: plus ?? .zero) }
      return fault.map { .at(Located(.afterFault($0.value, plus ?? .zero), at: $0.mark)) }
    }
  }
}
