import Documents
import Foundation
import Testing

/// Drills by turns, as machines and scripts play them.
@Suite(.serialized) struct Drills {
  struct Outcome {
    var text: String
    var score: JSONValue
    var folder: URL

    var total: Int { Int(score.at("score", "total")?.integer ?? -1) }
  }

  /// The runs to compare drills of the crash loop with: the first who needs them leaves them there.
  static func baseline() throws -> String {
    try made.get()
  }

  private static let made = Result {
    let folder = try Program.scratchFolder()
    let file = folder.appendingPathComponent("baseline.json").path
    let outcome = try Program.run(
      ["drill", "scenarios/crashloop.yaml", "--turns", "--out", folder.path, "--baseline", file])
    try #require(outcome.code == 0, "\(outcome.errors)")
    return file
  }

  /// Types these lines in a drill by turns.
  static func play(_ lines: [String], options: [String] = ["--turns"], folder: URL? = nil) throws -> Outcome {
    let folder = try folder ?? Program.scratchFolder()
    let outcome = try Program.run(
      ["drill", "scenarios/crashloop.yaml", "--out", folder.path, "--baseline", try baseline()] + options,
      input: lines.map { $0 + "\n" }.joined())
    try #require(outcome.code == 0, "\(outcome.errors)\n\(outcome.output)")
    let bytes = (try? Data(contentsOf: folder.appendingPathComponent("score.json"))) ?? Data()
    return Outcome(text: outcome.output, score: (try? parseJSON(Array(bytes))) ?? .null, folder: folder)
  }

  private static let repair = [
    #"kubectl -n payments patch configmap payment-latency-api --type merge -p '{"data":{"REGION":"spain"}}'"#,
    "kubectl -n payments rollout restart deployment/payment-latency-api",
    "kubectl -n payments rollout status deployment/payment-latency-api",
  ]
  private static let undo = "kubectl --context spain -n payments rollout undo deployment/payment-latency-api"

  /// Drills with causes of each kind; all of them take minutes, by `twin drill --check scenarios/`.
  private static let played = ["crashloop", "db-outage", "node-loss", "slow-link"]

  /// The right repair scores at least 90, with wrong answers less, and what helps nobody nothing.
  @Test func drillsAreFair() throws {
    let outcome = try Program.run(["drill", "--check"] + Self.played.map { "scenarios/\($0).yaml" })
    #expect(outcome.code == 0, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.matches(of: /(?m)^  ok .* its solution$/).count == Self.played.count, "\(outcome.output)")
  }

  @Test func doingNothingScoresNothing() throws {
    let folder = URL(fileURLWithPath: try Self.baseline()).deletingLastPathComponent()
    let score = try parseJSON(Array(try Data(contentsOf: folder.appendingPathComponent("score.json"))))
    #expect(score.at("score", "total")?.integer == 0)
    #expect(score.at("facts", "tookPart")?.bool == false)
  }

  /// A wrong way that is left by a rewind, and a right one; a transcript that is graded gives the same score.
  @Test func aRewindLeavesBothBranchesToCompare() throws {
    let lines = ["page", "answer", "alerts", "help", "ack", Self.undo, "answer why 3", "sleep 200", "rewind 3m"]
    let outcome = try Self.play(lines + ["hint yes", "answer why 2", "answer where cm/x"] + Self.repair + ["resolve"])
    let branches = outcome.score["branches"]?.array ?? []
    #expect(branches.count == 2)
    #expect(branches.first?.at("facts", "restored")?.bool == false)
    #expect(branches.last?.at("facts", "restored")?.bool == true)
    #expect(outcome.text.contains("BRANCHES"))
    #expect(outcome.total > 20)
    #expect(outcome.total < 90, "\(outcome.text)")
    // The truth comes at the end, and not before.
    let end = try #require(outcome.text.range(of: "WHAT HAPPENED"))
    for word in ["config.set", "rollout.restart", "REGION was set", "correct-the-configuration"] {
      #expect(!outcome.text[..<end.lowerBound].contains(word))
    }
    #expect(outcome.text[end.upperBound...].contains("REGION was set"))
    let graded = try Program.run(["grade", outcome.folder.path, "-o", "json", "--baseline", try Self.baseline()])
    #expect(graded.code == 0, "\(graded.errors)")
    #expect(graded.json == outcome.score)
    // It has come to its end.
    let resumed = try Program.run(["drill", "--resume", outcome.folder.path])
    #expect(resumed.code == 2)
    #expect(resumed.errors.contains("has come to its end"))
    let again = try Program.run(["drill", "scenarios/crashloop.yaml", "--out", outcome.folder.path])
    #expect(again.code == 2)
    #expect(again.errors.contains("holds a drill already"))
  }

  @Test func machinesSpeakJSONLines() throws {
    let commands = [
      "{\"command\": \"ack\"}", "{\"no\": 1}", "kubectl -n payments get pods", "rewind never",
      "{\"command\": \"quit\"}",
    ]
    let outcome = try Self.play(commands, options: ["--json"])
    let lines = try outcome.text.split(separator: "\n").map { try parseJSON(Array($0.utf8)) }
    #expect(
      lines.map { $0["type"]?.string } == [
        "drill", "observation", "result", "observation", "refused", "observation", "result", "observation", "refused",
        "observation", "result", "score",
      ])
    #expect(lines[1]["page"]?.string?.contains("SEV-2") == true)
    #expect(lines[6]["output"]?.string?.contains("payment-latency-api") == true)
    #expect(lines.last?["ending"]?.string == "quit")
    // What was printed is a transcript too.
    let copy = outcome.folder.appendingPathComponent("copy.jsonl")
    try outcome.text.write(to: copy, atomically: true, encoding: .utf8)
    let graded = try Program.run(["grade", copy.path, "-o", "json", "--baseline", try Self.baseline()])
    #expect(graded.json["digest"] == lines.last?["digest"])
  }

  @Test func suspendedAndResumedIsAsIfNothingHadHappened() throws {
    let folder = try Program.scratchFolder()
    let first = ["ack", "notes it began at noon", "kubectl -n payments get pods", Self.undo]
    let second = ["notes", "kubectl -n payments get pods", "resolve"]
    _ = try Self.play(first + ["suspend"], folder: folder)
    let resumed = try Program.run(
      ["drill", "--resume", folder.path, "--no-color", "--baseline", try Self.baseline()],
      input: second.map { $0 + "\n" }.joined())
    #expect(resumed.output.contains("it began at noon"))
    let whole = try Self.play(first + second)
    let bytes = try Data(contentsOf: folder.appendingPathComponent("score.json"))
    #expect(try parseJSON(Array(bytes)) == whole.score)
  }

  @Test func aLogOfSomethingElseIsRefused() throws {
    let folder = try Program.scratchFolder()
    let lines = [
      #"{"type":"drill","schemaVersion":1,"scenario":"scenarios/crashloop.yaml","seed":"7","pace":"turns"}"#,
      #"{"type":"result","command":"ack","at":640000000000,"ended":640000000000,"until":640000000000,"exitCode":0,"output":"something else\n","errors":""}"#,
    ]
    let file = folder.appendingPathComponent("drill.jsonl")
    try (lines.joined(separator: "\n") + "\n").write(to: file, atomically: true, encoding: .utf8)
    let outcome = try Program.run(["grade", folder.path, "--baseline", try Self.baseline()])
    #expect(outcome.code == 2)
    #expect(outcome.errors.contains("cannot be rebuilt"), "\(outcome.errors)")
    try "{}\nnonsense\n".write(to: file, atomically: true, encoding: .utf8)
    #expect(try Program.run(["drill", "--resume", folder.path]).errors.contains("drill.jsonl:2: is no JSON"))
  }

  @Test(arguments: [
    (["drill"], "needs a scenario file"), (["drill", "scenarios/steady.yaml"], "has no drill: part"),
    (["drill", "scenarios/crashloop.yaml", "--speed", "0"], "--speed takes a number"),
    (["drill", "scenarios/crashloop.yaml", "--sped", "1"], "unknown option \"--sped\""),
    (["drill", "scenarios/crashloop.yaml", "--noise", "loud"], "--noise takes one of none, low, high"),
    (["drill", "scenarios/crashloop.yaml", "scenarios/oom.yaml"], "takes one scenario"),
    (["drill", "scenarios/crashloop.yaml", "--turns=yes"], "--turns takes no value"),
    (["drill", "scenarios/crashloop.yaml", "--json", "--speed", "2"], "--json"),
    (["drill", "scenarios/crashloop.yaml", "--baseline", "README.md"], "holds no runs to compare"),
    (["drill", "--resume", "/nowhere"], "/nowhere/drill.jsonl"),
    (["drill", "--resume", "/nowhere", "--turns"], "--turns has no meaning beside --resume"),
    (["grade"], "needs a transcript"), (["grade", "README.md"], "README.md:1: is no JSON"),
    (["grade", "/nowhere"], "/nowhere"), (["drill", "--instructor", "/nowhere"], "no drill goes on here"),
  ]) func mistakesAreNamed(_ arguments: [String], _ words: String) throws {
    let outcome = try Program.run(arguments)
    #expect(outcome.code == 2)
    #expect(outcome.errors.contains(words), "\(outcome.errors)")
  }
}
