/// What of a script the shell here does not take, with the line on which it stands.
package struct ShellSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
  package var description: String
  /// From 1, counted from the script's beginning.
  package var line: Int
}

/// A shell program as far as runbooks need one: lists of pipelines of simple commands, and `for` loops (POSIX.1-2024, Shell
/// Command Language, 2.9).
package struct ShellScript: Hashable, Sendable {
  /// One list of a script: `a && b || c`, which ends at `;` or at the end of its line.
  package struct Item: Hashable, Sendable {
    /// The line on which it begins, from 1.
    package var line: Int
    /// As it was written, here-documents included.
    package var text: String
    var first: Pipeline
    var rest: [Link]
  }

  /// A pipeline behind `&&` or `||`.
  struct Link: Hashable, Sendable {
    var isAnd: Bool
    var pipeline: Pipeline
  }

  struct Pipeline: Hashable, Sendable { var commands: [Command] }

  indirect enum Command: Hashable, Sendable {
    case simple(Simple)
    case loop(Loop)
  }

  struct Simple: Hashable, Sendable {
    var assignments: [Assignment] = []
    var words: [Word] = []
    var redirections: [Redirection] = []
  }

  struct Assignment: Hashable, Sendable {
    var name: String
    var value: Word
  }

  /// `for name in words; do body; done`.
  struct Loop: Hashable, Sendable {
    var name: String
    var words: [Word]
    var body: ShellScript
    var redirections: [Redirection] = []
  }

  enum Redirection: Hashable, Sendable {
    /// `<`
    case input(Word)
    /// `<<`, `<<-` and `<<<`: the text itself.
    case text(Word)
    /// `>` and `>>`; descriptor 1 or 2.
    case file(descriptor: Int, Word, appends: Bool)
    /// `2>&1` and `>&2`.
    case duplicate(from: Int, to: Int)
  }

  struct Word: Hashable, Sendable { var parts: [Part] = [] }

  enum Part: Hashable, Sendable {
    case text(String, isQuoted: Bool)
    /// `$NAME`, `${NAME}`; the word stands in for an unset or empty variable (`${NAME:-word}`).
    case variable(String, fallback: Word?, isQuoted: Bool)
    /// `$(…)`
    case substitution(ShellScript, isQuoted: Bool)
  }

  package var items: [Item]

  /// - Throws: for what is malformed or outside of the language here.
  package init(parsing text: String) throws(ShellSyntaxError) {
    var parser = ShellParser(text)
    self = try parser.script()
  }

  /// A script of some items of another.
  package init(items: [Item]) { self.items = items }
}

extension ShellScript.Word {
  /// The text of a word that is one unquoted piece of it, such as a reserved word.
  var bare: String? {
    guard parts.count == 1, case .text(let text, false) = parts[0] else { return nil }
    return text
  }

  /// The text of a word in which nothing is expanded.
  var plain: String? {
    var text = ""
    for part in parts {
      guard case .text(let piece, _) = part else { return nil }
      text += piece
    }
    return text
  }
}

extension ShellScript {
  /// The simple commands of the script in order, those of loops and substitutions included, as far as their words are known
  /// without running: `nil` for a word with a variable or substitution in it.
  package var knownCommands: [(line: Int, words: [String?])] {
    items.flatMap { item in
      ([item.first] + item.rest.map(\.pipeline)).flatMap(\.commands).flatMap { command in
        Self.known(command, line: item.line)
      }
    }
  }

  /// The variables that the script reads and has not set before, each with the line of its item; those with a fallback need no
  /// value.
  package var freeVariables: [(line: Int, name: String)] {
    var free: [(line: Int, name: String)] = []
    var set: Set<String> = ["?"]
    for item in items {
      var found = Variables()
      for command in ([item.first] + item.rest.map(\.pipeline)).flatMap(\.commands) { found.collect(command) }
      for name in found.read where !set.contains(name) && !free.contains(where: { $0.name == name }) {
        free.append((item.line, name))
      }
      set.formUnion(found.assigned)
    }
    return free
  }

  /// The names that the script gives values to.
  package var assignedVariables: [String] {
    var found = Variables()
    for item in items {
      for command in ([item.first] + item.rest.map(\.pipeline)).flatMap(\.commands) { found.collect(command) }
    }
    return found.assigned
  }

  /// Names as a walk through commands meets them: read before they are assigned, and assigned.
  private struct Variables {
    var read: [String] = []
    var assigned: [String] = []

    mutating func collect(_ command: Command) {
      switch command {
      case .simple(let simple):
        for assignment in simple.assignments { collect(assignment.value) }
        for word in simple.words { collect(word) }
        for redirection in simple.redirections { collect(redirection) }
        assigned += simple.assignments.map(\.name)
        if simple.words.first?.plain == "export" {
          assigned += simple.words.dropFirst().compactMap { word in
            guard case .text(let text, _)? = word.parts.first, let name = text.split(separator: "=").first else {
              return nil
            }
            return text.contains("=") ? String(name) : nil
          }
        }
      case .loop(let loop):
        for word in loop.words { collect(word) }
        assigned.append(loop.name)
        for item in loop.body.items {
          for command in ([item.first] + item.rest.map(\.pipeline)).flatMap(\.commands) { collect(command) }
        }
      }
    }

    private mutating func collect(_ redirection: Redirection) {
      switch redirection {
      case .input(let word), .text(let word), .file(_, let word, _): collect(word)
      case .duplicate: break
      }
    }

    private mutating func collect(_ word: Word) {
      for part in word.parts {
        switch part {
        case .text: break
        case .variable(let name, let fallback, _):
          if let fallback { collect(fallback) } else if !assigned.contains(name) { read.append(name) }
        case .substitution(let script, _):
          for free in script.freeVariables where !assigned.contains(free.name) { read.append(free.name) }
        }
      }
    }
  }

  private static func known(_ command: Command, line: Int) -> [(line: Int, words: [String?])] {
    switch command {
    case .simple(let simple):
      let nested = (simple.words + simple.assignments.map(\.value)).flatMap { known($0, line: line) }
      return simple.words.isEmpty ? nested : nested + [(line, simple.words.map(\.plain))]
    case .loop(let loop):
      return loop.words.flatMap { known($0, line: line) }
        + loop.body.knownCommands
    }
  }

  private static func known(_ word: Word, line: Int) -> [(line: Int, words: [String?])] {
    word.parts.flatMap { part -> [(line: Int, words: [String?])] in
      guard case .substitution(let script, _) = part else { return [] }
      return script.knownCommands
    }
  }
}
