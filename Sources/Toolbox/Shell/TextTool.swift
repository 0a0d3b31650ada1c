import Documents
import SimulationKernel

/// A program that turns text into text.
@Simulated
struct TextTool: ToolCommand {
  typealias Work = @Simulated (TextCall) throws(TextToolError) -> CommandResult

  let name: String
  private let work: Work

  init(_ name: String, _ work: @escaping Work) {
    self.name = name
    self.work = work
  }

  /// Starting a process takes about this long.
  static let startTime = TimeSpan.milliseconds(2)
  nonisolated private static let event: EventName = "tool.text"

  /// The names, for whoever only wants to know them.
  nonisolated static let names = [
    "cat", "zcat", "gunzip", "grep", "egrep", "head", "tail", "wc", "sort", "uniq", "cut", "tr", "sed", "awk", "jq",
    "base64",
  ]

  static let all: [any ToolCommand] = [
    TextTool("cat", cat), TextTool("zcat", unpack), TextTool("gunzip", unpack), TextTool("grep", grep),
    TextTool("egrep", grep), TextTool("head", head),
    TextTool("tail", tail), TextTool("wc", wc), TextTool("sort", sort), TextTool("uniq", uniq), TextTool("cut", cut),
    TextTool("tr", tr), TextTool("sed", sed), TextTool("awk", awk), TextTool("jq", jq), TextTool("base64", base64),
  ]

  func run(_ arguments: [String], on host: any ToolHost) async -> CommandResult {
    await host.simulation.sleep(Self.startTime, Self.event)
    do throws(TextToolError) { return try work(TextCall(name: name, arguments: arguments, host: host)) } catch {
      return CommandResult(errors: error.message + "\n", exitCode: error.exitCode)
    }
  }
}

/// What a text tool objects to, as it prints it.
struct TextToolError: Error {
  var message: String
  var exitCode: Int32 = 1
}

/// One call of a text tool.
@Simulated
struct TextCall {
  let name: String
  let arguments: [String]
  let host: any ToolHost

  func fail(_ text: String, exitCode: Int32 = 1) -> TextToolError {
    TextToolError(message: "\(name): \(text)", exitCode: exitCode)
  }

  func invalidOption(_ option: String) -> TextToolError {
    let text =
      option.hasPrefix("--") ? "unrecognized option '\(option)'" : "invalid option -- '\(option.dropFirst().prefix(1))'"
    return fail(
      "\(text)\nTry '\(name) --help' for more information.", exitCode: name == "grep" || name == "sort" ? 2 : 1)
  }

  /// The text of the files, or of the standard input without one.
  func text(_ files: [String]) throws(TextToolError) -> String {
    if files.isEmpty { return String(decoding: host.standardInput, as: UTF8.self) }
    var text = ""
    for file in files {
      guard let bytes = host.readFile(file) else {
        throw fail("\(file): No such file or directory", exitCode: name == "grep" || name == "sort" ? 2 : 1)
      }
      text += String(decoding: bytes, as: UTF8.self)
    }
    return text
  }

  func lines(_ files: [String]) throws(TextToolError) -> [String] { Toolbox.lines(of: try text(files)) }

  /// Splits the words as getopt does: letters that may be joined, with or without a value.
  ///
  /// - Parameters:
  ///   - switches: letters without a value.
  ///   - values: letters with one.
  ///   - long: long names and the letter that each stands for.
  func options(
    switches: String, values: String = "", long: [(name: String, letter: Character)] = []
  ) throws(TextToolError) -> (given: [(letter: Character, value: String)], words: [String]) {
    var given: [(letter: Character, value: String)] = []
    var words: [String] = []
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        words += rest
        break
      }
      if argument.hasPrefix("--") {
        let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1).map(String.init)
        guard let option = long.first(where: { $0.name == parts.first }) else { throw invalidOption(argument) }
        let needsValue = values.contains(option.letter)
        given.append((option.letter, parts.count > 1 ? parts[1] : needsValue ? rest.popFirst() ?? "" : ""))
        continue
      }
      guard argument.hasPrefix("-"), argument.count > 1 else {
        words.append(argument)
        continue
      }
      var letters = argument.dropFirst()
      while let letter = letters.popFirst() {
        if switches.contains(letter) {
          given.append((letter, ""))
        } else if values.contains(letter) {
          guard let value = letters.isEmpty ? rest.popFirst() : String(letters) else {
            throw fail("option requires an argument -- '\(letter)'\nTry '\(name) --help' for more information.")
          }
          given.append((letter, value))
          letters = ""
        } else {
          throw invalidOption("-\(letter)")
        }
      }
    }
    return (given, words)
  }
}

func joined(_ lines: some Sequence<String>) -> String { lines.reduce(into: "") { $0 += $1 + "\n" } }
