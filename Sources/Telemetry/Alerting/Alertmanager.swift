/// Alertmanager: groups alerts by the routes that they take, and decides when which receiver is told what.
///
/// A state machine over time: alerts come in, time goes on, notifications come out. Groups wait, repeat and forget as in
/// `dispatch/dispatch.go`, who is told again as in `notify/notify.go` (`needsUpdate`), who is muted as in
/// `inhibit/inhibit.go` and `silence/silence.go`. Times are milliseconds since 1970.
package final class Alertmanager {
  /// An alert as Prometheus tells of it.
  package struct Alert: Sendable {
    package var labels: Labels
    package var annotations: [Label]
    package var startsAt: Int64
    package var endsAt: Int64

    package init(labels: Labels, annotations: [Label] = [], startsAt: Int64, endsAt: Int64) {
      self.labels = labels
      self.annotations = annotations
      self.startsAt = startsAt
      self.endsAt = endsAt
    }

    func isResolved(at time: Int64) -> Bool { endsAt <= time }
  }

  /// What a receiver is told.
  package struct Notification: Sendable {
    package var at: Int64
    package var receiver: AlertmanagerConfiguration.Receiver
    package var group: Labels
    package var firing: [Alert]
    package var resolved: [Alert]
  }

  package struct Silence: Sendable {
    package var id: Int
    package var matchers: [LabelMatcher]
    package var startsAt: Int64
    package var endsAt: Int64
    package var createdBy: String
    package var comment: String
  }

  private struct Group {
    var route: AlertmanagerConfiguration.Route
    var labels: Labels
    var alerts: [Alert] = []
    var nextFlush: Int64
    var hasFlushed = false
    /// What the receiver was told last.
    var told: (firing: Set<Labels>, resolved: Set<Labels>, at: Int64)?
  }

  package let configuration: AlertmanagerConfiguration
  /// In the order in which they came up.
  private var groups: [Group] = []
  /// Every alert that was told of and has not been forgotten, for inhibition and display.
  package private(set) var alerts: [Alert] = []
  package private(set) var silences: [Silence] = []

  package init(_ configuration: AlertmanagerConfiguration) { self.configuration = configuration }

  /// The manager after a restart, perhaps with another configuration: silences stay, alerts come again.
  package func reconfigured(_ configuration: AlertmanagerConfiguration) -> Alertmanager {
    let next = Alertmanager(configuration)
    next.silences = silences
    // Groups whose routes are still there know what they have told.
    next.groups = groups.filter { group in configuration.route.flattened.contains { $0.isSame(as: group.route) } }
    return next
  }

  // MARK: Alerts

  /// Takes alerts; one that is known is brought up to date.
  package func receive(_ incoming: [Alert], at time: Int64) {
    for alert in incoming {
      Self.put(alert, into: &alerts)
      for route in Self.matching(configuration.route, alert.labels) { insert(alert, into: route, at: time) }
    }
  }

  private static func put(_ alert: Alert, into alerts: inout [Alert]) {
    if let index = alerts.firstIndex(where: { $0.labels == alert.labels }) {
      // The one that started first goes on, unless it had ended before this one began.
      let isSame = alerts[index].endsAt >= alert.startsAt
      let start = isSame ? min(alerts[index].startsAt, alert.startsAt) : alert.startsAt
      alerts[index] = alert
      alerts[index].startsAt = start
    } else {
      alerts.append(alert)
    }
  }

  /// The routes that an alert takes: the deepest that match, and their siblings where a route continues.
  private static func matching(
    _ route: AlertmanagerConfiguration.Route, _ labels: Labels
  ) -> [AlertmanagerConfiguration.Route] {
    guard route.matchers.allSatisfy({ $0.matches(labels) }) else { return [] }
    var found: [AlertmanagerConfiguration.Route] = []
    for child in route.routes {
      let matches = matching(child, labels)
      found += matches
      if !matches.isEmpty, !child.continues { break }
    }
    return found.isEmpty ? [route] : found
  }

  private func insert(_ alert: Alert, into route: AlertmanagerConfiguration.Route, at time: Int64) {
    let labels =
      route.groupBy.map { names in Labels(alert.labels.pairs.filter { names.contains($0.name) }) } ?? alert.labels
    let index = groups.firstIndex { $0.labels == labels && $0.route.isSame(as: route) }
    guard let index else {
      // A resolved alert of no group is nobody's.
      if alert.isResolved(at: time) { return }
      var group = Group(route: route, labels: labels, nextFlush: time + route.groupWait)
      group.alerts = [alert]
      if alert.startsAt + route.groupWait < time { group.nextFlush = time }
      groups.append(group)
      return
    }
    Self.put(alert, into: &groups[index].alerts)
    if !groups[index].hasFlushed, alert.startsAt + route.groupWait < time { groups[index].nextFlush = time }
  }

  // MARK: Time

  /// When something may have to be told next; `nil` when nothing waits.
  package var nextDue: Int64? { groups.map(\.nextFlush).min() }

  /// Tells what is due up to and at `time`.
  package func advance(to time: Int64) -> [Notification] {
    var notifications: [Notification] = []
    while let index = groups.indices.min(by: { (groups[$0].nextFlush, $0) < (groups[$1].nextFlush, $1) }),
      groups[index].nextFlush <= time
    {
      let now = groups[index].nextFlush
      if let notification = flush(index, at: now) { notifications.append(notification) }
      groups[index].hasFlushed = true
      groups[index].nextFlush = now + max(1, groups[index].route.groupInterval)
      if groups[index].alerts.isEmpty { groups.remove(at: index) }
    }
    alerts.removeAll { $0.endsAt + 15 * 60_000 < time }
    return notifications
  }

  private func flush(_ index: Int, at time: Int64) -> Notification? {
    let group = groups[index]
    groups[index].alerts.removeAll { $0.isResolved(at: time) }
    guard let receiver = configuration.receivers.first(where: { $0.name == group.route.receiver }) else { return nil }
    let shown = group.alerts.filter { !isMuted($0.labels, at: time) }.sorted { $0.labels < $1.labels }
    let firing = shown.filter { !$0.isResolved(at: time) }
    let resolved = shown.filter { $0.isResolved(at: time) }
    let isDue = Self.isNewsworthy(
      Set(firing.map(\.labels)), Set(resolved.map(\.labels)), told: group.told, receiver, group.route, at: time)
    guard isDue else { return nil }
    groups[index].told = (Set(firing.map(\.labels)), Set(resolved.map(\.labels)), time)
    let tells = receiver.sendsResolved ? resolved : []
    guard !firing.isEmpty || !tells.isEmpty else { return nil }
    return Notification(at: time, receiver: receiver, group: group.labels, firing: firing, resolved: tells)
  }

  /// `needsUpdate`.
  private static func isNewsworthy(
    _ firing: Set<Labels>, _ resolved: Set<Labels>, told: (firing: Set<Labels>, resolved: Set<Labels>, at: Int64)?,
    _ receiver: AlertmanagerConfiguration.Receiver, _ route: AlertmanagerConfiguration.Route, at time: Int64
  ) -> Bool {
    guard let told else { return !firing.isEmpty }
    if !firing.isSubset(of: told.firing) { return true }
    if firing.isEmpty { return !told.firing.isEmpty }
    if receiver.sendsResolved, !resolved.isSubset(of: told.resolved) { return true }
    return told.at < time - route.repeatInterval
  }

  // MARK: Muting

  /// Whether an alert is silenced, or inhibited by another that fires.
  package func isMuted(_ labels: Labels, at time: Int64) -> Bool {
    isSilenced(labels, at: time) || isInhibited(labels, at: time)
  }

  package func isSilenced(_ labels: Labels, at time: Int64) -> Bool {
    silences.contains { silence in
      silence.startsAt <= time && time < silence.endsAt && silence.matchers.allSatisfy { $0.matches(labels) }
    }
  }

  private func isInhibited(_ labels: Labels, at time: Int64) -> Bool {
    configuration.inhibitRules.contains { rule in
      guard rule.target.allSatisfy({ $0.matches(labels) }) else { return false }
      // An alert that is on both sides is not muted by another such.
      let isOnBothSides = rule.source.allSatisfy { $0.matches(labels) }
      return alerts.contains { source in
        !source.isResolved(at: time) && rule.source.allSatisfy { $0.matches(source.labels) }
          && rule.equal.allSatisfy { source.labels[$0] == labels[$0] }
          && !(isOnBothSides && rule.target.allSatisfy { $0.matches(source.labels) })
      }
    }
  }

  /// Mutes the alerts that satisfy all matchers.
  ///
  /// - Returns: the silence's number.
  @discardableResult
  package func silence(
    _ matchers: [LabelMatcher], from start: Int64, to end: Int64, createdBy: String, comment: String
  ) -> Int {
    let silence = Silence(
      id: silences.count + 1, matchers: matchers, startsAt: start, endsAt: end, createdBy: createdBy, comment: comment)
    silences.append(silence)
    return silence.id
  }

  /// Ends a silence.
  ///
  /// - Returns: whether there was one of this number that had not ended.
  @discardableResult
  package func expire(silence id: Int, at time: Int64) -> Bool {
    guard let index = silences.firstIndex(where: { $0.id == id && $0.endsAt > time }) else { return false }
    silences[index].endsAt = time
    return true
  }
}

extension AlertmanagerConfiguration.Route {
  /// The route and all below it.
  var flattened: [Self] { [self] + routes.flatMap(\.flattened) }

  /// Whether both are the same place of the tree: what they decide by is all that there is to tell them apart.
  func isSame(as other: Self) -> Bool {
    receiver == other.receiver && matchers == other.matchers && groupBy == other.groupBy && groupWait == other.groupWait
      && groupInterval == other.groupInterval && repeatInterval == other.repeatInterval
  }
}
