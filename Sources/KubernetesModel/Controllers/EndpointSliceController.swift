import Documents
import SimulationKernel

/// Keeps one EndpointSlice a Service with the addresses of the pods that it selects (upstream:
/// pkg/controller/endpointslice/endpointslice_controller.go).
@Simulated
package final class EndpointSliceController {
  static let user = "system:serviceaccount:kube-system:endpointslice-controller"
  package static let serviceLabel = "kubernetes.io/service-name"

  private let server: APIServer
  let queue: WorkQueue

  init(_ server: APIServer) {
    self.server = server
    weak var controller: EndpointSliceController?
    queue = WorkQueue(server.simulation, "controller.endpointslice", delay: .milliseconds(20)) {
      controller?.reconcile($0)
    }
    controller = self
    server.watch(.service) { [queue] in queue.add($0.object.key) }
    server.watch(.pod) { [weak self] event in
      guard let self else { return }
      for service in self.server.list(.service, namespace: event.object.namespace)
      where Self.selector(service)?.matches(event.object.labels) ?? false { queue.add(service.key) }
    }
  }

  /// The selector of a Service; `nil` for one whose endpoints somebody else keeps.
  private static func selector(_ service: KubeObject) -> LabelSelector? {
    guard let map = service.spec["selector"]?.object, !map.isEmpty else { return nil }
    return LabelSelector(.object(map))
  }

  private func reconcile(_ key: ObjectKey) {
    guard let service = server.find(.service, key.namespace, key.name), let selector = Self.selector(service) else {
      return
    }
    let pods = server.list(.pod, namespace: key.namespace, labels: selector).filter(EndpointDecision.hasEndpoint)
    let name = "\(service.name)-\(Rollout.templateHash(.string(service.uid)).prefix(5))"
    var slice =
      server.find(.endpointSlice, key.namespace, name)
      ?? KubeObject(.endpointSlice, namespace: key.namespace, name: name)
    slice.json["addressType"] = "IPv4"
    slice.json.set("metadata", "labels", Self.serviceLabel, to: .string(service.name))
    slice.json.set(
      "metadata", "labels", "endpointslice.kubernetes.io/managed-by", to: "endpointslice-controller.k8s.io")
    slice.setController(service)
    slice.json["ports"] = .array(
      (service.spec["ports"]?.array ?? []).map { EndpointDecision.port($0, of: pods.first) })
    let publishes = service.spec["publishNotReadyAddresses"]?.bool == true
    slice.json["endpoints"] = .array(
      pods.map { EndpointDecision.endpoint(of: $0, zone: zone(of: $0), publishesNotReady: publishes) })
    do throws(APIError) {
      if slice.uid.isEmpty {
        try server.create(slice, as: Self.user)
      } else {
        try server.update(slice, as: Self.user)
      }
      queue.forget(key)
    } catch {
      queue.addAfterFailure(key)
    }
  }

  private func zone(of pod: KubeObject) -> String? {
    guard let node = pod.spec["nodeName"]?.string else { return nil }
    return server.find(.node, "", node)?.label(SchedulingDecision.zoneLabel)
  }
}
