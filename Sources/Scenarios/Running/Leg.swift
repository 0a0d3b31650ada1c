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
    /// A trainee acts.
    case drill
  }

  /// When somebody begins to act.
  package enum Start: Hashable, Sendable, CustomStringConvertible {
    /// Since T0; the end for the untouched leg.
    case at(TimeSpan)
    /// After an alert of this name first fired since the incident began.
    case afterAlert(String, TimeSpan)
    /// After the first page of the incident.
    case afterPage(TimeSpan)

    package var description: String {
      switch self {
      case .at(let time): clockText(time)
      case .afterAlert(let name, let plus): "\(name)+\(plus.duration.shortText)"
      case .afterPage(let plus): "alert+\(plus.duration.shortText)"
      }
    }
  }

  package var kind: Kind
  package var name: String
  package var start: Start
  package var steps: [String]

  package init(kind: Kind, name: String, start: Start, steps: [String] = []) {
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
  /// The legs of a run: the untouched one first, the others in the order of the file.
  package func legs(_ selection: LegSelection) -> [Leg] {
    let untouched = Leg(kind: .untouched, name: "untouched", start: .at(duration), steps: [])
    let others = solutions.map { leg($0, .solution) } + traps.map { leg($0, .trap) }
    return switch selection {
    case .none: [untouched]
    case .all: [untouched] + others
    case .named(let name): [untouched] + others.filter { $0.name == name }
    }
  }

  private func leg(_ solution: Solution, _ kind: Leg.Kind) -> Leg {
    Leg(kind: kind, name: solution.name.value, start: start(solution.start), steps: solution.steps.map(\.value))
  }

  /// The leg of a trainee, who is called by the incident's first page where the file says nothing else.
  package var drillLeg: Leg {
    Leg(kind: .drill, name: "drill", start: drill?.start.map(start) ?? .afterPage(.zero))
  }

  private func start(_ start: Solution.Start) -> Leg.Start {
    switch start {
    case .alert(let name, let plus): .afterAlert(name.value, plus)
    case .at(let offset):
      switch offset.value {
      case .afterAlert(let plus): .afterPage(plus)
      case .afterFault(let id, let plus) where timeline.delayAfterAlert(of: id) != nil:
        .afterPage((timeline.delayAfterAlert(of: id) ?? .zero) + plus)
      default: .at(timeline.time(of: offset.value) ?? duration)
      }
    }
  }
}
