import AWSModel
import KubernetesModel
import SimulationKernel
import Telemetry
import TwinWorld

/// The commands that an engineer types, in-process and on the simulated world: real flags, output, error texts and exit codes.
/// One implementation serves everybody who types.

/// What a command printed and how it ended.
package struct CommandResult: Hashable, Sendable {
  package var output: String
  package var errors: String
  package var exitCode: Int32

  package init(output: String = "", errors: String = "", exitCode: Int32 = 0) {
    self.output = output
    self.errors = errors
    self.exitCode = exitCode
  }

  static func failure(_ errors: String, exitCode: Int32 = 1) -> CommandResult {
    CommandResult(errors: errors.hasSuffix("\n") ? errors : errors + "\n", exitCode: exitCode)
  }
}

/// Where commands are typed: the world, and the folder to which file names are relative.
@Simulated
package final class Terminal {
  package let world: World
  /// Ends with a slash, or is empty.
  package let folder: String
  let stream: RandomStream

  package init(_ world: World, folder: String) {
    self.world = world
    self.folder = folder
    stream = world.simulation.random("terminal")
  }

  /// Who types, as clusters and audit trails name them.
  static let user = "engineer"

  /// The commands by name.
  package nonisolated static let commands: [(name: String, summary: String)] = [
    ("kubectl", "look at and change a cluster"), ("aws", "look at and change a region's AWS resources"),
    ("sleep", "wait"),
  ]

  /// Types one line and waits for it to end, in virtual time. What was typed and printed goes into the journal.
  package func run(_ line: String) async -> CommandResult {
    let began = world.simulation.now
    let result: CommandResult
    do throws(ShellSyntaxError) { result = await run(words: try shellWords(line)) } catch {
      result = .failure("bash: \(error.description)", exitCode: 2)
    }
    world.journal.note(
      Journal.CommandEntry(
        at: began, ended: world.simulation.now, line: line, exitCode: result.exitCode, output: result.output,
        errors: result.errors))
    return result
  }

  private func run(words: [String]) async -> CommandResult {
    guard let name = words.first else { return CommandResult() }
    switch name {
    case "kubectl": return await Kubectl(self).run(Array(words.dropFirst()))
    case "aws": return await AWSCommand(self).run(Array(words.dropFirst()))
    case "sleep":
      guard words.count == 2, let seconds = Double(words[1].hasSuffix("s") ? String(words[1].dropLast()) : words[1]),
        seconds >= 0
      else {
        return .failure(words.count < 2 ? "sleep: missing operand" : "sleep: invalid time interval '\(words[1])'")
      }
      await world.simulation.sleep(.seconds(seconds), Self.commandEvent)
      return CommandResult()
    default: return .failure("bash: \(name): command not found", exitCode: 127)
    }
  }

  nonisolated static let commandEvent: EventName = "terminal.command"

  /// What a call to an API costs.
  func spend(_ span: Distribution) async { await world.simulation.sleep(span.sample(stream), Self.commandEvent) }
}

/// A line that is more than one simple command.
struct ShellSyntaxError: Error {
  var description: String
}

/// The words of a simple command as a POSIX shell splits them: blanks separate, quotes and backslashes join.
///
/// - Throws: for unfinished quotes, and for operators and expansions, which need a shell.
func shellWords(_ line: String) throws(ShellSyntaxError) -> [String] {
  var words: [String] = []
  var word: String?
  var quote: Character?
  var isEscaped = false
  for character in line {
    if isEscaped {
      word = (word ?? "") + String(character)
      isEscaped = false
    } else if let open = quote {
      if character == open {
        quote = nil
      } else if character == "\\", open == "\"" {
        isEscaped = true
      } else {
        word = (word ?? "") + String(character)
      }
    } else if character == "'" || character == "\"" {
      quote = character
      word = word ?? ""
    } else if character == "\\" {
      isEscaped = true
    } else if character.isWhitespace {
      if let done = word { words.append(done) }
      word = nil
    } else if "|;&<>$`()".contains(character) {
      throw ShellSyntaxError(
        description: "syntax error near unexpected token `\(character)'; a step is one simple command")
    } else {
      word = (word ?? "") + String(character)
    }
  }
  guard quote == nil else {
    throw ShellSyntaxError(description: "unexpected EOF while looking for matching `\(quote!)'")
  }
  if let word { words.append(word) }
  return words
}
