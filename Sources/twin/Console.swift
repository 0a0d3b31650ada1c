import Glibc

/// Standard output and standard error, written at once.
enum Console {
  static func output(_ text: String) { write(text, to: STDOUT_FILENO) }
  static func error(_ text: String) { write(text, to: STDERR_FILENO) }

  /// - Returns: whether all of it was written.
  @discardableResult
  static func write(_ text: String, to descriptor: Int32) -> Bool {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      bytes = bytes.dropFirst(count)
    }
    return true
  }

  /// Whether standard output is a terminal that wants colours.
  static var wantsColour: Bool { isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil }
  static var showsProgress: Bool { isatty(STDERR_FILENO) == 1 }
}

/// Wall time in seconds, from an arbitrary beginning.
func wallSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
