import Documents
import SimulationKernel

extension Runbook {
  /// Reads a runbook's file.
  ///
  /// - Throws: when it cannot be read at all; mistakes in it are in `diagnostics`.
  package static func load(_ file: String) throws(DiagnosticList) -> Runbook {
    Runbook(String(decoding: try readSource(file), as: UTF8.self), file: file)
  }

  /// Reads a runbook's text.
  package init(_ text: String, file: String) {
    self.file = file
    let name = file.split(separator: "/").last.map(String.init) ?? file
    alert = name.hasSuffix(".md") ? String(name.dropLast(3)) : name
    settings = RunbookSettings()
    blocks = []
    inlineCommands = []
    links = []
    diagnostics = []
    let body = readFrontMatter(text)
    var reader = BlockReader()
    for (line, element) in MarkdownDocument(body).elements { reader.read(element, line: line, into: &self) }
    if let named = settings.alert { alert = named }
  }

  /// Reads the YAML between `---` lines at the beginning.
  ///
  /// - Returns: the text with these lines made empty, so that lines keep their numbers.
  private mutating func readFrontMatter(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.first == "---", let end = lines.dropFirst().firstIndex(of: "---") else { return text }
    let yaml = "\n" + lines[1..<end].joined(separator: "\n")
    let found = Diagnostics()
    do throws(DiagnosticList) {
      for node in try parseYAML(Array(yaml.utf8), file: file) where !node.isNull {
        if let read = Form.runbookSettings.read(node, found) { settings = read }
      }
    } catch { found.add(error.diagnostics) }
    diagnostics += found.all.map { RunbookFinding(.error, line: $0.mark.line, "front matter", $0.message) }
    return String(repeating: "\n", count: end + 1) + lines[(end + 1)...].joined(separator: "\n")
  }
}

extension Form where Value == RunbookSettings {
  /// `alert`, `owner`, `last-validated` and `twin`; other keys belong to other programs.
  fileprivate static var runbookSettings: Form {
    .mapping("front matter", allowsOtherKeys: true) { reader in
      var settings = RunbookSettings()
      settings.alert = reader.optional("alert", .nonEmptyString, "The alert.")
      settings.owner = reader.optional("owner", .nonEmptyString, "Who looks after it.")
      settings.lastValidated = reader.optional("last-validated", .text, "When somebody last went through it.")
      guard let twin = reader.optional("twin", .twinSettings, "What the twin needs to know.") else { return settings }
      (settings.scenarios, settings.variables) = (twin.scenarios, twin.variables)
      settings.restoresWithin = twin.restoresWithin
      return settings
    }
  }

  private static var twinSettings: Form {
    .mapping("twin") { reader in
      var settings = RunbookSettings()
      settings.scenarios = reader.optional(
        "scenarios", .list(of: .located(.nonEmptyString)), "Scenario files, relative to the runbook.", default: [])
      let variables = reader.optional("vars", .table(of: .text), "Values of placeholders.", default: [])
      settings.variables = variables.map { ($0.key.value, $0.value) }
      settings.restoresWithin = reader.optional("restores", .within, "How soon service is back: within 12m.")
      return settings
    }
  }
}

extension Form where Value == TimeSpan {
  fileprivate static var within: Form {
    Form(accepted: "within 12m", schema: ["type": "string", "pattern": "^(within )?[0-9]+(s|m|h)"]) { node in
      guard let text = node.string else { return nil }
      let span = Duration(scenarioText: text.hasPrefix("within ") ? String(text.dropFirst(7)) : text)
      return span.flatMap { $0 > .zero ? TimeSpan($0) : nil }
    }
  }
}

/// Turns the elements of a document into a runbook's parts.
private struct BlockReader {
  private var section = (kind: RunbookBlock.Section.other, level: 0)
  private var words = 0
  private var title = ""
  private var titleLine = 0
  private var comment: (line: Int, text: String)?

  /// Words of headings under which the three parts stand; the first that occurs counts.
  private static let headings: [(section: RunbookBlock.Section, words: [String])] = [
    (.verification, ["verif", "validat", "confirm"]),
    (.mitigation, ["mitigat", "remediat", "resol", "repair", "recover", "fix"]),
    (.diagnosis, ["diagnos", "investigat", "triage", "troubleshoot", "debug"]),
  ]

  private static let languages: [(name: String, language: RunbookBlock.Language)] = [
    ("bash", .shell), ("sh", .shell), ("shell", .shell), ("console", .console), ("promql", .promql), ("sql", .sql),
    ("shell-session", .console), ("sh-session", .console), ("zsh", .shell),
  ]

  mutating func read(_ element: MarkdownDocument.Element, line: Int, into runbook: inout Runbook) {
    switch element {
    case .heading(let level, let text): enter(text, level)
    case .text(let text): note(text, line)
    case .inlineCode(let text):
      note(text, line)
      if isCommand(text) { runbook.inlineCommands.append(Runbook.PlacedText(line: line, text: text)) }
    case .link(let target): runbook.links.append(Runbook.PlacedText(line: line, text: target))
    case .html(let text):
      if text.hasPrefix("<!--") { comment = (line, text) }
    case .code(let info, let text):
      append(info, text, line, to: &runbook)
      words = 0
      comment = nil
    }
  }

  private mutating func enter(_ text: String, _ level: Int) {
    let lower = text.lowercased()
    if let found = Self.headings.first(where: { $0.words.contains { lower.contains($0) } }) {
      section = (found.section, level)
    } else if level <= section.level || section.kind == .other {
      section = (.other, level)
    }
    words += text.split(separator: " ").count
    title = text
    titleLine = 0
    comment = nil
  }

  private mutating func note(_ text: String, _ line: Int) {
    words += text.split(whereSeparator: \.isWhitespace).count
    comment = nil
    if line == titleLine { title += text } else { title = text }
    titleLine = line
  }

  private func isCommand(_ text: String) -> Bool {
    let words = text.split(separator: " ")
    return words.count > 1 && ["kubectl", "aws", "git", "psql", "curl", "promtool"].contains(words[0])
  }

  private mutating func append(_ info: String, _ text: String, _ line: Int, to runbook: inout Runbook) {
    let word = info.prefix { !$0.isWhitespace && $0 != "{" }.lowercased()
    var language = Self.languages.first { $0.name == word }?.language ?? .other
    if language == .shell, Console.isTranscript(text) { language = .console }
    var attributes = BlockAttributes()
    for (place, written) in [(comment?.line ?? line, comment?.text ?? ""), (line, info)] {
      guard let open = written.firstIndex(of: "{"), let close = written.lastIndex(of: "}"), open < close else {
        if info.split(separator: " ").contains("exact") { attributes.exact = true }
        continue
      }
      do throws(BlockAttributes.Mistake) {
        try attributes.read(String(written[written.index(after: open)..<close]))
      } catch { runbook.diagnostics.append(RunbookFinding(.error, line: place, "lint", error.message)) }
    }
    let commands =
      language == .console
      ? Console.commands(text, firstLine: line + 1) : [RunbookBlock.Command(line: line + 1, text: text)]
    runbook.blocks.append(
      RunbookBlock(
        line: line, section: section.kind, language: language, commands: commands, attributes: attributes, words: words,
        title: title))
  }
}

/// Transcripts of a terminal, in the form that Mercurial's tests made known: `$ ` a command, `> ` more of it, the rest output.
enum Console {
  /// Whether a block begins with a prompt.
  static func isTranscript(_ text: String) -> Bool {
    text.split(separator: "\n").first { !$0.allSatisfy(\.isWhitespace) }?.hasPrefix("$ ") ?? false
  }

  static func commands(_ text: String, firstLine: Int) -> [RunbookBlock.Command] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard lines.contains(where: { $0.hasPrefix("$ ") }) else {
      return [RunbookBlock.Command(line: firstLine, text: text)]
    }
    var commands: [RunbookBlock.Command] = []
    for (offset, line) in lines.enumerated() {
      if line.hasPrefix("$ ") {
        commands.append(RunbookBlock.Command(line: firstLine + offset, text: String(line.dropFirst(2))))
      } else if let last = commands.indices.last {
        let isContinued = commands[last].output.isEmpty && commands[last].text.hasSuffix("\\")
        if commands[last].output.isEmpty, line.hasPrefix("> ") || isContinued {
          commands[last].text += "\n" + (line.hasPrefix("> ") ? String(line.dropFirst(2)) : line)
        } else if !(offset == lines.count - 1 && line.isEmpty) {
          commands[last].output.append(line)
        }
      }
    }
    return commands
  }
}
