import Documents
import Glibc
import PaymentCore
import SimulationKernel
import Telemetry
import TwinWorld

/// `twin-bench kernel | world | core | scrape | telemetry | query FOLDER`: figures of the simulator on this machine. Machines are noisy: quote ratios of one
/// run, not single times.
func wallSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// The model that `bench/kernel_simpy.py` runs too: 100,000 processes of 8 sleeps each.
func measureKernel() throws -> Double {
  try Simulated.perform {
    let simulation = Simulation(seed: 1)
    let began = wallSeconds()
    for index in 0..<100_000 {
      simulation.spawn("bench.process") {
        for step in 0..<8 {
          await simulation.sleep(.nanoseconds(Int64((index * 7919 + step * 104_729) % 1000 + 1)), "bench.sleep")
        }
      }
    }
    try simulation.runToCompletion()
    return 800_000 / (wallSeconds() - began)
  }
}

/// Payments a wall second through the whole way, and microseconds for each.
func measureWorld(platform: String) throws -> (rate: Double, microseconds: Double) {
  let platform = try Platform.load(platform)
  return try Simulated.perform {
    let world = try World(platform, seed: 1)
    try world.simulation.run(until: .zero + .seconds(45))
    for host in platform.hosts { world.addTraffic(to: host, path: "/api/payment/simulate") { _ in 100 } }
    try world.simulation.run(until: .zero + .seconds(60))
    let began = wallSeconds()
    try world.simulation.run(until: .zero + .seconds(660))
    let took = wallSeconds() - began
    let range = (Instant.zero + .seconds(60))..<(Instant.zero + .seconds(660))
    let payments = world.traffic.reduce(0) { $0 + $1.recorder.total(range).served }
    let findings = try world.audit().flatMap(\.findings)
    guard findings.isEmpty else { fatalError("\(findings)") }
    return (Double(payments) / took, took / Double(payments) * 1e6)
  }
}

let parts = CommandLine.arguments.count > 1 ? Array(CommandLine.arguments.dropFirst()) : ["kernel", "world", "core"]
if parts.contains("kernel") {
  print("kernel: \(Int(try measureKernel())) process wake-ups a second")
}
var whole: Double?
if parts.contains("world") {
  let measured = try measureWorld(platform: "scenarios/platforms/payments")
  whole = measured.microseconds
  print("whole way: \(Int(measured.rate)) payments a second, \((measured.microseconds * 10).rounded() / 10) us each")
}
if parts.contains("core") {
  let core = try await BareCore.measure(payments: 120_000)
  print(core.line)
  if let whole {
    let ratio = whole * 1000 / core.nanosecondsPerPayment
    print("ratio: a payment through the twin costs \((ratio * 10).rounded() / 10) times the bare core's")
  }
}
if parts.contains("scrape") {
  let cost = try ScrapeCost.measure()
  print("scrape: \(Int(cost.unchanged)) ns a line that did not change, \(Int(cost.changed)) ns a line with a new value")
}
if parts.contains("telemetry") {
  let cost = try TelemetryCost.measure("scenarios/crashloop.yaml")
  let share = (cost.with / cost.without - 1) * 100
  print(
    "telemetry: crashloop.yaml takes \((cost.with * 10).rounded() / 10) s with it and \((cost.without * 10).rounded() / 10) s without, \(Int(share.rounded()))% more"
  )
}
if let index = parts.firstIndex(of: "query"), index + 1 < parts.count {
  try QueryCost.measure(folder: parts[index + 1])
}
