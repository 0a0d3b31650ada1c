/// One mistake in a user's file: where, what was found, what is accepted, and perhaps the nearest spelling.
package struct Diagnostic: Error, Hashable, Sendable, CustomStringConvertible {
  /// Whether the file can still be used.
  package enum Severity: String, Sendable {
    case error, warning
  }

  package var severity: Severity
  package var mark: SourceMark
  /// What was found and what is accepted, in one line.
  package var message: String
  /// Advice, such as the nearest accepted spelling; printed after the message.
  package var hint: String?

  package init(_ severity: Severity = .error, at mark: SourceMark, _ message: String, hint: String? = nil) {
    self.severity = severity
    self.mark = mark
    self.message = message
    self.hint = hint
  }

  /// `file:line:column: error: message; hint`, the form that editors and compilers share.
  package var description: String {
    "\(mark): \(severity.rawValue): \(message)" + (hint.map { "; \($0)" } ?? "")
  }
}

/// All mistakes of one or more files, in the order of their places; thrown where a document cannot be used.
package struct DiagnosticList: Error, Hashable, Sendable, CustomStringConvertible {
  package var diagnostics: [Diagnostic]

  package init(_ diagnostics: [Diagnostic]) {
    self.diagnostics = diagnostics
  }

  /// One line a diagnostic.
  package var description: String {
    diagnostics.map(\.description).joined(separator: "\n")
  }
}

/// Gathers diagnostics while a file is decoded, so that all mistakes are told at once.
package final class Diagnostics {
  private var collected: [Diagnostic] = []

  package init() {}

  /// What was reported so far, ordered by file, line and column; reports at one place keep their order.
  package var all: [Diagnostic] {
    collected.enumerated().sorted { ($0.element.mark, $0.offset) < ($1.element.mark, $1.offset) }.map(\.element)
  }

  package var hasErrors: Bool { collected.contains { $0.severity == .error } }

  package func error(at mark: SourceMark, _ message: String, hint: String? = nil) {
    collected.append(Diagnostic(.error, at: mark, message, hint: hint))
  }

  package func warning(at mark: SourceMark, _ message: String, hint: String? = nil) {
    collected.append(Diagnostic(.warning, at: mark, message, hint: hint))
  }

  package func add(_ diagnostics: [Diagnostic]) {
    collected += diagnostics
  }

  /// Throws everything reported so far if there is an error among it.
  package func throwIfErrors() throws(DiagnosticList) {
    if hasErrors { throw DiagnosticList(all) }
  }
}
