/// Changes one field of a YAML file where it stands: comments, layout and everything else stay as they were written.
package struct YAMLEdit {
  /// Why a field cannot be changed in place.
  package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String

    package init(description: String) { self.description = description }
  }

  private var lines: [String]
  private let file: String

  private init(_ text: String, file: String) {
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    self.file = file
  }

  /// The text with another value of a field.
  ///
  /// - Parameters:
  ///   - path: keys from the document's root; in a list the place, from 0.
  ///   - value: a string, number or Boolean; `nil` takes the field away. A field that is missing comes after the last one of
  ///     its mapping.
  ///   - isMeant: picks the document among those of the file.
  /// - Throws: where the field or its value takes more than one line, or stands in a form that this does not edit.
  package static func setting(
    _ path: [String], to value: JSONValue?, in text: String, file: String, document isMeant: (Node) -> Bool
  ) throws(Refusal) -> String {
    let documents: [Node]
    do throws(DiagnosticList) { documents = try parseYAML(text, file: file) } catch {
      throw Refusal(description: error.description)
    }
    guard let document = documents.first(where: isMeant) else {
      throw Refusal(description: "\(file): the object is not in this file")
    }
    var edit = YAMLEdit(text, file: file)
    try edit.set(path, to: value, below: document)
    return edit.lines.joined(separator: "\n")
  }

  private mutating func set(_ path: [String], to value: JSONValue?, below document: Node) throws(Refusal) {
    var parent = document
    for step in path.dropLast() {
      guard
        let next = parent.sequence.flatMap({ list in Int(step).flatMap { list.indices.contains($0) ? list[$0] : nil } })
          ?? parent[step]
      else { throw Refusal(description: "\(parent.mark): there is no \(path.joined(separator: "."))") }
      parent = next
    }
    guard let key = path.last, let entries = parent.mapping else {
      throw Refusal(description: "\(parent.mark): \(path.joined(separator: ".")) is no field of a mapping")
    }
    let entry = entries.first { $0.key.keyText == key }
    switch (entry, value) {
    case (let entry?, let value?): try replace(entry.value, with: value)
    case (let entry?, nil): try remove(entry)
    case (nil, let value?): try append(key, value, to: entries, of: parent)
    case (nil, nil): throw Refusal(description: "\(parent.mark): there is no \(path.joined(separator: "."))")
    }
  }

  // MARK: The three edits

  private mutating func replace(_ node: Node, with value: JSONValue) throws(Refusal) {
    let extent = try extent(of: node)
    var scalars = Array(lines[node.mark.line - 1].unicodeScalars)
    let quote = scalars[extent.lowerBound]
    scalars.replaceSubrange(extent, with: Self.spelling(value, like: quote).unicodeScalars)
    lines[node.mark.line - 1] = text(scalars)
  }

  private mutating func remove(_ entry: Node.Entry) throws(Refusal) {
    _ = try extent(of: entry.value)
    let line = Array(lines[entry.key.mark.line - 1].unicodeScalars)
    guard entry.value.mark.line == entry.key.mark.line, line.prefix(entry.key.mark.column - 1).allSatisfy({ $0 == " " })
    else { throw refusal(entry.key.mark) }
    lines.remove(at: entry.key.mark.line - 1)
  }

  private mutating func append(_ key: String, _ value: JSONValue, to entries: [Node.Entry], of parent: Node)
    throws(Refusal)
  {
    guard let last = entries.last else { throw refusal(parent.mark) }
    _ = try extent(of: last.value)
    let line = Array(lines[last.key.mark.line - 1].unicodeScalars)
    let indentation = last.key.mark.column - 1
    // The first key of a list's item stands behind its dash.
    let isBlock = line.prefix(indentation).allSatisfy { $0 == " " || $0 == "-" }
    guard last.value.mark.line == last.key.mark.line, isBlock else {
      throw refusal(last.key.mark)
    }
    let spelled = "\(Self.spelling(.string(key), like: " ")): \(Self.spelling(value, like: " "))"
    lines.insert(String(repeating: " ", count: indentation) + spelled, at: last.key.mark.line)
  }

  // MARK: How scalars stand in the text

  /// Where a scalar stands in its line, quotes included.
  private func extent(of node: Node) throws(Refusal) -> Range<Int> {
    let start = node.mark.column - 1
    guard let scalar = node.scalar, lines.indices.contains(node.mark.line - 1) else { throw refusal(node.mark) }
    let line = Array(lines[node.mark.line - 1].unicodeScalars)
    guard line.indices.contains(start) else { throw refusal(node.mark) }
    let end: Int
    switch line[start] {
    case "\"", "'":
      guard let close = Self.closingQuote(line, from: start) else { throw refusal(node.mark) }
      end = close + 1
    default:
      end = start + scalar.text.unicodeScalars.count
      guard scalar.isPlain, end <= line.count, end > start, text(line[start..<end]) == scalar.text else {
        throw refusal(node.mark)
      }
    }
    return start..<end
  }

  private static func closingQuote(_ line: [Unicode.Scalar], from start: Int) -> Int? {
    var index = start + 1
    while index < line.count {
      if line[start] == "\"", line[index] == "\\" {
        index += 2
      } else if line[index] == line[start] {
        guard line[start] == "'", index + 1 < line.count, line[index + 1] == "'" else { return index }
        index += 2
      } else {
        index += 1
      }
    }
    return nil
  }

  /// A scalar in the quotes of the one that it replaces, or without any where it needs none, in flow mappings neither.
  private static func spelling(_ value: JSONValue, like quote: Unicode.Scalar) -> String {
    guard let string = value.string else { return value.jsonText() }
    if quote == "'", !string.contains("\n") { return "'" + string.replacing("'", with: "''") + "'" }
    let isPlain = ScalarTraits(string).style(isKey: true) == .plain && !string.contains { ",[]{}".contains($0) }
    return quote != "\"" && isPlain ? string : value.jsonText()
  }

  private func text(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  private func refusal(_ mark: SourceMark) -> Refusal {
    Refusal(description: "\(mark): this is not written in a form that can be changed in place")
  }
}
