import Documents
import Telemetry
import Testing

@Suite("Alertmanager")
struct AlertmanagerTests {
  private static let text = """
    route:
      receiver: channel
      group_by: [alertname]
      group_wait: 30s
      group_interval: 5m
      repeat_interval: 1h
      routes:
        - {matchers: ['severity="page"'], receiver: pager, group_wait: 10s, group_interval: 1m, continue: true}
        - {matchers: ['team=~"a|b"'], receiver: team}
    inhibit_rules:
      - {source_matchers: ['alertname="Down"'], target_matchers: ['alertname="Slow"'], equal: [zone]}
    receivers:
      - {name: pager, pagerduty_configs: [{routing_key: x}]}
      - {name: channel, slack_configs: [{channel: c}]}
      - {name: team, webhook_configs: [{url: 'http://x'}]}
    """

  private func manager(_ text: String = text) throws -> Alertmanager {
    let diagnostics = Diagnostics()
    let node = try #require(try parseYAML(Array(text.utf8), file: "alertmanager.yml").first)
    return Alertmanager(try #require(AlertmanagerConfiguration(node, diagnostics)))
  }

  private func alert(_ labels: String, from start: Int64 = 0, to end: Int64 = 1_000_000) -> Alertmanager.Alert {
    let pairs = labels.split(separator: " ").map { pair in
      let parts = pair.split(separator: "=")
      return Label(String(parts[0]), String(parts[1]))
    }
    return Alertmanager.Alert(labels: Labels(pairs), startsAt: start * 1000, endsAt: end * 1000)
  }

  /// Notifications up to a second, as `second receiver firing/resolved`.
  private func told(_ manager: Alertmanager, to second: Int64) -> [String] {
    manager.advance(to: second * 1000).map {
      "\($0.at / 1000) \($0.receiver.name) \($0.firing.count)/\($0.resolved.count)"
    }
  }

  @Test("a group waits, grows, repeats and ends")
  func grouping() throws {
    let manager = try manager()
    manager.receive([alert("alertname=A i=1 severity=page", to: 9000)], at: 0)
    #expect(manager.nextDue == 10_000)
    manager.receive([alert("alertname=A i=2 severity=page", to: 9000)], at: 5000)
    #expect(told(manager, to: 10) == ["10 pager 2/0"])
    #expect(told(manager, to: 69) == [])
    manager.receive([alert("alertname=A i=3 severity=page", to: 9000)], at: 69_000)
    #expect(told(manager, to: 75) == ["70 pager 3/0"])
    // Nothing new until the repeat interval has passed.
    #expect(told(manager, to: 3700) == [])
    #expect(told(manager, to: 3760) == ["3730 pager 3/0"])
    manager.receive((1...3).map { alert("alertname=A i=\($0) severity=page", to: 3765) }, at: 3_765_000)
    #expect(told(manager, to: 3800) == ["3790 pager 0/3"])
    #expect(manager.nextDue == nil)
  }

  @Test("routes by label, and goes on where a route continues")
  func routing() throws {
    let manager = try manager()
    manager.receive(
      [alert("alertname=A severity=page team=a"), alert("alertname=B team=b"), alert("alertname=C")], at: 0)
    #expect(told(manager, to: 40) == ["10 pager 1/0", "30 team 1/0", "30 team 1/0", "30 channel 1/0"])
  }

  @Test("an alert that started long ago is told at once")
  func lateComer() throws {
    let manager = try manager()
    manager.receive([alert("alertname=A severity=page", from: 0)], at: 100_000)
    #expect(told(manager, to: 100) == ["100 pager 1/0"])
  }

  @Test("a receiver that wants no resolved ones is not told of them")
  func unsentResolution() throws {
    let manager = try manager()
    manager.receive([alert("alertname=C", to: 100)], at: 0)
    #expect(told(manager, to: 30) == ["30 channel 1/0"])
    #expect(told(manager, to: 1000) == [])
  }

  @Test("an alert inhibits another of the same zone, as long as it fires")
  func inhibition() throws {
    let manager = try manager()
    manager.receive(
      [alert("alertname=Down zone=a", to: 400), alert("alertname=Slow zone=a"), alert("alertname=Slow zone=b")], at: 0)
    #expect(manager.isMuted(Labels([Label("alertname", "Slow"), Label("zone", "a")]), at: 1000))
    #expect(told(manager, to: 30) == ["30 channel 1/0", "30 channel 1/0"])
    #expect(told(manager, to: 700) == ["630 channel 2/0"])
  }

  @Test("a silence mutes until it ends or is expired")
  func silences() throws {
    let manager = try manager()
    manager.receive([alert("alertname=A severity=page")], at: 0)
    let id = manager.silence(
      [LabelMatcher("alertname", .equal, "A")], from: 0, to: 3_600_000, createdBy: "me", comment: "known")
    #expect(told(manager, to: 100) == [])
    #expect(manager.expire(silence: id, at: 100_000))
    #expect(!manager.expire(silence: id, at: 100_000))
    #expect(told(manager, to: 140) == ["130 pager 1/0"])
  }

  static let malformed: [(change: (String, String), message: String)] = [
    (("receiver: channel", "receiver: chanel"), "undefined receiver \"chanel\" used in route"),
    (("group_wait: 30s", "group_wait: soon"), "not a valid duration string: \"soon\""),
    (("['severity=\"page\"']", "['severity']"), "bad matcher format: severity"),
    (("  receiver: channel\n", ""), "root route must specify a default receiver"),
    (("route:", "rout:"), "no route provided in config"),
  ]

  @Test("a malformed configuration is refused", arguments: malformed.indices)
  func mistakes(row: Int) throws {
    let (change, message) = Self.malformed[row]
    let diagnostics = Diagnostics()
    let text = Self.text.replacing(change.0, with: change.1, maxReplacements: 1)
    let node = try #require(try parseYAML(Array(text.utf8), file: "alertmanager.yml").first)
    #expect(AlertmanagerConfiguration(node, diagnostics) == nil)
    #expect(diagnostics.all.first?.message == message)
  }
}
