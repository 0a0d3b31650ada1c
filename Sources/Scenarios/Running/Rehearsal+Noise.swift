import Documents
import Faults
import KubernetesModel
import SimulationKernel
import TwinWorld

/// What happens beside the incident: it raises alerts and leaves traces, and payments do not feel it.
struct NoiseLevel: Sendable {
  /// A fault of a workload that payments do not need.
  struct Disturbance: Sendable {
    var verb: String
    /// Comes again after so long, until the end.
    var period: TimeSpan?
    /// The arguments' YAML, out of the workload's image.
    var arguments: @Sendable (_ image: String) -> String
  }

  /// Pods of the system that are lost at random times of the run, and whose replicas take over.
  var lostPods: Int
  var disturbances: [Disturbance]

  /// A container that ends every few minutes: KubePodCrashLooping after a quarter of an hour.
  private static let crashLoop = Disturbance(verb: "container.exit", period: .minutes(4)) { _ in "code: 1" }
  /// A release whose tag was never pushed: the old pod goes on, the new one waits; KubePodNotReady after a quarter of an hour.
  private static let stuckRelease = Disturbance(verb: "image.set", period: nil) { image in
    "image: \(image.prefix { $0 != "@" })-rc1"
  }

  static func level(_ noise: Scenario.Noise) -> NoiseLevel {
    switch noise {
    case .none: NoiseLevel(lostPods: 0, disturbances: [])
    case .low: NoiseLevel(lostPods: 2, disturbances: [crashLoop])
    case .high: NoiseLevel(lostPods: 8, disturbances: [crashLoop, stuckRelease, crashLoop])
    }
  }
}

extension Rehearsal {
  nonisolated private static let noiseEvent: EventName = "scenario.noise"

  /// Disturbances begin in the healthy past, so that their alerts are there when the incident's page comes.
  func scheduleNoise() {
    let level = NoiseLevel.level(scenario.noise)
    let stream = world.simulation.random("noise")
    for _ in 0..<level.lostPods {
      let time = scenario.duration * stream.uniform()
      let (region, number) = (stream.integer(below: world.regions.count), stream.integer(below: 1000))
      world.simulation.at(origin + time, Self.noiseEvent) { [self] in losePod(number, in: world.regions[region]) }
    }
    for (index, disturbance) in level.disturbances.enumerated() {
      let time = Instant.zero + Self.startUp + scenario.history * (0.1 + 0.5 * stream.uniform())
      let number = stream.integer(below: 1000)
      let id = "noise-\(index + 1)"
      decoys.append(id)
      world.simulation.at(time, Self.noiseEvent) { [self] in
        let taken = injections.flatMap(\.targets)
        let free = bystanders().filter { candidate in !taken.contains { Self.isOf($0, candidate.path) } }
        if !free.isEmpty { disturb(free[number % free.count], disturbance, id) }
      }
    }
  }

  private func losePod(_ number: Int, in region: Region) {
    let server = region.cluster.server
    let pods = server.list(.pod, namespace: "kube-system")
    guard !pods.isEmpty else { return }
    let pod = pods[number % pods.count]
    try? server.delete(.pod, pod.namespace, pod.name, as: "cluster-maintenance")
  }

  /// Workloads whose program does nothing that the rest of the platform needs, each with its image.
  private func bystanders() -> [(path: String, image: String)] {
    let idle = world.platform.images.filter { $0.program.value == "idle" }.map(\.repository)
    return world.regions.flatMap { region in
      region.cluster.server.list(.deployment).compactMap { deployment in
        let image = deployment.json.at("spec", "template", "spec", "containers")?[0]?["image"]?.string ?? ""
        guard idle.contains(where: { image.hasPrefix($0 + ":") }), deployment.spec["replicas"]?.integer != 0 else {
          return nil
        }
        return ("\(region.name)/deployment/\(deployment.namespace)/\(deployment.name)", image)
      }
    }
  }

  private func disturb(
    _ bystander: (path: String, image: String), _ disturbance: NoiseLevel.Disturbance, _ id: String
  ) {
    let (path, image) = bystander
    let verb = FaultCatalogue.standard[disturbance.verb]
    do {
      let target =
        verb?.targetKinds.contains("pod") == true ? path.replacing("/deployment/", with: "/pod/") + "-*" : path
      let node = try parseYAML(disturbance.arguments(image), file: id)
      let arguments = node.first.flatMap { verb?.argumentsForm.read($0, Diagnostics()) } ?? FaultArguments()
      try injector.inject(
        id: id, verb: disturbance.verb, target: try TargetPattern(parsing: target), mode: .one, arguments: arguments)
    } catch { return failures.append("noise \(id): \(error)") }
    guard let period = disturbance.period, world.simulation.now + period < end else { return }
    world.simulation.after(period, Self.noiseEvent) { [self] in disturb(bystander, disturbance, id) }
  }

  /// Whether a target is a deployment or one of its pods.
  private static func isOf(_ target: String, _ deployment: String) -> Bool {
    target == deployment || target.hasPrefix(deployment.replacing("/deployment/", with: "/pod/") + "-")
  }
}
