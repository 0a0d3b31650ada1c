extension TimeSeriesStore {
  /// The time of the newest sample of a series, stale or not.
  package func lastTime(of id: SeriesID) -> Int64? {
    let record = record(id).pointee
    return record.isEmpty ? nil : record.lastTime
  }

  /// Samples of all series together.
  package var sampleCount: Int {
    (0..<seriesCount).reduce(0) { sum, index in
      let record = record(SeriesID(index: index))
      return record.pointee.chunks.reduce(sum + record.pointee.recentCount) { $0 + $1.count }
    }
  }

  /// Bytes that compressed samples take, and how many they are.
  package var compressed: (bytes: Int, samples: Int) {
    var total = (bytes: 0, samples: 0)
    for index in 0..<seriesCount {
      for chunk in record(SeriesID(index: index)).pointee.chunks {
        total.bytes += chunk.bytes.count
        total.samples += chunk.count
      }
    }
    return total
  }

  /// The samples of a series within the bounds, both included, staleness markers too.
  package func samples(of id: SeriesID, from: Int64 = .min, through: Int64 = .max) -> [Sample] {
    var found: [Sample] = []
    let record = record(id)
    for chunk in record.pointee.chunks where chunk.lastTime >= from && chunk.firstTime <= through {
      chunk.forEachSample { sample in
        if sample.time >= from && sample.time <= through { found.append(sample) }
        return sample.time < through
      }
    }
    found += record.pointee.recentSamples.lazy.filter { $0.time >= from && $0.time <= through }
    return found
  }

  /// Calls `body` with the samples within the bounds, both included. They are read where they lie if they are plain, and
  /// decoded to `scratch` otherwise; the buffer is valid during the call only.
  ///
  /// - Parameter keepingStale: whether staleness markers are among them.
  @inline(__always)
  func withSamples<Result>(
    of id: SeriesID, from: Int64, through: Int64, keepingStale: Bool, scratch: SampleBuffer,
    _ body: (UnsafeBufferPointer<Sample>) -> Result
  ) -> Result {
    let record = record(id)
    let plain = record.pointee.recentSamples
    if keepingStale || !record.pointee.recentHasStaleMarkers, let first = plain.first,
      first.time <= from || record.pointee.chunks.isEmpty
    {
      let low = plain.firstIndex(notBefore: from)
      let high = through == .max ? plain.count : plain.firstIndex(notBefore: through + 1)
      return body(UnsafeBufferPointer(rebasing: plain[low..<max(low, high)]))
    }
    scratch.removeAll()
    collect(record, from: from, through: through, keepingStale: keepingStale, into: scratch)
    return body(scratch.samples)
  }

  @inline(never)
  private func collect(
    _ record: UnsafeMutablePointer<SeriesRecord>, from: Int64, through: Int64, keepingStale: Bool,
    into scratch: SampleBuffer
  ) {
    let chunks = record.pointee.chunks
    var index = chunks.partitioningIndex { $0.lastTime >= from }
    while index < chunks.count, chunks[index].firstTime <= through {
      chunks[index].bytes.withUnsafeBytes { bytes in
        guard var reader = ChunkReader(bytes) else { return }
        while let sample = reader.next(), sample.time <= through {
          if sample.time >= from && (keepingStale || !sample.isStale) { scratch.append(sample) }
        }
      }
      index += 1
    }
    let plain = record.pointee.recentSamples
    for sample in plain[plain.firstIndex(notBefore: from)...] {
      guard sample.time <= through else { break }
      if keepingStale || !sample.isStale { scratch.append(sample) }
    }
  }

  /// The newest sample at or before `time`, unless it is a staleness marker or older than `oldest`.
  @inline(__always)
  func liveSample(of id: SeriesID, at time: Int64, notBefore oldest: Int64) -> Sample? {
    let record = record(id)
    let plain = record.pointee.recentSamples
    if let first = plain.first, first.time <= time {
      let last = plain[plain.count - 1]
      let sample = last.time <= time ? last : plain[plain.firstIndex(notBefore: time + 1) - 1]
      return sample.time < oldest || sample.isStale ? nil : sample
    }
    return compressedSample(record, at: time, notBefore: oldest)
  }

  @inline(never)
  private func compressedSample(
    _ record: UnsafeMutablePointer<SeriesRecord>, at time: Int64, notBefore oldest: Int64
  ) -> Sample? {
    let chunks = record.pointee.chunks
    let index = chunks.partitioningIndex { $0.firstTime > time } - 1
    guard index >= 0, chunks[index].lastTime >= oldest else { return nil }
    var found: Sample?
    chunks[index].forEachSample { sample in
      guard sample.time <= time else { return false }
      found = sample
      return true
    }
    guard let found, found.time >= oldest, !found.isStale else { return nil }
    return found
  }
}

/// Samples in memory that is kept from one use to the next.
final class SampleBuffer {
  private var base = UnsafeMutablePointer<Sample>.allocate(capacity: 256)
  private var capacity = 256
  private(set) var count = 0

  deinit { base.deallocate() }

  var samples: UnsafeBufferPointer<Sample> { UnsafeBufferPointer(start: base, count: count) }

  func removeAll() { count = 0 }

  @inline(__always)
  func append(_ sample: Sample) {
    if count == capacity { grow() }
    base[count] = sample
    count &+= 1
  }

  @inline(never)
  private func grow() {
    let wider = UnsafeMutablePointer<Sample>.allocate(capacity: capacity * 2)
    wider.update(from: base, count: count)
    base.deallocate()
    base = wider
    capacity *= 2
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
      if self[middle].time < time { low = middle + 1 } else { high = middle }
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
