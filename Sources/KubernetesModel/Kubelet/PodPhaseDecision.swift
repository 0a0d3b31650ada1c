import Documents

/// Phase and quality-of-service class of a pod, over plain values.
package enum PodPhaseDecision {
  /// What the phase needs to know of a container: one that waits to be restarted counts as stopped.
  package enum ContainerState: Hashable, Sendable {
    case waiting
    case running
    case stopped(succeeded: Bool)
  }

  /// The phase (upstream: pkg/kubelet/kubelet_pods.go, `getPhase`).
  package static func phase(
    initContainers: [ContainerState], containers: [ContainerState], policy: RestartPolicy
  ) -> String {
    if policy == .never, initContainers.contains(.stopped(succeeded: false)) { return "Failed" }
    if initContainers.contains(where: { $0 != .stopped(succeeded: true) && $0 != .running }) { return "Pending" }
    if containers.contains(.waiting) { return "Pending" }
    if containers.contains(.running) || policy == .always { return "Running" }
    if !containers.contains(.stopped(succeeded: false)) { return "Succeeded" }
    return policy == .never ? "Failed" : "Running"
  }

  /// Guaranteed, Burstable or BestEffort (upstream: pkg/apis/core/v1/helper/qos/qos.go).
  package static func qualityOfService(_ spec: JSONValue) -> String {
    let containers = (spec["containers"]?.array ?? []) + (spec["initContainers"]?.array ?? [])
    func quantity(_ container: JSONValue, _ list: String, _ resource: String) -> Quantity? {
      let value = container.at("resources", list, resource).flatMap { try? Quantity($0) }
      return value.flatMap { $0 > .zero ? $0 : nil }
    }
    let resources = ["cpu", "memory"]
    let hasAny = containers.contains { container in
      resources.contains { quantity(container, "requests", $0) != nil || quantity(container, "limits", $0) != nil }
    }
    guard hasAny else { return "BestEffort" }
    let isGuaranteed = containers.allSatisfy { container in
      resources.allSatisfy { resource in
        guard let limit = quantity(container, "limits", resource) else { return false }
        return quantity(container, "requests", resource) ?? limit == limit
      }
    }
    return isGuaranteed ? "Guaranteed" : "Burstable"
  }
}
