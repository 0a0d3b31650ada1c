import Documents
import SimulationKernel

/// Runbooks: the Markdown that on-call teams write, run against the fault that it is for.
///
/// The module reads runbooks, binds their placeholders to the world, lets a modelled responder work through one as a leg of a
/// scenario, and judges what came of it. It renders nothing and starts no processes.

/// A runbook as its file holds it.
package struct Runbook: Sendable {
  package var file: String
  /// The alert that it is for: of the front matter, else the file's name.
  package var alert: String
  package var settings: RunbookSettings
  /// Every fenced block, in order.
  package var blocks: [RunbookBlock]
  /// Commands inside of lines: looked at, never run.
  package var inlineCommands: [PlacedText]
  package var links: [PlacedText]
  /// What is wrong with the file itself.
  package var diagnostics: [RunbookFinding]

  /// Something with the line on which it stands, from 1.
  package struct PlacedText: Hashable, Sendable {
    package var line: Int
    package var text: String
  }

  /// The blocks that a responder works through, in order.
  package var steps: [RunbookBlock] { blocks.filter(\.isStep) }
}

/// The front matter of a runbook: everything is optional.
package struct RunbookSettings: Sendable {
  package var alert: String?
  package var owner: String?
  package var lastValidated: String?
  /// Scenario files, relative to the runbook.
  package var scenarios: [Located<String>] = []
  /// Values of placeholders.
  package var variables: [(name: String, value: String)] = []
  /// How soon after the page service must be back.
  package var restoresWithin: TimeSpan?
}

/// A fenced block.
package struct RunbookBlock: Sendable {
  /// The part of the runbook in which it stands, by the heading above it.
  package enum Section: String, Sendable {
    case diagnosis, mitigation, verification
    /// Meaning, Impact and the rest: for reading.
    case other
  }

  package enum Language: String, Sendable {
    case shell, console, promql, sql, other
  }

  /// A command of it.
  package struct Command: Hashable, Sendable {
    /// The line of its first character in the file.
    package var line: Int
    package var text: String
    /// Sample output in a `console` block.
    package var output: [String] = []
  }

  /// The line of the fence.
  package var line: Int
  package var section: Section
  package var language: Language
  /// One command for a shell block as a whole; one for each prompt of a console block.
  package var commands: [Command]
  package var attributes: BlockAttributes
  /// Words to read between the block before and this one.
  package var words: Int
  /// The last words above it.
  package var title: String

  /// Whether a responder works on it.
  package var isStep: Bool { section != .other && language != .other }
}

/// What a check has to say about a place of a runbook.
package struct RunbookFinding: Hashable, Sendable {
  package enum Severity: String, Sendable {
    /// The runbook does not pass with it.
    case error
    case warning
  }

  package var severity: Severity
  package var line: Int
  /// A word for what was looked at: `lint`, `step`, `ablation`, …
  package var rule: String
  package var message: String

  package init(_ severity: Severity, line: Int, _ rule: String, _ message: String) {
    self.severity = severity
    self.line = line
    self.rule = rule
    self.message = message
  }

  package var json: JSONValue {
    [
      "severity": .string(severity.rawValue), "line": .integer(Int64(line)), "rule": .string(rule),
      "message": .string(message),
    ]
  }

  /// Reads what `json` wrote.
  package init?(_ json: JSONValue) {
    guard let severity = Severity(rawValue: json["severity"]?.string ?? ""), let line = json["line"]?.integer else {
      return nil
    }
    self.init(severity, line: Int(line), json["rule"]?.string ?? "", json["message"]?.string ?? "")
  }
}
