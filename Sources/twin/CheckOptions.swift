import Documents

/// The arguments of `twin check`.
struct CheckOptions {
  enum Format: String, CaseIterable { case text, json, junit, md }

  var paths: [String] = []
  var scenarios: [String] = []
  var seed: UInt64?
  var format = Format.text
  var onlyLints = false
  var isQuiet = false
  var usesColour = Console.wantsColour

  static let help = """

    options:
      --scenario FILE     the scenario to run it against; else those of its front matter, or those whose drill names it
      --lint              only what can be said without running
      --seed N            seed in place of the scenario's
      -o FORMAT           text, json, junit or md (text)
      -q                  only findings and the verdict
      --no-color          no colours

    exit codes: 0 every runbook restores, 1 something is wrong with one, 2 usage or unreadable file, 3 nothing was proven,
    70 internal error, 130 interrupted

    """

  init(_ arguments: [String]) throws(RunOptions.Mistake) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("-"), argument != "-" else {
        paths.append(argument)
        continue
      }
      let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
      func value() throws(RunOptions.Mistake) -> String {
        guard let value = parts.count > 1 ? parts[1] : rest.popFirst() else {
          throw RunOptions.Mistake(message: "\(parts[0]) needs a value")
        }
        return value
      }
      switch parts[0] {
      case "--scenario": scenarios.append(try value())
      case "--lint": onlyLints = true
      case "-q", "--quiet": isQuiet = true
      case "--no-color": usesColour = false
      case "--seed":
        let text = try value()
        guard let number = UInt64(text) else {
          throw RunOptions.Mistake(message: "--seed takes a whole number of at least 0, found \"\(text)\"")
        }
        seed = number
      case "-o", "--output":
        let text = try value()
        guard let chosen = Format(rawValue: text) else {
          let accepted = Format.allCases.map(\.rawValue).joined(separator: ", ")
          throw RunOptions.Mistake(message: "-o takes one of \(accepted), found \"\(text)\"")
        }
        format = chosen
      default: throw RunOptions.Mistake(message: "unknown option \"\(parts[0])\"; see twin check --help")
      }
    }
    guard !paths.isEmpty else { throw RunOptions.Mistake(message: "check needs a runbook or a folder of them") }
  }
}
