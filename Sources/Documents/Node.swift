/// A value of a YAML or JSON document together with its place in the file.
package struct Node: Sendable {
  /// What the node holds; mappings keep their entries in the order of the file.
  package enum Content: Sendable {
    case scalar(Scalar)
    case sequence([Node])
    case mapping([Entry])
  }

  /// A scalar as it is written and as it is read.
  package struct Scalar: Hashable, Sendable {
    /// The characters, with quotes and escapes taken away.
    package var text: String
    /// Whether the scalar stands without quotes, so that its characters decide its type.
    package var isPlain: Bool
    /// The value that Kubernetes reads: null, a Boolean, a number, or a string.
    package var value: JSONValue

    package init(text: String, isPlain: Bool, value: JSONValue) {
      self.text = text
      self.isPlain = isPlain
      self.value = value
    }
  }

  /// One entry of a mapping. The key is a node, because it has a place too.
  package struct Entry: Sendable {
    package var key: Node
    package var value: Node

    package init(key: Node, value: Node) {
      self.key = key
      self.value = value
    }
  }

  package var content: Content
  package var mark: SourceMark

  package init(_ content: Content, at mark: SourceMark) {
    self.content = content
    self.mark = mark
  }
}

extension Node {
  package var scalar: Scalar? { if case .scalar(let scalar) = content { scalar } else { nil } }
  package var sequence: [Node]? { if case .sequence(let nodes) = content { nodes } else { nil } }
  package var mapping: [Entry]? { if case .mapping(let entries) = content { entries } else { nil } }

  /// The string of a scalar that is read as a string; `nil` for numbers, Booleans and null.
  package var string: String? { scalar?.value.string }

  package var isNull: Bool { scalar?.value.isNull ?? false }

  /// The value of a mapping's key, `nil` for other nodes.
  package subscript(key: String) -> Node? {
    mapping?.first { $0.key.keyText == key }?.value
  }

  /// The node below a path of keys.
  package func at(_ path: String...) -> Node? {
    var current: Node? = self
    for key in path { current = current?[key] }
    return current
  }

  /// The text under which this node serves as a key of a JSON object. Kubernetes turns other types into text as Go
  /// prints them: `on: 1` becomes `{"true": 1}` (sigs.k8s.io/yaml, `convertToJSONableObject`).
  package var keyText: String? {
    guard let scalar else { return nil }
    return switch scalar.value {
    case .string(let text): text
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .null: "null"
    default: scalar.text
    }
  }

  /// The value without places, keeping the order of keys.
  package var json: JSONValue {
    switch content {
    case .scalar(let scalar): scalar.value
    case .sequence(let nodes): .array(nodes.map(\.json))
    case .mapping(let entries):
      .object(JSONObject(distinct: entries.map { ($0.key.keyText ?? "", $0.value.json) }))
    }
  }

  /// How a message names what was found: `the string "ten"`, `the number 3`, `a list`.
  package var found: String {
    switch content {
    case .sequence: return "a list"
    case .mapping: return "a mapping"
    case .scalar(let scalar):
      let shown = scalar.text.count > 60 ? scalar.text.prefix(57) + "..." : scalar.text[...]
      return switch scalar.value {
      case .null: "nothing"
      case .bool: "the Boolean \(shown)"
      case .integer, .number: "the number \(shown)"
      default: "\"\(shown)\""
      }
    }
  }
}
