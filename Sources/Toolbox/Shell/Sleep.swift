import SimulationKernel

/// `sleep` of GNU coreutils: waits in virtual time for the sum of its arguments, each a number with `s`, `m`, `h` or
/// `d`.
@Simulated
package struct Sleep: ToolCommand {
  package let name = "sleep"

  package init() {}

  nonisolated private static let sleepEvent: EventName = "tool.sleep"

  package func run(_ arguments: [String], on host: any ToolHost) async -> CommandResult {
    guard !arguments.isEmpty else {
      return CommandResult(
        errors: "sleep: missing operand\nTry 'sleep --help' for more information.\n", exitCode: 1)
    }
    var total = TimeSpan.zero
    for argument in arguments {
      guard let span = Self.span(argument) else {
        return CommandResult(
          errors: "sleep: invalid time interval '\(argument)'\nTry 'sleep --help' for more information.\n", exitCode: 1)
      }
      total += span
    }
    await host.simulation.sleep(total, Self.sleepEvent)
    return CommandResult()
  }

  private static func span(_ text: String) -> TimeSpan? {
    let units: [(Character, Double)] = [("s", 1), ("m", 60), ("h", 3600), ("d", 86400)]
    let unit = units.first { $0.0 == text.last }
    guard let number = Double(unit == nil ? text : String(text.dropLast())), number >= 0, number < 1e8 else {
      return nil
    }
    return .seconds(number * (unit?.1 ?? 1))
  }
}
