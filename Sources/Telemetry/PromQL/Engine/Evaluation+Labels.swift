// Functions that change labels.
extension Evaluation {
  func labelReplace(_ arguments: [Expression]) throws(PromQLError) -> [Column] {
    let (target, template) = (try string(arguments[1]), try string(arguments[2]))
    let (source, text) = (try string(arguments[3]), try string(arguments[4]))
    let pattern: LabelPattern
    do { pattern = try LabelPattern(text) } catch {
      throw PromQLError("invalid regular expression in label_replace(): \(text)")
    }
    guard isLabelName(target) else { throw PromQLError("invalid destination label name in label_replace(): \(target)") }
    var columns = try vector(arguments[0])
    for index in columns.indices {
      guard let value = pattern.expand(template, in: columns[index].labels[source]) else { continue }
      columns[index].labels[target] = value
    }
    return try distinct(columns)
  }

  func labelJoin(_ arguments: [Expression]) throws(PromQLError) -> [Column] {
    let (target, separator) = (try string(arguments[1]), try string(arguments[2]))
    var sources: [String] = []
    for argument in arguments.dropFirst(3) {
      let name = try string(argument)
      guard isLabelName(name) else { throw PromQLError("invalid source label name in label_join(): \(name)") }
      sources.append(name)
    }
    guard isLabelName(target) else { throw PromQLError("invalid destination label name in label_join(): \(target)") }
    var columns = try vector(arguments[0])
    for index in columns.indices {
      let labels = columns[index].labels
      columns[index].labels[target] = sources.map { labels[$0] }.joined(separator: separator)
    }
    return try distinct(columns)
  }
}

/// Whether a text is a label's name: letters, digits and underscores, no digit first (`model.LabelName.IsValid`).
func isLabelName(_ text: String) -> Bool {
  guard let first = text.utf8.first, !(48...57).contains(first) else { return false }
  return text.utf8.allSatisfy {
    (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95
  }
}
