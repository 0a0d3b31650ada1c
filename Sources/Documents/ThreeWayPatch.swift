extension JSONValue {
  /// The strategic merge patch that leads from the live object to the modified one, with deletions taken from what was
  /// applied last: what `kubectl apply` sends for built-in types (apimachinery, `CreateThreeWayMergePatch`). Empty when
  /// nothing is to be changed; what others set in the live object stays.
  ///
  /// - Parameter lastApplied: the object of the last `apply`, from the annotation
  ///   `kubectl.kubernetes.io/last-applied-configuration`; members that it has and `modified` lacks are deleted.
  package func threeWayPatch(to modified: JSONValue, lastApplied: JSONValue?) -> JSONValue {
    .object(ThreeWayDifference(isStrategic: true).patch(live: self, modified: modified, lastApplied: lastApplied))
  }

  /// The same as a JSON merge patch, which replaces lists whole: what `kubectl apply` sends for custom resources
  /// (`jsonmergepatch.CreateThreeWayJSONMergePatch`).
  package func threeWayMergePatch(to modified: JSONValue, lastApplied: JSONValue?) -> JSONValue {
    .object(ThreeWayDifference(isStrategic: false).patch(live: self, modified: modified, lastApplied: lastApplied))
  }
}

private struct ThreeWayDifference {
  let isStrategic: Bool

  func patch(live: JSONValue, modified: JSONValue, lastApplied: JSONValue?) -> JSONObject {
    var patch = JSONObject()
    for member in modified.object?.members ?? [] {
      let current = live[member.key]
      let applied = lastApplied?[member.key]
      if let items = member.value.array, let keyed = keyedList(member.key, items + (current?.array ?? [])) {
        addListPatch(keyed, live: current?.array ?? [], modified: items, lastApplied: applied?.array ?? [], to: &patch)
      } else if let items = member.value.array, isStrategic,
        StrategicMergeSchema.mergedPrimitiveLists.contains(member.key)
      {
        addSetPatch(member.key, live: current?.array ?? [], items, lastApplied: applied?.array ?? [], to: &patch)
      } else if member.value.object != nil, let current, current.object != nil {
        var inner = self.patch(live: current, modified: member.value, lastApplied: applied)
        if inner.isEmpty { continue }
        if isStrategic, StrategicMergeSchema.keyRetainingMappings.contains(member.key) {
          retainKeys(of: member.value, in: &inner)
        }
        patch[member.key] = .object(inner)
      } else if current != member.value {
        patch[member.key] = member.value
      }
    }
    for member in lastApplied?.object?.members ?? [] where modified[member.key] == nil && live[member.key] != nil {
      patch[member.key] = .null
    }
    return patch
  }

  private func keyedList(_ field: String, _ items: [JSONValue]) -> StrategicMergeSchema.KeyedList? {
    isStrategic ? StrategicMergeSchema.keyedList(field, items: items) : nil
  }

  private func addListPatch(
    _ list: StrategicMergeSchema.KeyedList, live: [JSONValue], modified: [JSONValue], lastApplied: [JSONValue],
    to patch: inout JSONObject
  ) {
    func item(_ key: JSONValue?, in items: [JSONValue]) -> JSONValue? { items.first { $0[list.key] == key } }
    var changes: [JSONValue] = []
    for wanted in modified {
      let key = wanted[list.key]
      guard let existing = item(key, in: live) else {
        changes.append(wanted)
        continue
      }
      var inner = self.patch(live: existing, modified: wanted, lastApplied: item(key, in: lastApplied))
      if inner.isEmpty { continue }
      if list.retainsKeys { retainKeys(of: wanted, in: &inner) }
      inner[list.key] = key
      changes.append(.object(inner))
    }
    for applied in lastApplied {
      guard let key = applied[list.key], item(key, in: modified) == nil, item(key, in: live) != nil else { continue }
      changes.append(["$patch": "delete", list.key: key])
    }
    let wantedOrder = modified.compactMap { $0[list.key] }
    let liveOrder = live.compactMap { $0[list.key] }.filter(wantedOrder.contains)
    if changes.isEmpty, liveOrder == wantedOrder { return }
    patch["$setElementOrder/\(list.field)"] = .array(wantedOrder.map { [list.key: $0] })
    if !changes.isEmpty { patch[list.field] = .array(changes) }
  }

  private func addSetPatch(
    _ field: String, live: [JSONValue], _ modified: [JSONValue], lastApplied: [JSONValue], to patch: inout JSONObject
  ) {
    let added = modified.filter { !live.contains($0) }
    let removed = lastApplied.filter { !modified.contains($0) && live.contains($0) }
    if !removed.isEmpty { patch["$deleteFromPrimitiveList/\(field)"] = .array(removed) }
    if !added.isEmpty { patch[field] = .array(added) }
  }

  private func retainKeys(of value: JSONValue, in patch: inout JSONObject) {
    patch["$retainKeys"] = .array((value.object?.keys ?? []).sorted().map(JSONValue.string))
  }
}
