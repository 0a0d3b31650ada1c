extension TimeSeriesStore {
  /// The samples of a series within the bounds, both included, staleness markers among them.
  package func samples(of handle: SeriesHandle, from: Int64 = .min, through: Int64 = .max) -> [Sample] {
    withSamples(of: handle, from: from, through: through, keepingStale: true, scratch: SampleBuffer()) { Array($0) }
  }

  /// Calls `body` with the samples of a series in `range`, staleness markers included, as one buffer or, where it reaches
  /// back into chunks, as a copy.
  func withSamples<Result>(
    _ handle: SeriesHandle, in range: ClosedRange<Int64>, _ body: (UnsafeBufferPointer<Sample>) -> Result
  ) -> Result {
    withSamples(
      of: handle, from: range.lowerBound, through: range.upperBound, keepingStale: true, scratch: SampleBuffer(), body)
  }

  /// Calls `body` with the samples within the bounds, both included. They are read where they lie if they are plain, and
  /// decoded to `scratch` otherwise; the buffer is valid during the call only.
  ///
  /// - Parameter keepingStale: whether staleness markers are among them.
  @inline(__always)
  func withSamples<Result>(
    of handle: SeriesHandle, from: Int64, through: Int64, keepingStale: Bool, scratch: SampleBuffer,
    _ body: (UnsafeBufferPointer<Sample>) -> Result
  ) -> Result {
    let record = record(handle)
    let plain = record.pointee.recentSamples
    if keepingStale || !record.pointee.recentHasStaleMarkers, let first = plain.first,
      first.time <= from || record.pointee.chunks.isEmpty
    {
      let low = plain.firstIndex(notBefore: from)
      let high =
        through >= record.pointee.lastTime ? plain.count : plain.firstIndex(notBefore: through &+ 1)
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
      let start = scratch.count
      chunks[index].decode(into: scratch)
      scratch.keep(from: start) { sample in
        sample.time >= from && sample.time <= through && (keepingStale || !StalenessMarker.isMarker(sample.value))
      }
      index += 1
    }
    let plain = record.pointee.recentSamples
    for sample in plain[plain.firstIndex(notBefore: from)...] {
      guard sample.time <= through else { break }
      if keepingStale || !StalenessMarker.isMarker(sample.value) { scratch.append(sample) }
    }
  }

  /// The newest sample at or before `time`, unless it is a staleness marker or older than `oldest`.
  @inline(__always)
  func liveSample(of handle: SeriesHandle, at time: Int64, notBefore oldest: Int64) -> Sample? {
    let record = record(handle)
    let plain = record.pointee.recentSamples
    guard let first = plain.first, first.time <= time else {
      return compressedSample(record, at: time, notBefore: oldest)
    }
    let last = plain[plain.count - 1]
    let sample = last.time <= time ? last : plain[plain.firstIndex(notBefore: time &+ 1) - 1]
    return sample.time < oldest || StalenessMarker.isMarker(sample.value) ? nil : sample
  }

  @inline(never)
  private func compressedSample(
    _ record: UnsafeMutablePointer<SeriesRecord>, at time: Int64, notBefore oldest: Int64
  ) -> Sample? {
    let chunks = record.pointee.chunks
    let index = chunks.partitioningIndex { $0.firstTime > time } - 1
    guard index >= 0, chunks[index].lastTime >= oldest else { return nil }
    guard let found = chunks[index].samples().last(where: { $0.time <= time }) else { return nil }
    return found.time < oldest || StalenessMarker.isMarker(found.value) ? nil : found
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

  /// Makes room for `added` more samples, which the caller fills in.
  func appendRoom(_ added: Int) -> UnsafeMutablePointer<Sample> {
    while count + added > capacity { grow() }
    defer { count += added }
    return base + count
  }

  /// Drops the samples from `start` on for which `isKept` does not hold.
  @inline(__always)
  func keep(from start: Int, _ isKept: (Sample) -> Bool) {
    var kept = start
    for index in start..<count {
      let sample = base[index]
      base[kept] = sample
      if isKept(sample) { kept &+= 1 }
    }
    count = kept
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
