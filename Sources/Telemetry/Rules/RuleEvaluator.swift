/// Evaluates a group of rules at one instant after another, and keeps what its alerts are (`rules/manager.go`,
/// `rules/alerting.go` of Prometheus 2.42). Times are milliseconds since 1970.
package final class RuleEvaluator {
  /// One alert of one alerting rule.
  package struct Alert: Sendable {
    package enum State: String, Sendable { case inactive, pending, firing }

    package var labels: Labels
    package var annotations: [Label]
    package var state: State
    package var value: Double
    package var activeAt: Int64
    package var firedAt: Int64?
    package var resolvedAt: Int64?
    var keepFiringSince: Int64?
    var lastSent: Int64?
  }

  /// A state that an alert came to.
  package struct Change: Sendable {
    package var alert: Alert
    package var at: Int64
  }

  /// An alert as Alertmanager is told of it.
  package struct Outgoing: Sendable {
    package var labels: Labels
    package var annotations: [Label]
    package var startsAt: Int64
    package var endsAt: Int64
  }

  /// How long a resolved alert is told of.
  private static let resolvedRetention: Int64 = 15 * 60_000
  /// How often a firing alert is told of again (`--rules.alert.resend-delay`).
  private static let resendDelay: Int64 = 60_000

  package let group: RuleGroup
  private let store: TimeSeriesStore
  private let engine: QueryEngine
  private let externalLabels: Labels
  private let interval: Int64
  private var states: [RuleState]

  private struct RuleState {
    var rule: Rule
    /// The rule's expression, ready for the engine; made by the first evaluation.
    var query: QueryEngine.PreparedQuery?
    var labelTemplates: [(name: String, template: Template)]
    var annotationTemplates: [(name: String, template: Template)]
    /// In the order in which they came.
    var alerts: [Alert] = []
    /// What the last evaluation wrote.
    var written: [SeriesHandle] = []
    var failure: String?
  }

  package init(
    _ group: RuleGroup, interval: Int64, store: TimeSeriesStore, engine: QueryEngine, externalLabels: Labels = Labels()
  ) {
    self.group = group
    self.interval = group.interval ?? interval
    self.store = store
    self.engine = engine
    self.externalLabels = externalLabels
    states = group.rules.map { rule in
      func templates(_ pairs: [Label]) -> [(name: String, template: Template)] {
        pairs.compactMap { pair in
          (try? Template(pair.value, name: "__alert_\(rule.name)")).map { (pair.name, $0) }
        }
      }
      let annotations: [Label] = if case .alerting(_, _, let annotations) = rule.kind { annotations } else { [] }
      return RuleState(
        rule: rule, labelTemplates: rule.isAlert ? templates(rule.labels) : [],
        annotationTemplates: templates(annotations))
    }
  }

  /// The alerts of all rules that are pending or fire, in the order of the rules.
  package var activeAlerts: [Alert] { states.flatMap(\.alerts).filter { $0.state != .inactive } }

  /// What the last evaluation of a rule failed with.
  package var failures: [(rule: String, message: String)] {
    states.compactMap { state in state.failure.map { (state.rule.name, $0) } }
  }

  // MARK: Evaluation

  /// Evaluates the rules in their order, each seeing what those before it recorded.
  ///
  /// - Returns: the alerts whose state changed.
  package func evaluate(at time: Int64) -> [Change] {
    var changes: [Change] = []
    for index in states.indices {
      var written: [SeriesHandle] = []
      do throws(PromQLError) {
        let vector = try vector(prepared(index), at: time)
        if states[index].rule.isAlert {
          changes += try evaluate(&states[index], vector, at: time, &written)
        } else {
          try record(states[index].rule, vector, at: time, &written)
        }
        states[index].failure = nil
      } catch {
        states[index].failure = error.message
        continue
      }
      for handle in states[index].written where !written.contains(handle) {
        store.append(StalenessMarker.value, at: time, to: handle)
      }
      states[index].written = written
    }
    return changes
  }

  /// Ends everything that the rules wrote: the group is gone.
  package func end(at time: Int64) {
    for index in states.indices {
      for handle in states[index].written { store.append(StalenessMarker.value, at: time, to: handle) }
      states[index].written = []
    }
  }

  private func prepared(_ index: Int) throws(PromQLError) -> QueryEngine.PreparedQuery {
    if let query = states[index].query { return query }
    let query = try engine.prepare(states[index].rule.expression)
    states[index].query = query
    return query
  }

  private func vector(
    _ query: QueryEngine.PreparedQuery, at time: Int64
  ) throws(PromQLError) -> [QueryValue.VectorSample] {
    switch try engine.instant(query, at: time) {
    case .vector(let samples, _): return samples
    case .scalar(let value, _): return [QueryValue.VectorSample(Labels(), value)]
    case .string, .matrix: throw PromQLError("rule result is not a vector or scalar")
    }
  }

  private func write(_ labels: Labels, _ value: Double, at time: Int64, _ written: inout [SeriesHandle]) {
    let handle = store.handle(for: labels)
    store.append(value, at: time, to: handle)
    written.append(handle)
  }

  private func record(
    _ rule: Rule, _ vector: [QueryValue.VectorSample], at time: Int64, _ written: inout [SeriesHandle]
  ) throws(PromQLError) {
    var results: [(labels: Labels, value: Double)] = []
    var seen: Set<Labels> = []
    for sample in vector {
      var labels = sample.labels
      labels[Labels.metricName] = rule.name
      for label in rule.labels { labels[label.name] = label.value }
      guard seen.insert(labels).inserted else {
        throw PromQLError("vector contains metrics with the same labelset after applying rule labels")
      }
      results.append((labels, sample.value))
    }
    for result in results { write(result.labels, result.value, at: time, &written) }
  }

  private func evaluate(
    _ state: inout RuleState, _ vector: [QueryValue.VectorSample], at time: Int64, _ written: inout [SeriesHandle]
  ) throws(PromQLError) -> [Change] {
    guard case .alerting(let holdFor, let keepFiringFor, _) = state.rule.kind else { return [] }
    var changes: [Change] = []
    let found = try found(state, vector, at: time)
    for alert in found {
      if let index = state.alerts.firstIndex(where: { $0.labels == alert.labels && $0.state != .inactive }) {
        state.alerts[index].value = alert.value
        state.alerts[index].annotations = alert.annotations
      } else {
        state.alerts.removeAll { $0.labels == alert.labels }
        state.alerts.append(alert)
        changes.append(Change(alert: alert, at: time))
      }
    }
    let present = Set(found.map(\.labels))
    var kept: [Alert] = []
    for var alert in state.alerts {
      if present.contains(alert.labels) {
        alert.keepFiringSince = nil
      } else if !goesOn(&alert, keepFiringFor, at: time) {
        let isForgotten =
          alert.state == .pending || alert.resolvedAt.map { time - $0 > Self.resolvedRetention } ?? false
        if alert.state != .inactive {
          alert.state = .inactive
          alert.resolvedAt = time
          changes.append(Change(alert: alert, at: time))
        }
        if !isForgotten { kept.append(alert) }
        continue
      }
      if alert.state == .pending, time - alert.activeAt >= holdFor {
        alert.state = .firing
        alert.firedAt = time
        changes.append(Change(alert: alert, at: time))
      }
      kept.append(alert)
      writeSeries(alert, at: time, &written)
    }
    state.alerts = kept
    return changes
  }

  /// Whether an alert that has lost its cause goes on firing for a while.
  private func goesOn(_ alert: inout Alert, _ keepFiringFor: Int64, at time: Int64) -> Bool {
    guard alert.state == .firing, keepFiringFor > 0 else { return false }
    let since = alert.keepFiringSince ?? time
    alert.keepFiringSince = since
    return time - since < keepFiringFor
  }

  /// The alerts that the samples of a rule's expression mean.
  private func found(
    _ state: RuleState, _ vector: [QueryValue.VectorSample], at time: Int64
  ) throws(PromQLError) -> [Alert] {
    var result: [Alert] = []
    var seen: Set<Labels> = []
    for sample in vector {
      let data = Template.Data(
        labels: sample.labels, externalLabels: externalLabels, value: sample.value
      ) { [self] text in
        try self.vector(engine.prepare(ExpressionParser.parse(text)), at: time).map { ($0.labels, $0.value) }
      }
      var labels = sample.labels.withoutName
      for (name, template) in state.labelTemplates { labels[name] = template.expand(data) }
      labels["alertname"] = state.rule.name
      guard seen.insert(labels).inserted else {
        throw PromQLError("vector contains metrics with the same labelset after applying alert labels")
      }
      result.append(
        Alert(
          labels: labels, annotations: state.annotationTemplates.map { Label($0.name, $0.template.expand(data)) },
          state: .pending, value: sample.value, activeAt: time))
    }
    return result
  }

  private func writeSeries(_ alert: Alert, at time: Int64, _ written: inout [SeriesHandle]) {
    var labels = alert.labels
    labels[Labels.metricName] = "ALERTS"
    labels["alertstate"] = alert.state.rawValue
    write(labels, 1, at: time, &written)
    labels = alert.labels
    labels[Labels.metricName] = "ALERTS_FOR_STATE"
    write(labels, Double(alert.activeAt / 1000), at: time, &written)
  }

  // MARK: Telling

  /// The alerts of which Alertmanager is told now: those that fire, every minute, and once those that ended.
  package func alertsToSend(at time: Int64) -> [Outgoing] {
    var result: [Outgoing] = []
    let validity = 4 * max(Self.resendDelay, interval)
    for rule in states.indices {
      for index in states[rule].alerts.indices {
        let alert = states[rule].alerts[index]
        guard alert.firedAt != nil, Self.isDue(alert, at: time) else { continue }
        states[rule].alerts[index].lastSent = time
        var labels = alert.labels
        for label in externalLabels.pairs where labels[label.name].isEmpty { labels[label.name] = label.value }
        result.append(
          Outgoing(
            labels: labels, annotations: alert.annotations, startsAt: alert.firedAt ?? time,
            endsAt: alert.resolvedAt ?? time + validity))
      }
    }
    return result
  }

  private static func isDue(_ alert: Alert, at time: Int64) -> Bool {
    guard alert.state != .pending else { return false }
    guard let sent = alert.lastSent else { return true }
    if let resolved = alert.resolvedAt, resolved > sent { return true }
    return sent + resendDelay < time
  }
}
