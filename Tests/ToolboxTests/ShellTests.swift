import SimulationKernel
import Testing

@testable import Toolbox

@Suite struct ShellLines {
  @Test(arguments: [
    ("a  b\tc", ["a", "b", "c"]), ("a 'b  c' \"d e\"", ["a", "b  c", "d e"]), ("a\\ b", ["a b"]), ("''", [""]),
    (#"-p '{"a": "b"}'"#, ["-p", #"{"a": "b"}"#]), (#""a\"b\\c\d""#, [#"a"b\c\d"#]), ("pre'fix'ed", ["prefixed"]),
    ("a # comment", ["a"]), ("a#b", ["a#b"]), ("'a|b;c' \"x > y\"", ["a|b;c", "x > y"]), ("", []),
    ("'$(x)' \\$HOME", ["$(x)", "$HOME"]), ("jsonpath={.a} 5$", ["jsonpath={.a}", "5$"]),
  ])
  func wordsAreSplitAsAShellDoes(_ line: String, _ words: [String]) throws {
    #expect(try shellWords(line) == words)
  }

  @Test(arguments: [
    ("a | b", "|"), ("a || b", "||"), ("a && b", "&&"), ("a; b", ";"), ("a $(b)", "$(…)"), ("a \"$(b)\"", "$(…)"),
    ("a > f", ">"), ("a >> f", ">>"), ("a < f", "<"), ("a &", "&"), ("a `b`", "`…`"), ("a $B", "$VARIABLE"),
  ])
  func constructsAreNamed(_ line: String, _ construct: String) {
    let error = #expect(throws: ShellSyntaxError.self) { try shellWords(line) }
    #expect(error?.description.hasPrefix("`\(construct)' is not supported here") == true)
  }

  @Test func openQuotesAndUnknownCommands() {
    Simulated.perform {
      let fixture = ToolFixture()
      let open = fixture.type("kubectl get 'pods")
      #expect(open.errors == "bash: unexpected EOF while looking for matching `''\n")
      #expect(open.exitCode == 2)
      let unknown = fixture.type("kubctl get pods")
      #expect(unknown == Toolbox.CommandResult(errors: "bash: kubctl: command not found\n", exitCode: 127))
      #expect(fixture.journal.commands.map(\.exitCode) == [2, 127])
    }
  }

  @Test func theJournalHasTheCommandAndItsTime() {
    Simulated.perform {
      let fixture = ToolFixture()
      let result = fixture.kubectl("get deployment web -o name")
      let entry = fixture.journal.commands[0]
      #expect(entry.line == "kubectl --context spain -n shop get deployment web -o name")
      #expect(entry.output == result.output)
      #expect((0.3...0.7).contains((entry.ended - entry.at).seconds))
    }
  }

  @Test func sleepTakesVirtualTime() {
    Simulated.perform {
      let fixture = ToolFixture()
      #expect(fixture.type("sleep 1m 1.5") == Toolbox.CommandResult())
      let entry = fixture.journal.commands[0]
      #expect(entry.ended - entry.at == .seconds(61.5))
      #expect(fixture.type("sleep soon").errors.hasPrefix("sleep: invalid time interval 'soon'\n"))
    }
  }
}
