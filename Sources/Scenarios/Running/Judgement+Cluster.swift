import Documents
import Faults
import KubernetesModel
import SimulationKernel
import Telemetry
import TwinWorld

// Expectations about objects, events and logs. They look at the journal's versions, so that any instant can be asked for.
extension Judgement {
  private var journal: Journal { rehearsal.world.journal }

  private static func path(_ version: Journal.ResourceVersion) -> String {
    [version.region, version.kind.lowercased(), version.namespace, version.name].filter { !$0.isEmpty }.joined(
      separator: "/")
  }

  /// The stretches of time in which each matching object had one value, oldest first.
  private func versions(_ target: TargetPattern) -> [(path: String, from: Instant, to: Instant, object: JSONValue?)] {
    var result: [(path: String, from: Instant, to: Instant, object: JSONValue?)] = []
    var latest: [String: Int] = [:]
    for version in journal.resourceVersions where version.kind.lowercased() == target.kind || target.isGlob {
      let path = Self.path(version)
      guard target.matches(path) else { continue }
      if let index = latest[path] { result[index].to = version.at }
      let isGone =
        version.verb == "delete" && version.object.at("metadata", "deletionTimestamp") == nil
        || version.verb == "delete" && version.kind != "Pod"
      latest[path] = result.count
      result.append((path, version.at, .distantFuture, isGone ? nil : version.object))
    }
    return result
  }

  func judge(_ state: StateExpectation) -> Finding {
    let versions = versions(state.target.value)
    let limit = state.match.jsonText()
    var finding = Finding(
      verb: "state", subject: state.target.value.description, window: "", limit: limit, measured: "", isHeld: false)
    switch state.moment {
    case .at(let offset):
      finding.window = "at \(offset.value)"
      let instant = rehearsal.origin + (time(of: offset.value) ?? .zero)
      let alive = versions.filter { $0.from <= instant && instant < $0.to && $0.object != nil }
      let matching = alive.filter { $0.object?.contains(state.match) ?? false }
      finding.isHeld = !alive.isEmpty && matching.count >= state.mode.count(of: alive.count)
      finding.measured =
        alive.isEmpty
        ? "no such object" : alive.first.flatMap { $0.object?.part(like: state.match)?.jsonText() } ?? "no such fields"
    case .during(let window), .neverDuring(let window):
      finding.window = window.description
      guard let ends = ends(window) else {
        finding.measured = "the window is empty"
        return finding
      }
      let range = range(ends)
      let found = versions.first { version in
        version.from < range.upperBound && version.to > range.lowerBound
          && (version.object?.contains(state.match) ?? false)
      }
      let isNever = if case .neverDuring = state.moment { true } else { false }
      finding.isHeld = (found != nil) != isNever
      finding.measured =
        found.map { "\($0.path) at \(at(max($0.from, range.lowerBound) - rehearsal.origin))" } ?? "never"
    }
    return finding
  }

  func judge(_ event: EventExpectation) -> Finding {
    var finding = Finding(
      verb: "event", subject: "\(event.target.value) \(event.reason)", window: event.window.description,
      limit: event.occurrences.description, measured: "the window is empty", isHeld: false)
    guard let ends = ends(event.window) else { return finding }
    let range = range(ends)
    let seen = journal.resourceVersions.filter { version in
      guard version.kind == "Event", version.verb != "delete", range.contains(version.at) else { return false }
      let involved = version.object["involvedObject"]
      let namespace = involved?["namespace"]?.string ?? ""
      let path = [
        version.region, (involved?["kind"]?.string ?? "").lowercased(), namespace, involved?["name"]?.string ?? "",
      ]
      .filter { !$0.isEmpty }.joined(separator: "/")
      return version.object["reason"]?.string == event.reason && event.target.value.matches(path)
        && event.message.map { version.object["message"]?.string?.contains($0) ?? false } ?? true
    }
    finding.isHeld = event.occurrences.contains(seen.count)
    finding.measured = seen.first.map { "\(seen.count), first \(at($0.at - rehearsal.origin))" } ?? "0"
    return finding
  }

  func judge(_ log: LogExpectation) -> Finding {
    var finding = Finding(
      verb: "log", subject: "\(log.target.value) \"\(log.contains)\"", window: log.window.description,
      limit: log.occurrences.description, measured: "the window is empty", isHeld: false)
    guard let ends = ends(log.window) else { return finding }
    let range = range(ends)
    var instants: [Instant] = []
    for region in rehearsal.world.regions {
      for stream in region.aws.logs.streams where log.target.value.matches(region.component(of: stream)) {
        for line in stream.lines where range.contains(line.at) && line.text.contains(log.contains) {
          instants.append(line.at)
        }
      }
    }
    finding.isHeld = log.occurrences.contains(instants.count)
    finding.measured = instants.min().map { "\(instants.count), first \(at($0 - rehearsal.origin))" } ?? "0"
    return finding
  }
}

extension JSONValue {
  /// Whether the value has everything that `part` has: mappings as subsets, everything else equal.
  package func contains(_ part: JSONValue) -> Bool {
    guard let members = part.object?.members else { return self == part || (number != nil && number == part.number) }
    return object != nil && members.allSatisfy { self[$0.key]?.contains($0.value) ?? $0.value.isNull }
  }

  /// The members of the value that `part` has too.
  func part(like part: JSONValue) -> JSONValue? {
    guard let members = part.object?.members else { return self }
    return .object(
      JSONObject(members.compactMap { member in self[member.key]?.part(like: member.value).map { (member.key, $0) } }))
  }
}
