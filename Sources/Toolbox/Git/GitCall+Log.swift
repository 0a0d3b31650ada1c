import SimulationKernel
import TwinWorld

// `git log` and `git show` (builtin/log.c, log-tree.c).
extension GitCall {
  mutating func log() throws(GitError) {
    var options = GitOptions()
    let (words, dashed) = try options.read(arguments)
    let selection = try selection(words, dashed: dashed)
    try options.check(firstPath: selection.firstPath)
    let filter = try GitFilter(options, now: now)
    var commits = history(selection).filter { !options.onlyMerges && filter.accepts($0) }
      .filter { commit in
        let isWhole = selection.paths.isEmpty && !filter.looksAtChanges
        return isWhole || !filter.accepted(changes(of: commit, selection)).isEmpty
      }
    commits = Array(commits.dropFirst(options.skipped).prefix(options.count ?? Int.max))
    if options.isReversed { commits.reverse() }
    for (place, commit) in commits.enumerated() {
      write(commit, filter.accepted(changes(of: commit, selection)), options, isFirst: place == 0)
    }
  }

  /// What a commit changed; all files of the first one are new.
  func changes(of commit: GitCommit, _ selection: GitSelection = GitSelection()) -> [GitChange] {
    GitChange.between(parent(of: commit)?.files ?? FileTree(), commit.files, selection)
  }

  /// Writes a commit and its changes.
  mutating func write(_ commit: GitCommit, _ changes: [GitChange], _ options: GitOptions, isFirst: Bool) {
    let isHead = commit.id == repository.head.id
    let branch = options.decoration == .full ? "refs/heads/main" : "main"
    let pretty = GitCommitText(
      commit: commit, options: options, now: now, decoration: isHead ? "HEAD -> \(branch)" : "")
    var text = pretty.text(options.pretty)
    if options.pretty.isTerminated, !options.pretty.isEmpty { text += "\n" }
    let shown = options.text(changes)
    if !shown.isEmpty {
      if options.pretty != .oneline, !options.pretty.isEmpty {
        text += options.formats.isSuperset(of: [.patch, .stat]) ? "---\n" : "\n"
      }
      text += shown
    }
    if !isFirst, !options.pretty.isTerminated { result.output += options.hasGraph ? "| \n" : "\n" }
    result.output += options.hasGraph ? Self.graph(text, isRoot: commit.parent == nil) : text
  }

  /// A straight line beside the text.
  private static func graph(_ text: String, isRoot: Bool) -> String {
    lines(of: text).enumerated().map { place, line in
      (place == 0 ? "* " : isRoot ? "  " : "| ") + line + "\n"
    }.joined()
  }

  // MARK: show

  mutating func show() throws(GitError) {
    var options = GitOptions()
    var (words, dashed) = try options.read(arguments)
    if options.formats.isEmpty { options.formats = .patch }
    var objects: [(name: String, object: GitObject)] = []
    var paths: [String] = []
    for (place, word) in words.enumerated() {
      if let object = try object(word) {
        objects.append((word, object))
      } else {
        paths = Array(words[place...])
        break
      }
    }
    words = paths
    var selection = try selection(words, dashed: dashed)
    try options.check(firstPath: selection.firstPath.map { $0 + objects.count })
    if objects.isEmpty { objects = [("HEAD", .commit(repository.head))] }
    selection.commits = []
    for (place, (name, object)) in objects.enumerated() {
      switch object {
      case .commit(let commit):
        let changes = changes(of: commit, selection)
        if changes.isEmpty, !selection.paths.isEmpty { continue }
        write(commit, changes, options, isFirst: place == 0)
      case .file(let blob): result.output += (place == 0 ? "" : "\n") + blob.text
      case .folder(let files, let path):
        let list = files.entries(of: path).map { $0.name + ($0.isFolder ? "/" : "") + "\n" }
        result.output += (place == 0 ? "" : "\n") + "tree \(name)\n\n" + list.joined()
      }
    }
  }

  /// What `show` can show.
  enum GitObject {
    case commit(GitCommit)
    case file(FileTree.Blob)
    case folder(FileTree, String)
  }

  /// A commit, or what stands at a path in one: `REVISION:PATH`, `:PATH` for the index.
  ///
  /// - Returns: `nil` for a word that names no object.
  func object(_ word: String) throws(GitError) -> GitObject? {
    if let commit = commit(word) { return .commit(commit) }
    if word.hasSuffix("^{tree}"), let commit = commit(String(word.dropLast(7))) { return .folder(commit.files, "") }
    guard let colon = word.firstIndex(of: ":") else { return blob(word).map { .file($0) } }
    let (name, given) = (String(word[..<colon]), String(word[word.index(after: colon)...]))
    guard let files = name.isEmpty ? repository.index : commit(name)?.files else {
      throw GitError.fatal("invalid object name '\(name)'.")
    }
    let isRelative = given.hasPrefix("./") || given.hasPrefix("../")
    var path = isRelative ? try rooted(given) : given
    while path.hasSuffix("/") { path.removeLast() }
    if let blob = files[path] { return .file(blob) }
    if files.isFolder(path), !name.isEmpty { return .folder(files, path) }
    throw missing(given, path, name, files)
  }

  /// `object-name.c`, `diagnose_invalid_oid_path`.
  private func missing(_ given: String, _ path: String, _ name: String, _ files: FileTree) -> GitError {
    if name.isEmpty { return .fatal("path '\(path)' does not exist (neither on disk nor in the index)") }
    if files[prefix + path] != nil, !prefix.isEmpty {
      return GitError(
        "fatal: path '\(prefix)\(path)' exists, but not '\(path)'\n"
          + "hint: Did you mean '\(name):\(prefix)\(path)' aka '\(name):./\(path)'?\n", exitCode: 128)
    }
    let isOnDisk = repository.workingTree[path] != nil
    return .fatal(
      isOnDisk ? "path '\(path)' exists on disk, but not in '\(name)'" : "path '\(path)' does not exist in '\(name)'")
  }

  /// A file's content by a part of its hash.
  private func blob(_ digits: String) -> FileTree.Blob? {
    guard (4...40).contains(digits.utf8.count), digits.allSatisfy({ $0.isASCII && $0.isHexDigit }) else { return nil }
    for commit in repository.commits {
      for path in commit.files.paths {
        if let blob = commit.files[path], blob.id.description.hasPrefix(digits.lowercased()) { return blob }
      }
    }
    return nil
  }
}

/// Which commits and changes the options of `log` keep.
@Simulated
struct GitFilter {
  private let since: Int64?
  private let until: Int64?
  private let authors: [RegularExpression]
  private let committers: [RegularExpression]
  private let messages: [RegularExpression]
  private let invertsMessages: Bool
  private let counted: [UInt8]?
  private let changed: RegularExpression?
  private let statuses: String?

  init(_ options: GitOptions, now: Int64) throws(GitError) {
    since = options.since.map { GitTime.moment($0, now: now) }
    until = options.until.map { GitTime.moment($0, now: now) }
    func expressions(_ patterns: [String], _ origin: String) throws(GitError) -> [RegularExpression] {
      var found: [RegularExpression] = []
      for pattern in patterns {
        do { found.append(try RegularExpression(pattern, options.grammar, ignoresCase: options.ignoresCase)) } catch {
          throw GitError.fatal("\(origin), '\(pattern)': Invalid regular expression")
        }
      }
      return found
    }
    authors = try expressions(options.authors, "header")
    committers = try expressions(options.committers, "header")
    messages = try expressions(options.messages, "command line")
    invertsMessages = options.invertsMessages
    counted = options.countedText.map { Array($0.utf8) }
    if let pattern = options.changedText {
      do { changed = try RegularExpression(pattern, .extended, ignoresCase: options.ignoresCase) } catch {
        throw GitError.fatal("invalid regex: \(error.message)")
      }
    } else {
      changed = nil
    }
    statuses = options.statuses
  }

  var looksAtChanges: Bool { counted != nil || changed != nil || statuses != nil }

  func accepts(_ commit: GitCommit) -> Bool {
    if let since, commit.committer.seconds < since { return false }
    if let until, commit.committer.seconds > until { return false }
    func holds(_ patterns: [RegularExpression], _ signature: GitCommit.Signature) -> Bool {
      patterns.isEmpty || patterns.contains { $0.matches("\(signature.name) <\(signature.email)>") }
    }
    guard holds(authors, commit.author), holds(committers, commit.committer) else { return false }
    if messages.isEmpty { return true }
    let lines = lines(of: commit.message)
    return messages.contains { pattern in lines.contains { pattern.matches($0) } } != invertsMessages
  }

  /// The changes that `-S`, `-G` and `--diff-filter` keep.
  func accepted(_ changes: [GitChange]) -> [GitChange] {
    changes.filter { change in
      if let statuses, !statuses.contains(change.status) { return false }
      if let counted, count(of: counted, in: change.old) == count(of: counted, in: change.new) { return false }
      if let changed, !change.edits.contains(where: { $0.mark != " " && changed.matches($0.line) }) { return false }
      return true
    }
  }

  private func count(of text: [UInt8], in blob: FileTree.Blob?) -> Int {
    guard let content = blob?.content, !text.isEmpty, content.count >= text.count else { return 0 }
    var (count, place) = (0, 0)
    while place + text.count <= content.count {
      if content[place..<(place + text.count)].elementsEqual(text) {
        count += 1
        place += text.count
      } else {
        place += 1
      }
    }
    return count
  }
}
