import AWSModel
import Faults
import KubernetesModel
import NetworkModel
import SimulationKernel
import Testing
import TwinWorld

@Suite struct Causes {
  private static var root: String { #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } }

  @Simulated
  private static func world(until seconds: Double = 60) throws -> World {
    let world = try World(try Platform.load(root + "/scenarios/platforms/payments"), seed: 5)
    try world.simulation.run(until: .zero + .seconds(seconds))
    return world
  }

  @Simulated
  private static func inject(
    _ verb: String, _ target: String, _ arguments: [(name: String, value: FaultArgument)], into world: World
  ) throws -> Injection {
    try FaultInjector(world).inject(
      id: "test", verb: verb, target: try TargetPattern(parsing: target), mode: .all,
      arguments: FaultArguments(arguments))
  }

  @Simulated
  private static func run(_ world: World, _ seconds: Double) throws {
    try world.simulation.run(until: world.simulation.now + .seconds(seconds))
  }

  /// What a pod of the payments, or any other host, is told of a name.
  @Simulated
  private static func lookUp(_ name: String, from host: Host, _ world: World) throws -> String {
    var answer = "no answer"
    world.simulation.spawn("test.lookup") {
      do throws(NetworkError) { answer = try await world.network.resolve(name, on: host).description } catch {
        answer = error.libpqText(host: name, address: nil, port: 5432)
      }
    }
    try run(world, 30)
    return answer
  }

  @Test(arguments: [
    ("nxdomain", "Name or service not known"), ("servfail", "Temporary failure in name resolution"),
    ("timeout", "Temporary failure in name resolution"),
  ])
  func aNameThatFailsDoesSoForPodsAloneUntilItIsRepaired(_ mode: String, _ text: String) throws {
    try Simulated.perform {
      let world = try Self.world()
      let region = try #require(world.region("spain"))
      let name = try #require(region.aws.proxies.first).configuration.endpoint
      let pod = try #require(region.cluster.allProcesses.first { $0.namespace == "payments" })
      let node = try #require(region.aws.instances.first).primary
      #expect(try Self.lookUp(name, from: pod.host, world).hasPrefix("10.10."))
      let injection = try Self.inject("dns.fail", "spain/dns/\(name)", [("mode", .text(mode))], into: world)
      try Self.run(world, 150)
      #expect(
        try Self.lookUp(name, from: pod.host, world) == "could not translate host name \"\(name)\" to address: \(text)")
      #expect(try Self.lookUp(name, from: node, world).hasPrefix("10.10."))
      let other = try #require(region.aws.instances.first).configuration.endpoint
      #expect(try Self.lookUp(other, from: pod.host, world).hasPrefix("10.10."))
      #expect(injection.wasEffective)
      injection.repair()
      try Self.run(world, 150)
      #expect(try Self.lookUp(name, from: pod.host, world).hasPrefix("10.10."))
    }
  }

  @Test func aJobTakesTheFreeSlotsAndIsBackBeforeTheProxy() throws {
    try Simulated.perform {
      let world = try Self.world()
      let region = try #require(world.region("spain"))
      let instance = try #require(region.aws.instance("payments"))
      let wanted = instance.maxConnections - DBInstance.reservedSlots - 1
      let injection = try Self.inject(
        "db.connections", "spain/rds/payments", [("count", .integer(wanted))], into: world)
      #expect(instance.otherSessions == wanted)
      try instance.reboot(forceFailover: true)
      try Self.run(world, 90)
      #expect(instance.status == .available)
      #expect(instance.otherSessions == wanted)
      instance.otherSessions -= 100
      try Self.run(world, 10)
      #expect(instance.otherSessions == wanted - 100, "sessions that are ended stay ended")
      injection.repair()
      #expect(instance.otherSessions == 0)
    }
  }

  /// The working sets of the payments' containers, in MiB.
  @Simulated
  private static func sizes(_ cluster: Cluster) -> [Int64] {
    cluster.allProcesses.filter { $0.namespace == "payments" }.map { $0.workingSet >> 20 }
  }

  @Test func aReleaseThatLeaksIsKilledAndItsPredecessorIsNot() throws {
    try Simulated.perform {
      let world = try Self.world()
      let cluster = try #require(world.region("spain")).cluster
      let target = "spain/deployment/payments/payment-latency-api"
      _ = try Self.inject("memory.leak", target, [("rate", .number(120))], into: world)
      try Self.run(world, 30)
      #expect(
        Self.sizes(cluster).count == 6 && Self.sizes(cluster).allSatisfy { (75...90).contains($0) },
        "\(Self.sizes(cluster))")
      try Self.run(world, 40)
      let pods = cluster.server.list(.pod, namespace: "payments")
      let ends = pods.compactMap { $0.status["containerStatuses"]?[0]?.at("lastState", "terminated") }
      #expect(ends.count == 6)
      #expect(ends.allSatisfy { $0["exitCode"]?.integer == 137 && $0["reason"]?.string == "OOMKilled" }, "\(ends)")
      let image = "111122223333.dkr.ecr.eu-south-2.amazonaws.com/payment-latency-api:1.4.1"
      _ = try Self.inject("image.set", target, [("image", .text(image))], into: world)
      try Self.run(world, 240)
      #expect(Self.sizes(cluster).count == 6 && Self.sizes(cluster).allSatisfy { $0 < 30 }, "\(Self.sizes(cluster))")
    }
  }
}
