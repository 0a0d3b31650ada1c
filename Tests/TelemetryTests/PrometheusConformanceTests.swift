import Foundation
import Telemetry
import Testing

/// Holds the engine against Prometheus: the answers beside the tables were given by Prometheus 2.42;
/// `TWIN_UPDATE_GOLDEN=1` asks a real one again, and where one is installed its answers are compared as well.
@Suite(.serialized) struct PrometheusConformance {
  @Test(.enabled(if: PrometheusServer.isInstalled), arguments: ConformanceTable.all)
  func answersAsTheInstalledPrometheus(_ table: ConformanceTable) throws {
    let server = try #require(try PrometheusServer(table.series()))
    defer { server.stop() }
    let answers = try table.ask(server)
    if ProcessInfo.processInfo.environment["TWIN_UPDATE_GOLDEN"] != nil { try table.record(answers) }
    let comparison = Comparison(table)
    for row in answers { comparison.compare(row, over: table.range) }
    guard let range = table.denseRange else { return }
    for row in try table.ask(server, isDense: true) { comparison.compare(row, over: range) }
  }

  @Test(arguments: ConformanceTable.all)
  func answersAsRecorded(_ table: ConformanceTable) throws {
    let recorded = try table.answers()
    #expect(Set(recorded.map(\.expression)) == Set(try table.expressions()))
    #expect(Set(recorded.map(\.expression)).count >= 300)
    let comparison = Comparison(table)
    for row in recorded { comparison.compare(row, over: table.range) }
  }
}

/// The engine's answers beside the expected ones.
private struct Comparison {
  typealias Series = (labels: Labels, samples: [(time: Int64, text: String, value: Double)])

  private let table: ConformanceTable
  private let engine: QueryEngine

  init(_ table: ConformanceTable) {
    self.table = table
    let store = TimeSeriesStore()
    for series in table.series() {
      let handle = store.handle(for: series.labels)
      for sample in series.samples { store.append(sample.value, at: sample.time, to: handle) }
    }
    engine = QueryEngine(store)
  }

  func compare(_ row: ConformanceCase, over range: ConformanceTable.Range) {
    let (type, series, error) = evaluate(row, range)
    if let expectedError = row.error {
      #expect(error == expectedError, "\(row.testDescription)")
      return
    }
    #expect(error == nil, "\(row.testDescription)")
    #expect(type == row.type, "\(row.testDescription)")
    let expected = row.series?.map { one in
      Series(Labels(one.labels.sorted { $0.key < $1.key }.map { Label($0.key, $0.value) }), one.samples.map(parse))
    }
    // Prometheus goes through histograms, and through what a subquery gave, in the order of a map of Go.
    let isUnordered = row.expression.contains("histogram_quantile") || row.expression.contains(/\[\w+:/)
    let isOrdered = !row.isRange && !isUnordered
    func arranged(_ list: [Series]) -> [Series] { isOrdered ? list : list.sorted { $0.labels < $1.labels } }
    let (mine, theirs) = (arranged(series), arranged(expected ?? []))
    #expect(mine.map(\.labels.text) == theirs.map(\.labels.text), "\(row.testDescription)")
    guard mine.count == theirs.count else { return }
    for (one, other) in zip(mine, theirs) {
      let place = "\(one.labels.text) of \(row.testDescription)"
      #expect(one.samples.map(\.time) == other.samples.map(\.time), "times of \(place)")
      for (sample, expected) in zip(one.samples, other.samples) {
        let isEqual = type == "string" ? sample.text == expected.text : Self.areEqual(sample.value, expected.value)
        if !isEqual { Issue.record("\(sample.text) instead of \(expected.text) at \(sample.time) for \(place)") }
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
    _ row: ConformanceCase, _ range: ConformanceTable.Range
  ) -> (type: String, series: [Series], error: String?) {
    func samples(_ list: [Sample]) -> [(Int64, String, Double)] { list.map { ($0.time, "\($0.value)", $0.value) } }
    do throws(PromQLError) {
      let expression = try ExpressionParser.parse(row.expression)
      if row.isRange {
        let series = try engine.range(
          expression, from: Int64(range.start) * 1000, to: Int64(range.end) * 1000, step: Int64(range.step) * 1000)
        return ("matrix", series.map { ($0.labels, samples($0.samples)) }, nil)
      }
      let time = Int64(((Double(row.time ?? table.instants[0]) ?? 0) * 1000).rounded())
      switch try engine.instant(expression, at: time) {
      case .scalar(let value, let time): return ("scalar", [(Labels(), [(time, "\(value)", value)])], nil)
      case .string(let text, let time): return ("string", [(Labels(), [(time, text, .nan)])], nil)
      case .vector(let list, let time):
        return ("vector", list.map { ($0.labels, [(time, "\($0.value)", $0.value)]) }, nil)
      case .matrix(let list): return ("matrix", list.map { ($0.labels, samples($0.samples)) }, nil)
      }
    } catch { return ("", [], error.message) }
  }
}
