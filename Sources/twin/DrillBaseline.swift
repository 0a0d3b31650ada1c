import Documents
import Drills
import Glibc
import SimulationKernel

/// The runs with which a drill is compared, made in a copy of this process while the drill goes on.
@Simulated
final class DrillBaseline {
  private let process: LegProcess?
  private let loaded: LoadedScenario
  private let setup: DrillSetup

  init(_ loaded: LoadedScenario, _ setup: DrillSetup) {
    self.loaded = loaded
    self.setup = setup
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

  /// Waits for them.
  ///
  /// - Parameter instructions: what an instructor changed on the way; the runs are made again with it.
  func counterfactuals(with instructions: [DrillEntry]) throws -> Counterfactuals {
    guard let process, instructions.isEmpty else {
      abandon()
      return try Counterfactuals.measure(
        loaded.scenario, platform: loaded.platform, setup: setup, instructions: instructions)
    }
    let json = process.report() ?? .null
    guard let found = Counterfactuals(json) else {
      throw DrillSession.Failure(description: json["error"]?.string ?? "the runs to compare with died")
    }
    return found
  }

  /// Nobody waits for them any more.
  func abandon() {
    guard let process else { return }
    kill(process.process, SIGKILL)
    _ = process.report()
  }
}

/// The log of a drill in its folder. Each event is on the disk before the next command is read.
struct DrillLogFile {
  private let descriptor: Int32
  private let path: String

  init(_ path: String, isNew: Bool) throws(FileError) {
    self.path = path
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | (isNew ? O_TRUNC : 0), 0o666)
    guard descriptor >= 0 else { throw FileError(path: path, reason: String(cString: strerror(errno))) }
    if !isNew { cutPartialLine() }
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
    Console.write(text, to: descriptor)
    fdatasync(descriptor)
  }
}
