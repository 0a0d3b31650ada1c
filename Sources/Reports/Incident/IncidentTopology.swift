import Telemetry

/// The parts of the platform that an incident touched, as boxes in columns from the customers inwards, and what each suffered from
/// when. Pods of one program are one box.
package struct IncidentTopology: Sendable {
  struct Node: Sendable {
    /// Such as `spain/rds/payments`.
    var key: String
    var region: String
    /// Steps from the customers.
    var column: Int
    /// Below each other in one column of one region.
    var row: Int
    /// What it suffers from since when, `nil` when it is well again; in the order of time.
    var states: [(at: Double, effect: String?)] = []

    var kind: String { part(1) }
    var name: String { key.split(separator: "/").last.map(String.init) ?? key }

    private func part(_ index: Int) -> String {
      let parts = key.split(separator: "/", maxSplits: 2)
      return index < parts.count ? String(parts[index]) : ""
    }

    /// At a time since T0, in seconds.
    func effect(at time: Double) -> String? { states.last { $0.at <= time }?.effect }
  }

  private(set) var nodes: [Node] = []
  /// From who asks to who is asked, or from what suffers to what it suffers from.
  private(set) var edges: [IncidentRecord.Hop] = []

  init(_ record: IncidentRecord) {
    edges = record.hops.sorted { ($0.from, $0.to) < ($1.from, $1.to) }
    let way = Self.depths(edges)
    let causes = Self.causes(record, of: Set(way.map(\.key)))
    edges += causes.edges
    var rows: [String: Int] = [:]
    func place(_ key: String) -> Int { record.regions.firstIndex { $0.name == Self.region(key) } ?? .max }
    let inwards = way.sorted { (place($0.key), $0.depth, $0.key) < (place($1.key), $1.depth, $1.key) }
    for (key, column) in inwards + causes.nodes.map({ ($0.key, $0.column(way)) }) {
      let region = Self.region(key)
      let place = "\(region) \(column)"
      nodes.append(
        Node(
          key: key, region: region, column: column, row: rows[place, default: 0], states: Self.states(of: key, record)))
      rows[place, default: 0] += 1
    }
  }

  static func region(_ component: String) -> String {
    component.split(separator: "/").first.map(String.init) ?? ""
  }

  // MARK: Names

  /// The box of a component.
  ///
  /// - Parameter service: the program's name, where it is known.
  package static func node(_ component: String, service: String? = nil) -> String {
    let parts = component.split(separator: "/").map(String.init)
    guard parts.count > 2 else { return component }
    switch parts[1] {
    case "service": return "\(parts[0])/customer"
    case "pod" where parts.count == 4:
      // A ReplicaSet's pod is called deployment-hash-suffix.
      let name = service ?? parts[3].split(separator: "-").dropLast(2).joined(separator: "-")
      return "\(parts[0])/replicas/\(parts[2])/\(name)"
    case "deployment": return "\(parts[0])/replicas/\(parts[2...].joined(separator: "/"))"
    default: return component
    }
  }

  // MARK: Columns

  /// How far each box of the way of a request is from the customers.
  private static func depths(_ hops: [IncidentRecord.Hop]) -> [(key: String, depth: Int)] {
    let customers = Set(hops.map(\.from).filter { $0.hasSuffix("/customer") }).sorted()
    var depths = customers.map { (key: $0, depth: 0) }
    var next = 0
    while next < depths.count {
      for hop in hops where hop.from == depths[next].key && !depths.contains(where: { $0.key == hop.to }) {
        depths.append((hop.to, depths[next].depth + 1))
      }
      next += 1
    }
    return depths
  }

  private struct Cause {
    var key: String
    var targets: [String]

    /// Beside the outermost of what it hurts.
    func column(_ way: [(key: String, depth: Int)]) -> Int {
      way.filter { targets.contains($0.key) }.map(\.depth).min() ?? 0
    }
  }

  /// What is not on the way of a request, and was hit by a fault or suffered before something that is.
  private static func causes(
    _ record: IncidentRecord, of way: Set<String>
  ) -> (nodes: [Cause], edges: [IncidentRecord.Hop]) {
    var edges: [IncidentRecord.Hop] = []
    var found: [Cause] = []
    let degraded = record.components.filter { $0.effect != nil }
    let suffered = Set(degraded.map { node($0.component) })
    for change in degraded {
      let target = node(change.component)
      for source in change.dependsOn.map({ node($0) })
      where way.contains(target) && !way.contains(source) && source != target && suffered.contains(source) {
        let edge = IncidentRecord.Hop(from: target, to: source)
        guard !edges.contains(edge) else { continue }
        edges.append(edge)
        if let index = found.firstIndex(where: { $0.key == source }) {
          found[index].targets.append(target)
        } else {
          found.append(Cause(key: source, targets: [target]))
        }
      }
    }
    for target in record.faults.flatMap(\.targets).map({ node($0) })
    where !way.contains(target) && !found.contains(where: { $0.key == target }) {
      found.append(Cause(key: target, targets: []))
    }
    return (found, edges)
  }

  // MARK: States

  /// Where a deployment has an entry of its own, its pods' are left out: they come and go.
  private static func states(of key: String, _ record: IncidentRecord) -> [(at: Double, effect: String?)] {
    let all = record.components.filter { node($0.component) == key }
    let whole = all.filter { $0.component == key }
    let own = whole.isEmpty || key.hasSuffix("/customer") ? all : whole
    var suffering: [(component: String, effect: String)] = []
    var result: [(at: Double, effect: String?)] = []
    for change in own {
      suffering.removeAll { $0.component == change.component }
      if let effect = change.effect { suffering.append((change.component, effect)) }
      let effect = suffering.last?.effect
      if result.last?.effect != effect || result.isEmpty { result.append((change.at, effect)) }
    }
    return result
  }
}
