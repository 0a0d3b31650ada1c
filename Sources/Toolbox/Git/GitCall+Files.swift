import SimulationKernel
import TwinWorld

// What moves files between the working tree, the index and commits; and the small commands.
extension GitCall {
  /// `git add PATH…`, `-A`, `-u`.
  mutating func add() throws(GitError) {
    var (words, takesAll, takesTracked) = ([String](), false, false)
    for argument in arguments {
      switch argument {
      case "-A", "--all": takesAll = true
      case "-u", "--update": takesTracked = true
      case "--", "-v": break
      case let option where option.hasPrefix("--"):
        throw GitError("error: unknown option `\(option.dropFirst(2))'\n", exitCode: 129)
      case let option where option.hasPrefix("-"):
        throw GitError("error: unknown switch `\(option.dropFirst().prefix(1))'\n", exitCode: 129)
      default: words.append(argument)
      }
    }
    if words.isEmpty, !takesAll, !takesTracked {
      throw GitError(
        """
        Nothing specified, nothing added.
        hint: Maybe you wanted to say 'git add .'?
        hint: Turn this message off by running
        hint: "git config advice.addEmptyPathspec false"

        """, exitCode: 0)
    }
    var paths: [String] = []
    for word in words {
      let found = try matching(word, [repository.workingTree, repository.index])
      if found.isEmpty { throw GitError.fatal("pathspec '\(word)' did not match any files") }
      paths += found
    }
    if words.isEmpty { paths = Set(repository.workingTree.paths + repository.index.paths).sorted() }
    for path in paths where !takesTracked || repository.index[path] != nil {
      repository.index[path] = repository.workingTree[path]
      repository.revert?.unmerged[path] = nil
    }
  }

  /// Paths of some trees that a pathspec names.
  private func matching(_ word: String, _ trees: [FileTree]) throws(GitError) -> [String] {
    var selection = GitSelection()
    selection.paths = [try rooted(word)]
    return Set(trees.flatMap(\.paths)).filter(selection.contains).sorted()
  }

  /// `git restore [--staged] [--worktree] [--source=REVISION] PATH…`
  mutating func restore() throws(GitError) {
    var (words, isStaged, isWork, source) = ([String](), false, false, String?.none)
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--staged", "-S": isStaged = true
      case "--worktree", "-W": isWork = true
      case "-SW", "-WS": (isStaged, isWork) = (true, true)
      case "--source", "-s": source = rest.popFirst()
      case "--", "-q", "--quiet": break
      case let option where option.hasPrefix("--source="): source = String(option.dropFirst(9))
      case let option where option.hasPrefix("--"):
        throw GitError("error: unknown option `\(option.dropFirst(2))'\n", exitCode: 129)
      case let option where option.hasPrefix("-") && option.count > 1:
        throw GitError("error: unknown switch `\(option.dropFirst().prefix(1))'\n", exitCode: 129)
      default: words.append(argument)
      }
    }
    if words.isEmpty { throw GitError.fatal("you must specify path(s) to restore") }
    var files = isStaged ? repository.head.files : repository.index
    if let source {
      guard let commit = commit(source) else { throw GitError.fatal("could not resolve \(source)") }
      files = commit.files
    }
    let paths = try known(words, files)
    for path in paths {
      if isStaged { repository.index[path] = files[path] }
      if isWork || !isStaged { repository.workingTree[path] = files[path] }
    }
  }

  /// The files that pathspecs name; each must be known to Git.
  private func known(_ words: [String], _ files: FileTree) throws(GitError) -> [String] {
    var (paths, errors) = ([String](), "")
    for word in words {
      let found = try matching(word, [files, repository.index]).filter {
        files[$0] != nil || repository.index[$0] != nil
      }
      if found.isEmpty { errors += "error: pathspec '\(word)' did not match any file(s) known to git\n" }
      paths += found
    }
    if !errors.isEmpty { throw GitError(errors, exitCode: 1) }
    return paths
  }

  /// `git checkout [REVISION] [--] PATH…`; there is only one branch to go to.
  mutating func checkout() throws(GitError) {
    let dash = arguments.firstIndex(of: "--")
    var words = dash.map { Array(arguments[..<$0]) } ?? arguments
    words.removeAll { $0 == "-q" || $0 == "--quiet" }
    if let option = words.first(where: { $0.hasPrefix("-") }) {
      let text = option.hasPrefix("--") ? "option `\(option.dropFirst(2))'" : "switch `\(option.dropFirst().prefix(1))'"
      throw GitError("error: unknown \(text)\n", exitCode: 129)
    }
    var paths = dash.map { Array(arguments[($0 + 1)...]) } ?? []
    let source = words.first.flatMap { commit($0) }
    if dash != nil, let name = words.first, source == nil { throw GitError.fatal("invalid reference: \(name)") }
    paths = words.dropFirst(source == nil ? 0 : 1) + paths
    if paths.isEmpty {
      guard let name = words.first else { return }
      guard name == "main" else {
        throw GitError("error: the twin's repository has one branch; name paths behind '\(name) --'\n", exitCode: 1)
      }
      result.errors += "Already on 'main'\n"
      return
    }
    let files = source?.files ?? repository.index
    let found = try known(paths, files).filter { files[$0] != nil }
    let count = found.count { repository.workingTree[$0] != files[$0] }
    for path in found {
      if source != nil { repository.index[path] = files[path] }
      repository.workingTree[path] = files[path]
    }
    // Said only where no `--` marks the words as paths.
    if dash == nil {
      let origin = source.map { $0.id.short() } ?? "the index"
      result.errors += "Updated \(count) path\(count == 1 ? "" : "s") from \(origin)\n"
    }
  }

  /// `git branch`, which lists the only one.
  mutating func branch() throws(GitError) {
    for argument in arguments {
      switch argument {
      case "-a", "--all", "--list", "-l", "-v", "-vv": break
      case "-r", "--remotes": return
      case "--show-current": return print("main")
      case let option where option.hasPrefix("--"):
        throw GitError("error: unknown option `\(option.dropFirst(2))'\n", exitCode: 129)
      default: throw GitError.fatal("the twin's repository has one branch, main")
      }
    }
    let isLong = arguments.contains { $0.hasPrefix("-v") }
    print(isLong ? "* main \(repository.head.id.short()) \(repository.head.subject)" : "* main")
  }

  /// Of what there is none here, such as remotes and tags, there is nothing to list and nothing else to do.
  func refuseArguments(except known: [String] = []) throws(GitError) {
    guard let word = arguments.first(where: { !known.contains($0) }) else { return }
    throw GitError("git: the twin's repository has no remotes and no tags: \(word)\n", exitCode: 1)
  }

  /// `git rev-parse [--short] [--abbrev-ref] [--verify] REVISION…`, `--show-toplevel`.
  mutating func revParse() throws(GitError) {
    let words = arguments.filter { !$0.hasPrefix("-") }
    if arguments.contains("--is-inside-work-tree") { return print("true") }
    if arguments.contains("--show-prefix") { return print(prefix) }
    for word in words {
      guard let commit = commit(word) else {
        result.output += arguments.contains("--verify") ? "" : word + "\n"
        throw arguments.contains("--verify")
          ? GitError.fatal("Needed a single revision") : try unknownRevision(word)
      }
      if arguments.contains("--abbrev-ref") {
        print(["HEAD", "@", "main"].contains(word) ? "main" : "")
      } else {
        print(arguments.contains { $0.hasPrefix("--short") } ? commit.id.short() : commit.id.description)
      }
    }
  }

  private func unknownRevision(_ word: String) throws(GitError) -> GitError {
    do throws(GitError) {
      _ = try selection([word], dashed: nil)
      return GitError("", exitCode: 0)
    } catch { return error }
  }
}
