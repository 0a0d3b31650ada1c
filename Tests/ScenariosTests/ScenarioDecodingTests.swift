import Documents
import Faults
import Scenarios
import SimulationKernel
import Testing

private let folder = MalformedScenarios.folder

private let text = """
  apiVersion: twin/v1
  kind: Scenario
  name: slow-link
  title: The link to the database is slow
  tags: [network]
  difficulty: 3
  seed: 7
  duration: 45m
  history: 5m
  noise: low
  platform: platform
  load:
    - to: https://pay.spain.example/api/payment/simulate?x=1
      startRate: 100/s
      stages: [{duration: 10m, target: 100/s}, {duration: 5m, target: 250/s}]
    - {to: https://pay.mexico.example, startRate: 60/m}
  faults:
    - {id: late, at: slow+2m, do: rds.failover, target: spain/dbinstance/payments}
    - id: slow
      at: decoy+7m
      for: 90s
      do: network.loss
      target: spain/link/app->*
      mode: 50%
      with: {share: 25%}
    - {id: decoy, at: 1m, do: network.delay, target: mexico/link/app->database, with: {latency: 30ms}, decoy: true}
  expect:
    - slo: {name: payments-availability, region: spain, during: baseline, atLeast: 99.9%}
    - slo: {name: payments-availability, region: spain, during: whole, burnsBetween: [0%, 2.5%], when: untouched}
    - latency: {region: spain, during: [slow, slow+5m], is: ["p(50) > 28ms", "p(99.9) >= 1s"]}
    - state: {when: solved, at: end, target: spain/deployment/payments/app, match: {status: {readyReplicas: 6}}}
    - state: {during: incident, never: true, mode: one, target: spain/deployment/payments/*, match: {a: 1}}
    - event: {target: spain/pod/payments/*, reason: BackOff, during: incident, atLeast: 3}
    - log: {target: spain/pod/payments/*, contains: timeout, during: recovery, never: true}
    - restored: {when: untouched, is: false}
    - restored: {when: solved, within: 12m}
    - invariant: {name: ledger-balanced}
  solutions:
    - {name: wait, start: {fault: slow, plus: 6m}, steps: [kubectl get pods, aws rds describe-db-instances]}
  traps:
    - {name: restart, start: {at: late+1m}, steps: [kubectl rollout restart deployment/app]}
  drill:
    role: primary on-call
    page: SEV-2
    timeLimit: 30m
    hints: [{after: 4m, cost: 5, text: Look at the network.}]
    questions:
      - {id: where, ask: Where?, component: spain/link/app->database}
      - {id: why, ask: Why?, choices: [slow, down], answer: slow}
    safety: {mustNot: [delete namespace], extraBudget: 2%}
  debrief: The link lost packets.

  """

private func decode(_ text: String) throws -> Scenario {
  try Scenario.decode(Array(text.utf8), file: folder + "text.yaml", catalogue: testCatalogue)
}

@Suite struct ScenarioDecoding {
  let scenario: Scenario

  init() throws { scenario = try decode(text) }

  @Test func head() {
    #expect(scenario.name.value == "slow-link")
    #expect(scenario.seed == 7)
    #expect(scenario.duration == .minutes(45))
    #expect(scenario.history == .minutes(5))
    #expect(scenario.noise == .low)
    #expect(scenario.platformPath == folder + "platform")
    #expect(scenario.debrief == "The link lost packets.")
  }

  @Test func load() {
    let load = scenario.load
    #expect(load.map(\.host) == ["pay.spain.example", "pay.mexico.example"])
    #expect(load.map(\.path) == ["/api/payment/simulate?x=1", "/"])
    #expect(load[1].startRate == 1)
    #expect(load[0].peakRate == 250)
    let rates: [(TimeSpan, Double)] = [
      (.minutes(-3), 100), (.zero, 100), (.minutes(10), 100), (.minutes(12.5), 175), (.minutes(15), 250),
      (.hours(2), 250),
    ]
    for (time, rate) in rates { #expect(load[0].rate(at: time) == rate) }
  }

  @Test func faultsStartWhereTheirOffsetsLead() {
    #expect(scenario.faults.map(\.start) == [.minutes(10), .minutes(8), .minutes(1)])
    #expect(scenario.incidentStart == .minutes(8))
    let slow = scenario.faults[1]
    #expect(slow.duration == .seconds(90))
    #expect(slow.mode == .percentage(50))
    #expect(slow.arguments.share("share") == 0.25)
    #expect(slow.arguments.text("direction") == "both")
    #expect(slow.target.value.matches("spain/link/app->database"))
    #expect(scenario.faults[2].arguments.duration("latency") == .milliseconds(30))
    #expect(scenario.faults[2].arguments.duration("jitter") == nil)
    #expect(scenario.timeline.time(of: .afterFault("slow", .minutes(5))) == .minutes(13))
    #expect(scenario.timeline.time(of: .end) == .minutes(45))
  }

  @Test func expectations() throws {
    let expectations = scenario.expectations
    #expect(
      expectations.map(\.verb.name) == [
        "slo", "slo", "latency", "state", "state", "event", "log", "restored", "restored", "invariant",
      ])
    guard case .slo(let first) = expectations[0].verb, case .slo(let second) = expectations[1].verb,
      case .latency(let latency) = expectations[2].verb, case .state(let never) = expectations[4].verb,
      case .event(let event) = expectations[5].verb, case .log(let log) = expectations[6].verb,
      case .restored(let broken) = expectations[7].verb, case .restored(let restored) = expectations[8].verb
    else { throw CancellationError() }
    #expect(first.bounds.map(\.description) == [">= 99.9%"])
    #expect(second.bounds == [.burnsBetween(0, 0.025)])
    #expect(latency.window.description == "slow - slow+5m")
    #expect(latency.bounds.map(\.description) == ["p(50) > 28ms", "p(99.9) >= 1s"])
    #expect(never.moment == .neverDuring(.incident))
    #expect(never.mode == .one)
    #expect(event.occurrences.description == ">= 3")
    #expect(log.occurrences == Occurrences(atLeast: 0, atMost: 0))
    #expect(!broken.isRestored)
    #expect(expectations[7].applies == .untouched)
    #expect(restored.within == .minutes(12))
    #expect(restored.hold == .minutes(5))
  }

  @Test func solutionsAndTraps() {
    let starts = scenario.legs(.all).dropFirst().map(\.start)
    #expect(starts == [.at(.minutes(14)), .at(.minutes(11))])
    #expect(scenario.solutions[0].steps.map(\.value) == ["kubectl get pods", "aws rds describe-db-instances"])
  }

  @Test func drill() throws {
    let drill = try #require(scenario.drill)
    #expect(drill.hints.map(\.after) == [.minutes(4)])
    #expect(drill.safety?.extraBudget == 0.02)
    guard case .choice(_, let right) = drill.questions[1].answer else { throw CancellationError() }
    #expect(right == "slow")
  }

  @Test func lintAcceptsItAgainstItsPlatform() {
    #expect(scenario.lint(against: testFacts) == [])
  }

  @Test(arguments: [
    ("duration", "20m", nil), ("load.0.startRate", "50/s", nil), ("faults.2.with.jitter", "1ms", nil),
    ("noise", "loud", "--set noise=loud:1:1: error: expected one of none, low, high, found \"loud\""),
    ("faults.9.at", "1m", "--set faults.9.at=1m:1:1: error: expected a position from 0 to 2, found \"9\""),
    ("seed.x", "1", "--set seed.x=1:1:1: error: \"x\" would stand below the number 7, which has no keys"),
  ])
  func settingOneValue(path: String, value: String, expected: String?) throws {
    let document = try parseYAML(text, file: folder + "text.yaml")[0]
    do throws(DiagnosticList) {
      _ = try Scenario.decode(document.setting(path, to: value), catalogue: testCatalogue)
      #expect(expected == nil)
    } catch {
      #expect(error.description == expected)
    }
  }
}
