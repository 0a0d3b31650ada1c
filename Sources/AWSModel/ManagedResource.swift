import Documents
import HTTPMessages
import SimulationKernel

/// A managed resource of Crossplane's AWS providers as its manifest gives it (upbound/provider-family-aws), with what is wrong
/// about it reported at its place.
struct ManagedResource {
  let node: Node
  let diagnostics: Diagnostics

  var kind: String { node["kind"]?.string ?? "" }
  var apiVersion: String { node["apiVersion"]?.string ?? "" }
  var name: String { node.at("metadata", "name")?.string ?? "" }
  /// The id in AWS that the manifest fixes.
  var externalName: String? { node.at("metadata", "annotations", "crossplane.io/external-name")?.string }

  /// A field of `spec.forProvider`.
  subscript(key: String) -> Node? { node.at("spec", "forProvider")?[key] }

  /// A field of `status.atProvider`, where AWS chooses the value.
  func observed(_ key: String) -> String? { node.at("status", "atProvider", key)?.string }

  /// Whether it belongs to a service, such as `rds`, and is of a kind.
  func isA(_ kind: String, of service: String) -> Bool { self.kind == kind && apiVersion.hasPrefix(service + ".aws.") }

  /// A string that must be there.
  func text(_ key: String) -> String? {
    guard let found = self[key] else {
      error("\(kind) \(name) has no spec.forProvider.\(key)")
      return nil
    }
    guard let text = found.string ?? found.scalar?.text else {
      error("spec.forProvider.\(key): expected a string, found \(found.found)", at: found)
      return nil
    }
    return text
  }

  /// A number that need not be there.
  func integer(_ key: String) -> Int? {
    guard let found = self[key] else { return nil }
    guard let value = found.json.integer else {
      error("spec.forProvider.\(key): expected an integer, found \(found.found)", at: found)
      return nil
    }
    return Int(value)
  }

  /// A switch; off where it is not there.
  func isOn(_ key: String) -> Bool {
    guard let found = self[key] else { return false }
    guard let value = found.json.bool else {
      error("spec.forProvider.\(key): expected true or false, found \(found.found)", at: found)
      return false
    }
    return value
  }

  /// A nested block, which the providers write as a list of one or as a mapping.
  func block(_ key: String) -> Node? { self[key].flatMap { $0.sequence?.first ?? ($0.mapping == nil ? nil : $0) } }

  /// The name to which a reference that must be there points.
  func reference(_ key: String) -> Node? {
    guard let target = self[key]?["name"] else {
      error("\(kind) \(name) has no spec.forProvider.\(key).name")
      return nil
    }
    return target
  }

  /// The names to which a list of references points.
  func references(_ key: String) -> [Node] { (self[key]?.sequence ?? []).compactMap { $0["name"] } }

  func error(_ message: String, at place: Node? = nil, hint: String? = nil) {
    diagnostics.error(at: (place ?? node).mark, message, hint: hint)
  }

  /// Its id in AWS: the one that the manifest fixes, or one made from its name.
  func identifier(_ prefix: String, in region: String) -> String {
    externalName ?? "\(prefix)-0" + hexadecimal(fnv1a("\(region)/\(prefix)/\(name)".utf8), digits: 16)
  }
}

/// All managed resources of a region, and the cluster's own `Secret` objects from which they take passwords.
struct ManagedResources {
  let all: [ManagedResource]
  private let secrets: [Node]

  init(_ documents: [Node], _ diagnostics: Diagnostics) {
    all = documents.map { ManagedResource(node: $0, diagnostics: diagnostics) }
    secrets = documents.filter { $0["apiVersion"]?.string == "v1" && $0["kind"]?.string == "Secret" }
  }

  func of(_ kind: String, _ service: String) -> [ManagedResource] { all.filter { $0.isA(kind, of: service) } }

  /// The resource of a kind to which a reference points; an error where there is none.
  func find(_ reference: Node, _ kind: String, of service: String, for owner: ManagedResource) -> ManagedResource? {
    let candidates = of(kind, service)
    if let found = candidates.first(where: { $0.name == reference.string }) { return found }
    owner.error(
      "no \(kind) of \(service) named \(reference.found)", at: reference,
      hint: spellingHint(for: reference.string ?? "", among: candidates.map(\.name)))
    return nil
  }

  /// The value to which a `…SecretRef` (name, key) points.
  func secretValue(_ reference: Node, for owner: ManagedResource) -> String? {
    let secret = secrets.first { $0.at("metadata", "name")?.string == reference["name"]?.string }
    let key = reference["key"]?.string ?? ""
    if let value = secret?.at("stringData", key)?.string { return value }
    if let bytes = secret?.at("data", key)?.string.flatMap(base64Decoded) {
      return String(decoding: bytes, as: UTF8.self)
    }
    owner.error("no Secret \(reference["name"]?.found ?? "") with key \"\(key)\"", at: reference)
    return nil
  }
}
