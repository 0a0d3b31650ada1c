/// The lists of built-in types that a strategic merge patch merges by a key, from the `patchMergeKey` tags of k8s.io/api
/// (core/v1/types.go, apps/v1/types.go, meta/v1/types.go). Lists that are not named here are replaced whole.
private let mergeKeys: [(field: String, key: String)] = [
  ("containers", "name"), ("initContainers", "name"), ("ephemeralContainers", "name"), ("env", "name"),
  ("volumes", "name"), ("volumeMounts", "mountPath"), ("volumeDevices", "devicePath"), ("imagePullSecrets", "name"),
  ("hostAliases", "ip"), ("conditions", "type"), ("ownerReferences", "uid"), ("addresses", "type"), ("secrets", "name"),
  ("topologySpreadConstraints", "topologyKey"),
]

/// Lists of plain values that are merged as sets.
private let mergedPrimitiveLists = ["finalizers"]

private func mergeKey(of field: String, items: [JSONValue]) -> String? {
  // `ports` has two merge keys: the container's port and the service's.
  if field == "ports" { return items.contains { $0["containerPort"] != nil } ? "containerPort" : "port" }
  return mergeKeys.first { $0.field == field }?.key
}

extension JSONValue {
  /// The value after a Kubernetes strategic merge patch: like a merge patch, but the lists of the table above are merged item
  /// by item; `$patch: delete` and `$patch: replace` and `$deleteFromPrimitiveList/…` are honoured, `$setElementOrder/…` and
  /// `$retainKeys` guide only the order and are dropped (apimachinery, `strategicpatch/patch.go`).
  package func applyingStrategicMergePatch(_ patch: JSONValue) -> JSONValue {
    guard let changes = patch.object else { return patch }
    if changes["$patch"]?.string == "replace" { return patch.withoutDirectives }
    var result = object ?? JSONObject()
    for change in changes.members where !change.key.hasPrefix("$") {
      if change.value.isNull {
        result[change.key] = nil
      } else if let items = change.value.array {
        result[change.key] = .array(Self.mergeList(change.key, result[change.key]?.array ?? [], items))
      } else if change.value["$patch"]?.string == "delete" {
        result[change.key] = nil
      } else {
        result[change.key] = (result[change.key] ?? .null).applyingStrategicMergePatch(change.value)
      }
    }
    for change in changes.members where change.key.hasPrefix("$deleteFromPrimitiveList/") {
      let field = String(change.key.dropFirst("$deleteFromPrimitiveList/".count))
      let removed = change.value.array ?? []
      result[field] = .array((result[field]?.array ?? []).filter { !removed.contains($0) })
    }
    return .object(result)
  }

  private var withoutDirectives: JSONValue {
    guard let object else { return self }
    return .object(JSONObject(object.members.filter { !$0.key.hasPrefix("$") }.map { ($0.key, $0.value) }))
  }

  private static func mergeList(_ field: String, _ original: [JSONValue], _ patch: [JSONValue]) -> [JSONValue] {
    if mergedPrimitiveLists.contains(field) { return original + patch.filter { !original.contains($0) } }
    if patch.contains(["$patch": "replace"]) { return patch.filter { $0["$patch"] == nil } }
    guard let key = mergeKey(of: field, items: original + patch) else { return patch.map(\.withoutDirectives) }
    var result = original
    for item in patch {
      let index = result.firstIndex { $0[key] == item[key] && item[key] != nil }
      if item["$patch"]?.string == "delete" {
        if let index { result.remove(at: index) }
      } else if let index {
        result[index] = result[index].applyingStrategicMergePatch(item)
      } else {
        result.append(JSONValue.null.applyingStrategicMergePatch(item))
      }
    }
    return result
  }

  /// The strategic merge patch that leads from `self` to `modified`, with deletions taken from what was last applied: what
  /// `kubectl apply` sends (apimachinery, `CreateThreeWayMergePatch`).
  ///
  /// - Parameter lastApplied: the object of the last `apply`; members that it has and `modified` lacks are deleted.
  package func threeWayPatch(to modified: JSONValue, lastApplied: JSONValue?) -> JSONValue {
    var patch = JSONObject()
    for member in modified.object?.members ?? [] {
      let current = self[member.key]
      if let items = member.value.array {
        if let key = mergeKey(of: member.key, items: items + (current?.array ?? [])) {
          let changes = Self.listPatch(current?.array ?? [], items, lastApplied?[member.key]?.array ?? [], key: key)
          if !changes.isEmpty { patch[member.key] = .array(changes) }
        } else if current != member.value {
          patch[member.key] = member.value
        }
      } else if member.value.object != nil, let current, current.object != nil {
        let inner = current.threeWayPatch(to: member.value, lastApplied: lastApplied?[member.key])
        if inner.object?.isEmpty == false { patch[member.key] = inner }
      } else if current != member.value {
        patch[member.key] = member.value
      }
    }
    for member in lastApplied?.object?.members ?? [] where modified[member.key] == nil && self[member.key] != nil {
      patch[member.key] = .null
    }
    return .object(patch)
  }

  private static func listPatch(
    _ current: [JSONValue], _ modified: [JSONValue], _ lastApplied: [JSONValue], key: String
  ) -> [JSONValue] {
    var changes: [JSONValue] = []
    for item in modified {
      let existing = current.first { $0[key] == item[key] }
      guard let existing else {
        changes.append(item)
        continue
      }
      var inner = existing.threeWayPatch(to: item, lastApplied: lastApplied.first { $0[key] == item[key] })
      guard inner.object?.isEmpty == false else { continue }
      inner[key] = item[key]
      changes.append(inner)
    }
    for item in lastApplied where !modified.contains(where: { $0[key] == item[key] }) {
      guard let value = item[key], current.contains(where: { $0[key] == value }) else { continue }
      changes.append(["$patch": "delete", key: value])
    }
    return changes
  }
}
