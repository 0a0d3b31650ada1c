import Telemetry
import Testing

@Suite("Time series")
struct TimeSeriesStoreTests {
  private func store(_ samples: [Sample], _ labels: Labels = Labels([Label("__name__", "x")])) -> TimeSeriesStore {
    let store = TimeSeriesStore()
    let id = store.register(labels)
    for sample in samples { store.append(sample.value, at: sample.time, to: id) }
    return store
  }

  @Test("Samples come back bit for bit, plain, compressed and after storage", arguments: ScrapeShapes.all.indices)
  func roundTrip(shape: Int) throws {
    var samples = ScrapeShapes.samples(ScrapeShapes.all[shape], seed: UInt64(shape + 1))
    samples[100].value = Sample.staleMarker
    samples[359].value = Sample.staleMarker
    let store = store(samples)
    #expect(store.compressed.samples >= 480)
    let id = try #require(store.series(Labels([Label("__name__", "x")])))
    #expect(store.samples(of: id) == samples)
    #expect(store.samples(of: id, from: samples[7].time, through: samples[611].time) == Array(samples[7...611]))
    let again = try TimeSeriesStore(stored: store.stored())
    let stored = try #require(again.series(Labels([Label("__name__", "x")])))
    #expect(again.samples(of: stored) == samples)
    #expect(again.append(1, at: samples[719].time, to: stored) == .duplicate)
    #expect(again.append(1, at: samples[719].time + 1, to: stored) == .accepted)
  }

  static let hard: [(name: String, values: [Double])] = [
    ("special", [.nan, -.nan, .infinity, -.infinity, -0.0, 0, .leastNonzeroMagnitude, .greatestFiniteMagnitude]),
    ("stale only", [Sample.staleMarker, Sample.staleMarker]),
    ("one", [42]),
    ("one stale", [Sample.staleMarker]),
    ("stale first", [Sample.staleMarker, 1, 2]),
    ("large", [9_007_199_254_740_992, -9_007_199_254_740_992, 9_007_199_254_740_994, 1e300]),
    ("decimals", [0.1, 0.25, 1e-9, 123456.789, 0.000000001]),
    ("payload", [Double(bitPattern: 0x7ff0_0000_0000_0001), 1, Double(bitPattern: 0xffff_ffff_ffff_ffff)]),
  ]

  @Test("Hard values and times survive compression", arguments: hard.indices)
  func hardValues(row: Int) throws {
    let times: [Int64] = [.min + 1, -5, 0, 1, 2, 1_700_000_000_000, .max - 1, .max]
    let samples = zip(times, Self.hard[row].values).map { Sample($0, $1) }
    let stored = store(samples).stored()
    let again = try TimeSeriesStore(stored: stored)
    #expect(again.samples(of: again.register(stored[0].labels)) == samples)
  }

  @Test("Compression holds its limit over the shapes of real scrapes")
  func compression() {
    var bytes = 0.0
    var share = 0.0
    for (index, shape) in ScrapeShapes.all.enumerated() {
      var one = (bytes: 0, samples: 0)
      for seed in 1...4 {
        let compressed = store(ScrapeShapes.samples(shape, seed: UInt64(index * 10 + seed))).compressed
        one = (one.bytes + compressed.bytes, one.samples + compressed.samples)
      }
      let each = Double(one.bytes) / Double(one.samples)
      print("\(shape.name): \((each * 100).rounded() / 100) bytes a sample")
      // Incompressible ones cost their 53 random bits and little more.
      #expect(each < 8, "\(shape.name)")
      bytes += each * Double(shape.share)
      share += Double(shape.share)
    }
    print("all, by share: \((bytes / share * 100).rounded() / 100) bytes a sample")
    #expect(share == 100)
    #expect(bytes / share < 4)
  }

  @Test("Damaged bytes are an error or other samples, never a crash")
  func damage() throws {
    var refused = 0
    for (index, shape) in ScrapeShapes.all.enumerated() {
      var samples = Array(ScrapeShapes.samples(shape, seed: UInt64(index)).prefix(60))
      samples[30].value = Sample.staleMarker
      let bytes = store(samples).stored()[0].chunks[0]
      var random = TestRandom(UInt64(index + 77))
      for _ in 0..<150 {
        var damaged = bytes
        damaged[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
        if let chunk = try? Chunk(bytes: damaged) { chunk.forEachSample { _ in true } } else { refused += 1 }
      }
      for length in 0..<bytes.count {
        let cut = Array(bytes.prefix(length))
        if let chunk = try? Chunk(bytes: cut) { chunk.forEachSample { _ in true } } else { refused += 1 }
      }
    }
    #expect(refused > 300)
    #expect(throws: ChunkError.corrupt("no bytes")) { try Chunk(bytes: []) }
    #expect(throws: ChunkError.unknownVersion(9)) { try Chunk(bytes: [9, 0, 1]) }
    #expect(throws: ChunkError.corrupt("malformed header")) { try Chunk(bytes: [1, 12, 1, 0, 0]) }
  }

  @Test("Samples out of order and duplicates are refused and counted")
  func refusals() {
    let store = TimeSeriesStore()
    let id = store.register(Labels([Label("a", "1")]))
    #expect(store.append(1, at: 10, to: id) == .accepted)
    #expect(store.append(1, at: 10, to: id) == .duplicate)
    #expect(store.append(1, at: 9, to: id) == .outOfOrder)
    #expect(store.markStale(id, at: 11) == .accepted)
    #expect([store.refusedDuplicates, store.refusedOutOfOrder, store.sampleCount] == [1, 1, 2])
    #expect(store.samples(of: id).last?.value.bitPattern == 0x7ff0_0000_0000_0002)
  }

  @Test("Chunks beyond the retention are dropped")
  func retention() {
    let store = TimeSeriesStore(retention: 10_000)
    let id = store.register(Labels([Label("a", "1")]))
    for step in 0..<1000 { store.append(Double(step), at: Int64(step) * 100, to: id) }
    store.dropExpired(now: 99_900)
    let left = store.samples(of: id)
    #expect(left.count >= 100 && left.count < 400 && left.last?.value == 999)
  }

  @Test("Conditions select series in the order of their labels")
  func selection() {
    let store = TimeSeriesStore()
    for pod in (0..<40).reversed() {
      for name in ["b", "a"] {
        _ = store.register(Labels([Label("__name__", name), Label("pod", "p\(pod % 20)"), Label("n", "\(pod)")]))
      }
    }
    func select(_ conditions: LabelCondition...) -> [Labels] { store.select(conditions).map { store.labels(of: $0) } }
    let one = select(LabelCondition("pod", equals: "p3"), LabelCondition("__name__", equals: "a"))
    #expect(one.map { $0["n"] } == ["23", "3"])
    #expect(select(LabelCondition("zone", equals: "")).count == 80)
    #expect(select(LabelCondition("pod", equals: "p3"), LabelCondition("zone") { $0 != "" }).isEmpty)
    let many = select(LabelCondition("pod") { $0.hasPrefix("p1") })
    #expect(many.count == 44 && many == many.sorted())
    #expect(store.select([LabelCondition("__name__", equals: "a")], from: 60).count == 10)
    #expect(store.labelNames() == ["__name__", "n", "pod"])
    #expect(store.labelValues(of: "n", [LabelCondition("pod", equals: "p3")]) == ["23", "3"])
  }

  @Test("Labels survive storage, and damaged ones are an error")
  func storedLabels() throws {
    let labels = Labels([Label("__name__", "x"), Label("ä", "🙂"), Label("path", "/a\"b\\")])
    #expect(try Labels(encoded: labels.encoded) == labels)
    #expect(throws: ChunkError.corrupt("labels")) { try Labels(encoded: Array(labels.encoded.dropLast())) }
    #expect(throws: ChunkError.corrupt("labels")) { try Labels(encoded: [1, 0xFF, 1, 0x41]) }
  }
}
