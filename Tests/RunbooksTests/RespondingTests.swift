import Documents
import Faults
import Foundation
import Scenarios
import SimulationKernel
import Testing
import Toolbox
import TwinWorld

@testable import Runbooks

@Suite struct Responding {
  private static var root: String { #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } }

  private static let runbook = #"""
    ---
    twin: {vars: {role: batch}}
    ---
    ## Diagnosis

    ```bash {capture=LEADER:/^(payment-latency-api\S+)/ expect="Running"}
    kubectl --context <context> -n $NAMESPACE get pods --no-headers
    ```

    ```console
    $ kubectl --context spain -n payments get pod <leader>
    NAME .* (re)
    $ false
    [1]
    ```

    ```sql
    select count(*) from accounts;
    ```

    ```bash {fails}
    kubectl --context spain -n payments get pod nobody
    ```

    ```promql
    up
    ```

    ## Mitigation

    ```bash {when="$ false"}
    kubectl --context spain -n payments delete pod <leader>
    ```

    ```bash {manual}
    kubectl --context spain -n payments delete pod <leader>
    ```

    ```bash {until="$ [ $(date +%M) -ge 7 ]" timeout=20m}
    kubectl --context spain -n payments annotate deployment payment-latency-api role=<role>
    ```

    ## Verification

    ```bash {expect=/batch$/}
    kubectl --context spain -n payments get deployment payment-latency-api -o jsonpath={.metadata.annotations.role}
    ```

    ```bash
    kubectl --context spain -n payments get pod <stranger>
    ```
    """#

  @Test func aResponderWorksThroughARunbook() throws {
    try Simulated.perform {
      let scenario = try Scenario.load(Self.root + "/scenarios/steady.yaml", catalogue: .standard)
      let platform = try Platform.load(Self.root + "/scenarios/platforms/payments")
      let rehearsal = try Rehearsal(scenario, platform: platform, seed: 1)
      try rehearsal.advance(to: .seconds(5))
      let page = Page(at: .seconds(5), alert: "Nothing", region: "spain")
      var asked: [Omission] = []
      let responder = Responder(
        Runbook(Self.runbook, file: "x.md"), page: page, rehearsal: rehearsal, query: { _ in nil },
        branch: { omission in
          asked.append(omission)
          return false
        })
      responder.begin()
      var now = TimeSpan.seconds(5)
      while responder.finishedAt == nil, now < .minutes(9) {
        now += .seconds(15)
        try rehearsal.advance(to: now)
      }
      let records = responder.records
      #expect(records.map(\.line) == [7, 11, 13, 18, 22, 26, 31, 35, 40, 46, 50], "\(records)")
      let states: [StepRecord.State] = [
        .done, .done, .done, .done, .done, .impossible, .skipped, .manual, .done, .done, .impossible,
      ]
      #expect(records.map(\.state) == states)
      // Opening, one block, and its first words.
      #expect(records[0].at >= .seconds(45) && records[0].at < .seconds(46))
      #expect(records[0].note.hasPrefix("matched \"Running\", LEADER=payment-latency-api-"))
      #expect(records[8].changes == ["update spain/deployment/payments/payment-latency-api"])
      #expect(records[8].note.hasPrefix("until held after "))
      #expect(responder.findings.map(\.line) == [26, 50], "\(responder.findings)")
      #expect(responder.findings.map(\.severity) == [.warning, .error])
      #expect(asked.map(\.line) == [39] && asked.map(\.reportedLine) == [40])
    }
  }

  private static let measuring = """
    ## Diagnosis

    ```promql {expect=/up\\{.*job="payment-latency-api".* 1/}
    up{namespace="$NAMESPACE",job="payment-latency-api"}
    ```

    ```promql
    up{job="nobody"}
    ```

    ```promql
    # A comment, and labels that are there twice on both sides.
    up * on (job) up
    ```

    ```bash {when="up{job='nobody'}"}
    kubectl --context spain -n payments get pods
    ```

    ```bash {when="up{namespace='<namespace>'} == 1" until="vector(time()) > 0"}
    kubectl --context spain -n payments get pods
    ```

    ```bash {when="rate(up)"}
    kubectl --context spain -n payments get pods
    ```
    """

  @Test func queriesAreAskedOfTheRegionsPrometheus() throws {
    try Simulated.perform {
      let scenario = try Scenario.load(Self.root + "/scenarios/steady.yaml", catalogue: .standard)
      let platform = try Platform.load(Self.root + "/scenarios/platforms/payments")
      let rehearsal = try Rehearsal(scenario, platform: platform, seed: 1)
      try rehearsal.advance(to: .seconds(5))
      let page = Page(at: .seconds(5), alert: "Nothing", region: "spain")
      let responder = Responder(Runbook(Self.measuring, file: "x.md"), page: page, rehearsal: rehearsal)
      responder.begin()
      var now = TimeSpan.seconds(5)
      while responder.finishedAt == nil, now < .minutes(9) {
        now += .seconds(15)
        try rehearsal.advance(to: now)
      }
      let records = responder.records
      #expect(records.map(\.line) == [4, 8, 12, 16, 21, 24], "\(records)")
      #expect(records.map(\.state) == [.done, .done, .failed, .skipped, .done, .impossible])
      #expect(records[0].note.hasPrefix("up{"))
      #expect(records[0].note.contains(" 1 and 5 more, matched"))
      #expect(records[1].note == "no data")
      #expect(records[4].note == "until held after 0s")
      #expect(responder.findings.map(\.line) == [12, 24], "\(responder.findings)")
      #expect(responder.findings[0].message.contains("many-to-many matching not allowed"))
      #expect(responder.findings[1].message.contains("expected type range vector"))
    }
  }

  @Test func lintingFindsWhatNoRunIsNeededFor() throws {
    let platform = try Platform.load(Self.root + "/scenarios/platforms/payments")
    let text = """
      ## Diagnosis
      Type `kubectl -n <nowhere> get pods` and [go](gone.md).
      ```bash
      kubectl --context spain -n payments get pods --wide
      aws rds describe-db-instance --region eu-south-2
      aws rds describe-db-instances --region eu-west-1
      kubectl --context spain -n payments frobnicate x
      NAME=web; kubectl --context spain -n payments get deployment $NAME
      ```
      ```promql
      sum(rate(up[5m])
      ```
      """
    Simulated.perform {
      let runbook = Runbook("---\nalert: PaymentsErrorBudgetBurn\n---\n" + text, file: "x.md")
      let findings = RunbookLint(runbook, platform: platform, exists: { _ in false }).findings()
      #expect(findings.map(\.line) == [5, 5, 7, 8, 9, 10, 14], "\(findings)")
      #expect(findings.map(\.severity) == [.warning, .error, .error, .error, .error, .error, .error])
    }
  }

  @Test func everyPageHasARunbook() throws {
    let platform = try Platform.load(Self.root + "/scenarios/platforms/payments")
    let rules = platform.regions.flatMap(\.objects).filter { $0["kind"]?.string == "PrometheusRule" }
      .flatMap { $0.at("spec", "groups")?.sequence ?? [] }.flatMap { $0["rules"]?.sequence ?? [] }
    let pages = rules.filter { $0.at("labels", "severity")?.string == "page" }
    #expect(pages.count >= 10)
    for rule in pages {
      let alert = rule["alert"]?.string ?? ""
      let path = rule.at("annotations", "runbook_url")?.string ?? ""
      #expect(path == "docs/runbooks/\(alert).md")
      let text = try String(contentsOfFile: Self.root + "/" + path, encoding: .utf8)
      for heading in ["## Meaning", "## Impact", "## Diagnosis", "## Mitigation"] { #expect(text.contains(heading)) }
    }
  }

  @Test(arguments: [
    ("up{a=\"$NAMESPACE\"}", "up{a=\"payments\"}", []), ("${NAMESPACE}x", "paymentsx", []),
    ("label_replace(up, \"a\", \"$1\", \"b\", \"(.+)$\")", "label_replace(up, \"a\", \"$1\", \"b\", \"(.+)$\")", []),
    ("up{a=\"$WHO\"}", "up{a=\"\"}", ["WHO"]),
  ])
  func namesInQueriesAreReplaced(_ text: String, _ replaced: String, _ unbound: [String]) {
    let result = Placeholders.replaceVariables(in: text) { $0 == "NAMESPACE" ? "payments" : nil }
    #expect(result.text == replaced)
    #expect(result.unbound.map(\.name) == unbound)
  }
}
