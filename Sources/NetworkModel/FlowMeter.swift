import SimulationKernel

/// Counts what passes between hosts by connection, as VPC flow logs see it. Payload is counted with one header of 40 bytes a
/// segment; acknowledgements on their own are not.
@Simulated
package final class FlowMeter {
  /// What one connection, or attempts to open one, came to in one interval, in one direction.
  package struct Flow: Sendable {
    package var from: Host
    package var to: Host
    package var fromPort: UInt16
    package var toPort: UInt16
    package var packets: Int
    package var bytes: Int
    package var first: Instant
    package var last: Instant
    /// False for packets that a security group dropped.
    package var isAccepted: Bool
  }

  /// What one connection came to in the interval that goes on.
  struct Counter {
    var packets = 0
    var bytes = 0
    var first = Instant.zero
    var last = Instant.zero

    mutating func add(_ bytes: Int, at now: Instant) {
      if packets == 0 { first = now }
      last = now
      let segments = max(1, (bytes + Self.segment - 1) / Self.segment)
      packets += segments
      self.bytes += bytes + segments * Self.header
    }

    private static let segment = 1460
    private static let header = 40
  }

  nonisolated private static let event: EventName = "network.flows"

  private let simulation: Simulation
  private var connections: [Connection] = []
  private var rejected: [Flow] = []
  private var period = TimeSpan.forever
  private var readers: [@Simulated ([Flow]) -> Void] = []

  init(_ simulation: Simulation) { self.simulation = simulation }

  /// Hands all flows of each interval to a reader at its end.
  package func read(every interval: TimeSpan, _ reader: @escaping @Simulated ([Flow]) -> Void) {
    readers.append(reader)
    // Both regions count in the same intervals, the shorter where they differ.
    period = min(period, interval)
    guard readers.count == 1 else { return }
    simulation.spawn(Self.event) { [self] in
      while true {
        await simulation.sleep(period, Self.event)
        drain()
      }
    }
  }

  func began(_ connection: Connection) { if !readers.isEmpty { connections.append(connection) } }

  func reject(from: Host, to: Host, port: UInt16, attempt: Int) {
    guard !readers.isEmpty else { return }
    let now = simulation.now
    let source = ephemeralPort(attempt)
    if let index = rejected.lastIndex(where: {
      $0.from === from && $0.to === to && $0.toPort == port && $0.fromPort == source
    }) {
      rejected[index].packets += 1
      rejected[index].bytes += 60
      rejected[index].last = now
      return
    }
    guard rejected.count < Self.rejectLimit else { return }
    rejected.append(
      Flow(
        from: from, to: to, fromPort: source, toPort: port, packets: 1, bytes: 60, first: now, last: now,
        isAccepted: false))
  }

  /// Rejected attempts told apart in one interval.
  private static let rejectLimit = 2000

  private func drain() {
    var flows = rejected
    rejected = []
    let ended = connections
    connections = []
    for connection in ended {
      let (sent, received) = connection.takeFlow()
      let (client, server) = (connection.client, connection.server)
      let (source, port) = (connection.clientPort, connection.listener.port)
      for (counter, isForward) in [(sent, true), (received, false)] where counter.packets > 0 {
        flows.append(
          Flow(
            from: isForward ? client : server, to: isForward ? server : client, fromPort: isForward ? source : port,
            toPort: isForward ? port : source, packets: counter.packets, bytes: counter.bytes, first: counter.first,
            last: counter.last, isAccepted: true))
      }
    }
    for reader in readers { reader(flows) }
  }
}

/// The port from which a host opens its connection of a number (Linux, ip_local_port_range 32768 to 60999).
func ephemeralPort(_ number: Int) -> UInt16 { UInt16(32768 + number % 28232) }
