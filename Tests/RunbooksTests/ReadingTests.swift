import Testing

@testable import Runbooks

@Suite struct Reading {
  private static let text = """
    ---
    alert: DiskFull
    owner: storage
    twin: {vars: {volume: data}, restores: within 12m}
    ---
    # A title

    ## Meaning

    See [another](Other.md#part) and `kubectl -n <namespace> get pods`.

    ```bash
    echo not run
    ```

    ## Diagnosis

    Look first.

    ```console
    $ kubectl get pods \\
    > -o wide
    NAME (glob)
    $ false
    [1]
    ```

    ### Details

    <!-- {name=second capture=POD:/pod (\\S+),/ timeout=90s} -->
    ```sh {expect="/a b/" fails}
    $ one
    ```

    ```yaml
    key: value
    ```

    ## Mitigation

    | a | `b` |
    |---|---|
    | `aws rds reboot-db-instance --db-instance-identifier x` | y |

    ```promql
    up == 0
    ```

    ## How to verify

    ```sql
    select 1
    ```

    ## See also

    ```bash
    echo nor this
    ```
    """

  @Test func blocksHaveTheirPartsAndLines() {
    let runbook = Runbook(Self.text, file: "docs/Disk.md")
    #expect(runbook.diagnostics.isEmpty, "\(runbook.diagnostics)")
    #expect(runbook.alert == "DiskFull")
    #expect(runbook.settings.restoresWithin == .minutes(12))
    #expect(runbook.settings.variables.map(\.name) == ["volume"])
    #expect(runbook.blocks.map(\.line) == [12, 20, 31, 35, 45, 51, 57])
    #expect(runbook.steps.map(\.line) == [20, 31, 45, 51])
    #expect(runbook.steps.map(\.section) == [.diagnosis, .diagnosis, .mitigation, .verification])
    #expect(runbook.steps.map(\.language) == [.console, .console, .promql, .sql])
    #expect(runbook.links.map(\.text) == ["Other.md#part"])
    #expect(runbook.inlineCommands.map(\.line) == [10, 43])
  }

  @Test func transcriptsAreTakenApart() {
    let commands = Runbook(Self.text, file: "x.md").steps[0].commands
    #expect(commands.map(\.line) == [21, 24])
    #expect(commands.map(\.text) == ["kubectl get pods \\\n-o wide", "false"])
    #expect(commands.map(\.output) == [["NAME (glob)"], ["[1]"]])
  }

  @Test func attributesStandAboveAndBehindTheFence() {
    let attributes = Runbook(Self.text, file: "x.md").steps[1].attributes
    #expect(attributes.name == "second")
    #expect(attributes.capture?.name == "POD")
    #expect(attributes.capture?.pattern == "pod (\\S+),")
    #expect(attributes.timeout == .seconds(90))
    #expect(attributes.expect == .expression("a b"))
    #expect(attributes.fails)
  }

  @Test(arguments: [
    ("wehn=\"x\"", "unknown attribute \"wehn\""), ("timeout=soon", "timeout takes a duration such as 5m"),
    ("capture=POD", "capture takes NAME:/regular expression/"), ("when=\"x", "the value of \"when\" has no closing \""),
  ])
  func mistakesInAttributesAreNamed(_ text: String, _ message: String) {
    let runbook = Runbook("## Diagnosis\n\n```bash {\(text)}\ntrue\n```\n", file: "x.md")
    #expect(runbook.diagnostics.map(\.line) == [3])
    #expect(runbook.diagnostics.first?.message.hasPrefix(message) == true, "\(runbook.diagnostics)")
  }

  @Test func frontMatterIsRead() {
    let runbook = Runbook("---\ntwin: {scenario: [a]}\n---\n## Diagnosis\n", file: "x.md")
    #expect(runbook.diagnostics.map(\.line) == [2])
    #expect(runbook.diagnostics[0].message.contains("scenarios"), "\(runbook.diagnostics)")
  }

  @Test(arguments: [
    ("logs <pod> -n <my-ns>", ["pod", "myns"]), ("cat <<EOF >f", []), ("a <POD_NAME> b", ["podname"]),
    ("sort < file > out", []),
    ("x {{ $labels.pod }} y", ["pod"]), ("go {{ .Name }}", []), ("<pod name>\n<node>", ["podname", "node"]),
    ("1 <2 3> 4", []),
  ])
  func placeholdersAreFound(_ text: String, _ keys: [String]) {
    #expect(Placeholders.find(in: text).map(\.key) == keys)
  }

  @Test(arguments: [
    (["web-1 (glob)"], "web-1", false, String?.none), (["web-* (glob)"], "a\nweb-2", false, nil),
    (["x.z (re)"], "xyz", false, nil), (["x.z (re)"], "xyzz", false, "x.z (re)"),
    (["anything"], "else", false, nil), (["anything"], "else", true, "anything"), (["[1]"], "", true, nil),
  ])
  func sampleOutputIsCompared(_ lines: [String], _ output: String, _ isExact: Bool, _ miss: String?) {
    #expect(SampleOutput.firstMiss(lines, in: output, isExact: isExact) == miss)
  }
}
