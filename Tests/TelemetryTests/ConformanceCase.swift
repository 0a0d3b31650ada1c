import Foundation
import Telemetry
import Testing

/// A query and what Prometheus answers: a line of a file of answers.
struct ConformanceCase: Codable, Sendable, CustomTestStringConvertible {
  var expression: String
  /// Over the table's range of time; otherwise at an instant.
  var isRange: Bool
  /// The instant in seconds, where it is not the table's.
  var time: String?
  /// What is wrong; `nil` for a result.
  var error: String?
  var type: String?
  /// Labels as Prometheus writes them, and `time value` pairs.
  var series: [Series]?

  struct Series: Codable, Sendable {
    var labels: [String: String]
    var samples: [String]
  }

  var testDescription: String { (isRange ? "range " : time.map { "at \($0) " } ?? "") + expression }

  /// Takes over what the HTTP API answered.
  mutating func read(_ data: Data) throws {
    let answer = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    if let error = answer["error"] as? String {
      self.error = error.replacingOccurrences(of: "invalid parameter \"query\": ", with: "")
      return
    }
    let result = answer["data"] as? [String: Any] ?? [:]
    type = result["resultType"] as? String
    func sample(_ pair: Any?) -> String {
      guard let pair = pair as? [Any], pair.count == 2 else { return "" }
      return "\(Int64(((pair[0] as? Double ?? 0) * 1000).rounded())) \(pair[1])"
    }
    if let series = result["result"] as? [[String: Any]] {
      self.series = series.map { one in
        Series(
          labels: one["metric"] as? [String: String] ?? [:],
          samples: (one["values"] as? [Any])?.map(sample) ?? [sample(one["value"])])
      }
    } else {
      series = [Series(labels: [:], samples: [sample(result["result"])])]
    }
  }
}

/// Expressions, the series that they are asked of, and the times. Each expression is asked once a line, at every instant
/// and over the range; the answers of Prometheus 2.42 are kept beside them.
struct ConformanceTable: Sendable, CustomTestStringConvertible {
  /// Of the files: `name.txt` and `name-answers.jsonl`.
  var name: String
  var series: @Sendable () -> [(labels: Labels, samples: [Sample])]
  /// In seconds. The first is meant where a case names none.
  var instants: [String]
  /// In seconds; too coarse to meet every sample, so that the answers stay small.
  var range: Range
  /// Asked of an installed Prometheus only.
  var denseRange: Range?

  struct Range: Sendable {
    var start: Int
    var end: Int
    var step: Int
  }

  static let all = [
    ConformanceTable(
      name: "expressions", series: { conformanceSeries() }, instants: ["1700003000"],
      range: Range(start: 1_700_001_800, end: 1_700_003_000, step: 137)),
    ConformanceTable(
      name: "edges", series: { EdgeSeries.all }, instants: ["1600002000", "1600000626.345"],
      range: Range(start: 1_599_999_600, end: 1_600_001_400, step: 600),
      denseRange: Range(start: 1_599_998_280, end: 1_600_004_200, step: 187)),
  ]

  var testDescription: String { name }

  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Conformance")
  private var answersFile: URL { Self.folder.appendingPathComponent(name + "-answers.jsonl") }

  func expressions() throws -> [String] {
    try String(contentsOf: Self.folder.appendingPathComponent(name + ".txt"), encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      .map { String($0).replacing("\\\\", with: "\u{0}").replacing("\\n", with: "\n").replacing("\u{0}", with: "\\") }
  }

  func answers() throws -> [ConformanceCase] {
    try String(contentsOf: answersFile, encoding: .utf8).split(separator: "\n").map {
      try JSONDecoder().decode(ConformanceCase.self, from: Data($0.utf8))
    }
  }

  func record(_ answers: [ConformanceCase]) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let lines = try answers.map { String(decoding: try encoder.encode($0), as: UTF8.self) + "\n" }
    try lines.joined().write(to: answersFile, atomically: true, encoding: .utf8)
  }

  /// What the installed Prometheus answers.
  ///
  /// - Parameter isDense: over the dense range alone.
  func ask(_ server: PrometheusServer, isDense: Bool = false) throws -> [ConformanceCase] {
    var cases: [ConformanceCase] = []
    for expression in try expressions() {
      for (index, instant) in instants.enumerated() where !isDense {
        cases.append(ConformanceCase(expression: expression, isRange: false, time: index == 0 ? nil : instant))
      }
      cases.append(ConformanceCase(expression: expression, isRange: true))
    }
    let range = isDense ? denseRange ?? range : range
    let requests = cases.map { row in
      let query = row.expression.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
      return row.isRange
        ? "/api/v1/query_range?query=\(query)&start=\(range.start)&end=\(range.end)&step=\(range.step)"
        : "/api/v1/query?query=\(query)&time=\(row.time ?? instants[0])"
    }
    return try zip(cases, server.answers(requests)).compactMap { row, answer in
      var row = row
      try row.read(answer)
      // A mistake of the text is the same one for all kinds.
      let isRepeated = (row.isRange || row.time != nil) && row.error?.contains("parse error") ?? false
      return isRepeated ? nil : row
    }
  }
}
