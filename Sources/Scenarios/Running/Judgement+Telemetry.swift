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
      firing.name == alert.name.value && alert.region.map { firing.region == $0.value } ?? true
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

  func judge(_ query: QueryExpectation) -> Finding {
    Finding(
      verb: "query", subject: query.expression.value, window: query.window.description, limit: query.bound.description,
      measured: "the platform has no Prometheus", isHeld: false)
  }
}
