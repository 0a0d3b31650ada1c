import SimulationKernel

/// When a `NoExecute` taint drives a pod from its node (upstream: pkg/controller/tainteviction/taint_eviction.go,
/// `getMinTolerationTime`).
package enum EvictionDecision {
  /// The default toleration of a lost node, which admission gives to every pod (plugin/pkg/admission/defaulttolerationseconds).
  package static let defaultToleration = TimeSpan.seconds(300)
  package static let unreachable = "node.kubernetes.io/unreachable"
  package static let notReady = "node.kubernetes.io/not-ready"

  /// - Returns: how long the pod stays after the taints came; `nil` for ever.
  package static func stay(tolerations: [Toleration], taints: [Taint]) -> TimeSpan? {
    var shortest: TimeSpan?
    for taint in taints where taint.effect == "NoExecute" {
      let matching = tolerations.filter { $0.tolerates(taint) }
      let hasDefault = [unreachable, notReady].contains(taint.key)
      guard !matching.isEmpty || hasDefault else { return .zero }
      let bounded = matching.isEmpty ? [defaultToleration] : matching.compactMap { $0.seconds.map { .seconds($0) } }
      guard let stay = bounded.min() else { continue }
      shortest = min(shortest ?? stay, max(stay, .zero))
    }
    return shortest
  }
}
