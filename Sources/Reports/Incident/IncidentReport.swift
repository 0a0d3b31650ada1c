import Documents

/// What a report shows: one scenario, and its runs with what was recorded of each.
package struct IncidentReport: Sendable {
  /// One run: a leg of a rehearsal, or a drill.
  package struct Run: Sendable {
    /// Its entry under `runs` of `run.json`.
    package var result: JSONValue
    package var record: IncidentRecord
    /// What a drill came to, as `score.json` has it.
    package var drill: JSONValue?
    /// What it is called on the page, where not by its own name.
    var title: String?

    package init(result: JSONValue, record: IncidentRecord, drill: JSONValue? = nil) {
      self.result = result
      self.record = record
      self.drill = drill
    }

    var name: String { result["name"]?.string ?? record.leg }
    var kind: String { result["kind"]?.string ?? "" }
    var verdict: String { result["verdict"]?.string ?? "invalid" }

    /// A mark of the incident in seconds since T0.
    func mark(_ name: String) -> Double? { result.at("marks", name)?.number }

    /// The sum over all regions.
    func total(_ key: String) -> Int64 {
      (result["regions"]?.object?.members ?? []).reduce(0) { $0 + ($1.value[key]?.integer ?? 0) }
    }

    /// The share of all objectives' budgets that burnt, at the end of each minute.
    var burntSoFar: [Double] {
      let drilled = minutes("drill")
      return Self.sums(drilled.isEmpty ? record.burnt : drilled)
    }

    /// Budget by minute as a drill counts it, which knows the runs without the trainee too.
    func minutes(_ name: String) -> [Double] {
      (drill?.at("facts", "budget", "byMinute", name)?.array ?? []).compactMap(\.number)
    }

    static func sums(_ shares: [Double]) -> [Double] {
      var sum = 0.0
      return shares.map { share in
        sum += share
        return sum
      }
    }
  }

  /// The scenario's entry in `run.json`.
  package var scenario: JSONValue
  package var runs: [Run]

  /// - Parameters:
  ///   - scenario: its entry in `run.json`.
  ///   - runs: the untouched one first, where it is there.
  package init(scenario: JSONValue, runs: [Run]) {
    self.scenario = scenario
    self.runs = runs
  }

  var name: String { scenario["name"]?.string ?? runs.first?.record.scenario ?? "" }
  var title: String { scenario["title"]?.string ?? name }
  var replay: String { scenario["replay"]?.string ?? "" }
  var seed: String { runs.first?.record.seed ?? "" }

  /// The run in which nobody acts, as the curve of its budget.
  var untouched: [Double] {
    if let run = runs.first(where: { $0.kind == "untouched" }) { return run.burntSoFar }
    return counterfactual("untouched")
  }

  /// The run of the first solution, likewise.
  var par: [Double] {
    if let run = runs.first(where: { $0.kind == "solution" }) { return run.burntSoFar }
    return counterfactual("par")
  }

  private func counterfactual(_ name: String) -> [Double] {
    Run.sums(runs.first { $0.drill != nil }?.minutes(name) ?? [])
  }

  /// The run that the page opens with: the drill, the first that repairs, or the only one.
  var main: Int {
    runs.firstIndex { $0.kind == "drill" } ?? runs.firstIndex { $0.kind == "solution" }
      ?? runs.firstIndex { $0.kind == "runbook" } ?? 0
  }
}
