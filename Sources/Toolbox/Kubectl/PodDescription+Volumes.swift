import Documents
import KubernetesModel

extension PodDescription {
  /// `Volumes:` with the source of each.
  static func volumes(_ spec: JSONValue, _ indent: String = "") -> String {
    let volumes = spec["volumes"]?.array ?? []
    guard !volumes.isEmpty else { return "\(indent)Volumes:\t<none>\n" }
    let name = indent.isEmpty ? "  " : "   "
    return "\(indent)Volumes:\n"
      + volumes.map { "\(name)\($0["name"]?.string ?? ""):\n" + source(of: $0) }.joined()
  }

  private static func source(of volume: JSONValue) -> String {
    func lines(_ rows: (String, String)...) -> String { rows.map { "    \($0.0):\t\($0.1)\n" }.joined() }
    func text(_ source: JSONValue, _ key: String, _ missing: String = "") -> String {
      source[key].map { $0.string ?? $0.jsonText() } ?? missing
    }
    if let map = volume["configMap"] {
      return lines(
        ("Type", "ConfigMap (a volume populated by a ConfigMap)"), ("Name", text(map, "name")),
        ("Optional", text(map, "optional", "false")))
    }
    if let secret = volume["secret"] {
      return lines(
        ("Type", "Secret (a volume populated by a Secret)"), ("SecretName", text(secret, "secretName")),
        ("Optional", text(secret, "optional", "false")))
    }
    if let directory = volume["emptyDir"] {
      return lines(
        ("Type", "EmptyDir (a temporary directory that shares a pod's lifetime)"),
        ("Medium", text(directory, "medium")), ("SizeLimit", text(directory, "sizeLimit", "<unset>")))
    }
    if let path = volume["hostPath"] {
      return lines(
        ("Type", "HostPath (bare host directory volume)"), ("Path", text(path, "path")),
        ("HostPathType", text(path, "type")))
    }
    if let claim = volume["persistentVolumeClaim"] {
      return lines(
        ("Type", "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)"),
        ("ClaimName", text(claim, "claimName")), ("ReadOnly", text(claim, "readOnly", "false")))
    }
    guard let sources = volume.at("projected", "sources")?.array else { return "  <unknown>\n" }
    return lines(("Type", "Projected (a volume that contains injected data from multiple sources)"))
      + sources.map { source in
        if let secret = source["secret"] {
          return lines(("SecretName", text(secret, "name")), ("Optional", text(secret, "optional", "false")))
        }
        if let map = source["configMap"] {
          return lines(("ConfigMapName", text(map, "name")), ("Optional", text(map, "optional", "false")))
        }
        if let token = source["serviceAccountToken"] {
          return lines(("TokenExpirationSeconds", text(token, "expirationSeconds", "3600")))
        }
        return lines(("DownwardAPI", "true"))
      }.joined()
  }

  /// `Tolerations:`, sorted by key.
  static func tolerations(_ title: String, _ spec: JSONValue) -> String {
    let sorted = (spec["tolerations"]?.array ?? []).enumerated().sorted { left, right in
      let (one, other) = (left.element["key"]?.string ?? "", right.element["key"]?.string ?? "")
      return one == other ? left.offset < right.offset : one < other
    }
    let lines = sorted.map { _, toleration in
      var text = toleration["key"]?.string ?? ""
      let value = toleration["value"]?.string ?? ""
      if !value.isEmpty { text += "=\(value)" }
      if let effect = toleration["effect"]?.string, !effect.isEmpty { text += ":\(effect)" }
      if toleration["operator"]?.string == "Exists", value.isEmpty { text += text.isEmpty ? "op=Exists" : " op=Exists" }
      if let seconds = toleration["tolerationSeconds"]?.integer { text += " for \(seconds)s" }
      return text
    }
    return "\(title):\t\(lines.isEmpty ? "<none>" : lines.joined(separator: "\n\t"))\n"
  }

  /// `Topology Spread Constraints:`; nothing where there are none.
  static func spread(_ spec: JSONValue, _ indent: String) -> String {
    let constraints = (spec["topologySpreadConstraints"]?.array ?? []).sorted {
      ($0["topologyKey"]?.string ?? "") < ($1["topologyKey"]?.string ?? "")
    }
    guard !constraints.isEmpty else { return "" }
    let lines = constraints.map { constraint in
      "\(constraint["topologyKey"]?.string ?? ""):\(constraint["whenUnsatisfiable"]?.string ?? "DoNotSchedule") "
        + "when max skew \(constraint["maxSkew"]?.integer ?? 1) is exceeded"
        + (constraint["labelSelector"].map { " for selector \(selectorText($0))" } ?? "")
    }
    return "\(indent)Topology Spread Constraints:\t" + lines.joined(separator: "\n\(indent)\t") + "\n"
  }
}
