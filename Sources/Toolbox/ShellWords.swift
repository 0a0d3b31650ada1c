/// What of a command line the shell here does not take.
package struct ShellSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
  package var description: String
}

/// Splits a command line into words as a POSIX shell does (POSIX.1-2024, Shell Command Language, 2.2 Quoting): blanks
/// separate, single quotes keep everything, double quotes keep everything but `\"`, `\\`, `` \` ``, `\$`, and a
/// backslash keeps the next character.
///
/// - Throws: for an open quote, and for pipes, lists, substitutions and redirections, which are not run here.
package func shellWords(_ line: String) throws(ShellSyntaxError) -> [String] {
  var splitter = WordSplitter(Array(line))
  return try splitter.words()
}

private struct WordSplitter {
  private let characters: [Character]
  private var index = 0
  private var word: String?
  private var result: [String] = []

  init(_ characters: [Character]) { self.characters = characters }

  private var next: Character? { index + 1 < characters.count ? characters[index + 1] : nil }

  mutating func words() throws(ShellSyntaxError) -> [String] {
    while index < characters.count {
      let character = characters[index]
      switch character {
      case " ", "\t", "\n": endWord()
      case "#" where word == nil: index = characters.count
      case "'": try readSingleQuotes()
      case "\"": try readDoubleQuotes()
      case "\\":
        if let next, next != "\n" { word = (word ?? "") + String(next) }
        index += 1
      default:
        try refuse(character)
        word = (word ?? "") + String(character)
      }
      index += 1
    }
    endWord()
    return result
  }

  private mutating func endWord() {
    if let word { result.append(word) }
    word = nil
  }

  private mutating func readSingleQuotes() throws(ShellSyntaxError) {
    let start = index + 1
    guard let end = characters[start...].firstIndex(of: "'") else { throw Self.open("'") }
    word = (word ?? "") + String(characters[start..<end])
    index = end
  }

  private mutating func readDoubleQuotes() throws(ShellSyntaxError) {
    var text = word ?? ""
    index += 1
    while index < characters.count, characters[index] != "\"" {
      if characters[index] == "\\", let next, "\"\\$`\n".contains(next) {
        if next != "\n" { text.append(next) }
        index += 1
      } else {
        try refuseSubstitution(characters[index])
        text.append(characters[index])
      }
      index += 1
    }
    guard index < characters.count else { throw Self.open("\"") }
    word = text
  }

  private static func open(_ quote: String) -> ShellSyntaxError {
    ShellSyntaxError(description: "unexpected EOF while looking for matching `\(quote)'")
  }

  private func refuseSubstitution(_ character: Character) throws(ShellSyntaxError) {
    if character == "`" { throw Self.unsupported("`…`") }
    guard character == "$", let next else { return }
    if next == "(" { throw Self.unsupported("$(…)") }
    if next == "{" || next == "_" || next.isLetter { throw Self.unsupported("$VARIABLE") }
  }

  private func refuse(_ character: Character) throws(ShellSyntaxError) {
    try refuseSubstitution(character)
    let isDouble = next == character
    switch character {
    case "|": throw Self.unsupported(isDouble ? "||" : "|")
    case "&": throw Self.unsupported(isDouble ? "&&" : "&")
    case ";", "(", ")": throw Self.unsupported(String(character))
    case "<", ">": throw Self.unsupported(isDouble ? String([character, character]) : String(character))
    default: break
    }
  }

  private static func unsupported(_ construct: String) -> ShellSyntaxError {
    ShellSyntaxError(description: "`\(construct)' is not supported here: one command a line, quote it to pass it on")
  }
}
