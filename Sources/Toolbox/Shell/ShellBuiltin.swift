import SimulationKernel

/// What the shell does itself.
@Simulated
struct ShellBuiltin {
  let name: String
  let run: @Simulated (Shell, [String], ShellProcess) async -> CommandResult

  init(_ name: String, _ run: @escaping @Simulated (Shell, [String], ShellProcess) async -> CommandResult) {
    self.name = name
    self.run = run
  }

  /// The names, for whoever only wants to know them.
  nonisolated static let names = [
    "echo", "printf", "export", "unset", "set", "exit", "true", ":", "false", "test", "[", "xargs",
  ]

  static let all: [ShellBuiltin] = [
    ShellBuiltin("echo") { _, arguments, _ in CommandResult(output: echo(arguments)) },
    ShellBuiltin("printf") { _, arguments, _ in printf(arguments) },
    ShellBuiltin("export") { shell, arguments, _ in export(shell, arguments) },
    ShellBuiltin("unset") { shell, arguments, _ in
      for name in arguments { shell.set(name, to: nil) }
      return CommandResult()
    },
    ShellBuiltin("set") { shell, arguments, _ in set(shell, arguments) },
    ShellBuiltin("exit") { shell, arguments, _ in
      shell.isStopped = true
      return CommandResult(exitCode: arguments.first.flatMap { Int32($0) } ?? shell.status)
    },
    ShellBuiltin("true") { _, _, _ in CommandResult() },
    ShellBuiltin(":") { _, _, _ in CommandResult() },
    ShellBuiltin("false") { _, _, _ in CommandResult(exitCode: 1) },
    ShellBuiltin("test") { _, arguments, _ in test(arguments, name: "test") },
    ShellBuiltin("[") { _, arguments, _ in
      guard arguments.last == "]" else { return CommandResult(errors: "bash: [: missing `]'\n", exitCode: 2) }
      return test(arguments.dropLast(), name: "[")
    },
    ShellBuiltin("xargs") { shell, arguments, process in await xargs(shell, arguments, process) },
  ]

  // MARK: Printing

  private static func echo(_ arguments: [String]) -> String {
    var words = arguments[...]
    var (ends, escapes) = ("\n", false)
    while let first = words.first, first.count > 1, first.first == "-",
      first.dropFirst().allSatisfy({ "neE".contains($0) })
    {
      if first.contains("n") { ends = "" }
      if first.contains("e") { escapes = true }
      words = words.dropFirst()
    }
    let text = words.joined(separator: " ")
    return (escapes ? unescaped(text) : text) + ends
  }

  nonisolated static func unescaped(_ text: String) -> String {
    let escapes: [Character: Character] = ["n": "\n", "t": "\t", "r": "\r", "\\": "\\", "\"": "\"", "0": "\0"]
    var (result, rest) = ("", Array(text)[...])
    while let character = rest.popFirst() {
      if character == "\\", let next = rest.first, let plain = escapes[next] {
        result.append(plain)
        rest = rest.dropFirst()
      } else {
        result.append(character)
      }
    }
    return result
  }

  /// `%s`, `%d`, `%%` and the escapes; the format is used again while there are arguments (POSIX.1-2024, printf).
  private static func printf(_ arguments: [String]) -> CommandResult {
    guard let format = arguments.first else {
      return CommandResult(errors: "printf: usage: printf [-v var] format [arguments]\n", exitCode: 2)
    }
    var values = arguments.dropFirst()
    var output = ""
    repeat {
      var rest = Array(unescaped(format))[...]
      while let character = rest.popFirst() {
        guard character == "%", let kind = rest.popFirst() else {
          output.append(character)
          continue
        }
        switch kind {
        case "%": output.append("%")
        case "s", "d", "i", "f", "q": output += values.popFirst() ?? (kind == "s" ? "" : "0")
        default:
          return CommandResult(
            output: output, errors: "bash: printf: `\(kind)': invalid format character\n", exitCode: 1)
        }
      }
    } while !values.isEmpty && format.contains("%")
    return CommandResult(output: output)
  }

  // MARK: The session

  private static func export(_ shell: Shell, _ arguments: [String]) -> CommandResult {
    var result = CommandResult()
    for argument in arguments where argument != "-x" {
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard ShellParser.isName(parts[0]) else {
        result.errors += "bash: export: `\(argument)': not a valid identifier\n"
        result.exitCode = 1
        continue
      }
      if parts.count > 1 { shell.set(parts[0], to: parts[1]) }
    }
    return result
  }

  private static func set(_ shell: Shell, _ arguments: [String]) -> CommandResult {
    var rest = arguments[...]
    while let word = rest.popFirst() {
      guard let sign = word.first, sign == "-" || sign == "+" else { break }
      for letter in word.dropFirst() {
        switch letter {
        case "e": shell.stopsAtFailure = sign == "-"
        case "u": shell.refusesUnset = sign == "-"
        case "x": break
        case "o":
          guard let name = rest.popFirst(), name == "pipefail" else { return invalidOption("\(sign)o") }
          shell.failsWithPipe = sign == "-"
        default: return invalidOption("\(sign)\(letter)")
        }
      }
    }
    return CommandResult()
  }

  private static func invalidOption(_ option: String) -> CommandResult {
    CommandResult(errors: "bash: set: \(option): invalid option\n", exitCode: 2)
  }

  // MARK: Conditions

  private static func test(_ arguments: [String], name: String) -> CommandResult {
    if arguments.first == "!" {
      var result = test(Array(arguments.dropFirst()), name: name)
      if result.exitCode < 2 { result.exitCode = 1 - result.exitCode }
      return result
    }
    let holds: Bool?
    switch arguments.count {
    case 0: holds = false
    case 1: holds = !arguments[0].isEmpty
    case 2: holds = arguments[0] == "-n" ? !arguments[1].isEmpty : arguments[0] == "-z" ? arguments[1].isEmpty : nil
    case 3: holds = compare(arguments[0], arguments[1], arguments[2])
    default: return CommandResult(errors: "bash: \(name): too many arguments\n", exitCode: 2)
    }
    guard let holds else {
      if arguments.count == 3, let wrong = [arguments[0], arguments[2]].first(where: { Int64($0) == nil }) {
        return CommandResult(errors: "bash: \(name): \(wrong): integer expression expected\n", exitCode: 2)
      }
      return CommandResult(errors: "bash: \(name): \(arguments[0]): unary operator expected\n", exitCode: 2)
    }
    return CommandResult(exitCode: holds ? 0 : 1)
  }

  private static func compare(_ left: String, _ operation: String, _ right: String) -> Bool? {
    if operation == "=" || operation == "==" { return left == right }
    if operation == "!=" { return left != right }
    guard let left = Int64(left), let right = Int64(right) else { return nil }
    switch operation {
    case "-eq": return left == right
    case "-ne": return left != right
    case "-lt": return left < right
    case "-le": return left <= right
    case "-gt": return left > right
    case "-ge": return left >= right
    default: return nil
    }
  }

  // MARK: xargs

  /// `xargs` of GNU findutils with `-n`, `-I`, `-r`, `-t` and `-0` left out where nothing here could need it.
  private static func xargs(_ shell: Shell, _ arguments: [String], _ process: ShellProcess) async -> CommandResult {
    var rest = arguments[...]
    var (batch, replaced, skipsEmpty) = (Int.max, String?.none, false)
    while let option = rest.first, option.hasPrefix("-"), option.count > 1 {
      rest = rest.dropFirst()
      switch option.prefix(2) {
      case "-r", "--": skipsEmpty = true
      case "-n", "-L":
        let text = option.count > 2 ? String(option.dropFirst(2)) : rest.popFirst() ?? ""
        guard let count = Int(text), count > 0 else {
          return CommandResult(errors: "xargs: invalid number \"\(text)\" for -n option\n", exitCode: 1)
        }
        batch = count
      case "-I": replaced = option.count > 2 ? String(option.dropFirst(2)) : rest.popFirst()
      default:
        return CommandResult(
          errors: "xargs: invalid option -- '\(option.dropFirst())'\nTry 'xargs --help' for more information.\n",
          exitCode: 1)
      }
    }
    let name = rest.popFirst() ?? "echo"
    let text = String(decoding: process.standardInput, as: UTF8.self)
    let items =
      replaced == nil
      ? text.split(whereSeparator: \.isWhitespace).map(String.init)
      : lines(of: text).map { $0.trimmed }.filter { !$0.isEmpty }
    if items.isEmpty, skipsEmpty || replaced != nil { return CommandResult() }
    var result = CommandResult()
    var remaining = items[...]
    repeat {
      let words: [String]
      if let replaced, let item = remaining.popFirst() {
        words = rest.map { $0.replacing(replaced, with: item) }
      } else {
        words = Array(rest) + remaining.prefix(batch)
        remaining = remaining.dropFirst(batch)
      }
      let own = ShellProcess(shell, process.base, input: [], screen: process.screen)
      let step = await shell.start(name, words, in: own)
      result.output += step.output
      result.errors += step.exitCode == 127 ? "xargs: \(name): No such file or directory\n" : step.errors
      if step.exitCode != 0 { result.exitCode = step.exitCode == 127 ? 127 : 123 }
    } while !remaining.isEmpty
    return result
  }
}

extension StringProtocol {
  /// Without the blanks at both ends.
  var trimmed: String {
    var text = self[...]
    while let first = text.first, first.isWhitespace { text = text.dropFirst() }
    while let last = text.last, last.isWhitespace { text = text.dropLast() }
    return String(text)
  }
}

/// The lines of a text, split at LF only; what ends with LF has no empty line behind it.
func lines(of text: String) -> [String] {
  var parts = text.utf8.split(separator: 10, omittingEmptySubsequences: false).map { String(Substring($0)) }
  if parts.last?.isEmpty == true { parts.removeLast() }
  return parts
}
