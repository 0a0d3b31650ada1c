import Drills
import SimulationKernel
import Testing
import Toolbox

@Suite struct Logs {
  private static func entry(_ line: String, _ from: Double, _ to: Double) -> DrillLog.Event {
    .entry(
      DrillEntry(
        line: line, at: .minutes(from), ended: .minutes(to), until: .minutes(to),
        result: CommandResult(output: "ö \"\n", errors: "e", exitCode: 3)))
  }

  private static var log: DrillLog {
    var log = DrillLog(DrillSetup(scenario: "a.yaml", seed: .max, noise: .high, pace: .clock(speed: 2.5)))
    log.events = [
      entry("one", 1, 2), entry("two", 3, 4), .rewind(to: .minutes(3.5)), entry("three", 5, 6),
      .waited(until: .minutes(7)),
    ]
    return log
  }

  private static func text(_ log: DrillLog) -> String {
    ([log.setup.json] + log.events.map(\.json)).map { $0.jsonText() + "\n" }.joined()
  }

  @Test func readsWhatItWrites() throws {
    let log = Self.log
    let read = try DrillLog(parsing: Array(Self.text(log).utf8), name: "log")
    #expect(read.events == log.events)
    #expect(read.setup.seed == .max)
    #expect(read.setup.noise == .high)
    #expect(read.setup.pace == .clock(speed: 2.5))
  }

  @Test func aLineThatWasCutIsLeftOut() throws {
    let bytes = Array(Self.text(Self.log).utf8)
    #expect(try DrillLog(parsing: Array(bytes.dropLast(9)), name: "log").events.count == Self.log.events.count - 1)
  }

  @Test func linesForLookersOnAreSkipped() throws {
    let text = Self.text(Self.log) + "{\"type\":\"observation\"}\n{\"type\":\"score\"}\n"
    #expect(try DrillLog(parsing: Array(text.utf8), name: "log").events == Self.log.events)
  }

  @Test func whatIsNoLogIsRefused() {
    #expect(throws: DrillLog.Malformed.self) { try DrillLog(parsing: Array("hello\n".utf8), name: "x") }
    #expect(throws: DrillLog.Malformed.self) { try DrillLog(parsing: [], name: "x") }
  }

  @Test func aRewindKeepsWhatWasOverByThen() {
    let branches = Self.log.branches
    #expect(branches.count == 2)
    #expect(branches[0] == [Self.entry("one", 1, 2), Self.entry("two", 3, 4)])
    #expect(
      branches[1] == [
        Self.entry("one", 1, 2), .waited(until: .minutes(3.5)), Self.entry("three", 5, 6), .waited(until: .minutes(7)),
      ])
  }
}

@Suite struct Words {
  @Test(arguments: [
    ("status \"we are on it\"", ["status", "we are on it"]), ("a  'b c'd", ["a", "b cd"]), ("", []),
    ("x ''", ["x", ""]),
  ]) func quotesHoldWordsTogether(_ line: String, _ words: [String]) {
    #expect(DrillSession.words(line) == words)
  }
}
