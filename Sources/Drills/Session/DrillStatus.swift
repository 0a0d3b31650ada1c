import Documents
import Scenarios
import SimulationKernel
import TwinWorld

/// What the trainee sees at the prompt.
package struct DrillStatus: Sendable {
  /// Time of day in the clusters, `09:21`.
  package var clock: String
  package var sincePage: TimeSpan
  /// Such as `SEV-2`, where the page says so.
  package var severity: String?
  /// The share of a month's error budget that is burnt: the worst of the region's objectives.
  package var budget: Double
  package var firingAlerts: Int
  package var region: String

  /// `[09:21 +8m SEV-2 budget 3.1% 2 alerts] spain $ `
  package var prompt: String {
    let minutes = sincePage.nanoseconds / 60_000_000_000
    let alerts = firingAlerts == 1 ? "1 alert" : "\(firingAlerts) alerts"
    let parts = [clock, "+\(minutes)m", severity, "budget \(Self.percent(budget))", alerts].compactMap(\.self)
    return "[\(parts.joined(separator: " "))] \(region) $ "
  }

  package var json: JSONValue {
    [
      "type": "observation", "clock": .string(clock), "sincePage": .number(sincePage.seconds),
      "severity": severity.map { .string($0) } ?? .null, "budgetBurnt": .number((budget * 1e5).rounded() / 1e5),
      "firingAlerts": .integer(Int64(firingAlerts)), "region": .string(region),
    ]
  }

  /// A share with one digit, such as `3.1%`.
  static func percent(_ share: Double) -> String {
    let tenths = Int64((share * 1000).rounded())
    return "\(tenths / 10).\(abs(tenths % 10))%"
  }
}

extension DrillSession {
  package var status: DrillStatus {
    let firing = rehearsal.firings().filter { $0.to == nil && $0.labels["severity"] != "info" }
    return DrillStatus(
      clock: String(clock(now).prefix(5)), sincePage: sincePage, severity: severity, budget: budgetBurnt,
      firingAlerts: firing.count, region: region)
  }

  private var severity: String? {
    drill.page.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("SEV-") }.map(String.init)
  }

  /// Requests of the last moments are not decided yet: customers wait so long.
  private var budgetBurnt: Double {
    let until = max(.zero, now - TrafficSource.patience)
    let minutes = Int(until.nanoseconds / TimeSpan.minutes(1).nanoseconds) + 1
    return rehearsal.world.platform.objectives.filter { $0.region == region }.map { objective in
      (0..<minutes).map { MeasuredLeg.burnt(objective, minute: $0, until: until, in: rehearsal) }.reduce(0, +)
    }.max() ?? 0
  }
}
