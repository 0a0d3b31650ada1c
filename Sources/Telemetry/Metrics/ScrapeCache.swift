import Glibc

/// What a scrape loop remembers of its target from one scrape to the next, and what it does with the next text.
///
/// The series of the last scrape are kept in the order of its lines, each with its place in the store: a line whose series is
/// the expected one costs a comparison of bytes, and one that did not change at all does not even have its number read again.
/// Lines that came or went are found by a hash of their bytes (Prometheus does the same with its scrape cache, scrape/scrape.go).
package final class ScrapeCache {
  /// What one scrape brought, for the synthetic series.
  package struct Report: Hashable, Sendable {
    /// Samples in the text.
    package var scraped = 0
    /// Samples that the relabelling left.
    package var kept = 0
    /// Series that were not there in the scrape before.
    package var added = 0

    package init() {}
  }

  private struct Entry {
    var lineStart: Int32
    var seriesEnd: Int32
    var lineEnd: Int32
    /// `noHandle` for a series that the relabelling drops.
    var handle: UInt32
    var value: Double
    /// The text gave a timestamp: such a series gets no staleness marker.
    var isDated = false
  }

  private struct Staged {
    var value: Double
    var timestamp: Int64
    var handle: UInt32
    /// Index among the labels of new series; -1 for a known one.
    var pending: Int32
    var entry: Int32
  }

  private static let noHandle = UInt32.max

  package let labelling: SampleLabelling
  /// Most samples that a scrape may leave after relabelling; 0 for no limit.
  package let sampleLimit: Int
  private let store: any SampleStore
  private let reportHandles: [SeriesHandle]
  private var body: [UInt8] = []
  private var entries: [Entry] = []

  /// The synthetic series, in the order in which a report has them.
  package static let reportNames = [
    "up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
  ]

  package init(_ labelling: SampleLabelling, sampleLimit: Int = 0, store: any SampleStore) {
    self.labelling = labelling
    self.sampleLimit = sampleLimit
    self.store = store
    reportHandles = Self.reportNames.map { name in
      var labels = labelling.target
      labels[Labels.metricName] = name
      return store.handle(for: labels)
    }
  }

  /// Series of the last scrape that are stored.
  package var seriesCount: Int { entries.count { $0.handle != Self.noHandle } }

  // MARK: A scrape

  /// Takes the text of a successful scrape: all of its samples, or none when a line is malformed or the limit is exceeded.
  ///
  /// - Parameter milliseconds: when the scrape began, since 1970; the samples' time.
  package func ingest(_ text: [UInt8], at milliseconds: Int64) throws(ExpositionError) -> Report {
    if isLast(text) { return repeatLast(at: milliseconds) }
    var pass = Pass(milliseconds: milliseconds, oldCount: entries.count)
    pass.entries.reserveCapacity(entries.count + 8)
    pass.staged.reserveCapacity(entries.count + 8)
    let failure: ExpositionError? = text.withUnsafeBufferPointer { new in
      body.withUnsafeBufferPointer { old in
        do throws(ExpositionError) {
          try read(new, old, &pass)
          return nil
        } catch { return error }
      }
    }
    if let failure { throw failure }
    commit(pass, text)
    return pass.report
  }

  private func isLast(_ text: [UInt8]) -> Bool {
    guard !text.isEmpty, text.count == body.count else { return false }
    return text.withUnsafeBytes { new in
      body.withUnsafeBytes { old in
        guard let one = new.baseAddress, let other = old.baseAddress else { return false }
        return memcmp(one, other, new.count) == 0
      }
    }
  }

  /// Takes the last text once more: nothing of it is read again.
  private func repeatLast(at milliseconds: Int64) -> Report {
    var report = Report()
    report.scraped = entries.count
    for entry in entries where entry.handle != Self.noHandle {
      report.kept += 1
      // A sample with a timestamp of its own was stored the first time.
      if !entry.isDated {
        store.append(entry.value, at: milliseconds, to: SeriesHandle(index: entry.handle))
      }
    }
    return report
  }

  /// Ends the series of the last scrape: the scrape failed, or the target is gone.
  package func markStale(at milliseconds: Int64) {
    for entry in entries where entry.handle != Self.noHandle && !entry.isDated {
      store.append(StalenessMarker.value, at: milliseconds, to: SeriesHandle(index: entry.handle))
    }
    entries = []
    body = []
  }

  /// Writes the synthetic series of a scrape.
  package func record(_ report: Report, isUp: Bool, duration: Double, at milliseconds: Int64) {
    let values = [isUp ? 1 : 0, duration, Double(report.scraped), Double(report.kept), Double(report.added)]
    for (handle, value) in zip(reportHandles, values) { store.append(value, at: milliseconds, to: handle) }
  }

  /// Ends the synthetic series too: the target is not scraped any more.
  package func markReportStale(at milliseconds: Int64) {
    for handle in reportHandles { store.append(StalenessMarker.value, at: milliseconds, to: handle) }
  }

  // MARK: Reading

  /// The state of one reading.
  private struct Pass {
    let milliseconds: Int64
    var entries: [Entry] = []
    var staged: [Staged] = []
    var pending: [Labels] = []
    var report = Report()
    /// The old entry that is expected next.
    var next = 0
    /// Whether each old entry was met; made when the order first differs.
    var met: [Bool] = []
    var oldCount: Int
    /// Old entries and new series by the hash of their bytes; made when first needed.
    var index: [UInt64: Int32] = [:]
    var hasIndex = false
    var added: Set<UInt64> = []

    mutating func meet(_ old: Int) {
      if !met.isEmpty { met[old] = true }
      next = old + 1
    }
  }

  private func read(
    _ new: UnsafeBufferPointer<UInt8>, _ old: UnsafeBufferPointer<UInt8>, _ pass: inout Pass
  ) throws(ExpositionError) {
    guard let base = new.baseAddress else { return }
    var start = 0
    var line = 0
    while start < new.count {
      line += 1
      let found = memchr(base + start, 10, new.count - start)
      let end = found.map { base.distance(to: $0.assumingMemoryBound(to: UInt8.self)) } ?? new.count
      defer { start = end + 1 }
      guard end > start, new[start] != UInt8(ascii: "#") else { continue }
      if takeExpected(new, old, start, end, &pass) { continue }
      try takeOther(new, old, start, end, line, &pass)
      if sampleLimit > 0, pass.report.kept > sampleLimit {
        throw ExpositionError(line: line, "sample limit exceeded")
      }
    }
  }

  /// Takes a line whose series is the next of the last scrape.
  @inline(__always)
  private func takeExpected(
    _ new: UnsafeBufferPointer<UInt8>, _ old: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, _ pass: inout Pass
  ) -> Bool {
    guard pass.next < pass.oldCount, pass.met.isEmpty || !pass.met[pass.next], let newBase = new.baseAddress,
      let oldBase = old.baseAddress
    else { return false }
    var entry = entries[pass.next]
    let (oldStart, length) = (Int(entry.lineStart), Int(entry.lineEnd - entry.lineStart))
    let series = Int(entry.seriesEnd - entry.lineStart)
    if end - start == length, memcmp(newBase + start, oldBase + oldStart, length) == 0, !entry.isDated {
      place(&entry, start, series, end, entry.value, pass.milliseconds, &pass)
      return true
    }
    guard end - start > series, ExpositionParser.isBlank(new[start + series]),
      memcmp(newBase + start, oldBase + oldStart, series) == 0,
      let parsed = ExpositionParser.value(new, start + series, end)
    else { return false }
    entry.isDated = parsed.timestamp != nil
    place(&entry, start, series, end, parsed.value, parsed.timestamp ?? pass.milliseconds, &pass)
    return true
  }

  @inline(__always)
  private func place(
    _ entry: inout Entry, _ start: Int, _ series: Int, _ end: Int, _ value: Double, _ timestamp: Int64,
    _ pass: inout Pass
  ) {
    entry.lineStart = Int32(truncatingIfNeeded: start)
    entry.seriesEnd = Int32(truncatingIfNeeded: start + series)
    entry.lineEnd = Int32(truncatingIfNeeded: end)
    entry.value = value
    pass.meet(pass.next)
    pass.report.scraped += 1
    if entry.handle != Self.noHandle {
      pass.report.kept += 1
      pass.staged.append(Staged(value: value, timestamp: timestamp, handle: entry.handle, pending: -1, entry: -1))
    }
    pass.entries.append(entry)
  }

  /// Takes a line that is new, or stands elsewhere than before.
  private func takeOther(
    _ new: UnsafeBufferPointer<UInt8>, _ old: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, _ line: Int,
    _ pass: inout Pass
  ) throws(ExpositionError) {
    var first = start
    while first < end, ExpositionParser.isBlank(new[first]) { first += 1 }
    guard first < end else { return }
    guard let seriesEnd = ExpositionParser.seriesEnd(new, first, end),
      let parsed = ExpositionParser.value(new, seriesEnd, end)
    else { throw ExpositionError(line: line, "expected a sample") }
    if !pass.hasIndex { buildIndex(old, &pass) }
    let hash = Self.hash(new, first, seriesEnd)
    if let known = pass.index[hash], isSame(new, first, seriesEnd, old, entries[Int(known)]) {
      guard !pass.met[Int(known)] else { return }
      pass.next = Int(known)
      var entry = entries[Int(known)]
      entry.isDated = parsed.timestamp != nil
      place(
        &entry, first, seriesEnd - first, end, parsed.value, parsed.timestamp ?? pass.milliseconds, &pass)
      return
    }
    // A series twice in one text: the first counts.
    guard pass.added.insert(hash).inserted else { return }
    guard let exposed = ExpositionParser.labels(new, first, seriesEnd) else {
      throw ExpositionError(line: line, "malformed labels")
    }
    var entry = Entry(
      lineStart: Int32(first), seriesEnd: Int32(seriesEnd), lineEnd: Int32(end), handle: Self.noHandle,
      value: parsed.value, isDated: parsed.timestamp != nil)
    pass.report.scraped += 1
    pass.report.added += 1
    if let labels = labelling.labels(of: exposed) {
      pass.report.kept += 1
      pass.staged.append(
        Staged(
          value: parsed.value, timestamp: parsed.timestamp ?? pass.milliseconds, handle: Self.noHandle,
          pending: Int32(pass.pending.count), entry: Int32(pass.entries.count)))
      pass.pending.append(labels)
      entry.handle = 0
    }
    pass.entries.append(entry)
  }

  private func buildIndex(_ old: UnsafeBufferPointer<UInt8>, _ pass: inout Pass) {
    pass.hasIndex = true
    pass.met = Array(repeating: false, count: entries.count)
    for index in 0..<min(pass.next, entries.count) { pass.met[index] = true }
    pass.index.reserveCapacity(entries.count)
    for (index, entry) in entries.enumerated() {
      pass.index[Self.hash(old, Int(entry.lineStart), Int(entry.seriesEnd))] = Int32(index)
    }
  }

  private func isSame(
    _ new: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, _ old: UnsafeBufferPointer<UInt8>, _ entry: Entry
  ) -> Bool {
    guard let newBase = new.baseAddress, let oldBase = old.baseAddress else { return false }
    return end - start == Int(entry.seriesEnd - entry.lineStart)
      && memcmp(newBase + start, oldBase + Int(entry.lineStart), end - start) == 0
  }

  private static func hash(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for index in start..<end { hash = (hash ^ UInt64(text[index])) &* 0x100_0000_01b3 }
    return hash
  }

  // MARK: Committing

  private func commit(_ pass: Pass, _ text: [UInt8]) {
    var fresh = pass.entries
    for sample in pass.staged {
      var handle = SeriesHandle(index: sample.handle)
      if sample.pending >= 0 {
        handle = store.handle(for: pass.pending[Int(sample.pending)])
        fresh[Int(sample.entry)].handle = handle.index
      }
      store.append(sample.value, at: sample.timestamp, to: handle)
    }
    if pass.hasIndex || pass.next < entries.count { endMissing(pass, fresh) }
    entries = fresh
    body = text
  }

  private func endMissing(_ pass: Pass, _ fresh: [Entry]) {
    // Relabelling may lead another line to the same series: that one lives on.
    var alive: Set<UInt32> = []
    for (index, entry) in entries.enumerated() {
      let isMet = pass.hasIndex ? pass.met[index] : index < pass.next
      guard !isMet, entry.handle != Self.noHandle, !entry.isDated else { continue }
      if alive.isEmpty { alive = Set(fresh.map(\.handle)) }
      guard !alive.contains(entry.handle) else { continue }
      store.append(StalenessMarker.value, at: pass.milliseconds, to: SeriesHandle(index: entry.handle))
    }
  }
}
