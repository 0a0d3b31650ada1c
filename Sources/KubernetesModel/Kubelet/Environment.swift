import Documents

/// Why a container cannot be created from its configuration; kubelet shows it as `CreateContainerConfigError`.
package struct ContainerConfigurationError: Error, Hashable, Sendable {
  package var message: String
}

extension APIServer {
  /// The environment of a container: ConfigMaps and Secrets are read now, at its start, and not again while it runs
  /// (pkg/kubelet/kubelet_pods.go, `makeEnvironmentVariables`).
  func environment(of container: JSONValue, pod: KubeObject) throws(ContainerConfigurationError) -> [String: String] {
    var result: [String: String] = [:]
    for source in container["envFrom"]?.array ?? [] {
      if let reference = source["configMapRef"] {
        for member in try data(.configMap, reference, pod) { result[member.key] = member.value }
      }
      if let reference = source["secretRef"] {
        for member in try data(.secret, reference, pod) { result[member.key] = member.value }
      }
    }
    for variable in container["env"]?.array ?? [] {
      guard let name = variable["name"]?.string else { continue }
      if let value = variable["value"]?.string {
        result[name] = value
      } else if let reference = variable.at("valueFrom", "configMapKeyRef") {
        result[name] = try value(.configMap, reference, pod)
      } else if let reference = variable.at("valueFrom", "secretKeyRef") {
        result[name] = try value(.secret, reference, pod)
      } else if let path = variable.at("valueFrom", "fieldRef", "fieldPath")?.string {
        var field: JSONValue? = pod.json
        for key in path.split(separator: ".") { field = field?[String(key)] }
        result[name] = field?.string ?? ""
      }
    }
    return result
  }

  private func data(
    _ kind: ResourceKind, _ reference: JSONValue, _ pod: KubeObject
  ) throws(ContainerConfigurationError) -> [(key: String, value: String)] {
    let name = reference["name"]?.string ?? ""
    guard let object = find(kind, pod.namespace, name) else {
      if reference["optional"]?.bool == true { return [] }
      throw ContainerConfigurationError(message: "\(kind.singular) \"\(name)\" not found")
    }
    return (object.json["data"]?.object?.members ?? []).map { ($0.key, decoded($0.value, kind)) }
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

  private func decoded(_ value: JSONValue, _ kind: ResourceKind) -> String {
    let text = value.string ?? value.jsonText()
    guard kind == .secret else { return text }
    return base64Decoded(text).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
