import Documents
import SimulationKernel
import Toolbox

/// What an author says about a block, in braces behind the fence's language or in an HTML comment above the fence, with runme's
/// syntax (docs.runme.dev, "Cell configuration keys").
package struct BlockAttributes: Hashable, Sendable {
  /// Text to find in the output.
  package enum Pattern: Hashable, Sendable, CustomStringConvertible {
    case text(String)
    case expression(String)

    package var description: String {
      switch self {
      case .text(let text): "\"\(text)\""
      case .expression(let pattern): "/\(pattern)/"
      }
    }
  }

  package var name: String?
  /// The block is run only if this holds: PromQL that returns data, or a command behind `$ ` that succeeds.
  package var when: String?
  /// What is waited for behind the block, in the same form.
  package var until: String?
  package var timeout = TimeSpan.minutes(5)
  package var expect: Pattern?
  /// The block must end with an exit code other than 0.
  package var fails = false
  /// A placeholder that gets what the first group (or the whole) of a pattern matches in the output.
  package var capture: (name: String, pattern: String)? {
    captureName.map { ($0, capturePattern) }
  }
  var captureName: String?
  var capturePattern = ""
  /// A human decision: shown, counted, not run.
  package var manual = false
  package var skip = false
  /// Every line of sample output is compared, as with `(exact)` in the info string.
  package var exact = false

  static let keys = [
    "name", "when", "until", "timeout", "expect", "fails", "capture", "manual", "skip", "exact", "ignore",
    "excludeFromRunAll",
    "background", "cwd",
  ]

  /// Keys of runme that say how its editor shows or runs a cell, and change nothing here.
  static let indifferentKeys = [
    "background", "cwd", "interactive", "interpreter", "mimeType", "promptEnv", "terminalRows", "category", "tag", "id",
    "closeTerminalOnSuccess", "openTerminalOnSuccess",
  ]

  /// What is wrong with attributes.
  struct Mistake: Error { var message: String }

  /// Reads attributes: what stands between the braces.
  mutating func read(_ text: String) throws(Mistake) {
    var rest = Array(text)[...]
    while true {
      rest = rest.drop { $0.isWhitespace || $0 == "," }
      guard !rest.isEmpty else { return }
      let key = String(rest.prefix { !$0.isWhitespace && $0 != "=" && $0 != "," })
      rest = rest.dropFirst(key.count)
      guard rest.first == "=" else {
        try set(key, "true")
        continue
      }
      rest = rest.dropFirst()
      try set(key, try Self.value(&rest, key))
    }
  }

  private static func value(_ rest: inout ArraySlice<Character>, _ key: String) throws(Mistake) -> String {
    guard let quote = rest.first, quote == "\"" || quote == "'" else {
      // A pattern may have blanks and commas in it.
      if key == "expect" || key == "capture", let slash = rest.firstIndex(of: "/"),
        let end = rest[(slash + 1)...].lastIndex(of: "/")
      {
        let value = String(rest[...end])
        rest = rest[(end + 1)...]
        return value
      }
      let value = String(rest.prefix { !$0.isWhitespace && $0 != "," })
      rest = rest.dropFirst(value.count)
      return value
    }
    rest = rest.dropFirst()
    var value = ""
    while let character = rest.popFirst() {
      if character == quote { return value }
      if character == "\\", let next = rest.first, next == quote || next == "\\" {
        value.append(next)
        rest = rest.dropFirst()
      } else {
        value.append(character)
      }
    }
    throw Mistake(message: "the value of \"\(key)\" has no closing \(quote)")
  }

  private mutating func set(_ key: String, _ value: String) throws(Mistake) {
    let isOn = value != "false" && value != "0"
    switch key {
    case "name": name = value
    case "when": when = value
    case "until": until = value
    case "timeout":
      guard let span = Duration(scenarioText: value), span > .zero else {
        throw Mistake(message: "timeout takes a duration such as 5m, found \"\(value)\"")
      }
      timeout = TimeSpan(span)
    case "expect": expect = Self.pattern(value)
    case "fails": fails = isOn
    case "capture":
      let parts = value.split(separator: ":", maxSplits: 1).map(String.init)
      guard parts.count == 2, case .expression(let pattern) = Self.pattern(parts[1]) else {
        throw Mistake(message: "capture takes NAME:/regular expression/, found \"\(value)\"")
      }
      (captureName, capturePattern) = (parts[0], pattern)
    case "manual": manual = isOn
    case "skip", "ignore", "excludeFromRunAll": skip = skip || isOn
    case "exact": exact = isOn
    case let key where Self.indifferentKeys.contains(key): break
    default:
      let hint = spellingHint(for: key, among: Self.keys).map { "; \($0)" } ?? ""
      throw Mistake(message: "unknown attribute \"\(key)\"; there are \(Self.keys.joined(separator: ", "))\(hint)")
    }
  }

  private static func pattern(_ text: String) -> Pattern {
    text.count >= 2 && text.hasPrefix("/") && text.hasSuffix("/")
      ? .expression(String(text.dropFirst().dropLast())) : .text(text)
  }
}

extension BlockAttributes.Pattern {
  /// What the first group, or the whole pattern, matches; `nil` when it does not, or is no regular expression.
  func match(in text: String) -> String? {
    switch self {
    case .text(let wanted): text.contains(wanted) ? wanted : nil
    case .expression(let pattern): TextPattern(pattern)?.firstMatch(in: text)
    }
  }
}
