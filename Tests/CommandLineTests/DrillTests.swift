import Documents
import Faults
import Foundation
import Scenarios
import Testing

/// Drills by turns, as machines and scripts play them.
@Suite(.serialized) struct Drills {
  struct Outcome {
    var text: String
    var score: JSONValue
    var folder: URL

    var total: Int { Int(score.at("score", "total")?.integer ?? -1) }
  }

  /// Types these lines in a drill by turns.
  static func play(
    _ scenario: String, _ lines: [String], options: [String] = [], folder: URL? = nil
  ) throws -> Outcome {
    let folder = try folder ?? Program.scratchFolder()
    let outcome = try Program.run(
      ["drill", "scenarios/\(scenario).yaml", "--turns", "--out", folder.path] + options,
      input: lines.map { $0 + "\n" }.joined())
    try #require(outcome.code == 0, "\(outcome.errors)\n\(outcome.output)")
    let bytes = (try? Data(contentsOf: folder.appendingPathComponent("score.json"))) ?? Data()
    return Outcome(text: outcome.output, score: (try? parseJSON(Array(bytes))) ?? .null, folder: folder)
  }

  /// The shipped scenarios that can be drilled.
  static let drillable = ScenarioShelf.all.filter { $0.drill != nil }.map(\.name.value)

  /// The scenario's own answers and solution, and then a look.
  private static func solution(of scenario: Scenario, answering: Bool = true) -> [String] {
    let answers = (scenario.drill?.questions ?? []).map { question in
      switch question.answer {
      case .component(let pattern): "answer \(question.id) \(pattern.value)"
      case .choice(_, let right): "answer \(question.id) \(right)"
      }
    }
    return ["ack"] + (answering ? answers : []) + (scenario.solutions.first?.steps.map(\.value) ?? []) + [
      "sleep 60", "dash", "resolve done",
    ]
  }

  @Test(arguments: drillable) func itsSolutionScoresAtLeastNinety(_ name: String) throws {
    let scenario = try #require(ScenarioShelf.all.first { $0.name.value == name })
    let outcome = try Self.play(name, Self.solution(of: scenario))
    #expect(outcome.total >= 90, "\(outcome.text)")
  }

  @Test(arguments: drillable) func doingNothingScoresNothing(_ name: String) throws {
    #expect(try Self.play(name, []).total == 0)
  }

  @Test(arguments: drillable) func scalingToZeroScoresNothing(_ name: String) throws {
    let outcome = try Self.play(
      name,
      ["ack", "kubectl --context spain -n payments scale deployment/payment-latency-api --replicas=0", "resolve"])
    #expect(outcome.total == 0, "\(outcome.text)")
  }

  private static let undo = "kubectl --context spain -n payments rollout undo deployment/payment-latency-api"

  @Test func aWrongDiagnosisOnTheWayLandsInBetween() throws {
    let scenario = try #require(ScenarioShelf.all.first { $0.name.value == "crashloop" })
    let right = try Self.play("crashloop", Self.solution(of: scenario)).total
    let lines = Self.solution(of: scenario, answering: false)
    let wrong =
      ["ack", "answer why 3", "answer where spain/rds/payments", Self.undo, "sleep 180"] + lines.dropFirst()
    let outcome = try Self.play("crashloop", wrong)
    #expect(outcome.total > 20)
    #expect(outcome.total < right - 20, "\(outcome.text)")
  }

  @Test func aTranscriptGradedTwiceGivesTheSameScore() throws {
    let lines = ["ack", "kubectl -n payments get pods", "hint yes", "sleep 100", "hint yes", Self.undo, "resolve"]
    let outcome = try Self.play("crashloop", lines)
    let transcript = outcome.folder.appendingPathComponent("drill.jsonl").path
    for _ in 0..<2 {
      let graded = try Program.run(["grade", transcript, "-o", "json"])
      #expect(graded.code == 0, "\(graded.errors)")
      #expect(graded.json == outcome.score)
    }
  }

  @Test func machinesSpeakJSONLines() throws {
    let folder = try Program.scratchFolder()
    let commands = [
      "{\"command\": \"ack\"}", "{\"command\": \"kubectl -n payments get pods\"}", "{\"command\": \"quit\"}",
    ]
    let outcome = try Program.run(
      ["drill", "scenarios/crashloop.yaml", "--json", "--out", folder.path],
      input: commands.joined(separator: "\n") + "\n")
    let lines = try outcome.output.split(separator: "\n").map { try parseJSON(Array($0.utf8)) }
    #expect(
      lines.map { $0["type"]?.string } == [
        "drill", "observation", "result", "observation", "result", "observation", "result", "score",
      ])
    #expect(lines[1]["page"]?.string?.contains("SEV-2") == true)
    #expect(lines[4]["output"]?.string?.contains("payment-latency-api") == true)
    #expect(lines[7]["ending"]?.string == "quit")
    // What was printed is a transcript too.
    let copy = folder.appendingPathComponent("copy.jsonl")
    try outcome.output.write(to: copy, atomically: true, encoding: .utf8)
    #expect(try Program.run(["grade", copy.path, "-o", "json"]).json["digest"] == lines[7]["digest"])
  }

  @Test func truthIsShownOnlyAtTheEnd() throws {
    let outcome = try Self.play("crashloop", ["page", "answer", "alerts", "help", "clock", "notes", "quit"])
    let end = try #require(outcome.text.range(of: "WHAT HAPPENED"))
    let before = outcome.text[..<end.lowerBound]
    for word in ["config.set", "rollout.restart", "REGION was set", "correct-the-configuration"] {
      #expect(!before.contains(word))
    }
    #expect(outcome.text[end.upperBound...].contains("REGION was set"))
  }

  @Test func aRewindLeavesBothBranchesToCompare() throws {
    let scenario = try #require(ScenarioShelf.all.first { $0.name.value == "crashloop" })
    let lines = ["ack", Self.undo, "sleep 300", "rewind 5m"] + Self.solution(of: scenario).dropFirst()
    let outcome = try Self.play("crashloop", lines)
    let branches = outcome.score["branches"]?.array ?? []
    #expect(branches.count == 2)
    #expect(branches.first?.at("facts", "restored")?.bool == false)
    #expect(branches.last?.at("facts", "restored")?.bool == true)
    #expect(outcome.text.contains("BRANCHES"))
    let graded = try Program.run(["grade", outcome.folder.path, "-o", "json"])
    #expect(graded.json == outcome.score)
  }

  @Test func suspendedAndResumedIsAsIfNothingHadHappened() throws {
    let folder = try Program.scratchFolder()
    let first = ["ack", "notes it began at noon", "kubectl -n payments get pods", Self.undo]
    let second = ["notes", "kubectl -n payments get pods", "resolve"]
    _ = try Self.play("crashloop", first + ["suspend"], folder: folder)
    let resumed = try Program.run(
      ["drill", "--resume", folder.path, "--no-color"], input: second.map { $0 + "\n" }.joined())
    #expect(resumed.output.contains("it began at noon"))
    let whole = try Self.play("crashloop", first + second)
    let bytes = try Data(contentsOf: folder.appendingPathComponent("score.json"))
    #expect(try parseJSON(Array(bytes)) == whole.score)
  }

  @Test(arguments: [
    (["drill"], "needs a scenario file"), (["drill", "scenarios/steady.yaml"], "has no drill: part"),
    (["drill", "scenarios/crashloop.yaml", "--speed", "0"], "--speed takes a number"),
    (["grade"], "needs a transcript"),
    (["grade", "/nowhere"], "/nowhere"), (["drill", "--instructor", "/nowhere"], "no drill goes on here"),
  ]) func mistakesAreNamed(_ arguments: [String], _ words: String) throws {
    let outcome = try Program.run(arguments)
    #expect(outcome.code == 2)
    #expect(outcome.errors.contains(words), "\(outcome.errors)")
  }
}

/// The shipped scenarios.
enum ScenarioShelf {
  static let all: [Scenario] = {
    let folder = root.appendingPathComponent("scenarios").path
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".yaml") }
    return names.sorted().compactMap { try? Scenario.load("\(folder)/\($0)", catalogue: .standard) }
  }()
}
