import Documents
import Glibc
import SimulationKernel

/// A leg that runs in a forked copy of this process and sends its report back over a pipe.
///
/// The simulation is one thread, so the copy is exact; it goes on from where the parent is.
struct LegProcess {
  let name: String
  let process: pid_t
  let descriptor: Int32

  /// Forks. In the child, `body` makes the report, and the process ends with it.
  @Simulated
  static func start(_ name: String, _ body: @Simulated () -> JSONValue) -> LegProcess? {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return nil }
    let process = Glibc.fork()
    guard process >= 0 else { return nil }
    if process == 0 {
      close(ends[0])
      Console.write(body().jsonText(), to: ends[1])
      close(ends[1])
      _exit(0)
    }
    close(ends[1])
    return LegProcess(name: name, process: process, descriptor: ends[0])
  }

  /// Waits for the report; `nil` when the child died without one.
  func report() -> JSONValue? {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += chunk[..<count]
    }
    close(descriptor)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    guard status == 0 else { return nil }
    return try? parseJSON(bytes)
  }
}
