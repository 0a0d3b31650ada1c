import Documents
import Faults
import SimulationKernel
import Toolbox

extension Scenario {
  /// Holds the scenario against its platform: everything that can be known without running. Ordered by place.
  package func lint(against facts: PlatformFacts) -> [Diagnostic] {
    let diagnostics = Diagnostics()
    for profile in load where !facts.hosts.isEmpty {
      check(Located(profile.host, at: profile.url.mark), among: facts.hosts, "host of the platform", diagnostics)
    }
    for fault in faults { check(fault.target, against: facts, diagnostics) }
    for expectation in expectations { check(expectation, against: facts, diagnostics) }
    for question in drill?.questions ?? [] {
      if case .component(let target) = question.answer { check(target, against: facts, diagnostics) }
    }
    for solution in solutions + traps { check(solution, against: facts, diagnostics) }
    return diagnostics.all
  }

  private func check(_ expectation: Expectation, against facts: PlatformFacts, _ diagnostics: Diagnostics) {
    switch expectation.verb {
    case .slo(let slo):
      check(slo.name, among: facts.objectives, "service level objective of the platform", diagnostics)
      check(slo.region, among: facts.regions, "region of the platform", diagnostics)
    case .latency(let latency): check(latency.region, among: facts.regions, "region of the platform", diagnostics)
    case .state(let state): check(state.target, against: facts, diagnostics)
    case .event(let event): check(event.target, against: facts, diagnostics)
    case .log(let log): check(log.target, against: facts, diagnostics)
    case .alert(let alert):
      if !facts.alerts.contains(where: { matchesGlob(alert.name.value, $0) }) {
        check(alert.name, among: facts.alerts, "alert of the platform", diagnostics)
      }
      if let region = alert.region { check(region, among: facts.regions, "region of the platform", diagnostics) }
    case .query(let query):
      if let region = query.region { check(region, among: facts.regions, "region of the platform", diagnostics) }
    case .restored, .invariant: break
    }
  }

  private func check(_ target: Located<TargetPattern>, against facts: PlatformFacts, _ diagnostics: Diagnostics) {
    let pattern = target.value
    guard facts.regions.contains(where: { matchesGlob(pattern.region, $0) }) else {
      return check(
        Located(pattern.region, at: target.mark), among: facts.regions, "region of the platform", diagnostics)
    }
    if facts.runtimeKinds.contains(where: { matchesGlob(pattern.kind, $0) }) { return }
    if facts.targets.contains(where: pattern.matches) { return }
    let hint = nearestTarget(to: pattern, among: facts.targets).map { "did you mean \"\($0)\"?" }
    diagnostics.error(at: target.mark, "target \"\(pattern)\" matches nothing in the platform", hint: hint)
  }

  /// The target that differs in one part only, and little.
  private func nearestTarget(to pattern: TargetPattern, among targets: [String]) -> String? {
    nearestSpelling(of: pattern.description, among: targets)
  }

  private func check(
    _ name: Located<String>, among known: [String], _ what: String, _ diagnostics: Diagnostics
  ) {
    if known.contains(name.value) { return }
    let accepted = known.isEmpty ? "there is none" : "there are \(known.sorted().joined(separator: ", "))"
    let hint = spellingHint(for: name.value, among: known.sorted())
    diagnostics.error(at: name.mark, "\"\(name.value)\" is no \(what); \(accepted)", hint: hint)
  }

  private func check(_ solution: Solution, against facts: PlatformFacts, _ diagnostics: Diagnostics) {
    if case .alert(let name, _) = solution.start {
      check(name, among: facts.alerts, "alert of the platform", diagnostics)
    }
    if facts.commands.isEmpty { return }
    for step in solution.steps {
      do throws(ShellSyntaxError) {
        for command in try ShellScript(parsing: step.value).knownCommands {
          guard let name = command.words.first ?? nil else { continue }
          check(Located(name, at: step.mark), among: facts.commands, "command of the toolbox", diagnostics)
        }
      } catch { diagnostics.error(at: step.mark, error.description) }
    }
  }
}
