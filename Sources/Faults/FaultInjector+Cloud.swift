import AWSModel
import Documents
import KubernetesModel
import NetworkModel
import SimulationKernel
import TwinWorld

// What the verbs on links, security groups, databases, secrets, zones and traffic do.
extension FaultInjector {
  static let actions = kubernetesActions + linkActions + nameActions + databaseActions + zoneActions

  private static let linkActions: [(verb: String, action: Action)] = [
    (
      "network.delay",
      { injector, region, target, arguments in
        injector.condition(region, target, arguments) {
          $0.delay = arguments.duration("latency") ?? .zero
          $0.jitter = arguments.duration("jitter") ?? .zero
        }
      }
    ),
    (
      "network.loss",
      { injector, region, target, arguments in
        injector.condition(region, target, arguments) { $0.loss = arguments.share("share") ?? 0 }
      }
    ),
    (
      "network.bandwidth",
      { injector, region, target, arguments in
        injector.condition(region, target, arguments) { $0.bandwidth = (arguments.number("rate") ?? 0) * 1e6 }
      }
    ),
    (
      "network.partition",
      { injector, region, target, arguments in
        injector.condition(region, target, arguments) { $0.isPartition = true }
      }
    ),
    (
      "securitygroup.revoke",
      { injector, region, target, arguments in
        try injector.revoke(region, target, UInt16(clamping: arguments.integer("port") ?? 0))
      }
    ),
    (
      "load.surge",
      { injector, region, _, arguments in
        let sources = injector.world.traffic.filter { $0.region === region }
        let factor = arguments.number("factor") ?? 1
        for source in sources { source.surge *= factor }
        return FaultEffect(
          repair: { for source in sources { source.surge = factor == 0 ? 1 : source.surge / factor } },
          wasFelt: { !sources.isEmpty && factor != 1 })
      }
    ),
  ]

  /// Puts a condition on a link `SOURCE->TARGET`, both ways.
  private func condition(
    _ region: Region, _ target: TargetPattern, _ arguments: FaultArguments, _ set: (LinkCondition) -> Void
  ) -> FaultEffect {
    let ends = target.name.split(separator: ">", maxSplits: 1)
    let source = String((ends.first ?? "").dropLast())
    let end = ends.count > 1 ? String(ends[1]) : "*"
    let condition = LinkCondition(
      source: LinkCondition.Endpoint(region: region.code, role: source),
      target: LinkCondition.Endpoint(region: region.code, role: end, zone: arguments.text("zone")))
    set(condition)
    world.network.add(condition)
    return FaultEffect(repair: { [world] in world.network.remove(condition) }, wasFelt: { condition.touched > 0 })
  }

  private func revoke(_ region: Region, _ target: TargetPattern, _ port: UInt16) throws -> FaultEffect {
    guard let id = region.aws.securityGroupID(target.name), var group = region.aws.securityGroups[id] else {
      throw FaultError(description: "\(target): there is no such security group")
    }
    let removed = group.rules.filter {
      $0.direction == .ingress && $0.ipProtocol != "-1" && ($0.fromPort...$0.toPort).contains(Int(port))
    }
    group.rules.removeAll { removed.contains($0) }
    region.aws.securityGroups[id] = group
    world.journal.note(
      target.description, reason: "RevokeSecurityGroupIngress", message: "ingress on port \(port) revoked")
    return FaultEffect(
      repair: {
        guard var current = region.aws.securityGroups[id] else { return }
        current.rules += removed.filter { !current.rules.contains($0) }
        region.aws.securityGroups[id] = current
      }, wasFelt: { !removed.isEmpty })
  }

  private static let databaseActions: [(verb: String, action: Action)] = [
    (
      "rds.az-failure",
      { _, region, target, _ in
        let instance = try instance(region, target)
        let zone = instance.primary.zone
        instance.losePrimaryZone()
        return FaultEffect(repair: { instance.restorePower(of: zone) })
      }
    ),
    (
      "rds.failover",
      { _, region, target, _ in
        try instance(region, target).reboot(forceFailover: true)
        return FaultEffect()
      }
    ),
    (
      "rds.reboot",
      { _, region, target, _ in
        try instance(region, target).reboot(forceFailover: false)
        return FaultEffect()
      }
    ),
    (
      "rds.stop",
      { _, region, target, _ in
        let instance = try instance(region, target)
        try instance.stop()
        return FaultEffect(repair: { try? instance.start() })
      }
    ),
    (
      "db.password",
      { injector, region, target, _ in
        let instance = try instance(region, target)
        let before = instance.password
        instance.change(password: injector.newPassword())
        return FaultEffect(repair: { instance.change(password: before) })
      }
    ),
    (
      "db.slow-query",
      { _, region, target, arguments in
        let instance = try instance(region, target)
        let factor = arguments.number("factor") ?? 1
        instance.statementSlowdown *= factor
        return FaultEffect(repair: { instance.statementSlowdown /= factor }, wasFelt: { factor != 1 })
      }
    ),
    (
      "db.connections",
      { injector, region, target, arguments in
        injector.hold(arguments.integer("count") ?? 0, of: try instance(region, target))
      }
    ),
    (
      "proxy.pool",
      { _, region, target, arguments in
        guard let proxy = region.aws.proxy(target.name) else {
          throw FaultError(description: "\(target): there is no such proxy")
        }
        let before = proxy.configuration.maxConnectionsPercent
        proxy.resize(maxConnectionsPercent: arguments.integer("maxConnectionsPercent") ?? before)
        return FaultEffect(repair: { proxy.resize(maxConnectionsPercent: before) })
      }
    ),
    (
      "secret.rotate",
      { injector, region, _, _ in
        try injector.rotate(region)
        return FaultEffect()
      }
    ),
  ]

  private static func instance(_ region: Region, _ target: TargetPattern) throws -> DBInstance {
    guard let instance = region.aws.instance(target.name) else {
      throw FaultError(description: "\(target): there is no such database instance")
    }
    return instance
  }

  nonisolated private static let sessionEvent: EventName = "fault.sessions"

  /// A job opens sessions as long as slots are free, until it has as many as it wants, and keeps them; after a restart of the
  /// database it is back before anybody else. What is terminated it does not open again.
  private func hold(_ count: Int, of instance: DBInstance) -> FaultEffect {
    var opened = 0
    func open() {
      let free = instance.maxConnections - DBInstance.reservedSlots - instance.connections - instance.otherSessions
      let more = max(0, min(count - opened, free))
      opened += more
      instance.otherSessions += more
    }
    open()
    let timer = world.simulation.every(.seconds(1), Self.sessionEvent) { open() }
    return FaultEffect(
      repair: { [world] in
        world.simulation.cancel(timer)
        instance.otherSessions = max(0, instance.otherSessions - opened)
      }, wasFelt: { opened > 0 })
  }

  private func newPassword() -> String {
    let stream = world.simulation.random("passwords")
    return String((0..<24).map { _ in APIServer.nameAlphabet[stream.integer(below: APIServer.nameAlphabet.count)] })
  }

  /// A new password in the database and in every secret of the region that holds the old one.
  private func rotate(_ region: Region) throws {
    let password = newPassword()
    for instance in region.aws.instances {
      let old = instance.password
      for secret in region.aws.secrets.all {
        guard let value = secret.version("AWSCURRENT")?.value, value.contains(old) else { continue }
        try region.aws.secrets.put(secret.name, value: value.replacing(old, with: password))
      }
      instance.change(password: password)
    }
  }

  private static let zoneActions: [(verb: String, action: Action)] = [
    (
      "zone.outage",
      { _, region, target, _ in
        let nodes = region.cluster.server.list(.node).filter { $0.label("topology.kubernetes.io/zone") == target.name }
          .map(\.name)
        let databases = region.aws.instances.filter { $0.primary.zone.name == target.name }
        let zone = Zone(region: region.code, name: target.name)
        for node in nodes { region.cluster.failNode(node) }
        for database in databases { database.losePrimaryZone() }
        return FaultEffect(
          repair: {
            for node in nodes { region.cluster.recoverNode(node) }
            for database in databases { database.restorePower(of: zone) }
          }, wasFelt: { !nodes.isEmpty || !databases.isEmpty })
      }
    )
  ]
}
