import TwinWorld

/// One file of a comparison.
struct GitChange {
  let path: String
  let old: FileTree.Blob?
  let new: FileTree.Blob?

  /// The files in which two trees differ.
  static func between(_ old: FileTree, _ new: FileTree, _ selection: GitSelection) -> [GitChange] {
    new.differences(from: old).filter(selection.contains).map { GitChange(path: $0, old: old[$0], new: new[$0]) }
  }

  /// `A`, `D` or `M`.
  var status: Character { old == nil ? "A" : new == nil ? "D" : "M" }

  var edits: [LineEdit] { ChangeLayout.settled(lineEdits(from: Self.lines(old), to: Self.lines(new))) }

  var counts: (added: Int, deleted: Int) {
    edits.reduce(into: (0, 0)) { counts, edit in
      if edit.mark == "+" { counts.0 += 1 }
      if edit.mark == "-" { counts.1 += 1 }
    }
  }

  /// Lines with their line breaks, so that a last one without differs from one with.
  static func lines(_ blob: FileTree.Blob?) -> [String] {
    guard let blob else { return [] }
    var lines: [String] = []
    var start = blob.content.startIndex
    while start < blob.content.endIndex {
      let end = blob.content[start...].firstIndex(of: 10).map { $0 + 1 } ?? blob.content.endIndex
      lines.append(String(decoding: blob.content[start..<end], as: UTF8.self))
      start = end
    }
    return lines
  }

  // MARK: The patch (diff-format(5), "Generating patch text with -p")

  func patch(context: Int) -> String {
    var text = "diff --git a/\(path) b/\(path)\n"
    switch status {
    case "A": text += "new file mode 100644\n"
    case "D": text += "deleted file mode 100644\n"
    default: break
    }
    let mode = status == "M" ? " 100644" : ""
    text += "index \((old?.id ?? .none).short())..\((new?.id ?? .none).short())\(mode)\n"
    let edits = edits
    guard edits.contains(where: { $0.mark != " " }) else { return text }
    text += "--- \(old == nil ? "/dev/null" : "a/\(path)")\n+++ \(new == nil ? "/dev/null" : "b/\(path)")\n"
    var (firstOld, firstNew, place, heading) = (0, 0, 0, "")
    for hunk in changedHunks(edits, context: context) {
      for edit in edits[place..<hunk.lowerBound] {
        if edit.mark != "+" {
          firstOld += 1
          heading = Self.heading(edit.line) ?? heading
        }
        if edit.mark != "-" { firstNew += 1 }
      }
      text += Self.hunk(edits[hunk], firstOld, firstNew, heading)
      for edit in edits[hunk] {
        if edit.mark != "+" {
          firstOld += 1
          heading = Self.heading(edit.line) ?? heading
        }
        if edit.mark != "-" { firstNew += 1 }
      }
      place = hunk.upperBound
    }
    return text
  }

  private static func hunk(_ edits: ArraySlice<LineEdit>, _ firstOld: Int, _ firstNew: Int, _ heading: String) -> String
  {
    let (countOld, countNew) = (edits.count { $0.mark != "+" }, edits.count { $0.mark != "-" })
    let place = "@@ -\(range(firstOld, countOld)) +\(range(firstNew, countNew)) @@"
    return (heading.isEmpty ? place : "\(place) \(heading)") + "\n"
      + edits.map { edit in
        "\(edit.mark)\(edit.line)" + (edit.line.hasSuffix("\n") ? "" : "\n\\ No newline at end of file\n")
      }.joined()
  }

  private static func range(_ before: Int, _ count: Int) -> String {
    let start = count == 0 ? before : before + 1
    return count == 1 ? "\(start)" : "\(start),\(count)"
  }

  /// A line that names what follows: one that begins with a letter, `_` or `$`, at most 80 bytes of it (xdiff, `def_ff`).
  private static func heading(_ line: String) -> String? {
    guard let first = line.utf8.first,
      (65...90).contains(first) || (97...122).contains(first) || first == 95 || first == 36
    else { return nil }
    var bytes = Array(line.utf8.prefix(80))
    while let last = bytes.last, [9, 10, 13, 32].contains(last) { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// The statistics of changes, 80 columns wide.
struct GitStat {
  let changes: [GitChange]
  private let rows: [(name: String, added: Int, deleted: Int)]

  init(_ changes: [GitChange]) {
    self.changes = changes
    rows = changes.map { ($0.path, $0.counts.added, $0.counts.deleted) }
  }

  /// `diff.c`, `show_stats`: the names get what the graph leaves them, and five eighths at least.
  var stat: String {
    if rows.isEmpty { return "" }
    let greatest = rows.map { $0.added + $0.deleted }.max() ?? 0
    let digits = String(greatest).count
    let width = 80
    var (nameWidth, graphWidth) = (rows.map { $0.name.count }.max() ?? 0, greatest)
    if nameWidth + digits + 6 + graphWidth > width {
      graphWidth = min(graphWidth, max(6, width * 3 / 8 - digits - 6))
      if nameWidth > width - digits - 6 - graphWidth {
        nameWidth = width - digits - 6 - graphWidth
      } else {
        graphWidth = width - digits - 6 - nameWidth
      }
    }
    return rows.map { row in
      let total = row.added + row.deleted
      let bars = Self.bars(row.added, row.deleted, graphWidth, greatest)
      let number = String(repeating: " ", count: digits - String(total).count) + String(total)
      return " \(Self.fitted(row.name, nameWidth)) | \(number)\(total > 0 ? " " : "")\(bars)\n"
    }.joined() + shortstat
  }

  private static func fitted(_ name: String, _ width: Int) -> String {
    guard name.count > width else { return name + String(repeating: " ", count: width - name.count) }
    let tail = name.suffix(max(0, width - 3))
    let shown = "..." + (tail.firstIndex(of: "/").map { tail[$0...] } ?? tail)
    return shown + String(repeating: " ", count: max(0, width - shown.count))
  }

  private static func bars(_ added: Int, _ deleted: Int, _ width: Int, _ greatest: Int) -> String {
    func scaled(_ count: Int) -> Int { count == 0 ? 0 : 1 + count * (width - 1) / greatest }
    var (plus, minus) = (added, deleted)
    if width <= greatest {
      var total = scaled(added + deleted)
      if total < 2, added > 0, deleted > 0 { total = 2 }
      if added < deleted {
        plus = scaled(added)
        minus = total - plus
      } else {
        minus = scaled(deleted)
        plus = total - minus
      }
    }
    return String(repeating: "+", count: plus) + String(repeating: "-", count: minus)
  }

  var shortstat: String {
    if rows.isEmpty { return "" }
    let (added, deleted) = (rows.reduce(0) { $0 + $1.added }, rows.reduce(0) { $0 + $1.deleted })
    var text = " \(rows.count) file\(rows.count == 1 ? "" : "s") changed"
    if added > 0 || deleted == 0 { text += ", \(added) insertion\(added == 1 ? "" : "s")(+)" }
    if deleted > 0 || added == 0 { text += ", \(deleted) deletion\(deleted == 1 ? "" : "s")(-)" }
    return text + "\n"
  }

  var numstat: String { rows.map { "\($0.added)\t\($0.deleted)\t\($0.name)\n" }.joined() }

  /// Files that came and went.
  var summary: String {
    changes.filter { $0.status != "M" }
      .map { " \($0.status == "A" ? "create" : "delete") mode 100644 \($0.path)\n" }.joined()
  }
}

extension GitOptions {
  /// The changes in the formats that were asked for, in the order in which `diff_flush` writes them.
  func text(_ changes: [GitChange]) -> String {
    if changes.isEmpty || formats.contains(.nothing) { return "" }
    var blocks: [String] = []
    if formats.contains(.nameOnly) { blocks.append(changes.map { $0.path + "\n" }.joined()) }
    if formats.contains(.nameStatus) { blocks.append(changes.map { "\($0.status)\t\($0.path)\n" }.joined()) }
    let stat = GitStat(changes)
    var statistics = ""
    if formats.contains(.numstat) { statistics += stat.numstat }
    if formats.contains(.stat) { statistics += stat.stat }
    if formats.contains(.shortstat) { statistics += stat.shortstat }
    if formats.contains(.summary) { statistics += stat.summary }
    if !statistics.isEmpty { blocks.append(statistics) }
    let text = blocks.joined()
    guard formats.contains(.patch) else { return text }
    return (text.isEmpty ? "" : text + "\n") + changes.map { $0.patch(context: context) }.joined()
  }
}
