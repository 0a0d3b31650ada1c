import Documents
import SimulationKernel

/// Keeps one EndpointSlice a Service with the addresses of the pods that it selects: `ready` when the pod is and does not
/// terminate (pkg/controller/endpointslice, staging/src/k8s.io/endpointslice/utils.go).
@Simulated
final class EndpointSliceController {
  static let user = "system:serviceaccount:kube-system:endpointslice-controller"

  private let server: APIServer

  init(_ server: APIServer) {
    self.server = server
    let queue = WorkQueue(server.simulation, "controller.endpointslice") { [weak self] key in self?.reconcile(key) }
    server.watch(.service) { queue.add($0.object.key) }
    server.watch(.pod) { [weak self] event in
      guard let self else { return }
      for service in self.server.list(.service, namespace: event.object.namespace)
      where Self.selector(service)?.matches(event.object.labels) ?? false { queue.add(service.key) }
    }
  }

  private static func selector(_ service: KubeObject) -> LabelSelector? {
    service.spec["selector"].map { LabelSelector($0) }
  }

  private func reconcile(_ key: ObjectKey) {
    guard let service = server.find(.service, key.namespace, key.name), let selector = Self.selector(service) else {
      return
    }
    let pods = server.list(.pod, namespace: key.namespace, labels: selector)
      .filter { $0.status["podIP"]?.string != nil && !["Succeeded", "Failed"].contains($0.status["phase"]?.string) }
    let name = "\(service.name)-\(DeploymentController.templateHash(.string(service.uid)).prefix(5))"
    var slice =
      server.find(.endpointSlice, key.namespace, name)
      ?? KubeObject(.endpointSlice, namespace: key.namespace, name: name)
    slice.json["addressType"] = "IPv4"
    slice.json.set("metadata", "labels", "kubernetes.io/service-name", to: .string(service.name))
    slice.setController(service)
    slice.json["ports"] = .array((service.spec["ports"]?.array ?? []).map { endpointPort($0, pods.first) })
    slice.json["endpoints"] = .array(pods.map(endpoint))
    if slice.uid.isEmpty {
      _ = try? server.create(slice, as: Self.user)
    } else {
      _ = try? server.update(slice, as: Self.user)
    }
  }

  private func endpointPort(_ port: JSONValue, _ pod: KubeObject?) -> JSONValue {
    let target = port["targetPort"] ?? port["port"] ?? 0
    var number = target.integer
    if let name = target.string {
      let ports = (pod?.spec["containers"]?.array ?? []).flatMap { $0["ports"]?.array ?? [] }
      number = ports.first { $0["name"]?.string == name }?["containerPort"]?.integer
    }
    return [
      "name": port["name"] ?? "", "port": number.map { .integer($0) } ?? .null, "protocol": port["protocol"] ?? "TCP",
    ]
  }

  private func endpoint(_ pod: KubeObject) -> JSONValue {
    let isReady = pod.condition("Ready")?["status"]?.string == "True"
    return [
      "addresses": [.string(pod.status["podIP"]?.string ?? "")],
      "conditions": [
        "ready": .bool(isReady && !pod.isTerminating), "serving": .bool(isReady),
        "terminating": .bool(pod.isTerminating),
      ],
      "nodeName": pod.spec["nodeName"] ?? .null,
      "targetRef": [
        "kind": "Pod", "name": .string(pod.name), "namespace": .string(pod.namespace), "uid": .string(pod.uid),
      ],
    ]
  }
}
