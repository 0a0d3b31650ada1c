/// The flags of one command: which take a value, and what was given.
struct CommandFlags {
  /// A flag: its names, such as `-n` and `--namespace`, and whether a value follows.
  struct Specification {
    var names: [String]
    var takesValue: Bool

    static func value(_ names: String...) -> Specification { Specification(names: names, takesValue: true) }
    static func flag(_ names: String...) -> Specification { Specification(names: names, takesValue: false) }
  }

  /// A word that no specification knows, or a value that is missing.
  struct Malformed: Error {
    var flag: String
    var isMissingValue: Bool
  }

  private(set) var words: [String] = []
  private var values: [(name: String, value: String)] = []

  init(_ arguments: [String], _ specifications: [Specification]) throws(Malformed) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("-"), argument.count > 1 else {
        words.append(argument)
        continue
      }
      if argument == "--" {
        words += rest
        return
      }
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      if let known = specifications.first(where: { $0.names.contains(parts[0]) }) {
        if !known.takesValue {
          values.append((known.names[0], parts.count > 1 ? parts[1] : "true"))
        } else if parts.count > 1 {
          values.append((known.names[0], parts[1]))
        } else if let value = rest.popFirst() {
          values.append((known.names[0], value))
        } else {
          throw Malformed(flag: argument, isMissingValue: true)
        }
      } else if let short = specifications.first(where: {
        $0.takesValue && $0.names.contains(String(argument.prefix(2)))
      }),
        !argument.hasPrefix("--")
      {
        values.append((short.names[0], String(argument.dropFirst(2))))
      } else {
        throw Malformed(flag: parts[0], isMissingValue: false)
      }
    }
  }

  /// The last value given for a flag, by its first name.
  subscript(name: String) -> String? { values.last { $0.name == name }?.value }

  /// All values given for a flag.
  func all(_ name: String) -> [String] { values.filter { $0.name == name }.map(\.value) }

  func has(_ name: String) -> Bool { self[name].map { $0 != "false" } ?? false }
}
