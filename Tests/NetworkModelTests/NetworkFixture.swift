import HTTPMessages
import NetworkModel
import SimulationKernel

/// A client and a server in zones of one region, with an HTTP service on port 8080.
@Simulated
final class NetworkFixture {
  let simulation: Simulation
  let network: Network
  let client: Host
  let server: Host
  let service: EchoService
  private(set) var listener: Listener

  static let region = "eu-south-2"

  init(
    serverZone: Zone = Zone(region: region, name: "eu-south-2a"), profile: LatencyProfile = LatencyProfile(),
    seed: UInt64 = 1
  ) {
    simulation = Simulation(seed: seed)
    network = Network(simulation, profile: profile)
    client = network.addHost(
      name: "client", address: IPv4Address("10.0.0.10")!, zone: Zone(region: Self.region, name: "eu-south-2a"),
      roles: ["app"])
    server = network.addHost(
      name: "server", address: IPv4Address("10.0.0.20")!, zone: serverZone, roles: ["database"])
    service = EchoService(simulation)
    listener = server.listen(8080, service)
  }

  /// A profile in which nothing varies: 1 ms from host to host in one zone.
  static var exact: LatencyProfile {
    var profile = LatencyProfile()
    profile.sameZone = .constant(.milliseconds(1))
    profile.tlsProcessing = .constant(.milliseconds(2))
    profile.nameLookup = .constant(.milliseconds(3))
    profile.otherZone = .constant(.milliseconds(1))
    return profile
  }

  /// Runs a body as a process to its end and returns what it returned or threw, and how long it took.
  func run<Value>(_ body: @escaping @Simulated () async throws -> Value) -> (Result<Value, any Error>, TimeSpan) {
    let begin = simulation.now
    var ended: (Result<Value, any Error>, Instant)?
    simulation.spawn("test") { [simulation] in
      do { ended = (.success(try await body()), simulation.now) } catch { ended = (.failure(error), simulation.now) }
    }
    do { try simulation.run(until: { ended != nil }) } catch { fatalError("\(error)") }
    return (ended!.0, ended!.1 - begin)
  }

  /// Connects and tells the error, `nil` for success, and the time it took.
  func connect(port: UInt16 = 8080, tls: TLSPolicy? = nil, within limit: TimeSpan = .seconds(5)) -> (
    NetworkError?, TimeSpan
  ) {
    let (result, span) = run { [self] in
      try await network.connect(
        from: client, to: server.address, port: port, tls: tls, deadline: simulation.now + limit)
    }
    if case .failure(let error) = result { return (error as? NetworkError, span) }
    return (nil, span)
  }

  /// An open connection.
  func open(scope: CancelScope? = nil) -> Connection {
    let (result, _) = run { [self] in
      try await network.connect(
        from: client, to: server.address, port: 8080, deadline: .distantFuture, scope: scope)
    }
    do { return try result.get() } catch { fatalError("\(error)") }
  }

  /// One request over a connection: its status or error, and the time it took.
  func request(_ connection: Connection, within limit: TimeSpan = .seconds(5)) -> (Int?, NetworkError?, TimeSpan) {
    let (result, span) = run { [self] in
      try await connection.send(HTTPRequest(path: "/"), deadline: simulation.now + limit)
    }
    switch result {
    case .success(let response): return (response.status, nil, span)
    case .failure(let error): return (nil, error as? NetworkError, span)
    }
  }

  func link(_ change: (LinkCondition) -> Void) -> LinkCondition {
    let condition = LinkCondition(
      source: LinkCondition.Endpoint(region: Self.region, role: "app"),
      target: LinkCondition.Endpoint(region: Self.region, role: "data*"))
    change(condition)
    network.add(condition)
    return condition
  }
}

/// Answers 200 after a time.
@Simulated
final class EchoService: HTTPService {
  private let simulation: Simulation
  var processing = TimeSpan.zero
  private(set) var answered = 0

  init(_ simulation: Simulation) { self.simulation = simulation }

  func respond(to request: HTTPRequest, _ exchange: ExchangeContext) async throws -> HTTPResponse {
    await simulation.sleep(processing)
    answered += 1
    return HTTPResponse(status: 200)
  }
}

/// A filter with one switch.
@Simulated
final class Switch: PacketFilter {
  var isOpen = true
  var tracksConnections = true

  func permits(from: Host, to: Host, port: UInt16) -> Bool { isOpen }
  func tracks(from: Host, to: Host, port: UInt16) -> Bool { tracksConnections }
}
