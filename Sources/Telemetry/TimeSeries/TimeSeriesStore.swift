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
  private struct Series {
    let labels: Labels
    var chunks: [SampleChunk] = []
    var recent: [Sample] = []
  }

  /// Samples of a series that stay uncompressed at least, so that rules rarely unpack a chunk.
  package static let recentSamples = SampleChunk.capacity

  private var series: [Series] = []
  private var handles: [Labels: UInt32] = [:]
  /// For each label name and value the series that have it, in the order of their making.
  private var postings: [Label: [UInt32]] = [:]
  /// Samples that came out of order and were left out.
  package private(set) var outOfOrderCount = 0
  package private(set) var sampleCount = 0

  package init() {}

  package var seriesCount: Int { series.count }

  // MARK: Writing

  package func handle(for labels: Labels) -> SeriesHandle {
    if let known = handles[labels] { return SeriesHandle(index: known) }
    let index = UInt32(series.count)
    series.append(Series(labels: labels))
    handles[labels] = index
    for label in labels.pairs { postings[label, default: []].append(index) }
    return SeriesHandle(index: index)
  }

  package func append(_ value: Double, at milliseconds: Int64, to handle: SeriesHandle) {
    let index = Int(handle.index)
    if let last = lastTime(index), last >= milliseconds {
      outOfOrderCount += 1
      return
    }
    sampleCount += 1
    series[index].recent.append(Sample(milliseconds, value))
    if series[index].recent.count >= Self.recentSamples + SampleChunk.capacity { seal(index) }
  }

  private func lastTime(_ index: Int) -> Int64? {
    series[index].recent.last?.time ?? series[index].chunks.last?.lastTime
  }

  private func seal(_ index: Int) {
    series[index].chunks.append(SampleChunk(series[index].recent.prefix(SampleChunk.capacity)))
    series[index].recent.removeFirst(SampleChunk.capacity)
  }

  // MARK: Reading

  package func labels(_ handle: SeriesHandle) -> Labels { series[Int(handle.index)].labels }

  /// The series of these labels; `nil` when there is none.
  package func existing(_ labels: Labels) -> SeriesHandle? { handles[labels].map { SeriesHandle(index: $0) } }

  /// The series with a label, in the order of their making; all of them for `nil`.
  func indices(with label: Label?, from first: Int) -> [UInt32] {
    guard let label else { return first < series.count ? Array(UInt32(first)..<UInt32(series.count)) : [] }
    guard let found = postings[label] else { return [] }
    return first == 0 ? found : Array(found[(found.firstIndex { $0 >= first } ?? found.count)...])
  }

  /// How many series have a label.
  func count(with label: Label) -> Int { postings[label]?.count ?? 0 }

  /// Calls `body` with the samples of a series in `range`, staleness markers included, as one buffer or, where it reaches back
  /// into chunks, as a copy.
  func withSamples<Result>(
    _ handle: SeriesHandle, in range: ClosedRange<Int64>, _ body: (UnsafeBufferPointer<Sample>) -> Result
  ) -> Result {
    let index = Int(handle.index)
    let chunks = series[index].chunks
    guard let last = chunks.last, last.lastTime >= range.lowerBound else {
      return series[index].recent.withUnsafeBufferPointer { body(Self.part($0, range)) }
    }
    let first = chunks.firstIndex { $0.lastTime >= range.lowerBound } ?? chunks.count
    var samples: [Sample] = []
    for chunk in chunks[first...] where chunk.firstTime <= range.upperBound { samples += chunk.samples() }
    samples += series[index].recent
    return samples.withUnsafeBufferPointer { body(Self.part($0, range)) }
  }

  private static func part(
    _ samples: UnsafeBufferPointer<Sample>, _ range: ClosedRange<Int64>
  ) -> UnsafeBufferPointer<Sample> {
    let low = lowerBound(samples, range.lowerBound)
    let high = lowerBound(samples, range.upperBound &+ 1)
    return UnsafeBufferPointer(rebasing: samples[low..<max(low, high)])
  }

  /// The index of the first sample at or after a time.
  private static func lowerBound(_ samples: UnsafeBufferPointer<Sample>, _ time: Int64) -> Int {
    var (low, high) = (0, samples.count)
    while low < high {
      let middle = (low + high) / 2
      if samples[middle].time < time { low = middle + 1 } else { high = middle }
    }
    return low
  }

  // MARK: The record

  /// Every series with all of its samples in chunks, in the order of their making.
  package func forEachSeries(_ body: (Labels, [SampleChunk]) throws -> Void) rethrows {
    for one in series {
      var chunks = one.chunks
      var start = 0
      while start < one.recent.count {
        let end = min(start + SampleChunk.capacity, one.recent.count)
        chunks.append(SampleChunk(one.recent[start..<end]))
        start = end
      }
      try body(one.labels, chunks)
    }
  }

  /// Takes a series out of a record. Chunks come in the order of their times.
  package func restore(_ labels: Labels, _ chunks: [SampleChunk]) {
    let handle = handle(for: labels)
    for chunk in chunks { for sample in chunk.samples() { append(sample.value, at: sample.time, to: handle) } }
  }
}
