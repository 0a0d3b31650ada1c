import Documents
import KubernetesModel
import Telemetry

/// The families by the kind of object (kubernetes/kube-state-metrics, internal/store).
enum StateFamilies {
  static let pods: [StateFamily] =
    podFacts + podStatus + containerFacts + containerStates
    + [
      resources(
        "kube_pod_container_resource_limits", "The number of requested limit resource by a container.", "limits"),
      resources(
        "kube_pod_container_resource_requests", "The number of requested request resource by a container.", "requests"),
    ]

  private static let podFacts: [StateFamily] = [
    StateFamily("kube_pod_info", "Information about pod.") { pod, samples in
      let owner = pod.owner
      samples.add(
        [
          ("host_ip", pod.string("status", "hostIP")), ("pod_ip", pod.string("status", "podIP")),
          ("node", pod.string("spec", "nodeName")), ("created_by_kind", owner?.kind ?? "<none>"),
          ("created_by_name", owner?.name ?? "<none>"), ("priority_class", pod.string("spec", "priorityClassName")),
          ("host_network", pod.at(["spec", "hostNetwork"])?.bool == true ? "true" : "false"),
        ], value: 1)
    },
    .created("kube_pod_created"),
    StateFamily("kube_pod_start_time", "Start time in unix timestamp for a pod.") { pod, samples in
      if let seconds = pod.seconds(["status", "startTime"]) { samples.add(value: seconds) }
    },
    StateFamily("kube_pod_owner", "Information about the Pod's owner.") { pod, samples in
      let owner = pod.owner
      samples.add(
        [
          ("owner_kind", owner?.kind ?? "<none>"), ("owner_name", owner?.name ?? "<none>"),
          ("owner_is_controller", owner == nil ? "<none>" : "true"),
        ], value: 1)
    },
    StateFamily("kube_pod_restart_policy", "Describes the restart policy in use by this pod.") { pod, samples in
      samples.add([("type", pod.at(["spec", "restartPolicy"])?.string ?? "Always")], value: 1)
    },
    StateFamily("kube_pod_deletion_timestamp", "Unix deletion timestamp") { pod, samples in
      if let seconds = pod.seconds(["metadata", "deletionTimestamp"]) { samples.add(value: seconds) }
    },
  ]

  private static let podStatus: [StateFamily] = [
    StateFamily("kube_pod_status_phase", "The pods current phase.") { pod, samples in
      let phase = pod.string("status", "phase")
      guard !phase.isEmpty else { return }
      for word in ["Pending", "Succeeded", "Failed", "Unknown", "Running"] {
        samples.add([("phase", word)], value: word == phase ? 1 : 0)
      }
    },
    podCondition("kube_pod_status_ready", "Describes whether the pod is ready to serve requests.", "Ready"),
    podCondition(
      "kube_pod_status_scheduled", "Describes the status of the scheduling process for the pod.", "PodScheduled"),
    StateFamily("kube_pod_status_reason", "The pod status reasons") { pod, samples in
      let reason = pod.string("status", "reason")
      for word in ["Evicted", "NodeAffinity", "NodeLost", "Shutdown", "UnexpectedAdmissionError"] {
        samples.add([("reason", word)], value: word == reason ? 1 : 0)
      }
    },
    StateFamily("kube_pod_status_unschedulable", "Describes the unschedulable status for the pod.") { pod, samples in
      let condition = pod.condition("PodScheduled")
      if condition?["status"] == "False", condition?["reason"] == "Unschedulable" { samples.add(value: 1) }
    },
  ]

  private static func podCondition(_ name: String, _ help: String, _ type: String) -> StateFamily {
    StateFamily(name, help) { pod, samples in
      guard let condition = pod.condition(type) else { return }
      let status = condition["status"]?.string?.lowercased()
      for word in ["true", "false", "unknown"] {
        samples.add([("condition", word)], value: word == status ? 1 : 0)
      }
    }
  }

  // MARK: Containers

  /// A family with samples for each container that kubelet has reported.
  private static func container(
    _ name: String, _ help: String, _ type: ExpositionText.MetricType = .gauge,
    _ write: @escaping @Sendable (_ status: JSONValue, _ labels: [(String, String)], inout StateSamples) -> Void
  ) -> StateFamily {
    StateFamily(name, help, type) { pod, samples in
      for status in pod.at(["status", "containerStatuses"])?.array ?? [] {
        write(status, [("container", status["name"]?.string ?? "")], &samples)
      }
    }
  }

  private static let containerFacts: [StateFamily] = [
    container("kube_pod_container_info", "Information about a container in a pod.") { status, labels, samples in
      let image = status["image"]?.string ?? ""
      samples.add(
        labels + [
          ("image_spec", image), ("image", image), ("image_id", status["imageID"]?.string ?? ""),
          ("container_id", status["containerID"]?.string ?? ""),
        ], value: 1)
    },
    container(
      "kube_pod_container_status_ready", "Describes whether the containers readiness check succeeded."
    ) { status, labels, samples in samples.add(labels, value: status["ready"]?.bool == true ? 1 : 0) },
    container(
      "kube_pod_container_status_restarts_total", "The number of container restarts per container.", .counter
    ) { status, labels, samples in samples.add(labels, value: status["restartCount"]?.number ?? 0) },
    container(
      "kube_pod_container_state_started", "Start time in unix timestamp for a pod container."
    ) { status, labels, samples in
      let since = status.at("state", "running", "startedAt") ?? status.at("state", "terminated", "startedAt")
      if let seconds = StateSource.seconds(since) { samples.add(labels, value: seconds) }
    },
  ]

  private static let containerStates: [StateFamily] = [
    state(
      "kube_pod_container_status_running", "Describes whether the container is currently in running state.", "running"),
    state(
      "kube_pod_container_status_waiting", "Describes whether the container is currently in waiting state.", "waiting"),
    reason(
      "kube_pod_container_status_waiting_reason",
      "Describes the reason the container is currently in waiting state.", "state", "waiting"),
    state(
      "kube_pod_container_status_terminated", "Describes whether the container is currently in terminated state.",
      "terminated"),
    reason(
      "kube_pod_container_status_terminated_reason",
      "Describes the reason the container is currently in terminated state.", "state", "terminated"),
    reason(
      "kube_pod_container_status_last_terminated_reason",
      "Describes the last reason the container was in terminated state.", "lastState", "terminated"),
    container(
      "kube_pod_container_status_last_terminated_exitcode",
      "Describes the exit code for the last container in terminated state."
    ) { status, labels, samples in
      if let code = status.at("lastState", "terminated", "exitCode")?.number { samples.add(labels, value: code) }
    },
    container(
      "kube_pod_container_status_last_terminated_timestamp",
      "Last terminated time for a pod container in unix timestamp."
    ) { status, labels, samples in
      if let seconds = StateSource.seconds(status.at("lastState", "terminated", "finishedAt")) {
        samples.add(labels, value: seconds)
      }
    },
  ]

  private static func state(_ name: String, _ help: String, _ field: String) -> StateFamily {
    container(name, help) { status, labels, samples in
      samples.add(labels, value: status.at("state", field) == nil ? 0 : 1)
    }
  }

  private static func reason(_ name: String, _ help: String, _ state: String, _ field: String) -> StateFamily {
    container(name, help) { status, labels, samples in
      if let reason = status.at(state, field, "reason")?.string { samples.add(labels + [("reason", reason)], value: 1) }
    }
  }

  private static func resources(_ name: String, _ help: String, _ field: String) -> StateFamily {
    StateFamily(name, help) { pod, samples in
      let node = pod.string("spec", "nodeName")
      for container in pod.at(["spec", "containers"])?.array ?? [] {
        samples.add(
          resources: container.at("resources", field),
          [("container", container["name"]?.string ?? ""), ("node", node)])
      }
    }
  }
}
