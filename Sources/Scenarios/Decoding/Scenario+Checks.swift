import Documents
import SimulationKernel

// What a scenario must satisfy beyond the form of its parts, without looking at the platform.
extension Scenario {
  /// Offsets name faults that exist, windows run forward, and nothing lies behind the end.
  func checkOffsets(_ diagnostics: Diagnostics) {
    let ids = faults.map(\.id.value)
    for solution in solutions + traps {
      guard case .at(let start) = solution.start else { continue }
      timeline.check(start, among: ids, diagnostics)
      checkBeforeEnd(start, of: "\"\(solution.name.value)\" starts", diagnostics)
    }
    if case .at(let start) = drill?.start {
      timeline.check(start, among: ids, diagnostics)
      checkBeforeEnd(start, of: "the drill starts", diagnostics)
    }
    for expectation in expectations {
      for window in expectation.windows { check(window, among: ids, diagnostics) }
      if case .state(let state) = expectation.verb, case .at(let instant) = state.moment {
        timeline.check(instant, among: ids, diagnostics)
        if let time = timeline.time(of: instant.value), time > duration {
          diagnostics.error(at: instant.mark, "\(instant.value) is behind the end of the run (\(endText))")
        }
      }
    }
  }

  private func check(_ window: ExpectationWindow, among ids: [String], _ diagnostics: Diagnostics) {
    guard case .between(let from, let to) = window else { return }
    for end in [from, to] { timeline.check(end, among: ids, diagnostics) }
    guard let start = timeline.time(of: from.value), let stop = timeline.time(of: to.value) else { return }
    if start >= stop {
      let found = "\(start.duration.shortText) to \(stop.duration.shortText)"
      diagnostics.error(at: from.mark, "the window is empty: it runs from \(found)")
    } else if stop > duration {
      diagnostics.error(at: to.mark, "\(to.value) is behind the end of the run (\(endText))")
    }
  }

  private func checkBeforeEnd(_ offset: Located<Offset>, of what: String, _ diagnostics: Diagnostics) {
    guard let time = timeline.time(of: offset.value), time >= duration else { return }
    diagnostics.error(at: offset.mark, "\(what) at \(time.duration.shortText), the run ends at \(endText)")
  }

  private var endText: String { duration.duration.shortText }

  /// Ids and names occur once.
  func checkNames(_ diagnostics: Diagnostics) {
    checkDistinct(faults.map(\.id), "fault", diagnostics)
    checkDistinct(solutions.map(\.name) + traps.map(\.name), "solution or trap", diagnostics)
    var seen: [String: Int] = [:]
    for expectation in expectations {
      if let line = seen[expectation.identity] {
        diagnostics.error(at: expectation.mark, "the same \(expectation.verb.name) expectation stands in line \(line)")
      } else {
        seen[expectation.identity] = expectation.mark.line
      }
    }
  }

  /// Called where the file has no `load`.
  func checkLoad(_ diagnostics: Diagnostics) {
    guard let measuring = expectations.first(where: \.needsLoad) else { return }
    diagnostics.error(at: measuring.mark, "this expectation measures traffic, and the scenario has no load")
  }

  private func checkDistinct(_ names: [Located<String>], _ what: String, _ diagnostics: Diagnostics) {
    var lines: [String: Int] = [:]
    for name in names {
      if let line = lines[name.value] {
        diagnostics.error(at: name.mark, "another \(what) is called \"\(name.value)\", in line \(line)")
      } else {
        lines[name.value] = name.mark.line
      }
    }
  }
}

extension Expectation {
  /// The windows that it names.
  var windows: [ExpectationWindow] {
    switch verb {
    case .slo(let slo): [slo.window]
    case .latency(let latency): [latency.window]
    case .event(let event): [event.window]
    case .log(let log): [log.window]
    case .state(let state):
      switch state.moment {
      case .at: []
      case .during(let window), .neverDuring(let window): [window]
      }
    case .alert(let alert): [alert.window]
    case .query(let query): [query.window]
    case .restored, .invariant: []
    }
  }

  fileprivate var needsLoad: Bool {
    switch verb {
    case .slo, .latency, .restored: true
    case .state, .event, .log, .alert, .query, .invariant: false
    }
  }

  /// Two expectations with one identity assert the same.
  fileprivate var identity: String {
    let subject =
      switch verb {
      case .slo(let slo): "\(slo.name.value) \(slo.region.value) \(slo.window) \(slo.bounds)"
      case .latency(let latency): "\(latency.region.value) \(latency.window) \(latency.bounds)"
      case .state(let state): "\(state.target.value) \(state.mode) \(state.match) \(momentText(state.moment))"
      case .event(let event):
        "\(event.target.value) \(event.reason) \(event.message ?? "") \(event.window) \(event.occurrences)"
      case .log(let log): "\(log.target.value) \(log.contains) \(log.window) \(log.occurrences)"
      case .alert(let alert):
        "\(alert.name.value) \(alert.labels) \(alert.region?.value ?? "") \(alert.window) \(alert.bound)"
      case .query(let query): "\(query.expression.value) \(query.region?.value ?? "") \(query.window) \(query.bound)"
      // A run restores once: two items for the same runs could only repeat or contradict each other.
      case .restored: ""
      case .invariant(let invariant): invariant.rawValue
      }
    return "\(verb.name) \(applies.rawValue) \(subject)"
  }

  private func momentText(_ moment: StateExpectation.Moment) -> String {
    switch moment {
    case .at(let instant): "at \(instant.value)"
    case .during(let window): "during \(window)"
    case .neverDuring(let window): "never during \(window)"
    }
  }
}
