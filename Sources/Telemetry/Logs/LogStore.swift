import SimulationKernel

/// The logs of one region as CloudWatch Logs keeps them: groups of streams of events.
///
/// What is written here stays when the pod or the file that it came from is gone.
@Simulated
package final class LogStore {
  /// Most events of one region that are kept in full; what comes later is counted.
  package static let eventLimit = 200_000

  /// The streams in the order in which they began.
  package private(set) var streams: [LogStream] = []
  package private(set) var eventCount = 0
  /// Events beyond the limit.
  package private(set) var dropped = 0

  let simulation: Simulation
  /// Whether anything is kept.
  package let isOn: Bool

  package init(_ simulation: Simulation, isOn: Bool = true) {
    self.simulation = simulation
    self.isOn = isOn
  }

  /// The groups' names, sorted.
  package var groups: [String] { Set(streams.map(\.group)).sorted() }

  /// The streams of a group in the order in which they began.
  package func streams(of group: String) -> [LogStream] { streams.filter { $0.group == group } }

  /// Begins a stream, or goes on with the one of this name.
  package func stream(_ group: String, _ name: String, _ envelope: LogStream.Envelope = .plain) -> LogStream {
    if let known = streams.last(where: { $0.name == name && $0.group == group }) { return known }
    let stream = LogStream(self, group: group, name: name, envelope)
    streams.append(stream)
    return stream
  }

  /// Whether there is room for one more; counts it either way.
  fileprivate func admit() -> Bool {
    guard isOn else { return false }
    guard eventCount < Self.eventLimit else {
      dropped += 1
      return false
    }
    eventCount += 1
    return true
  }
}

/// A line of a log.
package struct LogLine: Hashable, Sendable {
  package var at: Instant
  package var text: String

  package init(at: Instant, text: String) {
    self.at = at
    self.text = text
  }
}

/// One stream of a log group: the lines of one container, of one database, of one network interface.
@Simulated
package final class LogStream {
  /// What an agent wraps around the lines that it ships.
  package enum Envelope: Hashable, Sendable {
    /// Nothing.
    case plain
    /// Fluent Bit's JSON for a line of a container (aws/aws-for-fluent-bit as Container Insights sets it up).
    case container(namespace: String, pod: String, container: String, host: String)
  }

  package nonisolated let group: String
  package nonisolated let name: String
  package nonisolated let envelope: Envelope
  package let createdAt: Instant
  package private(set) var lines: [LogLine] = []
  private unowned let store: LogStore

  fileprivate init(_ store: LogStore, group: String, name: String, _ envelope: Envelope) {
    self.store = store
    self.group = group
    self.name = name
    self.envelope = envelope
    createdAt = store.simulation.now
  }

  package func write(_ text: String) {
    if store.admit() { lines.append(LogLine(at: store.simulation.now, text: text)) }
  }
}
