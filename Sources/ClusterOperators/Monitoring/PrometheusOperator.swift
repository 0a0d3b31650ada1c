import Documents
import KubernetesModel
import SimulationKernel
import Telemetry

/// The Prometheus operator: a Prometheus object becomes a StatefulSet and a configuration, written anew whenever a monitor or
/// a rule that it selects changes; the nodes' kubelets get a Service of their own
/// (prometheus-operator/prometheus-operator, pkg/prometheus/server/operator.go, pkg/kubelet/controller.go).
@Simulated
package final class PrometheusOperator {
  /// The operator's kinds.
  package struct Kinds: Sendable {
    package let prometheus = ResourceKind("monitoring.coreos.com", "v1", "Prometheus", "prometheuses", ["prom"])
    package let serviceMonitor = ResourceKind(
      "monitoring.coreos.com", "v1", "ServiceMonitor", "servicemonitors", ["smon"])
    package let podMonitor = ResourceKind("monitoring.coreos.com", "v1", "PodMonitor", "podmonitors", ["pmon"])
    package let rule = ResourceKind("monitoring.coreos.com", "v1", "PrometheusRule", "prometheusrules", ["promrule"])
    package let alertmanager = ResourceKind("monitoring.coreos.com", "v1", "Alertmanager", "alertmanagers", ["am"])

    var all: [ResourceKind] { [prometheus, serviceMonitor, podMonitor, rule, alertmanager] }
  }

  static let user = "system:serviceaccount:monitoring:prometheus-operator"
  static let defaultImage = "quay.io/prometheus/prometheus:v2.54.1"
  static let reloaderImage = "quay.io/prometheus-operator/prometheus-config-reloader:v0.76.0"
  package nonisolated static let kinds = Kinds()

  private let cluster: Cluster
  private var queue: WorkQueue!
  private var kubelets: WorkQueue!
  private var configurations: [ObjectKey: PrometheusConfiguration] = [:]
  private var observers: [@Simulated (ObjectKey) -> Void] = []

  package init(_ cluster: Cluster) {
    self.cluster = cluster
    for kind in Self.kinds.all { cluster.server.register(kind) }
    let queue = WorkQueue(cluster.simulation, "controller.prometheus", delay: .milliseconds(200)) { [weak self] in
      self?.reconcile($0)
    }
    let kubelets = WorkQueue(cluster.simulation, "controller.kubelets", delay: .seconds(1)) { [weak self] _ in
      self?.reconcileKubelets()
    }
    self.queue = queue
    self.kubelets = kubelets
    cluster.server.watch(Self.kinds.prometheus) { queue.add($0.object.key) }
    for kind in [Self.kinds.serviceMonitor, Self.kinds.podMonitor, Self.kinds.rule] {
      cluster.server.watch(kind) { [weak self] _ in
        for prometheus in self?.cluster.server.list(Self.kinds.prometheus) ?? [] { queue.add(prometheus.key) }
      }
    }
    cluster.server.watch(.node) { event in
      // Nodes change with every heartbeat; only their coming and going matters.
      if case .modified = event { return }
      kubelets.add(Self.kubeletService)
    }
  }

  /// The operator does not run: configurations stay as they are.
  package var isStopped: Bool {
    get { queue.isStopped }
    set {
      queue.isStopped = newValue
      kubelets.isStopped = newValue
    }
  }

  /// The configuration of the Prometheus object of this name; `nil` before the operator has seen it.
  package func configuration(_ key: ObjectKey) -> PrometheusConfiguration? { configurations[key] }

  /// Calls `observer` with the object whose configuration was written anew.
  func observe(_ observer: @escaping @Simulated (ObjectKey) -> Void) { observers.append(observer) }

  // MARK: Prometheus

  private func reconcile(_ key: ObjectKey) {
    guard let prometheus = cluster.server.find(Self.kinds.prometheus, key.namespace, key.name),
      !prometheus.isTerminating
    else {
      configurations[key] = nil
      let kind = cluster.server.kind(apiVersion: "apps/v1", kind: "StatefulSet")
      try? cluster.server.delete(kind, key.namespace, "prometheus-\(key.name)", as: Self.user)
      return queue.forget(key)
    }
    configurations[key] = PrometheusConfiguration(prometheus, cluster.server, Self.kinds)
    for observer in observers { observer(key) }
    do throws(APIError) {
      try write(statefulSet(of: prometheus))
      try write(governingService(of: prometheus))
      queue.forget(key)
    } catch { queue.addAfterFailure(key) }
  }

  /// Creates an object, or brings its spec and labels to what is wanted.
  private func write(_ object: KubeObject) throws(APIError) {
    guard var current = cluster.server.find(object.kind, object.namespace, object.name) else {
      try cluster.server.create(object, as: Self.user)
      return
    }
    current.json.set("metadata", "labels", to: object.json.at("metadata", "labels"))
    for member in object.spec.object?.members ?? [] { current.json.set("spec", member.key, to: member.value) }
    try cluster.server.update(current, as: Self.user)
  }

  private static func labels(of prometheus: KubeObject) -> JSONValue {
    var labels: JSONValue = [
      "app.kubernetes.io/instance": .string(prometheus.name), "app.kubernetes.io/managed-by": "prometheus-operator",
      "app.kubernetes.io/name": "prometheus", "operator.prometheus.io/name": .string(prometheus.name),
      "prometheus": .string(prometheus.name),
    ]
    for member in prometheus.spec.at("podMetadata", "labels")?.object?.members ?? [] {
      labels[member.key] = member.value
    }
    return labels
  }

  private func statefulSet(of prometheus: KubeObject) -> KubeObject {
    let spec = prometheus.spec
    let kind = cluster.server.kind(apiVersion: "apps/v1", kind: "StatefulSet")
    var set = KubeObject(kind, namespace: prometheus.namespace, name: "prometheus-\(prometheus.name)")
    set.json.set("metadata", "labels", to: ["operator.prometheus.io/name": .string(prometheus.name)])
    set.setController(prometheus)
    var pod: JSONValue = ["containers": [Self.server(spec, prometheus), Self.reloader]]
    for field in ["serviceAccountName", "nodeSelector", "tolerations", "affinity", "securityContext"] {
      if let value = spec[field] { pod[field] = value }
    }
    pod["terminationGracePeriodSeconds"] = 600
    let selector: JSONValue = [
      "app.kubernetes.io/instance": .string(prometheus.name), "app.kubernetes.io/managed-by": "prometheus-operator",
      "app.kubernetes.io/name": "prometheus", "operator.prometheus.io/name": .string(prometheus.name),
      "prometheus": .string(prometheus.name),
    ]
    set.json["spec"] = [
      "replicas": spec["replicas"] ?? 1, "serviceName": "prometheus-operated",
      "podManagementPolicy": "Parallel", "selector": ["matchLabels": selector],
      "updateStrategy": ["type": "RollingUpdate"],
      "template": ["metadata": ["labels": Self.labels(of: prometheus)], "spec": pod],
    ]
    return set
  }

  private static func server(_ spec: JSONValue, _ prometheus: KubeObject) -> JSONValue {
    [
      "name": "prometheus", "image": spec["image"] ?? .string(defaultImage),
      "args": [
        "--web.console.templates=/etc/prometheus/consoles",
        "--config.file=/etc/prometheus/config_out/prometheus.env.yaml",
        .string("--storage.tsdb.retention.time=\(spec["retention"]?.string ?? "24h")"),
        "--storage.tsdb.path=/prometheus", "--web.enable-lifecycle",
      ],
      "env": [["name": "PROMETHEUS_OBJECT", "value": .string("\(prometheus.namespace)/\(prometheus.name)")]],
      "ports": [["name": "web", "containerPort": 9090, "protocol": "TCP"]],
      "resources": spec["resources"] ?? ["requests": ["memory": "400Mi"]],
      "readinessProbe": [
        "httpGet": ["path": "/-/ready", "port": "web"], "periodSeconds": 5, "timeoutSeconds": 3,
        "failureThreshold": 3, "initialDelaySeconds": 5,
      ],
      "livenessProbe": [
        "httpGet": ["path": "/-/healthy", "port": "web"], "periodSeconds": 5, "timeoutSeconds": 3,
        "failureThreshold": 6, "initialDelaySeconds": 5,
      ],
    ]
  }

  private static let reloader: JSONValue = [
    "name": "config-reloader", "image": .string(reloaderImage),
    "ports": [["name": "reloader-web", "containerPort": 8080, "protocol": "TCP"]],
    "resources": ["requests": ["cpu": "10m", "memory": "50Mi"], "limits": ["cpu": "10m", "memory": "50Mi"]],
  ]

  private func governingService(of prometheus: KubeObject) -> KubeObject {
    var service = KubeObject(.service, namespace: prometheus.namespace, name: "prometheus-operated")
    service.json.set("metadata", "labels", to: ["operated-prometheus": "true"])
    service.json["spec"] = [
      "clusterIP": "None", "selector": ["app.kubernetes.io/name": "prometheus"],
      "ports": [["name": "web", "port": 9090, "targetPort": "web", "protocol": "TCP"]],
    ]
    return service
  }

  // MARK: Kubelets

  private static let kubeletService = ObjectKey(namespace: "kube-system", name: "kubelet")
  private static let kubeletPorts: [(name: String, port: Int64)] = [
    ("https-metrics", 10250), ("http-metrics", 10255), ("cadvisor", 4194),
  ]

  private func reconcileKubelets() {
    let key = Self.kubeletService
    guard !cluster.server.list(Self.kinds.prometheus).isEmpty, cluster.server.find(.namespace, "", key.namespace) != nil
    else { return kubelets.add(key, after: .seconds(30)) }
    var service = KubeObject(.service, namespace: key.namespace, name: key.name)
    let labels: JSONValue = [
      "app.kubernetes.io/managed-by": "prometheus-operator", "app.kubernetes.io/name": "kubelet", "k8s-app": "kubelet",
    ]
    service.json.set("metadata", "labels", to: labels)
    service.json["spec"] = [
      "clusterIP": "None",
      "ports": .array(
        Self.kubeletPorts.map { ["name": .string($0.name), "port": .integer($0.port), "protocol": "TCP"] }),
    ]
    var slice = KubeObject(.endpointSlice, namespace: key.namespace, name: "kubelet")
    slice.json.set("metadata", "labels", to: labels)
    slice.json.set("metadata", "labels", EndpointSliceController.serviceLabel, to: .string(key.name))
    slice.json["addressType"] = "IPv4"
    slice.json["ports"] = service.spec["ports"]
    slice.json["endpoints"] = .array(cluster.server.list(.node).compactMap(Self.endpoint))
    do throws(APIError) {
      try write(service)
      if var current = cluster.server.find(.endpointSlice, key.namespace, slice.name) {
        current.json["endpoints"] = slice.json["endpoints"]
        try cluster.server.update(current, as: Self.user)
      } else {
        try cluster.server.create(slice, as: Self.user)
      }
      kubelets.forget(key)
    } catch { kubelets.addAfterFailure(key) }
  }

  private static func endpoint(of node: KubeObject) -> JSONValue? {
    let addresses = node.status["addresses"]?.array ?? []
    guard let address = addresses.first(where: { $0["type"]?.string == "InternalIP" })?["address"] else { return nil }
    return [
      "addresses": [address], "conditions": ["ready": true], "nodeName": .string(node.name),
      "targetRef": ["kind": "Node", "name": .string(node.name), "uid": .string(node.uid)],
    ]
  }
}
