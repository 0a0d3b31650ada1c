import HTTPMessages
import SimulationKernel
import Telemetry

/// Something with an address: a pod, a load balancer's node, a database instance, a customer.
@Simulated
package final class Host {
  package nonisolated let name: String
  package nonisolated let address: IPv4Address
  package nonisolated let zone: Zone
  /// What it is called in link targets: a deployment's, a proxy's, an instance's name.
  package nonisolated let roles: [String]
  /// Its number on the network, by which `Network.places` tells of it.
  package nonisolated let place: Int32
  /// Security groups by id.
  package var securityGroups: [String]
  /// A host that is down answers nothing, not even with a refusal.
  package internal(set) var isUp = true
  /// How its processes look names up; as a plain machine of its region's network does unless set.
  package var resolver = ResolverConfiguration()

  /// The rules for virtual addresses on its machine; `nil` outside of clusters.
  package weak var services: (any ServiceRouting)?

  /// Where its lookups are counted; `nil` for hosts whose name server nobody watches.
  package var lookups: LookupStatistics?

  private var listeners: [(port: UInt16, listener: Listener)] = []
  private(set) var clientConnections: [Connection] = []
  private var openedCount = 0
  private var sweepAt = Host.sweepFloor
  var names = NameCache()

  init(name: String, address: IPv4Address, zone: Zone, roles: [String], securityGroups: [String], place: Int32) {
    self.place = place
    self.name = name
    self.address = address
    self.zone = zone
    self.roles = roles
    self.securityGroups = securityGroups
  }

  /// Accepts connections on a port until the listener is closed. A listener that was there before is forgotten, not closed.
  @discardableResult
  package func listen(_ port: UInt16, _ service: any NetworkService) -> Listener {
    listeners.removeAll { $0.port == port }
    let listener = Listener(host: self, port: port, service: service)
    listeners.append((port, listener))
    return listener
  }

  func listener(_ port: UInt16) -> Listener? { listeners.first { $0.port == port && $0.listener.isOpen }?.listener }

  /// The process behind every listener dies: peers see their connections reset.
  package func closeAllListeners() {
    for entry in listeners { entry.listener.close() }
    listeners = []
  }

  /// The power fails: nothing is sent any more, and peers find out by their timeouts.
  package func powerOff() { isUp = false }

  /// The machine boots: what listened before is gone, and what still talks to it is reset.
  package func powerOn() {
    guard !isUp else { return }
    isUp = true
    closeAllListeners()
  }

  /// Connections that processes here hold as clients.
  package var openClientConnections: Int { clientConnections.count }

  /// The number that its next connection will get.
  var nextConnection: Int { openedCount + 1 }

  func opened(_ connection: Connection) {
    openedCount += 1
    connection.numberAtClient = openedCount
    clientConnections.append(connection)
    guard clientConnections.count > sweepAt else { return }
    // Who drops a connection that its server has ended need not close it.
    clientConnections.removeAll { !$0.isUsable }
    sweepAt = max(Self.sweepFloor, clientConnections.count * 2)
  }

  private nonisolated static let sweepFloor = 64

  func closed(_ connection: Connection) {
    // Numbers rise, and a host of customers has thousands of connections: halving the list finds one.
    var (low, high) = (0, clientConnections.count)
    while low < high {
      let middle = (low + high) / 2
      if clientConnections[middle].numberAtClient < connection.numberAtClient {
        low = middle + 1
      } else {
        high = middle
      }
    }
    if low < clientConnections.count, clientConnections[low] === connection { clientConnections.remove(at: low) }
  }

  /// All processes here are gone: the servers they talked to see the connections end.
  func closeClientConnections() {
    for connection in clientConnections { connection.close() }
  }

  func matches(_ endpoint: LinkCondition.Endpoint) -> Bool {
    zone.region == endpoint.region && (endpoint.zone == nil || endpoint.zone == zone.name)
      && (globMatches(endpoint.role, name) || roles.contains { globMatches(endpoint.role, $0) })
  }
}

/// What answers on a port.
@Simulated
package protocol NetworkService: AnyObject {}

/// A service that speaks HTTP.
@Simulated
package protocol HTTPService: NetworkService {
  /// Answers one request.
  ///
  /// - Throws: when the server ends the connection without an answer.
  func respond(to request: HTTPRequest, _ exchange: ExchangeContext) async throws -> HTTPResponse
}

/// What a server knows about a request besides the request.
package struct ExchangeContext {
  /// Who asks.
  package var client: Host
  /// The span of the client that waits for the answer; `nil` when nobody wants to know.
  package var trace: TraceContext?
  /// The connection on which the request came; `nil` where a request was made without one.
  package var connection: Connection?

  package init(client: Host, trace: TraceContext?, connection: Connection? = nil) {
    self.client = client
    self.trace = trace
    self.connection = connection
  }

  /// Whether the client has given up meanwhile and closed its connection.
  @Simulated package var isAbandoned: Bool { connection?.isClosed ?? false }
}

/// An open port.
@Simulated
package final class Listener {
  package unowned let host: Host
  package let port: UInt16
  package let service: any NetworkService
  /// The service where it speaks HTTP: the cast is made once, not for each request.
  let httpService: (any HTTPService)?
  package private(set) var isOpen = true
  /// What the server shows in a TLS handshake; without one a handshake succeeds unchecked.
  package var certificate: Certificate?
  /// The server closes a connection that was idle for longer.
  package var idleTimeout = TimeSpan.forever
  /// Cancelled when the process behind the port dies: exchanges under way end with a reset.
  let scope = CancelScope()

  init(host: Host, port: UInt16, service: any NetworkService) {
    self.host = host
    self.port = port
    self.service = service
    httpService = service as? any HTTPService
  }

  /// The process behind the port ends; open connections are reset.
  package func close() {
    guard isOpen else { return }
    isOpen = false
    scope.cancel()
  }

  /// The process stops serving: nothing new is accepted, idle connections close, and what is under way may still be answered.
  package func stopAccepting() { isOpen = false }
}
