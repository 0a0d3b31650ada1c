import Documents
import Foundation
import SimulationKernel
import Testing

@testable import KubernetesModel
@testable import Toolbox

/// Sessions of an engineer in the middle of incidents, held word for word against `Tests/KubectlTranscripts`. Set
/// TWIN_UPDATE_GOLDEN to write the files anew.
@Suite struct KubectlTranscripts {
  @Test(arguments: Session.all)
  func aSessionReadsAsItDid(_ session: Session) throws {
    let text = Simulated.perform {
      let terminal = TranscriptTerminal(ToolFixture())
      session.play(terminal)
      return terminal.text
    }
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "KubectlTranscripts/\(session.name).txt")
    if ProcessInfo.processInfo.environment["TWIN_UPDATE_GOLDEN"] != nil {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    let golden = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    #expect(text == golden, "\(unifiedDiff(golden, text, from: "golden", to: "now", at: ""))")
  }

  /// A session must not depend on anything but its seed.
  @Test func sessionsRepeat() {
    func text() -> String {
      Simulated.perform {
        let terminal = TranscriptTerminal(ToolFixture())
        Session.crashLoop.play(terminal)
        return terminal.text
      }
    }
    #expect(text() == text())
  }
}

/// What an engineer types and sees, with the time in the twin.
@Simulated
final class TranscriptTerminal {
  let fixture: ToolFixture
  private(set) var text = ""

  init(_ fixture: ToolFixture) { self.fixture = fixture }

  /// Types a command of kubectl in the namespace `shop`; standard error is marked with `! `.
  func kubectl(_ arguments: String) {
    put("kubectl \(arguments)") { fixture.kubectl(arguments) }
  }

  /// Types any other line.
  func type(_ line: String) {
    put(line) { fixture.type(line) }
  }

  private func put(_ line: String, _ run: () -> Toolbox.CommandResult) {
    let time = ClusterClock.timestamp(fixture.simulation.now).dropFirst(11).prefix(8)
    text += "\(time) $ \(line)\n"
    let result = run()
    text += result.output
    if !result.output.isEmpty, !result.output.hasSuffix("\n") { text += "\n" }
    text += result.errors.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      .map { "! \($0)\n" }.joined()
    if result.exitCode != 0 { text += "[exit code \(result.exitCode)]\n" }
    text += "\n"
  }

  func note(_ line: String) { text += "# \(line)\n\n" }
  func wait(_ span: TimeSpan) { fixture.run(span) }

  /// The first pod, by name, of which something holds.
  func pod(where holds: (KubeObject) -> Bool = { _ in true }) -> String {
    fixture.spain.server.list(.pod, namespace: "shop").first(where: holds)?.name ?? "none"
  }
}

/// A session by its name.
struct Session: CustomTestStringConvertible, Sendable {
  let name: String
  let play: @Simulated @Sendable (TranscriptTerminal) -> Void

  var testDescription: String { name }

  static let all = [crashLoop, nodeDown, stuckRollout, outOfMemory, drain, changes, access, containers, badDeploy]

  static let crashLoop = Session(name: "crash-loop") { terminal in
    terminal.kubectl("set image deploy/web app=app:2-crashes")
    terminal.wait(.seconds(75))
    terminal.kubectl("get pods")
    terminal.kubectl("get deploy,rs -o wide")
    let broken = terminal.pod { $0.spec["containers"]?[0]?["image"]?.string == "app:2-crashes" }
    terminal.kubectl("describe pod \(broken)")
    terminal.kubectl("logs \(broken)")
    terminal.kubectl("logs \(broken) --previous --timestamps --tail=1")
    terminal.kubectl("events --for pod/\(broken)")
    terminal.kubectl("get events --field-selector type=Warning --sort-by=.lastTimestamp")
    terminal.kubectl("get pods -w --request-timeout=120s")
    terminal.kubectl("rollout status deploy/web --timeout=20s")
    terminal.kubectl("describe deployment web")
    terminal.kubectl("rollout history deploy/web")
    terminal.kubectl("rollout undo deploy/web")
    terminal.kubectl("rollout status deploy/web")
    terminal.kubectl("get pods -o custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[*].image")
  }

  static let nodeDown = Session(name: "node-down") { terminal in
    terminal.note("node-1 loses its power")
    terminal.fixture.spain.failNode("node-1")
    terminal.wait(.seconds(20))
    terminal.kubectl("get nodes")
    let lost = terminal.pod { $0.spec["nodeName"]?.string == "node-1" }
    terminal.kubectl("logs \(lost)")
    terminal.wait(.seconds(40))
    terminal.kubectl("get nodes -o wide")
    terminal.kubectl("get pods -o wide")
    terminal.kubectl("describe node node-1")
    terminal.kubectl("top nodes")
    terminal.kubectl("wait --for=condition=Ready=Unknown node/node-1 --timeout=5s")
    terminal.wait(.minutes(6))
    terminal.kubectl("get pods")
    terminal.kubectl("delete pod \(lost) --timeout=10s")
    terminal.kubectl("delete pod \(lost) --force")
    terminal.kubectl("get pods")
  }

  static let stuckRollout = Session(name: "stuck-rollout") { terminal in
    terminal.kubectl("set image deploy/web app=shop/web:3")
    terminal.wait(.seconds(50))
    let stuck = terminal.pod { $0.spec["containers"]?[0]?["image"]?.string == "shop/web:3" }
    terminal.kubectl("get pods")
    terminal.kubectl("logs \(stuck)")
    terminal.kubectl("describe pod \(stuck)")
    terminal.kubectl("rollout status deploy/web")
    terminal.kubectl("get deploy web -o jsonpath='{.status.conditions[?(@.type==\"Progressing\")].message}'")
    terminal.kubectl("rollout pause deploy/web")
    terminal.kubectl("rollout pause deploy/web")
    terminal.kubectl("rollout undo deploy/web")
    terminal.kubectl("rollout resume deploy/web")
    terminal.kubectl("rollout undo deploy/web --to-revision=1")
    terminal.kubectl("rollout status deploy/web")
    terminal.kubectl("rollout status pod/\(stuck)")
  }

  static let outOfMemory = Session(name: "out-of-memory") { terminal in
    terminal.kubectl("set resources deploy/web --limits=cpu=500m,memory=64Mi --requests=cpu=100m,memory=64Mi")
    terminal.kubectl("rollout status deploy/web")
    terminal.wait(.seconds(45))
    terminal.kubectl("top pods --containers")
    let victim = terminal.pod { !$0.isTerminating }
    for _ in 0..<3 {
      for process in terminal.fixture.spain.processes("shop", victim) { process.use(memory: 80 << 20) }
      terminal.wait(.seconds(45))
    }
    terminal.kubectl("get pods")
    terminal.kubectl("describe pod \(victim)")
    terminal.kubectl("get pod \(victim) -o jsonpath='{.status.containerStatuses[0].lastState.terminated.reason}'")
    terminal.kubectl("logs \(victim) --previous")
    terminal.kubectl("top pod \(victim)")
    terminal.kubectl("top node")
  }

  static let drain = Session(name: "drain") { terminal in
    terminal.kubectl("create poddisruptionbudget web --selector=app=web --min-available=3")
    terminal.wait(.seconds(1))
    terminal.kubectl("get pdb")
    terminal.kubectl("cordon node-0")
    terminal.kubectl("cordon node-0")
    terminal.kubectl("drain node-0 --timeout=12s")
    terminal.kubectl("patch pdb web --type=merge -p '{\"spec\":{\"minAvailable\":2}}'")
    terminal.wait(.seconds(1))
    terminal.kubectl("drain node-0")
    terminal.kubectl("describe pdb web")
    terminal.kubectl("get nodes")
    terminal.kubectl("uncordon node-0")
    terminal.kubectl("drain")
    terminal.kubectl("taint nodes node-2 maintenance=soon:NoSchedule")
    terminal.kubectl("taint nodes node-2 maintenance-")
  }
}
