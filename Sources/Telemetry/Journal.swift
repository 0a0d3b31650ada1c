import Documents
import SimulationKernel

/// What happened to the platform, in order: the run's memory, from which the chain of causes, the reports and the tables of
/// `twin.db` are derived. It only ever grows, up to a limit for each kind of entry; what goes beyond is counted.
@Simulated
package final class Journal {
  /// A component changed between healthy and degraded, by what a probe, a client or the component itself saw.
  package struct ComponentChange: Sendable {
    package var at: Instant
    /// `region/kind/namespace/name`, as scenario targets are written.
    package var component: String
    /// What is wrong; `nil` when the component is well again.
    package var effect: String?
    /// Components that this one was seen to depend on when it changed.
    package var dependsOn: [String]
  }

  /// Something the platform did or announced, such as an RDS event.
  package struct PlatformEvent: Sendable {
    package var at: Instant
    package var component: String
    package var reason: String
    package var message: String
  }

  /// A fault began, ended or was found without effect.
  package struct FaultEntry: Sendable {
    package var at: Instant
    package var id: String
    package var verb: String
    package var targets: [String]
    package var phase: Phase

    package enum Phase: String, Sendable { case injected, repaired }
  }

  /// A command typed by somebody.
  package struct CommandEntry: Sendable {
    package var at: Instant
    package var ended: Instant
    package var line: String
    package var exitCode: Int32
    package var output: String
    package var errors: String

    package init(at: Instant, ended: Instant, line: String, exitCode: Int32, output: String, errors: String) {
      self.at = at
      self.ended = ended
      self.line = line
      self.exitCode = exitCode
      self.output = output
      self.errors = errors
    }
  }

  /// One version of one resource of a cluster.
  package struct ResourceVersion: Sendable {
    package var at: Instant
    package var region: String
    package var kind: String
    package var namespace: String
    package var name: String
    package var version: Int64
    package var user: String
    package var verb: String
    package var object: JSONValue

    package init(
      at: Instant, region: String, kind: String, namespace: String, name: String, version: Int64, user: String,
      verb: String,
      object: JSONValue
    ) {
      self.at = at
      self.region = region
      self.kind = kind
      self.namespace = namespace
      self.name = name
      self.version = version
      self.user = user
      self.verb = verb
      self.object = object
    }
  }

  /// An alert of a region's Prometheus changed its state.
  package struct AlertChange: Sendable {
    package enum State: String, Sendable { case inactive, pending, firing }

    package var at: Instant
    package var region: String
    /// All labels, `alertname` and the external ones included.
    package var labels: Labels
    package var state: State
    package var value: Double
    /// Annotations as they were expanded.
    package var annotations: [Label]

    package init(
      at: Instant, region: String, labels: Labels, state: State, value: Double, annotations: [Label] = []
    ) {
      self.at = at
      self.region = region
      self.labels = labels
      self.state = state
      self.value = value
      self.annotations = annotations
    }

    package var name: String { labels["alertname"] }
  }

  /// A notification that Alertmanager sent to a receiver.
  package struct Notification: Sendable {
    package var at: Instant
    package var region: String
    package var receiver: String
    package var group: Labels
    package var firing: [Labels]
    package var resolved: [Labels]
    /// Whether the receiver wakes a person.
    package var isPage: Bool

    package init(
      at: Instant, region: String, receiver: String, group: Labels, firing: [Labels], resolved: [Labels], isPage: Bool
    ) {
      self.at = at
      self.region = region
      self.receiver = receiver
      self.group = group
      self.firing = firing
      self.resolved = resolved
      self.isPage = isPage
    }
  }

  /// Most entries of one kind that are kept.
  package static let limit = 200_000

  package private(set) var componentChanges: [ComponentChange] = []
  package private(set) var platformEvents: [PlatformEvent] = []
  package private(set) var faults: [FaultEntry] = []
  package private(set) var commands: [CommandEntry] = []
  package private(set) var resourceVersions: [ResourceVersion] = []
  package private(set) var alertChanges: [AlertChange] = []
  package private(set) var notifications: [Notification] = []
  /// Entries that were not kept because of the limit.
  package private(set) var dropped = 0

  private let simulation: Simulation
  private var degraded: [String: String] = [:]

  package init(_ simulation: Simulation) { self.simulation = simulation }

  /// Notes that a component is degraded. Nothing is written while it stays degraded with the same effect.
  package func degrade(_ component: String, effect: String, dependsOn: [String] = []) {
    guard degraded[component] != effect else { return }
    degraded[component] = effect
    keep(
      ComponentChange(at: simulation.now, component: component, effect: effect, dependsOn: dependsOn),
      in: &componentChanges)
  }

  /// Notes that a component is well again; nothing is written when it was.
  package func recover(_ component: String) {
    guard degraded.removeValue(forKey: component) != nil else { return }
    keep(
      ComponentChange(at: simulation.now, component: component, effect: nil, dependsOn: []), in: &componentChanges)
  }

  /// The links of a region that suffer now.
  package func degradedLinks(of region: String) -> [String] {
    degraded.map(\.key).filter { $0.hasPrefix("\(region)/link/") }.sorted()
  }

  /// The effect of which a component suffers now.
  package func currentEffect(_ component: String) -> String? { degraded[component] }

  package func note(_ component: String, reason: String, message: String) {
    keep(PlatformEvent(at: simulation.now, component: component, reason: reason, message: message), in: &platformEvents)
  }

  package func note(fault id: String, verb: String, targets: [String], _ phase: FaultEntry.Phase) {
    keep(FaultEntry(at: simulation.now, id: id, verb: verb, targets: targets, phase: phase), in: &faults)
  }

  package func note(_ command: CommandEntry) { keep(command, in: &commands) }

  package func note(_ version: ResourceVersion) { keep(version, in: &resourceVersions) }

  package func note(_ change: AlertChange) { keep(change, in: &alertChanges) }

  package func note(_ notification: Notification) { keep(notification, in: &notifications) }

  private func keep<Entry>(_ entry: Entry, in entries: inout [Entry]) {
    if entries.count < Self.limit { entries.append(entry) } else { dropped += 1 }
  }
}
