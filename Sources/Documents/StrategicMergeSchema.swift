/// How a strategic merge patch treats the fields of built-in types: the `patchStrategy` and `patchMergeKey` tags of
/// k8s.io/api (core/v1, apps/v1, autoscaling/v2, batch/v1, networking/v1) and apimachinery (meta/v1).
enum StrategicMergeSchema {
  /// A list whose items are merged by a key.
  struct KeyedList {
    var field: String
    var key: String
    /// Whether a merged item keeps only the keys that `$retainKeys` names.
    var retainsKeys = false
  }

  private static let keyedLists: [KeyedList] = [
    KeyedList(field: "containers", key: "name"),
    KeyedList(field: "initContainers", key: "name"),
    KeyedList(field: "ephemeralContainers", key: "name"),
    KeyedList(field: "env", key: "name"),
    KeyedList(field: "volumes", key: "name", retainsKeys: true),
    KeyedList(field: "volumeMounts", key: "mountPath"),
    KeyedList(field: "volumeDevices", key: "devicePath"),
    KeyedList(field: "imagePullSecrets", key: "name"),
    KeyedList(field: "secrets", key: "name"),
    KeyedList(field: "hostAliases", key: "ip"),
    KeyedList(field: "podIPs", key: "ip"),
    KeyedList(field: "hostIPs", key: "ip"),
    KeyedList(field: "topologySpreadConstraints", key: "topologyKey"),
    KeyedList(field: "schedulingGates", key: "name"),
    KeyedList(field: "resourceClaims", key: "name", retainsKeys: true),
    KeyedList(field: "conditions", key: "type"),
    KeyedList(field: "addresses", key: "type"),
    KeyedList(field: "ownerReferences", key: "uid"),
    KeyedList(field: "webhooks", key: "name"),
  ]

  /// Lists of plain values that are merged as sets.
  static let mergedPrimitiveLists = ["finalizers", "podCIDRs"]

  /// Mappings of which a patch keeps only the keys that `$retainKeys` names: `spec.strategy` of a Deployment.
  static let keyRetainingMappings = ["strategy"]

  /// How a list is merged, `nil` where it is replaced whole.
  ///
  /// - Parameter items: the list's items, old and new. `ports` has two keys: `containerPort` in a container, `port` in a
  ///   Service.
  static func keyedList(_ field: String, items: [JSONValue]) -> KeyedList? {
    if field == "ports" {
      let isContainer = items.contains { $0["containerPort"] != nil }
      return KeyedList(field: field, key: isContainer ? "containerPort" : "port")
    }
    guard let row = keyedLists.first(where: { $0.field == field }) else { return nil }
    // A list of the same name in another place, such as plain text under `secrets`, has no items to merge.
    return items.allSatisfy { $0.object != nil } ? row : nil
  }
}
