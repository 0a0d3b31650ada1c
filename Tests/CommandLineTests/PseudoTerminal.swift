import Foundation
import Testing

/// `twin` at a real pseudo-terminal, driven as expect(1) drives a program: type, and wait for words.
final class PseudoTerminal {
  /// What was waited for did not come.
  struct Missing: Error, CustomStringConvertible {
    var description: String
  }

  /// Everything that came to the screen, escape sequences and all.
  private(set) var screen = ""

  private let primary: Int32
  private let process: pid_t
  private var hasEnded = false
  /// Where the last match ended.
  private var matched = 0

  /// - Parameters:
  ///   - columns: the window's width.
  ///   - environment: beside TERM and PATH.
  init(_ arguments: [String], columns: UInt16 = 220, environment: [String] = []) throws {
    let program = root.appendingPathComponent(".build/release/twin").path
    try #require(FileManager.default.isExecutableFile(atPath: program), "run `make build` first")
    primary = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var (lock, number): (Int32, UInt32) = (0, 0)
    try #require(primary >= 0 && ioctl(primary, Self.unlock, &lock) == 0 && ioctl(primary, Self.name, &number) == 0)
    let secondary = "/dev/pts/\(number)"
    Self.setSize(of: primary, columns)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    // The first terminal that the leader of a session opens is its controlling one: Ctrl-C goes to it.
    posix_spawn_file_actions_addopen(&actions, 0, secondary, O_RDWR, 0)
    posix_spawn_file_actions_adddup2(&actions, 0, 1)
    posix_spawn_file_actions_adddup2(&actions, 0, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    // Threads of a pool take no signals, and would hand that on.
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    posix_spawnattr_setflags(&attributes, Self.newSession | Int16(POSIX_SPAWN_SETSIGMASK))
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    var words = (["env", "-C", root.path, program] + arguments).map { strdup($0) } + [nil]
    var variables = (["TERM=xterm", "LC_ALL=C.UTF-8", "PATH=\(path)"] + environment).map { strdup($0) } + [nil]
    defer { for word in words + variables { free(word) } }
    var started: pid_t = 0
    try #require(posix_spawn(&started, "/usr/bin/env", &actions, &attributes, &words, &variables) == 0)
    process = started
  }

  deinit {
    if !hasEnded {
      kill(process, SIGKILL)
      waitpid(process, nil, 0)
    }
    close(primary)
  }

  // TIOCSPTLCK, TIOCGPTN and POSIX_SPAWN_SETSID of Linux, which are not imported.
  private static let unlock: UInt = 0x4004_5431
  private static let name: UInt = 0x8004_5430
  private static let newSession: Int16 = 0x80

  private static func setSize(of terminal: Int32, _ columns: UInt16) {
    var size = winsize(ws_row: 50, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(terminal, UInt(TIOCSWINSZ), &size)
  }

  /// Changes the window's width, as a window manager does: the program is told by SIGWINCH.
  func resize(columns: UInt16) { Self.setSize(of: primary, columns) }

  /// Types keys; `\r` is the return key.
  func type(_ keys: String) {
    var bytes = Array(keys.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { write(primary, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }

  /// Types a line and waits for words of the answer.
  @discardableResult
  func type(_ line: String, awaiting words: String) throws -> String {
    type(line + "\r")
    return try wait(for: words)
  }

  /// Waits until words stand behind what was matched before.
  ///
  /// - Returns: what came until then, the words included.
  @discardableResult
  func wait(for words: String, within seconds: Double = 90) throws -> String {
    let deadline = Date().addingTimeInterval(seconds)
    while true {
      let rest = screen.utf8.dropFirst(matched)
      if let range = String(decoding: rest, as: UTF8.self).range(of: words) {
        let text = String(decoding: rest, as: UTF8.self)
        let found = String(text[..<range.upperBound])
        matched += found.utf8.count
        return found
      }
      guard Date() < deadline, read() else {
        throw Missing(description: "\"\(words)\" did not come; the screen ends with\n\(screen.suffix(1500))")
      }
    }
  }

  /// Takes what has come; `false` when there is nobody any more who could write.
  private func read() -> Bool {
    var waiting = pollfd(fd: primary, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, 200) > 0 else { return true }
    var chunk = [UInt8](repeating: 0, count: 1 << 14)
    let count = Foundation.read(primary, &chunk, chunk.count)
    guard count > 0 else { return false }
    screen += String(decoding: chunk[..<count], as: UTF8.self)
    return true
  }

  /// Waits for the program's end.
  ///
  /// - Returns: its exit code, or -9 for one that was killed.
  func end() -> Int32 {
    while read() {}
    var status: Int32 = 0
    waitpid(process, &status, 0)
    hasEnded = true
    return status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f)
  }

  /// Ends it as a power cut does.
  func killAtOnce() -> Int32 {
    kill(process, SIGKILL)
    return end()
  }
}
