import Documents
import SimulationKernel

/// What became of a block or of one command of it.
package struct StepRecord: Sendable {
  package enum State: String, Sendable {
    case done, failed
    /// Left alone: `skip`, or a `when` that does not hold.
    case skipped
    /// A human's decision.
    case manual
    /// Left out to see what it is good for.
    case omitted
    /// Could not be run: a placeholder without a value, or a construct that the shell does not take.
    case impossible
  }

  package var line: Int
  package var section: RunbookBlock.Section
  package var text: String
  package var state: State
  /// Since T0.
  package var at: TimeSpan
  package var took: TimeSpan
  package var exitCode: Int32 = 0
  /// What is worth knowing: what was captured, matched, waited for, or the first line of the error.
  package var note = ""
  /// What it changed, such as `update deployment payments/web`.
  package var changes: [String] = []
  /// Whether its words say that it is meant to change something.
  package var mayChange = false

  package var json: JSONValue {
    [
      "line": .integer(Int64(line)), "section": .string(section.rawValue), "text": .string(text),
      "state": .string(state.rawValue), "at": .number((at.seconds * 1000).rounded() / 1000),
      "took": .number((took.seconds * 1000).rounded() / 1000), "exitCode": .integer(Int64(exitCode)),
      "note": .string(note),
      "changes": .array(changes.map { .string($0) }), "mayChange": .bool(mayChange),
    ]
  }

  /// Reads what `json` wrote.
  package init?(_ json: JSONValue) {
    guard let line = json["line"]?.integer, let state = State(rawValue: json["state"]?.string ?? ""),
      let section = RunbookBlock.Section(rawValue: json["section"]?.string ?? "")
    else { return nil }
    self.init(
      line: Int(line), section: section, text: json["text"]?.string ?? "", state: state,
      at: .seconds(json["at"]?.number ?? 0), took: .seconds(json["took"]?.number ?? 0))
    exitCode = Int32(json["exitCode"]?.integer ?? 0)
    note = json["note"]?.string ?? ""
    changes = (json["changes"]?.array ?? []).compactMap(\.string)
    mayChange = json["mayChange"]?.bool ?? false
  }

  package init(
    line: Int, section: RunbookBlock.Section, text: String, state: State, at: TimeSpan, took: TimeSpan
  ) {
    self.line = line
    self.section = section
    self.text = text
    self.state = state
    self.at = at
    self.took = took
  }
}

/// What is left out of a runbook to see what it is good for.
package struct Omission: Hashable, Sendable {
  /// The fence's line of a whole block, or a command's line.
  package var line: Int
  package var isBlock: Bool
  /// The fence's line of the block that it is, or is part of.
  package var block: Int
  /// The line that a finding about it names: of the block's first command that changes something.
  package var reportedLine: Int
  package var text: String

  init(line: Int, isBlock: Bool, block: Int, reportedLine: Int, text: String) {
    self.line = line
    self.isBlock = isBlock
    self.block = block
    self.reportedLine = reportedLine
    self.text = text
  }

  /// Reads what `json` wrote.
  package init?(_ json: JSONValue) {
    guard let line = json["line"]?.integer, let reported = json["reportedLine"]?.integer else { return nil }
    self.init(
      line: Int(line), isBlock: json["isBlock"]?.bool ?? false, block: Int(json["block"]?.integer ?? line),
      reportedLine: Int(reported),
      text: json["text"]?.string ?? "")
  }

  package var json: JSONValue {
    [
      "line": .integer(Int64(line)), "isBlock": .bool(isBlock), "block": .integer(Int64(block)),
      "reportedLine": .integer(Int64(reportedLine)),
      "text": .string(text),
    ]
  }
}
