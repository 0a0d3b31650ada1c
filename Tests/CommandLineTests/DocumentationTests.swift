import Foundation
import Testing

@Suite(.serialized) struct Documentation {
  /// Commands in backticks or in shell blocks of the documents: those of `twin`, without placeholders in capitals.
  private static func commands() throws -> [String] {
    var found: [String] = []
    for name in [
      "README.md", "docs/SCENARIOS.md", "docs/ARCHITECTURE.md", "docs/FIDELITY.md", "docs/TELEMETRY.md",
      "docs/DRILLS.md",
    ] {
      let text = try String(contentsOf: root.appendingPathComponent(name), encoding: .utf8)
      let inline = text.matches(of: /`(twin [^`]+)`/).map { String($0.1) }
      let prompted = text.matches(of: /(?m)^\$ (twin .+)$/).map { String($0.1) }
      for command in inline + prompted where !found.contains(command) {
        let words = command.split(separator: " ")
        let isComplete = words.dropFirst().allSatisfy { word in
          word.contains { $0.isLowercase || $0.isNumber } && !word.contains("…") && !word.contains("...")
            && !word.contains("<")
        }
        let isWhole = words.count > 2 || !["run", "lint", "show"].contains(words.last ?? "")
        if isComplete, isWhole { found.append(command) }
      }
    }
    return found
  }

  @Test func everyCommandShownWorks() throws {
    let known = ["run", "lint", "list", "show", "schema", "version", "test-rules"]
    let commands = try Self.commands().filter {
      $0.split(separator: " ").count > 1 && known.contains(String($0.split(separator: " ")[1]))
    }
    #expect(commands.count >= 5, "\(commands)")
    for command in commands {
      var words = command.split(separator: " ").dropFirst().map(String.init)
      // The whole of scenarios/ is run by another test and by `make run`; here the call itself is what counts.
      if words.first == "run" { words += ["--until", "1m", "--solve", "none"] }
      let outcome = try Program.run(words)
      #expect([0, 1, 3].contains(outcome.code), "\(command): \(outcome.errors)")
      #expect(outcome.code == 0 || words.first == "run", "\(command): \(outcome.errors)")
    }
  }

  /// Drills read from standard input, so each is shown an empty one in a folder of its own.
  @Test func everyDrillShownBegins() throws {
    let commands = try Self.commands().filter { $0.hasPrefix("twin drill scenarios/") }
    #expect(!commands.isEmpty)
    for command in commands {
      let words = command.split(separator: " ").dropFirst().map(String.init)
      let folder = try Program.scratchFolder().path
      let outcome = try Program.run(words + ["--out", folder, "--baseline", try Drills.baseline()], input: "suspend\n")
      #expect(outcome.code == 0, "\(command): \(outcome.errors)")
      #expect(outcome.output.contains("SEV-"), "\(command)")
    }
  }

  @Test func everyShippedScenarioPasses() throws {
    let outcome = try Program.run(["run", "scenarios/", "-q"])
    #expect(outcome.code == 0, "\(outcome.output)\(outcome.errors)")
  }
}
