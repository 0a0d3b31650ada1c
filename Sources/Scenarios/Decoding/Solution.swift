import Documents
import SimulationKernel

/// Commands that somebody types to repair the platform: an item of `solutions:`, or of `traps:` (the plausible wrong fix).
package struct Solution: Sendable {
  package var name: Located<String>
  /// When the first step begins.
  package var start: Located<Offset>
  /// Shell commands, one after the other; at least one.
  package var steps: [Located<String>]
}

extension Form where Value == Solution {
  /// - Parameter subject: `solution` or `trap`.
  static func solution(_ subject: String) -> Form {
    .mapping(subject) { reader in
      let name = reader.required("name", .located(.name), "The name for `--solve` and reports.")
      let start = reader.required("start", .solutionStart, "When it begins: {fault: ID, plus: 5m} or {at: 20m}.")
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

extension Form where Value == Located<Offset> {
  /// `{fault: ID, plus: 5m}` or `{at: 20m}`.
  fileprivate static var solutionStart: Form {
    .mapping("start") { reader in
      let at = reader.optional("at", .offset, "A time: 20m, or <fault-id>+2m.")
      let fault = reader.optional("fault", .located(.name), "The fault after which it begins.")
      let plus = reader.optional("plus", .duration, "How long after the fault.")
      let noRules = "a start at an alert needs an alert rule, and there are no alert rules in the platform"
      if reader.reject("alert", noRules, hint: "use {fault: ID, plus: 5m} or {at: 20m}") { return nil }
      if reader.has("at"), reader.has("fault") || reader.has("plus") {
        let other = reader.has("fault") ? "fault" : "plus"
        reader.error(at: other, "\"\(other)\" stands beside \"at\"; use {fault: ID, plus: 5m} or {at: 20m}")
      } else if !reader.has("at"), !reader.has("fault") {
        reader.error("start needs {fault: ID, plus: 5m} or {at: 20m}")
      }
      if let at { return at }
      return fault.map { Located(.afterFault($0.value, plus.map { TimeSpan($0) } ?? .zero), at: $0.mark) }
    }
  }
}
