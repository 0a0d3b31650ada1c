import Documents
import Scenarios
import SimulationKernel
import Telemetry
import TwinWorld

/// The page that calls a responder: when it came, and what it says.
package struct Page: Sendable {
  /// Since T0.
  package var at: TimeSpan
  package var alert: String
  /// The region that it is about.
  package var region: String
  /// The alert's labels; none where the platform has no alert rules.
  package var labels: Labels

  package init(at: TimeSpan, alert: String, region: String, labels: Labels = Labels()) {
    self.at = at
    self.alert = alert
    self.region = region
    self.labels = labels
  }
}

/// Stands in for alert rules where a platform has none: decides when the pager rings from what customers get: an objective is missed over a window of a minute, for a whole minute
/// (`rate(…[1m])` with `for: 1m` in Prometheus' words).
package struct PageWatch: Sendable {
  /// How often the rule is evaluated.
  package static let period = TimeSpan.seconds(5)
  static let window = TimeSpan.minutes(1)
  static let pending = TimeSpan.minutes(1)
  /// Requests of the last moments are not decided yet: customers wait so long.
  @Simulated static let delay = TrafficSource.patience

  private var since: [(region: String, at: TimeSpan)] = []

  package init() {}

  /// Notes which regions miss an objective at a time, in the platform's order.
  ///
  /// - Returns: the region whose alert fires now; `nil` while none does.
  package mutating func evaluate(missing regions: [String], at time: TimeSpan) -> String? {
    since.removeAll { !regions.contains($0.region) }
    for region in regions where !since.contains(where: { $0.region == region }) { since.append((region, time)) }
    return since.first { time - $0.at >= Self.pending }?.region
  }
}

/// Waits for the page of a run that somebody else advances.
@Simulated
package final class Pager {
  private let alert: String
  private let hasRules: Bool
  private var watch = PageWatch()
  private var lookedAt = TimeSpan.zero
  package private(set) var page: Page?

  /// - Parameter alert: the runbook's.
  package nonisolated init(for alert: String, on platform: Platform) {
    self.alert = alert
    hasRules = !platform.alertNames.isEmpty
  }

  /// Looks at a run now; at least every few seconds of it.
  @discardableResult
  package func look(at rehearsal: Rehearsal) -> Page? {
    if let page { return page }
    page = rehearsal.page(for: alert)
    let now = rehearsal.world.simulation.now - rehearsal.origin
    guard page == nil, !hasRules, now - lookedAt >= PageWatch.period else { return page }
    lookedAt = now
    if let region = watch.evaluate(missing: rehearsal.sufferingRegions, at: now) {
      page = Page(at: now, alert: alert, region: region)
    }
    return page
  }
}

extension Rehearsal {
  /// What calls the responder, as far as it has come by now: a notification of the runbook's own alert, page or not. Where that one
  /// is slower than the pages of the incident, or is none of the platform's, the runbook is opened a minute after the first page.
  package func page(for alert: String) -> Page? {
    let start = origin + (scenario.incidentStart ?? .zero)
    let notifications = world.journal.notifications.filter { $0.at >= start && !$0.firing.isEmpty }
    for notification in notifications {
      guard let labels = notification.firing.first(where: { $0["alertname"] == alert }) else { continue }
      return Page(at: notification.at - origin, alert: alert, region: notification.region, labels: labels)
    }
    guard let first = notifications.first(where: \.isPage), let labels = first.firing.first else { return nil }
    let opened = first.at - origin + Self.patienceForOwnAlert
    guard world.simulation.now - origin >= opened else { return nil }
    return Page(at: opened, alert: labels["alertname"], region: first.region, labels: labels)
  }

  private nonisolated static let patienceForOwnAlert = TimeSpan.minutes(1)

  /// Regions whose customers miss an objective of theirs now.
  package var sufferingRegions: [String] {
    let now = world.simulation.now - PageWatch.delay
    let range = (now - PageWatch.window)..<now
    return world.regions.map(\.name).filter { region in
      guard let source = world.traffic(of: region) else { return false }
      let total = source.recorder.total(range)
      guard total.offered > 0 else { return false }
      return world.platform.objectives.contains {
        $0.region == region && Restoration.share($0, total) < $0.target
      }
    }
  }
}
