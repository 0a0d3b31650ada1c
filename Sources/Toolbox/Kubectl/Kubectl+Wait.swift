import Documents
import KubernetesModel
import SimulationKernel

extension Kubectl {
  /// `wait` (kubectl, `pkg/cmd/wait`).
  static let wait = Verb(
    path: ["wait"],
    flags: selection + [
      .value("for"), .duration("timeout"), .on("all-namespaces", "A"), .value("field-selector"), .value("output", "o"),
    ]
  ) { call in
    let conditions = try call.flags.all("for").map(WaitCondition.init)
    guard !conditions.isEmpty else { throw KubectlError("unrecognized condition: \"\"") }
    let given = call.flags["timeout"].flatMap { TimeSpan(timeout: $0) } ?? .seconds(30)
    let timeout = given < .zero ? .hours(168) : given
    let end = call.simulation.now + timeout
    let targets = try await call.waitTargets(conditions, until: end)
    for target in targets {
      for condition in conditions where condition != .creation {
        try await call.await(condition, of: target, timeout: timeout, until: end)
      }
      if conditions == [.creation] { call.print("\(target.printedName) condition met") }
    }
  }
}

/// What `--for` waits for.
enum WaitCondition: Hashable, Sendable {
  case deletion
  case creation
  case condition(String, String)
  /// A path, and the value that it must have; any for `nil`.
  case path(String, String?)

  init(_ text: String) throws(KubectlError) {
    switch text.lowercased() {
    case "delete": self = .deletion
    case "create": self = .creation
    default:
      if text.hasPrefix("condition=") {
        let parts = text.dropFirst(10).split(separator: "=", maxSplits: 1).map(String.init)
        self = .condition(parts.first ?? "", parts.count > 1 ? parts[1] : "true")
      } else if text.hasPrefix("jsonpath=") {
        self = try Self.path(text.dropFirst(9))
      } else {
        throw KubectlError("unrecognized condition: \"\(text)\"")
      }
    }
  }

  /// `{PATH}=VALUE`; the equals signs within the path are doubled.
  private static func path(_ text: Substring) throws(KubectlError) -> WaitCondition {
    let wrong = KubectlError(
      "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or "
        + "--for=jsonpath='{.status.readyReplicas}'")
    let close = text.hasPrefix("{") ? text.lastIndex(of: "}").map { text.index(after: $0) } : text.firstIndex(of: "=")
    let end = close ?? text.endIndex
    let (path, rest) = (String(text[..<end]), text[end...])
    guard !path.isEmpty, rest.isEmpty || rest.hasPrefix("=") else { throw wrong }
    do throws(JSONPath.SyntaxError) { _ = try JSONPath(relaxed: path) } catch { throw KubectlError(error.message) }
    guard !rest.isEmpty else { return .path(path, nil) }
    let value = rest.dropFirst().filter { $0 != "'" && $0 != "\"" }
    guard !value.isEmpty else {
      throw KubectlError(
        "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3")
    }
    return .path(path, value)
  }

  /// Whether an object meets it. A condition of an older generation than the object's does not count.
  func isMet(by object: KubeObject) -> Bool {
    switch self {
    case .deletion: return false
    case .creation: return true
    case .condition(let type, let status):
      let conditions = object.status["conditions"]?.array ?? []
      guard
        let found = conditions.first(where: { $0["type"]?.string?.lowercased() == type.lowercased() })
      else { return false }
      let observed = found["observedGeneration"]?.integer ?? object.status["observedGeneration"]?.integer
      if let observed, observed < object.generation { return false }
      return found["status"]?.string?.lowercased() == status.lowercased()
    case .path(let path, let value):
      guard let found = try? JSONPath(relaxed: path).values(object.json), found.count == 1 else { return false }
      return value == nil || JSONPath.plain(found[0]).trimmingBlanks == value?.trimmingBlanks
    }
  }
}

extension KubectlCall {
  /// The objects to wait for; with `--for=create` they may still have to come.
  fileprivate func waitTargets(_ conditions: [WaitCondition], until end: Instant) async throws -> [KubeObject] {
    let isForDelete = conditions.contains(.deletion)
    while conditions.contains(.creation) {
      let before = result
      let found = (try? targets(flags.words)) ?? []
      result = before
      if !found.isEmpty { return found }
      guard simulation.now < end else { throw KubectlError("timed out waiting for the condition") }
      await pause(.milliseconds(500))
    }
    let found = try targets(flags.words, ignoringMissing: isForDelete)
    if found.isEmpty, !isForDelete, result.exitCode == 0 { throw KubectlError("no matching resources found") }
    return found
  }

  fileprivate func await(
    _ condition: WaitCondition, of target: KubeObject, timeout: TimeSpan, until end: Instant
  ) async throws {
    let place = "\(target.kind.plural)/\(target.name)"
    while true {
      let current = server.find(target.kind, target.namespace, target.name)
      if condition == .deletion {
        if current?.uid != target.uid { return print("\(target.printedName) condition met") }
      } else {
        guard let current else { throw APIError.notFound(target.kind, target.name) }
        if condition.isMet(by: current) { return print("\(target.printedName) condition met") }
      }
      guard timeout > .zero else { throw KubectlError("condition not met for \(place)") }
      guard simulation.now < end else { throw KubectlError("timed out waiting for the condition on \(place)") }
      await pause(min(.milliseconds(500), max(end - simulation.now, .milliseconds(1))))
    }
  }
}
