import SimulationKernel
import TwinWorld

// `git revert` (sequencer.c). No editor is opened: messages stay as they are proposed.
extension GitCall {
  private var signature: GitCommit.Signature {
    GitCommit.Signature(
      name: GitRepository.engineer.name, email: GitRepository.engineer.email, seconds: now)
  }

  mutating func revert() throws(GitError) {
    var (words, commits, action) = ([String](), true, String?.none)
    for argument in arguments {
      switch argument {
      case "--no-edit", "--edit", "-e", "--": break
      case "-n", "--no-commit": commits = false
      case "--commit": commits = true
      case "--continue", "--skip", "--abort", "--quit": action = argument
      case let option where option.hasPrefix("-") && option.count > 1:
        throw GitError(GitUsage.revert, exitCode: 129)
      default: words.append(argument)
      }
    }
    if let action { return try goOn(action) }
    if words.isEmpty { throw GitError(GitUsage.revert, exitCode: 129) }
    var selection = GitSelection()
    for word in words {
      do throws(GitError) {
        let one = try self.selection([word], dashed: [])
        selection.commits += one.commits
        selection.excluded += one.excluded
        selection.isRange = selection.isRange || one.isRange || !one.excluded.isEmpty
      } catch { throw error.text.contains("bad object") ? error : GitError.fatal("bad revision '\(word)'") }
    }
    try checkClean()
    let queue = selection.isRange ? history(selection) : selection.commits
    try revert(queue, commits: commits, start: repository.head.id)
  }

  private func checkClean() throws(GitError) {
    if repository.revert?.unmerged.isEmpty == false {
      throw GitError(
        "error: Reverting is not possible because you have unmerged files.\n" + Self.unmergedHint
          + "fatal: revert failed\n", exitCode: 128)
    }
    guard repository.index == repository.head.files else {
      throw GitError(
        """
        error: your local changes would be overwritten by revert.
        hint: commit your changes or stash them to proceed.
        fatal: revert failed

        """, exitCode: 128)
    }
  }

  private static let unmergedHint = """
    hint: Fix them up in the work tree, and then use 'git add/rm <file>'
    hint: as appropriate to mark resolution and make a commit.

    """

  /// Reverts commits one after another until one meets a conflict.
  private mutating func revert(_ queue: [GitCommit], commits: Bool, start: ObjectID) throws(GitError) {
    var remaining = queue[...]
    while let commit = remaining.popFirst() {
      let message = "Revert \"\(commit.subject)\"\n\nThis reverts commit \(commit.id).\n"
      let merge = merged(commit)
      try checkWorkingTree(merge.files)
      result.output += merge.notes
      write(merge)
      if !merge.unmerged.isEmpty {
        repository.revert = .init(
          commit: commit, message: message, unmerged: merge.unmerged, remaining: Array(remaining), start: start)
        throw conflict(commit)
      }
      if !commits {
        repository.revert = .init(commit: commit, message: message, unmerged: [:], remaining: [], start: start)
      } else if repository.index == repository.head.files {
        throw GitError(output: long(GitStatus(repository)), exitCode: 1)
      } else {
        makeCommit(message, tellsDate: true)
      }
    }
  }

  private struct Merge {
    /// What the working tree and the index are to hold; conflicts with their marks.
    var files: FileTree
    var notes = ""
    var unmerged: [String: GitRepository.PendingRevert.Sides] = [:]
  }

  /// The way back from a commit to its parent, applied to `HEAD`.
  private func merged(_ commit: GitCommit) -> Merge {
    let (base, theirs) = (commit.files, parent(of: commit)?.files ?? FileTree())
    var merge = Merge(files: repository.index)
    let label = "parent of \(commit.id.short()) (\(commit.subject))"
    for path in base.differences(from: theirs) {
      let (ours, old, new) = (repository.index[path], base[path], theirs[path])
      if ours == old {
        merge.files[path] = new
      } else if ours != new {
        guard let ours, let old, let new else {
          let (gone, kept) = ours == nil ? ("HEAD", label) : (label, "HEAD")
          merge.notes +=
            "CONFLICT (modify/delete): \(path) deleted in \(gone) and modified in \(kept).  "
            + "Version \(kept) of \(path) left in tree.\n"
          merge.files[path] = ours ?? new
          merge.unmerged[path] = .init(ours: ours, theirs: new)
          continue
        }
        let text = TextMerge(
          base: GitChange.lines(old), ours: GitChange.lines(ours), theirs: GitChange.lines(new),
          labels: (ours: "HEAD", theirs: label))
        merge.notes += "Auto-merging \(path)\n"
        merge.files[path] = FileTree.Blob(Array(text.lines.joined().utf8))
        if text.hasConflict {
          merge.notes += "CONFLICT (content): Merge conflict in \(path)\n"
          merge.unmerged[path] = .init(ours: ours, theirs: new)
        }
      }
    }
    return merge
  }

  /// What somebody has changed in the working tree is not overwritten.
  private func checkWorkingTree(_ files: FileTree) throws(GitError) {
    let head = repository.head.files
    let touched = files.differences(from: head)
    func list(_ paths: [String]) -> String { paths.map { "\t\($0)\n" }.joined() }
    let changed = touched.filter { head[$0] != nil && repository.workingTree[$0] != head[$0] }
    if !changed.isEmpty {
      throw GitError(
        "error: Your local changes to the following files would be overwritten by merge:\n\(list(changed))"
          + "Please commit your changes or stash them before you merge.\nAborting\nfatal: revert failed\n",
        exitCode: 128)
    }
    let untracked = touched.filter { head[$0] == nil && repository.workingTree[$0] != nil }
    if !untracked.isEmpty {
      throw GitError(
        "error: The following untracked working tree files would be overwritten by merge:\n\(list(untracked))"
          + "Please move or remove them before you merge.\nAborting\nfatal: revert failed\n", exitCode: 128)
    }
  }

  /// What is not resolved stands in the index as it was.
  private func write(_ merge: Merge) {
    for path in merge.files.differences(from: repository.index) { repository.workingTree[path] = merge.files[path] }
    repository.index = merge.files
    for path in merge.unmerged.keys.sorted() { repository.index[path] = merge.unmerged[path]?.ours }
  }

  private func conflict(_ commit: GitCommit) -> GitError {
    GitError(
      """
      error: could not revert \(commit.id.short())... \(commit.subject)
      hint: After resolving the conflicts, mark them with
      hint: "git add/rm <pathspec>", then run
      hint: "git revert --continue".
      hint: You can instead skip this commit with "git revert --skip".
      hint: To abort and get back to the state before "git revert",
      hint: run "git revert --abort".

      """, exitCode: 1)
  }

  // MARK: What follows a conflict

  private mutating func goOn(_ action: String) throws(GitError) {
    guard let pending = repository.revert else {
      if action == "--quit" { return }
      let text = action == "--skip" ? "no revert in progress" : "no cherry-pick or revert in progress"
      throw GitError("error: \(text)\nfatal: revert failed\n", exitCode: 128)
    }
    switch action {
    case "--quit": repository.revert = nil
    case "--abort": repository.reset(to: pending.start)
    case "--skip":
      repository.reset(to: repository.head.id)
      try revert(pending.remaining, commits: true, start: pending.start)
    default:
      guard pending.unmerged.isEmpty else { throw Self.unresolved(pending) }
      try finish(pending)
    }
  }

  private mutating func finish(_ pending: GitRepository.PendingRevert, message: String? = nil) throws(GitError) {
    guard repository.index != repository.head.files else {
      throw GitError(output: long(GitStatus(repository)), exitCode: 1)
    }
    repository.revert = nil
    makeCommit(message ?? pending.message, tellsDate: false)
    try revert(pending.remaining, commits: true, start: pending.start)
  }

  private static func unresolved(_ pending: GitRepository.PendingRevert) -> GitError {
    var error = GitError(
      "error: Committing is not possible because you have unmerged files.\n" + unmergedHint
        + "fatal: Exiting because of an unresolved conflict.\n", exitCode: 128)
    error.output = pending.unmerged.keys.sorted().map { "U\t\($0)\n" }.joined()
    return error
  }

  /// Commits the index and says so as `print_commit_summary` does.
  private mutating func makeCommit(_ message: String, tellsDate: Bool) {
    let commit = repository.commit(message: message, author: signature, committer: signature)
    print("[main \(commit.id.short())] \(commit.subject)")
    if tellsDate { print(" Date: \(GitTime.text(now, .normal, now: now))") }
    let stat = GitStat(changes(of: commit))
    result.output += stat.shortstat + stat.summary
  }

  // MARK: git commit

  /// `git commit` with `-m`, `-a` and `-q`.
  mutating func commit() throws(GitError) {
    var (messages, takesAll, isQuiet) = ([String](), false, false)
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "-m", "--message", "-am":
        if argument == "-am" { takesAll = true }
        guard let text = rest.popFirst() else {
          throw GitError("error: switch `m' requires a value\n", exitCode: 129)
        }
        messages.append(text)
      case "-a", "--all": takesAll = true
      case "-q", "--quiet": isQuiet = true
      case "--no-edit": break
      case let option where option.hasPrefix("--message="): messages.append(String(option.dropFirst(10)))
      case let option where option.hasPrefix("--"):
        throw GitError("error: unknown option `\(option.dropFirst(2))'\n", exitCode: 129)
      case let option where option.hasPrefix("-"):
        throw GitError("error: unknown switch `\(option.dropFirst().prefix(1))'\n", exitCode: 129)
      default: throw GitError("error: pathspec '\(argument)' did not match any file(s) known to git\n", exitCode: 1)
      }
    }
    if let pending = repository.revert, !pending.unmerged.isEmpty, !takesAll { throw Self.unresolved(pending) }
    if takesAll { stageTracked() }
    if repository.index == repository.head.files { throw GitError(output: long(GitStatus(repository)), exitCode: 1) }
    let message = messages.isEmpty ? nil : messages.joined(separator: "\n\n")
    if let pending = repository.revert { return try finish(pending, message: message) }
    guard let message else {
      throw GitError(
        "error: Terminal is dumb, but EDITOR unset\nPlease supply the message using either -m or -F option.\n",
        exitCode: 1)
    }
    makeCommit(message, tellsDate: false)
    if isQuiet { result.output = "" }
  }

  private func stageTracked() {
    for path in repository.index.paths { repository.index[path] = repository.workingTree[path] }
    repository.revert?.unmerged = [:]
  }
}
