/// What the store keeps of one series: compressed chunks and, behind them, plain recent samples.
struct SeriesRecord {
  let labels: Labels
  private(set) var chunks: [SampleChunk] = []
  /// Grows by doubling up to `plainLimit`, then stays. Belongs to the record, which is never copied.
  private var recent: UnsafeMutablePointer<Sample>?
  private var capacity = 0
  private(set) var recentCount = 0
  private(set) var recentHasStaleMarkers = false
  /// `Int64.min` while there is none.
  private(set) var lastTime = Int64.min

  /// One chunk's worth always stays plain, so that a window of that size needs no decoding.
  private static let plainLimit = TimeSeriesStore.recentSamples + SampleChunk.capacity
  private static let firstCapacity = 8

  init(labels: Labels) { self.labels = labels }

  func deallocate() { recent?.deallocate() }

  @inline(__always)
  var recentSamples: UnsafeBufferPointer<Sample> { UnsafeBufferPointer(start: recent, count: recentCount) }

  /// The caller made sure that `sample` is newer than the last one.
  @inline(__always)
  mutating func append(_ sample: Sample) {
    if recentCount == capacity { makeRoom() }
    recent.unsafelyUnwrapped[recentCount] = sample
    recentCount &+= 1
    lastTime = sample.time
    if StalenessMarker.isMarker(sample.value) { recentHasStaleMarkers = true }
  }

  @inline(never)
  private mutating func makeRoom() {
    guard capacity < Self.plainLimit else { return compressOldest() }
    let wider = capacity == 0 ? Self.firstCapacity : min(Self.plainLimit, capacity * 2)
    let buffer = UnsafeMutablePointer<Sample>.allocate(capacity: wider)
    if let recent {
      buffer.update(from: recent, count: recentCount)
      recent.deallocate()
    }
    recent = buffer
    capacity = wider
  }

  private mutating func compressOldest() {
    guard let recent else { return }
    chunks.append(SampleChunk(recentSamples[..<SampleChunk.capacity]))
    recentCount -= SampleChunk.capacity
    recent.update(from: recent + SampleChunk.capacity, count: recentCount)
    recentHasStaleMarkers = recentSamples.contains { StalenessMarker.isMarker($0.value) }
  }

  /// All samples as chunks, the plain ones compressed for the occasion.
  func allChunks() -> [SampleChunk] {
    var all = chunks
    var start = 0
    while start < recentCount {
      let end = min(start + SampleChunk.capacity, recentCount)
      all.append(SampleChunk(recentSamples[start..<end]))
      start = end
    }
    return all
  }
}

extension UnsafeBufferPointer<Sample> {
  /// The position of the first sample at `time` or later; `count` when there is none.
  @inline(__always)
  func firstIndex(notBefore time: Int64) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low &+ high) >> 1
      if self[middle].time < time { low = middle &+ 1 } else { high = middle }
    }
    return low
  }
}

extension Array {
  /// The first index for which `isBehind` holds, given that it holds for all that follow.
  func partitioningIndex(_ isBehind: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
