// Words, quoting, expansions, redirections and here-documents.
extension ShellParser {
  /// A word up to a blank or an operator.
  mutating func word() throws(ShellSyntaxError) -> ShellScript.Word {
    var word = ShellScript.Word()
    var bare = ""
    func flushed(_ word: ShellScript.Word) -> ShellScript.Word {
      var word = word
      if !bare.isEmpty { word.parts.append(.text(bare, isQuoted: false)) }
      return word
    }
    while let current, !" \t\n;|&()<>".contains(current) {
      switch current {
      case "'", "\"", "$", "`":
        if current == "$", !startsExpansion {
          bare.append("$")
          index += 1
          continue
        }
        word = flushed(word)
        bare = ""
        word.parts += try quotedOrExpanded()
      case "\\":
        if next == "\n" {
          line += 1
        } else if let next {
          word = flushed(word)
          bare = ""
          word.parts.append(.text(String(next), isQuoted: true))
        }
        index += 2
      default:
        bare.append(current)
        index += 1
      }
    }
    try refuseBraces(bare)
    return flushed(word)
  }

  private func refuseBraces(_ text: String) throws(ShellSyntaxError) {
    guard let open = text.firstIndex(of: "{"), let close = text[open...].firstIndex(of: "}") else { return }
    let inside = text[open..<close]
    if inside.contains(",") || inside.contains("..") { throw unsupported("{…,…}") }
  }

  private mutating func quotedOrExpanded() throws(ShellSyntaxError) -> [ShellScript.Part] {
    switch current {
    case "'": return [try singleQuoted()]
    case "\"":
      index += 1
      let parts = try expanding(quotedUntil: "\"")
      return parts.isEmpty ? [.text("", isQuoted: true)] : parts
    default: return [try expansion(isQuoted: false)]
    }
  }

  private mutating func singleQuoted() throws(ShellSyntaxError) -> ShellScript.Part {
    let start = index + 1
    guard start <= characters.count, let end = characters[start...].firstIndex(of: "'") else {
      throw failure("unexpected EOF while looking for matching `''")
    }
    let text = String(characters[start..<end])
    line += text.count { $0 == "\n" }
    index = end + 1
    return .text(text, isQuoted: true)
  }

  /// Text in which variables and substitutions are expanded, as inside of double quotes; the end mark is consumed. Without a
  /// mark it reads to the end.
  mutating func expanding(quotedUntil end: Character?) throws(ShellSyntaxError) -> [ShellScript.Part] {
    var parts: [ShellScript.Part] = []
    var text = ""
    while let current, current != end {
      if current == "\\", let next, "\\$`\n".contains(next) || next == end {
        if next == "\n" { line += 1 } else { text.append(next) }
        index += 2
      } else if current == "`" || (current == "$" && startsExpansion && next != "'") {
        if !text.isEmpty { parts.append(.text(text, isQuoted: true)) }
        text = ""
        parts.append(try expansion(isQuoted: true))
      } else {
        if current == "\n" { line += 1 }
        text.append(current)
        index += 1
      }
    }
    if let end {
      guard current == end else { throw failure("unexpected EOF while looking for matching `\(end)'") }
      index += 1
    }
    if !text.isEmpty { parts.append(.text(text, isQuoted: true)) }
    return parts
  }

  /// Whether the dollar sign here begins something.
  private var startsExpansion: Bool {
    guard let next else { return false }
    return next == "(" || next == "{" || next == "_" || next == "'" || (next.isASCII && next.isLetter)
      || "?#@*$!".contains(next) || next.isNumber
  }

  private mutating func expansion(isQuoted: Bool) throws(ShellSyntaxError) -> ShellScript.Part {
    if current == "`" { throw unsupported("`…`") }
    guard let next else { return .text("$", isQuoted: isQuoted) }
    switch next {
    case "(":
      if index + 2 < characters.count, characters[index + 2] == "(" { throw unsupported("$((…))") }
      index += 2
      return .substitution(try substitution(), isQuoted: isQuoted)
    case "{":
      index += 2
      return try braced(isQuoted: isQuoted)
    case "'": throw unsupported("$'…'")
    case "?":
      index += 2
      return .variable("?", fallback: nil, isQuoted: isQuoted)
    case "#", "@", "*", "$", "!": throw unsupported("$\(next)")
    default:
      guard next == "_" || next.isLetter else { throw unsupported("$\(next)") }
      index += 1
      return .variable(name(), fallback: nil, isQuoted: isQuoted)
    }
  }

  private mutating func substitution() throws(ShellSyntaxError) -> ShellScript {
    let outer = (pending, documents)
    pending = []
    documents = []
    let script = try list(until: [")"])
    guard current == ")" else { throw failure("unexpected EOF while looking for matching `)'") }
    index += 1
    (pending, documents) = outer
    return script
  }

  private mutating func name() -> String {
    let start = index
    while let current, current == "_" || (current.isASCII && (current.isLetter || current.isNumber)) {
      _ = current
      index += 1
    }
    return String(characters[start..<index])
  }

  private mutating func braced(isQuoted: Bool) throws(ShellSyntaxError) -> ShellScript.Part {
    let name = current == "?" ? "?" : name()
    if name == "?" { index += 1 }
    guard !name.isEmpty else { throw unsupported("${\(current.map(String.init) ?? "")…}") }
    if current == "}" {
      index += 1
      return .variable(name, fallback: nil, isQuoted: isQuoted)
    }
    guard looking(at: ":-") || looking(at: "-") else {
      throw unsupported("${\(name)\(current.map(String.init) ?? "")…}")
    }
    index += current == ":" ? 2 : 1
    let parts = try expanding(quotedUntil: "}")
    return .variable(name, fallback: ShellScript.Word(parts: parts), isQuoted: isQuoted)
  }

  // MARK: Redirections

  /// The redirection that begins here; `nil` without one.
  mutating func redirection() throws(ShellSyntaxError) -> ShellScript.Redirection? {
    var descriptor: Int?
    if let current, let digit = current.wholeNumberValue, current.isASCII, next == "<" || next == ">" {
      descriptor = digit
      index += 1
    }
    switch current {
    case "<": return try inputRedirection()
    case ">": return try outputRedirection(descriptor ?? 1)
    default: return nil
    }
  }

  private mutating func inputRedirection() throws(ShellSyntaxError) -> ShellScript.Redirection {
    if looking(at: "<<<") {
      index += 3
      skipSpaces()
      var text = try word()
      text.parts.append(.text("\n", isQuoted: true))
      return .text(text)
    }
    if looking(at: "<<") {
      index += 2
      let stripsTabs = current == "-"
      if stripsTabs { index += 1 }
      skipSpaces()
      let mark = try word()
      guard let text = mark.plain, !text.isEmpty else { throw unexpected("newline") }
      let isQuoted = mark.parts.contains { if case .text(_, true) = $0 { true } else { false } }
      let number = documents.count
      documents.append(ShellScript.Word())
      pending.append(PendingDocument(number: number, mark: text, isQuoted: isQuoted, stripsTabs: stripsTabs))
      return .text(Self.reference(to: number))
    }
    index += 1
    if current == "(" { throw unsupported("<(…)") }
    if current == "&" { throw unsupported("<&") }
    if current == ">" { throw unsupported("<>") }
    skipSpaces()
    return .input(try target())
  }

  private mutating func outputRedirection(_ descriptor: Int) throws(ShellSyntaxError) -> ShellScript.Redirection {
    guard descriptor == 1 || descriptor == 2 else { throw unsupported("\(descriptor)>") }
    index += 1
    if current == "(" { throw unsupported(">(…)") }
    if current == "&" {
      index += 1
      guard let target = current?.wholeNumberValue, target == 1 || target == 2 else { throw unsupported(">&") }
      index += 1
      return .duplicate(from: descriptor, to: target)
    }
    let appends = current == ">"
    if appends || current == "|" { index += 1 }
    skipSpaces()
    return .file(descriptor: descriptor, try target(), appends: appends)
  }

  private mutating func target() throws(ShellSyntaxError) -> ShellScript.Word {
    let word = try word()
    guard !word.parts.isEmpty else {
      throw unexpected(current.map { $0 == "\n" ? "newline" : String($0) } ?? "newline")
    }
    return word
  }

  private mutating func skipSpaces() { while current == " " || current == "\t" { index += 1 } }

  // MARK: Here-documents

  /// Stands for the body of a here-document until it was read, as its number behind a NUL.
  private static func reference(to number: Int) -> ShellScript.Word {
    ShellScript.Word(parts: [.text("\0\(number)", isQuoted: true)])
  }

  /// Reads the bodies of the here-documents whose marks stood on the line before.
  mutating func readPendingDocuments() throws(ShellSyntaxError) {
    let waiting = pending
    pending = []
    for document in waiting {
      var body = ""
      while index < characters.count {
        var end = index
        while end < characters.count, characters[end] != "\n" { end += 1 }
        var text = String(characters[index..<end])
        index = min(end + 1, characters.count)
        line += 1
        if document.stripsTabs { text = String(text.drop { $0 == "\t" }) }
        if text == document.mark { break }
        body += text + "\n"
      }
      if document.isQuoted {
        documents[document.number].parts = [.text(body, isQuoted: true)]
      } else {
        var inner = ShellParser(body, line: line)
        documents[document.number].parts = try inner.expanding(quotedUntil: nil)
      }
    }
  }

  /// Puts the bodies where their numbers stand.
  func fillDocuments(_ item: ShellScript.Item) -> ShellScript.Item {
    guard !documents.isEmpty else { return item }
    var item = item
    item.first = filled(item.first)
    for place in item.rest.indices { item.rest[place].pipeline = filled(item.rest[place].pipeline) }
    return item
  }

  private func filled(_ pipeline: ShellScript.Pipeline) -> ShellScript.Pipeline {
    ShellScript.Pipeline(
      commands: pipeline.commands.map { command in
        switch command {
        case .simple(var simple):
          simple.redirections = simple.redirections.map(filled)
          return .simple(simple)
        case .loop(var loop):
          loop.redirections = loop.redirections.map(filled)
          loop.body.items = loop.body.items.map(fillDocuments)
          return .loop(loop)
        }
      })
  }

  private func filled(_ redirection: ShellScript.Redirection) -> ShellScript.Redirection {
    guard case .text(let word) = redirection, let text = word.plain, text.first == "\0",
      let number = Int(text.dropFirst())
    else { return redirection }
    return .text(documents[number])
  }
}
