import Documents
import Drills
import Glibc
import Scenarios
import SimulationKernel

/// Reads what the trainee types, lets time pass, and shows what comes of it.
@Simulated
final class DrillPlayer {
  let course: DrillCourse
  let file: DrillLogFile
  let folder: String
  let options: DrillOptions
  let input: any DrillInput
  let desk: InstructorDesk?
  var clock: DrillClock?
  private var shownPages: Int
  /// When the log was last brought up to date while nobody typed, in wall seconds.
  private var keptAt = wallSeconds()

  init(_ course: DrillCourse, file: DrillLogFile, folder: String, options: DrillOptions) {
    self.course = course
    self.file = file
    self.folder = folder
    self.options = options
    if isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1, !options.isJSON {
      input = TerminalInput(words: course.session.completions, usesColour: options.usesColour)
    } else {
      input = PipedInput()
    }
    desk = InstructorDesk(folder: folder)
    shownPages = course.session.pageCount
    if case .clock(let speed) = course.log.setup.pace { clock = DrillClock(speed: speed, at: course.session.now) }
  }

  var session: DrillSession { course.session }

  /// Between two looks at the clock, in wall milliseconds.
  private static let tick: Int32 = 50

  /// Plays until the drill ends or is suspended.
  ///
  /// - Returns: whether it ended.
  func play(isResumed: Bool) throws -> Bool {
    DrillInterrupt.listen()
    defer { desk?.leave() }
    greet(isResumed)
    if let line = course.log.unfinished, session.ending == nil {
      say("\(session.status.prompt)\(line)\n")
      try perform(line)
    }
    while session.ending == nil {
      try file.append(course.newLines())
      guard case .line(let text) = try nextEvent() else {
        // Who sits at a terminal can come back; a file or a program that has come to its end cannot.
        if session.ending == nil, input.isInteractive { return try suspend() }
        break
      }
      guard let line = command(in: text), !line.allSatisfy(\.isWhitespace) else { continue }
      let words = DrillSession.words(line)
      switch words.first {
      case "suspend": return try suspend()
      case "rewind": try rewind(words)
      default: try perform(line)
      }
    }
    try file.append(course.newLines())
    if session.ending == .timeLimit { say("the time is up\n") }
    return true
  }

  /// The command of a line of input: machines may put it into an object.
  private func command(in text: String) -> String? {
    guard options.isJSON, text.first(where: { !$0.isWhitespace }) == "{" else { return text }
    if let command = (try? parseJSON(text))?["command"]?.string { return command }
    complain("a line is a command, or {\"command\": \"…\"}")
    return nil
  }

  /// Says what cannot be done; time does not pass by it.
  private func complain(_ text: String) {
    guard options.isJSON else { return Console.error(text + "\n") }
    let refusal: JSONValue = ["type": "refused", "reason": .string(text)]
    Console.output(refusal.jsonText() + "\n")
    observe([:])
  }

  // MARK: Time

  /// Lets time pass while nobody types, until there is a line, input ends, or the drill.
  private func nextEvent() throws -> DrillInputEvent {
    input.ask(options.isJSON ? "" : session.status.prompt)
    while true {
      if let event = input.take() { return event }
      try pause(withInput: true)
      if session.ending != nil { return .end }
      if DrillInterrupt.take() { input.discard() }
      if DrillInterrupt.takeResize() { input.resize(session.status.prompt) }
      try keepIdleTime()
    }
  }

  /// How much of the time in which nobody types is lost with the program, in wall seconds.
  private static let leastKept = 2.0

  private func keepIdleTime() throws {
    guard let clock, !clock.isPaused, wallSeconds() - keptAt >= Self.leastKept else { return }
    keptAt = wallSeconds()
    try course.keepWaiting()
    try file.append(course.newLines())
  }

  /// Wall seconds that pass at once at most: a machine that is too slow for the speed slows time down.
  private static let longestStep = 0.5

  private func letTimePass() throws {
    guard let clock else { return }
    let longest = session.now + .seconds(Self.longestStep * clock.speed)
    let isLate = clock.now > longest
    try session.advance(to: min(clock.now, longest))
    if isLate { self.clock?.go(from: session.now) }
  }

  /// Waits for what comes next, at most a moment where time passes, and lets that much time pass.
  private func pause(withInput: Bool) throws {
    var waiting = (desk?.descriptors ?? []).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    waiting.append(pollfd(fd: DrillInterrupt.descriptor, events: Int16(POLLIN), revents: 0))
    if withInput { waiting.append(pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)) }
    poll(&waiting, nfds_t(waiting.count), clock == nil ? -1 : Self.tick)
    try letTimePass()
    let ready = waiting.filter { $0.revents != 0 }.map(\.fd)
    try desk?.serve(ready) { line in try answer(line) }
    showNewPages()
    if ready.contains(STDIN_FILENO) { input.read() }
  }

  private func showNewPages() {
    let pages = session.pageCount
    guard pages > shownPages, !options.isJSON else { return }
    shownPages = pages
    input.tell("\(session.latestPage)\n", session.status.prompt)
  }

  // MARK: Commands

  private func perform(_ line: String) throws {
    try letTimePass()
    guard session.ending == nil else { return }
    if !DrillSession.isOwn(line) {
      course.keepTyped(line)
      try file.append(course.newLines())
    }
    guard clock != nil else {
      let entry = try session.turn(line)
      course.keep(entry)
      _ = DrillInterrupt.take()
      return show(entry, from: 0)
    }
    session.begin(line)
    var shown = 0
    while session.isBusy, session.ending == nil, !DrillInterrupt.take() {
      try pause(withInput: false)
      shown = showOutput(from: shown)
    }
    let entry = try session.finish()
    course.keep(entry)
    show(entry, from: shown)
  }

  /// Shows what a command that runs has printed.
  ///
  /// - Returns: how much of it is shown, in bytes.
  private func showOutput(from shown: Int) -> Int {
    let output = session.outputSoFar.utf8
    guard output.count > shown else { return shown }
    Console.output(String(decoding: output.dropFirst(shown), as: UTF8.self))
    return output.count
  }

  private func show(_ entry: DrillEntry, from shown: Int) {
    if options.isJSON {
      Console.output(entry.json.jsonText() + "\n")
      if session.ending == nil { observe([:]) }
      return
    }
    if entry.isInterrupted { Console.output("^C\n") }
    Console.output(String(decoding: entry.result.output.utf8.dropFirst(shown), as: UTF8.self))
    Console.error(entry.result.errors)
  }

  private func suspend() throws -> Bool {
    if clock != nil { try course.keepWaiting() }
    try file.append(course.newLines())
    Console.error("suspended; twin drill --resume \(folder) goes on\n")
    return false
  }

  private func rewind(_ words: [String]) throws {
    guard words.count == 2, let span = Duration(scenarioText: words[1]), span > .zero else {
      return complain("rewind takes a time such as 5m")
    }
    guard session.now > session.pagedAt else { return complain("it is as early as it gets: the page has just come") }
    try course.rewind(by: TimeSpan(span))
    clock?.go(from: session.now)
    shownPages = session.pageCount
    guard !options.isJSON else {
      let lines = course.newLines()
      Console.output(lines)
      try file.append(lines)
      return observe([:])
    }
    let isFirst = session.now == session.pagedAt
    Console.output("back at \(session.status.clock)\(isFirst ? ", when the page came" : "")\n")
  }

  // MARK: Words

  private func greet(_ isResumed: Bool) {
    if options.isJSON {
      if !isResumed { Console.output(course.log.setup.json.jsonText() + "\n") }
      observe(["page": .string(session.drill.page)])
    } else {
      let resumed = isResumed ? "The drill goes on.\n\n" : ""
      Console.output(
        "\n\(resumed)\(session.drill.page)\nack takes it; help lists the commands; \(folder)/ keeps the log.\n")
    }
  }

  private func say(_ text: String) { if !options.isJSON { Console.output(text) } }

  /// What a machine sees before its next command.
  private func observe(_ more: JSONValue) {
    var json = session.status.json
    for member in more.object?.members ?? [] { json[member.key] = member.value }
    Console.output(json.jsonText() + "\n")
  }

  /// Does what an instructor says.
  ///
  /// - Returns: what the instructor's terminal shows.
  private func answer(_ line: String) throws -> String {
    let words = DrillSession.words(line)
    switch words.first {
    case nil: return ""
    case "state": return session.status.prompt + "\n"
    case "pause":
      guard clock != nil else { return "by turns, time stands still anyway\n" }
      clock?.pause()
      return "paused\n"
    case "go":
      clock?.go(from: session.now)
      return "time goes on\n"
    default:
      let entry = session.instruct(line)
      guard entry.result.exitCode == 0 else { return entry.result.errors }
      course.keep(entry)
      try file.append(course.newLines())
      if words.first == "say" {
        input.tell("instructor: \(words.dropFirst().joined(separator: " "))\n", session.status.prompt)
      }
      if words.first == "grant" { input.tell("hint: \(entry.result.output)", session.status.prompt) }
      return entry.result.output
    }
  }
}
