/// A patch that could not be applied, in the API server's words where it has some.
package struct PatchError: Error, Hashable, Sendable, CustomStringConvertible {
  package var description: String
  package init(_ description: String) { self.description = description }
}

extension JSONValue {
  /// The value after a JSON merge patch (RFC 7386): members replace members, null removes, lists are replaced whole.
  package func applyingMergePatch(_ patch: JSONValue) -> JSONValue {
    guard let changes = patch.object else { return patch }
    var result = object ?? JSONObject()
    for change in changes.members {
      result[change.key] = change.value.isNull ? nil : (result[change.key] ?? .null).applyingMergePatch(change.value)
    }
    return .object(result)
  }

  /// The value after a JSON patch (RFC 6902): a list of `add`, `remove`, `replace`, `move`, `copy` and `test`.
  package func applyingJSONPatch(_ patch: JSONValue) throws(PatchError) -> JSONValue {
    guard let operations = patch.array else { throw PatchError("json patch: the patch is not a list of operations") }
    var result = self
    for operation in operations { try result.apply(operation) }
    return result
  }

  private mutating func apply(_ operation: JSONValue) throws(PatchError) {
    guard let kind = operation["op"]?.string else { throw PatchError("json patch: an operation has no \"op\"") }
    let path = try Self.pointer(operation["path"])
    switch kind {
    case "add": try edit(path[...], .add(operation["value"] ?? .null))
    case "replace": try edit(path[...], .replace(operation["value"] ?? .null))
    case "remove": try edit(path[...], .remove)
    case "test":
      guard value(at: path) == operation["value"] else {
        throw PatchError("testing value /\(path.joined(separator: "/")) failed: test failed")
      }
    case "copy", "move":
      let from = try Self.pointer(operation["from"])
      guard let moved = value(at: from) else {
        throw PatchError("\(kind) operation does not apply: doc is missing from path")
      }
      if kind == "move" { try edit(from[...], .remove) }
      try edit(path[...], .add(moved))
    default: throw PatchError("Unexpected kind: \(kind)")
    }
  }

  private enum Edit {
    case add(JSONValue), replace(JSONValue), remove
  }

  private static func pointer(_ value: JSONValue?) throws(PatchError) -> [String] {
    guard let text = value?.string, text.isEmpty || text.hasPrefix("/") else {
      throw PatchError("json patch: a path must begin with \"/\"")
    }
    return text.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { part in
      String(part).replacing("~1", with: "/").replacing("~0", with: "~")
    }
  }

  private func value(at path: [String]) -> JSONValue? {
    var current: JSONValue? = self
    for part in path { current = current?.array != nil ? Int(part).flatMap { current?[$0] } : current?[part] }
    return current
  }

  private mutating func edit(_ path: ArraySlice<String>, _ edit: Edit) throws(PatchError) {
    guard let first = path.first else {
      if case .add(let value) = edit { self = value }
      if case .replace(let value) = edit { self = value }
      return
    }
    if path.count > 1 {
      guard var child = array != nil ? Int(first).flatMap({ self[$0] }) : self[first] else {
        throw PatchError("doc is missing path: /\(path.joined(separator: "/"))")
      }
      try child.edit(path.dropFirst(), edit)
      setChild(first, child)
    } else if let items = array {
      self = .array(try Self.edit(items, first, edit))
    } else {
      switch edit {
      case .add(let value): self[first] = value
      case .replace(let value):
        guard self[first] != nil else {
          throw PatchError("replace operation does not apply: doc is missing key: /\(first)")
        }
        self[first] = value
      case .remove:
        guard self[first] != nil else {
          throw PatchError("remove operation does not apply: doc is missing key: /\(first)")
        }
        self[first] = nil
      }
    }
  }

  private mutating func setChild(_ key: String, _ child: JSONValue) {
    if var items = array, let index = Int(key) {
      items[index] = child
      self = .array(items)
    } else {
      self[key] = child
    }
  }

  private static func edit(_ items: [JSONValue], _ key: String, _ edit: Edit) throws(PatchError) -> [JSONValue] {
    var items = items
    let index = key == "-" ? items.count : Int(key) ?? -1
    if case .add(let value) = edit {
      guard (0...items.count).contains(index) else {
        throw PatchError("add operation does not apply: invalid array index \(key)")
      }
      items.insert(value, at: index)
      return items
    }
    guard items.indices.contains(index) else {
      throw PatchError("operation does not apply: invalid array index \(key)")
    }
    if case .replace(let value) = edit { items[index] = value } else { items.remove(at: index) }
    return items
  }
}
