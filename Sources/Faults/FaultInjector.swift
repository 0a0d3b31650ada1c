import AWSModel
import Documents
import KubernetesModel
import NetworkModel
import SimulationKernel
import Telemetry
import TwinWorld

/// A fault that was injected.
@Simulated
package final class Injection {
  package let id: String
  package let verb: String
  package let targets: [String]
  package let at: Instant
  package private(set) var repairedAt: Instant?

  private let repairs: [@Simulated () -> Void]
  private let evidence: [@Simulated () -> Bool]
  private let world: World

  init(id: String, verb: String, targets: [String], world: World, effects: [FaultEffect]) {
    self.id = id
    self.verb = verb
    self.targets = targets
    self.world = world
    at = world.simulation.now
    repairs = effects.map(\.repair)
    evidence = effects.map(\.wasFelt)
  }

  /// Whether it changed anything so far: a delay that no packet met did not.
  package var wasEffective: Bool { evidence.contains { $0() } }

  /// Takes the cause away, as far as it can be taken away.
  package func repair() {
    guard repairedAt == nil else { return }
    repairedAt = world.simulation.now
    for repair in repairs { repair() }
    for target in targets { world.journal.recover(target) }
    world.journal.note(fault: id, verb: verb, targets: targets, .repaired)
  }
}

/// What a verb did to one target.
struct FaultEffect {
  /// Takes it back.
  var repair: @Simulated () -> Void = {}
  /// Whether it changed anything.
  var wasFelt: @Simulated () -> Bool = { true }
}

/// A fault could not be injected.
package struct FaultError: Error, Hashable, Sendable, CustomStringConvertible {
  package var description: String
}

/// Injects faults into a world.
@Simulated
package final class FaultInjector {
  let world: World
  package private(set) var injections: [Injection] = []

  /// Who makes changes in clusters that a bad rollout would make.
  static let user = "ci-deployer"

  typealias Action = @Simulated (FaultInjector, Region, TargetPattern, FaultArguments) throws -> FaultEffect

  package init(_ world: World) { self.world = world }

  /// Verbs that have an action.
  package static var verbs: [String] { actions.map(\.verb) }

  /// Injects a fault now.
  ///
  /// - Parameters:
  ///   - mode: how many of the targets that match it takes, picked at random.
  ///   - duration: after which it is repaired; `nil` leaves it.
  ///   - header: of the commit that makes the same change in the targets' manifests; `nil` leaves the repository alone.
  /// - Throws: when nothing matches the target, or the platform refuses.
  @discardableResult
  package func inject(
    id: String, verb: String, target: TargetPattern, mode: TargetMode, arguments: FaultArguments,
    for duration: TimeSpan? = nil, committing header: CommitHeader? = nil
  ) throws -> Injection {
    guard let action = Self.actions.first(where: { $0.verb == verb })?.action else {
      throw FaultError(description: "there is no fault verb \(verb)")
    }
    let matching = world.targets(ofKind: target.kind).filter { target.matches($0) }
    guard !matching.isEmpty else { throw FaultError(description: "\(id): nothing matches the target \(target)") }
    let chosen = choose(mode.count(of: matching.count), of: matching, for: id)
    if let header { try commit(header, verb, chosen, arguments) }
    for path in chosen { world.journal.degrade(path, effect: "fault \(verb)") }
    var effects: [FaultEffect] = []
    for path in chosen {
      let pattern = try TargetPattern(parsing: path)
      guard let region = world.region(pattern.region) else { continue }
      effects.append(try action(self, region, pattern, arguments))
    }
    let injection = Injection(id: id, verb: verb, targets: chosen, world: world, effects: effects)
    injections.append(injection)
    world.journal.note(fault: id, verb: verb, targets: chosen, .injected)
    if let duration { world.simulation.after(duration, Self.endEvent) { injection.repair() } }
    return injection
  }

  nonisolated private static let endEvent: EventName = "fault.end"

  private func choose(_ count: Int, of targets: [String], for id: String) -> [String] {
    guard count < targets.count else { return targets }
    let stream = world.simulation.random("fault/\(id)")
    var left = targets
    return (0..<count).map { _ in left.remove(at: stream.integer(below: left.count)) }.sorted()
  }
}

extension World {
  /// Everything of a kind that can be pointed at now.
  package func targets(ofKind kind: String) -> [String] {
    let fromManifests = platform.targets.filter { $0.split(separator: "/").dropFirst().first == Substring(kind) }
    let live = regions.flatMap { region -> [String] in
      guard let resource = region.cluster.server.kinds.first(where: { $0.singular == kind }) else { return [] }
      return region.cluster.server.list(resource).map { object in
        resource.isNamespaced
          ? "\(region.name)/\(kind)/\(object.namespace)/\(object.name)" : "\(region.name)/\(kind)/\(object.name)"
      }
    }
    return live.isEmpty ? fromManifests : live
  }
}
