/// A flag of a kubectl command.
struct Flag: Sendable {
  let name: String
  let short: Character?
  let takesValue: Bool

  /// A switch.
  static func on(_ name: String, _ short: Character? = nil) -> Flag {
    Flag(name: name, short: short, takesValue: false)
  }
  /// A flag with a value.
  static func value(_ name: String, _ short: Character? = nil) -> Flag {
    Flag(name: name, short: short, takesValue: true)
  }
}

/// A usage error; the message is pflag's.
struct FlagError: Error { let message: String }

/// Words and flags of a command line, read as pflag does: `--name value`, `--name=value`, `-n value`, `-nvalue`,
/// `-n=value`, switches that are joined, and nothing but words after `--`.
struct ParsedFlags: Sendable {
  private(set) var words: [String] = []
  private var given: [(name: String, value: String)] = []

  init(_ arguments: [String], _ flags: [Flag]) throws(FlagError) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
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

  private mutating func readLong(
    _ argument: String, _ rest: inout ArraySlice<String>, _ flags: [Flag]
  ) throws(FlagError) {
    let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    guard let flag = flags.first(where: { $0.name == name }) else {
      throw FlagError(message: "unknown flag: --\(name)")
    }
    if parts.count == 2 {
      let value = String(parts[1])
      guard flag.takesValue || ["true", "false", "server", "client", "none"].contains(value) else {
        throw FlagError(
          message:
            "invalid argument \"\(value)\" for \"--\(name)\" flag: strconv.ParseBool: "
            + "parsing \"\(value)\": invalid syntax"
        )
      }
      given.append((name, value))
    } else if flag.takesValue {
      guard let value = rest.popFirst() else { throw FlagError(message: "flag needs an argument: --\(name)") }
      given.append((name, value))
    } else {
      given.append((name, "true"))
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

  /// The value of a flag; the last one given counts.
  subscript(name: String) -> String? { given.last { $0.name == name }?.value }

  func isOn(_ name: String) -> Bool { self[name].map { $0 != "false" } ?? false }

  func all(_ name: String) -> [String] { given.filter { $0.name == name }.map(\.value) }
}
