/// What differs between two texts, line by line, as `diff -u` prints it with three lines of context (GNU diffutils,
/// "Detailed Description of Unified Format"); empty when nothing does.
///
/// - Parameter at: the time beside both names.
func unifiedDiff(_ old: String, _ new: String, from oldName: String, to newName: String, at time: String) -> String {
  let (before, after) = (textLines(old), textLines(new))
  let edits = lineEdits(from: before, to: after)
  guard edits.contains(where: { $0.mark != " " }) else { return "" }
  var text = "--- \(oldName)\t\(time)\n+++ \(newName)\t\(time)\n"
  for hunk in changedHunks(edits) {
    let part = edits[hunk]
    let (firstOld, firstNew) = edits[..<hunk.lowerBound].reduce(into: (0, 0)) { counts, edit in
      if edit.mark != "+" { counts.0 += 1 }
      if edit.mark != "-" { counts.1 += 1 }
    }
    let (countOld, countNew) = (part.count { $0.mark != "+" }, part.count { $0.mark != "-" })
    text += "@@ -\(range(firstOld, countOld)) +\(range(firstNew, countNew)) @@\n"
    text += part.map { "\($0.mark)\($0.line)\n" }.joined()
  }
  return text
}

/// A line that was kept, taken away or added: ` `, `-`, `+`.
struct LineEdit {
  var mark: Character
  var line: String
}

private func textLines(_ text: String) -> [String] {
  var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  if lines.last == "" { lines.removeLast() }
  return lines
}

private func range(_ before: Int, _ count: Int) -> String {
  let start = count == 0 ? before : before + 1
  return count == 1 ? "\(start)" : "\(start),\(count)"
}

/// The shortest way from one list to the other, by the lengths of longest common tails; removals before additions.
func lineEdits(from old: [String], to new: [String]) -> [LineEdit] {
  var common = [[Int]](repeating: [Int](repeating: 0, count: new.count + 1), count: old.count + 1)
  for i in old.indices.reversed() {
    for j in new.indices.reversed() {
      common[i][j] = old[i] == new[j] ? common[i + 1][j + 1] + 1 : max(common[i + 1][j], common[i][j + 1])
    }
  }
  var (i, j) = (0, 0)
  var result: [LineEdit] = []
  while i < old.count || j < new.count {
    if i < old.count, j < new.count, old[i] == new[j] {
      result.append(LineEdit(mark: " ", line: old[i]))
      (i, j) = (i + 1, j + 1)
    } else if i < old.count, j == new.count || common[i + 1][j] >= common[i][j + 1] {
      result.append(LineEdit(mark: "-", line: old[i]))
      i += 1
    } else {
      result.append(LineEdit(mark: "+", line: new[j]))
      j += 1
    }
  }
  return result
}

/// The ranges of edits that are shown together: changes with their context, joined where contexts touch.
func changedHunks(_ edits: [LineEdit], context: Int = 3) -> [Range<Int>] {
  var result: [Range<Int>] = []
  for (index, edit) in edits.enumerated() where edit.mark != " " {
    let (start, end) = (max(0, index - context), min(edits.count, index + context + 1))
    if let last = result.last, start <= last.upperBound {
      result[result.count - 1] = last.lowerBound..<end
    } else {
      result.append(start..<end)
    }
  }
  return result
}
