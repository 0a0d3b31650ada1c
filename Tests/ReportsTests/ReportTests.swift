import Documents
import Reports
import Testing

@Suite struct Renderings {
  private static let result = ScenarioResult(json: [
    "name": "example", "title": "An example", "verdict": "fail", "replay": "twin run example.yaml --seed 1",
    "runs": [
      [
        "name": "untouched", "kind": "untouched", "verdict": "fail", "digest": "0011", "virtualSeconds": 600,
        "wallSeconds": 1.2,
        "invalid": ["fault x changed nothing"],
        "expectations": [
          [
            "verb": "slo", "name": "a", "window": "baseline", "limit": ">= 99.9%", "measured": "99.95%", "held": true,
            "moments": [],
          ],
          [
            "verb": "restored", "name": "", "window": "", "limit": "<= 9m",
            "measured": "still broken <here> & \"there\"", "held": false,
            "moments": ["4m10 pod Error"],
          ],
        ],
        "invariants": [["name": "ledger-balanced", "held": true, "measured": "holds"]],
      ]
    ],
  ])

  @Test func junitHasACaseForEachExpectationAndRun() {
    let text = junitText([Self.result])
    #expect(text.contains("<testsuite name=\"example\" tests=\"4\" failures=\"1\" errors=\"1\">"))
    #expect(text.contains("<testcase classname=\"untouched\" name=\"slo a baseline\"/>"))
    #expect(text.contains("still broken &lt;here&gt; &amp; &quot;there&quot;"))
  }

  @Test func textShowsLimitsMeasuresMomentsAndTheReplayCommand() {
    let report = TextReport(usesColour: false, isQuiet: false)
    let text = report.body(Self.result) + report.verdict(Self.result, wallSeconds: 1.25)
    #expect(text.contains("ok   slo a baseline"))
    #expect(text.contains("FAIL restored"))
    #expect(text.contains("         4m10 pod Error"))
    #expect(text.contains("untouched: fault x changed nothing"))
    #expect(text.hasSuffix("  replay  twin run example.yaml --seed 1\n"))
    #expect(!text.contains("\u{1b}"))
  }

  @Test func quietTextShowsOnlyWhatFailed() {
    let text = TextReport(usesColour: false, isQuiet: true).body(Self.result)
    #expect(text.contains("FAIL restored"))
    #expect(!text.contains("ok   "))
  }

  @Test func theDocumentHasTheWorstVerdict() {
    let passed = ScenarioResult(json: ["verdict": "pass"])
    #expect(resultDocument([passed], wallSeconds: 1)["verdict"]?.string == "pass")
    #expect(resultDocument([passed, Self.result], wallSeconds: 1)["verdict"]?.string == "fail")
    let invalid = ScenarioResult(json: ["verdict": "invalid"])
    #expect(resultDocument([invalid, Self.result], wallSeconds: 1)["verdict"]?.string == "invalid")
  }

  @Test func markdownEscapesBars() {
    #expect(markdownText([Self.result]).contains("| untouched | restored | <= 9m |"))
  }
}
