import SimulationKernel
import Testing

/// Runs `body` as a process of a new simulation and returns its result.
private func simulate<Result>(seed: UInt64 = 1, _ body: @escaping @Simulated (Simulation) async throws -> Result) throws
  -> Result
{
  try Simulated.perform {
    let simulation = Simulation(seed: seed)
    var result: Swift.Result<Result, any Error>?
    simulation.spawn("test") {
      do { result = .success(try await body(simulation)) } catch { result = .failure(error) }
    }
    try simulation.run(until: { result != nil })
    return try #require(result).get()
  }
}

@Suite struct QueueingTheory {
  struct Row: CustomTestStringConvertible {
    var name: String
    var lambda: Double
    var service: Distribution
    var servers: Int
    var meanWaitMs: Double
    var testDescription: String { name }
  }

  /// The figures of the M/M/c and M/D/1 formulas (Erlang C; Pollaczek and Khinchine).
  static let rows = [
    Row(name: "M/M/1 rho 0.8", lambda: 80, service: .exponential(mean: .milliseconds(10)), servers: 1, meanWaitMs: 40),
    Row(
      name: "M/M/2 rho 0.8", lambda: 160, service: .exponential(mean: .milliseconds(10)), servers: 2, meanWaitMs: 17.78),
    Row(
      name: "M/M/4 rho 0.9", lambda: 360, service: .exponential(mean: .milliseconds(10)), servers: 4, meanWaitMs: 19.69),
    Row(name: "M/D/1 rho 0.8", lambda: 80, service: .constant(.milliseconds(10)), servers: 1, meanWaitMs: 20),
  ]

  /// Waits of neighbours are correlated, so the interval comes from independent replications.
  @Test(arguments: rows) func meanWaitLiesInTheConfidenceInterval(row: Row) throws {
    let replications = 12
    let means = try (0..<replications).map { replication in
      try Self.meanWait(row, seed: UInt64(100 + replication), customers: 30_000)
    }
    let mean = means.reduce(0, +) / Double(replications)
    let variance = means.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(replications - 1)
    let studentT99 = 3.106  // 11 degrees of freedom, two-sided 99 %.
    let halfWidth = studentT99 * (variance / Double(replications)).squareRoot()
    #expect(abs(mean - row.meanWaitMs) < halfWidth, "\(row.name): \(mean) ± \(halfWidth) ms, theory \(row.meanWaitMs)")
    #expect(halfWidth < row.meanWaitMs * 0.15, "an interval this wide proves nothing")
  }

  private static func meanWait(_ row: Row, seed: UInt64, customers: Int) throws -> Double {
    try Simulated.perform {
      let simulation = Simulation(seed: seed)
      let server = Semaphore(simulation, name: "server", capacity: row.servers)
      let arrivals = simulation.random("arrivals")
      let services = simulation.random("services")
      simulation.spawn("source") {
        for _ in 0..<customers {
          await simulation.sleep(.seconds(arrivals.exponential() / row.lambda))
          let span = row.service.sample(services)
          simulation.spawn("customer") { try? await server.serve(span, "service") }
        }
      }
      try simulation.runToCompletion()
      #expect(server.statistics.arrivals == customers)
      return server.statistics.totalWait.milliseconds / Double(customers)
    }
  }

  @Test func littlesLawHolds() throws {
    try Simulated.perform {
      let simulation = Simulation(seed: 4)
      let server = Semaphore(simulation, name: "server", capacity: 3)
      let stream = simulation.random("x")
      simulation.spawn("source") {
        for _ in 0..<20_000 {
          await simulation.sleep(.milliseconds(stream.exponential() * 4))
          let span = TimeSpan.milliseconds(stream.exponential() * 10)
          simulation.spawn("customer") { try? await server.serve(span, "service") }
        }
      }
      try simulation.runToCompletion()
      let busy = server.statistics.busy.integral(at: simulation.now) / simulation.now.seconds
      let offered = Double(server.statistics.arrivals) / simulation.now.seconds * 0.010
      #expect(abs(busy - offered) < 0.05 * offered)
    }
  }
}

@Suite struct Waits {
  @Test func aSemaphoreServesInOrderAndDropsWaitersAtTheirDeadline() throws {
    let log = try simulate { simulation in
      let permits = Semaphore(simulation, name: "pool", capacity: 1)
      var log: [String] = []
      for (index, patience) in [10.0, 0.5, 10].enumerated() {
        simulation.spawn("user") {
          do {
            try await permits.acquire(deadline: simulation.now + .seconds(patience))
            log.append("\(index) in at \(simulation.now.seconds)")
            await simulation.sleep(.seconds(1))
            permits.release()
          } catch { log.append("\(index) gave up at \(simulation.now.seconds)") }
        }
      }
      await simulation.sleep(.seconds(5))
      return log
    }
    #expect(log == ["0 in at 0.0", "1 gave up at 0.5", "2 in at 1.0"])
  }

  @Test func raisingTheCapacityAdmitsWaiters() throws {
    let admitted = try simulate { simulation in
      let permits = Semaphore(simulation, name: "pool", capacity: 0)
      var admitted = 0
      for _ in 0..<3 {
        simulation.spawn("user") {
          try? await permits.acquire(); admitted += 1
        }
      }
      await simulation.sleep(.seconds(1))
      permits.capacity = 2
      await simulation.sleep(.seconds(1))
      return admitted
    }
    #expect(admitted == 2)
  }

  @Test func cancellingAScopeEndsItsWaits() throws {
    let outcome = try simulate { simulation in
      let scope = CancelScope()
      let channel = Channel<Int>(simulation, name: "mail")
      var outcome = ""
      simulation.spawn("reader") {
        do { _ = try await channel.receive(scope: scope) } catch { outcome = "\(error) at \(simulation.now.seconds)" }
      }
      await simulation.sleep(.seconds(2))
      scope.cancel()
      await simulation.sleep(.zero)
      channel.send(1)
      return outcome + " left \(channel.count)"
    }
    #expect(outcome == "Cancelled() at 2.0 left 1")
  }

  @Test func aServerGoesOnAfterItsClientGaveUp() throws {
    let log = try simulate { simulation in
      var log: [String] = []
      do {
        try await simulation.withDeadline(simulation.now + .seconds(1), "call") {
          await simulation.sleep(.seconds(3))
          log.append("served at \(simulation.now.seconds)")
        }
      } catch { log.append("\(error) at \(simulation.now.seconds)") }
      await simulation.sleep(.seconds(5))
      return log
    }
    #expect(log == ["TimedOut() at 1.0", "served at 3.0"])
  }
}

@Suite struct RunsAndErrors {
  @Test func aDeadlockNamesWhoWaits() {
    #expect {
      try Simulated.perform {
        let simulation = Simulation(seed: 1)
        let permits = Semaphore(simulation, name: "pool spain", capacity: 0)
        simulation.spawn("user") { try? await permits.acquire() }
        try simulation.runToCompletion()
      }
    } throws: { error in
      error as? SimulationError == .deadlock(at: .zero, waiting: ["1 at pool spain since 0.0 s"])
    }
  }

  @Test func anInstantThatNeverEndsIsAnError() {
    #expect {
      try Simulated.perform {
        let simulation = Simulation(seed: 1)
        simulation.eventBudgetPerInstant = 1000
        simulation.spawn("spin") { while true { await simulation.sleep(.zero, "spin.turn") } }
        try simulation.run(until: Instant.zero + .seconds(1))
      }
    } throws: { error in
      guard case .eventBudgetExhausted(_, 1000, let last) = error as? SimulationError else { return false }
      return last == Array(repeating: "spin.turn", count: 5)
    }
  }

  @Test func theHorizonIsAnErrorForUnfinishedWork() {
    #expect(throws: SimulationError.horizonReached(.zero + .seconds(10))) {
      try Simulated.perform {
        let simulation = Simulation(seed: 1)
        simulation.every(.seconds(1), "tick") {}
        try simulation.runToCompletion(horizon: .zero + .seconds(10))
      }
    }
  }

  private static func run(seed: UInt64, extraComponent: Bool = false) throws -> (
    digest: RunDigest, trace: EventTrace, first: UInt64
  ) {
    try Simulated.perform {
      let simulation = Simulation(seed: seed)
      simulation.recordTrace()
      if extraComponent { _ = simulation.random("newcomer").next() }
      let stream = simulation.random("component")
      let first = stream.next()
      for _ in 0..<100 {
        simulation.spawn("walker") {
          for _ in 0..<10 { await simulation.sleep(.milliseconds(stream.uniform()), "step") }
        }
      }
      try simulation.runToCompletion()
      return (simulation.digest, simulation.trace, first)
    }
  }

  @Test func sameSeedSameDigestOtherSeedOtherDigest() throws {
    let (one, two, other) = (try Self.run(seed: 7), try Self.run(seed: 7), try Self.run(seed: 8))
    #expect(one.digest == two.digest)
    #expect(EventTrace.firstDifference(one.trace, two.trace) == nil)
    #expect(one.digest != other.digest)
    let difference = try #require(EventTrace.firstDifference(one.trace, other.trace))
    #expect(difference.index == 100, "the first hundred events are the spawns at T0")
    #expect(difference.left?.name == "step")
    #expect(try Self.run(seed: 7, extraComponent: true).first == one.first, "a new component shifts no other stream")
  }

  @Test func cancelledTimersDoNotFire() throws {
    let fired = try simulate { simulation in
      var fired = 0
      let timers = (1...10_000).map { simulation.after(.milliseconds(Double($0)), "t") { fired += 1 } }
      for timer in timers.dropLast() { #expect(simulation.cancel(timer)) }
      await simulation.sleep(.seconds(20))
      #expect(!simulation.cancel(timers[9_999]))
      return fired
    }
    #expect(fired == 1)
  }
}

@Suite struct Distributions {
  struct Row: CustomTestStringConvertible {
    var name: String
    var distribution: Distribution
    var testDescription: String { name }
  }

  @Test(arguments: [
    Row(name: "constant", distribution: .constant(.milliseconds(3))),
    Row(name: "uniform", distribution: .uniform(.milliseconds(1), .milliseconds(5))),
    Row(name: "exponential", distribution: .exponential(mean: .milliseconds(2))),
    Row(name: "lognormal", distribution: .lognormal(median: .milliseconds(2), p99: .milliseconds(9))),
    Row(
      name: "quantiles",
      distribution: .quantiles([(0, .zero), (0.5, .milliseconds(2)), (0.99, .milliseconds(8)), (1, .milliseconds(40))])),
  ])
  func theSampleMeanMeetsTheClosedForm(row: Row) throws {
    let count = 200_000
    let mean = Simulated.perform {
      let stream = RandomStream(seed: 3, name: row.name)
      return (0..<count).reduce(0.0) { sum, _ in sum + row.distribution.sample(stream).milliseconds } / Double(count)
    }
    #expect(abs(mean - row.distribution.mean.milliseconds) < 0.02 * row.distribution.mean.milliseconds)
  }
}
