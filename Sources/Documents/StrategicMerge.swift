extension JSONValue {
  /// The value after a Kubernetes strategic merge patch: like a merge patch, but lists that have a merge key are merged item
  /// by item (apimachinery, `pkg/util/strategicpatch/patch.go`, `mergeMap`).
  ///
  /// Directives: `$patch: replace|delete` in a mapping or an item, `$retainKeys`, `$setElementOrder/FIELD` and
  /// `$deleteFromPrimitiveList/FIELD`. Items that lack their merge key are appended; ask `strategicMergeProblem` before.
  package func applyingStrategicMergePatch(_ patch: JSONValue) -> JSONValue {
    guard let changes = patch.object else { return patch }
    switch changes["$patch"]?.string {
    case "replace": return patch.withoutDirectives
    case "delete": return .object(JSONObject())
    default: break
    }
    var result = object ?? JSONObject()
    if let retained = changes["$retainKeys"]?.array {
      for member in result.members where !retained.contains(.string(member.key)) { result[member.key] = nil }
    }
    for change in changes.members {
      if let field = change.key.directiveField("$deleteFromPrimitiveList/") {
        let removed = change.value.array ?? []
        if let items = result[field]?.array { result[field] = .array(items.filter { !removed.contains($0) }) }
      }
    }
    for change in changes.members where !change.key.hasPrefix("$") {
      let order = changes["$setElementOrder/\(change.key)"]?.array
      result[change.key] = result[change.key].merged(field: change.key, with: change.value, order: order)
    }
    for change in changes.members {
      // An order without changes to the list's items still sorts the list.
      if let field = change.key.directiveField("$setElementOrder/"), changes[field] == nil,
        let items = result[field]?.array
      {
        result[field] = .array(ordered(items, field: field, by: change.value.array ?? [], server: items))
      }
    }
    return .object(result)
  }

  /// What is wrong with a strategic merge patch before it is applied, in the API server's words: an item of a keyed list
  /// that lacks its key, or a directive that does not exist.
  package var strategicMergeProblem: PatchError? {
    for member in object?.members ?? [] {
      if member.key == "$patch", !["replace", "delete", "merge"].contains(member.value.string) {
        return PatchError("Unknown patch type: \(member.value.string ?? member.value.jsonText())")
      }
      if let items = member.value.array, !member.key.hasPrefix("$") {
        let key = StrategicMergeSchema.keyedList(member.key, items: items)?.key
        for item in items {
          if let key, item["$patch"]?.string != "replace", item[key] == nil {
            return PatchError("map: \(item.goText) does not contain declared merge key: \(key)")
          }
          if let problem = item.strategicMergeProblem { return problem }
        }
      } else if let problem = member.value.strategicMergeProblem {
        return problem
      }
    }
    return nil
  }

  fileprivate var withoutDirectives: JSONValue {
    guard let object else { return self }
    return .object(JSONObject(distinct: object.members.filter { !$0.key.hasPrefix("$") }.map { ($0.key, $0.value) }))
  }

  /// The value as Go prints it with `%v`: `map[image:nginx]`.
  private var goText: String {
    switch self {
    case .null: "<nil>"
    case .string(let text): text
    case .array(let items): "[\(items.map(\.goText).joined(separator: " "))]"
    case .object(let object):
      "map[\(object.sortedMembers.map { "\($0.key):\($0.value.goText)" }.joined(separator: " "))]"
    default: jsonText()
    }
  }
}

extension JSONValue? {
  /// A field after its part of a patch; `nil` removes it.
  fileprivate func merged(field: String, with change: JSONValue, order: [JSONValue]?) -> JSONValue? {
    if change.isNull { return nil }
    if let changes = change.array {
      return .array(mergedList(field, self?.array ?? [], changes, order: order))
    }
    return (self ?? .null).applyingStrategicMergePatch(change)
  }
}

extension String {
  /// The field that a directive key such as `$setElementOrder/env` is about.
  fileprivate func directiveField(_ directive: String) -> String? {
    hasPrefix(directive) ? String(dropFirst(directive.count)) : nil
  }
}

private func mergedList(
  _ field: String, _ original: [JSONValue], _ patch: [JSONValue], order: [JSONValue]?
) -> [JSONValue] {
  if StrategicMergeSchema.mergedPrimitiveLists.contains(field) {
    let merged = original + patch.filter { !original.contains($0) }
    return order.map { ordered(merged, field: field, by: $0, server: original) } ?? merged
  }
  if patch.contains(where: { $0["$patch"]?.string == "replace" }) {
    return patch.filter { $0["$patch"] == nil }
  }
  guard let list = StrategicMergeSchema.keyedList(field, items: original + patch) else {
    return patch.map(\.withoutDirectives)
  }
  var result = original
  for item in patch {
    let index = item[list.key].flatMap { key in result.firstIndex { $0[list.key] == key } }
    if item["$patch"]?.string == "delete" {
      if let index { result.remove(at: index) }
    } else if let index {
      result[index] = result[index].applyingStrategicMergePatch(item)
    } else {
      result.append(JSONValue.null.applyingStrategicMergePatch(item))
    }
  }
  return order.map { ordered(result, field: field, by: $0, server: original) } ?? result
}

/// Sorts the items that an order names as it names them; the others keep the server's order among themselves, and stand
/// before a named item unless the server had them behind it (`normalizeElementOrder`, `mergeSortedSlice`).
private func ordered(
  _ items: [JSONValue], field: String, by order: [JSONValue], server: [JSONValue]
) -> [JSONValue] {
  let key = StrategicMergeSchema.keyedList(field, items: items)?.key
  func identity(_ item: JSONValue) -> JSONValue { key.flatMap { item[$0] } ?? item }
  let wanted = order.map(identity)
  let serverOrder = server.map(identity)
  var named = wanted.compactMap { name in items.first { identity($0) == name } }[...]
  var others = items.filter { !wanted.contains(identity($0)) }[...]
  var result: [JSONValue] = []
  while let left = named.first, let right = others.first {
    let leftIndex = serverOrder.firstIndex(of: identity(left))
    let rightIndex = serverOrder.firstIndex(of: identity(right))
    if let leftIndex, let rightIndex, leftIndex < rightIndex {
      result.append(named.removeFirst())
    } else {
      result.append(others.removeFirst())
    }
  }
  return result + named + others
}
