import Documents
import SimulationKernel

// What kubelet writes down about a pod (upstream: pkg/kubelet/status/generate.go, kubelet_pods.go).
extension PodWorker {
  private var phase: String {
    if failure != nil { return "Failed" }
    return PodPhaseDecision.phase(
      initContainers: initContainers.map(\.phaseInput), containers: containers.map(\.phaseInput), policy: policy)
  }

  /// Writes the status if it differs from what is there.
  func publish() {
    guard !hasVanished, !kubelet.isStopped, var pod = object else { return }
    var status = pod.status
    let phase = phase
    status["phase"] = .string(phase)
    if let failure {
      status["reason"] = .string(failure.reason)
      status["message"] = .string(failure.message)
    }
    status["hostIP"] = .string(kubelet.host.address.description)
    if let host {
      status["podIP"] = .string(host.address.description)
      status["podIPs"] = [["ip": .string(host.address.description)]]
    }
    status["startTime"] = .string(ClusterClock.timestamp(started))
    status["qosClass"] = .string(PodPhaseDecision.qualityOfService(pod.spec))
    if !initContainers.isEmpty { status["initContainerStatuses"] = .array(initContainers.map(\.statusJSON)) }
    status["containerStatuses"] = .array(containers.map(\.statusJSON))
    var conditions = Conditions(of: pod, now: kubelet.server.timestamp)
    setConditions(&conditions, phase)
    status["conditions"] = conditions.json
    pod.json["status"] = status
    _ = try? kubelet.server.updateStatus(pod, as: kubelet.user)
    noteHealth()
  }

  private func setConditions(_ conditions: inout Conditions, _ phase: String) {
    func set(_ type: String, _ holds: Bool, _ reason: String = "", _ message: String = "") {
      conditions.setDatedByTransition(
        type, holds ? "True" : "False", holds && phase != "Succeeded" ? "" : reason, holds ? "" : message)
    }
    set("PodReadyToStartContainers", host != nil)
    let incomplete = initContainers.filter { !$0.hasSucceeded && !($0.spec.isSidecar && $0.isStarted) }
    set(
      "Initialized", incomplete.isEmpty, phase == "Succeeded" ? "PodCompleted" : "ContainersNotInitialized",
      "containers with incomplete status: [\(incomplete.map(\.spec.name).joined(separator: " "))]")
    let unready = containers.filter { !$0.isReady }
    let isReady = unready.isEmpty && failure == nil
    let message = "containers with unready status: [\(unready.map(\.spec.name).joined(separator: " "))]"
    let reason = phase == "Succeeded" ? "PodCompleted" : phase == "Failed" ? "PodFailed" : "ContainersNotReady"
    for type in ["Ready", "ContainersReady"] {
      set(type, isReady, reason, ["Succeeded", "Failed"].contains(phase) ? "" : message)
    }
  }

  /// What the journal sees: a pod suffers when one of its containers waits for a reason or is not ready after it was.
  private func noteHealth() {
    let normal = ["ContainerCreating", "PodInitializing"]
    for container in all {
      if case .waiting(let reason, _) = container.state, !normal.contains(reason) {
        return kubelet.journal.degrade(component, effect: reason, dependsOn: configurationSources)
      }
      if case .terminated(let termination) = container.state, termination.code != 0 {
        return kubelet.journal.degrade(component, effect: termination.reason, dependsOn: configurationSources)
      }
      if !container.isInit, !container.isReady, container.wasReady {
        return kubelet.journal.degrade(component, effect: "not ready")
      }
    }
    if containers.allSatisfy(\.isReady) { kubelet.journal.recover(component) }
  }

  /// ConfigMaps, Secrets and the workload from which its configuration comes.
  private var configurationSources: [String] {
    var sources: [String] = []
    for container in all {
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
}
