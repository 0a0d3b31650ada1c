import SimulationKernel
import Telemetry

// What the alerts of the run say about the incident, in times since T0.
extension Rehearsal {
  private var incidentStart: TimeSpan { scenario.incidentStart ?? .zero }

  /// When an alert of this name first fired since the incident began.
  func firstFiring(of name: String) -> TimeSpan? {
    world.journal.alertChanges.first {
      $0.state == .firing && $0.name == name && $0.at >= origin + incidentStart
    }.map { $0.at - origin }
  }

  /// When the first page since the incident began reached somebody.
  package var firstPage: TimeSpan? {
    world.journal.notifications.first { $0.isPage && !$0.firing.isEmpty && $0.at >= origin + incidentStart }
      .map { $0.at - origin }
  }

  /// The stretches of time in which each alert fired, in the order in which they began. One that still fires ends with the
  /// run.
  package func firings() -> [Firing] {
    var result: [Firing] = []
    for change in world.journal.alertChanges {
      let open = result.lastIndex { $0.region == change.region && $0.labels == change.labels && $0.to == nil }
      switch (change.state, open) {
      case (.firing, nil):
        result.append(Firing(region: change.region, labels: change.labels, from: change.at - origin))
      case (.inactive, let index?): result[index].to = change.at - origin
      default: break
      }
    }
    return result
  }

  /// One stretch of time in which an alert fired.
  package struct Firing {
    package var region: String
    package var labels: Labels
    /// Since T0.
    package var from: TimeSpan
    /// `nil` as long as it fires.
    package var to: TimeSpan?

    package var name: String { labels["alertname"] }
    /// Wakes somebody: the platform's word for it is the label `severity`.
    package var isPage: Bool { labels["severity"] == "page" }

    func overlaps(_ from: TimeSpan, _ end: TimeSpan) -> Bool { self.from < end && to.map { $0 > from } ?? true }
  }
}
