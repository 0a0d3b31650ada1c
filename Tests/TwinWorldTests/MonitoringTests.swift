import AWSModel
import ClusterOperators
import Documents
import Foundation
import HTTPMessages
import KubernetesModel
import NetworkModel
import SimulationKernel
import Telemetry
import Testing
import TwinWorld

private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

/// The payments platform with traffic, run for a while.
@Simulated
private func runningWorld(_ platform: Platform, seconds: Double) throws -> World {
  let world = try World(platform, seed: 21)
  try world.simulation.run(until: .zero + .seconds(45))
  for host in platform.hosts { world.addTraffic(to: host, path: "/api/payment/simulate") { _ in 20 } }
  try world.simulation.run(until: .zero + .seconds(seconds))
  return world
}

private func payments() throws -> Platform { try Platform.load(root.path + "/scenarios/platforms/payments") }

extension Region {
  /// The samples of the region's Prometheus.
  fileprivate var samples: MemorySampleStore { monitoring.store as! MemorySampleStore }

  /// The body of a target's metrics, asked for from its Prometheus' host.
  fileprivate func body(of target: ScrapeTarget, _ world: World) throws -> String {
    var text = ""
    let from = try #require(monitoring.servers.first?.host)
    world.simulation.spawn("test.scrape") {
      guard
        let connection = try? await world.network.connect(
          from: from, to: target.address, port: target.port, deadline: world.simulation.now + .seconds(5)),
        let response = try? await connection.send(
          HTTPRequest(path: target.path), deadline: world.simulation.now + .seconds(5))
      else { return }
      text = String(decoding: response.body, as: UTF8.self)
    }
    try world.simulation.run(until: world.simulation.now + .seconds(5))
    return text
  }
}

@Suite struct Monitoring {
  @Test func everyTargetIsUp() throws {
    let platform = try payments()
    try Simulated.perform {
      let world = try runningWorld(platform, seconds: 200)
      let spain = try #require(world.region("spain"))
      for series in spain.samples.find(["__name__": "up"]) {
        print(series.labels.pairs.map { "\($0.name)=\($0.value)" }.joined(separator: ","), series.samples.map(\.value))
      }
      print(spain.samples.series.count, spain.samples.series.reduce(0) { $0 + $1.samples.count })
      let server = try #require(spain.monitoring.servers.first)
      for target in server.targets { print(target.target.job, target.target.url, target.isUp, target.lastError) }
      try FileManager.default.createDirectory(atPath: "/tmp/metrics-out", withIntermediateDirectories: true)
      for target in server.targets {
        let text = try spain.body(of: target.target, world)
        try text.write(toFile: "/tmp/metrics-out/\(target.target.job.replacingOccurrences(of: "/", with: "_")).txt", atomically: true, encoding: .utf8)
      }
    }
  }
}
