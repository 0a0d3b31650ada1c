import Documents
import Glibc
import Runbooks
import SimulationKernel

/// Copies of this process that were forked in the middle of a run and wait for word of how it ended.
///
/// A copy stands where its original stood, in the same event of the simulation; it costs nothing while it waits. When the
/// original knows how its own run ends, it lets the copies go on, each without the one thing that it leaves out.
@Simulated
final class BranchPool {
  /// What a copy has of its own.
  struct Copy {
    /// When service was restored in the original, since T0.
    var restoredAt: TimeSpan
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
    guard read(go[0], &nanoseconds, MemoryLayout<Int64>.size) == MemoryLayout<Int64>.size, nanoseconds != Self.end
    else {
      _exit(1)
    }
    copy = Copy(restoredAt: TimeSpan(nanoseconds: nanoseconds), descriptor: report[1])
    return true
  }

  /// In a copy: sends its report to the original and ends.
  func end(_ copy: Copy, with report: JSONValue) -> Never {
    Console.write(report.jsonText(), to: copy.descriptor)
    _exit(0)
  }

  /// Tells copies when service was restored in the original, lets them go on beside each other, and waits for their reports. The
  /// copy without a whole block is let go on only when no command of it alone was missed.
  ///
  /// - Parameters:
  ///   - restoredAt: since T0; without it all copies end.
  ///   - isIdle: whether nothing was missed in a copy.
  func finish(
    restoredAt: TimeSpan?, isIdle: (JSONValue) -> Bool
  ) -> [(omission: Omission, report: JSONValue)] {
    guard let restoredAt else {
      letGo(waiting, nil)
      return []
    }
    let blocks = waiting.filter { block in
      block.omission.isBlock && waiting.contains { !$0.omission.isBlock && $0.omission.block == block.omission.block }
    }
    let first = waiting.filter { one in !blocks.contains { $0.process == one.process } }
    var reports = letGo(first, restoredAt)
    for block in blocks {
      let parts = reports.filter { $0.omission.block == block.omission.block }
      reports += letGo([block], parts.allSatisfy { isIdle($0.report) } ? restoredAt : nil)
    }
    return reports.sorted {
      ($0.omission.reportedLine, $0.omission.line) < ($1.omission.reportedLine, $1.omission.line)
    }
  }

  @discardableResult
  private func letGo(_ copies: [Waiting], _ restoredAt: TimeSpan?) -> [(omission: Omission, report: JSONValue)] {
    for copy in copies {
      // What no time is told ends.
      var nanoseconds = restoredAt?.nanoseconds ?? Self.end
      _ = write(copy.go, &nanoseconds, MemoryLayout<Int64>.size)
      close(copy.go)
    }
    return copies.compactMap { copy in
      let process = LegProcess(name: copy.omission.text, process: copy.process, descriptor: copy.report)
      return process.report().map { (copy.omission, $0) }
    }
  }

  /// In place of a time: there is nothing to find out.
  private static let end = Int64.min
}
