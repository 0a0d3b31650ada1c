import Documents
import SimulationKernel

extension KindPrinter {
  static let services = KindPrinter(
    ["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"], wide: ["SELECTOR"]
  ) { service, now in
    let ports = (service.spec["ports"]?.array ?? []).map { port in
      let node = port["nodePort"]?.integer.map { ":\($0)" } ?? ""
      return "\(port["port"]?.countCell ?? "0")\(node)/\(port["protocol"]?.string ?? "TCP")"
    }
    return [
      service.name, service.spec["type"]?.string ?? "ClusterIP", orNone(service.spec["clusterIP"]?.string),
      externalAddress(service), orNone(ports.joined(separator: ",")), service.age(now),
      labelText(service.spec["selector"]),
    ]
  }

  private static func externalAddress(_ service: KubeObject) -> String {
    let own = (service.spec["externalIPs"]?.array ?? []).compactMap(\.string)
    switch service.spec["type"]?.string {
    case "LoadBalancer":
      let all = balancerAddresses(service) + own
      return all.isEmpty ? "<pending>" : all.joined(separator: ",")
    case "ExternalName": return service.spec["externalName"]?.string ?? ""
    default: return orNone(own.joined(separator: ","))
    }
  }

  private static func balancerAddresses(_ object: KubeObject) -> [String] {
    (object.status.at("loadBalancer", "ingress")?.array ?? []).compactMap {
      $0["ip"]?.string ?? $0["hostname"]?.string
    }
  }

  static let ingresses = KindPrinter(["NAME", "CLASS", "HOSTS", "ADDRESS", "PORTS", "AGE"]) { ingress, now in
    let hosts = (ingress.spec["rules"]?.array ?? []).compactMap { $0["host"]?.string }.filter { !$0.isEmpty }
    let shown = hosts.isEmpty ? "*" : limited(hosts)
    let hasTLS = ingress.spec["tls"]?.array?.isEmpty == false
    return [
      ingress.name, orNone(ingress.spec["ingressClassName"]?.string), shown,
      balancerAddresses(ingress).joined(separator: ","), hasTLS ? "80, 443" : "80", ingress.age(now),
    ]
  }

  /// Three items and how many more there are.
  static func limited(_ items: [String]) -> String {
    items.prefix(3).joined(separator: ",") + (items.count > 3 ? " + \(items.count - 3) more..." : "")
  }

  static let nodes = KindPrinter(
    ["NAME", "STATUS", "ROLES", "AGE", "VERSION"],
    wide: ["INTERNAL-IP", "EXTERNAL-IP", "OS-IMAGE", "KERNEL-VERSION", "CONTAINER-RUNTIME"]
  ) { node, now in
    func address(_ type: String) -> String {
      orNone(node.status["addresses"]?.array?.first { $0["type"]?.string == type }?["address"]?.string)
    }
    func info(_ key: String) -> String {
      node.status.at("nodeInfo", key)?.string.flatMap { $0.isEmpty ? nil : $0 } ?? "<unknown>"
    }
    return [
      node.name, nodeStatus(node), nodeRoles(node), node.age(now),
      node.status.at("nodeInfo", "kubeletVersion")?.string ?? "", address("InternalIP"), address("ExternalIP"),
      info("osImage"), info("kernelVersion"), info("containerRuntimeVersion"),
    ]
  }

  private static func nodeStatus(_ node: KubeObject) -> String {
    let ready = node.condition("Ready")?["status"]?.string
    let status = ready.map { $0 == "True" ? "Ready" : "NotReady" } ?? "Unknown"
    return node.spec["unschedulable"]?.bool == true ? status + ",SchedulingDisabled" : status
  }

  private static func nodeRoles(_ node: KubeObject) -> String {
    let prefix = "node-role.kubernetes.io/"
    let roles = node.labels.keys.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    return orNone(roles.sorted().joined(separator: ","))
  }

  static let events = KindPrinter(
    columns: ["LAST SEEN", "TYPE", "REASON", "OBJECT"].map { Table.Column($0) } + [
      Table.Column("SUBOBJECT", isWide: true), Table.Column("SOURCE", isWide: true), Table.Column("MESSAGE"),
      Table.Column("FIRST SEEN", isWide: true), Table.Column("COUNT", isWide: true), Table.Column("NAME", isWide: true),
    ]
  ) { event, now in
    let involved = event.json["involvedObject"]
    let kind = involved?["kind"]?.string?.lowercased() ?? ""
    let source = [event.json.at("source", "component")?.string, event.json.at("source", "host")?.string]
    return [
      KubernetesModel.age(since: event.json["lastTimestamp"]?.string, now: now), event.json["type"]?.string ?? "",
      event.json["reason"]?.string ?? "", "\(kind)/\(involved?["name"]?.string ?? "")",
      involved?["fieldPath"]?.string ?? "", source.compactMap(\.self).joined(separator: ", "),
      event.json["message"]?.string ?? "",
      KubernetesModel.age(since: event.json["firstTimestamp"]?.string, now: now),
      String(event.json["count"]?.integer ?? 1), event.name,
    ]
  }

  static let configMaps = KindPrinter(["NAME", "DATA", "AGE"]) { map, now in
    [map.name, String(dataCount(map)), map.age(now)]
  }

  static let secrets = KindPrinter(["NAME", "TYPE", "DATA", "AGE"]) { secret, now in
    [secret.name, secret.json["type"]?.string ?? "Opaque", String(dataCount(secret)), secret.age(now)]
  }

  private static func dataCount(_ object: KubeObject) -> Int {
    (object.json["data"]?.object?.count ?? 0) + (object.json["binaryData"]?.object?.count ?? 0)
  }

  static let namespaces = KindPrinter(["NAME", "STATUS", "AGE"]) { namespace, now in
    [namespace.name, namespace.status["phase"]?.string ?? "Active", namespace.age(now)]
  }

  static let serviceAccounts = KindPrinter(["NAME", "SECRETS", "AGE"]) { account, now in
    [account.name, String(account.json["secrets"]?.array?.count ?? 0), account.age(now)]
  }

  static let networkPolicies = KindPrinter(["NAME", "POD-SELECTOR", "AGE"]) { policy, now in
    [policy.name, selectorText(policy.spec["podSelector"]), policy.age(now)]
  }

  static let endpointSlices = KindPrinter(["NAME", "ADDRESSTYPE", "PORTS", "ENDPOINTS", "AGE"]) { slice, now in
    let ports = (slice.json["ports"]?.array ?? []).map { $0["port"]?.integer.map(String.init) ?? "*" }
    let addresses = (slice.json["endpoints"]?.array ?? []).flatMap { $0["addresses"]?.array ?? [] }
      .compactMap(\.string)
    return [
      slice.name, slice.json["addressType"]?.string ?? "IPv4", ports.isEmpty ? "<unset>" : limited(ports),
      addresses.isEmpty ? "<unset>" : limited(addresses), slice.age(now),
    ]
  }
}
