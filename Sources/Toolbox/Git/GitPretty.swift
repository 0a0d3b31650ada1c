import SimulationKernel
import TwinWorld

/// How `log` and `show` write a commit (pretty-formats(7)).
enum GitPretty: Hashable, Sendable {
  case oneline, short, medium, full, fuller, raw, reference
  /// `format:` separates commits by line breaks, `tformat:` ends each with one.
  case user(String, isTerminated: Bool)

  private static let names: [(name: String, format: GitPretty)] = [
    ("oneline", .oneline), ("short", .short), ("medium", .medium), ("full", .full), ("fuller", .fuller), ("raw", .raw),
    ("reference", .reference),
  ]

  /// The value of `--pretty` or `--format`; a beginning of a name is enough.
  init?(_ word: String) {
    if word.hasPrefix("format:") {
      self = .user(String(word.dropFirst(7)), isTerminated: false)
    } else if word.hasPrefix("tformat:") {
      self = .user(String(word.dropFirst(8)), isTerminated: true)
    } else if word.isEmpty || word.contains("%") {
      self = .user(word, isTerminated: true)
    } else {
      let found = Self.names.filter { $0.name.hasPrefix(word) }.min { $0.name.count < $1.name.count }
      guard let found else { return nil }
      self = found.format
    }
  }

  /// Whether each commit ends with a line break of its own, rather than being parted from the one before.
  var isTerminated: Bool {
    switch self {
    case .oneline, .reference: true
    case .user(_, let isTerminated): isTerminated
    case .short, .medium, .full, .fuller, .raw: false
    }
  }

  /// Whether it prints nothing at all.
  var isEmpty: Bool { if case .user("", _) = self { true } else { false } }
}

/// Writes one commit in a format.
@Simulated
struct GitCommitText {
  let commit: GitCommit
  let options: GitOptions
  let now: Int64
  /// `HEAD -> main`, or nothing.
  let decoration: String

  private var date: String { GitTime.text(commit.author.seconds, options.date, now: now) }

  /// Without the line break that ends a format of `isTerminated`.
  func text(_ format: GitPretty) -> String {
    let hash = options.abbreviates ? commit.id.short(options.digits) : commit.id.description
    let marked = decoration.isEmpty || options.decoration == .none ? hash : "\(hash) (\(decoration))"
    let author = "\(commit.author.name) <\(commit.author.email)>"
    let committer = "\(commit.committer.name) <\(commit.committer.email)>"
    let commitDate = GitTime.text(commit.committer.seconds, options.date, now: now)
    switch format {
    case .oneline: return "\(marked) \(commit.subject)"
    case .reference:
      return
        "\(commit.id.short(options.digits)) (\(commit.subject), \(GitTime.text(commit.author.seconds, .short, now: now)))"
    case .short: return "commit \(marked)\nAuthor: \(author)\n\n    \(commit.subject)\n"
    case .medium: return "commit \(marked)\nAuthor: \(author)\nDate:   \(date)\n\n" + indented
    case .full: return "commit \(marked)\nAuthor: \(author)\nCommit: \(committer)\n\n" + indented
    case .fuller:
      return "commit \(marked)\nAuthor:     \(author)\nAuthorDate: \(date)\nCommit:     \(committer)\n"
        + "CommitDate: \(commitDate)\n\n" + indented
    case .raw:
      let parent = commit.parent.map { "parent \($0)\n" } ?? ""
      return "commit \(marked)\ntree \(commit.tree)\n\(parent)author \(commit.author.line)\n"
        + "committer \(commit.committer.line)\n\n" + indented
    case .user(let format, _): return expanded(format)
    }
  }

  private var indented: String { lines(of: commit.message).map { "    \($0)\n" }.joined() }

  // MARK: Placeholders

  private func expanded(_ format: String) -> String {
    var (result, rest) = ("", format[...])
    var padding: (width: Int, isRight: Bool)?
    while let character = rest.popFirst() {
      guard character == "%" else {
        result.append(character)
        continue
      }
      if let pad = Self.padding(&rest) {
        padding = pad
        continue
      }
      var value = placeholder(&rest) ?? "%"
      if let pad = padding {
        let blanks = String(repeating: " ", count: max(0, pad.width - value.count))
        value = pad.isRight ? blanks + value : value + blanks
        padding = nil
      }
      result += value
    }
    return result
  }

  /// `<(20)` or `>(20)` behind the sign: the width of the next value.
  private static func padding(_ rest: inout Substring) -> (width: Int, isRight: Bool)? {
    guard let sign = rest.first, sign == "<" || sign == ">", rest.dropFirst().first == "(",
      let end = rest.firstIndex(of: ")"), let width = Int(rest[rest.index(rest.startIndex, offsetBy: 2)..<end])
    else { return nil }
    rest = rest[rest.index(after: end)...]
    return (width, sign == ">")
  }

  private func placeholder(_ rest: inout Substring) -> String? {
    if rest.hasPrefix("C(") {
      rest = rest.firstIndex(of: ")").map { rest[rest.index(after: $0)...] } ?? ""
      return ""
    }
    for color in ["Cred", "Cgreen", "Cblue", "Creset"] where rest.hasPrefix(color) {
      rest = rest.dropFirst(color.count)
      return ""
    }
    if rest.first == "x", let byte = UInt8(rest.dropFirst().prefix(2), radix: 16) {
      rest = rest.dropFirst(3)
      return String(decoding: [byte], as: UTF8.self)
    }
    if let value = Self.person(String(rest.prefix(2)), commit, options, now) {
      rest = rest.dropFirst(2)
      return value
    }
    guard let letter = rest.first, let value = field(letter) else { return nil }
    rest = rest.dropFirst()
    return value
  }

  /// `an`, `ce` and their kin.
  private static func person(_ word: String, _ commit: GitCommit, _ options: GitOptions, _ now: Int64) -> String? {
    guard let who = word.first, who == "a" || who == "c", let what = word.dropFirst().first else { return nil }
    let signature = who == "a" ? commit.author : commit.committer
    func date(_ style: GitTime.Style) -> String { GitTime.text(signature.seconds, style, now: now) }
    switch what {
    case "n", "N": return signature.name
    case "e", "E": return signature.email
    case "l", "L": return String(signature.email.prefix { $0 != "@" })
    case "d": return date(options.date)
    case "D": return date(.rfc)
    case "r": return date(.relative)
    case "t": return date(.unix)
    case "i": return date(.iso)
    case "I": return date(.isoStrict)
    case "s": return date(.short)
    default: return nil
    }
  }

  private func field(_ letter: Character) -> String? {
    switch letter {
    case "H": commit.id.description
    case "h": commit.id.short(options.digits)
    case "T": commit.tree.description
    case "t": commit.tree.short(options.digits)
    case "P": commit.parent?.description ?? ""
    case "p": commit.parent?.short(options.digits) ?? ""
    case "d": decoration.isEmpty ? "" : " (\(decoration))"
    case "D": decoration
    case "s": commit.subject
    case "f": sanitizedSubject
    case "b": commit.body
    case "B": commit.message
    case "n": "\n"
    case "%": "%"
    default: nil
    }
  }

  /// `pretty.c`, `format_sanitized_subject`.
  private var sanitizedSubject: String {
    var (text, hasGap) = ("", false)
    for character in commit.subject {
      let isTitle = character.isASCII && (character.isLetter || character.isNumber) || "._".contains(character)
      guard isTitle else {
        hasGap = true
        continue
      }
      if hasGap, !text.isEmpty { text += "-" }
      hasGap = false
      if character != "." || text.last != "." { text.append(character) }
    }
    while let last = text.last, ".-".contains(last) { text.removeLast() }
    return text
  }
}
