import Documents
import Faults
import NetworkModel
import PaymentCore
import SimulationKernel
import Telemetry
import TwinWorld

/// The result of one leg as the JSON that all reports are made of, and that a forked leg sends to its parent.
@Simulated
package struct LegReport {
  private let rehearsal: Rehearsal
  private let judgement: Judgement

  /// - Parameters:
  ///   - hold: how long service must stay restored; what the scenario says where it is `nil`.
  ///   - countsPages: whether a page that still fires counts against a restoration.
  package init(_ rehearsal: Rehearsal, hold: TimeSpan? = nil, countsPages: Bool = true) {
    self.rehearsal = rehearsal
    judgement = Judgement(rehearsal, hold: hold, countsPages: countsPages)
  }

  /// Only the marks and the length, for whoever compares many legs.
  package var outline: JSONValue {
    ["marks": marks, "virtualSeconds": .number(rehearsal.scenario.duration.seconds)]
  }

  /// The leg's entry under `runs`.
  package func json() throws -> JSONValue {
    let findings = try judgement.findings()
    let invalidities = judgement.invalidities()
    let verdict = !invalidities.isEmpty ? "invalid" : findings.allSatisfy(\.isHeld) ? "pass" : "fail"
    let invariants = findings.filter { $0.verb == "invariant" }
    return [
      "name": .string(rehearsal.leg.name), "kind": .string(rehearsal.leg.kind.rawValue),
      "digest": .string(rehearsal.world.simulation.digest.description), "verdict": .string(verdict),
      "virtualSeconds": .number(rehearsal.scenario.duration.seconds),
      "invalid": .array(invalidities.map { .string($0) }),
      "regions": .object(JSONObject(rehearsal.world.regions.compactMap(region))), "marks": marks,
      "faults": .array(rehearsal.injections.map(fault)), "propagation": .array(chain.map(step)),
      "invariants": .array(
        invariants.map { ["name": .string($0.subject), "held": .bool($0.isHeld), "measured": .string($0.measured)] }),
      "expectations": .array(findings.filter { $0.verb != "invariant" }.map(\.json)),
      "commands": .array(rehearsal.commands.map(command)),
    ]
  }

  private func since(_ instant: Instant) -> JSONValue {
    .number((instant - rehearsal.origin).milliseconds.rounded() / 1000)
  }

  private var marks: JSONValue {
    func seconds(_ span: TimeSpan?) -> JSONValue { span.map { .number($0.seconds) } ?? .null }
    let marks = judgement.marks
    return [
      "faultAt": seconds(marks.faultAt), "symptomAt": seconds(marks.symptomAt),
      "pagedAt": seconds(marks.pagedAt), "restoredAt": seconds(marks.restoredAt),
    ]
  }

  private func fault(_ injection: Injection) -> JSONValue {
    [
      "id": .string(injection.id), "do": .string(injection.verb), "at": since(injection.at),
      "targets": .array(injection.targets.map { .string($0) }), "effective": .bool(injection.wasEffective),
    ]
  }

  private func command(_ step: Rehearsal.ExecutedStep) -> JSONValue {
    let text = step.result.exitCode == 0 ? step.result.output : step.result.errors
    return [
      "at": since(step.at), "took": .number((step.ended - step.at).seconds), "line": .string(step.line),
      "exitCode": .integer(Int64(step.result.exitCode)),
      "lastLine": .string(text.split(separator: "\n").last.map(String.init) ?? ""),
    ]
  }

  private var chain: [PropagationStep] {
    guard let fault = judgement.marks.faultAt else { return [] }
    return propagation(of: rehearsal.world.journal.componentChanges, from: rehearsal.origin + fault)
  }

  private func step(_ step: PropagationStep) -> JSONValue {
    [
      "source": .string(step.source), "target": .string(step.target), "at": since(step.at),
      "effect": .string(step.effect),
    ]
  }

  // MARK: Traffic

  private func region(_ region: Region) -> (String, JSONValue)? {
    guard let source = rehearsal.world.traffic(of: region.name) else { return nil }
    let total = source.recorder.total(judgement.range((.zero, rehearsal.scenario.duration)))
    var latency: JSONValue = [:]
    var breakdown: JSONValue = [:]
    for (word, window) in [
      ("baseline", ExpectationWindow.baseline), ("incident", .incident), ("recovery", .recovery), ("whole", .whole),
    ] {
      guard let ends = judgement.ends(window), ends.from < ends.to else { continue }
      latency[word] = quantiles(source.recorder.latencies(judgement.range(ends)))
      breakdown[word] = parts(source, judgement.range(ends))
    }
    let objectives = rehearsal.world.platform.objectives.filter { $0.region == region.name }
    let burnt = objectives.map { objective in
      (objective.name, JSONValue.number(judgement.burn(objective, (.zero, rehearsal.scenario.duration))))
    }
    return (
      region.name,
      [
        "offered": .integer(Int64(total.offered)), "served": .integer(Int64(total.served)),
        "failed": .integer(Int64(total.failed)),
        "late": .integer(Int64(total.served - total.withinLatencyLimit)),
        "paid": .integer(Int64(source.acknowledged.count)),
        "latency": latency, "breakdown": breakdown, "errorBudgetBurnt": .object(JSONObject(burnt)),
      ]
    )
  }

  private func quantiles(_ histogram: LatencyHistogram) -> JSONValue {
    func milliseconds(_ q: Double) -> JSONValue { .number((histogram.quantile(q).milliseconds * 100).rounded() / 100) }
    return ["p50": milliseconds(0.5), "p95": milliseconds(0.95), "p99": milliseconds(0.99)]
  }

  /// Mean milliseconds of each part of a sampled request's time.
  private func parts(_ source: TrafficSource, _ range: Range<Instant>) -> JSONValue {
    var sum = LatencyBreakdown()
    for slot in ServiceLevelRecorder.slots(range) where source.breakdown.indices.contains(slot) {
      sum.merge(source.breakdown[slot])
    }
    guard sum.count > 0 else { return .null }
    var parts: JSONValue = [:]
    func rounded(_ value: Double) -> JSONValue { .number((value * 100).rounded() / 100) }
    for component in LatencyComponent.allCases { parts[component.label] = rounded(sum.mean(component)) }
    parts["total"] = rounded(sum.meanTotal)
    return parts
  }
}
