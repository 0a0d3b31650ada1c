import SimulationKernel
import Toolbox

/// What a command line tells about itself before it runs.
@Simulated
struct CommandLineFacts {
  private let commands: [[String?]]

  init(_ line: String) {
    commands = ((try? ShellScript(parsing: line))?.knownCommands ?? []).map(\.words)
  }

  /// Whether something in it may change the platform.
  var mayChange: Bool { commands.contains(where: CommandCheck.mayChange) }

  /// Whether something in it looks at the platform.
  var looks: Bool {
    commands.contains { words in
      guard let name = words.first ?? nil else { return false }
      return CommandCheck.touchesPlatform(name) && name != "sleep" && !CommandCheck.mayChange(words)
    }
  }

  /// Whether something in it goes on until somebody ends it.
  var follows: Bool {
    commands.contains { words in
      guard words.first == "kubectl" else { return false }
      let plain = words.compactMap(\.self)
      if plain.contains("logs") { return plain.contains { ["-f", "--follow", "--follow=true"].contains($0) } }
      return plain.contains("get") && plain.contains { ["-w", "--watch", "--watch-only", "--watch=true"].contains($0) }
    }
  }
}
