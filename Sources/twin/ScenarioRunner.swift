import Documents
import Glibc
import Reports
import Runbooks
import Scenarios
import SimulationKernel
import TwinWorld

/// Runs one scenario: the untouched leg in this process, each other leg in a copy that is forked where it begins to differ.
struct ScenarioRunner {
  let entry: LoadedScenario
  let options: RunOptions
  let isOnly: Bool
  let began: Double
  /// A runbook that is one more leg.
  let runbook: Runbook?
  private let checkpoints = CheckpointTimes()

  /// When this process last wrote its record and when it may again, in wall seconds.
  @Simulated
  private final class CheckpointTimes {
    var next = wallSeconds() + checkpointPeriod

    /// Records grow with the run: writing them takes at most a tenth of its time.
    func wrote(since start: Double) {
      let now = wallSeconds()
      next = now + max(checkpointPeriod, 9 * (now - start))
    }

    nonisolated init() {}
  }

  init(_ entry: LoadedScenario, options: RunOptions, runbook: Runbook? = nil, isOnly: Bool, began: Double) {
    self.runbook = runbook
    self.entry = entry
    self.options = options
    self.isOnly = isOnly
    self.began = began
  }

  private var scenario: Scenario { entry.scenario }
  private var seed: UInt64 { options.seed ?? scenario.seed }

  /// Virtual time between two looks at the wall clock.
  private static let slice = TimeSpan.seconds(5)
  /// Wall seconds between two writings of the record, at least.
  private static let checkpointPeriod = 3.0

  /// The wall limit was reached.
  private struct WallLimitReached: Error {}

  /// - Returns: the result and its exit code; `nil` after an internal error was reported.
  func run() -> (ScenarioResult, ExitCode)? {
    let started = wallSeconds()
    let text = TextReport(usesColour: options.usesColour, isQuiet: options.isQuiet)
    let isText = options.format == .text
    if isText {
      Console.output(
        text.header(
          scenario, seed: seed, regions: entry.platform.regions.count, workloads: entry.platform.workloadCount,
          platform: entry.platform.name))
    }
    let reports: [JSONValue]
    do {
      reports = options.isForking ? try runForked() : try runAlone()
    } catch let list as DiagnosticList {
      Console.error(list.description + "\n")
      return (ScenarioResult(scenario, seed: seed, runs: [], replay: replay, platform: platform), .usage)
    } catch {
      Console.error("twin: internal error: \(error)\n  replay  \(replay)\n")
      return nil
    }
    if let failure = reports.first(where: { $0["internalError"] != nil }) {
      Console.error("twin: internal error: \(failure["internalError"]?.string ?? "")\n  replay  \(replay)\n")
      return nil
    }
    let finished = reports.filter { $0["wallLimit"] == nil }
    let result = ScenarioResult(scenario, seed: seed, runs: finished, replay: replay, platform: platform)
    if isText {
      for report in finished { Console.output(text.leg(report)) }
      Console.output(text.body(result) + text.verdict(result, wallSeconds: wallSeconds() - started))
    }
    if finished.count < reports.count {
      Console.error(
        "twin: the wall limit was reached before \(reports.count - finished.count) of \(reports.count) runs had ended\n"
      )
    }
    return (result, ending(result).combined(finished.count < reports.count ? .wallLimit : .success))
  }

  private func ending(_ result: ScenarioResult) -> ExitCode {
    switch result.verdict {
    case "pass": .success
    case "fail": .notHeld
    default: .invalidRun
    }
  }

  private var platform: JSONValue {
    ["name": .string(entry.platform.name), "regions": .array(entry.platform.regions.map { .string($0.name) })]
  }

  private var replay: String {
    var text = "twin run \(scenario.file) --seed \(seed)"
    if case .named(let name) = options.selection { text += " --solve \(name)" }
    if options.selection == .none { text += " --solve none" }
    for setting in options.settings { text += " --set \(setting.key)=\(setting.value)" }
    if let runbook { text += " --runbook \(runbook.file)" }
    if let until = options.until { text += " --until \(until.shortText)" }
    return text
  }

  // MARK: Legs

  private func runForked() throws -> [JSONValue] {
    try Simulated.perform {
      let trunk = try Rehearsal(scenario, platform: entry.platform, seed: seed)
      let legs = legs
      let pager = pager
      var waiting = Array(legs.dropFirst())
      var children: [LegProcess] = []
      do {
        while !waiting.isEmpty {
          let leg = waiting.remove(at: try advanceToNextStart(trunk, of: waiting, pager))
          let child = LegProcess.start(leg.name) { report(trunk, leg, pager) }
          guard let child else { throw RunOptions.Mistake(message: "fork: \(String(cString: strerror(errno)))") }
          children.append(child)
        }
      } catch is WallLimitReached {
        return [Self.limit(legs[0])] + children.map { $0.report() ?? Self.died($0.name) }
      }
      let untouched = report(trunk, nil)
      let inOrder = legs.dropFirst().compactMap { leg in children.first { $0.name == leg.name } }
      return [untouched] + inOrder.map { $0.report() ?? Self.died($0.name) }
    }
  }

  /// Goes on to where the next of these legs begins: a time of the file, or the alert that it waits for. Where no alert comes,
  /// that is the end.
  ///
  /// - Returns: the leg's index.
  @Simulated
  private func advanceToNextStart(_ rehearsal: Rehearsal, of legs: [Leg], _ pager: Pager?) throws -> Int {
    while true {
      let now = max(.zero, rehearsal.world.simulation.now - rehearsal.origin)
      if now > .zero { pager?.look(at: rehearsal) }
      let starts = legs.indices.compactMap { index in
        start(of: legs[index], rehearsal, pager).map { (time: $0, index: index) }
      }
      let next = starts.min { ($0.time, $0.index) < ($1.time, $1.index) }
      if let next, next.time <= now { return next.index }
      guard now < scenario.duration else { return 0 }
      // Alerts are looked for once a second.
      let second = TimeSpan(nanoseconds: (now.nanoseconds / 1_000_000_000 + 1) * 1_000_000_000)
      let limit = starts.count == legs.count ? scenario.duration : min(second, scenario.duration)
      try advance(rehearsal, to: min(next?.time ?? limit, limit))
    }
  }

  /// Each leg in a world of its own, from the beginning.
  private func runAlone() throws -> [JSONValue] {
    try legs.map { leg in
      try Simulated.perform {
        let rehearsal = try Rehearsal(scenario, platform: entry.platform, seed: seed)
        guard leg.kind != .untouched else { return report(rehearsal, nil) }
        let pager = pager
        do { _ = try advanceToNextStart(rehearsal, of: [leg], pager) } catch is WallLimitReached {
          return Self.limit(leg)
        }
        return report(rehearsal, leg, pager)
      }
    }
  }

  private static func limit(_ leg: Leg) -> JSONValue { ["name": .string(leg.name), "wallLimit": true] }
  private static func died(_ name: String) -> JSONValue {
    ["name": .string(name), "internalError": .string("leg \(name) died")]
  }

  /// Goes on to the end and makes the report of a leg.
  @Simulated
  private func report(_ rehearsal: Rehearsal, _ leg: Leg?, _ pager: Pager? = nil) -> JSONValue {
    let started = wallSeconds()
    do {
      var responder: Responder?
      if let leg {
        // A leg that never began ends where the untouched one does, and says so.
        if leg.kind == .runbook, let runbook, let page = pager?.page {
          let acting = Responder(runbook, page: page, rehearsal: rehearsal)
          acting.begin()
          responder = acting
        } else if let start = rehearsal.start(of: leg), start < scenario.duration {
          rehearsal.take(leg)
        } else {
          rehearsal.giveUp(leg)
        }
      }
      try advance(rehearsal, to: scenario.duration)
      try rehearsal.finish()
      var report = try LegReport(rehearsal).json()
      if let responder { Self.add(responder, to: &report) }
      try checkpoint(rehearsal)
      report["wallSeconds"] = .number(((wallSeconds() - started) * 100).rounded() / 100)
      return report
    } catch is WallLimitReached {
      return Self.limit(rehearsal.leg)
    } catch {
      return ["name": .string(rehearsal.leg.name), "internalError": .string("\(error)")]
    }
  }

  /// When a leg begins, as far as that is known by now.
  @Simulated
  private func start(of leg: Leg, _ rehearsal: Rehearsal, _ pager: Pager?) -> TimeSpan? {
    leg.kind == .runbook ? pager?.page?.at : rehearsal.start(of: leg)
  }

  private var legs: [Leg] {
    scenario.legs(options.selection)
      + (runbook.map { [Leg(kind: .runbook, name: $0.alert, start: .afterPage(.zero))] } ?? [])
  }

  private var pager: Pager? { runbook.map { Pager(for: $0.alert, on: entry.platform) } }

  /// What the responder met, as expectations that do not hold.
  @Simulated
  private static func add(_ responder: Responder, to report: inout JSONValue) {
    report["responder"] = responder.json
    let errors = responder.findings.filter { $0.severity == .error }
    var expectations = report["expectations"]?.array ?? []
    expectations += errors.map { finding in
      [
        "verb": "runbook", "name": .string("\(responder.runbook.file):\(finding.line)"), "window": "", "limit": "",
        "measured": .string(finding.message), "held": false, "moments": [],
      ]
    }
    report["expectations"] = .array(expectations)
    if !errors.isEmpty, report["verdict"]?.string == "pass" { report["verdict"] = "fail" }
  }

  /// Goes on in slices, between which the wall clock is looked at.
  @Simulated
  private func advance(_ rehearsal: Rehearsal, to time: TimeSpan) throws {
    var now = rehearsal.world.simulation.now - rehearsal.origin
    while now < time {
      now = min(now + Self.slice, time)
      try rehearsal.advance(to: now)
      let wall = wallSeconds()
      if let limit = options.wallLimit, wall - began > limit { throw WallLimitReached() }
      if wall > checkpoints.next {
        try checkpoint(rehearsal)
        checkpoints.wrote(since: wall)
      }
      showProgress(rehearsal.leg.name, now)
    }
    if Console.showsProgress { Console.error("\r\u{1b}[K") }
  }

  private func showProgress(_ name: String, _ now: TimeSpan) {
    guard Console.showsProgress, !options.isQuiet, now > .zero else { return }
    let filled = Int(20 * (now / scenario.duration))
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: max(0, 20 - filled))
    Console.error("\r  \(name) [\(bar)] \(clockText(now))\u{1b}[K")
  }

  /// The folder of a leg: the run's own for the untouched one, `legs/NAME` below it for the others; each scenario has a folder
  /// when there are several.
  @Simulated
  private func checkpoint(_ rehearsal: Rehearsal) throws {
    guard let base = options.folder, let sources = entry.sources else { return }
    var folder = isOnly ? base : "\(base)/\(scenario.name.value)"
    if rehearsal.leg.kind != .untouched { folder += "/legs/\(rehearsal.leg.name)" }
    try RunCommand.makeFolder(folder)
    try RunRecord(rehearsal, sources: sources).write(to: folder)
  }
}
