import Documents
import SimulationKernel

extension DrillResults {
  /// The last line of a transcript.
  ///
  /// - Parameter withScore: whether points are given.
  package func json(withScore: Bool) -> JSONValue {
    var json: JSONValue = [
      "type": "score", "schemaVersion": 1, "scenario": .string(setup.scenario), "seed": .string(String(setup.seed)),
      "digest": .string(digest),
    ]
    json["facts"] = last.facts.json
    if withScore { json["score"] = last.score.json }
    if branches.count > 1 {
      json["branches"] = .array(
        branches.map { branch in
          var entry: JSONValue = ["facts": branch.facts.json]
          if withScore { entry["score"] = branch.score.json }
          return entry
        })
    }
    if let ending = last.ending { json["ending"] = .string(ending.rawValue) }
    return json
  }
}

extension DrillScore {
  package var json: JSONValue {
    [
      "total": .integer(Int64(total)), "hints": .integer(Int64(hints)),
      "parts": .array(
        parts.map { part in
          [
            "name": .string(part.name), "points": .number((part.points * 100).rounded() / 100),
            "of": .number(part.most),
            "reason": .string(part.reason),
          ]
        }),
    ]
  }
}

extension DrillFacts {
  /// Times in seconds since T0; budgets as shares of a month's, rounded to a millionth.
  package var json: JSONValue {
    func time(_ span: TimeSpan?) -> JSONValue { span.map { .number($0.seconds) } ?? .null }
    func share(_ value: Double) -> JSONValue { .number((value * 1e6).rounded() / 1e6) }
    return [
      "marks": [
        "faultAt": time(faultAt), "symptomAt": time(symptomAt), "pagedAt": time(pagedAt),
        "acknowledgedAt": time(acknowledgedAt), "evidenceAt": time(evidenceAt), "localisedAt": time(localisedAt),
        "firstChangeAt": time(firstChangeAt), "lastChangeAt": time(lastChangeAt), "mitigatedAt": time(mitigatedAt),
        "causeGoneAt": time(causeGoneAt), "resolvedAt": time(resolvedAt),
        "endedAt": time(endedAt), "measuredUntil": time(measuredUntil), "parMitigatedAt": time(parMitigatedAt),
        "runbookReadAt": time(runbookReadAt),
      ],
      "budget": [
        "untouched": share(burntUntouched), "par": share(burntPar), "drill": share(burnt),
        "byOwnActions": share(burntByActions), "extraAllowed": share(extraBudget),
        "byMinute": .object(
          JSONObject(zip(["untouched", "par", "drill"], burntByMinute).map { ($0, .array($1.map(share))) })),
      ],
      "restored": .bool(isRestored), "tookPart": .bool(tookPart), "verified": .bool(isVerified),
      "forbidden": .array(forbidden.map { .string($0) }), "hints": .integer(Int64(hintCosts.count)),
      "statusUpdates": .integer(Int64(statusUpdates)),
      "diagnoses": .array(
        diagnoses.map { diagnosis in
          [
            "question": .string(diagnosis.question), "asked": .string(diagnosis.asked),
            "given": diagnosis.given.map { .string($0) } ?? .null, "right": .string(diagnosis.right),
            "share": .number(diagnosis.share), "distance": diagnosis.distance.map { .integer(Int64($0)) } ?? .null,
          ]
        }),
      "commands": .array(
        looks.map { look in
          [
            "at": time(look.at), "command": .string(look.line), "mayChange": .bool(look.mayChange),
            "exitCode": .integer(Int64(look.exitCode)), "revealed": .array(look.revealed.map { .string($0) }),
          ]
        }),
      "neverRead": .array(unread.map { .string($0) }),
    ]
  }
}
