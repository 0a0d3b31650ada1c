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
