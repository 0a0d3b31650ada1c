import Documents
import KubernetesModel
import SimulationKernel
import TwinWorld

// What the verbs on pods, rollouts and nodes do.
extension FaultInjector {
  static let kubernetesActions: [(verb: String, action: Action)] = [
    (
      "pod.kill",
      { _, region, target, _ in
        try region.cluster.server.delete(.pod, target.namespace ?? "", target.name, as: user)
        return FaultEffect()
      }
    ),
    (
      "container.exit",
      { _, region, target, arguments in
        let code = Int32(arguments.integer("code") ?? 1)
        return onProcesses(region, target) { $0.exit(code: code) }
      }
    ),
    (
      "process.hang",
      { _, region, target, _ in
        onProcesses(region, target) {
          $0.isHung = true
        } repair: {
          $0.isHung = false
        }
      }
    ),
    ("memory.leak", { injector, region, target, arguments in injector.leak(region, target, arguments) }),
    (
      "cpu.stress",
      { _, region, target, arguments in
        let cores = arguments.number("cores") ?? 0
        return onProcesses(region, target) {
          $0.cpu.stolenCores += cores
        } repair: {
          $0.cpu.stolenCores -= cores
        }
      }
    ),
    (
      "config.set",
      { _, region, target, arguments in
        try setKey(.configMap, region, target, arguments) { .string($0) }
      }
    ),
    (
      "secret.corrupt",
      { _, region, target, arguments in
        try setKey(.secret, region, target, arguments) { .string(base64Encoded($0.utf8)) }
      }
    ),
    (
      "image.set",
      { _, region, target, arguments in
        try changeDeployment(region, target) { deployment in
          var containers = deployment.json.at("spec", "template", "spec", "containers")?.array ?? []
          if !containers.isEmpty { containers[0]["image"] = .string(arguments.text("image") ?? "") }
          deployment.json.set("spec", "template", "spec", "containers", to: .array(containers))
        }
      }
    ),
    (
      "rollout.restart",
      { _, region, target, _ in
        let effect = try changeDeployment(region, target) { deployment in
          deployment.json.set(
            "spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt",
            to: .string(region.cluster.server.timestamp))
        }
        return FaultEffect(wasFelt: effect.wasFelt)
      }
    ),
    (
      "replicas.set",
      { _, region, target, arguments in
        try changeDeployment(region, target) {
          $0.json.set("spec", "replicas", to: .integer(Int64(arguments.integer("count") ?? 0)))
        }
      }
    ),
    (
      "alb.health-path",
      { _, region, target, arguments in
        let annotation = "alb.ingress.kubernetes.io/healthcheck-path"
        return try change(.ingress, region, target) {
          $0.json.set("metadata", "annotations", annotation, to: .string(arguments.text("path") ?? "/"))
        }
      }
    ),
    (
      "node.fail",
      { _, region, target, _ in
        region.cluster.failNode(target.name)
        return FaultEffect(repair: { region.cluster.recoverNode(target.name) })
      }
    ),
  ]

  private static func onProcesses(
    _ region: Region, _ target: TargetPattern, _ change: @escaping @Simulated (ContainerProcess) -> Void,
    repair: @escaping @Simulated (ContainerProcess) -> Void = { _ in }
  ) -> FaultEffect {
    let processes = region.cluster.processes(target.namespace ?? "", target.name)
    for process in processes { change(process) }
    return FaultEffect(
      repair: { for process in processes where process.isAlive { repair(process) } }, wasFelt: { !processes.isEmpty })
  }

  nonisolated private static let leakEvent: EventName = "fault.leak"

  private func leak(_ region: Region, _ target: TargetPattern, _ arguments: FaultArguments) -> FaultEffect {
    let bytes = Int64((arguments.number("rate") ?? 0) * 1_048_576 / 60)
    // The leak is in the program: a restarted container leaks again.
    let release = target.kind == "deployment" ? Self.release(region, target) : nil
    let timer = world.simulation.every(.seconds(1), Self.leakEvent) {
      for pod in release.map({ Self.pods(region, target, $0.selector) }) ?? [target.name] {
        for process in region.cluster.processes(target.namespace ?? "", pod)
        where release == nil || process.image == release?.image {
          process.leakedMemory += bytes
        }
      }
    }
    return FaultEffect(repair: { [world] in world.simulation.cancel(timer) })
  }

  /// Which program a deployment runs now, and how its pods are found.
  private static func release(_ region: Region, _ target: TargetPattern) -> (image: String, selector: LabelSelector)? {
    guard let deployment = region.cluster.server.find(.deployment, target.namespace ?? "", target.name),
      let image = deployment.json.at("spec", "template", "spec", "containers")?[0]?["image"]?.string
    else { return nil }
    return (image, LabelSelector(deployment.spec["selector"]))
  }

  private static func pods(_ region: Region, _ target: TargetPattern, _ selector: LabelSelector) -> [String] {
    region.cluster.server.list(.pod, namespace: target.namespace ?? "", labels: selector).map(\.name)
  }

  private static func setKey(
    _ kind: ResourceKind, _ region: Region, _ target: TargetPattern, _ arguments: FaultArguments,
    _ encode: (String) -> JSONValue
  ) throws -> FaultEffect {
    let key = arguments.text("key") ?? ""
    let value = arguments.text("value").map(encode)
    return try change(kind, region, target) { $0.json.set("data", key, to: value) }
  }

  private static func changeDeployment(
    _ region: Region, _ target: TargetPattern, _ edit: (inout KubeObject) -> Void
  ) throws -> FaultEffect {
    try change(.deployment, region, target, edit)
  }

  /// Edits an object; the repair puts its fields back as they were, whatever else has changed.
  private static func change(
    _ kind: ResourceKind, _ region: Region, _ target: TargetPattern, _ edit: (inout KubeObject) -> Void
  ) throws -> FaultEffect {
    let server = region.cluster.server
    let before = try server.get(kind, target.namespace ?? "", target.name)
    var edited = before
    edit(&edited)
    let after = try server.update(edited, as: user)
    let field = kind == .configMap || kind == .secret ? "data" : kind == .ingress ? "metadata" : "spec"
    return FaultEffect(
      repair: {
        guard var current = server.find(kind, target.namespace ?? "", target.name) else { return }
        if field == "metadata" {
          current.json.set("metadata", "annotations", to: before.json.at("metadata", "annotations"))
        } else {
          current.json[field] = before.json[field]
        }
        _ = try? server.update(current, as: user)
      },
      wasFelt: { after.resourceVersion != before.resourceVersion })
  }
}
