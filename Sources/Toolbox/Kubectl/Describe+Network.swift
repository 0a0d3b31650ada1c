import Documents
import KubernetesModel

// Services, ingresses and what is behind them (kubectl, `pkg/describe/describe.go`).
extension KubectlCall {
  static let networkDescribers: [Describer] = [
    Describer(kind: .service) { $0.service($1) }, Describer(kind: .ingress) { $0.ingress($1) },
    Describer(kind: .endpointSlice) { $0.endpointSlice($1) },
    Describer(kind: .networkPolicy, hasEvents: false) { $0.networkPolicy($1) },
  ]

  private func service(_ object: KubeObject) -> String {
    let spec = object.spec
    let address = spec["clusterIP"]?.string ?? ""
    var text = head(object) + "Selector:\t\(labelText(spec["selector"]))\n"
    text += "Type:\t\(spec["type"]?.string ?? "ClusterIP")\nIP Family Policy:\tSingleStack\nIP Families:\tIPv4\n"
    text += "IP:\t\(address)\nIPs:\t\(address.isEmpty ? "<none>" : address)\n"
    let external = (spec["externalIPs"]?.array ?? []).compactMap(\.string)
    if !external.isEmpty { text += "External IPs:\t\(external.joined(separator: ","))\n" }
    if let name = spec["externalName"]?.string { text += "External Name:\t\(name)\n" }
    let balancers = addresses(object)
    if !balancers.isEmpty { text += "LoadBalancer Ingress:\t\(balancers.joined(separator: ", "))\n" }
    for port in spec["ports"]?.array ?? [] {
      let (name, kind) = (port["name"]?.string ?? "", port["protocol"]?.string ?? "TCP")
      let shown = name.isEmpty ? "<unset>" : name
      text += "Port:\t\(shown)\t\(port["port"]?.integer ?? 0)/\(kind)\n"
      text += "TargetPort:\t\((port["targetPort"] ?? port["port"]).map { $0.string ?? $0.jsonText() } ?? "0")/\(kind)\n"
      if let node = port["nodePort"]?.integer { text += "NodePort:\t\(shown)\t\(node)/\(kind)\n" }
      text += "Endpoints:\t\(endpoints(object.namespace, object.name, port: name))\n"
    }
    text += "Session Affinity:\t\(spec["sessionAffinity"]?.string ?? "None")\n"
    if spec["type"]?.string == "NodePort" || spec["type"]?.string == "LoadBalancer" {
      text += "External Traffic Policy:\t\(spec["externalTrafficPolicy"]?.string ?? "Cluster")\n"
    }
    return text + "Internal Traffic Policy:\t\(spec["internalTrafficPolicy"]?.string ?? "Cluster")\n"
  }

  private func addresses(_ object: KubeObject) -> [String] {
    (object.status.at("loadBalancer", "ingress")?.array ?? []).compactMap {
      $0["ip"]?.string ?? $0["hostname"]?.string
    }
  }

  /// Ready addresses with their ports, three at most.
  private func endpoints(_ namespace: String, _ service: String, port: String) -> String {
    let slices = server.list(.endpointSlice, namespace: namespace).filter {
      $0.label("kubernetes.io/service-name") == service
    }
    guard !slices.isEmpty else { return "<none>" }
    let all = slices.flatMap { slice in
      (slice.json["ports"]?.array ?? []).filter { ($0["name"]?.string ?? "") == port }.flatMap { port in
        (slice.json["endpoints"]?.array ?? []).compactMap { endpoint -> String? in
          guard endpoint.at("conditions", "ready")?.bool ?? true, let address = endpoint["addresses"]?[0]?.string else {
            return nil
          }
          return "\(address):\(port["port"]?.integer ?? 0)"
        }
      }
    }
    return all.prefix(3).joined(separator: ",") + (all.count > 3 ? " + \(all.count - 3) more..." : "")
  }

  // MARK: Ingresses

  private func ingress(_ object: KubeObject) -> String {
    let spec = object.spec
    var text = "Name:\t\(object.name)\n"
    text += PodDescription.members("Labels", object.json.at("metadata", "labels"), separator: "=")
    text += "Namespace:\t\(object.namespace)\nAddress:\t\(addresses(object).joined(separator: ","))\n"
    text += "Ingress Class:\t\(spec["ingressClassName"]?.string ?? "<none>")\n"
    let fallback = spec["defaultBackend"].map { backend($0, object.namespace) } ?? "<default>"
    text += "Default backend:\t\(fallback)\n"
    if let secrets = spec["tls"]?.array, !secrets.isEmpty {
      text += "TLS:\n"
      for entry in secrets {
        let hosts = (entry["hosts"]?.array ?? []).compactMap(\.string).joined(separator: ",")
        text += entry["secretName"]?.string.map { "  \($0) terminates \(hosts)\n" } ?? "  SNI routes \(hosts)\n"
      }
    }
    text += "Rules:\n  Host\tPath\tBackends\n  ----\t----\t--------\n"
    let rules = (spec["rules"]?.array ?? []).filter { $0["http"] != nil }
    for rule in rules {
      text += "  \(rule["host"]?.string ?? "*")\t\n"
      for path in rule.at("http", "paths")?.array ?? [] {
        text += "    \t\(path["path"]?.string ?? "") \t\(backend(path["backend"] ?? [:], object.namespace))\n"
      }
    }
    if rules.isEmpty { text += "  *\t*\t\(fallback)\n" }
    return text + PodDescription.annotations("Annotations", object.json.at("metadata", "annotations"))
  }

  /// `web:80 (10.0.0.1:8080)`.
  private func backend(_ backend: JSONValue, _ namespace: String) -> String {
    guard let target = backend["service"] else {
      let resource = backend["resource"]
      return "APIGroup: \(resource?["apiGroup"]?.string ?? "<none>"), Kind: \(resource?["kind"]?.string ?? ""), "
        + "Name: \(resource?["name"]?.string ?? "")"
    }
    let name = target["name"]?.string ?? ""
    let port = target["port"]
    let shown = "\(name):\(port?["name"]?.string ?? port?["number"]?.jsonText() ?? "")"
    guard let service = server.find(.service, namespace, name) else {
      return "\(shown) (<error: services \"\(name)\" not found>)"
    }
    let match = service.spec["ports"]?.array?.first {
      port?["number"] != nil ? $0["port"] == port?["number"] : $0["name"] == port?["name"]
    }
    return "\(shown) (\(endpoints(namespace, name, port: match?["name"]?.string ?? "")))"
  }

  // MARK: Slices and policies

  private func endpointSlice(_ object: KubeObject) -> String {
    var text = head(object) + "AddressType:\t\(object.json["addressType"]?.string ?? "IPv4")\n"
    let ports = object.json["ports"]?.array ?? []
    text += ports.isEmpty ? "Ports: <unset>\n" : "Ports:\n  Name\tPort\tProtocol\n  ----\t----\t--------\n"
    for port in ports {
      let name = port["name"]?.string ?? ""
      text += "  \(name.isEmpty ? "<unset>" : name)\t\(port["port"]?.integer.map(String.init) ?? "<unset>")\t"
      text += "\(port["protocol"]?.string ?? "TCP")\n"
    }
    let endpoints = object.json["endpoints"]?.array ?? []
    text += endpoints.isEmpty ? "Endpoints: <none>\n" : "Endpoints:\n"
    for endpoint in endpoints {
      let addresses = (endpoint["addresses"]?.array ?? []).compactMap(\.string).joined(separator: ", ")
      text += "  - Addresses:\t\(addresses.isEmpty ? "<none>" : addresses)\n    Conditions:\n"
      text += "      Ready:\t\(endpoint.at("conditions", "ready")?.bool.map(String.init) ?? "<unset>")\n"
      text += "    Hostname:\t\(endpoint["hostname"]?.string ?? "<unset>")\n"
      if let target = endpoint["targetRef"] {
        text += "    TargetRef:\t\(target["kind"]?.string ?? "")/\(target["name"]?.string ?? "")\n"
      }
      text += "    NodeName:\t\(endpoint["nodeName"]?.string ?? "<unset>")\n"
      text += "    Zone:\t\(endpoint["zone"]?.string ?? "<unset>")\n"
    }
    return text
  }

  private func networkPolicy(_ object: KubeObject) -> String {
    let created = object.creationTimestamp.replacing("T", with: " ").replacing("Z", with: " +0000 UTC")
    let selector = object.spec["podSelector"]
    let types = (object.spec["policyTypes"]?.array ?? []).compactMap(\.string)
    var text = head(object, labels: false) + "Created on:\t\(created)\n" + marks(object) + "Spec:\n  PodSelector:     "
    text +=
      LabelSelector(selector).isEmpty
      ? "<none> (Allowing the specific traffic to all pods in this namespace)\n" : "\(selectorText(selector))\n"
    for (type, key, words) in [
      ("Ingress", "ingress", ("To Port", "From", "source")), ("Egress", "egress", ("To Port", "To", "destination")),
    ] {
      guard types.contains(type) else {
        text += "  Not affecting \(key) traffic\n"
        continue
      }
      text += "  Allowing \(key) traffic:\n" + rules(object.spec[key]?.array ?? [], key, words)
    }
    return text + "  Policy Types: \(types.joined(separator: ", "))\n"
  }

  private func rules(_ rules: [JSONValue], _ key: String, _ words: (port: String, peer: String, side: String)) -> String
  {
    guard !rules.isEmpty else { return "    <none> (Selected pods are isolated for \(key) connectivity)\n" }
    return rules.map { rule in
      let ports = rule["ports"]?.array ?? []
      var text = ports.isEmpty ? "    To Port: <any> (traffic allowed to all ports)\n" : ""
      for port in ports {
        let number = port["port"].map { $0.string ?? $0.jsonText() } ?? "<nil>"
        text += "    \(words.port): \(number)/\(port["protocol"]?.string ?? "TCP")\n"
      }
      let peers = rule[key == "ingress" ? "from" : "to"]?.array ?? []
      if peers.isEmpty { text += "    \(words.peer): <any> (traffic not restricted by \(words.side))\n" }
      for peer in peers {
        text += "    \(words.peer):\n"
        for (name, field) in [("NamespaceSelector", "namespaceSelector"), ("PodSelector", "podSelector")] {
          if let selector = peer[field] { text += "      \(name): \(selectorText(selector))\n" }
        }
        if let block = peer["ipBlock"] {
          let except = (block["except"]?.array ?? []).compactMap(\.string).joined(separator: ", ")
          text += "      IPBlock:\n        CIDR: \(block["cidr"]?.string ?? "")\n        Except: \(except)\n"
        }
      }
      return text
    }.joined(separator: "    ----------\n")
  }
}
