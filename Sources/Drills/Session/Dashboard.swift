import ClusterOperators
import Documents
import KubernetesModel
import Scenarios
import SimulationKernel
import Telemetry
import Toolbox
import TwinWorld

/// A line of the dashboard: a golden signal as a question to a region's Prometheus.
struct GoldenSignal: Sendable {
  enum Unit: Sendable { case perSecond, percent, milliseconds, count }

  var name: String
  var unit: Unit
  /// `PATH` stands for the path of the region's traffic.
  var expression: String

  /// What it shows in this order: traffic, errors, latency, saturation (Google's "Site Reliability Engineering", chapter 6).
  static let all = [
    GoldenSignal(
      name: "traffic", unit: .perSecond, expression: #"sum(rate(http_requests_total{path="PATH"}[1m]))"#),
    GoldenSignal(
      name: "errors", unit: .percent,
      expression: #"""
        (sum(rate(http_requests_total{path="PATH",code=~"5.."}[1m])) or vector(0))
          / sum(rate(http_requests_total{path="PATH"}[1m]))
        """#),
    GoldenSignal(
      name: "errors of ALB", unit: .percent,
      expression: #"""
        ((sum(aws_applicationelb_httpcode_elb_5_xx_count_sum) or vector(0))
          + (sum(aws_applicationelb_httpcode_target_5_xx_count_sum) or vector(0)))
          / sum(aws_applicationelb_request_count_sum)
        """#),
    GoldenSignal(
      name: "latency p50", unit: .milliseconds,
      expression:
        #"histogram_quantile(0.5, sum by (le) (rate(http_request_duration_seconds_bucket{path="PATH"}[1m])))"#),
    GoldenSignal(
      name: "latency p99", unit: .milliseconds,
      expression:
        #"histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{path="PATH"}[1m])))"#),
    GoldenSignal(
      name: "targets up", unit: .count, expression: #"sum(up{job="payment-latency-api"})"#),
    GoldenSignal(
      name: "cpu of limit", unit: .percent,
      expression: #"""
        sum(rate(container_cpu_usage_seconds_total{namespace="payments",container!=""}[1m]))
          / sum(kube_pod_container_resource_limits{namespace="payments",resource="cpu"})
        """#),
    GoldenSignal(
      name: "connections", unit: .count, expression: #"sum(db_pool_connections{state="in_use"})"#),
  ]

  func text(_ value: Double) -> String {
    guard value.isFinite else { return "-" }
    let (scaled, suffix) =
      switch unit {
      case .perSecond: (value, "/s")
      case .percent: (value * 100, "%")
      case .milliseconds: (value * 1000, "ms")
      case .count: (value, "")
      }
    let rounded = unit == .count ? scaled.rounded() : (scaled * 10).rounded() / 10
    return JSONValue.number(rounded).jsonText() + suffix
  }
}

/// A row of bars, from the lowest to the highest of the values.
package func sparkline(_ values: [Double?]) -> String {
  let bars = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
  let known = values.compactMap(\.self).filter(\.isFinite)
  guard let low = known.min(), let high = known.max() else { return String(repeating: " ", count: values.count) }
  return values.map { value in
    guard let value, value.isFinite else { return " " }
    guard high > low else { return bars[0] }
    return bars[min(bars.count - 1, Int((value - low) / (high - low) * Double(bars.count)))]
  }.joined()
}

extension DrillSession {
  private nonisolated static let shown = TimeSpan.minutes(10)
  private nonisolated static let step = TimeSpan.seconds(20)

  func showDashboard(_ words: [String]) -> CommandResult {
    let name = words.first ?? region
    guard let shown = rehearsal.world.region(name) else {
      let known = rehearsal.world.regions.map(\.name).joined(separator: ", ")
      return CommandResult(errors: "there is no region \"\(name)\"; there are \(known)\n", exitCode: 1)
    }
    let path =
      rehearsal.scenario.load.first { shown.hosts.contains($0.host) }?.path.split(separator: "?").first
      .map(String.init) ?? "/"
    let end = rehearsal.world.simulation.now
    let start = max(.zero, end - Self.shown)
    var rows = [["", "now", "10m", "lowest", "highest"]]
    for signal in GoldenSignal.all {
      let values = samples(signal, path, shown, start, end)
      let known = values.compactMap(\.self).filter(\.isFinite)
      let now = values.last.flatMap(\.self).map(signal.text) ?? "-"
      rows.append([
        signal.name, now, sparkline(values), known.min().map(signal.text) ?? "-", known.max().map(signal.text) ?? "-",
      ])
    }
    let header = "\(name), \(clock(start - rehearsal.origin)) to \(clock(end - rehearsal.origin))\n"
    return CommandResult(output: header + table(rows))
  }

  /// One value a step, `nil` where there is none.
  private func samples(
    _ signal: GoldenSignal, _ path: String, _ region: Region, _ start: Instant, _ end: Instant
  ) -> [Double?] {
    let (from, to) = (ClusterClock.milliseconds(start), ClusterClock.milliseconds(end))
    let step = Self.step.nanoseconds / 1_000_000
    guard let expression = try? ExpressionParser.parse(signal.expression.replacing("PATH", with: path)),
      let series = try? region.monitoring.engine.range(expression, from: from, to: to, step: step)
    else { return [] }
    let samples = series.first?.samples ?? []
    return stride(from: from, through: to, by: Int(step)).map { time in samples.first { $0.time == time }?.value }
  }

  /// What fires and what is pending in every region, as the alerts of a run are known to Prometheus.
  func showAlerts() -> CommandResult {
    var rows = [["STATE", "SEVERITY", "ALERT", "REGION", "SINCE", "SUMMARY"]]
    for alert in activeAlerts {
      rows.append([
        alert.state.rawValue, alert.labels["severity"], alert.name, alert.region, clock(alert.at - rehearsal.origin),
        alert.annotations.first { $0.name == "summary" }?.value ?? "",
      ])
    }
    return CommandResult(output: rows.count == 1 ? "no alerts\n" : table(rows))
  }

  /// The last change of each alert that is not inactive, pages first.
  package var activeAlerts: [Journal.AlertChange] {
    var latest: [Journal.AlertChange] = []
    for change in rehearsal.world.journal.alertChanges {
      latest.removeAll { $0.region == change.region && $0.labels == change.labels }
      if change.state != .inactive { latest.append(change) }
    }
    let order = ["page": 0, "warning": 1]
    return latest.enumerated().sorted { one, other in
      let (left, right) = (order[one.element.labels["severity"]] ?? 2, order[other.element.labels["severity"]] ?? 2)
      return (left, one.offset) < (right, other.offset)
    }.map(\.element)
  }

  /// Columns as wide as their widest cell.
  private func table(_ rows: [[String]]) -> String {
    let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
      }
      return cells.joined(separator: "  ") + "\n"
    }.joined()
  }
}
