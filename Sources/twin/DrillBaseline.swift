import Documents
import Drills
import Glibc
import SimulationKernel

/// The runs with which a drill is compared, made in a copy of this process while the drill goes on, or read from a file in which
/// another drill of the same incident left them.
@Simulated
final class DrillBaseline {
  private var process: LegProcess?
  private let known: Counterfactuals?
  private let loaded: LoadedScenario
  private let setup: DrillSetup
  private let file: String?

  /// - Parameter file: where they are, or are to be kept.
  init(_ loaded: LoadedScenario, _ setup: DrillSetup, file: String? = nil) throws {
    self.loaded = loaded
    self.setup = setup
    self.file = file
    if let file, isFile(file) {
      guard let json = try? parseJSON(try readFile(file)), let found = Counterfactuals(json) else {
        throw RunOptions.Mistake(message: "--baseline \(file): holds no runs to compare a drill with")
      }
      known = found
      return
    }
    known = nil
    process = LegProcess.start("baseline") {
      // Ctrl-C at the drill's terminal is meant for a command of the drill.
      signal(SIGINT, SIG_IGN)
      _ = nice(5)
      do {
        return try Counterfactuals.measure(loaded.scenario, platform: loaded.platform, setup: setup).json
      } catch {
        return ["error": .string("\(error)")]
      }
    }
  }

  /// Refuses runs that are not of this incident.
  func check(against session: DrillSession) throws {
    guard let known, known.past != session.past else { return }
    throw RunOptions.Mistake(
      message: "--baseline \(file ?? ""): was made with another scenario, seed, noise or version of twin")
  }

  /// Waits for them.
  ///
  /// - Parameter instructions: what an instructor changed on the way; the runs are made again with it.
  func counterfactuals(with instructions: [DrillEntry]) throws -> Counterfactuals {
    guard instructions.isEmpty else {
      abandon()
      return try Counterfactuals.measure(
        loaded.scenario, platform: loaded.platform, setup: setup, instructions: instructions)
    }
    if let known { return known }
    let json = process?.report() ?? .null
    process = nil
    guard let found = Counterfactuals(json) else {
      throw DrillSession.Failure(description: json["error"]?.string ?? "the runs to compare with died")
    }
    if let file { try writeFile(file, Array((json.jsonText() + "\n").utf8)) }
    return found
  }

  /// Nobody waits for them any more.
  func abandon() {
    guard let process else { return }
    self.process = nil
    kill(process.process, SIGKILL)
    _ = process.report()
  }
}

/// The log of a drill in its folder, which one process has at a time. Each event is on the disk before the next command is read.
struct DrillLogFile {
  private let descriptor: Int32
  private let path: String

  /// - Parameter isNew: a log that is there already is left alone, and is an error.
  init(_ folder: String, isNew: Bool) throws {
    path = "\(folder)/\(DrillSubcommand.logName)"
    descriptor = open(path, O_RDWR | O_CLOEXEC | (isNew ? O_CREAT | O_EXCL : 0), 0o666)
    if descriptor < 0, isNew, errno == EEXIST { throw Self.taken(folder) }
    guard descriptor >= 0 else { throw FileError(path: path, reason: String(cString: strerror(errno))) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw RunOptions.Mistake(message: "\(folder): another twin goes on with this drill")
    }
    if !isNew { cutPartialLine() }
  }

  static func taken(_ folder: String) -> RunOptions.Mistake {
    RunOptions.Mistake(message: "\(folder): holds a drill already; twin drill --resume \(folder) goes on with it")
  }

  /// A writer that was killed in the middle of a line left a part of it.
  private func cutPartialLine() {
    let bytes = (try? readFile(path)) ?? []
    let length = (bytes.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
    ftruncate(descriptor, length)
    lseek(descriptor, 0, SEEK_END)
  }

  func append(_ text: String) throws(FileError) {
    guard !text.isEmpty else { return }
    guard Console.write(text, to: descriptor) else {
      throw FileError(path: path, reason: String(cString: strerror(errno)))
    }
    fdatasync(descriptor)
  }
}
