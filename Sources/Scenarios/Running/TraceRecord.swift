import HTTPMessages
import SQLiteStore
import SimulationKernel
import Telemetry

/// The kept traces in `twin.db`: written from a rehearsal, and read back.
@Simulated
package struct TraceRecord {
  /// A trace read from a record, with the region whose customer began it.
  package struct Entry {
    package var region: String
    package var trace: StoredTrace
  }

  /// The places that the spans refer to.
  package let places: [TracedPlace]
  private let connection: SQLiteConnection
  private let errors: [String]

  // MARK: Writing

  static func fill(_ connection: SQLiteConnection, _ rehearsal: Rehearsal) throws {
    for (index, operation) in SpanOperation.all.enumerated() {
      try connection.execute(
        "INSERT INTO span_operations VALUES (?1, ?2, ?3)",
        [.integer(Int64(index)), .text(operation.name), .text("\(operation.kind)")])
    }
    for (index, place) in rehearsal.world.network.places.enumerated() {
      try connection.execute(
        "INSERT INTO span_places VALUES (?1, ?2, ?3, ?4)",
        [.integer(Int64(index)), .text(place.service), .text(place.component), .text(place.zone)])
    }
    var errors: [String: Int64] = [:]
    var count: Int64 = 0
    let row = try connection.prepare("INSERT INTO traces VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
    let spanRow = try connection.prepare("INSERT INTO trace_spans VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
    for region in rehearsal.world.regions {
      let store = region.monitoring.traces.store
      for entry in store.entries {
        let trace = store.trace(entry)
        count += 1
        try row.bindAll([
          .integer(count), .blob(trace.id.bytes), .text(region.name), .text(trace.reason.rawValue),
          .integer((trace.start - rehearsal.origin).nanoseconds / 1_000_000),
          .integer(trace.duration.nanoseconds / 1000), status(trace.spans[0]),
        ])
        try row.run()
        for (index, span) in trace.spans.enumerated() {
          var error = SQLValue.null
          if let text = trace.error(of: span) {
            if errors[text] == nil {
              errors[text] = Int64(errors.count)
              try connection.execute(
                "INSERT INTO span_errors VALUES (?1, ?2)", [.integer(errors[text] ?? 0), .text(text)])
            }
            error = .integer(errors[text] ?? 0)
          }
          try spanRow.bindAll([
            .integer(count), .integer(Int64(index)), span.parent < 0 ? .null : .integer(Int64(span.parent)),
            .integer(numbers[span.operation] ?? 0), .integer(Int64(span.place)),
            // Since the trace's own millisecond, so that both add up to the instant.
            .integer(
              (span.start - rehearsal.origin).nanoseconds / 1000 - (trace.start - rehearsal.origin).nanoseconds
                / 1_000_000 * 1000),
            span.isOpen ? .null : .integer(span.duration.nanoseconds / 1000), status(span), error,
          ])
          try spanRow.run()
        }
      }
    }
  }

  private static let numbers = Dictionary(
    uniqueKeysWithValues: SpanOperation.all.enumerated().map { ($1, Int64($0)) })

  private static func status(_ span: Span) -> SQLValue { span.status == 0 ? .null : .integer(Int64(span.status)) }

  // MARK: Reading

  /// Opens the traces of a record.
  ///
  /// - Parameter connection: to a `twin.db`.
  package init(_ connection: SQLiteConnection) throws {
    self.connection = connection
    var places: [TracedPlace] = []
    try connection.forEachRow("SELECT service, component, zone FROM span_places ORDER BY id") { row in
      places.append(TracedPlace(service: row.text(0), component: row.text(1), zone: row.text(2)))
    }
    self.places = places
    var errors: [String] = []
    try connection.forEachRow("SELECT message FROM span_errors ORDER BY id") { errors.append($0.text(0)) }
    self.errors = errors
  }

  /// Which traces are read.
  package struct Selection: Sendable {
    /// The region's name; all where nothing is said.
    package var region: String?
    package var reason: TailSampling.Reason?
    /// A trace's number.
    package var id: TraceID?
    /// Since T0.
    package var from: TimeSpan?
    package var to: TimeSpan?
    package var count = 10
    /// The slowest first; else in the order of time.
    package var slowestFirst = true

    package init() {}
  }

  /// The traces of a selection.
  package func traces(_ selection: Selection) throws -> [Entry] {
    var conditions: [String] = []
    var values: [SQLValue] = []
    func add(_ condition: String, _ value: SQLValue) {
      values.append(value)
      conditions.append(condition.replacing("?", with: "?\(values.count)"))
    }
    if let region = selection.region { add("region = ?", .text(region)) }
    if let reason = selection.reason { add("kept_for = ?", .text(reason.rawValue)) }
    if let id = selection.id { add("trace_id = ?", .blob(id.bytes)) }
    if let from = selection.from { add("at_ms >= ?", .integer(from.nanoseconds / 1_000_000)) }
    if let to = selection.to { add("at_ms < ?", .integer(to.nanoseconds / 1_000_000)) }
    let condition = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
    let order = selection.slowestFirst ? "duration_us DESC, id" : "at_ms, id"
    var rows: [(key: Int64, region: String, reason: String, at: Int64, id: TraceID)] = []
    try connection.forEachRow(
      "SELECT id, region, kept_for, at_ms, trace_id FROM traces \(condition) ORDER BY \(order) LIMIT \(selection.count)",
      values
    ) { row in
      rows.append((row.int64(0), row.text(1), row.text(2), row.int64(3), TraceID(bytes: row.blob(4))))
    }
    return try rows.map { row in
      Entry(
        region: row.region,
        trace: StoredTrace(
          id: row.id, reason: TailSampling.Reason(rawValue: row.reason) ?? .sample,
          spans: try spans(of: row.key, at: row.at), errors: errors))
    }
  }

  /// Instants are counted from T0 here.
  private func spans(of trace: Int64, at milliseconds: Int64) throws -> [Span] {
    var result: [Span] = []
    try connection.forEachRow(
      "SELECT parent, operation, place, start_us, duration_us, status, error FROM trace_spans WHERE trace = ?1 ORDER BY span",
      [.integer(trace)]
    ) { row in
      let start = Instant(nanoseconds: (milliseconds * 1000 + row.int64(3)) * 1000)
      let end = row.isNull(4) ? Instant.distantFuture : start + TimeSpan(nanoseconds: row.int64(4) * 1000)
      result.append(
        Span(
          operation: SpanOperation.all[Int(row.int64(1))], place: Int32(row.int64(2)),
          parent: row.isNull(0) ? -1 : Int32(row.int64(0)), start: start, end: end,
          status: row.isNull(5) ? 0 : Int16(row.int64(5)), error: row.isNull(6) ? -1 : Int32(row.int64(6))))
    }
    return result
  }
}

extension TraceID {
  /// Sixteen bytes, the most significant first.
  var bytes: [UInt8] {
    [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
  }

  /// - Precondition: sixteen bytes.
  init(bytes: [UInt8]) {
    func word(_ part: ArraySlice<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
    self.init(high: word(bytes[..<8]), low: word(bytes[8...]))
  }
}
