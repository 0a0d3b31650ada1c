import Documents

// How Go prints values with `%#v`: field errors show structures so until version 1.34 (apimachinery,
// `pkg/util/validation/field/errors.go`, `ErrorBody`).
enum GoText {
  /// `map[string]string{"app":"web"}`; without a value `map[string]string(nil)`.
  static func map(_ json: JSONValue?) -> String {
    guard let object = json?.object else { return "map[string]string(nil)" }
    let members = object.sortedMembers.map { "\(goQuoted($0.key)):\(goQuoted($0.value.string ?? ""))" }
    return "map[string]string{\(members.joined(separator: ", "))}"
  }

  /// `[]string{"a", "b"}`.
  static func list(_ items: [String]) -> String { "[]string{\(items.map(goQuoted).joined(separator: ", "))}" }

  /// `v1.LabelSelector{MatchLabels:…, MatchExpressions:…}`.
  static func selector(_ json: JSONValue?) -> String {
    let requirements = (json?["matchExpressions"]?.array).map { items in
      "[]v1.LabelSelectorRequirement{"
        + items.map { item in
          let values = (item["values"]?.array ?? []).compactMap(\.string)
          return "v1.LabelSelectorRequirement{Key:\(goQuoted(item["key"]?.string ?? "")), "
            + "Operator:\(goQuoted(item["operator"]?.string ?? "")), "
            + "Values:\(values.isEmpty ? "[]string(nil)" : list(values))}"
        }.joined(separator: ", ") + "}"
    }
    return "v1.LabelSelector{MatchLabels:\(map(json?["matchLabels"])), "
      + "MatchExpressions:\(requirements ?? "[]v1.LabelSelectorRequirement(nil)")}"
  }

  /// `intstr.IntOrString{Type:0, IntVal:0, StrVal:""}`.
  static func intOrString(_ json: JSONValue?) -> String {
    if let text = json?.string { return "intstr.IntOrString{Type:1, IntVal:0, StrVal:\(goQuoted(text))}" }
    return "intstr.IntOrString{Type:0, IntVal:\(json?.integer ?? 0), StrVal:\"\"}"
  }

  /// `policy.PodDisruptionBudgetSpec{…}` with an address for each pointer, as Go prints it.
  static func disruptionBudget(_ spec: JSONValue) -> String {
    let selector = spec["selector"] == nil ? "(*v1.LabelSelector)(nil)" : "(*v1.LabelSelector)(0xc0008a4e20)"
    func bound(_ key: String, _ address: String) -> String {
      spec[key] == nil ? "(*intstr.IntOrString)(nil)" : "(*intstr.IntOrString)(\(address))"
    }
    return
      "policy.PodDisruptionBudgetSpec{MinAvailable:\(bound("minAvailable", "0xc0008a4de0")), Selector:\(selector), "
      + "MaxUnavailable:\(bound("maxUnavailable", "0xc0008a4e00")), "
      + "UnhealthyPodEvictionPolicy:(*policy.UnhealthyPodEvictionPolicyType)(nil)}"
  }
}
