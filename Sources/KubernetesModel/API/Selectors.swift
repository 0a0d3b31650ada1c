import Documents

/// A label selector in either of its forms (apimachinery, `labels.Parse` and `metav1.LabelSelector`).
package struct LabelSelector: Hashable, Sendable {
  package enum Requirement: Hashable, Sendable {
    case equals(String, String)
    case notEquals(String, String)
    case isIn(String, [String])
    case notIn(String, [String])
    case exists(String)
    case absent(String)

    func matches(_ labels: JSONObject) -> Bool {
      switch self {
      case .equals(let key, let value): labels[key]?.string == value
      case .notEquals(let key, let value): labels[key]?.string != value
      case .isIn(let key, let values): labels[key]?.string.map(values.contains) ?? false
      case .notIn(let key, let values): !(labels[key]?.string.map(values.contains) ?? false)
      case .exists(let key): labels[key] != nil
      case .absent(let key): labels[key] == nil
      }
    }
  }

  package var requirements: [Requirement]

  package init(_ requirements: [Requirement] = []) { self.requirements = requirements }

  /// The selector of an object: `matchLabels` and `matchExpressions`, or the plain map of a Service.
  package init(_ json: JSONValue?) {
    requirements = []
    let isPlainMap = json?["matchLabels"] == nil && json?["matchExpressions"] == nil
    for member in (isPlainMap ? json : json?["matchLabels"])?.object?.members ?? [] {
      requirements.append(.equals(member.key, member.value.string ?? ""))
    }
    for expression in json?["matchExpressions"]?.array ?? [] {
      let key = expression["key"]?.string ?? ""
      let values = (expression["values"]?.array ?? []).compactMap(\.string)
      switch expression["operator"]?.string {
      case "In": requirements.append(.isIn(key, values))
      case "NotIn": requirements.append(.notIn(key, values))
      case "Exists": requirements.append(.exists(key))
      default: requirements.append(.absent(key))
      }
    }
  }

  /// Reads `a=b,c!=d,e in (f,g),!h,i`.
  ///
  /// - Throws: a message for malformed text.
  package init(parsing text: String) throws(APIError) {
    requirements = []
    for part in Self.split(text) { requirements.append(try Self.requirement(part)) }
  }

  private static func requirement(_ part: String) throws(APIError) -> Requirement {
    for (word, isNegated) in [(" notin ", true), (" in ", false)] {
      guard let range = part.firstRange(of: word) else { continue }
      let list = part[range.upperBound...].filter { $0 != " " }
      guard list.hasPrefix("("), list.hasSuffix(")") else { throw Self.unparsable(part) }
      let values = list.dropFirst().dropLast().split(separator: ",").map(String.init)
      let key = part[..<range.lowerBound].filter { $0 != " " }
      return isNegated ? .notIn(key, values) : .isIn(key, values)
    }
    let plain = part.filter { $0 != " " }
    for (mark, isNegated) in [("!=", true), ("==", false), ("=", false)] {
      guard let range = plain.firstRange(of: mark) else { continue }
      let (key, value) = (String(plain[..<range.lowerBound]), String(plain[range.upperBound...]))
      guard !key.isEmpty else { throw Self.unparsable(part) }
      return isNegated ? .notEquals(key, value) : .equals(key, value)
    }
    guard !plain.isEmpty, plain != "!" else { throw Self.unparsable(part) }
    return plain.hasPrefix("!") ? .absent(String(plain.dropFirst())) : .exists(plain)
  }

  private static func unparsable(_ part: String) -> APIError {
    APIError(.badRequest, "unable to parse requirement: found '\(part)', expected: identifier")
  }

  /// Splits at commas outside parentheses.
  private static func split(_ text: String) -> [String] {
    var parts = [""]
    var depth = 0
    for character in text {
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      if character == ",", depth == 0 { parts.append("") } else { parts[parts.count - 1].append(character) }
    }
    return text.isEmpty ? [] : parts
  }

  package func matches(_ labels: JSONObject) -> Bool { requirements.allSatisfy { $0.matches(labels) } }
  package var isEmpty: Bool { requirements.isEmpty }
}

/// A field selector: `path=value` and `path!=value`, joined by commas.
package struct FieldSelector: Hashable, Sendable {
  private var terms: [(path: [String], value: String, isNegated: Bool)] = []

  /// The fields that may be selected by, by kind (apiserver registries; any kind has name and namespace).
  private static let fields: [String: [String]] = [
    "Pod": ["spec.nodeName", "spec.restartPolicy", "status.phase", "status.podIP"],
    "Event": [
      "involvedObject.kind", "involvedObject.name", "involvedObject.namespace", "involvedObject.uid", "reason", "type",
    ],
    "Secret": ["type"],
  ]

  package init(parsing text: String, kind: ResourceKind) throws(APIError) {
    for part in text.split(separator: ",") {
      guard let range = part.firstRange(of: "!=") ?? part.firstRange(of: "==") ?? part.firstRange(of: "=") else {
        throw APIError(.badRequest, "invalid selector: '\(part)'; can't understand '\(part)'")
      }
      let path = String(part[..<range.lowerBound])
      guard ["metadata.name", "metadata.namespace"].contains(path) || Self.fields[kind.kind]?.contains(path) == true
      else {
        throw APIError(
          .badRequest,
          "Unable to find \"\(kind.group.isEmpty ? "" : kind.group + "/")\(kind.version), Resource=\(kind.plural)\" that match label selector \"\", field selector \"\(text)\": field label not supported: \(path)"
        )
      }
      terms.append(
        (path.split(separator: ".").map(String.init), String(part[range.upperBound...]), part[range] == "!="))
    }
  }

  package func matches(_ object: KubeObject) -> Bool {
    terms.allSatisfy { term in
      var value: JSONValue? = object.json
      for key in term.path { value = value?[key] }
      return ((value?.string ?? "") == term.value) != term.isNegated
    }
  }

  package static func == (left: FieldSelector, right: FieldSelector) -> Bool {
    left.terms.elementsEqual(right.terms) { $0.path == $1.path && $0.value == $1.value && $0.isNegated == $1.isNegated }
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(terms.count) }
}
