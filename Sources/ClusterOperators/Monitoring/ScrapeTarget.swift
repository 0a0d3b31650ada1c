import Documents
import KubernetesModel
import NetworkModel
import SimulationKernel
import Telemetry

/// One address that is scraped.
package struct ScrapeTarget: Hashable, Sendable {
  /// The job that found it.
  package var job: String
  /// What its samples are labelled with.
  package var labels: Labels
  package var scheme: String
  package var address: IPv4Address
  package var port: UInt16
  package var path: String

  /// Such as `http://10.10.32.17:8080/metrics`.
  package var url: String { "\(scheme)://\(address):\(port)\(path)" }
}

/// Finds the targets of a job among the cluster's objects, with the labels that the operator's relabelling leaves
/// (prometheus-operator, pkg/prometheus/promcfg.go, `generateServiceMonitorConfig`, `generatePodMonitorConfig`; the `__meta`
/// labels: Prometheus, discovery/kubernetes).
@Simulated
struct TargetDiscovery {
  let server: APIServer

  func targets(of job: ScrapeJob) -> [ScrapeTarget] {
    switch job.role {
    case .endpoints: endpointTargets(job)
    case .pods: podTargets(job)
    }
  }

  // MARK: Services

  private func endpointTargets(_ job: ScrapeJob) -> [ScrapeTarget] {
    var found: [ScrapeTarget] = []
    for slice in server.list(.endpointSlice) {
      guard job.namespaces?.contains(slice.namespace) ?? true,
        let name = slice.label(EndpointSliceController.serviceLabel),
        let service = server.find(.service, slice.namespace, name), job.selector.matches(service.labels)
      else { continue }
      for port in slice.json["ports"]?.array ?? [] {
        for endpoint in slice.json["endpoints"]?.array ?? [] {
          if let target = target(job, service, port, endpoint) { found.append(target) }
        }
      }
    }
    return found
  }

  private func target(
    _ job: ScrapeJob, _ service: KubeObject, _ port: JSONValue, _ endpoint: JSONValue
  ) -> ScrapeTarget? {
    guard let address = endpoint["addresses"]?[0]?.string, let number = port["port"]?.integer else { return nil }
    let kind = endpoint.at("targetRef", "kind")?.string ?? ""
    let targetName = endpoint.at("targetRef", "name")?.string ?? ""
    let pod = kind == "Pod" ? server.find(.pod, service.namespace, targetName) : nil
    let container = pod.flatMap { Self.container(of: $0, port: number) }
    if let wanted = job.port {
      guard port["name"]?.string ?? "" == wanted else { return nil }
    } else if let wanted = job.targetPort {
      guard wanted.integer == number || container.map({ wanted.string == $0.portName }) ?? false else { return nil }
    }
    if let pod, pod.hasEnded { return nil }
    var labels = Labels([
      Label("__address__", "\(address):\(number)"), Label("__meta_kubernetes_namespace", service.namespace),
      Label("__meta_kubernetes_service_name", service.name),
      Label("__meta_kubernetes_endpoint_port_name", port["name"]?.string ?? ""),
      Label("__meta_kubernetes_endpoint_address_target_kind", kind),
      Label("__meta_kubernetes_endpoint_address_target_name", targetName),
      Label("__meta_kubernetes_endpoint_node_name", endpoint["nodeName"]?.string ?? ""),
      Label("__meta_kubernetes_endpoint_ready", endpoint.at("conditions", "ready")?.bool == false ? "false" : "true"),
      Label("namespace", service.namespace), Label("service", service.name),
      Label("endpoint", job.port ?? job.targetPort.map { $0.string ?? "\($0.integer ?? 0)" } ?? ""),
    ])
    Self.add(service.labels, "__meta_kubernetes_service_label_", to: &labels)
    if let pod { addPod(pod, container, to: &labels) }
    if kind == "Node" { labels["node"] = targetName }
    labels["job"] = job.jobLabel.flatMap { service.label($0) } ?? service.name
    return finish(labels, job, service: service, pod: pod)
  }

  // MARK: Pods

  private func podTargets(_ job: ScrapeJob) -> [ScrapeTarget] {
    var found: [ScrapeTarget] = []
    for pod in server.list(.pod) {
      guard job.namespaces?.contains(pod.namespace) ?? true, job.selector.matches(pod.labels), !pod.hasEnded,
        let address = pod.status["podIP"]?.string, !address.isEmpty
      else { continue }
      for container in pod.spec["containers"]?.array ?? [] {
        for port in container["ports"]?.array ?? [] {
          guard let number = port["containerPort"]?.integer else { continue }
          let name = port["name"]?.string ?? ""
          guard
            job.port.map({ $0 == name }) ?? job.targetPort.map({ $0.integer == number || $0.string == name }) ?? true
          else { continue }
          var labels = Labels([
            Label("__address__", "\(address):\(number)"), Label("__meta_kubernetes_namespace", pod.namespace),
            Label("namespace", pod.namespace), Label("endpoint", job.port ?? "\(number)"),
          ])
          addPod(pod, (container["name"]?.string ?? "", name), to: &labels)
          labels["job"] =
            job.jobLabel.flatMap { pod.label($0) } ?? "\(job.monitor.namespace)/\(job.monitor.name)"
          if let target = finish(labels, job, service: nil, pod: pod) { found.append(target) }
        }
      }
    }
    return found
  }

  // MARK: Labels

  /// The container that declares a port, and the port's name.
  private static func container(of pod: KubeObject, port: Int64) -> (name: String, portName: String)? {
    for container in pod.spec["containers"]?.array ?? [] {
      for declared in container["ports"]?.array ?? [] where declared["containerPort"]?.integer == port {
        return (container["name"]?.string ?? "", declared["name"]?.string ?? "")
      }
    }
    return nil
  }

  private func addPod(_ pod: KubeObject, _ container: (name: String, portName: String)?, to labels: inout Labels) {
    labels["__meta_kubernetes_pod_name"] = pod.name
    labels["__meta_kubernetes_pod_ip"] = pod.status["podIP"]?.string ?? ""
    labels["__meta_kubernetes_pod_host_ip"] = pod.status["hostIP"]?.string ?? ""
    labels["__meta_kubernetes_pod_node_name"] = pod.spec["nodeName"]?.string ?? ""
    labels["__meta_kubernetes_pod_phase"] = pod.status["phase"]?.string ?? ""
    labels["__meta_kubernetes_pod_ready"] = pod.condition("Ready")?["status"]?.string?.lowercased() ?? "unknown"
    labels["__meta_kubernetes_pod_uid"] = pod.uid
    labels["__meta_kubernetes_pod_controller_kind"] = pod.controller?["kind"]?.string ?? ""
    labels["__meta_kubernetes_pod_controller_name"] = pod.controller?["name"]?.string ?? ""
    labels["__meta_kubernetes_pod_container_name"] = container?.name ?? ""
    labels["__meta_kubernetes_pod_container_port_name"] = container?.portName ?? ""
    Self.add(pod.labels, "__meta_kubernetes_pod_label_", to: &labels)
    labels["pod"] = pod.name
    labels["container"] = container?.name ?? ""
  }

  private static func add(_ object: JSONObject, _ prefix: String, to labels: inout Labels) {
    for member in object.members { labels[prefix + sanitized(member.key)] = member.value.string ?? "" }
  }

  /// A label name as Prometheus may have it: what is no word character becomes an underscore.
  static func sanitized(_ name: String) -> String {
    String(
      decoding: name.utf8.map { byte in
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) ? byte : UInt8(ascii: "_")
      }, as: UTF8.self)
  }

  /// The job's own relabelling, and what is left of the labels behind it.
  private func finish(_ labels: Labels, _ job: ScrapeJob, service: KubeObject?, pod: KubeObject?) -> ScrapeTarget? {
    var labels = labels
    for name in job.targetLabels { if let value = service?.label(name) { labels[Self.sanitized(name)] = value } }
    for name in job.podTargetLabels { if let value = pod?.label(name) { labels[Self.sanitized(name)] = value } }
    labels["__metrics_path__"] = job.path
    labels["__scheme__"] = job.scheme
    guard var relabelled = RelabelRule.process(labels, job.relabelings) else { return nil }
    let place = relabelled["__address__"].split(separator: ":")
    guard place.count == 2, let address = IPv4Address(place[0]), let port = UInt16(place[1]) else { return nil }
    if relabelled["instance"].isEmpty { relabelled["instance"] = relabelled["__address__"] }
    let kept = Labels(relabelled.pairs.filter { !$0.name.hasPrefix("__") })
    return ScrapeTarget(
      job: job.name, labels: kept, scheme: relabelled["__scheme__"], address: address, port: port,
      path: relabelled["__metrics_path__"])
  }
}
