import SimulationKernel
import Testing

@testable import Toolbox

@Suite struct ShellLines {
  /// What `echo` or `printf` shows of how a line is read.
  @Test(arguments: [
    ("echo a  b\tc", "a b c\n"), ("echo a 'b  c' \"d e\"", "a b  c d e\n"), (#"echo a\ b"#, "a b\n"),
    (#"echo '{"a": "b"}'"#, "{\"a\": \"b\"}\n"), (#"echo "a\"b\\c\d""#, "a\"b\\c\\d\n"),
    ("echo pre'fix'ed", "prefixed\n"),
    ("echo a # comment", "a\n"), ("echo a#b", "a#b\n"), ("echo 'a|b;c' \"x > y\"", "a|b;c x > y\n"), ("", ""),
    ("echo '$(x)' \\$HOME", "$(x) $HOME\n"), ("echo jsonpath={.a} 5$", "jsonpath={.a} 5$\n"),
    ("echo one \\\n  two", "one two\n"), ("A=1; echo \"$A${A}b\" '$A'", "11b $A\n"),
    ("A='x  y'; echo $A \"$A\"", "x y x  y\n"),
    ("echo ${NONE:-fallback}", "fallback\n"), ("A=$(echo x; echo y); echo \"$A\"", "x\ny\n"),
    ("echo $(echo $(echo deep))", "deep\n"), ("for i in 1 2 3; do echo \"n=$i\"; done", "n=1\nn=2\nn=3\n"),
    ("for p in $(printf 'a\\nb\\n'); do\n  echo $p\ndone | wc -l", "2\n"),
    ("false && echo no || echo yes", "yes\n"), ("true && echo yes || echo no", "yes\n"), ("false; echo $?", "1\n"),
    ("cat <<EOF | grep b\na $X\nb $((\nEOF", "bash"), ("cat <<'EOF'\n$X `y`\nEOF\necho after", "$X `y`\nafter\n"),
    ("X=7\ncat <<-EOF\n\tv=$X\n\tEOF", "v=7\n"), ("cat <<< \"a b\"", "a b\n"), ("export A=3 && echo $A", "3\n"),
    ("echo hidden > /dev/null; echo shown", "shown\n"), ("echo a > /tmp/f; echo b >> /tmp/f; cat /tmp/f", "a\nb\n"),
    ("nothing 2>/dev/null || echo $?", "127\n"), ("nothing 2>&1 | cat", "bash: nothing: command not found\n"),
    ("X=1 true; echo \"[$X]\"", "[]\n"), ("[ \"$X\" = \"\" ] && echo empty", "empty\n"),
    ("[ 3 -gt 2 ]; echo $?", "0\n"),
    ("printf '%s-%s\\n' a b c d", "a-b\nc-d\n"), ("echo -n x; echo -e 'a\\tb'", "xa\tb\n"),
    ("set -o pipefail; false | true; echo $?", "1\n"), ("false | true; echo $?", "0\n"),
    ("set -e; false; echo not", ""),
    ("printf 'a b\\nc' | xargs echo x", "x a b c\n"), ("printf 'a\\nb\\n' | xargs -I {} echo '<{}>'", "<a>\n<b>\n"),
    ("printf '1 2 3' | xargs -n 2 echo", "1 2\n3\n"),
    ("date -u +%FT%TZ -d '1 minute ago' | cut -c1-13", "2026-03-02T07"),
  ])
  func linesRunAsInAShell(_ line: String, _ expected: String) {
    Simulated.perform {
      let result = ToolFixture.shellOnly.type(line)
      if expected == "bash" {
        #expect(result.errors.hasPrefix("bash: `$((…))' is not supported here"))
      } else {
        #expect(result.output.hasPrefix(expected) && (expected.isEmpty == result.output.isEmpty), "\(result)")
      }
    }
  }

  @Test(arguments: [
    ("if true; then echo; fi", "if"), ("while true; do echo; done", "while"), ("until false; do echo; done", "until"),
    ("echo `date`", "`…`"), ("sleep 1 &", "&"), ("(echo a)", "(…)"), ("echo $((1 + 1))", "$((…))"),
    ("f() { echo; }", "function ()"),
    ("case x in y) ;; esac", "case"), ("[[ -n x ]]", "[["), ("diff <(a) <(b)", "<(…)"), ("echo {a,b}", "{…,…}"),
    ("a &> f", "&>"), ("x=(1 2)", "=(…)"), ("echo ${A%x}", "${A%…}"), ("echo $'a'", "$'…'"), ("! true", "!"),
    ("for ((;;)); do echo; done", "for ((…))"), ("echo a |& cat", "|&"),
  ])
  func constructsOutsideTheLanguageAreNamed(_ line: String, _ construct: String) {
    let error = #expect(throws: ShellSyntaxError.self) { try ShellScript(parsing: line) }
    #expect(
      error?.description.hasPrefix("`\(construct)' is not supported here") == true, "\(String(describing: error))")
  }

  @Test(arguments: [
    ("echo 'a", "unexpected EOF while looking for matching `''", 1),
    ("echo a\necho \"b", "unexpected EOF while looking for matching `\"'", 2),
    ("echo $(date", "unexpected EOF while looking for matching `)'", 1),
    ("echo a | ", "syntax error near unexpected token `newline'", 1),
    ("&& echo", "syntax error near unexpected token `&'", 1), ("echo )", "syntax error near unexpected token `)'", 1),
    ("done", "syntax error near unexpected token `done'", 1),
  ])
  func malformedLinesGetTheShellsError(_ line: String, _ text: String, _ number: Int) {
    let error = #expect(throws: ShellSyntaxError.self) { try ShellScript(parsing: line) }
    #expect(error?.description == text)
    #expect(error?.line == number)
  }

  @Test func itemsKnowTheirLinesAndTexts() throws {
    let script = try ShellScript(
      parsing: "# first\necho a &&\n  echo b\n\ncat <<EOF\nx\nEOF\nfor i in 1; do\n  echo $i\ndone; echo c")
    #expect(script.items.map(\.line) == [2, 5, 8, 10])
    #expect(
      script.items.map(\.text) == [
        "echo a &&\n  echo b", "cat <<EOF\nx\nEOF", "for i in 1; do\n  echo $i\ndone", "echo c",
      ])
    #expect(script.knownCommands.map(\.line) == [2, 2, 5, 9, 10])
    #expect(script.knownCommands[3].words == ["echo", nil])
  }

  @Test func unknownCommandsAndTheJournal() {
    Simulated.perform {
      let fixture = ToolFixture()
      let open = fixture.type("kubectl get 'pods")
      #expect(open.errors == "bash: unexpected EOF while looking for matching `''\n")
      #expect(open.exitCode == 2)
      let unknown = fixture.type("kubctl get pods")
      #expect(unknown == Toolbox.CommandResult(errors: "bash: kubctl: command not found\n", exitCode: 127))
      #expect(fixture.journal.commands.map(\.exitCode) == [2, 127])
      let result = fixture.kubectl("get deployment web -o name")
      let entry = fixture.journal.commands[2]
      #expect(entry.line == "kubectl --context spain -n shop get deployment web -o name")
      #expect(entry.output == result.output)
      #expect((0.3...0.7).contains((entry.ended - entry.at).seconds))
    }
  }

  @Test func pipesVariablesAndHereDocumentsReachTheCluster() {
    Simulated.perform {
      let fixture = ToolFixture()
      let count = fixture.kubectl("get pods | grep -c Running")
      #expect(count.output == "3\n")
      let name = fixture.type(
        "POD=$(kubectl --context spain -n shop get pods -o name | head -1)\nkubectl --context spain -n shop get $POD -o name"
      )
      #expect(name.output.hasPrefix("pod/web-"))
      let applied = fixture.type(
        "cat <<EOF | kubectl --context spain -n shop apply -f -\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: made}\ndata: {a: \"1\"}\nEOF"
      )
      #expect(applied.output == "configmap/made created\n", "\(applied)")
      let value = fixture.kubectl("get configmap made -o json | jq -r '.data.a'")
      #expect(value.output == "1\n", "\(value)")
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

  @Test func theListOfCommandsIsComplete() {
    Simulated.perform {
      let known = Shell().commandNames.sorted()
      #expect(Terminal.commands.map(\.name).sorted() == known)
    }
  }
}

@Suite struct TextTools {
  private static let pods = "NAME READY STATUS\\nweb-1 1/1 Running\\nweb-2 0/1 CrashLoopBackOff\\ndb-1 0/1 Error\\n"

  @Test(arguments: [
    ("grep -E 'CrashLoopBackOff|Error' | head -1 | awk '{print $1}'", "web-2\n"), ("grep -c web", "2\n"),
    ("grep -v web", "NAME READY STATUS\ndb-1 0/1 Error\n"),
    ("grep -i ERROR", "db-1 0/1 Error\n"), ("grep -oE '[0-9]/[0-9]'", "1/1\n0/1\n0/1\n"),
    ("grep -n db", "4:db-1 0/1 Error\n"),
    ("grep 'web-[12]' | wc -l", "2\n"), ("grep 'Error\\|Running' | cut -d' ' -f1", "web-1\ndb-1\n"),
    ("tail -n +2 | sort | head -n 1", "db-1 0/1 Error\n"),
    ("awk 'NR>1 {print $3, $1}' | sort | tail -1", "Running web-1\n"),
    ("awk '$3 == \"Running\" {print $NF}'", "Running\n"), ("awk -F- '/db/ {print $1}'", "db\n"),
    ("awk 'NR>1{print $2}' | sort | uniq -c | sort -rn", "      2 0/1\n      1 1/1\n"),
    ("head -2 | tail -1 | tr a-z A-Z", "WEB-1 1/1 RUNNING\n"),
    ("sed 's/web/WEB/' | grep WEB | head -1", "WEB-1 1/1 Running\n"),
    ("sed -E 's/^([a-z]+)-([0-9]).*/\\2\\1/' | tail -1", "1db\n"),
    ("tr -d '\\n' | wc -c", "74\n"), ("sed -n 's/.* Error/E/p'", "E\n"),
    ("head -1 | base64", "TkFNRSBSRUFEWSBTVEFUVVMK\n"), ("head -1 | base64 | base64 -d", "NAME READY STATUS\n"),
  ])
  func linesGoThrough(_ tools: String, _ expected: String) {
    Simulated.perform {
      let result = ToolFixture.shellOnly.type("printf '\(Self.pods)' | \(tools)")
      #expect(result.output == expected, "\(result)")
    }
  }

  private static let json =
    #"{"items":[{"name":"a","ready":true,"n":2,"labels":{"x":"1"}},{"name":"b","ready":false,"n":10}],"kind":"List"}"#

  @Test(arguments: [
    (".kind", "\"List\"\n"), ("-r .kind", "List\n"), ("-r '.items[].name'", "a\nb\n"),
    ("-r '.items[] | select(.ready == false) | .name'", "b\n"),
    ("'.items | length'", "2\n"), ("-c '.items | map(.n)'", "[2,10]\n"),
    ("-c '[.items[] | select(.n > 5)]|length'", "1\n"), ("-r '.items[0].labels.x'", "1\n"),
    ("-r '.items[] | \"\\(.name)=\\(.n)\"'", "a=2\nb=10\n"), ("-c '.items | sort_by(-.n) | .[0].name'", "\"b\"\n"),
    ("-r '.items[-1].name'", "b\n"),
    ("-c '.items[0] | {name, m: .n}'", "{\"name\":\"a\",\"m\":2}\n"), ("-r '.items[1].labels.x // \"none\"'", "none\n"),
    ("-c '[.items[].n] | add'", "12\n"),
    ("-c 'keys'", "[\"items\",\"kind\"]\n"), ("-r '.items[] | select(.name | test(\"^a\")) | .n'", "2\n"),
    ("-r '[.items[].name] | join(\",\")'", "a,b\n"),
    ("-r '.items[]|if .ready then \"up\" else \"down\" end'", "up\ndown\n"), ("-c '.items|any(.ready)'", "true\n"),
  ])
  func jqFilters(_ arguments: String, _ expected: String) {
    Simulated.perform {
      let result = ToolFixture.shellOnly.type("echo '\(Self.json)' | jq \(arguments)")
      #expect(result.output == expected, "\(result)")
    }
  }

  @Test(arguments: [
    ("grep -Z x", "grep: invalid option -- 'Z'", 2),
    ("sed y/a/b/", "sed: -e expression #1: `y' is not supported here", 1),
    ("awk '{sum += $1}'", "awk: `sum' is not supported here", 2),
    ("jq '.a | frob'", "jq: error: frob/0 is not defined at <top-level>", 3),
    ("jq '.['", "jq: error: syntax error, unexpected end of filter", 3),
    ("cat missing", "cat: missing: No such file or directory", 1),
    ("echo 5 | jq .a", "jq: error (at <stdin>:0): Cannot index number with \"a\"", 5),
    ("cut -f", "cut: option requires an argument -- 'f'", 1), ("grep '['", "grep: missing terminating ]", 2),
  ])
  func objectionsAreTheTools(_ line: String, _ text: String, _ code: Int32) {
    Simulated.perform {
      let result = ToolFixture.shellOnly.type(line)
      #expect(result.errors.hasPrefix(text), "\(result)")
      #expect(result.exitCode == code)
    }
  }
}
