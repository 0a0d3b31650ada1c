import Documents
import KubernetesModel
import SimulationKernel
import Telemetry

/// A metric family of kube-state-metrics: what one object contributes to it (kubernetes/kube-state-metrics, docs/metrics).
struct StateFamily: Sendable {
  let name: String
  let type: ExpositionText.MetricType
  let help: String
  let write: @Sendable (StateSource, inout StateSamples) -> Void

  init(
    _ name: String, _ help: String, _ type: ExpositionText.MetricType = .gauge,
    _ write: @escaping @Sendable (StateSource, inout StateSamples) -> Void
  ) {
    self.name = name
    self.type = type
    self.help = help
    self.write = write
  }

  /// A family of one sample an object: a number of it, left out where it has none.
  static func number(
    _ name: String, _ help: String, _ type: ExpositionText.MetricType = .gauge, _ path: String...
  ) -> StateFamily {
    StateFamily(name, help, type) { source, samples in
      if let value = source.at(path)?.number { samples.add(value: value) }
    }
  }

  /// A number of the status that the API leaves out when it is zero.
  static func count(_ name: String, _ help: String, _ field: String) -> StateFamily {
    StateFamily(name, help) { source, samples in samples.add(value: source.at(["status", field])?.number ?? 0) }
  }

  /// When the object was created.
  static func created(_ name: String) -> StateFamily {
    StateFamily(name, "Unix creation timestamp") { source, samples in
      if let seconds = source.seconds(["metadata", "creationTimestamp"]) { samples.add(value: seconds) }
    }
  }

  /// Conditions of the object's status, each with one sample for `true`, `false` and `unknown`.
  static func conditions(_ name: String, _ help: String) -> StateFamily {
    StateFamily(name, help) { source, samples in
      for condition in source.at(["status", "conditions"])?.array ?? [] {
        let status = condition["status"]?.string?.lowercased() ?? "unknown"
        for word in ["true", "false", "unknown"] {
          samples.add(
            [("condition", condition["type"]?.string ?? ""), ("status", word)], value: word == status ? 1 : 0)
        }
      }
    }
  }
}

/// An object as the families read it.
struct StateSource: Sendable {
  let json: JSONValue

  func at(_ path: [String]) -> JSONValue? {
    var value: JSONValue? = json
    for key in path { value = value?[key] }
    return value
  }

  func string(_ path: String...) -> String { at(path)?.string ?? "" }

  /// A timestamp in seconds since 1970.
  func seconds(_ path: [String]) -> Double? { Self.seconds(at(path)) }

  static func seconds(_ value: JSONValue?) -> Double? {
    value?.string.flatMap(ClusterClock.instant).map { ClusterClock.seconds($0) }
  }

  /// The controller, as the labels `owner_*` and `created_by_*` name it.
  var owner: (kind: String, name: String)? {
    let references = at(["metadata", "ownerReferences"])?.array ?? []
    guard let reference = references.first(where: { $0["controller"]?.bool == true }) else { return nil }
    return (reference["kind"]?.string ?? "", reference["name"]?.string ?? "")
  }

  /// The condition of a type.
  func condition(_ type: String) -> JSONValue? {
    at(["status", "conditions"])?.array?.first { $0["type"]?.string == type }
  }
}

/// The samples of one object in one family.
struct StateSamples {
  private(set) var text: ExpositionText
  private let name: String
  private let labels: [(String, String)]

  init(_ name: String, _ labels: [(String, String)]) {
    text = ExpositionText(capacity: 0)
    self.name = name
    self.labels = labels
  }

  /// Adds a sample with the object's own labels and others behind them.
  mutating func add(_ more: [(String, String)] = [], value: Double) { text.sample(name, labels + more, value) }

  /// Adds the amounts of a resource list under the names and units that kube-state-metrics gives them.
  mutating func add(resources: JSONValue?, _ more: [(String, String)] = []) {
    for member in (resources?.object?.members ?? []).sorted(by: { $0.key < $1.key }) {
      guard let quantity = try? Quantity(member.value) else { continue }
      let unit =
        switch member.key {
        case "cpu": "core"
        case "memory", "storage", "ephemeral-storage": "byte"
        default: "integer"
        }
      let resource = String(decoding: member.key.utf8.map { Self.isWord($0) ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
      add(more + [("resource", resource), ("unit", unit)], value: quantity.doubleValue)
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
  }
}
