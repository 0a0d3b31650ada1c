/// A place in a file: what a diagnostic points at.
package struct SourceMark: Hashable, Sendable, CustomStringConvertible {
  /// The path as the user gave it.
  package var file: String
  /// Lines count from 1.
  package var line: Int
  /// Columns count from 1, in Unicode scalars, as editors show them for text without combining marks.
  package var column: Int

  package init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }

  /// The start of a file, for findings about the file as a whole.
  package init(file: String) {
    self.init(file: file, line: 1, column: 1)
  }

  package var description: String { "\(file):\(line):\(column)" }
}

extension SourceMark: Comparable {
  package static func < (left: SourceMark, right: SourceMark) -> Bool {
    (left.file, left.line, left.column) < (right.file, right.line, right.column)
  }
}
