import SimulationKernel

/// What a turn costs in a drill by turns: typing, and reading what came. What the command itself takes comes on top, as the
/// platform has it.
enum TurnCost {
  /// Deciding what to type.
  static let thought = TimeSpan.seconds(3)
  /// A keystroke of somebody who types with some fluency: 60 words a minute.
  static let keystroke = TimeSpan.milliseconds(200)
  /// Nobody types a long line by hand; it is pasted.
  static let mostTyping = TimeSpan.seconds(12)
  /// A glance at a line of output.
  static let line = TimeSpan.milliseconds(300)
  /// Long output is skimmed.
  static let mostReading = TimeSpan.seconds(12)

  static func typing(_ line: String) -> TimeSpan { thought + min(keystroke * line.count, mostTyping) }

  static func reading(_ text: String) -> TimeSpan {
    min(line * text.utf8.count { $0 == UInt8(ascii: "\n") }, mostReading)
  }
}
