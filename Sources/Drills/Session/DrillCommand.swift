import Documents
import Scenarios
import SimulationKernel
import Toolbox
import TwinWorld

/// A command of the drill itself, beside those that work on the platform.
@Simulated
package struct DrillCommand {
  package nonisolated let name: String
  package nonisolated let usage: String
  package nonisolated let summary: String
  /// Whether the rest of the line is free text.
  nonisolated var takesText: Bool { usage.contains("TEXT") || usage.contains("ANSWER") }
  /// What it does; `nil` where whoever moves time has to do it.
  let run: (@Simulated @Sendable (DrillSession, [String]) -> CommandResult)?

  nonisolated init(
    _ usage: String, _ summary: String, run: (@Simulated @Sendable (DrillSession, [String]) -> CommandResult)? = nil
  ) {
    name = usage.split(separator: " ").first.map(String.init) ?? ""
    self.usage = usage
    self.summary = summary
    self.run = run
  }

  package nonisolated static let all: [DrillCommand] = [
    DrillCommand("page", "the page that called you") { session, _ in session.showPage() },
    DrillCommand("ack", "acknowledge the page: you are on it") { session, _ in session.acknowledge() },
    DrillCommand("alerts", "what fires and what is about to, in all regions") { session, _ in session.showAlerts() },
    DrillCommand("dash [REGION]", "the golden signals of a region, as its Prometheus has them") { session, words in
      session.showDashboard(words)
    },
    DrillCommand("runbook", "the runbook of the alert (free)") { session, _ in session.showRunbook() },
    DrillCommand("hint [yes]", "the price of the next hint; with yes, the hint") { session, words in
      session.hint(words)
    },
    DrillCommand("status \"TEXT\"", "tell stakeholders what you know") { session, words in session.tell(words) },
    DrillCommand("notes [TEXT]", "your notes; with text, one more") { session, words in session.note(words) },
    DrillCommand("answer [QUESTION ANSWER]", "what is asked; with an answer, your answer, until you resolve") {
      session, words in session.answer(words)
    },
    DrillCommand("resolve [TEXT]", "the incident is over, and with it the drill") { session, words in
      session.resolve(words)
    },
    DrillCommand("clock", "the time, and how much of it is left") { session, _ in session.showClock() },
    DrillCommand("rewind TIME", "go on from an earlier instant, such as rewind 5m, on a new branch"),
    DrillCommand("suspend", "stop here and leave; twin drill --resume DIR goes on"),
    DrillCommand("quit", "end the drill without resolving the incident") { session, _ in session.quit() },
    DrillCommand("help", "this list") { session, _ in session.help() },
  ]
}

extension DrillSession {
  /// Does a line that is a command of the drill; `nil` for all others.
  func performOwn(_ line: String) -> CommandResult? {
    let words = Self.words(line)
    guard let name = words.first, let command = DrillCommand.all.first(where: { $0.name == name }) else { return nil }
    if let odd = Self.shellWord(in: line), !command.takesText {
      return CommandResult(
        errors: "\(name) is a command of the drill, and takes no \"\(odd)\" of the shell's\n", exitCode: 2)
    }
    guard let run = command.run else {
      return CommandResult(errors: "\(name) cannot be used here\n", exitCode: 1)
    }
    return run(self, Array(words.dropFirst()))
  }

  /// Whether a line is a command of the drill.
  nonisolated package static func isOwn(_ line: String) -> Bool {
    let name = words(line).first
    return DrillCommand.all.contains { $0.name == name }
  }

  /// What the shell would take for a pipe, a redirection or the end of a command.
  nonisolated private static func shellWord(in line: String) -> String? {
    var quote: Character?
    for character in line {
      if let open = quote {
        if character == open { quote = nil }
      } else if character == "\"" || character == "'" {
        quote = character
      } else if "|;<&".contains(character) {
        return String(character)
      }
    }
    return nil
  }

  /// The words of a line; what stands in quotes is one.
  nonisolated package static func words(_ line: String) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    for character in line {
      if let open = quote {
        if character == open { quote = nil } else { word = (word ?? "") + String(character) }
      } else if character == "\"" || character == "'" {
        quote = character
        word = word ?? ""
      } else if character.isWhitespace {
        if let done = word { words.append(done) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    if let word { words.append(word) }
    return words
  }

  // MARK: Page and people

  fileprivate func showPage() -> CommandResult {
    let role = drill.role.map { "You are \($0).\n\n" } ?? ""
    let page = drill.page.hasSuffix("\n") ? drill.page : drill.page + "\n"
    return CommandResult(output: role + page)
  }

  fileprivate func acknowledge() -> CommandResult {
    if let earlier = notebook.acknowledgedAt {
      return CommandResult(output: "acknowledged at \(clock(earlier)) already\n")
    }
    notebook.acknowledgedAt = now
    return CommandResult(output: "acknowledged after \(span(sincePage))\n")
  }

  fileprivate func tell(_ words: [String]) -> CommandResult {
    guard !words.isEmpty else { return list(notebook.statusUpdates, "nobody was told anything yet") }
    notebook.statusUpdates.append(.init(at: now, text: words.joined(separator: " ")))
    return CommandResult(output: "posted to the status channel at \(clock(now))\n")
  }

  fileprivate func note(_ words: [String]) -> CommandResult {
    guard !words.isEmpty else { return list(notebook.notes, "no notes yet") }
    notebook.notes.append(.init(at: now, text: words.joined(separator: " ")))
    return CommandResult()
  }

  private func list(_ remarks: [DrillNotebook.Remark], _ nothing: String) -> CommandResult {
    let lines = remarks.map { "\(clock($0.at))  \($0.text)\n" }
    return CommandResult(output: lines.isEmpty ? nothing + "\n" : lines.joined())
  }

  fileprivate func showRunbook() -> CommandResult {
    guard let path = drill.runbook?.value else {
      return CommandResult(errors: "this drill has no runbook\n", exitCode: 1)
    }
    guard let bytes = terminal.readFile(path) else {
      return CommandResult(errors: "\(path): cannot be read\n", exitCode: 1)
    }
    notebook.runbookReadAt = notebook.runbookReadAt ?? now
    return CommandResult(output: String(decoding: bytes, as: UTF8.self))
  }

  // MARK: Hints and answers

  fileprivate func hint(_ words: [String]) -> CommandResult {
    let taken = notebook.hintsTaken.count
    let old = drill.hints.prefix(taken).map { "\($0.text)\n" }.joined()
    guard taken < drill.hints.count else {
      return CommandResult(output: old + (taken == 0 ? "this drill has no hints\n" : "there are no more hints\n"))
    }
    let hint = drill.hints[taken]
    guard sincePage >= hint.after else {
      let left = span(hint.after - sincePage)
      return CommandResult(output: old + "the next hint can be had in \(left), for \(hint.cost) points\n")
    }
    guard words.first == "yes" else {
      return CommandResult(output: old + "the next hint costs \(hint.cost) points; \"hint yes\" shows it\n")
    }
    notebook.hintsTaken.append(.init(at: now, cost: hint.cost))
    return CommandResult(output: hint.text + "\n")
  }

  fileprivate func answer(_ words: [String]) -> CommandResult {
    guard let id = words.first else { return CommandResult(output: questionsText) }
    guard let question = drill.questions.first(where: { $0.id == id }) else {
      let known = drill.questions.map(\.id).joined(separator: ", ")
      return CommandResult(errors: "there is no question \"\(id)\"; there are \(known)\n", exitCode: 1)
    }
    let given = words.dropFirst().joined(separator: " ")
    switch question.answer {
    case .choice(let choices, _):
      let chosen = Int(given).flatMap { choices.indices.contains($0 - 1) ? choices[$0 - 1] : nil }
      guard let chosen = chosen ?? choices.first(where: { $0 == given }) else {
        return CommandResult(errors: "\(id) takes a number of 1 to \(choices.count)\n", exitCode: 1)
      }
      return noted(id, chosen)
    case .component:
      let found = components(meant: given)
      guard found.count == 1 else {
        let text =
          found.isEmpty
          ? "nothing here is called \"\(given)\"; components are written region/kind/namespace/name or region/kind/name"
          : "several are meant: \(found.prefix(8).joined(separator: ", "))\(found.count > 8 ? " …" : "")"
        return CommandResult(errors: text + "\n", exitCode: 1)
      }
      return noted(id, found[0])
    }
  }

  private func noted(_ question: String, _ given: String) -> CommandResult {
    notebook.answers.append(.init(at: now, question: question, given: given))
    return CommandResult(output: "\(question): \(given)\n")
  }

  private var questionsText: String {
    if drill.questions.isEmpty { return "nothing is asked in this drill\n" }
    return drill.questions.map { question in
      var text = "\(question.id): \(question.ask)\n"
      switch question.answer {
      case .component:
        text += "  answer \(question.id) REGION/KIND/NAMESPACE/NAME, or what of it says enough: KIND/NAME\n"
      case .choice(let choices, _):
        for (index, choice) in choices.enumerated() { text += "  \(index + 1)  \(choice)\n" }
      }
      return text + (notebook.answer(to: question.id).map { "  you said: \($0.given)\n" } ?? "")
    }.joined()
  }

  /// Everything that answers can name.
  package var components: [String] {
    let live = rehearsal.world.regions.flatMap { region in
      region.cluster.server.list(.pod).map { "\(region.name)/pod/\($0.namespace)/\($0.name)" }
    }
    return Set(rehearsal.world.platform.targets + live).sorted()
  }

  /// What the tabulator completes at the prompt.
  package var completions: [String] {
    let objects = rehearsal.world.regions.flatMap { region in
      region.cluster.server.list(.deployment).flatMap { [$0.name, $0.namespace, "deployment/\($0.name)"] }
        + region.cluster.server.list(.pod).map(\.name)
    }
    let words = ["get", "describe", "logs", "rollout", "status", "restart", "undo", "patch", "scale", "pods", "events"]
    return Set(
      DrillCommand.all.map(\.name) + terminal.shell.commandNames + drill.questions.map(\.id) + objects + words
        + rehearsal.world.regions.flatMap { [$0.name, $0.code] } + rehearsal.world.platform.targets
    ).sorted()
  }

  /// The components whose path has these parts in this order; those of the page's region where it is not named.
  private func components(meant text: String) -> [String] {
    let all = components
    if all.contains(text) { return [text] }
    let parts = text.split(separator: "/")
    guard !parts.isEmpty else { return [] }
    let found = all.filter { candidate in
      var rest = parts[...]
      for part in candidate.split(separator: "/") where part == rest.first { rest = rest.dropFirst() }
      return rest.isEmpty
    }
    let here = found.filter { $0.hasPrefix(region + "/") }
    return here.isEmpty ? found : here
  }

  // MARK: The end, the clock, help

  fileprivate func resolve(_ words: [String]) -> CommandResult {
    notebook.resolvedAt = now
    notebook.summary = words.joined(separator: " ")
    ending = .resolved
    return CommandResult(output: "resolved after \(span(sincePage))\n")
  }

  fileprivate func quit() -> CommandResult {
    ending = .quit
    return CommandResult()
  }

  fileprivate func showClock() -> CommandResult {
    let pace =
      switch setup.pace {
      case .turns: "by turns: each command costs its time"
      case .clock(let speed):
        speed == 1 ? "as in life" : "\(JSONValue.number(speed).jsonText()) times as fast as in life"
      }
    return CommandResult(
      output: "\(ClusterClock.timestamp(rehearsal.world.simulation.now))   \(span(sincePage)) since the page, "
        + "\(span(limit - now)) left\ntime passes \(pace)\n")
  }

  fileprivate func help() -> CommandResult {
    let width = DrillCommand.all.map(\.usage.count).max() ?? 0
    var text = "commands of the drill\n"
    for command in DrillCommand.all {
      text += "  \(command.usage)\(String(repeating: " ", count: width - command.usage.count + 2))\(command.summary)\n"
    }
    return CommandResult(
      output: text + "commands of the platform\n  \(terminal.shell.commandNames.joined(separator: " "))\n")
  }

  // MARK: Words

  /// The time of day in the clusters, such as `09:21:07`.
  func clock(_ time: TimeSpan) -> String {
    String(ClusterClock.timestamp(rehearsal.origin + time).dropFirst(11).prefix(8))
  }

  func span(_ span: TimeSpan) -> String {
    TimeSpan.seconds((span.seconds).rounded()).duration.shortText
  }
}
