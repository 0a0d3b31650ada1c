import SimulationKernel
import TwinWorld

/// How the working tree, the index and `HEAD` differ.
@Simulated
struct GitStatus {
  let staged: [GitChange]
  let unstaged: [GitChange]
  let unmerged: [String]
  /// Folders without a tracked file stand for what is in them, with a slash at their end.
  let untracked: [String]

  init(_ repository: GitRepository, _ selection: GitSelection = GitSelection()) {
    let unmerged = (repository.revert?.unmerged.keys.sorted() ?? []).filter(selection.contains)
    self.unmerged = unmerged
    staged = GitChange.between(repository.head.files, repository.index, selection).filter {
      !unmerged.contains($0.path)
    }
    let changes = GitChange.between(repository.index, repository.workingTree, selection)
    unstaged = changes.filter { $0.old != nil && !unmerged.contains($0.path) }
    var found: [String] = []
    for change in changes where change.old == nil {
      let parts = change.path.split(separator: "/")
      let depth = (1..<max(parts.count, 1)).first { !repository.index.isFolder(parts[..<$0].joined(separator: "/")) }
      let shown = depth.map { parts[..<$0].joined(separator: "/") + "/" } ?? change.path
      if !found.contains(shown) { found.append(shown) }
    }
    untracked = found
  }
}

// `git status` (wt-status.c).
extension GitCall {
  private enum Style { case long, short, porcelain }

  mutating func status() throws(GitError) {
    var (style, showsBranch, showsUntracked) = (Style.long, false, true)
    var words: [String] = []
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--":
        words += rest
        rest = []
      case "--short": style = .short
      case "--branch": showsBranch = true
      case "--porcelain", "--porcelain=v1": style = .porcelain
      case "--long": style = .long
      case "-uno", "--untracked-files=no": showsUntracked = false
      case "-u", "-unormal", "-uall", "--untracked-files", "--untracked-files=normal", "--untracked-files=all": break
      case "--ahead-behind", "--no-ahead-behind", "--no-renames", "--show-stash", "--ignored": break
      case let option where option.hasPrefix("--"):
        throw GitError("error: unknown option `\(option.dropFirst(2))'\n" + GitUsage.status, exitCode: 129)
      case let option where option.hasPrefix("-") && option.count > 1:
        for letter in option.dropFirst() {
          switch letter {
          case "s": style = .short
          case "b": showsBranch = true
          case "v": break
          default: throw GitError("error: unknown switch `\(letter)'\n" + GitUsage.status, exitCode: 129)
          }
        }
      default: words.append(argument)
      }
    }
    var selection = GitSelection()
    for path in words { selection.paths.append(try rooted(path)) }
    let status = GitStatus(repository, selection)
    if style == .long {
      result.output += long(status, showsUntracked: showsUntracked)
    } else {
      if showsBranch { print("## main") }
      result.output += short(status, isRooted: style == .porcelain, showsUntracked: showsUntracked)
    }
  }

  private func short(_ status: GitStatus, isRooted: Bool, showsUntracked: Bool) -> String {
    func name(_ path: String) -> String { isRooted ? path : shown(path) }
    var marks: [String: (staged: Character, unstaged: Character)] = [:]
    for change in status.staged { marks[change.path, default: (" ", " ")].staged = change.status }
    for change in status.unstaged { marks[change.path, default: (" ", " ")].unstaged = change.status }
    for path in status.unmerged { marks[path] = ("U", "U") }
    let tracked = marks.keys.sorted().map { "\(marks[$0]?.staged ?? " ")\(marks[$0]?.unstaged ?? " ") \(name($0))\n" }
    return tracked.joined() + (showsUntracked ? status.untracked.map { "?? \(name($0))\n" }.joined() : "")
  }

  /// The long form, which also says why there is nothing to commit.
  func long(_ status: GitStatus, showsUntracked: Bool = true) -> String {
    var text = "On branch main\n" + revertAdvice(status)
    func section(_ title: String, _ hints: [String], _ rows: [String]) {
      if rows.isEmpty { return }
      text += title + "\n" + hints.map { "  (\($0))\n" }.joined() + rows.map { "\t\($0)\n" }.joined() + "\n"
    }
    section(
      "Changes to be committed:", ["use \"git restore --staged <file>...\" to unstage"], status.staged.map(row))
    section(
      "Unmerged paths:",
      ["use \"git restore --staged <file>...\" to unstage", "use \"git add <file>...\" to mark resolution"],
      status.unmerged.map { "both modified:   \(shown($0))" })
    let add = status.unstaged.contains { $0.status == "D" } ? "add/rm" : "add"
    section(
      "Changes not staged for commit:",
      [
        "use \"git \(add) <file>...\" to update what will be committed",
        "use \"git restore <file>...\" to discard changes in working directory",
      ], status.unstaged.map(row))
    if showsUntracked {
      section(
        "Untracked files:", ["use \"git add <file>...\" to include in what will be committed"],
        status.untracked.map(shown))
    }
    if !status.staged.isEmpty { return text }
    if !status.unstaged.isEmpty || !status.unmerged.isEmpty {
      return text + "no changes added to commit (use \"git add\" and/or \"git commit -a\")\n"
    }
    if status.untracked.isEmpty { return text + "nothing to commit, working tree clean\n" }
    return text
      + (showsUntracked
        ? "nothing added to commit but untracked files present (use \"git add\" to track)\n"
        : "nothing to commit (use -u to show untracked files)\n")
  }

  private func row(_ change: GitChange) -> String {
    let labels: [Character: String] = ["A": "new file:   ", "M": "modified:   ", "D": "deleted:    "]
    return (labels[change.status] ?? "") + shown(change.path)
  }

  private func revertAdvice(_ status: GitStatus) -> String {
    guard let revert = repository.revert else { return "" }
    let next =
      revert.unmerged.isEmpty
      ? "all conflicts fixed: run \"git revert --continue\"" : "fix conflicts and run \"git revert --continue\""
    return """
      You are currently reverting commit \(revert.commit.id.short()).
        (\(next))
        (use "git revert --skip" to skip this patch)
        (use "git revert --abort" to cancel the revert operation)


      """
  }
}
