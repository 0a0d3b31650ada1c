import Documents
import NetworkModel
import SimulationKernel

/// One pod on its node: sandbox, containers, status, termination.
@Simulated
final class PodWorker {
  let key: ObjectKey
  let uid: String
  let restartPolicy: String
  let gracePeriod: TimeSpan
  unowned let kubelet: Kubelet
  private(set) var host: Host?
  private(set) var containers: [ContainerWorker] = []
  private(set) var isTerminating = false

  private let labels: JSONObject
  private let started: Instant
  private let scope = CancelScope()
  private var hasVanished = false

  init(_ pod: KubeObject, kubelet: Kubelet) {
    key = pod.key
    uid = pod.uid
    labels = pod.labels
    restartPolicy = pod.spec["restartPolicy"]?.string ?? "Always"
    gracePeriod = .seconds(pod.spec["terminationGracePeriodSeconds"]?.number ?? 30)
    started = kubelet.simulation.now
    self.kubelet = kubelet
    containers = (pod.spec["containers"]?.array ?? []).map { ContainerWorker(ContainerSpec($0), pod: self) }
  }

  /// The pod as the API server has it.
  var object: KubeObject? {
    kubelet.server.find(.pod, key.namespace, key.name).flatMap { $0.uid == uid ? $0 : nil }
  }

  static let sandbox = Distribution.uniform(.milliseconds(300), .milliseconds(900))
  nonisolated static let podEvent: EventName = "kubelet.pod"

  func start() {
    kubelet.simulation.spawn(Self.podEvent) { [self] in
      await pause(Self.sandbox.sample(kubelet.stream))
      guard !isTerminating else { return }
      guard let place = kubelet.allocateAddress() else {
        kubelet.event(
          self, .warning, "FailedCreatePodSandBox",
          "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox: plugin type=\"aws-cni\" name=\"aws-cni\" failed (add): add cmd: failed to assign an IP address to container"
        )
        return
      }
      host = kubelet.network.addHost(
        name: component, address: place, zone: kubelet.host.zone, roles: roles,
        securityGroups: kubelet.podSecurityGroups)
      publish()
      for container in containers { kubelet.simulation.spawn(ContainerWorker.startEvent) { await container.run() } }
    }
  }

  /// `region/pod/namespace/name`.
  private var component: String { "\(kubelet.server.cluster)/pod/\(key.namespace)/\(key.name)" }

  /// What links call it: its name, its deployment's name, its `app` label.
  private var roles: [String] {
    let names = [key.name, labels["app.kubernetes.io/name"]?.string, labels["app"]?.string]
    return names.compactMap(\.self)
  }

  /// Waits; returns early when the pod ends.
  func pause(_ span: TimeSpan) async {
    guard span > .zero, !scope.isCancelled else { return }
    _ = try? await Reply<Bool>(kubelet.simulation).get(deadline: kubelet.simulation.now + span, scope: scope)
  }

  // MARK: Ending

  /// The pod was deleted: containers stop in order, then the object goes.
  func terminate() {
    guard !isTerminating, !hasVanished else { return }
    isTerminating = true
    let grace = object?.json.at("metadata", "deletionGracePeriodSeconds")?.number ?? gracePeriod.seconds
    for container in containers where container.process?.isAlive == true {
      kubelet.event(
        self, .normal, "Killing", "Stopping container \(container.spec.name)", container: container.spec.name)
    }
    scope.cancel()
    kubelet.simulation.spawn(Self.podEvent) { [self] in
      for container in containers { await container.stop(grace: .seconds(grace)) }
      await kubelet.simulation.sleep(.milliseconds(200), Self.podEvent)
      removeHost()
      kubelet.finished(self)
      containers = []
    }
  }

  func removeHost() {
    if let host { kubelet.network.remove(host) }
    host = nil
  }

  /// The node lost its power.
  func vanish() {
    hasVanished = true
    host?.powerOff()
    scope.cancel()
    for container in containers { container.vanish() }
  }

  // MARK: Status

  private var phase: String {
    let isDone = containers.allSatisfy { if case .terminated = $0.state { true } else { false } }
    if isDone, !containers.isEmpty, restartPolicy != "Always" {
      return containers.allSatisfy { $0.last?.code == 0 } ? "Succeeded" : "Failed"
    }
    return containers.contains { $0.process != nil } ? "Running" : "Pending"
  }

  /// Writes the status if it differs from what is there.
  func publish() {
    guard !hasVanished, !kubelet.isStopped, var pod = object else { return }
    var status = pod.status
    status["phase"] = .string(phase)
    status["hostIP"] = .string(kubelet.host.address.description)
    if let host {
      status["podIP"] = .string(host.address.description)
      status["podIPs"] = [["ip": .string(host.address.description)]]
    }
    status["startTime"] = .string(ClusterClock.timestamp(started))
    status["qosClass"] = .string(Self.qualityOfService(pod))
    status["containerStatuses"] = .array(containers.map(\.statusJSON))
    let unready = containers.filter { !$0.isReady }.map(\.spec.name)
    let isReady = unready.isEmpty && !isTerminating
    let message = unready.isEmpty ? "" : "containers with unready status: [\(unready.joined(separator: " "))]"
    var conditions = Conditions(status["conditions"]?.array ?? [], now: kubelet.server.timestamp)
    conditions.set("PodReadyToStartContainers", host == nil ? "False" : "True", "", "")
    conditions.set("Initialized", "True", "", "")
    conditions.set("Ready", isReady ? "True" : "False", isReady ? "" : "ContainersNotReady", message)
    conditions.set("ContainersReady", isReady ? "True" : "False", isReady ? "" : "ContainersNotReady", message)
    status["conditions"] = conditions.json
    pod.json["status"] = status
    _ = try? kubelet.server.updateStatus(pod, as: kubelet.user)
    noteHealth()
  }

  /// What the journal sees: a pod suffers when one of its containers waits for a reason or is not ready after it was.
  private func noteHealth() {
    for container in containers {
      if case .waiting(let reason, _) = container.state, reason != "ContainerCreating" {
        return kubelet.journal.degrade(component, effect: reason, dependsOn: configurationSources)
      }
      if case .terminated(let termination) = container.state, termination.code != 0 {
        return kubelet.journal.degrade(component, effect: termination.reason, dependsOn: configurationSources)
      }
      if !container.isReady, container.isStarted { return kubelet.journal.degrade(component, effect: "not ready") }
    }
    if containers.allSatisfy(\.isReady) { kubelet.journal.recover(component) }
  }

  /// ConfigMaps, Secrets and the workload from which its configuration comes.
  private var configurationSources: [String] {
    var sources: [String] = []
    for container in containers {
      for entry in (container.spec.json["envFrom"]?.array ?? [])
        + (container.spec.json["env"]?.array ?? []).compactMap({ $0["valueFrom"] })
      {
        let pairs = [
          ("configMapRef", "configmap"), ("configMapKeyRef", "configmap"), ("secretRef", "secret"),
          ("secretKeyRef", "secret"),
        ]
        for (field, kind) in pairs {
          if let name = entry.at(field, "name")?.string {
            sources.append("\(kubelet.server.cluster)/\(kind)/\(key.namespace)/\(name)")
          }
        }
      }
    }
    if let name = labels["app.kubernetes.io/name"]?.string {
      sources.append("\(kubelet.server.cluster)/deployment/\(key.namespace)/\(name)")
    }
    return sources
  }

  /// Guaranteed, Burstable or BestEffort (pkg/apis/core/helper/qos).
  static func qualityOfService(_ pod: KubeObject) -> String {
    let resources = (pod.spec["containers"]?.array ?? []).map { $0["resources"] ?? [:] }
    let isEmpty = resources.allSatisfy {
      ($0["requests"]?.object?.isEmpty ?? true) && ($0["limits"]?.object?.isEmpty ?? true)
    }
    if isEmpty { return "BestEffort" }
    let isGuaranteed = resources.allSatisfy { entry in
      ["cpu", "memory"].allSatisfy { name in
        guard let limit = entry.at("limits", name) else { return false }
        return (entry.at("requests", name) ?? limit) == limit
      }
    }
    return isGuaranteed ? "Guaranteed" : "Burstable"
  }
}
