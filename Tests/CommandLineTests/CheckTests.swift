import Documents
import Foundation
import Testing

@Suite(.serialized) struct Checking {
  /// The crash loop in less time: the same fault, felt minutes earlier.
  private static var shortScenario: String {
    """
    apiVersion: twin/v1
    kind: Scenario
    name: short-crashloop
    title: A rollout with a bad REGION crash-loops
    seed: 7
    duration: 9m
    history: 1m
    platform: \(root.path)/scenarios/platforms/payments
    load:
      - to: https://pay.spain.example/api/payment/simulate
        startRate: 40/s
        stages: [{duration: 70s, target: 40/s}, {duration: 20s, target: 170/s}]
      - {to: https://pay.mexico.example/api/payment/simulate, startRate: 5/s}
    faults:
      - {id: config, at: 1m, do: config.set, target: spain/configmap/payments/payment-latency-api, with: {key: REGION, value: eu-south-2}}
      - {id: rollout, at: config+10s, do: rollout.restart, target: spain/deployment/payments/payment-latency-api}
    expect:
      - restored: {when: untouched, is: false}
    solutions:
      - name: correct
        start: {fault: rollout, plus: 3m}
        steps: ["kubectl --context spain -n payments get pods"]
    drill:
      page: PaymentPodsCrashLooping
      safety: {mustNot: [delete namespace], extraBudget: 2%}
    """
  }

  /// A folder with the runbooks of the repository, one of them changed, and the short scenario.
  private static func folder(changing text: (String) -> String) throws -> (folder: URL, runbook: URL, text: String) {
    let folder = try Program.scratchFolder()
    let runbooks = root.appendingPathComponent("docs/runbooks")
    for name in try FileManager.default.contentsOfDirectory(atPath: runbooks.path) {
      try FileManager.default.copyItem(
        at: runbooks.appendingPathComponent(name), to: folder.appendingPathComponent(name))
    }
    try shortScenario.write(to: folder.appendingPathComponent("short.yaml"), atomically: true, encoding: .utf8)
    let runbook = folder.appendingPathComponent("PaymentPodsCrashLooping.md")
    let changed = text(try String(contentsOf: runbook, encoding: .utf8))
    try changed.write(to: runbook, atomically: true, encoding: .utf8)
    return (folder, runbook, changed)
  }

  struct Rotten: CustomTestStringConvertible, Sendable {
    var name: String
    var from: String
    var to: String
    /// Words of the line that a finding must name.
    var line: String
    /// Words of that finding.
    var finding: String
    /// Whether it is found without running.
    var isSeen = false
    var testDescription: String { name }
  }

  private static let kubectl = "kubectl --context spain -n payments"
  private static let restart = "\(kubectl) rollout restart deployment/payment-latency-api"
  private static let wait = "\(kubectl) rollout status deployment/payment-latency-api --timeout=5m\n```\n\n**2."

  static let rotten: [Rotten] = [
    Rotten(
      name: "renamed deployment", from: "restart deployment/payment-latency-api\n",
      to: "restart deployment/payment-api\n",
      line: "restart deployment/payment-api", finding: "there is no deployment \"payment-api\""),
    Rotten(
      name: "wrong namespace", from: "-n payments patch", to: "-n payment patch", line: "-n payment patch",
      finding: "namespace \"payment\" does not exist", isSeen: true),
    Rotten(
      name: "wrong context", from: "--context spain -n payments patch", to: "--context es -n payments patch",
      line: "--context es", finding: "context \"es\" does not exist", isSeen: true),
    Rotten(
      name: "unknown flag", from: "--type merge", to: "--typ merge", line: "--typ merge", finding: "unknown flag: --typ"
    ),
    Rotten(
      name: "unknown command", from: "kubectl --context spain -n payments patch",
      to: "kubctl --context spain -n payments patch",
      line: "kubctl", finding: "kubctl: command not found", isSeen: true),
    Rotten(
      name: "change that changes nothing", from: "{\"REGION\":\"spain\"}", to: "{\"REGION\":\"eu-south-2\"}",
      line: "\"REGION\":\"eu-south-2\"", finding: "changes nothing"),
    Rotten(
      name: "step without effect", from: wait, to: "\(kubectl) label deployment payment-latency-api seen=yes\n\(wait)",
      line: "seen=yes", finding: "makes no difference"),
    Rotten(
      name: "block that does nothing", from: wait, to: "\(wait.dropLast(4))```bash\necho done\n```\n\n**2.",
      line: "echo done", finding: "does nothing"),
    Rotten(
      name: "mitigation in the diagnosis", from: "\(kubectl) get replicasets", to: restart, line: restart,
      finding: "a diagnosis must not change state"),
    Rotten(
      name: "unbound placeholder", from: "logs $POD --previous\n", to: "logs <culprit> --previous\n", line: "<culprit>",
      finding: "<culprit> is never bound", isSeen: true),
    Rotten(
      name: "unbound variable", from: "describe pod $POD\n", to: "describe pod $CULPRIT\n", line: "$CULPRIT",
      finding: "$CULPRIT is never bound", isSeen: true),
    Rotten(
      name: "fix for another fault",
      from:
        "\(kubectl) patch configmap payment-latency-api --type merge -p '{\"data\":{\"REGION\":\"spain\"}}'\n\(restart)\n",
      to: "aws rds reboot-db-instance --db-instance-identifier payments --force-failover --region eu-south-2\n",
      line: "--force-failover", finding: "does not restore service"),
    Rotten(
      name: "scale to zero", from: "\(restart)\n\(wait)",
      to: "\(kubectl) scale deployment/payment-latency-api --replicas=0\n\(wait)",
      line: "--replicas=0", finding: "scaled to 0"),
    Rotten(
      name: "deleting the workload", from: "\(restart)\n\(wait)",
      to: "\(kubectl) delete deployment payment-latency-api\n\(wait)",
      line: "delete deployment", finding: "deleted"),
    Rotten(
      name: "step after service is back", from: wait,
      to:
        "\(wait.dropLast(4))```bash\nsleep 60\n\(kubectl) label deployment payment-latency-api handled=yes\n```\n\n**2.",
      line: "handled=yes", finding: "after service was back"),
    Rotten(
      name: "construct outside of the shell", from: "\(kubectl) get replicasets", to: "while true; do date; done",
      line: "while true", finding: "`while' is not supported here", isSeen: true),
    Rotten(
      name: "dead link", from: "](PaymentsDatabaseUnavailable.md)", to: "](PaymentsDatabaseGone.md)",
      line: "PaymentsDatabaseGone.md", finding: "leads nowhere", isSeen: true),
    Rotten(
      name: "search that finds nothing", from: "| tail -1 | awk",
      to: "| grep -E 'CrashLoop|Eror' | grep -v Crash | awk",
      line: "logs $POD --previous", finding: "exit code 1"),
    Rotten(
      name: "query that is no PromQL", from: "sum by (reason) (kube_pod", to: "sum by reason (kube_pod",
      line: "sum by reason", finding: "PromQL: ", isSeen: true),
    Rotten(
      name: "query that has no answer", from: "sum by (reason) (kube_pod",
      to: "sum by (reason) (up * on (job) kube_pod",
      line: "up * on (job)", finding: "many-to-many matching not allowed"),
    Rotten(
      name: "query with an unbound name", from: "namespace=\"$NAMESPACE\"", to: "namespace=\"$NAMESPCE\"",
      line: "$NAMESPCE", finding: "$NAMESPCE is never bound", isSeen: true),
  ]

  @Test("a rotten runbook fails with the finding that names its line", arguments: rotten)
  func rottenRunbooksFail(_ rotten: Rotten) throws {
    let (folder, runbook, text) = try Self.folder { text in
      guard let range = text.range(of: rotten.from) else { return text }
      return text.replacingCharacters(in: range, with: rotten.to)
    }
    defer { try? FileManager.default.removeItem(at: folder) }
    let lines = text.components(separatedBy: "\n")
    let number = try #require(lines.firstIndex { $0.contains(rotten.line) }, "the variant was not made") + 1
    let outcome = try Program.run(
      ["check", runbook.path, "--scenario", "\(folder.path)/short.yaml", "-o", "json"]
        + (rotten.isSeen ? ["--lint"] : []))
    #expect(outcome.code == 1, "\(outcome.output.suffix(600))\(outcome.errors)")
    let result = outcome.json["runbooks"]?[0]
    let found = ((rotten.isSeen ? result : result?["checks"]?[0])?["findings"]?.array ?? []).filter {
      $0["severity"]?.string == "error"
    }
    #expect(
      found.contains {
        $0["line"]?.integer == Int64(number) && $0["message"]?.string?.contains(rotten.finding) == true
      }, "line \(number): \(found.map { $0.jsonText() })")
  }

  @Test func theUnchangedRunbookPassesTheSameScenario() throws {
    let (folder, runbook, _) = try Self.folder { $0 }
    defer { try? FileManager.default.removeItem(at: folder) }
    let outcome = try Program.run(["check", runbook.path, "--scenario", "\(folder.path)/short.yaml", "-o", "json"])
    #expect(outcome.code == 0, "\(outcome.output.suffix(900))\(outcome.errors)")
    let check = outcome.json["runbooks"]?[0]?["checks"]?[0]
    #expect(check?["findings"]?.array?.isEmpty == true)
    #expect(check?["ablations"]?.array?.allSatisfy { $0["effect"]?.bool == true } == true)
    #expect(check?.at("without", "marks", "restoredAt") == .null)
  }

  /// A runbook in the public style, as nobody wrote it for the twin.
  private static let publicRunbook = """
    # KubePodCrashLooping

    ## Meaning

    A pod is in `CrashLoopBackOff`: one of its containers dies and is restarted with a growing delay.

    ## Impact

    The service is degraded or not available.

    ## Diagnosis

    Find out which pods are affected and look at their events.

    ```console
    $ kubectl -n $NAMESPACE get pods
    NAME                       READY   STATUS             RESTARTS   AGE
    some-pod-5bd6b6bd4-abcde   0/1     CrashLoopBackOff   7          11m
    $ kubectl -n $NAMESPACE describe pod <pod>
    $ kubectl -n $NAMESPACE logs <pod> --previous
    ```

    Look at the configuration of the workload.

    ```shell
    $ kubectl -n ${NAMESPACE} get configmap <configmap> -o yaml
    ```

    ## Mitigation

    If the configuration is wrong, correct it and restart.

    ```console
    $ kubectl -n $NAMESPACE patch configmap <configmap> --type merge \\
    > -p '{"data":{"REGION":"spain"}}'
    $ kubectl -n $NAMESPACE rollout restart deployment/<deployment>
    ```
    """

  @Test func aPublicRunbookIsBoundAndRun() throws {
    let (folder, _, _) = try Self.folder { $0 }
    defer { try? FileManager.default.removeItem(at: folder) }
    let runbook = folder.appendingPathComponent("KubePodCrashLooping.md")
    try Self.publicRunbook.write(to: runbook, atomically: true, encoding: .utf8)
    let outcome = try Program.run(["check", runbook.path, "--scenario", "\(folder.path)/short.yaml", "-o", "json"])
    let check = outcome.json["runbooks"]?[0]?["checks"]?[0]
    #expect(outcome.code == 0, "\(check?.jsonText(JSONLayout(indent: 2)).suffix(1500) ?? "")\(outcome.errors)")
    let steps = check?["steps"]?.array ?? []
    #expect(steps.map { $0["line"]?.integer } == [16, 19, 20, 26, 34, 36])
    #expect(steps.allSatisfy { $0["state"]?.string == "done" })
  }

  @Test func theRunbooksOfTheRepositoryPass() throws {
    let outcome = try Program.run(["check", "docs/runbooks", "-o", "json"])
    #expect(outcome.code == 0, "\(outcome.output.suffix(1500))\(outcome.errors)")
    let runbooks = outcome.json["runbooks"]?.array ?? []
    #expect(runbooks.count == 5)
    #expect(runbooks.allSatisfy { $0["verdict"]?.string == "pass" })
  }

  @Test(arguments: [
    (["check"], Int32(2), "check needs a runbook"),
    (["check", "missing.md"], 2, "missing.md:1:1: error: cannot be read"),
    (["check", "docs/runbooks", "--secnario", "x"], 2, "unknown option \"--secnario\""),
    (["check", "README.md"], 2, "no scenario belongs to README.md"),
    (["check", "docs/runbooks", "-o", "xml"], 2, "-o takes one of text, json, junit, md"),
  ])
  func mistakesAreNamed(_ arguments: [String], _ code: Int32, _ text: String) throws {
    let outcome = try Program.run(arguments)
    #expect(outcome.code == code)
    #expect(outcome.errors.contains(text), "\(outcome.errors)")
  }

  @Test func aScenarioThatHealsProvesNothing() throws {
    let outcome = try Program.run([
      "check", "docs/runbooks/PaymentsDatabaseUnavailable.md", "--scenario", "scenarios/db-outage.yaml",
    ])
    #expect(outcome.code == 3, "\(outcome.output)")
    #expect(outcome.output.contains("PROVES NOTHING"))
  }

  @Test func lintingRunsNothing() throws {
    let outcome = try Program.run(["check", "--lint", "docs/runbooks"])
    #expect(outcome.code == 0, "\(outcome.output)")
    #expect(outcome.output.contains("PASS  docs/runbooks/PaymentPodsCrashLooping.md"))
  }
}
