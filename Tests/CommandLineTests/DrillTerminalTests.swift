import Documents
import Foundation
import Testing

/// Drills at a terminal, as people play them.
@Suite(.serialized) struct DrillTerminal {
  private static let prompt = "spain $ "

  private static func drill(
    _ options: [String] = [], speed: Int, in folder: URL, columns: UInt16 = 220, environment: [String] = []
  ) throws -> PseudoTerminal {
    try PseudoTerminal(
      [
        "drill", "scenarios/crashloop.yaml", "--speed", "\(speed)", "--out", folder.path, "--baseline",
        Drills.baseline(),
      ]
        + options, columns: columns, environment: environment)
  }

  @Test func anIncidentFromThePageToTheScore() throws {
    let terminal = try Self.drill(speed: 20, in: try Program.scratchFolder())
    try terminal.wait(for: "SEV-2  PaymentPodsCrashLooping")
    try terminal.wait(for: "budget")
    try terminal.wait(for: Self.prompt)
    #expect(terminal.screen.contains("\u{1b}[1m"), "the prompt stands out in colour")
    try terminal.type("ack", awaiting: "acknowledged after")
    // Follows until Ctrl-C, which ends the command and not the drill.
    try terminal.type("kubectl -n payments logs -f deployment/payment-latency-api", awaiting: "\"msg\"")
    terminal.type("\u{3}")
    try terminal.wait(for: "^C")
    try terminal.wait(for: Self.prompt)
    try terminal.type(
      "kubectl -n payments rollout undo deployment/payment-latency-api", awaiting: "rolled back")
    try terminal.wait(for: Self.prompt)
    try terminal.type("kubectl -n payments get pods", awaiting: "RESTARTS")
    try terminal.wait(for: Self.prompt)
    try terminal.type("answer where configmap/payment-latency-api", awaiting: "where: spain/configmap/payments/")
    try terminal.type("answer why 2", awaiting: "why: the program refuses")
    try terminal.type("answer capacity 1", awaiting: "capacity: half of the pods")
    try terminal.wait(for: Self.prompt)
    try terminal.type(
      #"kubectl -n payments patch configmap payment-latency-api --type merge -p '{"data":{"REGION":"spain"}}'"#,
      awaiting: "payment-latency-api patched")
    try terminal.type(
      "kubectl -n payments rollout restart deployment/payment-latency-api", awaiting: "restarted")
    try terminal.type(
      "kubectl -n payments rollout status deployment/payment-latency-api", awaiting: "successfully rolled out")
    try terminal.type("dash", awaiting: "latency p99")
    try terminal.type("resolve REGION is spain again", awaiting: "resolved after")
    try terminal.wait(for: "WHAT HAPPENED")
    let report = try terminal.wait(for: "of 100")
    #expect(report.contains("objectives met, and held"))
    #expect(report.contains("3 of 3 questions answered, 3 as the run says"))
    #expect(report.contains("restored"))
    #expect(terminal.end() == 0)
  }

  @Test(arguments: [["--no-color"], []]) func aNarrowWindowWithoutColours(_ options: [String]) throws {
    let environment = options.isEmpty ? ["NO_COLOR=1"] : []
    let terminal = try Self.drill(
      options, speed: 2, in: try Program.scratchFolder(), columns: 60, environment: environment)
    // The prompt's state has its own line, and a wide window its own again.
    try terminal.wait(for: "alert]\r\n")
    try terminal.wait(for: Self.prompt)
    terminal.type("clo")
    try terminal.wait(for: "clo")
    terminal.resize(columns: 220)
    try terminal.wait(for: "alert] spain $ ")
    try terminal.wait(for: "clo")
    try terminal.type("ck", awaiting: "since the page")
    // The line before, by the arrow key; a word by the tabulator.
    try terminal.wait(for: Self.prompt)
    try terminal.type("\u{1b}[A", awaiting: "since the page")
    try terminal.wait(for: Self.prompt)
    try terminal.type("runb\t", awaiting: "# PaymentPodsCrashLooping")
    try terminal.wait(for: Self.prompt)
    // Ctrl-C at the prompt forgets what was typed.
    terminal.type("resolve")
    try terminal.wait(for: "resolve")
    terminal.type("\u{3}")
    try terminal.wait(for: Self.prompt)
    // The end of input: one can come back.
    terminal.type("\u{4}")
    try terminal.wait(for: "suspended; twin drill --resume")
    #expect(terminal.end() == 0)
    #expect(!terminal.screen.contains("\u{1b}[1m"))
    #expect(!terminal.screen.contains("WHAT HAPPENED"))
  }

  @Test func killedInTheMiddleAndResumed() throws {
    let folder = try Program.scratchFolder()
    let first = try Self.drill(speed: 2, in: folder)
    try first.wait(for: Self.prompt)
    try first.type("ack", awaiting: "acknowledged after")
    try first.type("notes it began at noon", awaiting: Self.prompt)
    try first.type("kubectl -n payments get pods", awaiting: "CrashLoopBackOff")
    try first.wait(for: Self.prompt)
    // Nobody else may go on with it meanwhile.
    let other = try Program.run(["drill", "--resume", folder.path])
    #expect(other.code == 2)
    #expect(other.errors.contains("another twin goes on with this drill"))
    // The instructor's terminal.
    let lines = [
      "say Customer service asks for news", "grant", "nonsense", "state", "inject nonsense spain/rds/payments",
      "inject network.delay spain/link/rds-proxy->rds latency=30ms", "repair instructor-1", "repair instructor-1",
      "pause", "go",
    ]
    let instructor = try Program.run(
      ["drill", "--instructor", folder.path], input: lines.map { $0 + "\n" }.joined())
    for answer in [
      "said\n", "an instructor can say", "spain $", "there is no fault verb \"nonsense\"", "injected instructor-1",
      "repaired instructor-1", "repair takes one of", "paused", "time goes on",
    ] { #expect(instructor.output.contains(answer), "\(answer)") }
    try first.wait(for: "instructor: Customer service asks for news")
    try first.wait(for: "hint: What is the last line")
    first.type("sleep 900\r")
    try first.wait(for: "sleep 900")
    let log = folder.appendingPathComponent("drill.jsonl")
    let deadline = Date().addingTimeInterval(60)
    while try !String(contentsOf: log, encoding: .utf8).contains("sleep 900"), Date() < deadline {}
    #expect(first.killAtOnce() == -9)

    let second = try PseudoTerminal(["drill", "--resume", folder.path, "--baseline", try Drills.baseline()])
    try second.wait(for: "The drill goes on.")
    // The command in whose middle it was killed runs again.
    try second.wait(for: "sleep 900")
    second.type("\u{3}")
    try second.wait(for: "^C")
    try second.wait(for: Self.prompt)
    try second.type("notes", awaiting: "it began at noon")
    try second.type("ack", awaiting: "already")
    try second.type("hint", awaiting: "What is the last line")
    try second.wait(for: Self.prompt)
    second.type("\u{4}")
    try second.wait(for: "suspended")
    #expect(second.end() == 0)
  }
}
