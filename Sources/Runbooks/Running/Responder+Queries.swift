import ClusterOperators
import Documents
import Scenarios
import SimulationKernel
import Telemetry
import TwinWorld

// What a responder reads from a region's Prometheus.
extension Responder {
  /// What a query in the browser costs.
  private static let querying = TimeSpan.milliseconds(120)
  nonisolated private static let queryEvent: EventName = "runbook.query"

  /// Queries at the instant at which they are asked, answered by the Prometheus of a region. Where the platform has none there
  /// is no answer; one that does not run refuses.
  package static func queries(to region: String, in rehearsal: Rehearsal) -> Query {
    { text in
      guard let stack = rehearsal.world.region(region)?.monitoring else { return nil }
      guard stack.servers.contains(where: \.isRunning) else {
        guard stack.store.seriesCount > 0 else { return nil }
        return .failure(QueryMistake("PromQL cannot be evaluated: the Prometheus of \(region) does not run"))
      }
      await rehearsal.world.simulation.sleep(querying, queryEvent)
      let now = ClusterClock.milliseconds(rehearsal.world.simulation.now)
      do throws(PromQLError) {
        return .success(lines(try stack.engine.instant(try ExpressionParser.parse(text), at: now)))
      } catch { return .failure(QueryMistake("PromQL: \(error.message)")) }
    }
  }

  /// A line for each series, as the table of Prometheus' browser has them: labels, then the value. Of a range only the last value
  /// is told.
  static func lines(_ value: QueryValue) -> [String] {
    switch value {
    case .scalar(let value, _): [positionalNumberText(value)]
    case .string(let text, _): [text]
    case .vector(let samples, _): samples.map { line($0.labels, positionalNumberText($0.value)) }
    case .matrix(let series):
      series.map { one in
        line(one.labels, one.samples.last.map { "\(positionalNumberText($0.value)) of \(one.samples.count)" } ?? "")
      }
    }
  }

  private static func line(_ labels: Labels, _ value: String) -> String {
    let name = labels[Labels.metricName]
    let rest = Labels(labels.pairs.filter { $0.name != Labels.metricName })
    return "\(rest.pairs.isEmpty && !name.isEmpty ? name : name + rest.text) \(value)"
  }
}
