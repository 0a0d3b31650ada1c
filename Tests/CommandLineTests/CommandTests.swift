import Documents
import Foundation
import SQLiteStore
import Testing

@Suite(.serialized) struct Commands {
  struct Row: CustomTestStringConvertible {
    var arguments: [String]
    var code: Int32
    /// A part of what is printed on either stream.
    var prints: String
    var testDescription: String { arguments.joined(separator: " ") }
  }

  static let rows = [
    Row(arguments: [], code: 2, prints: "usage: twin COMMAND"),
    Row(arguments: ["--help"], code: 0, prints: "usage: twin COMMAND"),
    Row(arguments: ["rnu"], code: 2, prints: "unknown command \"rnu\"; is \"run\" meant?"),
    Row(arguments: ["version"], code: 0, prints: "twin "),
    Row(arguments: ["run", "--help"], code: 0, prints: "--wall-limit T"),
    Row(arguments: ["lint", "--help"], code: 0, prints: "usage: twin lint"),
    Row(arguments: ["run"], code: 2, prints: "run needs a scenario file or a folder"),
    Row(arguments: ["run", "scenarios/steady.yaml", "--sede", "1"], code: 2, prints: "unknown option \"--sede\""),
    Row(
      arguments: ["run", "scenarios/steady.yaml", "--seed", "x"], code: 2,
      prints: "--seed takes a whole number, found \"x\""),
    Row(arguments: ["run", "scenarios/steady.yaml", "--until", "1x"], code: 2, prints: "--until takes a duration"),
    Row(arguments: ["run", "scenarios/steady.yaml", "--shard", "3/2"], code: 2, prints: "--shard takes I/N"),
    Row(
      arguments: ["run", "scenarios/steady.yaml", "-o", "xml"], code: 2,
      prints: "-o takes one of text, json, jsonl, junit, md"),
    Row(
      arguments: ["run", "scenarios/steady.yaml", "--solve", "nobody"], code: 2,
      prints: "no solution or trap is called \"nobody\""),
    Row(
      arguments: ["run", "nowhere.yaml"], code: 2,
      prints: "nowhere.yaml:1:1: error: cannot be read: No such file or directory"),
    Row(arguments: ["run", "Sources"], code: 2, prints: "there are no scenario files in this folder"),
    Row(
      arguments: ["run", "scenarios/steady.yaml", "--set", "duratoin=5m"], code: 2, prints: "unknown key \"duratoin\""),
    Row(arguments: ["lint", "scenarios/"], code: 0, prints: "scenarios/crashloop.yaml: ok"),
    Row(arguments: ["lint"], code: 2, prints: "lint needs a scenario file or a folder"),
    Row(arguments: ["lint", "Tests/ScenariosTests/Malformed/unknown-key.yaml"], code: 2, prints: "unknown-key.yaml:"),
    Row(arguments: ["list", "faults"], code: 0, prints: "network.delay"),
    Row(arguments: ["list", "workloads"], code: 0, prints: "payment-latency-api"),
    Row(arguments: ["list", "fault"], code: 2, prints: "list takes one of scenarios, faults, platforms, workloads"),
    Row(arguments: ["show", "config.set"], code: 0, prints: "Sets a key of a ConfigMap"),
    Row(arguments: ["show", "payments"], code: 0, prints: "target  spain/rds/payments"),
    Row(arguments: ["show", "crashlop"], code: 2, prints: "nothing is called \"crashlop\""),
    Row(arguments: ["schema"], code: 0, prints: "json-schema.org"),
    Row(arguments: ["inspect"], code: 2, prints: "inspect needs the folder of a run"),
    Row(
      arguments: ["inspect", "nowhere", "--sql", "select 1"], code: 2, prints: "nowhere/twin.db: there is no record"),
    Row(arguments: ["traces"], code: 2, prints: "traces needs the folder of a run"),
    Row(arguments: ["traces", "nowhere"], code: 2, prints: "nowhere/twin.db: there is no record"),
    Row(arguments: ["traces", "nowhere", "--id", "xyz"], code: 2, prints: "--id takes 32 hexadecimal digits"),
    Row(arguments: ["traces", "nowhere", "--count", "0"], code: 2, prints: "--count takes a number above zero"),
    Row(arguments: ["traces", "nowhere", "--format", "svg"], code: 2, prints: "--format takes text or otlp"),
    Row(arguments: ["inspect", "nowhere", "--at", "soon?", "--", "kubectl"], code: 2, prints: "--at takes a time"),
    Row(
      arguments: ["inspect", "nowhere", "--", "kubectl", "delete", "pod", "x"], code: 2,
      prints: "may change the platform"),
    Row(arguments: ["test-rules"], code: 2, prints: "test-rules takes test files"),
    Row(
      arguments: ["test-rules", "scenarios/platforms/payments/rule-tests/payments.yaml"], code: 0, prints: "  SUCCESS"),
    Row(
      arguments: ["test-rules", "scenarios/steady.yaml"], code: 2,
      prints: "field kind not found in type main.unitTestFile"),
  ]

  @Test(arguments: rows) func aCallEndsAsDocumented(row: Row) throws {
    let outcome = try Program.run(row.arguments)
    #expect(outcome.code == row.code)
    #expect((outcome.output + outcome.errors).contains(row.prints), "\(outcome.output)\(outcome.errors)")
  }

  @Test func somethingThatDoesNotHoldIsExitCode1() throws {
    let impossible = [
      "run", "scenarios/steady.yaml", "--until", "1m", "--set", "expect.4.latency.is=p(50) < 1ms", "-q",
    ]
    let outcome = try Program.run(impossible)
    #expect(outcome.code == 1)
    #expect(outcome.output.contains("FAIL latency spain baseline"))
  }

  @Test func aRecordedRunIsLookedAt() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("twin-inspect-\(getpid())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(
      try Program.run([
        "run", "scenarios/crashloop.yaml", "--until", "11m", "--solve", "none", "--out", folder, "--runbook",
        "docs/runbooks/PaymentPodsCrashLooping.md",
      ]).code != 70)
    func inspect(_ arguments: String...) throws -> String {
      let outcome = try Program.run(["inspect", folder] + arguments)
      #expect(outcome.code == 0, "\(outcome.errors)")
      return outcome.output
    }
    let pods = ["--", "kubectl", "--context", "spain", "-n", "payments", "get", "deployments"]
    #expect(try Program.run(["inspect", folder, "--at", "5m"] + pods).output.contains("6/6"))
    #expect(try Program.run(["inspect", folder, "--at", "rollout+2m"] + pods).output.contains("3/6"))
    // The responder of a runbook does again what it did.
    let leg = try Program.run(["inspect", folder + "/legs/PaymentPodsCrashLooping", "--at", "alert+20s"] + pods)
    #expect(leg.output.contains("3/6"), "\(leg.errors)")
    let query = "kube_deployment_status_replicas_ready{deployment=\"payment-latency-api\"}"
    let answer = try inspect("--at", "10m", "--", "promtool", "query", "instant", "http://prometheus.spain:9090", query)
    #expect(answer.contains(" => 3 @["))
    let alerts = try inspect(
      "--at", "10m30s", "--", "amtool", "--alertmanager.url=http://alertmanager.spain:9093", "alert")
    #expect(alerts.contains("PaymentPodsCrashLooping"))
    #expect(try inspect("--sql", "SELECT count(*) FROM notifications WHERE is_page") == "1\n")
    #expect(Int(try inspect("--sql", "SELECT count(*) FROM series").dropLast()) ?? 0 > 2000)
    let bytes = try inspect("--sql", "SELECT 1.0 * sum(length(data)) / sum(samples) FROM chunks").dropLast()
    #expect(Double(bytes) ?? 9 < 4)
    #expect(
      Int(try inspect("--sql", "SELECT count(*) FROM logs WHERE message LIKE '%configuration error%'").dropLast()) ?? 0
        > 3)
    let shown = try Program.run(["traces", folder, "--sample", "--count", "1"]).output
    #expect(
      shown.contains("kept as sample") && shown.contains("critical path: ") && shown.contains("commit to both zones"))
    // Those that Spain's Tempo has at the ninth minute.
    let exported = try Program.run([
      "traces", folder, "--slow", "--region", "spain", "--to", "8m", "--count", "2", "--format", "otlp",
    ]).json
    let ids = Set(
      (exported["resourceSpans"]?.array ?? []).flatMap { resource in
        (resource["scopeSpans"]?[0]?["spans"]?.array ?? []).compactMap { $0["traceId"]?.string }
      })
    #expect(ids.count == 2)
    let id = try #require(ids.sorted().first)
    #expect(try Program.run(["traces", folder, "--id", id]).output.hasPrefix(id))
    let found = try inspect(
      "--at", "9m", "--", "kubectl", "exec", "-n", "payments", "deploy/payment-latency-api", "--", "curl", "-s",
      "http://tempo.monitoring:3200/api/traces/\(id)")
    #expect(found.contains("SPAN_KIND_SERVER"))
    #expect(try Program.run(["inspect", folder, "--at", "99h"] + pods).errors.contains("behind the end of the record"))
  }

  @Test func aFaultWithoutEffectIsInvalid() throws {
    let outcome = try Program.run([
      "run", "scenarios/crashloop.yaml", "--solve", "none", "--until", "10m", "--set", "faults.0.with.value=spain",
    ])
    #expect(outcome.code == 3)
    #expect(outcome.output.contains("fault config changed nothing"))
    #expect(outcome.output.contains("INVALID"))
  }

  @Test func theWallLimitIsExitCode4() throws {
    let outcome = try Program.run(["run", "scenarios/crashloop.yaml", "--wall-limit", "500ms"])
    #expect(outcome.code == 4)
    #expect(outcome.errors.contains("the wall limit was reached"))
  }

  @Test func formatsAreReadByTheirReaders() throws {
    let common = ["run", "scenarios/steady.yaml", "--until", "1m", "-o"]
    let json = try Program.run(common + ["json"]).json
    #expect(json["schemaVersion"]?.integer == 1)
    #expect(json["verdict"]?.string == "pass")
    #expect(json["scenarios"]?[0]?["runs"]?[0]?.at("regions", "spain", "offered")?.integer ?? 0 > 3000)
    let junit = try Program.run(common + ["junit"]).output
    let parser = XMLishCount(junit)
    #expect(parser.cases > 10 && parser.failures == 0)
    #expect(try Program.run(common + ["md"]).output.contains("## steady: PASS"))
    #expect(try Program.run(common + ["jsonl"]).output.split(separator: "\n").count == 1)
  }

  /// Counts of elements in a JUnit document.
  private struct XMLishCount {
    var cases: Int
    var failures: Int

    init(_ text: String) {
      cases = text.components(separatedBy: "<testcase").count - 1
      failures = text.components(separatedBy: "<failure").count - 1
    }
  }

  @Test func theRecordCanBeRead() throws {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let outcome = try Program.run(["run", "scenarios/crashloop.yaml", "--until", "15m", "--out", folder.path, "-q"])
    #expect(outcome.code == 1 || outcome.code == 0 || outcome.code == 3)
    for leg in ["", "/legs/undo-the-rollout"] {
      let record = try SQLiteConnection(.file(path: folder.path + leg + "/twin.db", readOnly: true))
      #expect(try record.integer("SELECT COUNT(*) FROM resource_versions") ?? 0 > 100)
      #expect(try record.integer("SELECT SUM(offered) FROM traffic_seconds") ?? 0 > 10_000)
      #expect(try record.integer("SELECT COUNT(*) FROM commands") == (leg.isEmpty ? 0 : 1))
      for (region, residency) in [("spain", Int64(1)), ("mexico", 2)] {
        let data = try SQLiteConnection(.file(path: folder.path + leg + "/\(region).db", readOnly: true))
        #expect(try data.integer("SELECT COUNT(*) FROM payments") ?? 0 > 5000)
        #expect(try data.integer("SELECT COUNT(*) FROM payments WHERE residency <> ?1", [.integer(residency)]) == 0)
        #expect(try data.integer("SELECT SUM(amount) FROM entries") == 0)
      }
    }
    #expect(FileManager.default.fileExists(atPath: folder.path + "/run.json"))
    #expect(FileManager.default.fileExists(atPath: folder.path + "/junit.xml"))
  }

  @Test func aKilledRunLeavesReadableFiles() throws {
    let folder = try Program.scratchFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    // A long run writes its record every few seconds; it is killed as soon as the last file of the first record is there.
    let long = ["run", "scenarios/steady.yaml", "--set", "duration=20h", "--out", folder.path]
    let (process, _, _) = try Program.start(long)
    let last = folder.path + "/mexico.db"
    while process.isRunning, !FileManager.default.fileExists(atPath: last) { usleep(20_000) }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    for name in ["twin", "spain", "mexico"] {
      let connection = try SQLiteConnection(.file(path: "\(folder.path)/\(name).db", readOnly: true))
      #expect(try connection.rows("PRAGMA integrity_check") == [[.text("ok")]])
    }
    let spain = try SQLiteConnection(.file(path: folder.path + "/spain.db", readOnly: true))
    #expect(try spain.integer("SELECT COUNT(*) FROM payments") ?? 0 > 1000)
  }
}
