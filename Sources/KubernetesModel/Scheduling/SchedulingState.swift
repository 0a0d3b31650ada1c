import Documents

/// What the scheduler sees of a node, as plain values.
package struct NodeState: Sendable {
  /// A pod that is on the node.
  package struct PlacedPod: Sendable {
    package var namespace: String
    package var labels: JSONObject
    package var isTerminating: Bool
    /// Its own required anti-affinity: it keeps matching pods away.
    package var antiAffinity: [PodAffinityTerm]

    package init(
      namespace: String, labels: JSONObject, isTerminating: Bool = false, antiAffinity: [PodAffinityTerm] = []
    ) {
      self.namespace = namespace
      self.labels = labels
      self.isTerminating = isTerminating
      self.antiAffinity = antiAffinity
    }
  }

  package var name: String
  package var labels: JSONObject
  package var taints: [Taint]
  package var isUnschedulable: Bool
  package var allocatable: ResourceAmounts
  /// What pods on it request.
  package var requested: ResourceAmounts
  package var pods: [PlacedPod]

  package init(
    name: String, labels: JSONObject = JSONObject(), taints: [Taint] = [], isUnschedulable: Bool = false,
    allocatable: ResourceAmounts, requested: ResourceAmounts = ResourceAmounts(), pods: [PlacedPod] = []
  ) {
    self.name = name
    self.labels = labels
    self.taints = taints
    self.isUnschedulable = isUnschedulable
    self.allocatable = allocatable
    self.requested = requested
    self.pods = pods
  }
}

/// Millicores, bytes and a number of pods.
package struct ResourceAmounts: Hashable, Sendable {
  package var cpu: Int64
  package var memory: Int64
  package var pods: Int64

  package init(cpu: Int64 = 0, memory: Int64 = 0, pods: Int64 = 0) {
    self.cpu = cpu
    self.memory = memory
    self.pods = pods
  }

  package static func + (left: ResourceAmounts, right: ResourceAmounts) -> ResourceAmounts {
    ResourceAmounts(cpu: left.cpu + right.cpu, memory: left.memory + right.memory, pods: left.pods + right.pods)
  }
}

/// A mark on a node that keeps pods away which do not tolerate it.
package struct Taint: Hashable, Sendable {
  package var key: String
  package var value: String
  /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
  package var effect: String

  package init(key: String, value: String = "", effect: String) {
    self.key = key
    self.value = value
    self.effect = effect
  }

  package init(_ json: JSONValue) {
    self.init(
      key: json["key"]?.string ?? "", value: json["value"]?.string ?? "", effect: json["effect"]?.string ?? "")
  }
}

/// What a pod endures (upstream: staging/src/k8s.io/api/core/v1/toleration.go, `ToleratesTaint`).
package struct Toleration: Hashable, Sendable {
  package var key: String
  /// `Equal` or `Exists`.
  package var matchesAnyValue: Bool
  package var value: String
  /// Empty for all effects.
  package var effect: String
  /// How long a `NoExecute` taint is endured; `nil` for ever.
  package var seconds: Double?

  package init(
    key: String, matchesAnyValue: Bool = false, value: String = "", effect: String = "", seconds: Double? = nil
  ) {
    self.key = key
    self.matchesAnyValue = matchesAnyValue
    self.value = value
    self.effect = effect
    self.seconds = seconds
  }

  package init(_ json: JSONValue) {
    self.init(
      key: json["key"]?.string ?? "", matchesAnyValue: json["operator"]?.string == "Exists",
      value: json["value"]?.string ?? "", effect: json["effect"]?.string ?? "",
      seconds: json["tolerationSeconds"]?.number)
  }

  package func tolerates(_ taint: Taint) -> Bool {
    guard effect.isEmpty || effect == taint.effect else { return false }
    if matchesAnyValue { return key.isEmpty || key == taint.key }
    return key == taint.key && value == taint.value
  }
}

/// Nearness to, or distance from, pods that a selector matches, within one value of a node label.
package struct PodAffinityTerm: Sendable {
  package var selector: LabelSelector
  package var namespaces: [String]
  package var topologyKey: String
  /// 1 to 100 for a preference, 0 for a requirement.
  package var weight: Int64

  package init(selector: LabelSelector, namespaces: [String], topologyKey: String, weight: Int64 = 0) {
    self.selector = selector
    self.namespaces = namespaces
    self.topologyKey = topologyKey
    self.weight = weight
  }

  /// - Parameter namespace: the pod's own, which counts when the term names none.
  init(_ json: JSONValue, namespace: String, weight: Int64 = 0) {
    let named = (json["namespaces"]?.array ?? []).compactMap(\.string)
    self.init(
      selector: LabelSelector(json["labelSelector"]), namespaces: named.isEmpty ? [namespace] : named,
      topologyKey: json["topologyKey"]?.string ?? "", weight: weight)
  }

  func matches(_ namespace: String, _ labels: JSONObject) -> Bool {
    namespaces.contains(namespace) && selector.matches(labels)
  }
}

/// An even spread of matching pods over the values of a node label.
package struct TopologySpread: Sendable {
  package var maximumSkew: Int
  package var topologyKey: String
  package var isRequired: Bool
  package var selector: LabelSelector

  package init(maximumSkew: Int, topologyKey: String, isRequired: Bool, selector: LabelSelector) {
    self.maximumSkew = maximumSkew
    self.topologyKey = topologyKey
    self.isRequired = isRequired
    self.selector = selector
  }
}

/// A term of node affinity: all its requirements must hold.
package struct NodeAffinityTerm: Sendable {
  package var labels: LabelSelector
  /// `Gt` and `Lt`: label, whether greater, bound.
  package var comparisons: [(key: String, isGreater: Bool, bound: Int64)]
  /// `matchFields` on `metadata.name`: the names allowed; `nil` for any.
  package var names: [String]?
  /// 1 to 100 for a preference, 0 for a requirement.
  package var weight: Int64

  init(_ json: JSONValue, weight: Int64 = 0) {
    let expressions = json["matchExpressions"]?.array ?? []
    let plain = expressions.filter { !["Gt", "Lt"].contains($0["operator"]?.string ?? "") }
    labels = LabelSelector(["matchExpressions": .array(plain)])
    comparisons = expressions.filter { ["Gt", "Lt"].contains($0["operator"]?.string ?? "") }.map {
      (
        $0["key"]?.string ?? "", $0["operator"]?.string == "Gt",
        $0["values"]?[0]?.string.flatMap { Int64($0) } ?? 0
      )
    }
    names = json["matchFields"]?.array?.first.map { ($0["values"]?.array ?? []).compactMap(\.string) }
    self.weight = weight
  }

  func matches(_ node: NodeState) -> Bool {
    guard labels.matches(node.labels), names?.contains(node.name) ?? true else { return false }
    return comparisons.allSatisfy { comparison in
      guard let value = node.labels[comparison.key]?.string.flatMap({ Int64($0) }) else { return false }
      return comparison.isGreater ? value > comparison.bound : value < comparison.bound
    }
  }
}
