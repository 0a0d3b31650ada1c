import Foundation
import Telemetry
import Testing

/// An expression and what Prometheus 2.42 makes of it: a line of `Conformance/parser.tsv`.
struct ParserRow: Sendable, CustomTestStringConvertible {
  var expression: String
  /// Whether the text is the canonical form; otherwise it is the error.
  var isWellFormed: Bool
  var text: String

  var testDescription: String { expression }

  static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Conformance/parser.tsv")

  /// Expression, `ok` or `error`, and text, between tabs; tabs, line feeds and backslashes in them are escaped.
  static let recorded: [ParserRow] = {
    let lines = ((try? String(contentsOf: file, encoding: .utf8)) ?? "").split(separator: "\n")
    return lines.map { line in
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map { unescaped(String($0)) }
      return ParserRow(expression: parts[0], isWellFormed: parts[1] == "ok", text: parts[2])
    }
  }()

  var line: String {
    [expression, isWellFormed ? "ok" : "error", text].map {
      $0.replacing("\\", with: "\\\\").replacing("\n", with: "\\n").replacing("\t", with: "\\t")
    }.joined(separator: "\t") + "\n"
  }

  private static func unescaped(_ text: String) -> String {
    text.replacing("\\\\", with: "\u{0}").replacing("\\n", with: "\n").replacing("\\t", with: "\t")
      .replacing("\u{0}", with: "\\")
  }
}

// Here, because the servers of one process must not run at the same time.
extension PrometheusConformance {
  @Test(.enabled(if: PrometheusServer.isInstalled))
  func parsesAsTheInstalledPrometheus() throws {
    let server = try #require(try PrometheusServer([]))
    defer { server.stop() }
    let answers = try server.answers(
      ParserRow.recorded.map { row in
        "/api/v1/format_query?query=\(row.expression.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
      })
    let rows = try zip(ParserRow.recorded, answers).map { row, data in
      let answer = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
      let error = answer["error"] as? String
      return ParserRow(
        expression: row.expression, isWellFormed: error == nil,
        text: error?.replacing("invalid parameter \"query\": ", with: "") ?? answer["data"] as? String ?? "")
    }
    if ProcessInfo.processInfo.environment["TWIN_UPDATE_GOLDEN"] != nil {
      try rows.map(\.line).joined().write(to: ParserRow.file, atomically: true, encoding: .utf8)
    }
    #expect(rows.map(\.line) == ParserRow.recorded.map(\.line))
  }
}
