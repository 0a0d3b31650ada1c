import SimulationKernel

/// One link of the chain from cause to symptom: `source` was degraded, and `target`, which depends on it, followed.
package struct PropagationStep: Hashable, Sendable {
  package var source: String
  package var target: String
  package var at: Instant
  package var effect: String
}

/// Derives the chain of causes from what degraded when: each component that degraded after `start` is linked to those of its
/// dependencies that were degraded already. Only the first degradation of a component counts; a component none of whose
/// dependencies suffered begins a chain of its own and has no step.
///
/// - Parameters:
///   - changes: in the order in which they happened.
///   - start: what was degraded before is history.
package func propagation(of changes: [Journal.ComponentChange], from start: Instant) -> [PropagationStep] {
  var degradedNow: Set<String> = []
  var seen: Set<String> = []
  var steps: [PropagationStep] = []
  for change in changes where change.at >= start {
    guard let effect = change.effect else {
      degradedNow.remove(change.component)
      continue
    }
    degradedNow.insert(change.component)
    guard seen.insert(change.component).inserted else { continue }
    var linked: Set<String> = [change.component]
    for source in change.dependsOn where degradedNow.contains(source) && linked.insert(source).inserted {
      steps.append(PropagationStep(source: source, target: change.component, at: change.at, effect: effect))
    }
  }
  return steps
}
