import Documents
import SimulationKernel
import Telemetry

// Kubelet's metrics under their names (upstream: pkg/kubelet/metrics/metrics.go, pkg/kubelet/prober/prober_manager.go;
// google/cadvisor, docs/storage/prometheus.md). What the model has no truth for, such as bytes on the network and on disks,
// is left out.
extension Kubelet {
  /// What has happened since kubelet's process began.
  struct Counters {
    var startedAt = Instant.zero
    var startedPods = 0
    var startedContainers = 0
    var evictions = 0
  }

  /// `/metrics`.
  func ownMetrics() -> ExpositionText {
    var text = ExpositionText(capacity: 4096)
    let workers = allWorkers.filter { !$0.hasVanished }
    text.single(
      "kubelet_node_name", .gauge, "[ALPHA] The node's name. The count is always 1.", [("node", node)], 1)
    text.single(
      "kubelet_running_pods", .gauge, "[ALPHA] Number of pods that have a running pod sandbox", [],
      Double(workers.count { $0.host != nil }))
    text.family("kubelet_running_containers", .gauge, "[ALPHA] Number of containers currently running")
    let containers = workers.flatMap(\.all).filter { $0.process != nil }
    let running = containers.count { $0.process?.isAlive == true }
    text.sample(
      "kubelet_running_containers", [("container_state", "exited")], Double(containers.count - running))
    text.sample("kubelet_running_containers", [("container_state", "running")], Double(running))
    text.single(
      "kubelet_started_pods_total", .counter, "[ALPHA] Cumulative number of pods started", [],
      Double(counters.startedPods))
    text.single(
      "kubelet_started_containers_total", .counter, "[ALPHA] Cumulative number of containers started",
      [("container_type", "container")], Double(counters.startedContainers))
    text.family("kubelet_evictions", .counter, "[ALPHA] Cumulative number of pod evictions by eviction signal")
    if counters.evictions > 0 {
      text.sample("kubelet_evictions", [("eviction_signal", "memory.available")], Double(counters.evictions))
    }
    text.single(
      "process_start_time_seconds", .gauge, "[ALPHA] Start time of the process since unix epoch in seconds.", [],
      ClusterClock.seconds(counters.startedAt))
    return text
  }

  /// `/metrics/probes`.
  func probeMetrics() -> ExpositionText {
    var text = ExpositionText(capacity: 4096)
    text.family(
      "prober_probe_total", .counter,
      "[BETA] Cumulative number of a liveness, readiness or startup probe for a container by result.")
    for worker in allWorkers {
      for container in worker.all {
        for results in container.probeResults {
          for (result, count) in [("failed", results.failed), ("successful", results.successful)] where count > 0 {
            text.sample(
              "prober_probe_total",
              [
                ("container", container.spec.name), ("namespace", worker.key.namespace), ("pod", worker.key.name),
                ("pod_uid", worker.uid), ("probe_type", results.kind.rawValue), ("result", result),
              ], Double(count))
          }
        }
      }
    }
    return text
  }

  /// `/metrics/cadvisor`.
  func containerMetrics() -> ExpositionText {
    var text = ExpositionText(capacity: 16384)
    let containers = allWorkers.flatMap(\.all).filter { $0.process?.isAlive == true }
    let rootUsage = processorTime
    let rootMemory = containers.reduce(Int64(0)) { $0 + $1.memoryInUse }
    for family in Self.containerFamilies {
      text.family(family.name, family.type, family.help)
      switch family.name {
      case "container_cpu_usage_seconds_total":
        text.sample(family.name, labelText: "{cpu=\"total\",id=\"/\"}", rootUsage.seconds)
      case "container_memory_working_set_bytes": text.sample(family.name, labelText: "{id=\"/\"}", Double(rootMemory))
      default: break
      }
      for container in containers {
        guard let process = container.process, let value = family.value(container, process) else { continue }
        text.sample(family.name, labelText: family.prefix + container.metricLabelText, value)
      }
    }
    text.single("machine_cpu_cores", .gauge, "Number of logical CPU cores.", [], processor.cores)
    text.single(
      "machine_memory_bytes", .gauge, "Amount of memory installed on the machine.", [], Double(machineMemory))
    return text
  }

  /// Processor time of all containers since the node booted.
  var processorTime: TimeSpan {
    allWorkers.flatMap(\.all).reduce(endedProcessorTime) { sum, container in
      sum + (container.process.map { $0.isAlive ? $0.cpu.usage : .zero } ?? .zero)
    }
  }

  /// A family of cAdvisor and where its value comes from; `nil` for containers that have none.
  private struct ContainerFamily {
    let name: String
    let type: ExpositionText.MetricType
    let help: String
    /// Opens the labels, with labels that the family has before the common ones.
    var prefix = "{"
    let value: @Simulated @Sendable (ContainerWorker, ContainerProcess) -> Double?
  }

  private static let containerFamilies: [ContainerFamily] = [
    ContainerFamily(
      name: "container_cpu_cfs_periods_total", type: .counter, help: "Number of elapsed enforcement period intervals."
    ) { $1.cpu.limit == nil ? nil : Double($1.cpu.periods) },
    ContainerFamily(
      name: "container_cpu_cfs_throttled_periods_total", type: .counter, help: "Number of throttled period intervals."
    ) { $1.cpu.limit == nil ? nil : Double($1.cpu.throttledPeriods) },
    ContainerFamily(
      name: "container_cpu_cfs_throttled_seconds_total", type: .counter,
      help: "Total time duration the container has been throttled."
    ) { $1.cpu.limit == nil ? nil : $1.cpu.throttledTime.seconds },
    ContainerFamily(
      name: "container_cpu_usage_seconds_total", type: .counter, help: "Cumulative cpu time consumed in seconds.",
      prefix: "{cpu=\"total\","
    ) { $1.cpu.usage.seconds },
    ContainerFamily(
      name: "container_memory_rss", type: .gauge, help: "Size of RSS in bytes."
    ) { Double($1.workingSet) },
    ContainerFamily(
      name: "container_memory_usage_bytes", type: .gauge,
      help: "Current memory usage in bytes, including all memory regardless of when it was accessed"
    ) { Double($1.workingSet) },
    ContainerFamily(
      name: "container_memory_working_set_bytes", type: .gauge, help: "Current working set in bytes."
    ) { Double($1.workingSet) },
    ContainerFamily(
      name: "container_oom_events_total", type: .counter,
      help: "Count of out of memory events observed for the container"
    ) { worker, _ in Double(worker.memoryKills) },
    ContainerFamily(
      name: "container_spec_cpu_period", type: .gauge, help: "CPU period of the container."
    ) { _, _ in CPUQuota.period.seconds * 1e6 },
    ContainerFamily(
      name: "container_spec_cpu_quota", type: .gauge, help: "CPU quota of the container."
    ) { _, process in process.cpu.limit.map { ($0 * CPUQuota.period.seconds * 1e6).rounded() } },
    ContainerFamily(
      name: "container_spec_cpu_shares", type: .gauge, help: "CPU share of the container."
    ) { worker, _ in max(2, (worker.spec.cpuRequest * 1024).rounded()) },
    ContainerFamily(
      name: "container_spec_memory_limit_bytes", type: .gauge, help: "Memory limit for the container."
    ) { Double($1.memoryLimit ?? 0) },
    ContainerFamily(
      name: "container_start_time_seconds", type: .gauge,
      help: "Start time of the container since unix epoch in seconds."
    ) { worker, _ in
      if case .running(let since) = worker.state { ClusterClock.seconds(since) } else { nil }
    },
  ]
}

/// Results of one kind of probe of a container.
struct ProbeResults {
  let kind: ProbeSpec.Kind
  var successful = 0
  var failed = 0
}

extension ContainerWorker {
  /// Counts the result of a probe.
  func count(_ kind: ProbeSpec.Kind, succeeded: Bool) {
    let index =
      probeResults.firstIndex { $0.kind == kind }
      ?? {
        probeResults.append(ProbeResults(kind: kind))
        return probeResults.count - 1
      }()
    if succeeded { probeResults[index].successful += 1 } else { probeResults[index].failed += 1 }
  }

  /// cAdvisor's labels of the current run, without the opening brace: its cgroup, image and runtime name are new with each run.
  var metricLabelText: String {
    if let metricLabels, metricLabels.run == restarts { return metricLabels.text }
    let id = runtimeID(restarts)
    let pod = pod.uid.replacing("-", with: "_")
    // Pods of the class Guaranteed stand directly below the root of all pods.
    let name = qualityOfService == "guaranteed" ? "kubepods" : "kubepods-\(qualityOfService)"
    let slice = "/kubepods.slice/\(name == "kubepods" ? "" : name + ".slice/")\(name)-pod\(pod).slice"
    let text = ExpositionText.labelText([
      ("container", spec.name), ("id", "\(slice)/cri-containerd-\(id).scope"), ("image", spec.image), ("name", id),
      ("namespace", self.pod.key.namespace), ("pod", self.pod.key.name),
    ])
    let labels = String(text.dropFirst())
    metricLabels = (restarts, labels)
    return labels
  }

  /// The pod's class as cgroups spell it.
  private var qualityOfService: String {
    pod.object.map { PodPhaseDecision.qualityOfService($0.spec).lowercased() } ?? "burstable"
  }
}
