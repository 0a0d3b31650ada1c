import Documents

/// What a pod asks of the node on which it runs, as plain values.
package struct PodRequest: Sendable {
  package var namespace: String
  package var labels: JSONObject
  package var resources: ResourceAmounts
  package var nodeSelector = JSONObject()
  /// One of them must match; empty for any node.
  package var requiredNodes: [NodeAffinityTerm] = []
  package var preferredNodes: [NodeAffinityTerm] = []
  package var tolerations: [Toleration] = []
  package var affinity: [PodAffinityTerm] = []
  package var antiAffinity: [PodAffinityTerm] = []
  package var preferredAffinity: [PodAffinityTerm] = []
  package var preferredAntiAffinity: [PodAffinityTerm] = []
  package var spread: [TopologySpread] = []

  package init(namespace: String = "default", labels: JSONObject = JSONObject(), resources: ResourceAmounts) {
    self.namespace = namespace
    self.labels = labels
    self.resources = resources
    self.resources.pods = 1
  }

  package init(_ pod: KubeObject) {
    self.init(namespace: pod.namespace, labels: pod.labels, resources: Self.requests(of: pod.spec))
    let spec = pod.spec
    nodeSelector = spec["nodeSelector"]?.object ?? JSONObject()
    tolerations = (spec["tolerations"]?.array ?? []).map(Toleration.init)
    let nodes = spec.at("affinity", "nodeAffinity")
    requiredNodes =
      (nodes?.at("requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")?.array ?? []).map {
        NodeAffinityTerm($0)
      }
    preferredNodes = (nodes?["preferredDuringSchedulingIgnoredDuringExecution"]?.array ?? []).map {
      NodeAffinityTerm($0["preference"] ?? [:], weight: $0["weight"]?.integer ?? 1)
    }
    (affinity, preferredAffinity) = Self.terms(spec.at("affinity", "podAffinity"), pod.namespace)
    (antiAffinity, preferredAntiAffinity) = Self.terms(spec.at("affinity", "podAntiAffinity"), pod.namespace)
    spread = Self.spread(of: pod)
  }

  private static func terms(_ json: JSONValue?, _ namespace: String) -> ([PodAffinityTerm], [PodAffinityTerm]) {
    let required = (json?["requiredDuringSchedulingIgnoredDuringExecution"]?.array ?? []).map {
      PodAffinityTerm($0, namespace: namespace)
    }
    let preferred = (json?["preferredDuringSchedulingIgnoredDuringExecution"]?.array ?? []).map {
      PodAffinityTerm($0["podAffinityTerm"] ?? [:], namespace: namespace, weight: $0["weight"]?.integer ?? 1)
    }
    return (required, preferred)
  }

  /// The pod's constraints; without any, those that the scheduler gives to pods of a workload (upstream:
  /// pkg/scheduler/framework/plugins/podtopologyspread/plugin.go, `systemDefaultConstraints`).
  private static func spread(of pod: KubeObject) -> [TopologySpread] {
    let constraints = pod.spec["topologySpreadConstraints"]?.array ?? []
    guard constraints.isEmpty else {
      return constraints.map {
        TopologySpread(
          maximumSkew: Int($0["maxSkew"]?.integer ?? 1), topologyKey: $0["topologyKey"]?.string ?? "",
          isRequired: $0["whenUnsatisfiable"]?.string != "ScheduleAnyway", selector: LabelSelector($0["labelSelector"]))
      }
    }
    guard pod.controllerUID != nil, !pod.labels.isEmpty else { return [] }
    let selector = LabelSelector(["matchLabels": .object(pod.labels)])
    return [(3, SchedulingDecision.hostLabel), (5, SchedulingDecision.zoneLabel)].map {
      TopologySpread(maximumSkew: $0.0, topologyKey: $0.1, isRequired: false, selector: selector)
    }
  }

  /// The larger of the sum over the containers and of each init container alone (upstream:
  /// staging/src/k8s.io/component-helpers/resource/helpers.go, `PodRequests`); a limit stands in for a missing request.
  package static func requests(of spec: JSONValue) -> ResourceAmounts {
    let sum = (spec["containers"]?.array ?? []).map(amounts).reduce(ResourceAmounts(), +)
    let initial = (spec["initContainers"]?.array ?? []).map(amounts)
    return ResourceAmounts(
      cpu: max(sum.cpu, initial.map(\.cpu).max() ?? 0), memory: max(sum.memory, initial.map(\.memory).max() ?? 0),
      pods: 1)
  }

  private static func amounts(_ container: JSONValue) -> ResourceAmounts {
    func quantity(_ resource: String) -> Quantity? {
      let resources = container["resources"]
      return (resources?.at("requests", resource) ?? resources?.at("limits", resource)).flatMap { try? Quantity($0) }
    }
    return ResourceAmounts(cpu: quantity("cpu")?.milliValue ?? 0, memory: quantity("memory")?.value ?? 0)
  }
}

extension NodeState {
  /// - Parameter pods: those bound to the node that have not ended.
  init(_ node: KubeObject, pods: [KubeObject]) {
    func allocatable(_ resource: String) -> Quantity? {
      (node.status.at("allocatable", resource) ?? node.status.at("capacity", resource)).flatMap { try? Quantity($0) }
    }
    self.init(
      name: node.name, labels: node.labels, taints: (node.spec["taints"]?.array ?? []).map(Taint.init),
      isUnschedulable: node.spec["unschedulable"]?.bool == true,
      allocatable: ResourceAmounts(
        cpu: allocatable("cpu")?.milliValue ?? 0, memory: allocatable("memory")?.value ?? 0,
        pods: allocatable("pods")?.value ?? 110),
      requested: pods.map { PodRequest.requests(of: $0.spec) }.reduce(ResourceAmounts(), +),
      pods: pods.map { pod in
        PlacedPod(
          namespace: pod.namespace, labels: pod.labels, isTerminating: pod.isTerminating,
          antiAffinity: PodRequest(pod).antiAffinity)
      })
  }
}
