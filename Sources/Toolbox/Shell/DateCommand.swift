import KubernetesModel
import SimulationKernel

/// `date` of GNU coreutils on the cluster's clock, in UTC: `+FORMAT`, `-u`, `-d TEXT`, `-Is`.
@Simulated
struct DateCommand: ToolCommand {
  let name = "date"

  func run(_ arguments: [String], on host: any ToolHost) async -> CommandResult {
    var seconds = ClusterClock.microseconds(host.simulation.now) / 1_000_000
    var format = "%a %b %e %H:%M:%S UTC %Y"
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument.hasPrefix("+") {
        format = String(argument.dropFirst())
      } else if argument == "-d" || argument.hasPrefix("--date=") {
        let text = argument == "-d" ? rest.popFirst() ?? "" : String(argument.dropFirst(7))
        guard let moved = Self.moved(seconds, text) else {
          return CommandResult(errors: "date: invalid date ‘\(text)’\n", exitCode: 1)
        }
        seconds = moved
      } else if argument == "-Is" || argument == "--iso-8601=seconds" {
        format = "%Y-%m-%dT%H:%M:%S+00:00"
      } else if argument != "-u", argument != "--utc" {
        return CommandResult(
          errors: "date: invalid option -- '\(argument.dropFirst())'\nTry 'date --help' for more information.\n",
          exitCode: 1)
      }
    }
    return CommandResult(output: Self.text(seconds, format) + "\n")
  }

  private static let units: [(name: String, seconds: Int64)] = [
    ("second", 1), ("sec", 1), ("minute", 60), ("min", 60), ("hour", 3600), ("day", 86400), ("week", 604_800),
  ]

  /// `now`, `@SECONDS`, an ISO timestamp, or steps such as `15 minutes ago`, `-1 hour`, `+2 days`.
  static func moved(_ now: Int64, _ text: String) -> Int64? {
    if text.hasPrefix("@") { return Int64(text.dropFirst()) }
    if text.contains("T"), let instant = ClusterClock.instant(text) {
      return ClusterClock.microseconds(instant) / 1_000_000
    }
    var result = now
    var words = text.split(separator: " ").map(String.init)[...]
    while let word = words.popFirst() {
      if word == "now" { continue }
      guard let count = Int64(word), var unit = words.popFirst() else { return nil }
      if unit.hasSuffix("s") { unit.removeLast() }
      guard let row = units.first(where: { $0.name == unit }) else { return nil }
      let isPast = words.first == "ago"
      if isPast { words = words.dropFirst() }
      result += count * row.seconds * (isPast ? -1 : 1)
    }
    return result
  }

  static func text(_ seconds: Int64, _ format: String) -> String {
    let stamp = ClusterClock.timestamp(Instant(nanoseconds: (seconds - ClusterClock.epoch) * 1_000_000_000))
    let parts = stamp.split { "-T:Z".contains($0) }.map(String.init)
    let days = seconds / 86400
    let weekday = Int((days + 4) % 7)
    let month = (Int(parts[1]) ?? 1) - 1
    let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    let months = [
      "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
      "December",
    ]
    let fields: [Character: String] = [
      "Y": parts[0], "m": parts[1], "d": parts[2], "H": parts[3], "M": parts[4], "S": parts[5], "s": "\(seconds)",
      "F": "\(parts[0])-\(parts[1])-\(parts[2])", "T": "\(parts[3]):\(parts[4]):\(parts[5])", "Z": "UTC", "z": "+0000",
      "a": String(weekdays[weekday].prefix(3)), "A": weekdays[weekday], "b": String(months[month].prefix(3)),
      "B": months[month], "e": parts[2].hasPrefix("0") ? " " + parts[2].dropFirst() : parts[2], "N": "000000000",
      "R": "\(parts[3]):\(parts[4])", "%": "%", "n": "\n", "t": "\t",
    ]
    var (result, rest) = ("", Array(format)[...])
    while let character = rest.popFirst() {
      if character == "%", let letter = rest.popFirst() {
        result += fields[letter] ?? "%\(letter)"
      } else {
        result.append(character)
      }
    }
    return result
  }
}
