import Documents

/// Why a container cannot be created from its configuration; kubelet shows it as `CreateContainerConfigError`.
package struct ContainerConfigurationError: Error, Hashable, Sendable {
  package var message: String
}

extension APIServer {
  /// The environment of a container: ConfigMaps and Secrets are read now, at its start, and not again while it runs
  /// (upstream: pkg/kubelet/kubelet_pods.go, `makeEnvironmentVariables`).
  package func environment(
    of container: JSONValue, pod: KubeObject
  ) throws(ContainerConfigurationError) -> [String: String] {
    var result = ["HOSTNAME": pod.name]
    for source in container["envFrom"]?.array ?? [] {
      let prefix = source["prefix"]?.string ?? ""
      for (field, kind) in [("configMapRef", ResourceKind.configMap), ("secretRef", .secret)] {
        guard let reference = source[field] else { continue }
        for member in try data(kind, reference, pod) { result[prefix + member.key] = member.value }
      }
    }
    for variable in container["env"]?.array ?? [] {
      guard let name = variable["name"]?.string else { continue }
      if let source = variable["valueFrom"] {
        if let value = try value(from: source, container, pod) { result[name] = value }
      } else {
        result[name] = expandVariables(variable["value"]?.string ?? "", result)
      }
    }
    return result
  }

  private func value(
    from source: JSONValue, _ container: JSONValue, _ pod: KubeObject
  ) throws(ContainerConfigurationError) -> String? {
    if let reference = source["configMapKeyRef"] { return try value(.configMap, reference, pod) }
    if let reference = source["secretKeyRef"] { return try value(.secret, reference, pod) }
    if let path = source.at("fieldRef", "fieldPath")?.string { return field(path, of: pod) }
    if let resource = source.at("resourceFieldRef", "resource")?.string {
      return resourceField(resource, divisor: source.at("resourceFieldRef", "divisor"), container)
    }
    return nil
  }

  /// A field of the pod as the downward API gives it.
  private func field(_ path: String, of pod: KubeObject) -> String {
    if let open = path.firstIndex(of: "["), path.hasSuffix("']") {
      let key = String(path[open...].dropFirst(2).dropLast(2))
      return (path.hasPrefix("metadata.labels") ? pod.label(key) : pod.annotation(key)) ?? ""
    }
    var field: JSONValue? = pod.json
    for key in path.split(separator: ".") { field = field?[String(key)] }
    return field?.string ?? ""
  }

  /// Such as `limits.cpu`, in units of the divisor, rounded up.
  private func resourceField(_ resource: String, divisor: JSONValue?, _ container: JSONValue) -> String {
    let path = resource.split(separator: ".").map(String.init)
    guard path.count == 2, let amount = container.at("resources", path[0], path[1]).flatMap({ try? Quantity($0) })
    else { return "0" }
    let unit = divisor.flatMap { try? Quantity($0) } ?? .zero
    let share = amount.doubleValue / (unit > .zero ? unit.doubleValue : 1)
    return String(Int64(share.rounded(.up)))
  }

  private func data(
    _ kind: ResourceKind, _ reference: JSONValue, _ pod: KubeObject
  ) throws(ContainerConfigurationError) -> [(key: String, value: String)] {
    let name = reference["name"]?.string ?? ""
    guard let object = find(kind, pod.namespace, name) else {
      if reference["optional"]?.bool == true { return [] }
      throw ContainerConfigurationError(message: "\(kind.singular) \"\(name)\" not found")
    }
    return object.dataEntries
  }

  private func value(
    _ kind: ResourceKind, _ reference: JSONValue, _ pod: KubeObject
  ) throws(ContainerConfigurationError) -> String? {
    let key = reference["key"]?.string ?? ""
    let members = try data(kind, reference, pod)
    if let member = members.first(where: { $0.key == key }) { return member.value }
    if reference["optional"]?.bool == true { return nil }
    throw ContainerConfigurationError(
      message: "couldn't find key \(key) in \(kind.kind) \(pod.namespace)/\(reference["name"]?.string ?? "")")
  }
}

extension KubeObject {
  /// The entries of a ConfigMap or Secret as a container sees them: those of a Secret decoded.
  package var dataEntries: [(key: String, value: String)] {
    (json["data"]?.object?.members ?? []).map { member in
      let text = member.value.string ?? member.value.jsonText()
      guard kind == .secret else { return (member.key, text) }
      return (member.key, base64Decoded(text).map { String(decoding: $0, as: UTF8.self) } ?? "")
    }
  }
}

/// Fills in `$(NAME)` for known names; `$$` stands for one dollar sign (upstream:
/// third_party/forked/golang/expansion/expand.go).
package func expandVariables(_ text: String, _ variables: [String: String]) -> String {
  guard text.contains("$") else { return text }
  var result = ""
  var rest = text[...]
  while let dollar = rest.firstIndex(of: "$") {
    result += rest[..<dollar]
    rest = rest[rest.index(after: dollar)...]
    if rest.first == "$" {
      result += "$"
      rest = rest.dropFirst()
    } else if rest.first == "(", let close = rest.firstIndex(of: ")") {
      let name = String(rest[rest.index(after: rest.startIndex)..<close])
      result += variables[name] ?? "$(\(name))"
      rest = rest[rest.index(after: close)...]
    } else {
      result += "$"
    }
  }
  return result + rest
}
