import Documents
import Glibc
import Runbooks
import SimulationKernel

/// Copies of this process that were forked in the middle of a run and wait to be told how far to go.
///
/// A copy stands where its original stood, in the same event of the simulation; it costs nothing while it waits. When the
/// original knows how its own run ends, it lets the copies go on, each without the one thing that it leaves out.
@Simulated
final class BranchPool {
  /// What a copy has of its own.
  struct Copy {
    /// Where it goes, since T0.
    var horizon: TimeSpan
    fileprivate var descriptor: Int32
  }

  private struct Waiting {
    var omission: Omission
    var process: pid_t
    var go: Int32
    var report: Int32
  }

  /// In a copy: what it was told; `nil` in the original.
  private(set) var copy: Copy?
  private var waiting: [Waiting] = []
  /// Copies that could not be made.
  private(set) var refused = 0

  /// Most copies of one run.
  static let limit = 24

  /// Forks.
  ///
  /// - Returns: true in the copy, once it may go on; false in the original, at once.
  func branch(_ omission: Omission) -> Bool {
    var (go, report): ([Int32], [Int32]) = ([0, 0], [0, 0])
    guard copy == nil, waiting.count < Self.limit, pipe(&go) == 0, pipe(&report) == 0 else {
      refused += 1
      return false
    }
    let process = Glibc.fork()
    guard process == 0 else {
      close(go[0])
      close(report[1])
      if process > 0 {
        waiting.append(Waiting(omission: omission, process: process, go: go[1], report: report[0]))
      } else {
        refused += 1
      }
      return false
    }
    close(go[1])
    close(report[0])
    for other in waiting {
      close(other.go)
      close(other.report)
    }
    waiting = []
    var nanoseconds: Int64 = 0
    // Without word the original has died.
    guard read(go[0], &nanoseconds, MemoryLayout<Int64>.size) == MemoryLayout<Int64>.size else { _exit(1) }
    copy = Copy(horizon: TimeSpan(nanoseconds: nanoseconds), descriptor: report[1])
    return true
  }

  /// In a copy: sends its report to the original and ends.
  func end(_ copy: Copy, with report: JSONValue) -> Never {
    Console.write(report.jsonText(), to: copy.descriptor)
    _exit(0)
  }

  /// Lets all copies go on to a time since T0, beside each other, and waits for their reports.
  func finish(at horizon: TimeSpan) -> [(omission: Omission, report: JSONValue?)] {
    for other in waiting {
      var nanoseconds = horizon.nanoseconds
      _ = write(other.go, &nanoseconds, MemoryLayout<Int64>.size)
      close(other.go)
    }
    return waiting.map { other in
      (other.omission, LegProcess(name: other.omission.text, process: other.process, descriptor: other.report).report())
    }
  }
}
