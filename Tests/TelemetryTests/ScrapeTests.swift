import Telemetry
import Testing

@Suite struct Scrapes {
  /// A cache for a target with labels, and what it stored.
  struct Target {
    let store = MemorySampleStore()
    let cache: ScrapeCache

    init(
      _ labels: [(String, String)] = [("job", "j"), ("instance", "i")], honorsLabels: Bool = false,
      relabelings: [RelabelRule] = [], sampleLimit: Int = 0
    ) {
      cache = ScrapeCache(
        SampleLabelling(
          target: Labels(labels.map { Label($0.0, $0.1) }), honorsLabels: honorsLabels, relabelings: relabelings),
        sampleLimit: sampleLimit, store: store)
    }

    @discardableResult
    func scrape(_ text: String, at milliseconds: Int64) throws -> ScrapeCache.Report {
      try cache.ingest(Array(text.utf8), at: milliseconds)
    }

    /// The samples of a series as text, `stale` for markers.
    func samples(_ labels: [String: String]) -> [String] {
      store.find(labels).flatMap { series in
        series.samples.map {
          StalenessMarker.isMarker($0.value) ? "\($0.milliseconds) stale" : "\($0.milliseconds) \($0.value)"
        }
      }
    }
  }

  @Test func linesOfEveryFormAreRead() throws {
    let target = Target()
    let report = try target.scrape(
      """
      # HELP a Help.
      # TYPE a counter
      a 1
      a_total{x="1",y="q\\"u\\\\o\\nte"} 2.5e-3
      b{ x = "a b" , } +Inf
      c\t-1.25e+06
      d NaN
      e{le="}"} 3 1700000000123

      f 123456789012345678901234567890
      """, at: 1000)
    #expect(report.scraped == 7 && report.kept == 7 && report.added == 7)
    #expect(target.samples(["__name__": "a", "job": "j", "instance": "i"]) == ["1000 1.0"])
    #expect(target.samples(["__name__": "a_total", "y": "q\"u\\o\nte"]) == ["1000 0.0025"])
    #expect(target.samples(["__name__": "b", "x": "a b"]) == ["1000 inf"])
    #expect(target.samples(["__name__": "c"]) == ["1000 -1250000.0"])
    #expect(target.samples(["__name__": "d"]) == ["1000 nan"])
    #expect(target.samples(["__name__": "e", "le": "}"]) == ["1700000000123 3.0"])
    #expect(target.samples(["__name__": "f"]) == ["1000 1.2345678901234568e+29"])
  }

  @Test(arguments: ["a", "a{x=\"1} 1", "a{x=1} 1", "1a 1", "a one", "a 1 x", "{x=\"1\"", "a{x=\"1\"}"])
  func aMalformedLineRefusesAll(_ line: String) throws {
    let target = Target()
    #expect(throws: ExpositionError.self) { try target.scrape("good 1\n\(line)\n", at: 1000) }
    #expect(target.samples(["__name__": "good"]).isEmpty)
  }

  @Test func whatVanishesEndsAndWhatComesBackGoesOn() throws {
    let target = Target()
    try target.scrape("a 1\nb 1\nc 1\n", at: 1000)
    let second = try target.scrape("a 2\nc 1\n", at: 2000)
    #expect(second.scraped == 2 && second.added == 0)
    let third = try target.scrape("c 3\nb 3\na 3\nd 3\n", at: 3000)
    #expect(third.scraped == 4 && third.added == 2)
    #expect(target.samples(["__name__": "a"]) == ["1000 1.0", "2000 2.0", "3000 3.0"])
    #expect(target.samples(["__name__": "b"]) == ["1000 1.0", "2000 stale", "3000 3.0"])
    #expect(target.samples(["__name__": "c"]) == ["1000 1.0", "2000 1.0", "3000 3.0"])
    target.cache.markStale(at: 4000)
    for name in ["a", "b", "c", "d"] { #expect(target.samples(["__name__": name]).last == "4000 stale") }
    #expect(try target.scrape("a 5\n", at: 5000).added == 1)
  }

  @Test func anUnchangedTextIsStoredAgain() throws {
    let target = Target()
    for time in 1...3 { try target.scrape("a 1\nb{x=\"1\"} 2\n", at: Int64(time) * 1000) }
    #expect(target.samples(["__name__": "b"]) == ["1000 2.0", "2000 2.0", "3000 2.0"])
  }

  @Test func aSeriesTwiceCountsOnce() throws {
    let target = Target()
    try target.scrape("a 1\na 2\n", at: 1000)
    try target.scrape("a 3\na 4\n", at: 2000)
    #expect(target.samples(["__name__": "a"]) == ["1000 1.0", "2000 3.0"])
  }

  /// The order of lines may change at will: the store sees what a reader without a memory would give it.
  @Test(arguments: 1...20) func theCacheIsNotSeen(_ seed: UInt64) throws {
    var state = seed &* 0x9e37_79b9_7f4a_7c15
    func draw(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let target = Target([("job", "j")])
    var expected: [String: [String]] = [:]
    var present: Set<String> = []
    for round in 1...30 {
      var names = (0..<12).filter { _ in draw(4) > 0 }.map { "m\($0)" }
      if draw(3) == 0 { names.reverse() }
      let values = names.map { _ in Double(draw(3)) }
      try target.scrape(zip(names, values).map { "\($0){l=\"\($0)\"} \($1)\n" }.joined(), at: Int64(round))
      for (name, value) in zip(names, values) { expected[name, default: []].append("\(round) \(value)") }
      for name in present.subtracting(names) { expected[name, default: []].append("\(round) stale") }
      present = Set(names)
    }
    for (name, samples) in expected { #expect(target.samples(["__name__": name]) == samples, "\(name)") }
  }

  @Test func labelsInConflict() throws {
    let text = "a{job=\"own\",instance=\"x\",exported_job=\"e\"} 1\n"
    let plain = Target()
    try plain.scrape(text, at: 1)
    #expect(
      plain.store.find(["__name__": "a"]).map(\.labels.pairs) == [
        [
          Label("__name__", "a"), Label("exported_exported_job", "own"), Label("exported_instance", "x"),
          Label("exported_job", "e"), Label("instance", "i"), Label("job", "j"),
        ]
      ])
    let honoring = Target(honorsLabels: true)
    try honoring.scrape(text, at: 1)
    #expect(honoring.samples(["job": "own", "instance": "x", "exported_job": "e"]) == ["1 1.0"])
  }

  @Test func rulesAndLimits() throws {
    let drop = RelabelRule(.drop, sourceLabels: ["__name__"], regex: RelabelPattern("go_.*")!)
    let target = Target(relabelings: [drop], sampleLimit: 2)
    let report = try target.scrape("a 1\ngo_b 1\ngo_c 1\nd 1\n", at: 1)
    #expect(report.scraped == 4 && report.kept == 2)
    #expect(throws: ExpositionError.self) { try target.scrape("a 1\nb 1\nd 1\n", at: 2) }
    #expect(target.samples(["__name__": "a"]) == ["1 1.0"])
  }

  @Test func theSyntheticSeries() throws {
    let target = Target()
    target.cache.record(try target.scrape("a 1\nb 1\n", at: 5), isUp: true, duration: 0.25, at: 5)
    target.cache.record(ScrapeCache.Report(), isUp: false, duration: 10, at: 6)
    target.cache.markReportStale(at: 7)
    #expect(target.samples(["__name__": "up", "job": "j"]) == ["5 1.0", "6 0.0", "7 stale"])
    #expect(target.samples(["__name__": "scrape_duration_seconds"]) == ["5 0.25", "6 10.0", "7 stale"])
    for name in [
      "scrape_samples_scraped", "scrape_samples_post_metric_relabeling", "scrape_series_added",
    ] { #expect(target.samples(["__name__": name]) == ["5 2.0", "6 0.0", "7 stale"]) }
  }
}

@Suite struct Relabelling {
  static let labels = Labels([
    Label("a", "one"), Label("b", "two"), Label("__meta_x_label_team", "pay"), Label("port", "8080"),
  ])

  /// Rules with what is left of `labels`; `nil` when they drop.
  static let rows: [(rule: RelabelRule, expected: [String: String]?)] = [
    (RelabelRule(sourceLabels: ["a", "b"], targetLabel: "c"), ["c": "one;two"]),
    (
      RelabelRule(
        sourceLabels: ["a", "port"], separator: ":", regex: RelabelPattern("(.+):(\\d+)")!, targetLabel: "c",
        replacement: "${2}-$1"), ["c": "8080-one"]
    ),
    (RelabelRule(sourceLabels: ["a"], regex: RelabelPattern("o")!, targetLabel: "c", replacement: "x"), ["c": ""]),
    (
      RelabelRule(sourceLabels: ["a"], regex: RelabelPattern("(?P<w>.*)")!, targetLabel: "c", replacement: "$w$$1"),
      ["c": "one$1"]
    ),
    (RelabelRule(targetLabel: "a", replacement: ""), ["a": ""]),
    (RelabelRule(.keep, sourceLabels: ["a"], regex: RelabelPattern("one|two")!), ["a": "one"]),
    (RelabelRule(.keep, sourceLabels: ["a"], regex: RelabelPattern("on")!), nil),
    (RelabelRule(.drop, sourceLabels: ["a"], regex: RelabelPattern("o.e")!), nil),
    (RelabelRule(.dropequal, sourceLabels: ["a"], targetLabel: "b"), ["a": "one"]),
    (RelabelRule(.keepequal, sourceLabels: ["a"], targetLabel: "b"), nil),
    (RelabelRule(.labelmap, regex: RelabelPattern("__meta_x_label_(.+)")!), ["team": "pay"]),
    (RelabelRule(.labeldrop, regex: RelabelPattern("a|b")!), ["a": "", "b": "", "port": "8080"]),
    (RelabelRule(.labelkeep, regex: RelabelPattern("a|b")!), ["a": "one", "b": "two", "port": ""]),
    (RelabelRule(.uppercase, sourceLabels: ["a"], targetLabel: "c"), ["c": "ONE"]),
    // Taken from `echo -n one | md5sum`: the last eight bytes, modulo 1000.
    (RelabelRule(.hashmod, sourceLabels: ["a"], modulus: 1000, targetLabel: "c"), ["c": "426"]),
  ]

  @Test(arguments: rows.indices) func rule(_ index: Int) {
    let row = Self.rows[index]
    let result = RelabelRule.process(Self.labels, [row.rule])
    #expect((result == nil) == (row.expected == nil))
    for (name, value) in row.expected ?? [:] { #expect(result?[name] == value, "\(name)") }
  }
}

@Suite struct Exposition {
  @Test func samplesAsExportersWriteThem() {
    var text = ExpositionText()
    text.family("m", .gauge, "Two\nlines and a \\.")
    for value in [0, 1, 123_456, 1_234_567, 1e6, 0.5, 1e-5, -2.5, .infinity, -.infinity, .nan, 1_772_438_401.5] {
      text.sample("m", [("v", "\"\\\n")], value)
    }
    text.histogram("h", [("a", "b")], buckets: [(0.1, 2), (1, 3)], overflow: 1, sum: 4.5)
    let labels = "{v=\"\\\"\\\\\\n\"}"
    let values = [
      "0", "1", "123456", "1.234567e+06", "1e+06", "0.5", "1e-05", "-2.5", "+Inf", "-Inf", "NaN", "1.7724384015e+09",
    ]
    let expected =
      "# HELP m Two\\nlines and a \\\\.\n# TYPE m gauge\n" + values.map { "m\(labels) \($0)\n" }.joined()
        + """
        h_bucket{a="b",le="0.1"} 2
        h_bucket{a="b",le="1"} 5
        h_bucket{a="b",le="+Inf"} 6
        h_sum{a="b"} 4.5
        h_count{a="b"} 6

        """
    #expect(String(decoding: text.bytes, as: UTF8.self) == expected)
  }
}
