import AWSModel
import Documents
import Foundation
import KubernetesModel
import NetworkModel
import PaymentCore
import SimulationKernel
import Telemetry
import Testing
import TwinWorld
import Workloads

private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

private func payments() throws -> Platform {
  do { return try Platform.load(root.path + "/scenarios/platforms/payments") } catch {
    Issue.record("\(error)")
    throw error
  }
}

@Suite struct Worlds {
  @Test func aHealthyPaymentIsTheSumOfItsParts() throws {
    let platform = try payments()
    try Simulated.perform {
      let world = try World(platform, seed: 11)
      try world.simulation.run(until: .zero + .seconds(45))
      for host in platform.hosts { world.addTraffic(to: host, path: "/api/payment/simulate") { _ in 40 } }
      try world.simulation.run(until: .zero + .seconds(120))
      for source in world.traffic {
        let latencies = source.recorder.latencies((.zero + .seconds(50))..<(.zero + .seconds(110)))
        #expect((23.0...28.0).contains(latencies.quantile(0.5).milliseconds))
        #expect(latencies.quantile(0.99).milliseconds < 100)
        var breakdown = LatencyBreakdown()
        for slot in source.breakdown { breakdown.merge(slot) }
        let sum = LatencyComponent.allCases.reduce(0) { $0 + breakdown.mean($1) }
        #expect(abs(sum - breakdown.meanTotal) < 0.05, "\(sum) ms of parts, \(breakdown.meanTotal) ms in all")
      }
      #expect(try world.audit().allSatisfy(\.findings.isEmpty))
    }
  }

  @Test func theAuditCatchesACoreThatSkipsTheIdempotencyCheck() throws {
    let platform = try payments()
    try Simulated.perform {
      let world = try World(platform, seed: 12)
      for image in platform.images where image.program.value == "payment-latency-api" {
        world.images.add(repository: image.repository, tags: image.tags, size: image.size) {
          PaymentProgram(idempotency: .skipped)
        }
      }
      try world.simulation.run(until: .zero + .seconds(45))
      for host in platform.hosts { world.addTraffic(to: host, path: "/api/payment/simulate") { _ in 40 } }
      try world.simulation.run(until: .zero + .seconds(120))
      let findings = try world.audit().flatMap(\.findings)
      #expect(findings.contains { $0.invariant == .chargedOnce }, "\(findings)")
    }
  }

  @Test func aColdConnectionToTheDatabasePaysItsHandshakes() throws {
    let platform = try payments()
    try Simulated.perform {
      let world = try World(platform, seed: 13)
      let region = try #require(world.region("spain"))
      let instance = try #require(region.aws.instance("payments"))
      let proxy = try #require(region.aws.proxy("payments"))
      let group = region.aws.clusterSecurityGroups
      let id = try #require(region.aws.securityGroupID("rds"))
      var rules = try #require(region.aws.securityGroups[id])
      rules.rules.append(SecurityGroupRule(.ingress, ipProtocol: "-1", fromPort: 0, toPort: 0, peer: .group(group[0])))
      region.aws.securityGroups[rules.id] = rules
      try world.simulation.run(until: .zero + .seconds(60))
      let place = try #require(region.aws.allocateAddress(tier: "private", zone: nil))
      let host = world.network.addHost(
        name: "probe", address: place.address, zone: place.zone, roles: ["probe"], securityGroups: group)
      let login = PostgresStartup(
        user: instance.configuration.user, password: instance.password, database: instance.configuration.databaseName)
      var cold: [Double] = []
      var pooled: [Double] = []
      world.simulation.spawn("probe") {
        for _ in 0..<20 {
          var began = world.simulation.now
          let connection = try? await PostgresConnection.open(
            world.network, from: host, to: instance.configuration.endpoint, port: 5432, login,
            deadline: began + .seconds(5))
          let cost = WorkCost(roundTrips: 1, isWrite: false)
          _ = try? await connection?.run(cost, deadline: world.simulation.now + .seconds(5), trace: nil) { _ in 0 }
          cold.append((world.simulation.now - began).milliseconds)
          began = world.simulation.now
          _ = try? await connection?.run(cost, deadline: world.simulation.now + .seconds(5), trace: nil) { _ in 0 }
          pooled.append((world.simulation.now - began).milliseconds)
        }
      }
      try world.simulation.run(until: .zero + .seconds(120))
      #expect(cold.count == 20 && proxy.poolSize > 0)
      let extra = (cold.reduce(0, +) - pooled.reduce(0, +)) / 20
      #expect((30.0...50.0).contains(extra), "a cold connection costs \(extra) ms more")
    }
  }
}
