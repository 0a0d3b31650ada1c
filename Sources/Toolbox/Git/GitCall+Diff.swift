import SimulationKernel
import TwinWorld

// `git diff` (builtin/diff.c).
extension GitCall {
  mutating func diff() throws(GitError) {
    var options = GitOptions()
    let (words, dashed) = try options.read(arguments, isDiff: true)
    let selection = try selection(words, dashed: dashed)
    try options.check(firstPath: selection.firstPath)
    if options.formats.isEmpty { options.formats = .patch }
    let (old, new) = try sides(selection, isCached: options.isCached)
    let filter = try GitFilter(options, now: now)
    let isOfWork = selection.commits.isEmpty && !options.isCached
    // Files that nobody has added are not compared.
    let changes = filter.accepted(
      GitChange.between(old, new, selection).filter { !isOfWork && selection.commits.count != 1 || old[$0.path] != nil }
    )
    if options.tellsByExitCode, !changes.isEmpty { result.exitCode = 1 }
    if options.isQuiet { return }
    let unmerged = isOfWork ? repository.revert?.unmerged ?? [:] : [:]
    let plain = changes.filter { unmerged[$0.path] == nil }
    for change in changes where unmerged[change.path] != nil {
      result.output += unresolved(change, unmerged[change.path], options)
    }
    result.output += options.text(plain)
  }

  private func sides(_ selection: GitSelection, isCached: Bool) throws(GitError) -> (old: FileTree, new: FileTree) {
    if isCached { return ((selection.commits.first ?? repository.head).files, repository.index) }
    switch (selection.commits.count, selection.excluded.first) {
    case (0, nil): return (repository.index, repository.workingTree)
    case (1, nil): return (selection.commits[0].files, tracked)
    case (2, nil): return (selection.commits[0].files, selection.commits[1].files)
    case (1, let from?) where selection.isBackward: return (from.files, from.files)
    case (1, let from?): return (from.files, selection.commits[0].files)
    default: throw GitError(GitUsage.diff, exitCode: 129)
    }
  }

  /// The working tree without the files that nobody has added.
  private var tracked: FileTree {
    var files = FileTree()
    for path in repository.index.paths { files[path] = repository.workingTree[path] }
    return files
  }

  // MARK: A conflict against both sides (diff-format(5), "Combined diff format")

  /// A path in conflict is listed as such, and then as a change.
  private func unresolved(
    _ change: GitChange, _ sides: GitRepository.PendingRevert.Sides?, _ options: GitOptions
  ) -> String {
    if options.formats.contains(.patch) { return combined(change.path, sides) }
    let status = options.formats.contains(.nameStatus) ? "U\t" : ""
    let isList = !options.formats.isDisjoint(with: [.nameOnly, .nameStatus])
    return (isList ? "\(status)\(change.path)\n" : "") + options.text([change])
  }

  private func combined(_ path: String, _ sides: GitRepository.PendingRevert.Sides?) -> String {
    guard let ours = sides?.ours, let theirs = sides?.theirs, let work = repository.workingTree[path] else {
      return "* Unmerged path \(path)\n"
    }
    let rows = CombinedLines(
      ours: GitChange.lines(ours), theirs: GitChange.lines(theirs), result: GitChange.lines(work))
    return "diff --cc \(path)\nindex \(ours.id.short()),\(theirs.id.short())..0000000\n--- a/\(path)\n+++ b/\(path)\n"
      + rows.text(context: 3)
  }
}

/// The lines of a merge beside those of its two sides.
struct CombinedLines {
  private struct Row {
    /// One mark a side.
    var marks: String
    var line: String
    var isChanged: Bool { marks != "  " }
  }

  private var rows: [Row] = []

  init(ours: [String], theirs: [String], result: [String]) {
    let (first, second) = (Side(ours, result), Side(theirs, result))
    for place in 0...result.count {
      rows +=
        first.lost[place].map { Row(marks: "- ", line: $0) } + second.lost[place].map { Row(marks: " -", line: $0) }
      guard place < result.count else { break }
      let marks = (first.isNew[place] ? "+" : " ") + (second.isNew[place] ? "+" : " ")
      rows.append(Row(marks: marks, line: result[place]))
    }
  }

  private struct Side {
    /// By the place in the result before which a line is missing.
    var lost: [[String]]
    var isNew: [Bool] = []

    init(_ side: [String], _ result: [String]) {
      lost = [[String]](repeating: [], count: result.count + 1)
      for edit in lineEdits(from: side, to: result) {
        if edit.mark == "-" { lost[isNew.count].append(edit.line) } else { isNew.append(edit.mark == "+") }
      }
    }
  }

  /// Of the first 40 characters those before the last that is no blank: Git leaves one out (combine-diff.c,
  /// `dump_sline`).
  private static func heading(_ line: String) -> String? {
    guard let first = line.first, first.isASCII, first.isLetter || "_$".contains(first) else { return nil }
    let shown = line.prefix(40).prefix { $0 != "\n" }
    return String(shown.reversed().drop { $0 == " " || $0 == "\t" }.dropFirst().reversed())
  }

  func text(context: Int) -> String {
    var (text, counts, heading, place) = ("", (first: 0, second: 0, result: 0), "", 0)
    func advance(_ row: Row) {
      if row.marks.first == " " && row.marks != " -" { counts.first += 1 }
      if row.marks == "- " { counts.first += 1 }
      if row.marks.last == " " && row.marks != "- " { counts.second += 1 }
      if row.marks == " -" { counts.second += 1 }
      if !row.marks.contains("-") { counts.result += 1 }
    }
    let marked = rows.map { LineEdit(mark: $0.isChanged ? "+" : " ", line: $0.line) }
    for hunk in changedHunks(marked, context: context) {
      for row in rows[place..<hunk.lowerBound] {
        advance(row)
        heading = Self.heading(row.line) ?? heading
      }
      let before = counts
      var body = ""
      for row in rows[hunk] {
        advance(row)
        body += row.marks + row.line
      }
      place = hunk.upperBound
      text +=
        "@@@ -\(before.first + 1),\(counts.first - before.first) -\(before.second + 1),"
        + "\(counts.second - before.second) +\(before.result + 1),\(counts.result - before.result) @@@"
        + (heading.isEmpty ? "\n" : " \(heading)\n") + body
    }
    return text
  }
}
