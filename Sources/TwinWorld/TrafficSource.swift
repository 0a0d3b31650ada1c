import HTTPMessages
import NetworkModel
import PaymentCore
import SimulationKernel
import Telemetry

/// Customers of one region: an open model, in which requests arrive at a rate that does not fall when answers are slow.
///
/// Each payment has a key of its own. A customer whose payment fails tries once more with the same key, and one in two
/// hundred sends twice at once, so that idempotency is at work in every run.
@Simulated
package final class TrafficSource {
  package let host: String
  package let region: Region
  package let recorder: ServiceLevelRecorder
  /// Payments whose success a customer was told.
  package private(set) var acknowledged: [AcknowledgedPayment] = []
  /// Where the time of answered requests went, by the ten seconds in which they were sent.
  package private(set) var breakdown: [LatencyBreakdown] = []
  /// Multiplies the rate: the fault `load.surge`.
  package var surge = 1.0

  private let path: String
  private let query: String
  private let network: Network
  private let client: Host
  private let stream: RandomStream
  private let rate: @Simulated (Instant) -> Double
  private var idle: [Connection] = []
  private var count = 0

  init(
    host: String, path: String, region: Region, objectives: [ServiceLevelObjective], network: Network,
    rate: @escaping @Simulated (Instant) -> Double
  ) {
    self.host = host
    let parts = path.split(separator: "?", maxSplits: 1)
    self.path = String(parts.first ?? "/")
    query = parts.count > 1 ? String(parts[1]) : ""
    self.region = region
    self.network = network
    self.rate = rate
    stream = network.simulation.random("traffic/\(host)")
    recorder = ServiceLevelRecorder(
      region: region.name,
      availabilityLimit: objectives.first { $0.indicator == .availability }?.threshold ?? .seconds(1),
      latencyLimit: objectives.first { $0.indicator == .latency }?.threshold ?? .milliseconds(100))
    // Customers come from a public range outside of the platform (RFC 5737, TEST-NET-3).
    let number = UInt32(fnv1a(host.utf8) % 200) + 10
    client = network.addHost(
      name: "\(region.name)/customer", address: CIDRBlock("203.0.113.0/24")!.address(at: number),
      zone: .internet(near: region.code), roles: ["customer"])
  }

  /// How long a customer waits for an answer.
  package static let patience = TimeSpan.seconds(10)
  /// Requests of which one is sent twice at once.
  static let doubleSendOneIn = 200
  static let retryPause = Distribution.uniform(.milliseconds(300), .milliseconds(900))

  nonisolated private static let arrivalEvent: EventName = "traffic.arrival"
  nonisolated private static let requestEvent: EventName = "traffic.request"
  nonisolated private static let retryEvent: EventName = "traffic.retry"

  private var simulation: Simulation { network.simulation }

  func start() {
    simulation.spawn(Self.arrivalEvent) { [self] in
      while true {
        // Arrivals of a Poisson process; while the rate is zero it is looked at once a second.
        let rate = rate(simulation.now) * surge
        guard rate > 0 else {
          await simulation.sleep(.seconds(1), Self.arrivalEvent)
          continue
        }
        await simulation.sleep(min(.seconds(stream.exponential() / rate), .seconds(5)), Self.arrivalEvent)
        count += 1
        let key = IdempotencyKey(high: stream.next(), low: stream.next())
        simulation.spawn(Self.requestEvent) { [self] in await pay(key) }
        if count % Self.doubleSendOneIn == 0 { simulation.spawn(Self.requestEvent) { [self] in await pay(key) } }
      }
    }
  }

  private func pay(_ key: IdempotencyKey) async {
    if await attempt(key) { return }
    await simulation.sleep(Self.retryPause.sample(stream), Self.retryEvent)
    _ = await attempt(key)
  }

  /// - Returns: whether the customer is done: an answer below 500.
  private func attempt(_ key: IdempotencyKey) async -> Bool {
    let sent = simulation.now
    recorder.sent(at: sent)
    let trace = region.monitoring.traces.begin(at: client.place)
    defer { if let trace { region.monitoring.traces.finish(trace) } }
    let outcome: RequestOutcome
    do throws(NetworkError) {
      let response = try await send(key, deadline: sent + Self.patience, trace)
      outcome = .answered(status: response.status)
      trace?.end(status: response.status)
      if response.status == 200 { acknowledge(response, key) }
    } catch {
      outcome = .failed(reason: "\(error)")
      trace?.end(error: error.summary)
    }
    recorder.finished(sentAt: sent, latency: simulation.now - sent, outcome: outcome)
    guard case .answered(let status) = outcome, status < 500 else { return false }
    if let trace { note(trace, sent: sent, latency: simulation.now - sent) }
    return true
  }

  private func send(
    _ key: IdempotencyKey, deadline: Instant, _ trace: TraceContext?
  ) async throws(NetworkError) -> HTTPResponse {
    let connection = try await connection(deadline, trace)
    let request = HTTPRequest(
      host: host, path: path, query: query, headers: HTTPHeaders([HTTPHeader("Idempotency-Key", key.description)]),
      traceParent: trace?.traceParent)
    let response = try await connection.send(request, deadline: deadline, component: .clientNetwork, trace: trace)
    idle.append(connection)
    return response
  }

  private func connection(_ deadline: Instant, _ trace: TraceContext?) async throws(NetworkError) -> Connection {
    while let kept = idle.popLast() {
      if kept.isUsable { return kept }
    }
    let address = try await network.resolve(host, on: client, trace: trace)
    return try await network.connect(
      from: client, to: address, port: 443, tls: TLSPolicy(), deadline: deadline, trace: trace)
  }

  /// The payment's number stands at the beginning of the answer: `{"id":123,…`.
  private func acknowledge(_ response: HTTPResponse, _ key: IdempotencyKey) {
    var number: Int64 = 0
    for byte in response.body.dropFirst(6) {
      guard (48...57).contains(byte) else { break }
      number = number * 10 + Int64(byte - 48)
    }
    acknowledged.append(AcknowledgedPayment(payment: number, keyHash: key.folded))
  }

  private func note(_ trace: TraceContext, sent: Instant, latency: TimeSpan) {
    let slot = Int(sent.nanoseconds / 1_000_000_000) / ServiceLevelRecorder.slotSeconds
    while breakdown.count <= slot { breakdown.append(LatencyBreakdown()) }
    breakdown[slot].add(trace, total: latency)
  }
}

/// Sums of the parts of requests.
package struct LatencyBreakdown: Sendable {
  package private(set) var count = 0
  package private(set) var total = TimeSpan.zero
  package private(set) var parts = [TimeSpan](repeating: .zero, count: LatencyComponent.allCases.count)

  package init() {}

  @Simulated mutating func add(_ trace: TraceContext, total: TimeSpan) {
    count += 1
    self.total += total
    for (index, part) in trace.parts.enumerated() { parts[index] += part }
  }

  package mutating func merge(_ other: LatencyBreakdown) {
    count += other.count
    total += other.total
    for index in parts.indices { parts[index] += other.parts[index] }
  }

  /// Mean of one part in milliseconds.
  package func mean(_ component: LatencyComponent) -> Double {
    count == 0 ? 0 : parts[Int(component.rawValue)].milliseconds / Double(count)
  }

  package var meanTotal: Double { count == 0 ? 0 : total.milliseconds / Double(count) }
}
