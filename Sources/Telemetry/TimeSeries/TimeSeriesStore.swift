/// Series of samples in memory, found by their labels: what Prometheus' head block and its blocks are to its engine.
///
/// Appending goes by handle and costs nanoseconds; what is older than a few hundred samples is compressed. Times are
/// milliseconds since the epoch. Used from one thread at a time. Nothing here depends on the order of a dictionary.
package final class TimeSeriesStore {
  /// A series of one store, for as long as the store lives.
  package struct SeriesID: Hashable, Comparable, Sendable {
    /// Counts up from zero in the order in which series were first seen.
    package let index: Int

    package static func < (one: SeriesID, other: SeriesID) -> Bool { one.index < other.index }
  }

  /// What became of a sample, with the words of `storage/interface.go` in the comments.
  package enum AppendOutcome: Sendable {
    case accepted
    /// Duplicate sample for timestamp.
    case duplicate
    /// Out of order sample.
    case outOfOrder
  }

  /// 15 days in milliseconds, as `--storage.tsdb.retention.time` has it unless told.
  package static let defaultRetention: Int64 = 15 * 24 * 3_600_000

  /// How far behind the newest sample of the store a chunk may end before it is dropped, in milliseconds.
  package let retention: Int64
  package private(set) var refusedDuplicates = 0
  package private(set) var refusedOutOfOrder = 0
  /// Grows when a series is new; selections made before are complete while it stands.
  package private(set) var seriesCount = 0

  private var capacity = 0
  private var records: UnsafeMutablePointer<SeriesRecord>?
  private var identities: [Labels: SeriesID] = [:]
  private(set) var postings = PostingsIndex()

  package init(retention: Int64 = TimeSeriesStore.defaultRetention) {
    self.retention = retention
  }

  deinit {
    guard let records else { return }
    for index in 0..<seriesCount { records[index].deallocate() }
    records.deinitialize(count: seriesCount)
    records.deallocate()
  }

  /// The handle of the series with these labels, made if it is new.
  package func register(_ labels: Labels) -> SeriesID {
    if let known = identities[labels] { return known }
    if seriesCount == capacity { grow() }
    let id = SeriesID(index: seriesCount)
    records.unsafelyUnwrapped.advanced(by: seriesCount).initialize(to: SeriesRecord(labels: labels))
    seriesCount += 1
    identities[labels] = id
    postings.add(id, labels)
    return id
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

  /// The series with exactly these labels, if it is known.
  package func series(_ labels: Labels) -> SeriesID? { identities[labels] }

  package func labels(of id: SeriesID) -> Labels { record(id).pointee.labels }

  /// Appends one sample; refuses, and counts, one that is not newer than the last of its series.
  @inline(__always)
  @discardableResult
  package func append(_ value: Double, at time: Int64, to id: SeriesID) -> AppendOutcome {
    let record = record(id)
    guard time > record.pointee.lastTime else { return refuse(time, record.pointee.lastTime) }
    record.pointee.append(Sample(time, value))
    return .accepted
  }

  @inline(never)
  private func refuse(_ time: Int64, _ last: Int64) -> AppendOutcome {
    if time == last {
      refusedDuplicates += 1
      return .duplicate
    }
    refusedOutOfOrder += 1
    return .outOfOrder
  }

  /// Ends a series at `time`, as a scrape does when a series or its target is gone.
  @discardableResult
  package func markStale(_ id: SeriesID, at time: Int64) -> AppendOutcome {
    append(Sample.staleMarker, at: time, to: id)
  }

  /// Drops chunks that ended more than `retention` before `now`; series stay known by their handles.
  package func dropExpired(now: Int64) {
    for index in 0..<seriesCount {
      record(SeriesID(index: index)).pointee.dropChunks(
        before: now.subtractingReportingOverflow(retention).partialValue)
    }
  }

  @inline(__always)
  func record(_ id: SeriesID) -> UnsafeMutablePointer<SeriesRecord> {
    precondition(id.index >= 0 && id.index < seriesCount, "a handle of another store")
    return records.unsafelyUnwrapped + id.index
  }
}
