import Documents
import KubernetesModel

extension StateFamilies {
  static let deployments: [StateFamily] = [
    .created("kube_deployment_created"),
    .number(
      "kube_deployment_metadata_generation", "Sequence number representing a specific generation of the desired state.",
      .gauge, "metadata", "generation"),
    .number("kube_deployment_spec_replicas", "Number of desired pods for a deployment.", .gauge, "spec", "replicas"),
    StateFamily(
      "kube_deployment_spec_paused",
      "Whether the deployment is paused and will not be processed by the deployment controller."
    ) {
      $1.add(value: $0.at(["spec", "paused"])?.bool == true ? 1 : 0)
    },
    bound(
      "kube_deployment_spec_strategy_rollingupdate_max_surge",
      "Maximum number of replicas that can be scheduled above the desired number of replicas during a rolling update of a deployment.",
      "maxSurge", roundsUp: true),
    bound(
      "kube_deployment_spec_strategy_rollingupdate_max_unavailable",
      "Maximum number of unavailable replicas during a rolling update of a deployment.", "maxUnavailable",
      roundsUp: false),
    .count("kube_deployment_status_replicas", "The number of replicas per deployment.", "replicas"),
    .count(
      "kube_deployment_status_replicas_available", "The number of available replicas per deployment.",
      "availableReplicas"),
    .count("kube_deployment_status_replicas_ready", "The number of ready replicas per deployment.", "readyReplicas"),
    .count(
      "kube_deployment_status_replicas_unavailable", "The number of unavailable replicas per deployment.",
      "unavailableReplicas"),
    .count(
      "kube_deployment_status_replicas_updated", "The number of updated replicas per deployment.", "updatedReplicas"),
    .count(
      "kube_deployment_status_observed_generation", "The generation observed by the deployment controller.",
      "observedGeneration"),
    .conditions("kube_deployment_status_condition", "The current status conditions of a deployment."),
  ]

  private static func bound(_ name: String, _ help: String, _ field: String, roundsUp: Bool) -> StateFamily {
    StateFamily(name, help) { deployment, samples in
      guard let value = deployment.at(["spec", "strategy", "rollingUpdate", field]).flatMap({ CountOrPercentage($0) })
      else { return }
      let replicas = Int(deployment.at(["spec", "replicas"])?.integer ?? 1)
      samples.add(value: Double(value.scaled(to: replicas, roundingUp: roundsUp)))
    }
  }

  static let replicaSets: [StateFamily] = [
    .created("kube_replicaset_created"),
    .number(
      "kube_replicaset_metadata_generation", "Sequence number representing a specific generation of the desired state.",
      .gauge, "metadata", "generation"),
    .number("kube_replicaset_spec_replicas", "Number of desired pods for a ReplicaSet.", .gauge, "spec", "replicas"),
    .count("kube_replicaset_status_replicas", "The number of replicas per ReplicaSet.", "replicas"),
    .count(
      "kube_replicaset_status_fully_labeled_replicas", "The number of fully labeled replicas per ReplicaSet.",
      "fullyLabeledReplicas"),
    .count("kube_replicaset_status_ready_replicas", "The number of ready replicas per ReplicaSet.", "readyReplicas"),
    .count(
      "kube_replicaset_status_observed_generation", "The generation observed by the ReplicaSet controller.",
      "observedGeneration"),
    StateFamily("kube_replicaset_owner", "Information about the ReplicaSet's owner.") { set, samples in
      let owner = set.owner
      samples.add(
        [
          ("owner_kind", owner?.kind ?? "<none>"), ("owner_name", owner?.name ?? "<none>"),
          ("owner_is_controller", owner == nil ? "<none>" : "true"),
        ], value: 1)
    },
  ]

  static let statefulSets: [StateFamily] = [
    .created("kube_statefulset_created"),
    .number(
      "kube_statefulset_metadata_generation",
      "Sequence number representing a specific generation of the desired state for the StatefulSet.", .gauge,
      "metadata", "generation"),
    .number("kube_statefulset_replicas", "Number of desired pods for a StatefulSet.", .gauge, "spec", "replicas"),
    .count("kube_statefulset_status_replicas", "The number of replicas per StatefulSet.", "replicas"),
    .count(
      "kube_statefulset_status_replicas_available", "The number of available replicas per StatefulSet.",
      "availableReplicas"),
    .count(
      "kube_statefulset_status_replicas_current", "The number of current replicas per StatefulSet.", "currentReplicas"),
    .count("kube_statefulset_status_replicas_ready", "The number of ready replicas per StatefulSet.", "readyReplicas"),
    .count(
      "kube_statefulset_status_replicas_updated", "The number of updated replicas per StatefulSet.", "updatedReplicas"),
    .count(
      "kube_statefulset_status_observed_generation", "The generation observed by the StatefulSet controller.",
      "observedGeneration"),
    revision(
      "kube_statefulset_status_current_revision",
      "Indicates the version of the StatefulSet used to generate Pods in the sequence [0,currentReplicas).",
      "currentRevision"),
    revision(
      "kube_statefulset_status_update_revision",
      "Indicates the version of the StatefulSet used to generate Pods in the sequence [replicas-updatedReplicas,replicas)",
      "updateRevision"),
  ]

  private static func revision(_ name: String, _ help: String, _ field: String) -> StateFamily {
    StateFamily(name, help) { set, samples in
      if let revision = set.at(["status", field])?.string { samples.add([("revision", revision)], value: 1) }
    }
  }

  static let daemonSets: [StateFamily] = [
    .created("kube_daemonset_created"),
    .number(
      "kube_daemonset_metadata_generation", "Sequence number representing a specific generation of the desired state.",
      .gauge, "metadata", "generation"),
    .count(
      "kube_daemonset_status_current_number_scheduled",
      "The number of nodes running at least one daemon pod and are supposed to.", "currentNumberScheduled"),
    .count(
      "kube_daemonset_status_desired_number_scheduled", "The number of nodes that should be running the daemon pod.",
      "desiredNumberScheduled"),
    .count(
      "kube_daemonset_status_number_available",
      "The number of nodes that should be running the daemon pod and have one or more of the daemon pod running and available",
      "numberAvailable"),
    .count(
      "kube_daemonset_status_number_misscheduled", "The number of nodes running a daemon pod but are not supposed to.",
      "numberMisscheduled"),
    .count(
      "kube_daemonset_status_number_ready",
      "The number of nodes that should be running the daemon pod and have one or more of the daemon pod running and ready.",
      "numberReady"),
    .count(
      "kube_daemonset_status_number_unavailable",
      "The number of nodes that should be running the daemon pod and have none of the daemon pod running and available",
      "numberUnavailable"),
    .count(
      "kube_daemonset_status_observed_generation", "The most recent generation observed by the daemon set controller.",
      "observedGeneration"),
    .count(
      "kube_daemonset_status_updated_number_scheduled", "The total number of nodes that are running updated daemon pod",
      "updatedNumberScheduled"),
  ]

  static let horizontalPodAutoscalers: [StateFamily] = [
    StateFamily("kube_horizontalpodautoscaler_info", "Information about this autoscaler.") { autoscaler, samples in
      let target = autoscaler.at(["spec", "scaleTargetRef"])
      samples.add(
        [
          ("scaletargetref_api_version", target?["apiVersion"]?.string ?? ""),
          ("scaletargetref_kind", target?["kind"]?.string ?? ""),
          ("scaletargetref_name", target?["name"]?.string ?? ""),
        ], value: 1)
    },
    .number(
      "kube_horizontalpodautoscaler_metadata_generation",
      "The generation observed by the HorizontalPodAutoscaler controller.", .gauge, "metadata", "generation"),
    .number(
      "kube_horizontalpodautoscaler_spec_max_replicas",
      "Upper limit for the number of pods that can be set by the autoscaler; cannot be smaller than MinReplicas.",
      .gauge, "spec", "maxReplicas"),
    .number(
      "kube_horizontalpodautoscaler_spec_min_replicas",
      "Lower limit for the number of pods that can be set by the autoscaler, default 1.", .gauge, "spec", "minReplicas"),
    targetMetric(
      "kube_horizontalpodautoscaler_spec_target_metric",
      "The metric specifications used by this autoscaler when calculating the desired replica count.",
      ["spec", "metrics"], "target"),
    targetMetric(
      "kube_horizontalpodautoscaler_status_target_metric",
      "The current metric status used by this autoscaler when calculating the desired replica count.",
      ["status", "currentMetrics"], "current"),
    .count(
      "kube_horizontalpodautoscaler_status_current_replicas",
      "Current number of replicas of pods managed by this autoscaler.", "currentReplicas"),
    .count(
      "kube_horizontalpodautoscaler_status_desired_replicas",
      "Desired number of replicas of pods managed by this autoscaler.", "desiredReplicas"),
    .conditions("kube_horizontalpodautoscaler_status_condition", "The condition of this autoscaler."),
  ]

  private static func targetMetric(_ name: String, _ help: String, _ path: [String], _ field: String) -> StateFamily {
    let types = [("value", "value"), ("utilization", "averageUtilization"), ("average", "averageValue")]
    return StateFamily(name, help) { autoscaler, samples in
      for metric in autoscaler.at(path)?.array ?? [] {
        let type = metric["type"]?.string ?? ""
        let body = metric[type.prefix(1).lowercased() + type.dropFirst()]
        let metricName = body?["name"]?.string ?? body?.at("metric", "name")?.string ?? ""
        for (word, key) in types {
          guard let value = body?.at(field, key), let quantity = try? Quantity(value) else { continue }
          samples.add(
            [("metric_name", metricName), ("metric_target_type", word)], value: quantity.doubleValue)
        }
      }
    }
  }

  static let podDisruptionBudgets: [StateFamily] = [
    .created("kube_poddisruptionbudget_created"),
    .count("kube_poddisruptionbudget_status_current_healthy", "Current number of healthy pods", "currentHealthy"),
    .count(
      "kube_poddisruptionbudget_status_desired_healthy", "Minimum desired number of healthy pods", "desiredHealthy"),
    .count(
      "kube_poddisruptionbudget_status_pod_disruptions_allowed", "Number of pod disruptions that are currently allowed",
      "disruptionsAllowed"),
    .count(
      "kube_poddisruptionbudget_status_expected_pods", "Total number of pods counted by this disruption budget",
      "expectedPods"),
    .count(
      "kube_poddisruptionbudget_status_observed_generation",
      "Most recent generation observed when updating this PDB status", "observedGeneration"),
  ]
}
