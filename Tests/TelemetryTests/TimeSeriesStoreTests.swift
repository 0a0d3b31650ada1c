import Telemetry
import Testing

@Suite("Time series")
struct TimeSeriesStoreTests {
  private static let labels = Labels([Label("__name__", "x")])

  private func store(_ samples: [Sample]) -> TimeSeriesStore {
    let store = TimeSeriesStore()
    let handle = store.handle(for: Self.labels)
    for sample in samples { store.append(sample.value, at: sample.time, to: handle) }
    return store
  }

  private func chunks(_ store: TimeSeriesStore) -> [SampleChunk] {
    var found: [SampleChunk] = []
    store.forEachSeries { _, chunks in found += chunks }
    return found
  }

  /// NaNs are equal by their bits.
  private func bits(_ samples: [Sample]) -> [UInt64] {
    samples.map { UInt64(bitPattern: $0.time) ^ $0.value.bitPattern &* 31 }
  }

  @Test("Samples come back bit for bit, through chunks and a record", arguments: ScrapeShapes.all.indices)
  func roundTrip(shape: Int) throws {
    var samples = ScrapeShapes.samples(ScrapeShapes.all[shape], seed: UInt64(shape + 1))
    samples[100].value = StalenessMarker.value
    samples[359].value = StalenessMarker.value
    let chunks = chunks(store(samples))
    #expect(bits(chunks.flatMap { $0.samples() }) == bits(samples))
    let again = TimeSeriesStore()
    again.restore(Self.labels, try chunks.map { try SampleChunk(decoding: $0.bytes) })
    #expect(bits(self.chunks(again).flatMap { $0.samples() }) == bits(samples))
    #expect(again.sampleCount == samples.count)
    let handle = again.handle(for: Self.labels)
    let part = again.samples(of: handle, from: samples[7].time, through: samples[611].time)
    #expect(bits(part) == bits(Array(samples[7...611])))
  }

  static let hard: [[Double]] = [
    [.nan, -.nan, .infinity, -.infinity, -0.0, 0, .leastNonzeroMagnitude, .greatestFiniteMagnitude],
    [StalenessMarker.value, StalenessMarker.value], [42], [StalenessMarker.value], [StalenessMarker.value, 1, 2],
    [9_007_199_254_740_992, -9_007_199_254_740_992, 9_007_199_254_740_994, 1e300],
    [0.1, 0.25, 1e-9, 123456.789, 0.000000001], [-0.0, 0, -0.0], [0, 0, 0, 0, 0, 0, 0, 1],
    [Double(bitPattern: 0x7ff0_0000_0000_0001), 1, Double(bitPattern: 0xffff_ffff_ffff_ffff)],
  ]

  @Test("Hard values survive", arguments: hard.indices)
  func hardValues(row: Int) throws {
    let times: [Int64] = [-5, 0, 1, 2, 1_700_000_000_000, 1_700_000_030_000, .max - 1, .max]
    let samples = zip(times, Self.hard[row]).map { Sample($0, $1) }
    #expect(bits(try SampleChunk(decoding: SampleChunk(samples).bytes).samples()) == bits(samples))
  }

  @Test("Four bytes a sample hold over the shapes of real scrapes")
  func compression() {
    var (weighted, shares) = (0.0, 0)
    for (index, shape) in ScrapeShapes.all.enumerated() {
      var (bytes, count) = (0, 0)
      for seed in 1...4 {
        for chunk in chunks(store(ScrapeShapes.samples(shape, seed: UInt64(index * 10 + seed)))) {
          bytes += chunk.bytes.count
          count += chunk.count
        }
      }
      let each = Double(bytes) / Double(count)
      // Values of 53 random bits cost them and little more.
      #expect(each < 9, "\(shape.name)")
      weighted += each * Double(shape.share)
      shares += shape.share
    }
    #expect(shares == 100)
    #expect(weighted / 100 < 4)
  }

  @Test("Late and repeated samples are left out and counted")
  func order() {
    let store = store([Sample(10, 1), Sample(20, 2), Sample(20, 3), Sample(15, 4), Sample(30, 5)])
    #expect(chunks(store).flatMap { $0.samples() } == [Sample(10, 1), Sample(20, 2), Sample(30, 5)])
    #expect(store.outOfOrderCount == 2)
  }

  @Test("Damaged bytes are an error or other samples, never a crash")
  func damage() {
    var refused = 0
    for (index, shape) in ScrapeShapes.all.enumerated() {
      let bytes = SampleChunk(ScrapeShapes.samples(shape, seed: UInt64(index)).prefix(60)).bytes
      var random = TestRandom(UInt64(index + 77))
      for _ in 0..<150 {
        var damaged = bytes
        switch random.below(3) {
        case 0: damaged[random.below(damaged.count)] ^= UInt8(1 << random.below(8))
        case 1: damaged.removeLast(1 + random.below(damaged.count - 1))
        default: damaged.insert(UInt8(random.below(256)), at: random.below(damaged.count))
        }
        do { _ = try SampleChunk(decoding: damaged) } catch { refused += 1 }
      }
    }
    #expect(refused > 300)
  }
}
