import Documents
import Glibc
import Scenarios

/// The arguments of `twin run`.
struct RunOptions {
  enum Format: String, CaseIterable { case text, json, jsonl, junit, md }

  var files: [String] = []
  var seed: UInt64?
  var settings: [(key: String, value: String)] = []
  /// Virtual time since T0 at which the run ends early.
  var until: Duration?
  var selection = LegSelection.all
  var folder: String?
  var runbook: String?
  var format = Format.text
  var isQuiet = false
  var usesColour = Console.wantsColour
  var tags: [String] = []
  var shard: (index: Int, count: Int)?
  var wallLimit: Double?
  /// Each leg runs alone from T0, one after another, in this process.
  var isForking = true

  static let help = """

    options:
      --seed N            seed in place of the scenario's
      --set KEY=VALUE     replaces a value of the scenario, such as load.0.startRate=50/s
      --until T           ends the run at T (virtual time since T0)
      --solve NAME|all|none   which solutions and traps to run besides the untouched leg (all)
      --runbook FILE      one more leg, in which a responder works through a runbook (see twin check)
      --out DIR           leaves run.json, junit.xml and the record of each leg (twin.db, a file a region)
      -o FORMAT           text, json, jsonl, junit or md (text)
      -q                  only what failed, and the verdict
      --tags A,B          only scenarios with one of these tags
      --shard I/N         the I-th of N parts of the scenarios
      --wall-limit T      gives up after so much wall time (exit code 4)
      --no-fork           runs each leg alone from T0, for comparing digests
      --no-color          no colours

    exit codes: 0 all held, 1 something did not hold, 2 usage or invalid file, 3 invalid run, 4 wall limit, 70 internal error,
    130 interrupted

    """

  /// A mistake on the command line.
  struct Mistake: Error {
    var message: String
  }

  init(_ arguments: [String]) throws(Mistake) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("-"), argument != "-" else {
        files.append(argument)
        continue
      }
      let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
      try read(parts[0], inline: parts.count > 1 ? parts[1] : nil, &rest)
    }
    guard !files.isEmpty else { throw Mistake(message: "run needs a scenario file or a folder") }
  }

  private mutating func read(_ option: String, inline: String?, _ rest: inout ArraySlice<String>) throws(Mistake) {
    func value() throws(Mistake) -> String {
      guard let value = inline ?? rest.popFirst() else { throw Mistake(message: "\(option) needs a value") }
      return value
    }
    switch option {
    case "-q", "--quiet": isQuiet = true
    case "--no-color": usesColour = false
    case "--no-fork": isForking = false
    case "--seed":
      let text = try value()
      guard let number = UInt64(text) else { throw Mistake(message: "--seed takes a whole number, found \"\(text)\"") }
      seed = number
    case "--set":
      let text = try value()
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw Mistake(message: "--set takes KEY=VALUE, found \"\(text)\"")
      }
      settings.append((parts[0], parts[1]))
    case "--until": until = try duration(option, try value())
    case "--wall-limit":
      let span = try duration(option, try value())
      wallLimit = Double(span.components.seconds) + Double(span.components.attoseconds) / 1e18
    case "--runbook": runbook = try value()
    case "--solve":
      let text = try value()
      selection = text == "all" ? .all : text == "none" ? .none : .named(text)
    case "--out": folder = try value()
    case "-o", "--output":
      let text = try value()
      guard let chosen = Format(rawValue: text) else {
        let accepted = Format.allCases.map(\.rawValue).joined(separator: ", ")
        throw Mistake(message: "-o takes one of \(accepted), found \"\(text)\"")
      }
      format = chosen
    case "--tags": tags = try value().split(separator: ",").map(String.init)
    case "--shard": shard = try readShard(try value())
    default: throw Mistake(message: "unknown option \"\(option)\"; see twin run --help")
    }
  }

  private func duration(_ option: String, _ text: String) throws(Mistake) -> Duration {
    guard let span = Duration(scenarioText: text), span > .zero else {
      throw Mistake(message: "\(option) takes a duration such as 90s or 10m, found \"\(text)\"")
    }
    return span
  }

  private func readShard(_ text: String) throws(Mistake) -> (index: Int, count: Int) {
    let parts = text.split(separator: "/").compactMap { Int($0) }
    guard parts.count == 2, parts[1] > 0, (1...parts[1]).contains(parts[0]) else {
      throw Mistake(message: "--shard takes I/N with 1 <= I <= N, found \"\(text)\"")
    }
    return (parts[0], parts[1])
  }
}
