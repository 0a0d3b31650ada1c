import Documents

/// A flag of a kubectl command.
struct Flag: Sendable {
  /// What its value must be.
  enum Value: Sendable { case text, integer, duration }

  let name: String
  let short: Character?
  let takesValue: Bool
  let value: Value
  /// What it means without a value, such as `client` for `--dry-run`; a value is then only read after `=`.
  let implied: String?

  private init(_ name: String, _ short: Character?, takesValue: Bool, _ value: Value = .text, implied: String? = nil) {
    self.name = name
    self.short = short
    self.takesValue = takesValue
    self.value = value
    self.implied = implied
  }

  /// A switch.
  static func on(_ name: String, _ short: Character? = nil) -> Flag { Flag(name, short, takesValue: false) }
  /// A flag with a value.
  static func value(_ name: String, _ short: Character? = nil) -> Flag { Flag(name, short, takesValue: true) }
  /// A flag with a whole number.
  static func integer(_ name: String, _ short: Character? = nil) -> Flag {
    Flag(name, short, takesValue: true, .integer)
  }
  /// A flag with a Go duration such as `5m`.
  static func duration(_ name: String) -> Flag { Flag(name, nil, takesValue: true, .duration) }
  /// A flag whose value may be left out.
  static func optional(_ name: String, _ implied: String) -> Flag {
    Flag(name, nil, takesValue: false, implied: implied)
  }

  /// pflag's objection to a value; `nil` for a good one.
  fileprivate func problem(_ text: String) -> String? {
    let shown = short.map { "-\($0), --\(name)" } ?? "--\(name)"
    let cause: String
    switch value {
    case .text:
      guard !takesValue, implied == nil, ParsedFlags.boolean(text) == nil else { return nil }
      cause = "strconv.ParseBool: parsing \"\(text)\": invalid syntax"
    case .integer:
      guard Int64(text) == nil else { return nil }
      cause = "strconv.ParseInt: parsing \"\(text)\": invalid syntax"
    case .duration:
      guard Duration(goText: text) == nil else { return nil }
      cause =
        Double(text) == nil
        ? "time: invalid duration \"\(text)\"" : "time: missing unit in duration \"\(text)\""
    }
    return "invalid argument \"\(text)\" for \"\(shown)\" flag: \(cause)"
  }
}

/// A usage error; the message is pflag's.
struct FlagError: Error { let message: String }

/// Words and flags of a command line, read as pflag does: `--name value`, `--name=value`, `-n value`, `-nvalue`,
/// `-n=value`, switches that are joined, and nothing but words after `--`.
struct ParsedFlags: Sendable {
  private(set) var words: [String] = []
  /// How many words stand before `--`; `nil` without one.
  private(set) var wordsBeforeDash: Int?
  private var given: [(name: String, value: String)] = []

  init(_ arguments: [String], _ flags: [Flag]) throws(FlagError) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        wordsBeforeDash = words.count
        words += rest
        return
      } else if argument.hasPrefix("--") {
        try readLong(argument, &rest, flags)
      } else if argument.hasPrefix("-"), argument.count > 1 {
        try readShort(argument, &rest, flags)
      } else {
        words.append(argument)
      }
    }
  }

  /// Whether values have the types of their flags.
  func check(_ flags: [Flag]) throws(FlagError) {
    for (name, value) in given {
      guard let flag = flags.first(where: { $0.name == name }) else { continue }
      if let problem = flag.problem(value) { throw FlagError(message: problem) }
    }
  }

  private mutating func readLong(
    _ argument: String, _ rest: inout ArraySlice<String>, _ flags: [Flag]
  ) throws(FlagError) {
    let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    guard let flag = flags.first(where: { $0.name == name }) else {
      throw FlagError(message: "unknown flag: --\(name)")
    }
    if parts.count == 2 {
      given.append((name, String(parts[1])))
    } else if flag.takesValue {
      guard let value = rest.popFirst() else { throw FlagError(message: "flag needs an argument: --\(name)") }
      given.append((name, value))
    } else {
      given.append((name, flag.implied ?? "true"))
    }
  }

  private mutating func readShort(
    _ argument: String, _ rest: inout ArraySlice<String>, _ flags: [Flag]
  ) throws(FlagError) {
    var letters = argument.dropFirst()
    while let letter = letters.popFirst() {
      guard let flag = flags.first(where: { $0.short == letter }) else {
        throw FlagError(message: "unknown shorthand flag: '\(letter)' in \(argument)")
      }
      guard flag.takesValue else {
        if letters.first == "=" {
          given.append((flag.name, String(letters.dropFirst())))
          return
        }
        given.append((flag.name, "true"))
        continue
      }
      if !letters.isEmpty {
        given.append((flag.name, String(letters.first == "=" ? letters.dropFirst() : letters)))
      } else if let value = rest.popFirst() {
        given.append((flag.name, value))
      } else {
        throw FlagError(message: "flag needs an argument: '\(letter)' in \(argument)")
      }
      return
    }
  }

  /// What Go's `strconv.ParseBool` reads.
  fileprivate static func boolean(_ text: String) -> Bool? {
    if ["1", "t", "T", "true", "TRUE", "True"].contains(text) { return true }
    return ["0", "f", "F", "false", "FALSE", "False"].contains(text) ? false : nil
  }

  /// The value of a flag; the last one given counts.
  subscript(name: String) -> String? { given.last { $0.name == name }?.value }

  func isOn(_ name: String) -> Bool { self[name].map { Self.boolean($0) ?? true } ?? false }

  /// Whether a switch that is on by default was turned off.
  func isOff(_ name: String) -> Bool { self[name].flatMap(Self.boolean) == false }

  func all(_ name: String) -> [String] { given.filter { $0.name == name }.map(\.value) }

  /// Values of a flag that takes lists: commas separate, and it may be given again.
  func list(_ name: String) -> [String] { all(name).flatMap { $0.split(separator: ",").map(String.init) } }

  func integer(_ name: String) -> Int64? { self[name].flatMap { Int64($0) } }
}
