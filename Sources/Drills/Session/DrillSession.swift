import Documents
import Scenarios
import SimulationKernel
import Telemetry
import Toolbox
import TwinWorld

/// A drill in progress: the world, what the trainee has done in it, and the command that is running now.
///
/// Time is moved by whoever calls `advance`: a wall clock, the cost of turns, or a log from which the drill is rebuilt. All
/// commands begin and end at instants to which `advance` was called, so that a log with these instants rebuilds the same
/// world.
@Simulated
package final class DrillSession {
  /// Why a drill cannot begin or go on.
  package struct Failure: Error, CustomStringConvertible {
    package var description: String

    package init(description: String) { self.description = description }
  }

  /// How a drill ended.
  package enum Ending: String, Sendable {
    case resolved, quit, timeLimit
  }

  package let scenario: Scenario
  package let drill: Drill
  package let setup: DrillSetup
  package let rehearsal: Rehearsal
  /// When the page came, since T0.
  package private(set) var pagedAt = TimeSpan.zero
  /// The region that the page is about.
  package private(set) var region = ""
  package private(set) var branch: [DrillLog.Event] = []
  package var notebook = DrillNotebook()
  package internal(set) var ending: Ending?
  /// The shell.
  let terminal: Terminal

  private var running: (line: String, at: TimeSpan, reply: Reply<CommandResult>)?

  nonisolated private static let commandEvent: EventName = "drill.command"
  /// How long a drill lasts after the page where its file says nothing.
  nonisolated package static let defaultTimeLimit = TimeSpan.minutes(30)

  /// Builds the world; nothing has happened yet.
  package init(_ scenario: Scenario, platform: Platform, setup: DrillSetup) throws {
    guard let drill = scenario.drill else {
      throw Failure(description: "\(scenario.file): has no drill: part, which says what the page is and what is asked")
    }
    guard !scenario.solutions.isEmpty else {
      throw Failure(
        description: "\(scenario.file): has no solution, and without one there is nothing to compare a drill with")
    }
    var scenario = scenario
    scenario.noise = setup.noise ?? scenario.noise
    self.scenario = scenario
    self.drill = drill
    self.setup = setup
    rehearsal = try Rehearsal(scenario, platform: platform, seed: setup.seed)
    terminal = Terminal(rehearsal.world, folder: rehearsal.folder)
  }

  // MARK: Time

  /// Since T0.
  package var now: TimeSpan { rehearsal.world.simulation.now - rehearsal.origin }
  package var sincePage: TimeSpan { now - pagedAt }
  /// When the trainee's time is up.
  package var limit: TimeSpan { pagedAt + (drill.timeLimit ?? Self.defaultTimeLimit) }
  /// When the measuring ends: late enough that what was restored at the last moment can be seen to hold.
  package var horizon: TimeSpan { Self.horizon(scenario, pagedAt: pagedAt) }

  /// When the measuring of this drill ends: what was restored can be seen to hold, under the peak load in the last minute.
  var measuredUntil: TimeSpan { min(horizon, now + scenario.hold + .minutes(1)) }

  nonisolated static func horizon(_ scenario: Scenario, pagedAt: TimeSpan) -> TimeSpan {
    let limit = scenario.drill?.timeLimit ?? defaultTimeLimit
    return pagedAt + limit + scenario.hold + .minutes(1)
  }

  /// Goes on until the trainee is called.
  package func awaitPage() throws {
    let leg = scenario.drillLeg
    var time = TimeSpan.zero
    while rehearsal.start(of: leg).map({ $0 > time }) ?? true {
      time += .seconds(1)
      guard time <= scenario.duration else { throw Self.neverCalled(scenario) }
      try rehearsal.advance(to: time)
    }
    pagedAt = time
    region = callingRegion(leg)
    rehearsal.end(at: horizon)
    rehearsal.take(leg) { _ in }
  }

  nonisolated private static func neverCalled(_ scenario: Scenario) -> Failure {
    Failure(
      description: "\(scenario.file): nobody is called in this scenario (\(scenario.drillLeg.start) does not come)")
  }

  /// Where the page came from, or the alert that stands for it.
  private func callingRegion(_ leg: Leg) -> String {
    if case .afterAlert(let name, _) = leg.start, let firing = rehearsal.firings().first(where: { $0.name == name }) {
      return firing.region
    }
    return pages.last?.region ?? rehearsal.world.regions.first?.name ?? ""
  }

  /// The digest of the run at the last whole minute before the page: what other runs of the same incident have as well.
  package var past: String {
    rehearsal.digests.last { $0.at <= rehearsal.origin + pagedAt }?.digest.description ?? ""
  }

  /// Goes on to a time since T0, but not beyond the drill's limit. Past times do nothing.
  package func advance(to time: TimeSpan) throws {
    guard ending == nil else { return }
    let time = min(time, limit)
    if time > now { try rehearsal.advance(to: time) }
    if now >= limit { ending = .timeLimit }
  }

  /// The trainee looks on without a command.
  package func wait(until time: TimeSpan) throws {
    try advance(to: time)
    branch.append(.waited(until: now))
  }

  // MARK: Pages

  private var pages: [Journal.Notification] {
    rehearsal.world.journal.notifications.filter {
      $0.isPage && !$0.firing.isEmpty && $0.at >= rehearsal.origin + (scenario.incidentStart ?? .zero)
    }
  }

  /// Pages that have gone out so far.
  package var pageCount: Int { pages.count }

  /// The last page, as the pager shows it.
  package var latestPage: String {
    guard let page = pages.last else { return "" }
    let alerts = Set(page.firing.map { $0["alertname"] }).sorted().joined(separator: ", ")
    return "page at \(clock(page.at - rehearsal.origin)): \(alerts)  \(page.region)"
  }

  // MARK: Commands

  /// What the command that runs has printed so far.
  package var outputSoFar: String { terminal.output.text }

  /// Whether a command runs.
  package var isBusy: Bool { running.map { !$0.reply.isSettled } ?? false }

  /// Types a line now. A command of the drill itself is done at once, and so is its entry.
  ///
  /// - Precondition: no command runs.
  package func begin(_ line: String) {
    precondition(running == nil, "a command runs")
    let reply = Reply<CommandResult>(rehearsal.world.simulation)
    running = (line, now, reply)
    if let result = performOwn(line) { return reply.fulfil(result) }
    let terminal = terminal
    rehearsal.world.simulation.spawn(Self.commandEvent) { reply.fulfil(await terminal.run(line)) }
  }

  /// Takes the command's end into the branch. One that still runs is ended, as by Ctrl-C.
  ///
  /// - Parameter reading: whether its output costs time.
  /// - Precondition: a command was begun.
  @discardableResult
  package func finish(reading: Bool = false) throws -> DrillEntry {
    guard let running else { preconditionFailure("no command was begun") }
    self.running = nil
    let isInterrupted = !running.reply.isSettled
    var entry = DrillEntry(line: running.line, at: running.at, ended: now, until: now, isInterrupted: isInterrupted)
    if isInterrupted {
      entry.result = CommandResult(output: terminal.interrupt(), exitCode: 130)
    } else if let result = running.reply.value {
      entry.result = result
    }
    if reading {
      try advance(to: now + TurnCost.reading(entry.result.output + entry.result.errors))
      entry.until = now
    }
    branch.append(.entry(entry))
    return entry
  }

  /// Time between two looks at a command that runs.
  nonisolated private static let quantum = TimeSpan.milliseconds(100)
  /// When a command that would follow for ever is ended, in a drill by turns.
  nonisolated private static let followed = TimeSpan.seconds(30)

  /// One turn: types a line, waits for its end, reads what it printed.
  package func turn(_ line: String) throws -> DrillEntry {
    try advance(to: now + TurnCost.typing(line))
    begin(line)
    let began = now
    let follows = CommandLineFacts(line).follows
    while isBusy, ending == nil, !follows || now - began < Self.followed { try advance(to: now + Self.quantum) }
    return try finish(reading: true)
  }

  /// Takes what an instructor did into the branch.
  func note(_ entry: DrillEntry) { branch.append(.entry(entry)) }

  // MARK: Rebuilding

  /// Does again what a branch of a log says.
  package func replay(_ events: [DrillLog.Event]) throws {
    // An instructor may have spoken while a command ran: things begin in the order of time, and end in the order of the log.
    var instructions = events.compactMap { event -> DrillEntry? in
      if case .entry(let entry) = event, entry.source == .instructor { entry } else { nil }
    }[...]
    func follow(until time: TimeSpan) throws {
      while let next = instructions.first, next.at <= time {
        instructions.removeFirst()
        try advance(to: next.at)
        try check(instruct(next.line), against: next)
      }
    }
    for event in events {
      switch event {
      case .waited(let time):
        try follow(until: time)
        try wait(until: time)
      case .rewind: throw Failure(description: "a branch holds no rewinds")
      case .entry(let entry) where entry.source == .instructor: continue
      case .entry(let entry):
        try follow(until: entry.at)
        try advance(to: entry.at)
        begin(entry.line)
        try follow(until: entry.ended)
        try advance(to: entry.ended)
        try check(try finish(), against: entry)
        try advance(to: entry.until)
        branch[branch.count - 1] = event
      }
    }
    try follow(until: .hours(10_000))
  }

  private func check(_ made: DrillEntry, against entry: DrillEntry) throws {
    guard made.result == entry.result, made.isInterrupted == entry.isInterrupted else {
      throw Failure(
        description:
          "the drill cannot be rebuilt: at \(clockText(entry.at)) \"\(entry.line)\" printed something else; another version of twin, or another file, made it"
      )
    }
  }
}
