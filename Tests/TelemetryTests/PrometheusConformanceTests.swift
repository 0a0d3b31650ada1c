import Foundation
import Telemetry
import Testing

/// A query and what Prometheus answers: a line of `Conformance/answers.jsonl`.
struct ConformanceCase: Codable, Sendable, CustomTestStringConvertible {
  var expression: String
  /// A query over a range of time, from `start` to `end` every `step` seconds; otherwise of the instant `end`.
  var isRange: Bool
  /// What is wrong; `nil` for a result.
  var error: String?
  var type: String?
  /// Labels as Prometheus writes them, and `time value` pairs.
  var series: [Series]?

  struct Series: Codable, Sendable {
    var labels: [String: String]
    var samples: [String]
  }

  var testDescription: String { (isRange ? "range " : "") + expression }

  static let end = 1_700_003_000
  static let rangeStart = 1_700_001_800
  static let step = 137
}

/// Holds the engine against Prometheus: the answers in `Conformance/answers.jsonl` were given by Prometheus 2.42;
/// `TWIN_UPDATE_GOLDEN=1` asks a real one again, and where one is installed its answers are compared as well.
@Suite(.serialized) struct PrometheusConformance {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Conformance")
  static let recorded: [ConformanceCase] = {
    let text = (try? String(contentsOf: folder.appendingPathComponent("answers.jsonl"), encoding: .utf8)) ?? ""
    return text.split(separator: "\n").compactMap {
      try? JSONDecoder().decode(ConformanceCase.self, from: Data($0.utf8))
    }
  }()

  nonisolated(unsafe) static let engine: QueryEngine = {
    let store = TimeSeriesStore()
    for series in conformanceSeries() {
      let handle = store.handle(for: series.labels)
      for sample in series.samples { store.append(sample.value, at: sample.time, to: handle) }
    }
    return QueryEngine(store)
  }()

  static func expressions() throws -> [String] {
    try String(contentsOf: folder.appendingPathComponent("expressions.txt"), encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      .map { String($0).replacing("\\\\", with: "\u{0}").replacing("\\n", with: "\n").replacing("\u{0}", with: "\\") }
  }

  @Test func theRecordIsWhole() throws {
    if ProcessInfo.processInfo.environment["TWIN_UPDATE_GOLDEN"] != nil, PrometheusServer.isInstalled {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let lines = try Self.ask().map { String(decoding: try encoder.encode($0), as: UTF8.self) + "\n" }
      try lines.joined().write(
        to: Self.folder.appendingPathComponent("answers.jsonl"), atomically: true, encoding: .utf8)
    }
    #expect(Set(Self.recorded.map(\.expression)) == Set(try Self.expressions()))
    #expect(Set(Self.recorded.map(\.expression)).count >= 300)
  }

  @Test(arguments: recorded)
  func answersAsRecorded(_ row: ConformanceCase) { compare(row) }

  @Test(.enabled(if: PrometheusServer.isInstalled))
  func answersAsTheInstalledPrometheus() throws {
    for row in try Self.ask() { compare(row) }
  }

  // MARK: Asking

  private static func ask() throws -> [ConformanceCase] {
    guard let server = try PrometheusServer(openMetrics: openMetricsText(conformanceSeries())) else { return [] }
    defer { server.stop() }
    var cases: [ConformanceCase] = []
    for expression in try expressions() {
      cases.append(ConformanceCase(expression: expression, isRange: false))
      cases.append(ConformanceCase(expression: expression, isRange: true))
    }
    let requests = cases.map { row in
      let query = row.expression.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
      return row.isRange
        ? "/api/v1/query_range?query=\(query)&start=\(ConformanceCase.rangeStart)&end=\(ConformanceCase.end)&step=\(ConformanceCase.step)"
        : "/api/v1/query?query=\(query)&time=\(ConformanceCase.end)"
    }
    return try zip(cases, server.answers(requests)).compactMap { row, answer in
      let row = try read(answer, into: row)
      // A mistake of the text is the same one for both kinds.
      return row.isRange && row.error?.contains("parse error") ?? false ? nil : row
    }
  }

  private static func read(_ data: Data, into row: ConformanceCase) throws -> ConformanceCase {
    var row = row
    let answer = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    if let error = answer["error"] as? String {
      row.error = error.replacingOccurrences(of: "invalid parameter \"query\": ", with: "")
      return row
    }
    let result = answer["data"] as? [String: Any] ?? [:]
    row.type = result["resultType"] as? String
    func sample(_ pair: Any?) -> String {
      guard let pair = pair as? [Any], pair.count == 2 else { return "" }
      return "\(Int64((pair[0] as? Double ?? 0) * 1000)) \(pair[1])"
    }
    if let series = result["result"] as? [[String: Any]] {
      row.series = series.map { one in
        ConformanceCase.Series(
          labels: one["metric"] as? [String: String] ?? [:],
          samples: (one["values"] as? [Any])?.map(sample) ?? [sample(one["value"])])
      }
    } else {
      row.series = [ConformanceCase.Series(labels: [:], samples: [sample(result["result"])])]
    }
    return row
  }

  // MARK: Comparing

  private func compare(_ row: ConformanceCase) {
    let (type, series, error) = evaluate(row)
    let expected = row.series?.map { one in
      (Labels(one.labels.sorted { $0.key < $1.key }.map { Label($0.key, $0.value) }), one.samples.map(parse))
    }
    if let expectedError = row.error {
      #expect(error == expectedError, "\(row.testDescription)")
      return
    }
    #expect(error == nil, "\(row.testDescription)")
    #expect(type == row.type, "\(row.testDescription)")
    let isOrdered = row.expression.hasPrefix("sort") && !row.isRange
    func arranged(_ list: [(Labels, [(Int64, String, Double)])]) -> [(Labels, [(Int64, String, Double)])] {
      isOrdered ? list : list.sorted { $0.0 < $1.0 }
    }
    let (mine, theirs) = (arranged(series), arranged(expected ?? []))
    #expect(mine.map(\.0.text) == theirs.map(\.0.text), "\(row.testDescription)")
    guard mine.count == theirs.count else { return }
    for (one, other) in zip(mine, theirs) {
      #expect(one.1.map(\.0) == other.1.map(\.0), "times of \(one.0.text) of \(row.testDescription)")
      for (sample, expected) in zip(one.1, other.1) {
        let isEqual =
          type == "string" ? sample.1 == expected.1 : Self.areEqual(sample.2, expected.2)
        #expect(isEqual, "\(sample.1) instead of \(expected.1) for \(one.0.text) of \(row.testDescription)")
      }
    }
  }

  /// To 1e-9 of the greater; zeros may differ by the rounding of what was subtracted.
  private static func areEqual(_ one: Double, _ other: Double) -> Bool {
    if one.isNaN || other.isNaN { return one.isNaN && other.isNaN }
    return one == other || abs(one - other) <= 1e-9 * max(abs(one), abs(other)) || abs(one - other) < 1e-12
  }

  private func parse(_ text: String) -> (Int64, String, Double) {
    let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
    let value = parts.count > 1 ? String(parts[1]) : ""
    return (Int64(parts[0]) ?? 0, value, Double(value) ?? .nan)
  }

  private func evaluate(
    _ row: ConformanceCase
  ) -> (type: String, series: [(Labels, [(Int64, String, Double)])], error: String?) {
    func samples(_ list: [Sample]) -> [(Int64, String, Double)] { list.map { ($0.time, "\($0.value)", $0.value) } }
    do throws(PromQLError) {
      let expression = try ExpressionParser.parse(row.expression)
      let end = Int64(ConformanceCase.end) * 1000
      if row.isRange {
        let series = try Self.engine.range(
          expression, from: Int64(ConformanceCase.rangeStart) * 1000, to: end, step: Int64(ConformanceCase.step) * 1000)
        return ("matrix", series.map { ($0.labels, samples($0.samples)) }, nil)
      }
      switch try Self.engine.instant(expression, at: end) {
      case .scalar(let value, let time): return ("scalar", [(Labels(), [(time, "\(value)", value)])], nil)
      case .string(let text, let time): return ("string", [(Labels(), [(time, text, .nan)])], nil)
      case .vector(let list, let time):
        return ("vector", list.map { ($0.labels, [(time, "\($0.value)", $0.value)]) }, nil)
      case .matrix(let list): return ("matrix", list.map { ($0.labels, samples($0.samples)) }, nil)
      }
    } catch { return ("", [], error.message) }
  }
}
