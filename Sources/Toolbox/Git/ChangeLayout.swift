/// Where a change is shown that could stand in several places, as when one of several equal blocks was taken away.
///
/// Follows Git's own rules (xdiff, `xdl_change_compact` with the indentation heuristic): changes that touch are joined, one
/// stands beside a change of the other side if it can, and else where the lines around it look most like the ends of a block.
struct ChangeLayout {
  private var old: Side
  private var new: Side

  /// The same edits, better placed.
  static func settled(_ edits: [LineEdit]) -> [LineEdit] {
    var layout = ChangeLayout(edits)
    settle(&layout.old, beside: layout.new)
    settle(&layout.new, beside: layout.old)
    return layout.edits
  }

  private init(_ edits: [LineEdit]) {
    old = Side(edits.filter { $0.mark != "+" }.map { ($0.line, $0.mark == "-") })
    new = Side(edits.filter { $0.mark != "-" }.map { ($0.line, $0.mark == "+") })
  }

  private var edits: [LineEdit] {
    var (edits, i, j) = ([LineEdit](), 0, 0)
    while i < old.lines.count || j < new.lines.count {
      if old.isChanged(i) {
        edits.append(LineEdit(mark: "-", line: old.lines[i]))
        i += 1
      } else if new.isChanged(j) {
        edits.append(LineEdit(mark: "+", line: new.lines[j]))
        j += 1
      } else {
        edits.append(LineEdit(mark: " ", line: old.lines[i]))
        (i, j) = (i + 1, j + 1)
      }
    }
    return edits
  }

  private static func settle(_ side: inout Side, beside other: Side) {
    var (group, partner) = (side.firstGroup, other.firstGroup)
    while true {
      if !group.isEmpty { place(&group, in: &side, &partner, in: other) }
      guard let next = side.group(after: group), let beside = other.group(after: partner) else { return }
      (group, partner) = (next, beside)
    }
  }

  private static func place(_ group: inout Range<Int>, in side: inout Side, _ partner: inout Range<Int>, in other: Side)
  {
    var (size, highest, hasMatch) = (0, 0, false)
    repeat {
      size = group.count
      while side.slideUp(&group) { partner = other.group(before: partner) ?? partner }
      (highest, hasMatch) = (group.upperBound, !partner.isEmpty)
      while side.slideDown(&group) {
        partner = other.group(after: partner) ?? partner
        if !partner.isEmpty { hasMatch = true }
      }
    } while size != group.count
    if group.upperBound == highest { return }
    func moveUp() -> Bool {
      guard side.slideUp(&group) else { return false }
      partner = other.group(before: partner) ?? partner
      return true
    }
    if hasMatch {
      while partner.isEmpty, moveUp() {}
    } else {
      let best = side.bestEnd(of: group, from: highest)
      while group.upperBound > best, moveUp() {}
    }
  }

  // MARK: One of the two texts

  private struct Side {
    let lines: [String]
    private var changed: [Bool]

    init(_ rows: [(line: String, isChanged: Bool)]) {
      lines = rows.map(\.line)
      changed = rows.map(\.isChanged)
    }

    func isChanged(_ place: Int) -> Bool { changed.indices.contains(place) && changed[place] }

    /// Groups of changed lines; between two unchanged lines stands an empty one.
    var firstGroup: Range<Int> { 0..<end(from: 0) }

    private func end(from start: Int) -> Int {
      var end = start
      while isChanged(end) { end += 1 }
      return end
    }

    func group(after group: Range<Int>) -> Range<Int>? {
      let start = group.upperBound + 1
      return group.upperBound == lines.count ? nil : start..<end(from: start)
    }

    func group(before group: Range<Int>) -> Range<Int>? {
      if group.lowerBound == 0 { return nil }
      var start = group.lowerBound - 1
      let end = start
      while isChanged(start - 1) { start -= 1 }
      return start..<end
    }

    /// Moves a group by one line where the lines permit it, and joins the one into which it runs.
    mutating func slideUp(_ group: inout Range<Int>) -> Bool {
      guard group.lowerBound > 0, lines[group.lowerBound - 1] == lines[group.upperBound - 1] else { return false }
      changed[group.lowerBound - 1] = true
      changed[group.upperBound - 1] = false
      var start = group.lowerBound - 1
      while isChanged(start - 1) { start -= 1 }
      group = start..<(group.upperBound - 1)
      return true
    }

    mutating func slideDown(_ group: inout Range<Int>) -> Bool {
      guard group.upperBound < lines.count, lines[group.lowerBound] == lines[group.upperBound] else { return false }
      changed[group.lowerBound] = false
      changed[group.upperBound] = true
      group = (group.lowerBound + 1)..<end(from: group.upperBound)
      return true
    }

    // MARK: The indentation heuristic

    /// The end of the place at which both edges of a group look best; of equals the lowest.
    func bestEnd(of group: Range<Int>, from highest: Int) -> Int {
      let first = max(highest, group.upperBound - group.count - 1, group.upperBound - 100)
      var (best, bestScore) = (first, Score())
      for end in first...group.upperBound {
        var score = Score()
        score.add(Split(lines, at: end))
        score.add(Split(lines, at: end - group.count))
        if end == first || !bestScore.isBetter(than: score) { (best, bestScore) = (end, score) }
      }
      return best
    }
  }

  /// What stands around a place between two lines; indentations of blank lines, and beyond the ends, are -1.
  private struct Split {
    var isAtEnd: Bool
    var indentation: Int
    var before = (indentation: -1, blanks: 0)
    var after = (indentation: -1, blanks: 0)

    init(_ lines: [String], at place: Int) {
      isAtEnd = place >= lines.count
      indentation = isAtEnd ? -1 : Self.indentation(lines[place])
      before = Self.nearest(lines[..<min(max(place, 0), lines.count)].reversed())
      after = Self.nearest(lines.dropFirst(place + 1))
    }

    private static func nearest(_ lines: some Sequence<String>) -> (indentation: Int, blanks: Int) {
      var blanks = 0
      for line in lines {
        let found = indentation(line)
        if found >= 0 { return (found, blanks) }
        blanks += 1
        if blanks == 20 { return (0, blanks) }
      }
      return (-1, blanks)
    }

    private static func indentation(_ line: String) -> Int {
      var width = 0
      for byte in line.utf8 {
        switch byte {
        case 32: width += 1
        case 9: width += 8 - width % 8
        case 10...13: continue
        default: return width
        }
        if width >= 200 { return 200 }
      }
      return -1
    }
  }

  private struct Score {
    var indentation = 0
    var penalty = 0

    /// The weights are those that were found best for code at hand (xdiff, `score_add_split`).
    mutating func add(_ split: Split) {
      if split.before == (-1, 0) { penalty += 1 }
      if split.isAtEnd { penalty += 21 }
      let blanksAfter = split.indentation == -1 ? 1 + split.after.blanks : 0
      let blanks = split.before.blanks + blanksAfter
      penalty += -30 * blanks + 6 * blanksAfter
      let own = split.indentation != -1 ? split.indentation : split.after.indentation
      indentation += own
      if own == -1 || split.before.indentation == -1 || own == split.before.indentation { return }
      if own > split.before.indentation {
        penalty += blanks > 0 ? 10 : -4
      } else if split.after.indentation > own {
        penalty += blanks > 0 ? 17 : 24
      } else {
        penalty += blanks > 0 ? 17 : 23
      }
    }

    func isBetter(than other: Score) -> Bool {
      60 * (indentation - other.indentation).signum() + penalty - other.penalty < 0
    }
  }
}
