import Glibc
import SimulationKernel

/// The socket in a drill's folder over which an instructor's terminal speaks: lines in, lines out.
@Simulated
final class InstructorDesk {
  nonisolated static let name = "instructor.sock"

  private let listener: Int32
  private let path: String
  private var visitors: [(descriptor: Int32, bytes: [UInt8])] = []

  /// `nil` where there can be no socket, such as below a path that is too long.
  init?(folder: String) {
    path = "\(folder)/\(Self.name)"
    unlink(path)
    listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard listener >= 0 else { return nil }
    let bound = Self.withAddress(path) { address, length in bind(listener, address, length) == 0 } ?? false
    guard bound, listen(listener, 4) == 0 else {
      Glibc.close(listener)
      return nil
    }
    chmod(path, 0o600)
  }

  /// Calls with the address of a path; `nil` for a path that is too long for one.
  static func withAddress<Result>(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  var descriptors: [Int32] { [listener] + visitors.map(\.descriptor) }

  /// Takes lines that have come; `answer` says what to write back.
  func serve(_ ready: [Int32], answer: (String) throws -> String) rethrows {
    if ready.contains(listener) {
      let visitor = accept(listener, nil, nil)
      if visitor >= 0 { visitors.append((visitor, [])) }
    }
    for index in visitors.indices where ready.contains(visitors[index].descriptor) {
      var chunk = [UInt8](repeating: 0, count: 4096)
      let count = read(visitors[index].descriptor, &chunk, chunk.count)
      guard count > 0 else {
        close(visitors[index].descriptor)
        visitors[index].descriptor = -1
        continue
      }
      visitors[index].bytes += chunk[..<count]
      while let end = visitors[index].bytes.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: visitors[index].bytes[..<end], as: UTF8.self)
        visitors[index].bytes.removeSubrange(...end)
        Console.write(try answer(line), to: visitors[index].descriptor)
      }
    }
    visitors.removeAll { $0.descriptor < 0 }
  }

  /// Ends all conversations.
  func leave() {
    for visitor in visitors { close(visitor.descriptor) }
    close(listener)
    unlink(path)
  }
}

/// `twin drill --instructor DIR`: the other end.
enum InstructorTerminal {
  static func run(_ folder: String) -> ExitCode {
    let path = "\(folder)/\(InstructorDesk.name)"
    let desk = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    let isThere = Simulated.perform {
      InstructorDesk.withAddress(path) { address, length in connect(desk, address, length) == 0 } ?? false
    }
    guard desk >= 0, isThere else {
      Console.error("twin: \(path): no drill goes on here\n")
      return .usage
    }
    var ends = [
      pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0), pollfd(fd: desk, events: Int16(POLLIN), revents: 0),
    ]
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      guard poll(&ends, 2, -1) >= 0 || errno == EINTR else { return .internalError }
      if ends[1].revents != 0 {
        let count = read(desk, &chunk, chunk.count)
        guard count > 0 else {
          Console.error("the drill is over\n")
          return .success
        }
        Console.output(String(decoding: chunk[..<count], as: UTF8.self))
      }
      if ends[0].revents != 0 {
        let count = read(STDIN_FILENO, &chunk, chunk.count)
        if count > 0 {
          Console.write(String(decoding: chunk[..<count], as: UTF8.self), to: desk)
        } else {
          // What was asked is still answered.
          shutdown(desk, Int32(SHUT_WR))
          ends[0].fd = -1
        }
      }
    }
  }
}
