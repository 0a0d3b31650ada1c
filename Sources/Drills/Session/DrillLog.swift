import Documents
import Scenarios
import SimulationKernel
import Toolbox

/// How a drill was set up: what, with the commands, rebuilds it exactly.
package struct DrillSetup: Sendable {
  /// How time passes.
  package enum Pace: Hashable, Sendable {
    /// Each command costs its plausible time.
    case turns
    /// As on a clock, so many times as fast.
    case clock(speed: Double)
  }

  /// The scenario's file, as it was named.
  package var scenario: String
  package var seed: UInt64
  /// In place of the scenario's.
  package var noise: Scenario.Noise?
  package var pace: Pace

  package init(scenario: String, seed: UInt64, noise: Scenario.Noise? = nil, pace: Pace = .turns) {
    self.scenario = scenario
    self.seed = seed
    self.noise = noise
    self.pace = pace
  }

  package var json: JSONValue {
    var json: JSONValue = [
      "type": "drill", "schemaVersion": 1, "scenario": .string(scenario), "seed": .string(String(seed)),
    ]
    if let noise { json["noise"] = .string(noise.rawValue) }
    switch pace {
    case .turns: json["pace"] = "turns"
    case .clock(let speed): json["speed"] = .number(speed)
    }
    return json
  }

  package init?(_ json: JSONValue) {
    guard json["type"]?.string == "drill", json["schemaVersion"]?.integer == 1,
      let scenario = json["scenario"]?.string, let seed = json["seed"]?.string.flatMap({ UInt64($0) })
    else { return nil }
    self.init(
      scenario: scenario, seed: seed, noise: json["noise"]?.string.flatMap { Scenario.Noise(rawValue: $0) },
      pace: json["speed"]?.number.map { .clock(speed: $0) } ?? .turns)
  }
}

/// Something that was done in a drill, and when.
package struct DrillEntry: Hashable, Sendable {
  /// Who did it.
  package enum Source: String, Hashable, Sendable {
    case trainee, instructor
  }

  package var source = Source.trainee
  package var line: String
  /// When it began, since T0.
  package var at: TimeSpan
  /// When it ended.
  package var ended: TimeSpan
  /// Until when the trainee read what it had printed; the next command begins no earlier.
  package var until: TimeSpan
  /// Whether it was ended before it ended by itself.
  package var isInterrupted = false
  package var result = CommandResult()

  package init(
    source: Source = .trainee, line: String, at: TimeSpan, ended: TimeSpan, until: TimeSpan,
    isInterrupted: Bool = false, result: CommandResult = CommandResult()
  ) {
    self.source = source
    self.line = line
    self.at = at
    self.ended = ended
    self.until = until
    self.isInterrupted = isInterrupted
    self.result = result
  }

  package var json: JSONValue {
    var json: JSONValue = [
      "type": "result", "command": .string(line), "at": .integer(at.nanoseconds), "ended": .integer(ended.nanoseconds),
      "until": .integer(until.nanoseconds), "exitCode": .integer(Int64(result.exitCode)),
      "output": .string(result.output), "errors": .string(result.errors),
    ]
    if isInterrupted { json["interrupted"] = true }
    if source == .instructor { json["source"] = .string(source.rawValue) }
    return json
  }

  package init?(_ json: JSONValue) {
    guard json["type"]?.string == "result", let line = json["command"]?.string, let at = json["at"]?.integer,
      let ended = json["ended"]?.integer, let until = json["until"]?.integer
    else { return nil }
    self.init(
      source: json["source"]?.string.flatMap { Source(rawValue: $0) } ?? .trainee, line: line,
      at: TimeSpan(nanoseconds: at), ended: TimeSpan(nanoseconds: ended), until: TimeSpan(nanoseconds: until),
      isInterrupted: json["interrupted"]?.bool ?? false,
      result: CommandResult(
        output: json["output"]?.string ?? "", errors: json["errors"]?.string ?? "",
        exitCode: Int32(truncatingIfNeeded: json["exitCode"]?.integer ?? 0)))
  }
}

/// What happened in a drill, in the order in which it happened: its setup, what was typed, and where time was turned back.
///
/// Written as JSON lines, one for each event; lines of other types are for those who look on, and are skipped when it is
/// read.
package struct DrillLog: Sendable {
  package enum Event: Hashable, Sendable {
    case entry(DrillEntry)
    /// Time was turned back to this time since T0: a new branch begins there.
    case rewind(to: TimeSpan)
    /// The trainee looked on without a command until this time since T0.
    case waited(until: TimeSpan)
  }

  /// Why a transcript cannot be read.
  package struct Malformed: Error, CustomStringConvertible {
    package var description: String
  }

  package var setup: DrillSetup
  package var events: [Event] = []
  /// Whether the drill has come to its end: its score is in the log.
  package private(set) var isOver = false
  /// A line that was typed and whose end is not in the log: the program was killed while it ran.
  package private(set) var unfinished: String?

  package init(_ setup: DrillSetup) { self.setup = setup }

  /// - Parameters:
  ///   - bytes: JSON lines. What follows the last whole line is left out: the writer was killed in the middle of it.
  ///   - name: for errors.
  package init(parsing bytes: [UInt8], name: String) throws(Malformed) {
    var setup: DrillSetup?
    let whole = bytes.lastIndex(of: UInt8(ascii: "\n")).map { bytes[...$0] } ?? []
    for (number, line) in whole.split(separator: UInt8(ascii: "\n")).enumerated() {
      guard let json = try? parseJSON(Array(line)) else {
        throw Malformed(description: "\(name):\(number + 1): is no JSON")
      }
      if setup == nil { setup = DrillSetup(json) }
      if let event = Event(json) { events.append(event) }
      switch json["type"]?.string {
      case "score": isOver = true
      case "typed": unfinished = json["command"]?.string
      case "result" where json["source"]?.string != DrillEntry.Source.instructor.rawValue: unfinished = nil
      default: break
      }
    }
    guard let setup else { throw Malformed(description: "\(name): holds no drill") }
    self.setup = setup
  }

  /// Each stretch of the drill between its start, the rewinds and its end, with everything that had happened on its way.
  package var branches: [[Event]] {
    var branches: [[Event]] = [[]]
    for event in events {
      if case .rewind(let time) = event {
        branches.append(Self.past(branches[branches.count - 1], before: time) + [.waited(until: time)])
      } else {
        branches[branches.count - 1].append(event)
      }
    }
    return branches
  }

  /// What was over at a time.
  static func past(_ events: [Event], before time: TimeSpan) -> [Event] {
    events.filter { event in
      switch event {
      case .entry(let entry): entry.ended <= time
      case .waited(let until): until <= time
      case .rewind: false
      }
    }
  }
}

extension DrillLog.Event {
  package var json: JSONValue {
    switch self {
    case .entry(let entry): entry.json
    case .rewind(let time): ["type": "rewind", "to": .integer(time.nanoseconds)]
    case .waited(let time): ["type": "waited", "until": .integer(time.nanoseconds)]
    }
  }

  package init?(_ json: JSONValue) {
    switch json["type"]?.string {
    case "result":
      guard let entry = DrillEntry(json) else { return nil }
      self = .entry(entry)
    case "rewind":
      guard let time = json["to"]?.integer else { return nil }
      self = .rewind(to: TimeSpan(nanoseconds: time))
    case "waited":
      guard let time = json["until"]?.integer else { return nil }
      self = .waited(until: TimeSpan(nanoseconds: time))
    default: return nil
    }
  }
}
