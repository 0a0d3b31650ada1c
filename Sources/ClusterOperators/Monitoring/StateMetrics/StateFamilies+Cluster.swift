import Documents
import KubernetesModel

extension StateFamilies {
  static let nodes: [StateFamily] = [
    StateFamily("kube_node_info", "Information about a cluster node.") { node, samples in
      func fact(_ name: String) -> String { node.string("status", "nodeInfo", name) }
      let addresses = node.at(["status", "addresses"])?.array ?? []
      let address = addresses.first { $0["type"]?.string == "InternalIP" }?["address"]?.string ?? ""
      samples.add(
        [
          ("kernel_version", fact("kernelVersion")), ("os_image", fact("osImage")),
          ("container_runtime_version", fact("containerRuntimeVersion")), ("kubelet_version", fact("kubeletVersion")),
          ("kubeproxy_version", "deprecated"), ("provider_id", node.string("spec", "providerID")),
          ("pod_cidr", node.string("spec", "podCIDR")), ("system_uuid", fact("systemUUID")), ("internal_ip", address),
        ], value: 1)
    },
    .created("kube_node_created"),
    StateFamily("kube_node_spec_unschedulable", "Whether a node can schedule new pods.") {
      $1.add(value: $0.at(["spec", "unschedulable"])?.bool == true ? 1 : 0)
    },
    StateFamily("kube_node_spec_taint", "The taint of a cluster node.") { node, samples in
      for taint in node.at(["spec", "taints"])?.array ?? [] {
        samples.add(
          [
            ("key", taint["key"]?.string ?? ""), ("value", taint["value"]?.string ?? ""),
            ("effect", taint["effect"]?.string ?? ""),
          ], value: 1)
      }
    },
    .conditions("kube_node_status_condition", "The condition of a cluster node."),
    StateFamily("kube_node_status_capacity", "The total amount of resources available for a node.") {
      $1.add(resources: $0.at(["status", "capacity"]))
    },
    StateFamily(
      "kube_node_status_allocatable",
      "The amount of resources allocatable for pods (after reserving some for system daemons)."
    ) { $1.add(resources: $0.at(["status", "allocatable"])) },
  ]

  static let namespaces: [StateFamily] = [
    .created("kube_namespace_created"),
    StateFamily("kube_namespace_status_phase", "kubernetes namespace status phase.") { namespace, samples in
      let phase = namespace.at(["status", "phase"])?.string ?? "Active"
      for word in ["Active", "Terminating"] { samples.add([("phase", word)], value: word == phase ? 1 : 0) }
    },
  ]

  static let services: [StateFamily] = [
    StateFamily("kube_service_info", "Information about service.") { service, samples in
      samples.add(
        [
          ("cluster_ip", service.string("spec", "clusterIP")),
          ("external_name", service.string("spec", "externalName")),
          ("load_balancer_ip", service.string("spec", "loadBalancerIP")),
        ], value: 1)
    },
    .created("kube_service_created"),
    StateFamily("kube_service_spec_type", "Type about service.") {
      $1.add([("type", $0.at(["spec", "type"])?.string ?? "ClusterIP")], value: 1)
    },
  ]

  static let endpointSlices: [StateFamily] = [
    StateFamily("kube_endpointslice_info", "Information about endpointslice.") {
      $1.add([("addresstype", $0.string("addressType"))], value: 1)
    },
    .created("kube_endpointslice_created"),
    StateFamily("kube_endpointslice_endpoints", "Endpoints attached to the endpointslice.") { slice, samples in
      for endpoint in slice.at(["endpoints"])?.array ?? [] {
        func condition(_ name: String) -> String {
          endpoint.at("conditions", name)?.bool.map { $0 ? "true" : "false" } ?? ""
        }
        for address in endpoint["addresses"]?.array ?? [] {
          samples.add(
            [
              ("ready", condition("ready")), ("serving", condition("serving")),
              ("terminating", condition("terminating")), ("hostname", endpoint["hostname"]?.string ?? ""),
              ("targetref_kind", endpoint.at("targetRef", "kind")?.string ?? ""),
              ("targetref_name", endpoint.at("targetRef", "name")?.string ?? ""),
              ("targetref_namespace", endpoint.at("targetRef", "namespace")?.string ?? ""),
              ("endpoint_nodename", endpoint["nodeName"]?.string ?? ""),
              ("endpoint_zone", endpoint["zone"]?.string ?? ""), ("address", address.string ?? ""),
            ], value: 1)
        }
      }
    },
    StateFamily("kube_endpointslice_ports", "Ports attached to the endpointslice.") { slice, samples in
      for port in slice.at(["ports"])?.array ?? [] {
        samples.add(
          [
            ("port_name", port["name"]?.string ?? ""), ("port_protocol", port["protocol"]?.string ?? "TCP"),
            ("port_number", port["port"]?.integer.map(String.init) ?? ""),
          ], value: 1)
      }
    },
  ]

  /// The addresses of a Service, as its Endpoints object has them; read from its slices.
  static let endpoints: [StateFamily] = [
    StateFamily("kube_endpoint_address", "Information about Endpoint available and non available addresses.") {
      slice, samples in
      for endpoint in slice.at(["endpoints"])?.array ?? [] {
        let isReady = endpoint.at("conditions", "ready")?.bool != false
        for address in endpoint["addresses"]?.array ?? [] {
          for port in slice.at(["ports"])?.array ?? [] {
            samples.add(
              [
                ("ip", address.string ?? ""), ("port_protocol", port["protocol"]?.string ?? "TCP"),
                ("port_number", port["port"]?.integer.map(String.init) ?? ""),
                ("port_name", port["name"]?.string ?? ""), ("ready", isReady ? "true" : "false"),
              ], value: 1)
          }
        }
      }
    }
  ]

  static let configMaps: [StateFamily] = [
    StateFamily("kube_configmap_info", "Information about configmap.") { $1.add(value: 1) },
    .created("kube_configmap_created"), resourceVersion("kube_configmap_metadata_resource_version", "configmap"),
  ]

  static let secrets: [StateFamily] = [
    StateFamily("kube_secret_info", "Information about secret.") { $1.add(value: 1) },
    StateFamily("kube_secret_type", "Type about secret.") {
      $1.add([("type", $0.at(["type"])?.string ?? "Opaque")], value: 1)
    },
    .created("kube_secret_created"), resourceVersion("kube_secret_metadata_resource_version", "secret"),
  ]

  private static func resourceVersion(_ name: String, _ kind: String) -> StateFamily {
    StateFamily(name, "Resource version representing a specific version of the \(kind).") { object, samples in
      if let version = Double(object.string("metadata", "resourceVersion")) { samples.add(value: version) }
    }
  }
}
