import Documents
import SimulationKernel

/// An API object: its kind and its JSON tree, unknown fields kept.
package struct KubeObject: Sendable {
  package let kind: ResourceKind
  package var json: JSONValue

  package init(_ kind: ResourceKind, _ json: JSONValue) {
    self.kind = kind
    self.json = json
  }

  /// A new object with a name.
  package init(_ kind: ResourceKind, namespace: String = "", name: String) {
    self.kind = kind
    json = ["apiVersion": .string(kind.apiVersion), "kind": .string(kind.kind), "metadata": ["name": .string(name)]]
    if kind.isNamespaced { json.set("metadata", "namespace", to: .string(namespace)) }
  }

  package var name: String { json.at("metadata", "name")?.string ?? "" }
  package var namespace: String { json.at("metadata", "namespace")?.string ?? "" }
  package var uid: String { json.at("metadata", "uid")?.string ?? "" }
  package var resourceVersion: Int64 { json.at("metadata", "resourceVersion")?.string.flatMap { Int64($0) } ?? 0 }
  package var generation: Int64 { json.at("metadata", "generation")?.integer ?? 0 }
  package var creationTimestamp: String { json.at("metadata", "creationTimestamp")?.string ?? "" }
  package var deletionTimestamp: String? { json.at("metadata", "deletionTimestamp")?.string }
  package var isTerminating: Bool { deletionTimestamp != nil }
  package var spec: JSONValue { json["spec"] ?? [:] }
  package var status: JSONValue { json["status"] ?? [:] }

  package func label(_ key: String) -> String? { json.at("metadata", "labels")?[key]?.string }
  package func annotation(_ key: String) -> String? { json.at("metadata", "annotations")?[key]?.string }
  package var labels: JSONObject { json.at("metadata", "labels")?.object ?? JSONObject() }

  /// What must be done before the object may go, by name.
  package var finalizers: [String] {
    get { (json.at("metadata", "finalizers")?.array ?? []).compactMap(\.string) }
    set { json.set("metadata", "finalizers", to: newValue.isEmpty ? nil : .array(newValue.map { .string($0) })) }
  }

  /// Namespace and name; objects of one kind are ordered by it.
  package var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }

  /// The uid of the controller that owns it.
  package var controllerUID: String? { controller?["uid"]?.string }
  package var controller: JSONValue? {
    json.at("metadata", "ownerReferences")?.array?.first { $0["controller"]?.bool == true }
  }

  /// Makes `owner` its controller.
  package mutating func setController(_ owner: KubeObject) {
    json.set(
      "metadata", "ownerReferences",
      to: [
        [
          "apiVersion": .string(owner.kind.apiVersion), "kind": .string(owner.kind.kind), "name": .string(owner.name),
          "uid": .string(owner.uid), "controller": true, "blockOwnerDeletion": true,
        ]
      ])
  }

  /// The condition of a type in its status.
  package func condition(_ type: String) -> JSONValue? {
    json.at("status", "conditions")?.array?.first { $0["type"]?.string == type }
  }
}

/// Namespace and name of an object.
package struct ObjectKey: Hashable, Comparable, Sendable {
  package var namespace: String
  package var name: String

  package init(namespace: String, name: String) {
    self.namespace = namespace
    self.name = name
  }

  package static func < (left: ObjectKey, right: ObjectKey) -> Bool {
    (left.namespace, left.name) < (right.namespace, right.name)
  }
}

/// Wall time inside a cluster: the simulation's instants as RFC 3339 text. The simulation begins at a fixed date, because
/// nothing of a run may depend on when it is run.
package enum ClusterClock {
  /// 2026-03-02T08:00:00Z, a Monday, in seconds since 1970.
  package static let epoch: Int64 = 1_772_438_400

  /// Microseconds since 1970.
  package static func microseconds(_ instant: Instant) -> Int64 { epoch * 1_000_000 + instant.nanoseconds / 1000 }

  /// Milliseconds since 1970.
  package static func milliseconds(_ instant: Instant) -> Int64 { epoch * 1000 + instant.nanoseconds / 1_000_000 }

  /// Seconds since 1970.
  package static func seconds(_ instant: Instant) -> Double { Double(epoch) + instant.seconds }

  /// Such as `2026-03-02T08:00:05Z`.
  package static func timestamp(_ instant: Instant) -> String { text(epoch + instant.nanoseconds / 1_000_000_000) }

  /// The instant of a timestamp written by `timestamp`.
  package static func instant(_ text: String) -> Instant? {
    let parts = text.split { "-T:Z.".contains($0) }.compactMap { Int64($0) }
    guard parts.count >= 6 else { return nil }
    let days = daysFromCivil(parts[0], parts[1], parts[2])
    let seconds = days * 86400 + parts[3] * 3600 + parts[4] * 60 + parts[5]
    return Instant(nanoseconds: (seconds - epoch) * 1_000_000_000)
  }

  private static func text(_ seconds: Int64) -> String {
    let days = seconds / 86400
    let (year, month, day) = civil(days)
    let rest = seconds % 86400
    return "\(year)-\(two(month))-\(two(day))T\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))Z"
  }

  private static func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }

  // The proleptic Gregorian calendar in 400-year eras that begin in March (Richards' algorithm).
  private static func civil(_ days: Int64) -> (Int64, Int64, Int64) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
  }

  private static func daysFromCivil(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = shiftedYear / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
