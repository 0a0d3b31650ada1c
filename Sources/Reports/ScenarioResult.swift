import Documents
import Scenarios

/// Every rendering of results: terminal text, JSON, JUnit, Markdown. All are made of one JSON document a scenario, so that no
/// rendering knows more than another. Imports Documents and Scenarios; writes nothing by itself.

/// The result of one scenario: its entry under `scenarios`, read through names.
package struct ScenarioResult: Sendable {
  package let json: JSONValue

  package init(json: JSONValue) { self.json = json }

  /// Puts a scenario's result together.
  ///
  /// - Parameters:
  ///   - runs: the legs' reports, the untouched one first.
  ///   - replay: the command that repeats it.
  package init(_ scenario: Scenario, seed: UInt64, runs: [JSONValue], replay: String, platform: JSONValue) {
    let verdicts = runs.compactMap { $0["verdict"]?.string }
    let verdict = verdicts.contains("invalid") ? "invalid" : verdicts.contains("fail") ? "fail" : "pass"
    json = [
      "name": .string(scenario.name.value), "title": .string(scenario.title), "file": .string(scenario.file),
      "seed": .integer(Int64(bitPattern: seed)), "verdict": .string(verdict), "replay": .string(replay),
      "platform": platform,
      "runs": .array(runs),
    ]
  }

  package var name: String { json["name"]?.string ?? "" }
  package var verdict: String { json["verdict"]?.string ?? "invalid" }
  package var runs: [JSONValue] { json["runs"]?.array ?? [] }
  package var replay: String { json["replay"]?.string ?? "" }

  /// Expectations and invariants of a run, as (label, held, measured).
  static func cases(_ run: JSONValue) -> [(
    label: String, limit: String, measured: String, held: Bool, moments: [String]
  )] {
    let expectations = (run["expectations"]?.array ?? []).map { finding in
      (
        label: [finding["verb"]?.string, finding["name"]?.string, finding["window"]?.string].compactMap(\.self).filter {
          !$0.isEmpty
        }
        .joined(separator: " "), limit: finding["limit"]?.string ?? "", measured: finding["measured"]?.string ?? "",
        held: finding["held"]?.bool ?? false, moments: (finding["moments"]?.array ?? []).compactMap(\.string)
      )
    }
    let invariants = (run["invariants"]?.array ?? []).map { finding in
      (
        label: "invariant \(finding["name"]?.string ?? "")", limit: "holds",
        measured: finding["measured"]?.string ?? "",
        held: finding["held"]?.bool ?? false, moments: [String]()
      )
    }
    return expectations + invariants
  }
}

/// The document of `-o json`.
package func resultDocument(_ results: [ScenarioResult], wallSeconds: Double) -> JSONValue {
  let verdicts = results.map(\.verdict)
  let verdict = verdicts.contains("invalid") ? "invalid" : verdicts.contains("fail") ? "fail" : "pass"
  return [
    "schemaVersion": 1, "verdict": .string(verdict), "wallSeconds": .number(wallSeconds),
    "scenarios": .array(results.map(\.json)),
  ]
}
