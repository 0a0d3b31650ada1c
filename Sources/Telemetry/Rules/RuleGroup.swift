import Documents

/// A group of rules that are evaluated one after another (`rulefmt.RuleGroup`). Times are milliseconds.
package struct RuleGroup: Sendable {
  package var name: String
  /// `nil` takes the server's evaluation interval.
  package var interval: Int64?
  package var rules: [Rule]

  package init(name: String, interval: Int64? = nil, rules: [Rule]) {
    self.name = name
    self.interval = interval
    self.rules = rules
  }
}

/// A recording or alerting rule.
package struct Rule: Sendable {
  package enum Kind: Sendable {
    case recording
    /// How long the condition has to hold before the alert fires, how long it goes on after, and what the alert says.
    case alerting(holdFor: Int64, keepFiringFor: Int64, annotations: [Label])
  }

  /// The metric that is recorded, or the alert's name.
  package var name: String
  package var kind: Kind
  package var expression: Expression
  /// As the file writes it.
  package var text: String
  /// Added to what the expression gives; those of an alert are templates.
  package var labels: [Label]
  package var mark: SourceMark

  package var isAlert: Bool { if case .alerting = kind { true } else { false } }
}

/// Reads rule files and the `spec` of PrometheusRule objects: `groups:`. Mistakes are told in the words of Prometheus
/// (`model/rulefmt/rulefmt.go`), each with its place.
package struct RuleGroupReader {
  private let diagnostics: Diagnostics

  package init(_ diagnostics: Diagnostics) { self.diagnostics = diagnostics }

  /// - Parameter node: the mapping that has `groups`.
  package func groups(_ node: Node) -> [RuleGroup] {
    checkKeys(of: node, ["groups"], "rulefmt.RuleGroups")
    var names: Set<String> = []
    return (node["groups"]?.sequence ?? []).compactMap { group in
      checkKeys(of: group, ["name", "interval", "limit", "rules"], "rulefmt.RuleGroup")
      guard let name = group["name"]?.scalar?.text, !name.isEmpty else {
        diagnostics.error(at: group.mark, "Groupname must not be empty")
        return nil
      }
      if !names.insert(name).inserted {
        diagnostics.error(at: group.mark, "groupname: \"\(name)\" is repeated in the same file")
      }
      let rules = (group["rules"]?.sequence ?? []).enumerated().compactMap { rule($0.element, $0.offset + 1, name) }
      return RuleGroup(name: name, interval: duration(group["interval"]), rules: rules)
    }
  }

  private func checkKeys(of node: Node, _ known: [String], _ type: String) {
    for entry in node.mapping ?? [] {
      let key = entry.key.keyText ?? ""
      if !known.contains(key) {
        diagnostics.error(
          at: entry.key.mark, "field \(key) not found in type \(type)", hint: spellingHint(for: key, among: known))
      }
    }
  }

  private func duration(_ node: Node?) -> Int64? {
    guard let node else { return nil }
    let text = node.scalar?.text ?? ""
    guard let value = prometheusDuration(text) else {
      diagnostics.error(at: node.mark, "not a valid duration string: \(quotedText(text))")
      return nil
    }
    return value
  }

  private func pairs(_ node: Node?) -> [Label] {
    (node?.mapping ?? []).compactMap { entry in
      entry.key.keyText.flatMap { name in entry.value.scalar.map { Label(name, $0.text) } }
    }
  }

  private static let ruleKeys = ["record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"]

  private func rule(_ node: Node, _ number: Int, _ group: String) -> Rule? {
    checkKeys(of: node, Self.ruleKeys, "rulefmt.RuleNode")
    let (record, alert) = (node["record"]?.scalar?.text, node["alert"]?.scalar?.text)
    let name = record ?? alert ?? ""
    func complain(_ message: String, at mark: SourceMark?) {
      diagnostics.error(
        at: mark ?? node.mark, "group \(quotedText(group)), rule \(number), \(quotedText(name)): \(message)")
    }
    let before = diagnostics.all.count
    if record != nil, alert != nil {
      complain("only one of 'record' and 'alert' must be set", at: node["alert"]?.mark)
    } else if name.isEmpty {
      complain("one of 'record' or 'alert' must be set", at: (node["alert"] ?? node["record"])?.mark)
    }
    let text = node["expr"]?.scalar?.text ?? ""
    var expression: Expression?
    if text.isEmpty {
      complain("field 'expr' must be set in rule", at: node["expr"]?.mark)
    } else {
      do throws(PromQLError) { expression = try ExpressionParser.parse(text) } catch {
        complain("could not parse expression: \(error.message)", at: node["expr"]?.mark)
      }
    }
    if record != nil {
      for key in ["annotations", "for", "keep_firing_for"] where node[key] != nil {
        complain("invalid field '\(key)' in recording rule", at: node[key]?.mark)
      }
      if !isMetricName(name) { complain("invalid recording rule name: \(name)", at: node["record"]?.mark) }
    }
    let (labels, annotations) = (pairs(node["labels"]), pairs(node["annotations"]))
    for label in labels where !isLabelName(label.name) || label.name == Labels.metricName {
      complain("invalid label name: \(label.name)", at: node["labels"]?[label.name]?.mark)
    }
    for annotation in annotations where !isLabelName(annotation.name) {
      complain("invalid annotation name: \(annotation.name)", at: node["annotations"]?[annotation.name]?.mark)
    }
    for (kind, list) in [("label", labels), ("annotation", annotations)] where alert != nil {
      for pair in list {
        do throws(TemplateError) { _ = try Template(pair.value, name: "__alert_\(name)") } catch {
          complain(
            "\(kind) \(quotedText(pair.name)): \(error.message)", at: node["\(kind)s"]?[pair.name]?.mark)
        }
      }
    }
    let (holdFor, keepFiringFor) = (duration(node["for"]) ?? 0, duration(node["keep_firing_for"]) ?? 0)
    guard let expression, diagnostics.all.count == before else { return nil }
    let kind: Rule.Kind =
      record != nil
      ? .recording : .alerting(holdFor: holdFor, keepFiringFor: keepFiringFor, annotations: annotations)
    return Rule(name: name, kind: kind, expression: expression, text: text, labels: labels, mark: node.mark)
  }
}

/// Whether a text is a metric's name: as a label's, with colons.
func isMetricName(_ text: String) -> Bool {
  isLabelName(text.replacing(":", with: "_"))
}
