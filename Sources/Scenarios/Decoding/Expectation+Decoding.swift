import Documents
import Faults
import SimulationKernel

extension Form where Value == Expectation {
  /// An item of `expect:`, with exactly one verb.
  static var expectation: Form {
    .mapping("expect item") { reader in
      var item = reader.exactlyOne(
        "verb",
        of: [
          Alternative("slo", .slo, "A service level objective of the platform."),
          Alternative("latency", .latency, "Latency that the clients of a region measure."),
          Alternative("state", .state, "Objects contain a partial object."),
          Alternative("event", .event, "Kubernetes events."),
          Alternative("log", .log, "Lines in the logs of pods."),
          Alternative("alert", .alert, "Alerts of a region's Prometheus."),
          Alternative("query", .query, "A PromQL expression."),
          Alternative("restored", .restored, "The service is well again and stays so."),
          Alternative("invariant", .invariant, "What holds in every run, listed or not."),
        ])
      item?.mark = reader.mark
      return item
    }
  }

  private static var slo: Form {
    verb("slo") { reader in
      let name = reader.required("name", .located(.nonEmptyString), "The objective's name.")
      let region = reader.required("region", .located(.name), "The region in which it is measured.")
      let window = reader.required("during", .window, windowMeaning)
      let atLeast = reader.optional("atLeast", .percentage, "The least share of good requests.")
      let atMost = reader.optional("atMost", .percentage, "The greatest share of good requests.")
      let burns = reader.optional("burnsBetween", .percentageRange, "The share of the error budget that burns.")
      var bounds: [ServiceLevelExpectation.Bound] = []
      if let atLeast { bounds.append(.atLeast(atLeast)) }
      if let atMost { bounds.append(.atMost(atMost)) }
      if let burns { bounds.append(.burnsBetween(burns.low, burns.high)) }
      reader.require(oneOf: ["atLeast", "atMost", "burnsBetween"])
      if let atLeast, let atMost, atLeast > atMost { reader.error(at: "atMost", "atMost is below atLeast") }
      guard let name, let region, let window else { return nil }
      return .slo(ServiceLevelExpectation(name: name, region: region, window: window, bounds: bounds))
    }
  }

  private static var latency: Form {
    verb("latency") { reader in
      let region = reader.required("region", .located(.name), "The region whose clients measure.")
      let window = reader.required("during", .window, windowMeaning)
      let bounds = reader.required("is", .latencyComparisons, "One comparison or several, such as \"p(99) < 100ms\".")
      guard let region, let window, let bounds else { return nil }
      return .latency(LatencyExpectation(region: region, window: window, bounds: bounds))
    }
  }

  private static var state: Form {
    verb("state") { reader in
      let target = reader.required("target", .target, "The objects.")
      let mode = reader.optional("mode", .targetMode, "How many of them match: one, all, N or N%.", default: .all)
      let match = reader.required("match", .object, "The partial object.")
      let at = reader.optional("at", .offsetOrEnd, "The instant at which they are looked at.")
      let window = reader.optional("during", .window, "The window in which they match at some instant.")
      let never = reader.optional("never", .bool, "Whether they match at no instant of the window.", default: false)
      reader.require(oneOf: ["at", "during"])
      if reader.has("at"), reader.has("during") {
        reader.error(at: "during", "\"during\" stands beside \"at\"; use one")
      }
      if never, !reader.has("during") { reader.error(at: "never", "\"never\" needs a window: add \"during\"") }
      let moment = at.map { StateExpectation.Moment.at($0) } ?? window.map { never ? .neverDuring($0) : .during($0) }
      guard let target, let match, let moment else { return nil }
      return .state(StateExpectation(target: target, mode: mode, match: match, moment: moment))
    }
  }

  private static var event: Form {
    verb("event") { reader in
      let target = reader.required("target", .target, "The objects that the events are about.")
      let reason = reader.required("reason", .nonEmptyString, "The events' reason, such as BackOff.")
      let message = reader.optional("message", .nonEmptyString, "A part of the events' message.")
      let window = reader.required("during", .window, windowMeaning)
      let occurrences = reader.occurrences()
      guard let target, let reason, let window else { return nil }
      return .event(
        EventExpectation(target: target, reason: reason, message: message, window: window, occurrences: occurrences))
    }
  }

  private static var log: Form {
    verb("log") { reader in
      let target = reader.required("target", .target, "The pods, or what owns them.")
      let contains = reader.required("contains", .nonEmptyString, "A part of the line.")
      let window = reader.required("during", .window, windowMeaning)
      let occurrences = reader.occurrences()
      guard let target, let contains, let window else { return nil }
      return .log(LogExpectation(target: target, contains: contains, window: window, occurrences: occurrences))
    }
  }

  private static var restored: Form {
    verb("restored") { reader in
      let isRestored = reader.optional("is", .bool, "Whether it is restored by the end.", default: true)
      let within = reader.optional("within", .positiveDuration, "The latest restoration after the first fault.")
      let hold = reader.optional("hold", .duration, "How long it has to stay well.")
      if !isRestored, within != nil || hold != nil {
        reader.error(at: within != nil ? "within" : "hold", "\"is: false\" has no time of restoration to bound")
      }
      return .restored(
        RestoredExpectation(
          isRestored: isRestored, within: within.map { TimeSpan($0) },
          hold: hold.map { TimeSpan($0) } ?? RestoredExpectation.defaultHold))
    }
  }

  private static var invariant: Form {
    verb("invariant") { reader in
      reader.required("name", Form<Invariant>.word, "Which one.").map { .invariant($0) }
    }
  }

  /// The mapping of one verb, with the key `when` that all verbs share.
  static func verb(_ name: String, _ decode: @escaping (MappingReader) -> ExpectationVerb?) -> Form {
    .mapping(name) { reader in
      let applies = reader.optional(
        "when", Form<Expectation.Applicability>.word, "The runs that it counts for.", default: .always)
      return decode(reader).map { Expectation(verb: $0, applies: applies, mark: reader.mark) }
    }
  }

  static var windowMeaning: String { "The window: a phase, or [from, to]." }
}

extension MappingReader {
  /// Reports that none of several keys is there.
  func require(oneOf keys: [String]) {
    if keys.contains(where: has) { return }
    error("\(subject) needs one of \(keys.joined(separator: ", "))")
  }

  /// `atLeast`, `atMost` and `never`, by default at least once.
  fileprivate func occurrences() -> Occurrences {
    let atLeast = optional("atLeast", .integer(in: 0...Int.max), "The least number of times; 1 where nothing is said.")
    let atMost = optional("atMost", .integer(in: 0...Int.max), "The greatest number of times.")
    let never = optional("never", .bool, "Whether it must not happen at all.", default: false)
    if never, atLeast != nil || atMost != nil {
      error(at: "never", "\"never\" stands beside \(atLeast != nil ? "atLeast" : "atMost"); use one")
    }
    if let atLeast, let atMost, atLeast > atMost { error(at: "atMost", "atMost is below atLeast") }
    if never { return Occurrences(atLeast: 0, atMost: 0) }
    return Occurrences(atLeast: atLeast ?? (atMost == nil ? 1 : 0), atMost: atMost)
  }
}

extension Form where Value == ExpectationWindow {
  /// A phase, or `[from, to]`.
  static var window: Form {
    let words = ExpectationWindow.phases.map(\.word)
    let schema: JSONValue = [
      "oneOf": [
        ["enum": .array(words.map(JSONValue.string))], ["type": "array", "minItems": 2, "maxItems": 2],
      ]
    ]
    return Form(accepted: "one of \(words.joined(separator: ", ")), or [from, to]", schema: schema) {
      node, diagnostics in
      if let ends = node.sequence, ends.count == 2 {
        let from = Form<Located<Offset>>.offset.read(ends[0], diagnostics)
        let to = Form<Located<Offset>>.offsetOrEnd.read(ends[1], diagnostics)
        guard let from, let to else { return nil }
        return .between(from, to)
      }
      if let row = ExpectationWindow.phases.first(where: { $0.word == node.string }) { return row.window }
      let found = node.sequence.map { "a list of \($0.count)" } ?? node.found
      let hint = node.string.flatMap { spellingHint(for: $0, among: words) }
      let message = "expected a window (\(words.joined(separator: ", ")), or [from, to]), found \(found)"
      diagnostics.error(at: node.mark, message, hint: hint)
      return nil
    }
  }
}

extension Form where Value == (low: Double, high: Double) {
  /// `[1%, 20%]`.
  fileprivate static var percentageRange: Form {
    Form(
      accepted: "two percentages such as [1%, 20%]",
      schema: ["type": "array", "items": Form<Double>.percentage.schema, "minItems": 2, "maxItems": 2]
    ) { node in
      let shares = node.sequence?.compactMap { $0.string.flatMap(parsePercentage) } ?? []
      return shares.count == 2 && node.sequence?.count == 2 && shares[0] <= shares[1] ? (shares[0], shares[1]) : nil
    }
  }
}
