import Documents
import SimulationKernel

// Memory of the node (upstream: pkg/kubelet/eviction/eviction_manager.go). Kubelet looks every 10 s and evicts one pod at a time.
extension Kubelet {
  static let evictionPeriod = TimeSpan.seconds(10)
  /// How long the node stays under pressure after memory has come back (`evictionPressureTransitionPeriod`).
  static let pressureTransition = TimeSpan.minutes(5)
  nonisolated static let memoryEvent: EventName = "kubelet.memory"
  private static let pressureTaint: JSONValue = ["key": "node.kubernetes.io/memory-pressure", "effect": "NoSchedule"]

  /// Bytes that nothing on the node uses.
  var availableMemory: Int64 {
    memoryCapacity - allWorkers.reduce(0) { sum, worker in sum + worker.all.reduce(0) { $0 + $1.memoryInUse } }
  }

  func watchMemory() {
    guard !isStopped else { return }
    let available = availableMemory
    if available < MemoryEviction.threshold {
      lastShortage = simulation.now
      setMemoryPressure(true)
      evict(available)
    } else if let lastShortage, simulation.now - lastShortage >= Self.pressureTransition {
      self.lastShortage = nil
      setMemoryPressure(false)
    }
  }

  private func evict(_ available: Int64) {
    let running = allWorkers.filter { !$0.isOver }
    let candidates = running.map { worker in
      MemoryEviction.Candidate(
        name: worker.key.description, priority: worker.object?.spec["priority"]?.integer ?? 0,
        usage: worker.all.reduce(0) { $0 + $1.memoryInUse },
        request: worker.containers.reduce(0) { $0 + $1.spec.memoryRequest })
    }
    guard let victim = MemoryEviction.victim(candidates, available: available),
      let worker = running.first(where: { $0.key.description == victim.name }),
      let largest = worker.containers.max(by: { $0.memoryInUse < $1.memoryInUse })
    else { return }
    let message = MemoryEviction.message(
      available: available, container: largest.spec.name, usage: largest.memoryInUse,
      request: largest.spec.memoryRequest)
    counters.evictions += 1
    event(worker, .warning, "Evicted", message)
    worker.fail("Evicted", message)
  }

  private func setMemoryPressure(_ isShort: Bool) {
    guard var object = server.find(.node, "", node),
      isShort != (object.condition("MemoryPressure")?["status"] == "True")
    else { return }
    var conditions = Conditions(of: object, now: server.timestamp)
    if isShort {
      conditions.set(
        "MemoryPressure", "True", "KubeletHasInsufficientMemory", "kubelet has insufficient memory available")
    } else {
      conditions.set(
        "MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available")
    }
    object.json.set("status", "conditions", to: conditions.json)
    if let updated = try? server.updateStatus(object, as: user) { object = updated }
    let word = isShort ? "NodeHasInsufficientMemory" : "NodeHasSufficientMemory"
    note(node: object, .normal, word, "Node \(node) status is now: \(word)")
    if isShort { note(node: object, .warning, "EvictionThresholdMet", "Attempting to reclaim memory") }
    var taints = (object.spec["taints"]?.array ?? []).filter { $0["key"] != Self.pressureTaint["key"] }
    if isShort { taints.append(Self.pressureTaint) }
    object.json.set("spec", "taints", to: taints.isEmpty ? nil : .array(taints))
    _ = try? server.update(object, as: NodeController.user)
  }
}

extension ContainerWorker {
  /// Working set of the running process in bytes.
  var memoryInUse: Int64 {
    guard let process, process.isAlive else { return 0 }
    return process.workingSet
  }
}

extension ObjectKey: CustomStringConvertible {
  /// `namespace/name`.
  package var description: String { "\(namespace)/\(name)" }
}
