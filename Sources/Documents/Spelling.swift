/// The number of insertions, deletions, replacements and swaps of neighbours that turn one word into the other, or
/// `nil` when there are more than `limit` (optimal string alignment distance, compared without regard to case).
package func editDistance(_ left: String, _ right: String, limit: Int) -> Int? {
  let a = Array(left.lowercased().unicodeScalars)
  let b = Array(right.lowercased().unicodeScalars)
  guard abs(a.count - b.count) <= limit else { return nil }
  var beforePrevious: [Int] = []
  var previous = Array(0...b.count)
  for row in 0..<a.count {
    var current = [row + 1]
    for column in 0..<b.count {
      let replaced = previous[column] + (a[row] == b[column] ? 0 : 1)
      var best = min(replaced, previous[column + 1] + 1, current[column] + 1)
      if row > 0, column > 0, a[row] == b[column - 1], a[row - 1] == b[column] {
        best = min(best, beforePrevious[column - 1] + 1)
      }
      current.append(best)
    }
    if current.allSatisfy({ $0 > limit }) { return nil }
    beforePrevious = previous
    previous = current
  }
  return previous[b.count] <= limit ? previous[b.count] : nil
}

/// The accepted word nearest to a misspelt one, if any is near enough: at most one edit for each three letters, and
/// never more than three. Of equally near words the first wins.
package func nearestSpelling(of word: String, among accepted: [String]) -> String? {
  let limit = min(3, max(1, word.count / 3))
  var best: (word: String, distance: Int)?
  for candidate in accepted {
    guard let distance = editDistance(word, candidate, limit: limit) else { continue }
    if distance < best?.distance ?? .max { best = (candidate, distance) }
  }
  return best?.word
}

/// `did you mean "name"?`, or `nil` when nothing accepted is near.
package func spellingHint(for word: String, among accepted: [String]) -> String? {
  nearestSpelling(of: word, among: accepted).map { "did you mean \"\($0)\"?" }
}
