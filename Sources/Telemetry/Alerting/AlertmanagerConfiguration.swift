import Documents

/// An `alertmanager.yml` (`config/config.go` of Alertmanager). Times are milliseconds.
package struct AlertmanagerConfiguration: Sendable {
  /// A node of the routing tree; what it does not say it has from the one above.
  package struct Route: Sendable {
    package var receiver: String
    package var matchers: [LabelMatcher] = []
    /// `nil` groups by all labels: `['...']`.
    package var groupBy: [String]? = []
    package var groupWait: Int64 = 30_000
    package var groupInterval: Int64 = 300_000
    package var repeatInterval: Int64 = 4 * 3_600_000
    package var continues = false
    package var routes: [Route] = []
  }

  package struct Receiver: Sendable {
    package var name: String
    /// Whether resolved alerts are told of.
    package var sendsResolved: Bool
    /// Whether it wakes a person: PagerDuty, Opsgenie, VictorOps, Pushover.
    package var isPage: Bool
  }

  package struct InhibitRule: Sendable {
    package var source: [LabelMatcher]
    package var target: [LabelMatcher]
    package var equal: [String]
  }

  package var route: Route
  package var receivers: [Receiver]
  package var inhibitRules: [InhibitRule]

  package static let pagingKinds = ["pagerduty_configs", "opsgenie_configs", "victorops_configs", "pushover_configs"]
  /// Integrations whose `send_resolved` is false where nothing is said.
  private static let quietKinds = ["email_configs", "slack_configs", "wechat_configs"]

  /// Reads a configuration.
  ///
  /// - Returns: `nil` when a mistake was reported.
  package init?(_ node: Node, _ diagnostics: Diagnostics) {
    let before = diagnostics.all.count
    receivers = (node["receivers"]?.sequence ?? []).map { receiver in
      let kinds = (receiver.mapping ?? []).filter { $0.key.keyText?.hasSuffix("_configs") ?? false }
      let sends = kinds.contains { kind in
        (kind.value.sequence ?? []).contains {
          $0["send_resolved"]?.json.bool ?? !Self.quietKinds.contains(kind.key.keyText ?? "")
        }
      }
      return Receiver(
        name: receiver["name"]?.string ?? "", sendsResolved: sends,
        isPage: kinds.contains { Self.pagingKinds.contains($0.key.keyText ?? "") })
    }
    let names = receivers.map(\.name)
    guard let root = node["route"] else {
      diagnostics.error(at: node.mark, "no route provided in config")
      return nil
    }
    route = Self.route(root, from: Route(receiver: ""), isRoot: true, names, diagnostics)
    inhibitRules = (node["inhibit_rules"]?.sequence ?? []).map { rule in
      InhibitRule(
        source: Self.matchers(rule, ["source_matchers", "source_match", "source_match_re"], diagnostics),
        target: Self.matchers(rule, ["target_matchers", "target_match", "target_match_re"], diagnostics),
        equal: (rule["equal"]?.sequence ?? []).compactMap(\.string))
    }
    guard diagnostics.all.count == before else { return nil }
  }

  private static func route(
    _ node: Node, from parent: Route, isRoot: Bool, _ receivers: [String], _ diagnostics: Diagnostics
  ) -> Route {
    var route = parent
    route.routes = []
    route.continues = node["continue"]?.json.bool ?? false
    if let receiver = node["receiver"] {
      route.receiver = receiver.string ?? ""
      if !receivers.contains(route.receiver) {
        diagnostics.error(
          at: receiver.mark, "undefined receiver \(quotedText(route.receiver)) used in route",
          hint: spellingHint(for: route.receiver, among: receivers))
      }
    } else if isRoot {
      diagnostics.error(at: node.mark, "root route must specify a default receiver")
    }
    if let labels = node["group_by"]?.sequence?.compactMap(\.string) {
      route.groupBy = labels.contains("...") ? nil : labels
    }
    func read(_ key: String, _ value: inout Int64) {
      guard let text = node[key]?.scalar?.text else { return }
      if let duration = prometheusDuration(text) {
        value = duration
      } else {
        diagnostics.error(at: node[key]?.mark ?? node.mark, "not a valid duration string: \(quotedText(text))")
      }
    }
    read("group_wait", &route.groupWait)
    read("group_interval", &route.groupInterval)
    read("repeat_interval", &route.repeatInterval)
    route.matchers = matchers(node, ["matchers", "match", "match_re"], diagnostics)
    if isRoot, !route.matchers.isEmpty {
      diagnostics.error(at: node.mark, "root route must not have any matchers")
    }
    route.routes = (node["routes"]?.sequence ?? []).map {
      Self.route($0, from: route, isRoot: false, receivers, diagnostics)
    }
    return route
  }

  /// The matchers of a list of texts, and of the older mappings.
  private static func matchers(_ node: Node, _ keys: [String], _ diagnostics: Diagnostics) -> [LabelMatcher] {
    var result: [LabelMatcher] = []
    for item in node[keys[0]]?.sequence ?? [] {
      guard let matcher = LabelMatcher(alertmanagerText: item.string ?? "") else {
        diagnostics.error(at: item.mark, "bad matcher format: \(item.string ?? item.found)")
        continue
      }
      result.append(matcher)
    }
    for (key, operation) in [(keys[1], LabelMatcher.Operation.equal), (keys[2], .matches)] {
      for entry in node[key]?.mapping ?? [] {
        result.append(LabelMatcher(entry.key.keyText ?? "", operation, entry.value.scalar?.text ?? ""))
      }
    }
    return result
  }
}

extension LabelMatcher {
  /// Reads `severity="page"`, `team=~"a|b"`; quotes may be left out (`pkg/labels/parse.go` of Alertmanager).
  package init?(alertmanagerText text: String) {
    let trimmed = text.drop { " {".contains($0) }
    let name = trimmed.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == ":" }
    let rest = trimmed[name.endIndex...].drop { $0 == " " }
    let operations: [Operation] = [.matches, .doesNotMatch, .notEqual, .equal]
    guard !name.isEmpty, let operation = operations.first(where: { rest.hasPrefix($0.rawValue) }) else { return nil }
    var value = String(rest.dropFirst(operation.rawValue.count))
    while let first = value.first, first == " " { value.removeFirst() }
    while let last = value.last, " }".contains(last) { value.removeLast() }
    if value.hasPrefix("\"") {
      guard value.count > 1, value.hasSuffix("\"") else { return nil }
      value = unquoted(value)
    }
    self.init(String(name), operation, value)
  }

  /// Whether a set of labels satisfies the condition; a malformed expression matches nothing.
  package func matches(_ labels: Labels) -> Bool {
    let found = labels[name]
    switch operation {
    case .equal: return found == value
    case .notEqual: return found != value
    case .matches: return (try? LabelPattern(value).matches(found)) ?? false
    case .doesNotMatch: return !((try? LabelPattern(value).matches(found)) ?? true)
    }
  }
}
