import Documents
import SimulationKernel

/// Writes Event objects: the same event about the same object is one object with a rising count (client-go,
/// `tools/record/events_cache.go`); events live one hour.
@Simulated
package final class EventRecorder {
  private struct Key: Hashable {
    var involved: String
    var type: String
    var reason: String
    var message: String
    var source: String
  }

  private let server: APIServer
  private var known: [Key: String] = [:]
  private static let lifetime = TimeSpan.hours(1)
  private nonisolated static let expiry: EventName = "event.expiry"

  package init(_ server: APIServer) { self.server = server }

  package enum Kind: String, Sendable { case normal = "Normal", warning = "Warning" }

  /// Records an event about an object.
  ///
  /// - Parameter field: what in the object is meant, such as `spec.containers{app}`.
  package func record(
    _ object: KubeObject, _ type: Kind, _ reason: String, _ message: String, from source: String, host: String = "",
    field: String = ""
  ) {
    let namespace = object.namespace.isEmpty ? "default" : object.namespace
    let key = Key(
      involved: "\(object.kind.kind)/\(object.uid)/\(field)", type: type.rawValue, reason: reason, message: message,
      source: source)
    if let name = known[key], var event = server.find(.event, namespace, name) {
      event.json["count"] = .integer((event.json["count"]?.integer ?? 1) + 1)
      event.json["lastTimestamp"] = .string(server.timestamp)
      _ = try? server.update(event, as: source)
      return
    }
    let suffix = String(
      fnv1a("\(object.uid)/\(reason)/\(message)/\(server.simulation.now.nanoseconds)".utf8), radix: 16)
    var event = KubeObject(.event, namespace: namespace, name: "\(object.name).\(suffix)")
    var involved: JSONValue = [
      "apiVersion": .string(object.kind.apiVersion), "kind": .string(object.kind.kind), "name": .string(object.name),
      "namespace": .string(object.namespace), "uid": .string(object.uid),
    ]
    if !field.isEmpty { involved["fieldPath"] = .string(field) }
    event.json["involvedObject"] = involved
    event.json["type"] = .string(type.rawValue)
    event.json["reason"] = .string(reason)
    event.json["message"] = .string(message)
    event.json["source"] =
      host.isEmpty ? ["component": .string(source)] : ["component": .string(source), "host": .string(host)]
    event.json["count"] = 1
    event.json["firstTimestamp"] = .string(server.timestamp)
    event.json["lastTimestamp"] = .string(server.timestamp)
    guard let created = try? server.create(event, as: source) else { return }
    known[key] = created.name
    server.simulation.after(Self.lifetime, Self.expiry) { [weak self] in self?.expire(key, namespace, created.name) }
  }

  private func expire(_ key: Key, _ namespace: String, _ name: String) {
    guard let event = server.find(.event, namespace, name) else { return }
    let last = event.json["lastTimestamp"]?.string.flatMap(ClusterClock.instant) ?? .zero
    let age = server.simulation.now - last
    if age < Self.lifetime {
      server.simulation.after(Self.lifetime - age, Self.expiry) { [weak self] in self?.expire(key, namespace, name) }
    } else {
      known[key] = nil
      try? server.delete(.event, namespace, name, as: "kube-apiserver")
    }
  }
}
