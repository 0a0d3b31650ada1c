import Documents
import SimulationKernel
import Telemetry

// The verbs that ask a region's Prometheus.
extension Form where Value == Expectation {
  static var alert: Form {
    verb("alert") { reader in
      let name = reader.required("name", .located(.nonEmptyString), "The alert's name.")
      let labels = reader.optional("labels", .labels, "Labels that it has, among others.", default: [])
      let region = reader.optional("region", .located(.name), "The region; all of them where nothing is said.")
      let window = reader.optional("during", .window, "The window; the whole run where nothing is said.")
      let never = reader.optional("never", .bool, "Whether it must not fire at all.", default: false)
      let within = reader.optional("firesWithin", .positiveDuration, "The latest first firing.").map { TimeSpan($0) }
      let between = reader.optional("firesBetween", .durationRange, "The earliest and the latest first firing.")
      let after = reader.optional("after", .offset, "What these count from; the first fault where nothing is said.")
      let bounds = ["never", "firesWithin", "firesBetween"].filter(reader.has)
      if bounds.count > 1 {
        reader.error(at: bounds[1], "\"\(bounds[1])\" stands beside \"\(bounds[0])\"; use one")
      }
      if within == nil, between == nil, reader.has("after") {
        reader.error(at: "after", "\"after\" needs a bound that counts from it: add firesWithin or firesBetween")
      }
      if within != nil || between != nil, reader.has("during") {
        reader.error(at: "during", "\"during\" stands beside \"\(bounds[0])\", which is a window of its own; use one")
      }
      guard let name else { return nil }
      let bound: AlertExpectation.Bound =
        within.map { .between(.zero, $0) } ?? between.map { .between($0.low, $0.high) } ?? (never ? .never : .fires)
      return .alert(
        AlertExpectation(
          name: name, labels: labels, region: region, window: window ?? .whole, bound: bound, after: after))
    }
  }

  static var query: Form {
    verb("query") { reader in
      let expression = reader.required("expr", .located(.nonEmptyString), "The PromQL expression.")
      let region = reader.optional("region", .located(.name), "The region; all of them where nothing is said.")
      let window = reader.required("during", .window, windowMeaning)
      let reaches = reader.optional("reaches", .plainComparison, "What some series satisfies at some instant.")
      let always = reader.optional("is", .plainComparison, "What every series satisfies at every instant.")
      reader.require(oneOf: ["reaches", "is"])
      if reader.has("reaches"), reader.has("is") { reader.error(at: "is", "\"is\" stands beside \"reaches\"; use one") }
      if let expression {
        do throws(PromQLError) { _ = try ExpressionParser.parse(expression.value) } catch {
          reader.diagnostics.error(at: expression.mark, error.message)
        }
      }
      let bound = reaches.map { QueryExpectation.Bound.reaches($0) } ?? always.map { .always($0) }
      guard let expression, let window, let bound else { return nil }
      return .query(QueryExpectation(expression: expression, region: region, window: window, bound: bound))
    }
  }
}

extension Form where Value == [Label] {
  /// A mapping of label names to values.
  fileprivate static var labels: Form {
    let schema: JSONValue = ["type": "object", "additionalProperties": ["type": "string"]]
    return Form(accepted: "a mapping of labels", schema: schema) { node in
      guard let entries = node.mapping else { return nil }
      let labels = entries.compactMap { entry in
        entry.key.keyText.flatMap { name in entry.value.scalar.map { Label(name, $0.text) } }
      }
      return labels.count == entries.count ? labels : nil
    }
  }
}

extension Form where Value == (low: TimeSpan, high: TimeSpan) {
  /// `[1m, 6m]`.
  fileprivate static var durationRange: Form {
    Form(
      accepted: "two durations such as [1m, 6m]",
      schema: ["type": "array", "items": Form<Duration>.duration.schema, "minItems": 2, "maxItems": 2]
    ) { node in
      let spans = node.sequence?.compactMap { $0.string.flatMap { Duration(scenarioText: $0) } } ?? []
      guard spans.count == 2, node.sequence?.count == 2, spans[0] <= spans[1] else { return nil }
      return (TimeSpan(spans[0]), TimeSpan(spans[1]))
    }
  }
}

extension Form where Value == Comparison {
  /// A bound without a statistic: `"< 6"`, `">= 99%"`.
  fileprivate static var plainComparison: Form {
    Form(
      accepted: "a comparison such as \"< 6\"",
      schema: ["type": "string", "pattern": "^\\s*(<|<=|>|>=|==|!=)\\s*-?[0-9.]+(%|us|ms|s|m|h)?\\s*$"]
    ) { node in
      guard let comparison = node.string.flatMap(Comparison.init(parsing:)), comparison.statistic == nil else {
        return nil
      }
      return comparison
    }
  }
}
