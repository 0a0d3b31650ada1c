import SimulationKernel

/// One way through a scenario. Legs share their past and part where they first differ.
package struct Leg: Sendable {
  package enum Kind: String, Sendable {
    /// Nobody acts.
    case untouched
    /// Somebody repairs the platform; it must work.
    case solution
    /// Somebody tries the plausible wrong repair; it must not work.
    case trap
    /// A responder works through a runbook.
    case runbook
  }

  package var kind: Kind
  package var name: String
  /// When somebody begins to act, since T0; the end for the untouched leg.
  package var start: TimeSpan
  package var steps: [String]

  package init(kind: Kind, name: String, start: TimeSpan, steps: [String] = []) {
    self.kind = kind
    self.name = name
    self.start = start
    self.steps = steps
  }
}

/// Which legs a run takes besides the untouched one.
package enum LegSelection: Hashable, Sendable {
  case all, none
  case named(String)
}

extension Scenario {
  /// The legs of a run: the untouched one first, the others by the time at which they part from it.
  package func legs(_ selection: LegSelection) -> [Leg] {
    var legs = [Leg(kind: .untouched, name: "untouched", start: duration, steps: [])]
    let others = solutions.map { leg($0, .solution) } + traps.map { leg($0, .trap) }
    switch selection {
    case .none: break
    case .all: legs += others
    case .named(let name): legs += others.filter { $0.name == name }
    }
    return [legs[0]]
      + legs.dropFirst().enumerated().sorted { ($0.element.start, $0.offset) < ($1.element.start, $1.offset) }.map(
        \.element)
  }

  private func leg(_ solution: Solution, _ kind: Leg.Kind) -> Leg {
    Leg(
      kind: kind, name: solution.name.value, start: timeline.time(of: solution.start.value) ?? duration,
      steps: solution.steps.map(\.value))
  }
}
