import SimulationKernel

// Tools with a language of their own, as far as runbooks use it: `tr`, `sed` and `awk`. What lies outside is refused by name.
extension TextTool {
  // MARK: tr

  static func tr(_ call: TextCall) throws(TextToolError) -> CommandResult {
    let (given, words) = try call.options(switches: "dsc", long: [("delete", "d"), ("squeeze-repeats", "s")])
    func has(_ letter: Character) -> Bool { given.contains { $0.letter == letter } }
    guard let first = words.first, has("d") || has("s") || words.count == 2 else {
      throw call.fail("missing operand\nTry 'tr --help' for more information.")
    }
    let from = set(first)
    let to = words.count > 1 ? set(words[1]) : []
    func isIn(_ character: Character) -> Bool { from.contains(character) != has("c") }
    var output = ""
    for character in try call.text([]) {
      guard isIn(character) else {
        output.append(character)
        continue
      }
      if has("d") { continue }
      var replacement = character
      if let last = to.last {
        replacement = has("c") ? last : to[min(from.firstIndex(of: character) ?? 0, to.count - 1)]
      }
      if has("s"), output.last == replacement { continue }
      output.append(replacement)
    }
    return CommandResult(output: output)
  }

  private static let classes: [(name: String, members: [Character])] = [
    ("[:lower:]", Array("abcdefghijklmnopqrstuvwxyz")), ("[:upper:]", Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ")),
    ("[:digit:]", Array("0123456789")), ("[:space:]", Array(" \t\n\r")), ("[:blank:]", Array(" \t")),
  ]

  private static func set(_ text: String) -> [Character] {
    if let known = classes.first(where: { $0.name == text }) { return known.members }
    let characters = Array(ShellBuiltin.unescaped(text))
    var (result, index): ([Character], Int) = ([], 0)
    while index < characters.count {
      if index + 2 < characters.count, characters[index + 1] == "-",
        let from = characters[index].asciiValue, let to = characters[index + 2].asciiValue, from <= to
      {
        result += (from...to).map { Character(UnicodeScalar($0)) }
        index += 3
      } else {
        result.append(characters[index])
        index += 1
      }
    }
    return result
  }

  // MARK: sed

  /// `s/regex/replacement/flags` with `g`, `i`, `p` and a number, any delimiter, several scripts; options `-E`, `-r`, `-n`, `-e`.
  static func sed(_ call: TextCall) throws(TextToolError) -> CommandResult {
    var (given, words) = try call.options(
      switches: "Ern", values: "e", long: [("quiet", "n"), ("regexp-extended", "E"), ("expression", "e")])
    func has(_ letter: Character) -> Bool { given.contains { $0.letter == letter } }
    var scripts = given.filter { $0.letter == "e" }.map(\.value)
    if scripts.isEmpty {
      guard !words.isEmpty else { throw call.fail("no script specified") }
      scripts = [words.removeFirst()]
    }
    var substitutions: [Substitution] = []
    for script in scripts {
      substitutions += try Substitution.list(script, has("E") || has("r") ? .extended : .basic, call)
    }
    var output = ""
    for line in try call.lines(words) {
      var bytes = Array(line.utf8)
      var prints = !has("n")
      for substitution in substitutions where substitution.apply(&bytes) && substitution.prints {
        if prints { output += String(decoding: bytes, as: UTF8.self) + "\n" }
        prints = true
      }
      if prints { output += String(decoding: bytes, as: UTF8.self) + "\n" }
    }
    return CommandResult(output: output)
  }

  private struct Substitution {
    var expression: RegularExpression
    var replacement: [UInt8]
    var isGlobal = false
    var prints = false
    var occurrence = 1

    @Simulated
    static func list(_ script: String, _ grammar: RegularExpression.Grammar, _ call: TextCall) throws(TextToolError)
      -> [Substitution]
    {
      var result: [Substitution] = []
      var rest = Array(script)[...]
      while true {
        rest = rest.drop { $0 == " " || $0 == ";" || $0 == "\n" }
        guard let command = rest.popFirst() else { return result }
        guard command == "s", let delimiter = rest.popFirst() else {
          throw call.fail("-e expression #1: `\(command)' is not supported here: only s/regex/replacement/flags is")
        }
        guard let pattern = field(&rest, delimiter), let replacement = field(&rest, delimiter) else {
          throw call.fail("-e expression #1, char \(script.count): unterminated `s' command")
        }
        var flags = ""
        while let flag = rest.first, flag != ";", flag != "\n" {
          flags.append(flag)
          rest = rest.dropFirst()
        }
        flags = flags.trimmed
        guard flags.allSatisfy({ "giIp0123456789".contains($0) }) else {
          throw call.fail("-e expression #1, char \(script.count): unknown option to `s'")
        }
        do throws(RegularExpression.Mistake) {
          result.append(
            Substitution(
              expression: try RegularExpression(
                pattern, grammar, ignoresCase: flags.contains("i") || flags.contains("I")),
              replacement: Array(replacement.utf8), isGlobal: flags.contains("g"), prints: flags.contains("p"),
              occurrence: Int(flags.filter(\.isNumber)) ?? 1))
        } catch { throw call.fail("-e expression #1, char \(script.count): \(error.message)") }
      }
    }

    private static func field(_ rest: inout ArraySlice<Character>, _ delimiter: Character) -> String? {
      var text = ""
      while let character = rest.popFirst() {
        if character == delimiter { return text }
        if character == "\\", let next = rest.popFirst() {
          text += next == delimiter ? String(next) : "\\" + String(next)
        } else {
          text.append(character)
        }
      }
      return nil
    }

    /// - Returns: whether anything was replaced.
    func apply(_ bytes: inout [UInt8]) -> Bool {
      let matches = expression.allMatches(in: bytes)
      let chosen = matches.enumerated().filter { isGlobal ? $0.offset + 1 >= occurrence : $0.offset + 1 == occurrence }
      guard !chosen.isEmpty else { return false }
      var (result, position): ([UInt8], Int) = ([], 0)
      for (_, match) in chosen {
        guard let whole = match[0] else { continue }
        result += bytes[position..<whole.lowerBound]
        result += filled(match, bytes)
        position = whole.upperBound
      }
      bytes = result + bytes[position...]
      return true
    }

    private func filled(_ match: [Range<Int>?], _ bytes: [UInt8]) -> [UInt8] {
      var result: [UInt8] = []
      var rest = replacement[...]
      while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "&") {
          if let whole = match[0] { result += bytes[whole] }
        } else if byte == UInt8(ascii: "\\"), let next = rest.popFirst() {
          if (48...57).contains(next) {
            let group = Int(next) - 48
            if group < match.count, let range = match[group] { result += bytes[range] }
          } else {
            result.append(next == UInt8(ascii: "n") ? 10 : next == UInt8(ascii: "t") ? 9 : next)
          }
        } else {
          result.append(byte)
        }
      }
      return result
    }
  }

  // MARK: awk

  /// Rules `condition { print expression, … }` with fields, strings, `NR` and `NF`; option `-F`.
  static func awk(_ call: TextCall) throws(TextToolError) -> CommandResult {
    var (given, words) = try call.options(switches: "", values: "Fv")
    guard !words.isEmpty else {
      throw TextToolError(message: "usage: awk [-F fs][-v var=value][prog | -f progfile][file ...]", exitCode: 2)
    }
    if given.contains(where: { $0.letter == "v" }) { throw call.fail("`-v' is not supported here", exitCode: 2) }
    let separator = given.last { $0.letter == "F" }?.value
    let program: AwkProgram
    do throws(AwkProgram.Mistake) { program = try AwkProgram(words.removeFirst(), separator: separator) } catch {
      throw call.fail(
        "`\(error.construct)' is not supported here: rules are condition { print fields, … }", exitCode: 2)
    }
    var output = ""
    for (index, line) in try call.lines(words).enumerated() { output += program.run(line, number: index + 1) }
    return CommandResult(output: output)
  }
}
