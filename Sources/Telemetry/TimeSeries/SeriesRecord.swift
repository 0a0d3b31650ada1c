/// What the store keeps of one series: compressed chunks and, behind them, plain recent samples.
struct SeriesRecord {
  let labels: Labels
  private(set) var chunks: [Chunk] = []
  /// Grows by doubling up to `plainLimit`, then stays.
  private var recent: UnsafeMutablePointer<Sample>?
  private var capacity = 0
  private(set) var recentCount = 0
  private(set) var recentHasStaleMarkers = false
  /// `Int64.min` while there is none.
  private(set) var lastTime = Int64.min

  /// Samples a chunk, as Prometheus cuts them (`tsdb/head_append.go`, `samplesPerChunk`).
  static let chunkSize = 120
  /// One chunk's worth always stays plain, so that a window of that size needs no decoding.
  static let plainLimit = 2 * chunkSize
  private static let firstCapacity = 8

  init(labels: Labels) { self.labels = labels }

  func deallocate() { recent?.deallocate() }

  var recentSamples: UnsafeBufferPointer<Sample> { UnsafeBufferPointer(start: recent, count: recentCount) }

  var isEmpty: Bool { recentCount == 0 && chunks.isEmpty }

  /// The caller made sure that `sample` is newer than the last one.
  @inline(__always)
  mutating func append(_ sample: Sample) {
    if recentCount == capacity { makeRoom() }
    recent.unsafelyUnwrapped[recentCount] = sample
    recentCount &+= 1
    lastTime = sample.time
    if sample.isStale { recentHasStaleMarkers = true }
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
    chunks.append(Chunk(UnsafeBufferPointer(start: recent, count: Self.chunkSize)))
    recentCount -= Self.chunkSize
    recent.update(from: recent + Self.chunkSize, count: recentCount)
    recentHasStaleMarkers = recentSamples.contains { $0.isStale }
  }

  /// Drops the chunks that end before `time`; plain samples stay.
  mutating func dropChunks(before time: Int64) {
    let expired = chunks.prefix { $0.lastTime < time }.count
    if expired > 0 { chunks.removeFirst(expired) }
  }

  /// All samples as chunks, the plain ones compressed for the occasion.
  func allChunks() -> [Chunk] {
    var all = chunks
    var rest = recentSamples[...]
    while !rest.isEmpty {
      let part = rest.prefix(Self.chunkSize)
      all.append(Chunk(UnsafeBufferPointer(rebasing: part)))
      rest = rest.dropFirst(part.count)
    }
    return all
  }

  /// Takes over stored chunks, which ascend in time and are newer than anything here.
  mutating func adopt(_ stored: [Chunk]) {
    chunks += stored
    if let last = stored.last { lastTime = last.lastTime }
  }
}
