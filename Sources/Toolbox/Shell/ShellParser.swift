/// Reads a script by recursive descent over its characters.
struct ShellParser {
  let characters: [Character]
  var index = 0
  var line = 1
  /// Here-documents whose bodies begin behind the next newline: where each goes, its end mark, and how it is read.
  var pending: [PendingDocument] = []
  /// Bodies that were read, by the order in which their marks were met.
  var documents: [ShellScript.Word] = []
  /// Line numbers of a substitution count from its own beginning.
  private let firstLine: Int

  struct PendingDocument {
    var number: Int
    var mark: String
    var isQuoted: Bool
    var stripsTabs: Bool
  }

  init(_ text: String, line: Int = 1) {
    // CR LF is one Character; a script has lines that end in LF.
    characters = Array(String(decoding: text.utf8.filter { $0 != 13 }, as: UTF8.self))
    self.line = line
    firstLine = line
  }

  var current: Character? { index < characters.count ? characters[index] : nil }
  var next: Character? { index + 1 < characters.count ? characters[index + 1] : nil }

  func looking(at text: String) -> Bool {
    let wanted = Array(text)
    return index + wanted.count <= characters.count && Array(characters[index..<index + wanted.count]) == wanted
  }

  func failure(_ description: String) -> ShellSyntaxError { ShellSyntaxError(description: description, line: line) }

  func unsupported(_ construct: String) -> ShellSyntaxError {
    failure(
      "`\(construct)' is not supported here: there are lists, pipes, variables, $(…), here-documents and for loops")
  }

  func unexpected(_ token: String) -> ShellSyntaxError { failure("syntax error near unexpected token `\(token)'") }

  // MARK: Lists

  mutating func script() throws(ShellSyntaxError) -> ShellScript {
    let script = try list(until: [])
    guard index == characters.count else { throw unexpected(String(characters[index])) }
    return script
  }

  /// Items up to the end, to `)` when looked for, or to a reserved word, which is not consumed.
  mutating func list(until ends: [String]) throws(ShellSyntaxError) -> ShellScript {
    var items: [ShellScript.Item] = []
    while true {
      try skipSeparators()
      guard let current else { break }
      if current == ")", ends.contains(")") { break }
      if let word = peekWord(), ends.contains(word) { break }
      items.append(try item())
    }
    try readPendingDocuments()
    return ShellScript(items: items.map(fillDocuments))
  }

  private mutating func skipSeparators() throws(ShellSyntaxError) {
    while let current {
      if current == ";" {
        if next == ";" { throw unsupported(";;") }
        index += 1
      } else if current == "\n" {
        try newline()
      } else if !skipBlank() {
        return
      }
    }
  }

  /// Skips one blank, comment or continued line.
  mutating func skipBlank() -> Bool {
    guard let current else { return false }
    if current == " " || current == "\t" {
      index += 1
    } else if current == "\\", next == "\n" {
      index += 2
      line += 1
    } else if current == "#" {
      while let character = self.current, character != "\n" {
        _ = character
        index += 1
      }
    } else {
      return false
    }
    return true
  }

  private mutating func skipBlanks() { while skipBlank() {} }

  private mutating func skipNewlines() throws(ShellSyntaxError) {
    while true {
      skipBlanks()
      guard current == "\n" else { return }
      try newline()
    }
  }

  mutating func newline() throws(ShellSyntaxError) {
    index += 1
    line += 1
    try readPendingDocuments()
  }

  private mutating func item() throws(ShellSyntaxError) -> ShellScript.Item {
    let (start, startLine) = (index, line)
    let first = try pipeline()
    var rest: [ShellScript.Link] = []
    while true {
      skipBlanks()
      guard looking(at: "&&") || looking(at: "||") else { break }
      let isAnd = current == "&"
      index += 2
      try skipNewlines()
      rest.append(ShellScript.Link(isAnd: isAnd, pipeline: try pipeline()))
    }
    var end = index
    if current == "&" { throw unsupported("&") }
    if current == "\n" {
      let hadDocuments = !pending.isEmpty
      try newline()
      if hadDocuments { end = index }
    }
    var text = String(characters[start..<end])
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return ShellScript.Item(line: startLine - firstLine + 1, text: text, first: first, rest: rest)
  }

  private mutating func pipeline() throws(ShellSyntaxError) -> ShellScript.Pipeline {
    var commands = [try command()]
    while true {
      skipBlanks()
      guard current == "|", next != "|" else { return ShellScript.Pipeline(commands: commands) }
      index += 1
      if current == "&" { throw unsupported("|&") }
      try skipNewlines()
      commands.append(try command())
    }
  }

  // MARK: Commands

  private static let unsupportedWords = [
    "if", "then", "else", "elif", "fi", "while", "until", "case", "esac", "select", "function", "[[", "{", "}", "!",
    "time", "coproc",
  ]

  private mutating func command() throws(ShellSyntaxError) -> ShellScript.Command {
    skipBlanks()
    if current == "(" { throw unsupported(next == "(" ? "((…))" : "(…)") }
    if let word = peekWord() {
      if word == "for" { return .loop(try loop()) }
      if word == "do" || word == "done" { throw unexpected(word) }
      if Self.unsupportedWords.contains(word) { throw unsupported(word) }
    }
    let simple = try simpleCommand()
    if simple.words.isEmpty, simple.assignments.isEmpty, simple.redirections.isEmpty {
      throw unexpected(current.map { $0 == "\n" ? "newline" : String($0) } ?? "newline")
    }
    return .simple(simple)
  }

  /// The unquoted word that comes next, without consuming it.
  private func peekWord() -> String? {
    var end = index
    while end < characters.count, !" \t\n;|&()<>'\"\\$`".contains(characters[end]) { end += 1 }
    if end < characters.count, "'\"\\$`".contains(characters[end]) { return nil }
    return end > index ? String(characters[index..<end]) : nil
  }

  private mutating func loop() throws(ShellSyntaxError) -> ShellScript.Loop {
    index += 3
    skipBlanks()
    guard let name = peekWord(), Self.isName(name) else {
      if current == "(" { throw unsupported("for ((…))") }
      throw failure("`\(peekWord() ?? String(current ?? " "))': not a valid identifier")
    }
    index += name.count
    try skipNewlines()
    guard peekWord() == "in" else { throw unsupported("for without in") }
    index += 2
    var words: [ShellScript.Word] = []
    while true {
      skipBlanks()
      guard let character = current else { throw failure("syntax error: unexpected end of file") }
      if character == ";" || character == "\n" { break }
      words.append(try word())
    }
    try skipSeparators()
    guard peekWord() == "do" else { throw unexpected(peekWord() ?? "newline") }
    index += 2
    let body = try list(until: ["done"])
    guard peekWord() == "done" else { throw failure("syntax error: unexpected end of file") }
    index += 4
    var loop = ShellScript.Loop(name: name, words: words, body: body)
    while true {
      skipBlanks()
      guard let redirection = try redirection() else { return loop }
      loop.redirections.append(redirection)
    }
  }

  private mutating func simpleCommand() throws(ShellSyntaxError) -> ShellScript.Simple {
    var simple = ShellScript.Simple()
    while true {
      skipBlanks()
      guard let current, !"\n;|)".contains(current) else { return simple }
      if looking(at: "&>") { throw unsupported("&>") }
      if current == "&" { return simple }
      if current == "(" {
        throw simple.words.count == 1 ? unsupported("function ()") : unsupported("(…)")
      }
      if let redirection = try redirection() {
        simple.redirections.append(redirection)
      } else if simple.words.isEmpty, let assignment = try assignment() {
        simple.assignments.append(assignment)
      } else {
        simple.words.append(try word())
      }
    }
  }

  static func isName(_ text: String) -> Bool {
    guard let first = text.first, first == "_" || first.isLetter else { return false }
    return text.allSatisfy { $0 == "_" || ($0.isASCII && ($0.isLetter || $0.isNumber)) }
  }

  private mutating func assignment() throws(ShellSyntaxError) -> ShellScript.Assignment? {
    var end = index
    while end < characters.count, Self.isName("_" + String(characters[end])) { end += 1 }
    guard end > index, end < characters.count else { return nil }
    let name = String(characters[index..<end])
    guard Self.isName(name) else { return nil }
    if characters[end] == "[" || (characters[end] == "+" && end + 1 < characters.count && characters[end + 1] == "=") {
      if characters[end] == "+" { throw unsupported("+=") }
      return nil
    }
    guard characters[end] == "=" else { return nil }
    index = end + 1
    if current == "(" { throw unsupported("=(…)") }
    let isEmpty = current.map { " \t\n;|&)".contains($0) } ?? true
    return ShellScript.Assignment(name: name, value: isEmpty ? ShellScript.Word() : try word())
  }
}
