import Documents
import Drills
import Scenarios
import SimulationKernel

/// The arguments of `twin drill`.
struct DrillOptions {
  var file: String?
  var seed: UInt64?
  var noise: Scenario.Noise?
  var pace = DrillSetup.Pace.clock(speed: 1)
  /// JSON lines in place of text.
  var isJSON = false
  var showsScore = true
  var usesColour = Console.wantsColour
  /// Where the log is kept.
  var folder: String?
  /// The folder of a drill in which somebody else is the trainee.
  var instructed: String?
  /// A folder whose drill goes on.
  var resumed: String?
  /// Whether the drills are played by the program, to see that their scores are fair.
  var isCheck = false
  /// Scenarios or folders of them, where there may be several.
  var files: [String] = []
  /// Where the runs to compare with are, or are to be kept.
  var baseline: String?

  static let help = """

    options:
      --turns             each command costs its plausible time, and no other time passes
      --speed N           time passes N times as fast as in life (1)
      --noise none|low|high   unrelated events in place of the scenario's
      --seed N            seed in place of the scenario's
      --out DIR           where the drill's log is kept (drills/NAME-NUMBER)
      --resume DIR        goes on with a drill that was suspended or killed
      --baseline FILE     the runs to compare with: read from the file, or left in it for other drills of this scenario
      --instructor DIR    inject, repair, say, grant, pause and go in somebody else's drill
      --check             plays the scenario's own solution and what must not score, in all files and folders given
      --json              JSON lines on standard input and output, for machines; by turns
      --no-score          facts without points
      --no-color          no colours

    exit codes: 0 the drill came to its end, 1 a score that --check finds unfair, 2 usage or invalid file, 70 internal error

    """

  init(_ arguments: [String]) throws(RunOptions.Mistake) {
    var rest = arguments[...]
    var given: [String] = []
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("-"), argument != "-" else {
        files.append(argument)
        continue
      }
      let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
      if parts.count > 1, ["--turns", "--check", "--json", "--no-score", "--no-color"].contains(parts[0]) {
        throw .init(message: "\(parts[0]) takes no value")
      }
      try read(parts[0], inline: parts.count > 1 ? parts[1] : nil, &rest)
      given.append(parts[0])
    }
    file = files.first
    guard files.count < 2 || isCheck else {
      throw .init(message: "drill takes one scenario, found \"\(files[1])\" as well")
    }
    guard [file, resumed, instructed].count(where: { $0 != nil }) == 1 else {
      throw .init(message: "drill needs a scenario file, --resume DIR or --instructor DIR")
    }
    if isJSON, given.contains("--speed") { throw .init(message: "--json goes by turns, without --speed") }
    if isJSON { pace = .turns }
    try checkFit(given)
  }

  /// A drill that goes on keeps what it was set up with, and an instructor has none of his own.
  private func checkFit(_ given: [String]) throws(RunOptions.Mistake) {
    let setup = ["--turns", "--speed", "--noise", "--seed", "--out"]
    let accepted: (option: String, refused: [String])? =
      if instructed != nil {
        ("--instructor", setup + ["--json", "--no-score", "--baseline"])
      } else if resumed != nil {
        ("--resume", setup)
      } else if isCheck {
        ("--check", ["--turns", "--speed", "--out", "--json", "--no-score", "--baseline"])
      } else { nil }
    guard let accepted, let odd = given.first(where: accepted.refused.contains) else { return }
    throw .init(message: "\(odd) has no meaning beside \(accepted.option)")
  }

  private mutating func read(
    _ option: String, inline: String?, _ rest: inout ArraySlice<String>
  ) throws(RunOptions.Mistake) {
    func value() throws(RunOptions.Mistake) -> String {
      guard let value = inline ?? rest.popFirst() else { throw .init(message: "\(option) needs a value") }
      return value
    }
    switch option {
    case "--turns": pace = .turns
    case "--check": isCheck = true
    case "--json": isJSON = true
    case "--no-score": showsScore = false
    case "--no-color": usesColour = false
    case "--out": folder = try value()
    case "--baseline": baseline = try value()
    case "--instructor": instructed = try value()
    case "--resume": resumed = try value()
    case "--seed":
      let text = try value()
      guard let number = UInt64(text) else { throw .init(message: "--seed takes a whole number, found \"\(text)\"") }
      seed = number
    case "--speed":
      let text = try value()
      guard let speed = Double(text), speed > 0, speed <= 1000 else {
        throw .init(message: "--speed takes a number above 0 and up to 1000, found \"\(text)\"")
      }
      pace = .clock(speed: speed)
    case "--noise":
      let text = try value()
      guard let noise = Scenario.Noise(rawValue: text) else {
        let accepted = Scenario.Noise.allCases.map(\.rawValue).joined(separator: ", ")
        throw .init(message: "--noise takes one of \(accepted), found \"\(text)\"")
      }
      self.noise = noise
    default: throw .init(message: "unknown option \"\(option)\"; see twin drill --help")
    }
  }
}
