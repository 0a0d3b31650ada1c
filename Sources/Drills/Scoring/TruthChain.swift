import Faults
import Scenarios
import SimulationKernel
import Telemetry
import TwinWorld

/// The chain from the causes to what customers felt, derived from the run: what the faults hit, and what followed.
@Simulated
struct TruthChain {
  /// What the faults hit, decoys left out.
  let causes: [String]
  /// Causes and everything that degraded after them, each once, in the order in which they did.
  let components: [String]
  private let neighbours: [String: Set<String>]
  private let changes: [Journal.ComponentChange]
  private let steps: [PropagationStep]

  init(_ rehearsal: Rehearsal) {
    let injections = rehearsal.injections.filter { !rehearsal.decoys.contains($0.id) }
    causes = injections.flatMap(\.targets)
    changes = rehearsal.world.journal.componentChanges
    let start = injections.map(\.at).min() ?? .distantFuture
    steps = propagation(of: changes, from: start)
    var seen: [String] = causes
    // Only what hangs together with a cause: the chains of decoys are apart.
    for step in steps where seen.contains(step.source) && !seen.contains(step.target) { seen.append(step.target) }
    components = seen
    var neighbours: [String: Set<String>] = [:]
    for change in changes {
      for other in change.dependsOn where other != change.component {
        neighbours[change.component, default: []].insert(other)
        neighbours[other, default: []].insert(change.component)
      }
    }
    self.neighbours = neighbours
  }

  /// Steps between a component and the nearest one that a pattern matches, over the dependencies that were seen in the run; objects
  /// of one name in one namespace are neighbours. `nil` when they do not hang together.
  func distance(from component: String, to pattern: TargetPattern) -> Int? {
    if pattern.matches(component) { return 0 }
    var reached: Set<String> = [component]
    var edge = [component]
    var steps = 0
    while !edge.isEmpty, steps < 6 {
      steps += 1
      edge = Set(edge.flatMap { near($0) }).subtracting(reached).sorted()
      if edge.contains(where: pattern.matches) || edge.contains(where: { isNamesake($0, of: pattern) && steps > 1 }) {
        return steps
      }
      if steps == 1, isNamesake(component, of: pattern) { return 1 }
      reached.formUnion(edge)
    }
    return nil
  }

  private func near(_ component: String) -> [String] { (neighbours[component] ?? []).sorted() }

  private func isNamesake(_ component: String, of pattern: TargetPattern) -> Bool {
    let parts = component.split(separator: "/").map(String.init)
    return parts.count == 4 && pattern.namespace != nil && parts[0] == pattern.region && parts[2] == pattern.namespace
      && parts[3] == pattern.name
  }

  /// When the causes were gone: repaired, or well again what depended on them at once. `nil` while one is there.
  var goneAt: Instant? {
    var latest: Instant?
    for cause in causes {
      let dependents = Set([cause] + steps.filter { $0.source == cause }.map(\.target))
      let own = changes.last { $0.component == cause }
      if let own, own.effect == nil {
        latest = max(latest ?? own.at, own.at)
        continue
      }
      var suffering: [String: Bool] = [:]
      var wellAt: Instant?
      for change in changes where dependents.contains(change.component) && change.component != cause {
        suffering[change.component] = change.effect != nil
        if change.effect == nil { wellAt = change.at }
      }
      guard let wellAt, !suffering.contains(where: \.value) else { return nil }
      latest = max(latest ?? wellAt, wellAt)
    }
    return latest
  }

  /// The components of the chain that a command showed: the name in what it printed, and the kind in that or in what was typed.
  func shown(by line: String, _ output: String) -> [String] {
    let typed = line.lowercased()
    let printed = output.lowercased()
    return components.filter { component in
      let parts = component.split(separator: "/").map(String.init)
      guard parts.count >= 3 else { return false }
      let name = parts[parts.count - 1].lowercased()
      if parts[1] == "link" {
        let ends = name.components(separatedBy: "->")
        return ends.allSatisfy { printed.contains($0) }
      }
      let names = [name] + (Self.otherNames[parts[1]] ?? [])
      let words = [parts[1]] + (Self.words[parts[1]] ?? [])
      return names.contains { printed.contains($0) } && words.contains { typed.contains($0) || printed.contains($0) }
    }
  }

  /// Other words for kinds, as commands and their output have them.
  private static let words: [String: [String]] = [
    "configmap": ["cm "], "deployment": ["deploy"], "replicas": ["deploy", "replicaset", "pods"], "pod": ["po "],
    "rds": ["db-instance", "dbinstance"], "rds-proxy": ["db-prox", "dbprox"],
    "securitygroup": ["security-group", "securitygroup", "sg-"], "node": ["no "],
    "service": ["http", "promtool", "curl"],
    "externalsecret": ["es "],
  ]
  /// Names under which a kind's components are shown where not under their own.
  private static let otherNames: [String: [String]] = ["securitygroup": ["sg-"]]
}

extension String {
  /// The parts between occurrences of a text.
  fileprivate func components(separatedBy separator: String) -> [String] {
    var parts: [String] = []
    var rest = self[...]
    while let range = rest.firstRange(of: separator) {
      parts.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    return parts + [String(rest)]
  }
}
