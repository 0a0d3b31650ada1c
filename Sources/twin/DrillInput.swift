import CEdit
import Drills
import Glibc
import SimulationKernel

/// Where a drill's lines come from.
@Simulated
protocol DrillInput: AnyObject {
  /// Whether somebody sits at a terminal.
  var isInteractive: Bool { get }
  /// Shows the prompt and waits for a line from now on.
  func ask(_ prompt: String)
  /// Takes what has come; called when standard input can be read.
  func read()
  /// The next line or the end of input, once it is there.
  func take() -> DrillInputEvent?
  /// Ctrl-C at the prompt: what was typed is forgotten.
  func discard()
  /// The window has another size: shows the prompt as it fits, and what was typed again.
  func resize(_ prompt: String)
  /// Shows a message between the lines, and then the prompt, which may have changed, and what was typed again.
  func tell(_ text: String, _ prompt: String)
}

enum DrillInputEvent {
  case line(String)
  case end
}

/// Lines of a pipe or a file; what is read is shown behind the prompt, as a terminal would show it.
@Simulated
final class PipedInput: DrillInput {
  let isInteractive = false
  private var bytes: [UInt8] = []
  private var isAtEnd = false
  private var prompt = ""

  nonisolated init() {}

  func ask(_ prompt: String) { self.prompt = prompt }

  func read() {
    var chunk = [UInt8](repeating: 0, count: 1 << 14)
    let count = Glibc.read(STDIN_FILENO, &chunk, chunk.count)
    if count > 0 { bytes += chunk[..<count] } else if count == 0 || errno != EINTR { isAtEnd = true }
  }

  func take() -> DrillInputEvent? {
    if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
      defer { bytes.removeSubrange(...end) }
      return shown(bytes[..<end])
    }
    guard isAtEnd else { return nil }
    defer { bytes = [] }
    return bytes.isEmpty ? .end : shown(bytes[...])
  }

  private func shown(_ line: ArraySlice<UInt8>) -> DrillInputEvent {
    let text = String(decoding: line, as: UTF8.self)
    if !prompt.isEmpty { Console.output("\(prompt)\(text)\n") }
    return .line(text)
  }

  func discard() {}
  func resize(_ prompt: String) {}
  func tell(_ text: String, _ prompt: String) { Console.output(text) }
}

/// What libedit's callback, which takes nothing with it, has read.
private nonisolated(unsafe) var readLines: [String?] = []

/// A terminal with line editing, history and completion by libedit.
@Simulated
final class TerminalInput: DrillInput {
  let isInteractive = true
  private var wholePrompt = ""
  private var prompt = ""
  private var isAsking = false
  /// Whether a key was pressed since the prompt was shown: libedit keeps the line before until then.
  private var hasTyped = false
  private let usesColour: Bool

  /// - Parameter words: what the tabulator completes.
  init(words: [String], usesColour: Bool) {
    self.usesColour = usesColour
    // libedit keeps the list as long as the program lives.
    let list = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: words.count + 1)
    for (index, word) in words.enumerated() { list[index] = UnsafePointer(strdup(word)) }
    list[words.count] = nil
    twin_edit_set_up(UnsafePointer(list))
  }

  func ask(_ prompt: String) {
    wholePrompt = prompt
    hasTyped = false
    if readLines.isEmpty { install() }
  }

  /// A long prompt leaves too little of a narrow window: it gets a line of its own.
  private func fit() {
    prompt = wholePrompt
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return }
    rl_set_screen_size(Int32(size.ws_row), Int32(size.ws_col))
    guard prompt.count * 2 > Int(size.ws_col), let end = prompt.firstIndex(of: "]") else { return }
    Console.output(prompt[...end] + "\n")
    prompt = String(prompt[prompt.index(after: end)...].drop { $0 == " " })
  }

  private func install() {
    isAsking = true
    fit()
    // \1 and \2 enclose what takes no room.
    let shown = usesColour ? "\u{1}\u{1b}[1m\u{2}\(prompt)\u{1}\u{1b}[0m\u{2}" : prompt
    rl_callback_handler_install(shown) { line in
      guard let line else { return readLines.append(nil) }
      readLines.append(String(cString: line))
      free(line)
    }
  }

  private func remove() {
    guard isAsking else { return }
    isAsking = false
    rl_callback_handler_remove()
  }

  func read() {
    guard isAsking else { return }
    rl_callback_read_char()
    hasTyped = true
    // The terminal is the commands' own while they run, so that Ctrl-C reaches the program.
    if !readLines.isEmpty { remove() }
  }

  func take() -> DrillInputEvent? {
    guard !readLines.isEmpty else { return nil }
    guard let line = readLines.removeFirst() else {
      Console.output("\n")
      return .end
    }
    if !line.allSatisfy(\.isWhitespace) { add_history(line) }
    return .line(line)
  }

  func discard() {
    remove()
    hasTyped = false
    Console.output("^C\n")
    install()
  }

  func resize(_ prompt: String) { if isAsking { tell("", prompt) } }

  func tell(_ text: String, _ prompt: String) {
    guard isAsking else { return Console.output(text) }
    wholePrompt = prompt
    let typed = hasTyped ? String(cString: twin_edit_line()) : ""
    remove()
    Console.output("\r\u{1b}[K" + text)
    install()
    if !typed.isEmpty {
      rl_insert_text(typed)
      // libedit draws the whole line again, from where the cursor is.
      Console.output("\r\u{1b}[K")
      rl_forced_update_display()
    }
  }

  deinit {
    rl_callback_handler_remove()
  }
}
