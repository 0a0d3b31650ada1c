import Documents

/// The conditions of a status: one of each type; the transition time moves with the status only.
package struct Conditions {
  private var list: [JSONValue]
  private let now: String

  /// - Parameter now: the timestamp that changed conditions get.
  package init(_ list: [JSONValue], now: String) {
    self.list = list
    self.now = now
  }

  package init(of object: KubeObject, now: String) {
    self.init(object.json.at("status", "conditions")?.array ?? [], now: now)
  }

  package var json: JSONValue { .array(list) }

  package subscript(type: String) -> JSONValue? { list.first { $0["type"]?.string == type } }

  /// The reason of the condition of a type.
  package func reason(_ type: String) -> String? { self[type]?["reason"]?.string }

  package func isTrue(_ type: String) -> Bool { self[type]?["status"]?.string == "True" }

  /// - Parameter touch: whether to write a new update time even when nothing else changes.
  package mutating func set(
    _ type: String, _ status: String, _ reason: String, _ message: String, touch: Bool = false
  ) {
    let old = self[type]
    var condition: JSONValue = ["type": .string(type), "status": .string(status)]
    if !reason.isEmpty { condition["reason"] = .string(reason) }
    if !message.isEmpty { condition["message"] = .string(message) }
    let isSame = old?["status"]?.string == status && old?["reason"]?.string ?? "" == reason
    condition["lastUpdateTime"] = isSame && !touch ? old?["lastUpdateTime"] ?? .string(now) : .string(now)
    condition["lastTransitionTime"] =
      old?["status"]?.string == status ? old?["lastTransitionTime"] ?? .string(now) : .string(now)
    put(condition, type)
  }

  /// Sets a condition of a kind that keeps no update time (pods, nodes' readiness aside): only its transition is dated.
  package mutating func setDatedByTransition(_ type: String, _ status: String, _ reason: String, _ message: String) {
    set(type, status, reason, message)
    guard var condition = self[type] else { return }
    condition["lastUpdateTime"] = nil
    put(condition, type)
  }

  package mutating func remove(_ type: String) { list.removeAll { $0["type"]?.string == type } }

  private mutating func put(_ condition: JSONValue, _ type: String) {
    if let index = list.firstIndex(where: { $0["type"]?.string == type }) {
      list[index] = condition
    } else {
      list.append(condition)
    }
  }
}
