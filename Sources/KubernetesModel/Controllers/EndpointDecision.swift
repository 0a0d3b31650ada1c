import Documents

/// Which addresses stand behind a Service, over plain objects (upstream:
/// staging/src/k8s.io/endpointslice/utils.go, `podToEndpoint`; pkg/api/v1/pod/util.go).
package enum EndpointDecision {
  /// Whether a pod has an endpoint at all: it has an address and has not run to its end. One that is being deleted keeps
  /// its endpoint, marked terminating, until it is gone.
  package static func hasEndpoint(_ pod: KubeObject) -> Bool {
    pod.status["podIP"]?.string?.isEmpty == false && !pod.hasEnded
  }

  /// The endpoint of a pod: `serving` when it is ready, `ready` when it also does not terminate.
  ///
  /// - Parameter zone: the zone of its node.
  package static func endpoint(of pod: KubeObject, zone: String?, publishesNotReady: Bool = false) -> JSONValue {
    let serves = pod.condition("Ready")?["status"]?.string == "True"
    var endpoint: JSONValue = [
      "addresses": [.string(pod.status["podIP"]?.string ?? "")],
      "conditions": [
        "ready": .bool(publishesNotReady || (serves && !pod.isTerminating)), "serving": .bool(serves),
        "terminating": .bool(pod.isTerminating),
      ],
      "nodeName": pod.spec["nodeName"] ?? .null,
      "targetRef": [
        "kind": "Pod", "name": .string(pod.name), "namespace": .string(pod.namespace), "uid": .string(pod.uid),
      ],
    ]
    if let zone { endpoint["zone"] = .string(zone) }
    return endpoint
  }

  /// A Service's port as its endpoints have it: the target port by number, or by the name that a container gives it.
  package static func port(_ port: JSONValue, of pod: KubeObject?) -> JSONValue {
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
}
