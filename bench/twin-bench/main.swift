import Documents
import Glibc
import KubernetesModel
import NetworkModel
import SimulationKernel
import Telemetry
import TwinWorld

func wall() -> Double {
  var t = timespec(); clock_gettime(CLOCK_MONOTONIC, &t); return Double(t.tv_sec) + Double(t.tv_nsec) / 1e9
}

do {
  let platform = try Platform.load("scenarios/platforms/payments")
  try Simulated.perform {
    let world = try World(platform, seed: 1)
    let rate = Double(CommandLine.arguments.dropFirst().first ?? "50") ?? 50
    try world.simulation.run(until: .zero + .seconds(45))
    for r in world.regions {
      for p in r.cluster.server.list(.pod) {
        print(
          r.name, p.namespace, p.name, p.status["phase"]?.string ?? "", p.condition("Ready")?["status"]?.string ?? "-",
          p.status["containerStatuses"]?.jsonText().prefix(200) ?? "")
      }
      for e in r.cluster.server.list(.event).suffix(6) {
        print(e.json["reason"]?.string ?? "", e.json["message"]?.string ?? "")
      }
    }
    world.addTraffic(to: "pay.spain.example", path: "/api/payment/simulate") { _ in rate }
    world.addTraffic(to: "pay.mexico.example", path: "/api/payment/simulate") { _ in rate }
    let t0 = wall()
    try world.simulation.run(until: .zero + .seconds(645))
    let dt = wall() - t0
    var n = 0
    for t in world.traffic {
      let r = t.recorder
      let total = r.total(.zero..<(.zero + .seconds(640)))
      n += total.offered
      let l = r.latencies((.zero + .seconds(60))..<(.zero + .seconds(640)))
      print(
        t.host, total.offered, total.served, total.failed, "p50", l.quantile(0.5).milliseconds, "p99",
        l.quantile(0.99).milliseconds, "max", l.maximum.milliseconds)
      var b = LatencyBreakdown(); for x in t.breakdown { b.merge(x) }
      print("total", b.meanTotal, LatencyComponent.allCases.map { "\($0.label) \((b.mean($0) * 100).rounded() / 100)" })
      print(r.failedRequests.prefix(5))
      print(
        "db bytes", try t.region.aws.instances[0].store.size(), "per payment",
        try Double(t.region.aws.instances[0].store.size()) / Double(max(1, total.served)))
    }
    print("payments/s", Double(n) / dt, "events", world.simulation.eventCount, "us per payment", dt / Double(n) * 1e6)
    print(try world.audit())
    print(world.simulation.digest)
    for c in world.journal.componentChanges.prefix(30) { print(c.at.seconds, c.component, c.effect ?? "well") }
  }
} catch { print(error) }
