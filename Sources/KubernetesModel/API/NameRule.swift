/// What a name may look like, with the words for one that does not (apimachinery, `pkg/util/validation`).
enum NameRule {
  /// RFC 1123 subdomain: most kinds.
  case subdomain
  /// RFC 1123 label: namespaces, containers.
  case label
  /// RFC 1035 label: services.
  case service
  case labelValue
  /// Only `/` and `%` are out: roles and bindings.
  case pathSegment

  static func of(_ kind: ResourceKind) -> NameRule {
    if kind.group == "rbac.authorization.k8s.io" { return .pathSegment }
    switch kind {
    case .namespace: return .label
    case .service: return .service
    default: return .subdomain
    }
  }

  private static func isLower(_ byte: UInt8) -> Bool { (97...122).contains(byte) || (48...57).contains(byte) }
  private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLower(byte) || (65...90).contains(byte) }

  /// - Returns: what is wrong with the name; `nil` for a good one.
  func problem(_ name: String) -> String? {
    let bytes = Array(name.utf8)
    switch self {
    case .subdomain:
      if bytes.count > 253 { return "must be no more than 253 characters" }
      let parts = bytes.split(separator: 46, omittingEmptySubsequences: false)
      guard parts.contains(where: { !Self.isLabel($0, Self.isLower) }) else { return nil }
      return
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
    case .label:
      if bytes.count > 63 { return "must be no more than 63 characters" }
      guard !Self.isLabel(bytes[...], Self.isLower) else { return nil }
      return
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
    case .service:
      if bytes.count > 63 { return "must be no more than 63 characters" }
      guard !Self.isLabel(bytes[...], Self.isLower) || !(97...122).contains(bytes[0]) else { return nil }
      return
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
    case .labelValue:
      if bytes.count > 63 { return "must be no more than 63 characters" }
      guard !bytes.isEmpty, !Self.isQualified(bytes[...]) else { return nil }
      return
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
    case .pathSegment:
      if name == "." || name == ".." { return "may not be '\(name)'" }
      for character in ["/", "%"] where name.contains(character) { return "may not contain '\(character)'" }
      return nil
    }
  }

  private static func isLabel(_ bytes: ArraySlice<UInt8>, _ isAllowed: (UInt8) -> Bool) -> Bool {
    guard let first = bytes.first, let last = bytes.last else { return false }
    return isAllowed(first) && isAllowed(last) && bytes.allSatisfy { isAllowed($0) || $0 == 45 }
  }

  private static func isQualified(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let first = bytes.first, let last = bytes.last else { return false }
    return isAlphanumeric(first) && isAlphanumeric(last)
      && bytes.allSatisfy { isAlphanumeric($0) || [45, 46, 95].contains($0) }
  }

  /// What is wrong with the key of a label or an annotation: a name, and before it perhaps a domain and a slash.
  static func labelKey(_ key: String) -> String? {
    let parts = key.utf8.split(separator: 47, omittingEmptySubsequences: false).map { Array($0) }
    let words =
      "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
    if parts.count > 2 {
      return "a qualified name \(words) with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
    }
    if parts.count == 2 {
      if parts[0].isEmpty { return "prefix part must be non-empty" }
      if let problem = NameRule.subdomain.problem(String(decoding: parts[0], as: UTF8.self)) {
        return "prefix part \(problem)"
      }
    }
    let name = parts.last ?? []
    if name.isEmpty { return "name part must be non-empty" }
    if name.count > 63 { return "name part must be no more than 63 characters" }
    return isQualified(name[...]) ? nil : "name part \(words)"
  }
}
