import SimulationKernel

/// Options of `log`, `show` and `diff`.
struct GitOptions {
  /// What is printed of a change.
  struct Formats: OptionSet {
    let rawValue: Int

    static let patch = Formats(rawValue: 1)
    static let stat = Formats(rawValue: 2)
    static let shortstat = Formats(rawValue: 4)
    static let numstat = Formats(rawValue: 8)
    static let nameOnly = Formats(rawValue: 16)
    static let nameStatus = Formats(rawValue: 32)
    static let nothing = Formats(rawValue: 64)
    static let summary = Formats(rawValue: 128)
  }

  enum Decoration { case none, short, full }

  var formats: Formats = []
  /// Lines around a change.
  var context = 3
  var pretty: GitPretty = .medium
  var abbreviates = false
  /// Of a short hash.
  var digits = 7
  var date: GitTime.Style = .normal
  var decoration = Decoration.none
  var count: Int?
  var skipped = 0
  /// As typed; read against the present when the commits are gone through.
  var since: String?
  var until: String?
  var authors: [String] = []
  var committers: [String] = []
  var messages: [String] = []
  var invertsMessages = false
  var ignoresCase = false
  var grammar: RegularExpression.Grammar = .basic
  /// `-S` and `-G`.
  var countedText: String?
  var changedText: String?
  /// `A`, `D`, `M`; upper case keeps them.
  var statuses: String?
  var isReversed = false
  var hasGraph = false
  var onlyMerges = false
  var isCached = false
  var tellsByExitCode = false
  var isQuiet = false
  /// What git does not know; said only after the revisions.
  fileprivate var unknown: GitError?
  /// Options with the number of other words before them.
  fileprivate var places: [(option: String, after: Int)] = []
}

/// A row of the table of options.
struct GitOption: Sendable {
  enum Value { case none, required, optional }
  typealias Action = @Sendable (inout GitOptions, String) throws(GitError) -> Void

  let names: [String]
  let value: Value
  let isOfDiff: Bool
  let apply: Action

  /// An option of how changes are shown.
  static func diff(_ names: String..., value: Value = .none, apply: @escaping Action) -> GitOption {
    GitOption(names: names, value: value, isOfDiff: true, apply: apply)
  }

  /// An option of which commits are shown, and how.
  static func log(_ names: String..., value: Value = .none, apply: @escaping Action) -> GitOption {
    GitOption(names: names, value: value, isOfDiff: false, apply: apply)
  }

  static let all: [GitOption] = changes + commits

  private static let changes: [GitOption] = [
    .diff("-p", "-u", "--patch") { options, _ in options.show(.patch) },
    .diff("-s", "--no-patch") { options, _ in options.formats = .nothing },
    .diff("--stat") { options, _ in options.show(.stat) },
    .diff("--shortstat") { options, _ in options.show(.shortstat) },
    .diff("--numstat") { options, _ in options.show(.numstat) },
    .diff("--summary") { options, _ in options.show(.summary) },
    .diff("--patch-with-stat") { options, _ in options.show([.patch, .stat]) },
    .diff("--name-only") { options, _ in options.show(.nameOnly) },
    .diff("--name-status") { options, _ in options.show(.nameStatus) },
    .diff("-U", "--unified", value: .optional) { options, text throws(GitError) in
      guard let count = text.isEmpty ? 3 : Int(text), count >= 0 else {
        throw GitError("error: --unified expects a numerical value\n", exitCode: 129)
      }
      options.context = count
      options.show(.patch)
    },
    .diff("-S", value: .required) { options, text in options.countedText = text },
    .diff("-G", value: .required) { options, text in options.changedText = text },
    .diff("--diff-filter", value: .required) { options, text in options.statuses = text },
    .diff("--exit-code") { options, _ in options.tellsByExitCode = true },
    .diff("--no-color", "--no-ext-diff", "--no-renames", "-M", "--find-renames", "--minimal", "--no-textconv") { _, _ in
    },
    .diff("--color", value: .optional) { _, _ in },
  ]

  private static let commits: [GitOption] = [
    .log("-n", "--max-count", value: .required) { options, text throws(GitError) in
      options.count = try GitOptions.number(text)
    },
    .log("--skip", value: .required) { options, text throws(GitError) in
      options.skipped = try GitOptions.number(text) ?? 0
    },
    .log("--since", "--after", value: .required) { options, text in options.since = text },
    .log("--until", "--before", value: .required) { options, text in options.until = text },
    .log("--author", value: .required) { options, text in options.authors.append(text) },
    .log("--committer", value: .required) { options, text in options.committers.append(text) },
    .log("--grep", value: .required) { options, text in options.messages.append(text) },
    .log("--invert-grep") { options, _ in options.invertsMessages = true },
    .log("-i", "--regexp-ignore-case") { options, _ in options.ignoresCase = true },
    .log("-E", "--extended-regexp") { options, _ in options.grammar = .extended },
    .log("-F", "--fixed-strings") { options, _ in options.grammar = .literal },
    .log("-P", "--perl-regexp") { options, _ in options.grammar = .perl },
    .log("--oneline") { options, _ in
      options.pretty = .oneline
      options.abbreviates = true
    },
    .log("--pretty", value: .optional) { options, text throws(GitError) in
      options.pretty = try GitOptions.pretty(text, orElse: .medium)
    },
    .log("--format", value: .required) { options, text throws(GitError) in
      options.pretty = try GitOptions.pretty(text, orElse: .user("", isTerminated: true))
    },
    .log("--date", value: .required) { options, text throws(GitError) in
      guard let style = GitTime.Style(text) else { throw GitError.fatal("unknown date format \(text)") }
      options.date = style
    },
    .log("--relative-date") { options, _ in options.date = .relative },
    .log("--abbrev-commit") { options, _ in options.abbreviates = true },
    .log("--no-abbrev-commit") { options, _ in options.abbreviates = false },
    .log("--abbrev", value: .optional) { options, text in
      options.digits = min(40, max(4, Int(text) ?? 7))
    },
    .log("--decorate", value: .optional) { options, text throws(GitError) in
      let modes: [String: GitOptions.Decoration] = [
        "": .short, "short": .short, "full": .full, "no": .none, "auto": .none,
      ]
      guard let mode = modes[text] else { throw GitError.fatal("invalid --decorate option: \(text)") }
      options.decoration = mode
    },
    .log("--no-decorate") { options, _ in options.decoration = .none },
    .log("--reverse") { options, _ in options.isReversed = true },
    .log("--graph") { options, _ in options.hasGraph = true },
    .log("--merges") { options, _ in options.onlyMerges = true },
    .log("-q", "--quiet") { options, _ in options.formats = .nothing },
    .log(
      "--all", "--branches", "--first-parent", "--no-merges", "--follow", "--date-order", "--topo-order", "--no-notes",
      "--full-history", "--no-mailmap"
    ) { _, _ in },
  ]
}

extension GitOptions {
  /// Adds a format; `-s` before it is forgotten.
  mutating func show(_ format: Formats) { formats = formats.subtracting(.nothing).union(format) }

  /// `-1` and everything below mean all.
  fileprivate static func number(_ text: String) throws(GitError) -> Int? {
    // A word that is no number counts as none, as C's `atoi` reads it.
    let value = Int(text) ?? Int(text.prefix { $0.isNumber }) ?? 0
    return value < 0 ? nil : value
  }

  fileprivate static func pretty(_ text: String, orElse standard: GitPretty) throws(GitError) -> GitPretty {
    if text.isEmpty { return standard }
    guard let format = GitPretty(text) else { throw GitError.fatal("invalid --pretty format: \(text)") }
    return format
  }

  /// Takes the options out of a command line.
  ///
  /// - Parameter isDiff: whether it is `git diff`, which has fewer and refuses others in its own words.
  /// - Returns: the other words, and those behind `--`.
  mutating func read(_ arguments: [String], isDiff: Bool = false) throws(GitError) -> (
    words: [String], dashed: [String]?
  ) {
    var words: [String] = []
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" { return (words, Array(rest)) }
      guard argument.hasPrefix("-"), argument.count > 1 else {
        words.append(argument)
        continue
      }
      // Behind the first path there are only paths; whoever sorts the words says so.
      places.append((argument, words.count))
      if try !take(argument, &rest, isDiff: isDiff), unknown == nil {
        unknown = Self.unknown(argument, isDiff: isDiff)
      }
    }
    return (words, nil)
  }

  /// What can be objected once the revisions are known.
  ///
  /// - Parameter firstPath: which word is the first path.
  func check(firstPath: Int?) throws(GitError) {
    if let firstPath, let late = places.first(where: { $0.after > firstPath }) {
      throw GitError.fatal("option '\(late.option)' must come before non-option arguments")
    }
    if let unknown { throw unknown }
    if formats.contains([.nameOnly, .nameStatus]) {
      throw GitError.fatal("options '--name-only', '--name-status', '--check', and '-s' cannot be used together")
    }
  }

  private static func unknown(_ argument: String, isDiff: Bool) -> GitError {
    isDiff
      ? GitError("error: invalid option: \(argument)\n", exitCode: 255)
      : GitError.fatal("unrecognized argument: \(argument)")
  }

  private mutating func take(
    _ argument: String, _ rest: inout ArraySlice<String>, isDiff: Bool
  ) throws(GitError) -> Bool {
    if isDiff {
      switch argument {
      case "--cached", "--staged":
        isCached = true
        return true
      case "-q", "--quiet":
        (isQuiet, tellsByExitCode) = (true, true)
        return true
      default: break
      }
    }
    let rows = isDiff ? GitOption.all.filter(\.isOfDiff) : GitOption.all
    if argument.hasPrefix("--") { return try takeLong(argument, &rest, rows) }
    // `-3` is `-n 3`.
    if !isDiff, let first = argument.dropFirst().first, first.isNumber {
      guard let number = Int(argument.dropFirst()) else {
        throw GitError.fatal("'\(argument.dropFirst())': not a non-negative integer")
      }
      count = number
      return true
    }
    guard let row = rows.first(where: { $0.names.contains(String(argument.prefix(2))) }) else { return false }
    guard row.value == .required else {
      guard argument.count == 2 || row.value == .optional else { return false }
      try row.apply(&self, String(argument.dropFirst(2)))
      return true
    }
    if argument.count > 2 {
      try row.apply(&self, String(argument.dropFirst(2)))
    } else if let value = rest.popFirst() {
      try row.apply(&self, value)
    } else {
      let letter = argument.dropFirst()
      throw letter == "n"
        ? GitError("error: -n requires an argument\n", exitCode: 128)
        : GitError("error: switch `\(letter)' requires a value\n", exitCode: 129)
    }
    return true
  }

  private mutating func takeLong(
    _ argument: String, _ rest: inout ArraySlice<String>, _ rows: [GitOption]
  ) throws(GitError) -> Bool {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let row = rows.first(where: { $0.names.contains(parts[0]) }) else { return false }
    if parts.count > 1 {
      // `--stat=80` sets widths; here it has one.
      if row.value == .none, parts[0] != "--stat", parts[0] != "--find-renames" { return false }
      try row.apply(&self, parts[1])
    } else if row.value == .required, parts[0] != "--format" {
      guard let value = rest.popFirst() else { throw GitError.fatal("Option '\(parts[0])' requires a value") }
      try row.apply(&self, value)
    } else if parts[0] == "--format" {
      return false
    } else {
      try row.apply(&self, "")
    }
    return true
  }
}
