import Documents

/// The Go types of the built-in kinds, as far as a manifest's author meets them: what a wrong type and an unknown field are
/// told by (k8s.io/api; sigs.k8s.io/json for the words).
enum FieldSchema {
  /// What a field may hold.
  indirect enum FieldType: Sendable {
    case string, bool, int32, int64
    /// A `resource.Quantity`: a number, or text such as `250m`.
    case quantity
    /// Not looked at: numbers or text, dates, types that nobody writes by hand here.
    case any
    case list(FieldType)
    case map(FieldType)
    /// A struct of the table by its name.
    case named(String)
  }

  typealias Fields = [String: FieldType]

  /// The first field whose value does not have its type, in the words of the decoder; `nil` when all have.
  static func typeProblem(_ json: JSONValue, _ kind: ResourceKind) -> String? {
    guard let root = root(of: kind) else { return nil }
    return typeProblem(json, .named(root), owner: root, path: "")
  }

  /// Fields that the kind does not have, as `spec.template.spec.containers[0].imagee`, in the order of the document.
  static func unknownFields(_ json: JSONValue, _ kind: ResourceKind) -> [String] {
    guard let root = root(of: kind) else { return [] }
    return unknownFields(json, .named(root), path: "")
  }

  private static func root(of kind: ResourceKind) -> String? {
    kind.isBuiltIn && structs[kind.kind] != nil ? kind.kind : nil
  }

  private static func typeProblem(_ value: JSONValue, _ type: FieldType, owner: String, path: String) -> String? {
    if value.isNull { return nil }
    switch (type, value) {
    case (.any, _), (.string, .string), (.bool, .bool): return nil
    case (.int32, .integer(let number)) where Int32(exactly: number) != nil: return nil
    case (.int64, .integer): return nil
    case (.quantity, _):
      guard (try? Quantity(value)) == nil else { return nil }
      return "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    case (.list(let element), .array(let items)):
      return items.lazy.compactMap { typeProblem($0, element, owner: owner, path: path) }.first
    case (.map(let element), .object(let object)):
      return object.members.lazy.compactMap { typeProblem($0.value, element, owner: owner, path: path) }.first
    case (.named(let name), .object(let object)):
      guard let fields = structs[name] else { return nil }
      return object.members.lazy.compactMap { member in
        fields[member.key].flatMap { type in
          typeProblem(
            member.value, type, owner: name, path: path.isEmpty ? member.key : "\(path).\(member.key)")
        }
      }.first
    default:
      return "json: cannot unmarshal \(word(for: value, type)) into Go struct field \(owner).\(path) of type "
        + goName(type)
    }
  }

  private static func word(for value: JSONValue, _ type: FieldType) -> String {
    switch value {
    case .null: "null"
    case .bool: "bool"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    case .integer, .number:
      switch type {
      case .int32, .int64: "number \(value.jsonText())"
      default: "number"
      }
    }
  }

  private static func goName(_ type: FieldType) -> String {
    switch type {
    case .string: "string"
    case .bool: "bool"
    case .int32: "int32"
    case .int64: "int64"
    case .any, .quantity: "interface {}"
    case .list(let element): "[]\(goName(element))"
    case .map(let element): "map[string]\(goName(element))"
    case .named(let name): "v1.\(name)"
    }
  }

  private static func unknownFields(_ value: JSONValue, _ type: FieldType, path: String) -> [String] {
    switch (type, value) {
    case (.list(let element), .array(let items)):
      return items.enumerated().flatMap { unknownFields($0.element, element, path: "\(path)[\($0.offset)]") }
    case (.named(let name), .object(let object)):
      guard let fields = structs[name] else { return [] }
      return object.members.flatMap { member -> [String] in
        let place = path.isEmpty ? member.key : "\(path).\(member.key)"
        guard let type = fields[member.key] else { return [place] }
        return unknownFields(member.value, type, path: place)
      }
    default: return []
    }
  }

  /// The value without the fields that the kind does not have: what the server stores.
  static func pruned(_ json: JSONValue, _ kind: ResourceKind) -> JSONValue {
    guard let root = root(of: kind) else { return json }
    return pruned(json, .named(root))
  }

  private static func pruned(_ value: JSONValue, _ type: FieldType) -> JSONValue {
    switch (type, value) {
    case (.list(let element), .array(let items)): return .array(items.map { pruned($0, element) })
    case (.named(let name), .object(let object)):
      guard let fields = structs[name] else { return value }
      return .object(
        JSONObject(
          distinct: object.members.compactMap { member in
            fields[member.key].map { (member.key, pruned(member.value, $0)) }
          }))
    default: return value
    }
  }

  /// The structs by name, read from the table once.
  private static let structs: [String: Fields] = {
    var structs: [String: Fields] = [:]
    for (name, text) in table {
      var fields: Fields = [:]
      for entry in text.split(separator: " ") {
        let parts = entry.split(separator: ":", maxSplits: 1)
        fields[String(parts[0])] = parts.count == 1 ? .string : type(parts[1])
      }
      structs[name] = fields
    }
    return structs
  }()

  private static func type(_ text: Substring) -> FieldType {
    if text.hasPrefix("[]") { return .list(type(text.dropFirst(2))) }
    if text.hasPrefix("{}") { return .map(type(text.dropFirst(2))) }
    switch text {
    case "s": return .string
    case "b": return .bool
    case "i": return .int32
    case "l": return .int64
    case "q": return .quantity
    case "?": return .any
    default: return .named(String(text))
    }
  }
}
