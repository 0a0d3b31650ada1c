/// One value of a time series at one instant.
package struct Sample: Hashable, Sendable {
  /// Milliseconds since 1970.
  package var time: Int64
  package var value: Double

  package init(_ time: Int64, _ value: Double) {
    self.time = time
    self.value = value
  }
}

/// The time series of one Prometheus: samples by series, series by labels.
///
/// The latest samples of a series lie in a plain buffer, older ones in compressed chunks. Series are never forgotten; a run is
/// shorter than any retention. Not isolated: it belongs to whoever made it.
package final class TimeSeriesStore: SampleStore {
  /// Samples of a series that stay uncompressed at least, so that rules rarely unpack a chunk.
  package static let recentSamples = SampleChunk.capacity

  private var handles: [Labels: UInt32] = [:]
  /// For each label name and value the series that have it, in the order of their making.
  private var postings: [Label: [UInt32]] = [:]
  /// Samples that came out of order and were left out.
  package private(set) var outOfOrderCount = 0
  package private(set) var sampleCount = 0

  package private(set) var seriesCount = 0
  private var capacity = 0
  private var records: UnsafeMutablePointer<SeriesRecord>?

  package init() {}

  deinit {
    guard let records else { return }
    for index in 0..<seriesCount { records[index].deallocate() }
    records.deinitialize(count: seriesCount)
    records.deallocate()
  }

  // MARK: Writing

  package func handle(for labels: Labels) -> SeriesHandle {
    if let known = handles[labels] { return SeriesHandle(index: known) }
    if seriesCount == capacity { grow() }
    let index = UInt32(seriesCount)
    records.unsafelyUnwrapped.advanced(by: seriesCount).initialize(to: SeriesRecord(labels: labels))
    seriesCount += 1
    handles[labels] = index
    for label in labels.pairs { postings[label, default: []].append(index) }
    return SeriesHandle(index: index)
  }

  private func grow() {
    let wider = max(64, capacity * 2)
    let buffer = UnsafeMutablePointer<SeriesRecord>.allocate(capacity: wider)
    if let records {
      buffer.moveInitialize(from: records, count: seriesCount)
      records.deallocate()
    }
    records = buffer
    capacity = wider
  }

  @inline(__always)
  func record(_ handle: SeriesHandle) -> UnsafeMutablePointer<SeriesRecord> {
    precondition(handle.index < seriesCount, "a handle of another store")
    return records.unsafelyUnwrapped + Int(handle.index)
  }

  @inline(__always)
  package func append(_ value: Double, at milliseconds: Int64, to handle: SeriesHandle) {
    let record = record(handle)
    guard milliseconds > record.pointee.lastTime else {
      outOfOrderCount += 1
      return
    }
    sampleCount &+= 1
    record.pointee.append(Sample(milliseconds, value))
  }

  // MARK: Reading

  package func labels(_ handle: SeriesHandle) -> Labels { record(handle).pointee.labels }

  /// The series with a label, in the order of their making; all of them for `nil`.
  func indices(with label: Label?, from first: Int) -> [UInt32] {
    guard let label else { return first < seriesCount ? Array(UInt32(first)..<UInt32(seriesCount)) : [] }
    guard let found = postings[label] else { return [] }
    return first == 0 ? found : Array(found[(found.firstIndex { $0 >= first } ?? found.count)...])
  }

  /// How many series have a label.
  func count(with label: Label) -> Int { postings[label]?.count ?? 0 }

  // MARK: The record

  /// Every series with all of its samples in chunks, in the order of their making.
  package func forEachSeries(_ body: (Labels, [SampleChunk]) throws -> Void) rethrows {
    for index in 0..<seriesCount {
      let record = record(SeriesHandle(index: UInt32(index)))
      try body(record.pointee.labels, record.pointee.allChunks())
    }
  }

  /// Takes a series out of a record. Chunks come in the order of their times.
  package func restore(_ labels: Labels, _ chunks: [SampleChunk]) {
    let handle = handle(for: labels)
    for chunk in chunks { for sample in chunk.samples() { append(sample.value, at: sample.time, to: handle) } }
  }
}
