import ClusterOperators
import Faults
import KubernetesModel
import SimulationKernel
import Telemetry
import TwinWorld

// Expectations about alerts and PromQL expressions.
extension Judgement {
  func judge(_ alert: AlertExpectation) -> Finding {
    let labels = alert.labels.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
    let subject = alert.name.value + (labels.isEmpty ? "" : "{\(labels)}") + (alert.region.map { " \($0.value)" } ?? "")
    var finding = Finding(
      verb: "alert", subject: subject, window: alert.window.description, limit: alert.bound.description,
      measured: "the window is empty", isHeld: false)
    let named = rehearsal.firings().filter { firing in
      matchesGlob(alert.name.value, firing.name) && alert.region.map { firing.region == $0.value } ?? true
    }
    let matching = named.filter { Self.differences(alert.labels, $0.labels).isEmpty }
    switch alert.bound {
    case .fires, .never:
      guard let ends = ends(alert.window) else { return finding }
      let first = matching.first { $0.overlaps(ends.from, ends.to) }
      finding.measured = first.map { "fires at \(at($0.from))" } ?? "never"
      finding.isHeld = (first != nil) == (alert.bound == .fires)
    case .between(let earliest, let latest):
      finding.window = alert.after.map { "after \($0.value)" } ?? "after the fault"
      guard let reference = alert.after.map({ time(of: $0.value) }) ?? marks.faultAt else { return finding }
      let first = matching.first { $0.from >= reference }
      finding.measured = first.map { text($0.from - reference) } ?? "never"
      finding.isHeld = first.map { (earliest...latest).contains($0.from - reference) } ?? false
    }
    if !finding.isHeld, matching.isEmpty {
      finding.moments = named.prefix(3).map { firing in
        "\(at(firing.from)) fired with \(Self.differences(alert.labels, firing.labels).joined(separator: ", "))"
      }
    }
    return finding
  }

  /// The labels in which an alert differs from what is expected, each with both values.
  static func differences(_ expected: [Label], _ found: Labels) -> [String] {
    expected.filter { found[$0.name] != $0.value }.map { label in
      "\(label.name)=\"\(found[label.name])\" instead of \"\(label.value)\""
    }
  }

  /// How often a query is asked in its window.
  static let queryStep = TimeSpan.seconds(15)

  func judge(_ query: QueryExpectation) -> Finding {
    var finding = Finding(
      verb: "query", subject: query.expression.value + (query.region.map { " \($0.value)" } ?? ""),
      window: query.window.description, limit: query.bound.description, measured: "the window is empty", isHeld: false)
    guard let ends = ends(query.window), ends.from < ends.to else { return finding }
    let range = range(ends)
    let regions = rehearsal.world.regions.filter { region in query.region.map { $0.value == region.name } ?? true }
    var samples: [(at: Instant, value: Double)] = []
    do throws(PromQLError) {
      let expression = try ExpressionParser.parse(query.expression.value)
      for region in regions {
        let series = try region.monitoring.engine.range(
          expression, from: ClusterClock.milliseconds(range.lowerBound),
          to: ClusterClock.milliseconds(range.upperBound),
          step: Self.queryStep.nanoseconds / 1_000_000)
        for sample in series.flatMap(\.samples) {
          let at = ClusterClock.instant(milliseconds: sample.time)
          samples.append((at, sample.value))
        }
      }
    } catch {
      finding.measured = error.message
      return finding
    }
    judge(query.bound, samples, &finding)
    return finding
  }

  private func judge(
    _ bound: QueryExpectation.Bound, _ samples: [(at: Instant, value: Double)], _ finding: inout Finding
  ) {
    func text(_ sample: (at: Instant, value: Double)) -> String {
      "\(shortNumber((sample.value * 1e4).rounded() / 1e4)) at \(at(sample.at - rehearsal.origin))"
    }
    guard let lowest = samples.min(by: { $0.value < $1.value }), let highest = samples.max(by: { $0.value < $1.value })
    else {
      finding.measured = "no samples"
      return
    }
    switch bound {
    case .reaches(let comparison):
      let first = samples.filter { comparison.holds(for: $0.value) }.min { $0.at < $1.at }
      finding.isHeld = first != nil
      finding.measured = first.map(text) ?? "from \(text(lowest)) to \(text(highest))"
    case .always(let comparison):
      let first = samples.filter { !comparison.holds(for: $0.value) }.min { $0.at < $1.at }
      finding.isHeld = first == nil
      finding.measured = first.map(text) ?? "from \(text(lowest)) to \(text(highest))"
    }
  }
}
