import Documents
import Faults
import Scenarios
import SimulationKernel
import Toolbox

/// What an instructor does to a drill from another terminal. It becomes part of the log, so that the drill can be rebuilt.
@Simulated
package struct InstructorCommand {
  package nonisolated static let summaries: [(usage: String, summary: String)] = [
    ("inject VERB TARGET [KEY=VALUE ...] [for=T]", "a fault, now"),
    ("repair ID", "takes a fault away, the file's or an injected one"),
    ("say TEXT", "shows the trainee a message"),
    ("grant", "gives the next hint for nothing"),
    ("pause, go", "stops time and lets it go on"),
    ("state", "where the drill is"),
  ]

  private let session: Rehearsal
  private let words: [String]

  /// Whether a line changes the world, so that runs without the trainee have to have it too.
  package nonisolated static func changesWorld(_ line: String) -> Bool {
    line.hasPrefix("inject ") || line.hasPrefix("repair ")
  }

  init(_ line: String, on rehearsal: Rehearsal) {
    session = rehearsal
    words = DrillSession.words(line)
  }

  /// Does `inject` and `repair`; `nil` for other words.
  func run() -> CommandResult? {
    switch words.first {
    case "inject": inject()
    case "repair": repair()
    default: nil
    }
  }

  private static func refusal(_ text: String) -> CommandResult { CommandResult(errors: text + "\n", exitCode: 1) }

  private func repair() -> CommandResult {
    let open = session.injections.filter { $0.repairedAt == nil }
    guard words.count == 2, let injection = open.last(where: { $0.id == words[1] }) else {
      return Self.refusal("repair takes one of \(open.map(\.id).joined(separator: ", "))")
    }
    injection.repair()
    return CommandResult(output: "repaired \(injection.id)\n")
  }

  private func inject() -> CommandResult {
    guard words.count >= 3 else { return Self.refusal("inject takes a verb and a target") }
    guard let verb = FaultCatalogue.standard[words[1]] else {
      let hint = spellingHint(for: words[1], among: FaultCatalogue.standard.verbs.map(\.name)).map { "; \($0)" } ?? ""
      return Self.refusal("there is no fault verb \"\(words[1])\"\(hint)")
    }
    var duration: TimeSpan?
    var parameters: [String] = []
    for word in words.dropFirst(3) {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { return Self.refusal("expected KEY=VALUE, found \"\(word)\"") }
      if parts[0] == "for" {
        guard let span = Duration(scenarioText: parts[1]), span > .zero else {
          return Self.refusal("for takes a duration such as 5m, found \"\(parts[1])\"")
        }
        duration = TimeSpan(span)
      } else {
        parameters.append("\(parts[0]): \(parts[1])")
      }
    }
    let id = "instructor-\(session.injections.count { $0.id.hasPrefix("instructor-") } + 1)"
    do {
      let target = try TargetPattern(parsing: words[2])
      let node = try parseYAML(parameters.isEmpty ? "{}" : parameters.joined(separator: "\n"), file: "inject")
      let diagnostics = Diagnostics()
      let arguments = node.first.flatMap { verb.argumentsForm.read($0, diagnostics) }
      try diagnostics.throwIfErrors()
      try session.inject(
        id: id, verb: verb, target: target, arguments: arguments ?? FaultArguments(), for: duration)
    } catch { return Self.refusal("\(error)") }
    return CommandResult(output: "injected \(id)\n")
  }
}

extension DrillSession {
  /// Does what an instructor says, now, whatever runs.
  package func instruct(_ line: String) -> DrillEntry {
    var entry = DrillEntry(source: .instructor, line: line, at: now, ended: now, until: now)
    if let result = InstructorCommand(line, on: rehearsal).run() {
      entry.result = result
    } else {
      switch Self.words(line).first {
      case "say": entry.result = CommandResult(output: "said\n")
      case "grant": entry.result = grant()
      default:
        let known = InstructorCommand.summaries.map { "  \($0.usage)   \($0.summary)\n" }.joined()
        entry.result = CommandResult(errors: "an instructor can say\n\(known)", exitCode: 1)
      }
    }
    note(entry)
    return entry
  }

  private func grant() -> CommandResult {
    guard notebook.hintsTaken.count < drill.hints.count else {
      return CommandResult(errors: "there are no more hints\n", exitCode: 1)
    }
    let hint = drill.hints[notebook.hintsTaken.count]
    notebook.hintsTaken.append(.init(at: now, cost: 0))
    return CommandResult(output: hint.text + "\n")
  }
}
