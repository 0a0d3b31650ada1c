import SimulationKernel
import TwinWorld

/// What the words of a command line name: commits and paths.
struct GitSelection {
  /// Commits in the order of the command line, `^` and the left end of ranges left out.
  var commits: [GitCommit] = []
  /// Commits whose history is left out.
  var excluded: [GitCommit] = []
  /// Whether there was a range, as in `git diff A..B`.
  var isRange = false
  /// Whether the range was `A...B` with the older commit behind.
  var isBackward = false
  /// From the repository's root; empty means everything.
  var paths: [String] = []
  /// Which word is the first path; `nil` where all stand behind `--`.
  var firstPath: Int?

  func contains(_ path: String) -> Bool {
    paths.isEmpty || paths.contains { $0.isEmpty || path == $0 || path.hasPrefix($0 + "/") || globMatches($0, path) }
  }

  private func globMatches(_ pattern: String, _ path: String) -> Bool {
    guard pattern.contains(where: { "*?[".contains($0) }) else { return false }
    let text = pattern.map { character -> String in
      switch character {
      case "*": ".*"
      case "?": "."
      case "[", "]", "-": String(character)
      default: character.isLetter || character.isNumber ? String(character) : "\\" + String(character)
      }
    }
    return (try? RegularExpression("^" + text.joined() + "$", .perl))?.matches(path) ?? false
  }
}

// Revisions (gitrevisions(7)), as far as a straight history without tags has them.
extension GitCall {
  /// A commit by its name, a part of its hash, and `~N`, `^`, `^N` behind it; `nil` when there is none.
  func commit(_ text: String) -> GitCommit? {
    var name = text[...]
    if name.hasSuffix("^{commit}") { name = name.dropLast(9) }
    let end = name.firstIndex { $0 == "~" || $0 == "^" } ?? name.endIndex
    guard var place = place(of: String(name[..<end])) else { return nil }
    var rest = name[end...]
    while let sign = rest.popFirst() {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      let count = digits.isEmpty ? 1 : Int(digits) ?? Int.max
      switch sign {
      case "~": place -= min(count, repository.commits.count)
      case "^" where count <= 1: place -= count
      default: return nil
      }
      if place < 0 { return nil }
    }
    return repository.commits[place]
  }

  private func place(of name: String) -> Int? {
    let last = repository.commits.count - 1
    switch name {
    case "HEAD", "@", "main", "heads/main", "refs/heads/main": return last
    case "REVERT_HEAD": return repository.revert.flatMap { pending in index(of: pending.commit.id) }
    default: break
    }
    guard (4...40).contains(name.utf8.count), name.allSatisfy({ $0.isASCII && $0.isHexDigit }) else { return nil }
    let digits = name.lowercased()
    let found = repository.commits.indices.filter { repository.commits[$0].id.description.hasPrefix(digits) }
    return found.count == 1 ? found[0] : nil
  }

  func index(of id: ObjectID) -> Int? { repository.commits.firstIndex { $0.id == id } }

  /// The parent of a commit.
  func parent(of commit: GitCommit) -> GitCommit? {
    commit.parent.flatMap { index(of: $0) }.map { repository.commits[$0] }
  }

  /// Whether a word is a whole hash that names nothing here.
  private func isMissingObject(_ word: String) -> Bool {
    word.utf8.count == 40 && word.allSatisfy { $0.isASCII && $0.isHexDigit } && commit(word) == nil
  }

  // MARK: Words of a command line

  /// Sorts words into revisions and paths (`revision.c`, `setup_revisions`).
  ///
  /// - Parameter dashed: the words behind `--`; `nil` without one.
  func selection(_ words: [String], dashed: [String]?) throws(GitError) -> GitSelection {
    var selection = GitSelection()
    for (place, word) in words.enumerated() {
      if try take(word, into: &selection) { continue }
      if isMissingObject(word) { throw GitError.fatal("bad object \(word)") }
      if dashed != nil { throw GitError.fatal("bad revision '\(word)'") }
      for (offset, path) in words[place...].enumerated() { try checkPath(path, isFirst: offset == 0) }
      for path in words[place...] { selection.paths.append(try rooted(path)) }
      selection.firstPath = place
      break
    }
    for path in dashed ?? [] { selection.paths.append(try rooted(path)) }
    return selection
  }

  private func take(_ word: String, into selection: inout GitSelection) throws(GitError) -> Bool {
    if word.hasPrefix("^") {
      guard let commit = commit(String(word.dropFirst())) else { return false }
      selection.excluded.append(commit)
      return true
    }
    if let dots = word.firstRange(of: "..") {
      let isSymmetric = word[dots.upperBound...].hasPrefix(".")
      let (left, right) = (word[..<dots.lowerBound], word[dots.upperBound...].dropFirst(isSymmetric ? 1 : 0))
      guard let from = commit(left.isEmpty ? "HEAD" : String(left)),
        let to = commit(right.isEmpty ? "HEAD" : String(right)), let first = index(of: from.id),
        let second = index(of: to.id), !(left.isEmpty && right.isEmpty)
      else { return false }
      // In a straight history the older of two commits is where they part.
      let isBackward = isSymmetric && first > second
      selection.excluded.append(isBackward ? to : from)
      selection.commits.append(isBackward ? from : to)
      selection.isRange = true
      selection.isBackward = isBackward
      return true
    }
    guard let commit = commit(word) else { return false }
    selection.commits.append(commit)
    return true
  }

  private func checkPath(_ path: String, isFirst: Bool) throws(GitError) {
    if path.hasPrefix("-") { throw GitError.fatal("option '\(path)' must come before non-option arguments") }
    let inside = try rooted(path)
    let isKnown = repository.workingTree[inside] != nil || repository.workingTree.isFolder(inside)
    if isKnown || path.contains(where: { "*?[".contains($0) }) { return }
    throw GitError.fatal(
      isFirst
        ? """
        ambiguous argument '\(path)': unknown revision or path not in the working tree.
        Use '--' to separate paths from revisions, like this:
        'git <command> [<revision>...] -- [<file>...]'
        """
        : """
        \(path): no such path in the working tree.
        Use 'git <command> -- <path>...' to specify paths that do not exist locally.
        """)
  }

  /// The commits that a selection reaches, the newest first; without a revision those of `HEAD`.
  func history(_ selection: GitSelection) -> [GitCommit] {
    let starts = selection.commits.isEmpty && selection.excluded.isEmpty ? [repository.head] : selection.commits
    guard let newest = starts.compactMap({ index(of: $0.id) }).max() else { return [] }
    let oldest = selection.excluded.compactMap { index(of: $0.id) }.max().map { $0 + 1 } ?? 0
    return oldest <= newest ? repository.commits[oldest...newest].reversed() : []
  }
}
