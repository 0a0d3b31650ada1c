import Documents
import Drills
import Glibc
import SimulationKernel
import TwinWorld

/// The runs with which a drill is compared, made in copies of this process while the drill goes on, or read from a file in which
/// another drill of the same incident left them.
@Simulated
final class DrillBaseline {
  private var process: LegProcess?
  private var known: Counterfactuals?
  private let platform: Platform
  private let file: String?

  /// - Parameter file: where they are, or are to be kept.
  init(_ platform: Platform, file: String? = nil) throws {
    self.platform = platform
    self.file = file
    guard let file, isFile(file) else { return }
    known = (try? parseJSON(try readFile(file))).flatMap { Counterfactuals($0) }
    if known == nil {
      throw RunOptions.Mistake(message: "--baseline \(file): holds no runs to compare a drill with")
    }
  }

  /// Begins the runs where the page has come, or refuses those of the file when they are not of this incident.
  func begin(at session: DrillSession) throws {
    if let known {
      guard known.past == session.past else {
        throw RunOptions.Mistake(
          message: "--baseline \(file ?? ""): was made with another scenario, seed, noise or version of twin")
      }
      return
    }
    let platform = platform
    process = LegProcess.start("baseline") {
      // Ctrl-C at the drill's terminal is meant for a command of the drill.
      signal(SIGINT, SIG_IGN)
      _ = nice(5)
      let other = LegProcess.start("untouched") {
        Self.reporting { try Counterfactuals.untouched(from: session).json }
      }
      var json = Self.reporting {
        [
          "type": "baseline", "schemaVersion": 1, "past": .string(session.past),
          "par": try Counterfactuals.par(from: session, platform: platform).json,
        ]
      }
      json["untouched"] = other?.report()
      return json
    }
  }

  private static func reporting(_ body: () throws -> JSONValue) -> JSONValue {
    do { return try body() } catch { return ["error": .string("\(error)")] }
  }

  /// Waits for them.
  ///
  /// - Parameter instructions: what an instructor changed on the way; the runs are made again with it.
  func counterfactuals(for session: DrillSession, with instructions: [DrillEntry]) throws -> Counterfactuals {
    guard instructions.isEmpty else {
      abandon()
      return try Counterfactuals.measure(like: session, platform: platform, instructions)
    }
    if let known { return known }
    let json = process?.report() ?? .null
    process = nil
    guard let found = Counterfactuals(json) else {
      let reason = json["error"]?.string ?? json.at("untouched", "error")?.string
      throw DrillSession.Failure(description: reason ?? "the runs to compare with died")
    }
    known = found
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
    // A lock of this process only: copies of it go on a while when it is killed.
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    guard fcntl(descriptor, F_SETLK, &lock) == 0 else {
      throw RunOptions.Mistake(message: "\(folder): another twin goes on with this drill")
    }
    if !isNew { cutPartialLine() }
  }

  static func taken(_ folder: String) -> RunOptions.Mistake {
    RunOptions.Mistake(message: "\(folder): holds a drill already; twin drill --resume \(folder) goes on with it")
  }

  /// A writer that was killed in the middle of a line left a part of it.
  private func cutPartialLine() {
    var end = lseek(descriptor, 0, SEEK_END)
    var byte: UInt8 = 0
    // Not read as a file: to close another descriptor would let the lock go.
    while end > 0, pread(descriptor, &byte, 1, end - 1) == 1, byte != UInt8(ascii: "\n") { end -= 1 }
    ftruncate(descriptor, end)
    lseek(descriptor, end, SEEK_SET)
  }

  func append(_ text: String) throws(FileError) {
    guard !text.isEmpty else { return }
    guard Console.write(text, to: descriptor) else {
      throw FileError(path: path, reason: String(cString: strerror(errno)))
    }
    fdatasync(descriptor)
  }
}
