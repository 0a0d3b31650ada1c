import SimulationKernel
import TwinWorld

// `git blame [-L FROM,TO] [-e] [-s] [-l] [REVISION] [--] FILE` (builtin/blame.c).
extension GitCall {
  private struct BlameOptions {
    var range: String?
    var showsEmail = false
    var isShort = false
    var isLong = false
    var words: [String] = []
  }

  mutating func blame() throws(GitError) {
    let options = try blameOptions()
    var words = options.words
    guard let file = words.popLast() else { throw GitError(GitUsage.blame, exitCode: 129) }
    var last: GitCommit?
    if let name = words.first {
      guard let commit = commit(name) else { throw GitError.fatal("bad revision '\(name)'") }
      last = commit
    }
    let path = try rooted(file)
    guard (last ?? repository.head).files[path] != nil else {
      throw GitError.fatal("no such path '\(path)' in \(words.first ?? "HEAD")")
    }
    let rows = origins(of: path, until: last)
    let range = try Self.range(options.range, count: rows.count, file: path)
    let names = rows.map { row in
      let name = row.commit.map { options.showsEmail ? "<\($0.author.email)>" : $0.author.name }
      return name ?? (options.showsEmail ? "<not.committed.yet>" : "Not Committed Yet")
    }
    let width = range.map { names[$0].count }.max() ?? 0
    let digits = String(range.upperBound).count
    for place in range {
      let (commit, line) = (rows[place].commit, rows[place].line)
      let number = String(repeating: " ", count: digits - String(place + 1).count) + String(place + 1)
      let name = names[place] + String(repeating: " ", count: width - names[place].count)
      let date = GitTime.text(commit?.author.seconds ?? now, .iso, now: now)
      let author = options.isShort ? "\(number))" : "(\(name) \(date) \(number))"
      result.output += "\(Self.hash(commit, isLong: options.isLong)) \(author) \(line)"
      if !line.hasSuffix("\n") { result.output += "\n" }
    }
  }

  private func blameOptions() throws(GitError) -> BlameOptions {
    var options = BlameOptions()
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "-L":
        guard let value = rest.popFirst() else {
          throw GitError("error: switch `L' requires a value\n" + GitUsage.blame, exitCode: 129)
        }
        options.range = value
      case let option where option.hasPrefix("-L"): options.range = String(option.dropFirst(2))
      case "-e", "--show-email": options.showsEmail = true
      case "-s": options.isShort = true
      case "-l": options.isLong = true
      case "--": break
      case let option where option.hasPrefix("--"):
        throw GitError("error: unknown option `\(option.dropFirst(2))'\n" + GitUsage.blame, exitCode: 129)
      case let option where option.hasPrefix("-"):
        throw GitError("error: unknown switch `\(option.dropFirst().prefix(1))'\n" + GitUsage.blame, exitCode: 129)
      default: options.words.append(argument)
      }
    }
    return options
  }

  /// A commit that has no parent is marked as the boundary.
  private static func hash(_ commit: GitCommit?, isLong: Bool) -> String {
    let id = commit?.id ?? .none
    let isBoundary = commit != nil && commit?.parent == nil
    return (isBoundary ? "^" : "") + id.short((isLong ? 40 : 8) - (isBoundary ? 1 : 0))
  }

  /// Each line with the commit from which it comes; `nil` for what is only in the working tree.
  private func origins(of path: String, until last: GitCommit?) -> [(commit: GitCommit?, line: String)] {
    var rows: [(commit: GitCommit?, line: String)] = []
    func follow(_ blob: FileTree.Blob?, _ commit: GitCommit?) {
      var (next, place) = ([(commit: GitCommit?, line: String)](), 0)
      for edit in lineEdits(from: rows.map(\.line), to: GitChange.lines(blob)) {
        if edit.mark != "-" { next.append(edit.mark == "+" ? (commit, edit.line) : rows[place]) }
        if edit.mark != "+" { place += 1 }
      }
      rows = next
    }
    for commit in repository.commits {
      let before = parent(of: commit)?.files[path]
      if commit.files[path] != before || commit.parent == nil { follow(commit.files[path], commit) }
      if commit.id == last?.id { return rows }
    }
    if last == nil { follow(repository.workingTree[path], nil) }
    return rows
  }

  /// `FROM,TO`, `FROM,+COUNT`, `FROM`; places from 0.
  private static func range(_ text: String?, count: Int, file: String) throws(GitError) -> Range<Int> {
    guard let text else { return 0..<count }
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let from = max(Int(parts[0]) ?? 1, 1)
    guard from <= count else {
      throw GitError.fatal("file \(file) has only \(count) line\(count == 1 ? "" : "s")")
    }
    var to = count
    if parts.count > 1, let number = Int(parts[1].hasPrefix("+") ? String(parts[1].dropFirst()) : parts[1]) {
      to = parts[1].hasPrefix("+") ? from + number - 1 : number
    }
    return (min(from, to) - 1)..<min(max(from, to), count)
  }
}
