import Documents
import Testing

@Suite struct Quantities {
  @Test(arguments: [
    ("0", "0"), ("250m", "250m"), ("1000m", "1"), ("1500m", "1500m"), ("0.5", "500m"), (".5", "500m"), ("1.", "1"),
    ("1", "1"), ("1000", "1k"), ("1024", "1024"), ("1e3", "1e3"), ("1E3", "1e3"), ("15e2", "1500"), ("1e-3", "1e-3"),
    ("512Mi", "512Mi"), ("1024Mi", "1Gi"), ("1536Mi", "1536Mi"), ("0.5Gi", "512Mi"), ("1.5Gi", "1536Mi"),
    ("1Ki", "1Ki"), ("0.5Ki", "512"), ("1023", "1023"), ("1E", "1E"), ("100G", "100G"), ("0.1n", "1n"), ("1u", "1u"),
    ("-1", "-1"), ("+2", "2"), ("-250m", "-250m"), ("1.0001", "1000100u"), ("20M", "20M"), ("0.1Ki", "102400m"),
    ("9223372036854775808", "9223372036854775807"), ("100Ei", "9223372036854775807"), ("0.0000000001", "1n"),
    ("1e2", "100"), ("128974848", "128974848"), ("123Mi", "123Mi"), ("-0", "0"), ("0Ki", "0"),
  ])
  func canonicalForm(text: String, canonical: String) throws {
    #expect(try Quantity(parsing: text).description == canonical)
    #expect(try Quantity(parsing: canonical) == Quantity(parsing: text))
  }

  @Test(arguments: ["", "m", "1.2.3", "1 Mi", "Mi", "1mi", "1KB", "1e", "1ee3", "--1", ".", "1Kim", "ten", "0x1"])
  func refuses(text: String) {
    #expect(throws: QuantityError.self) { try Quantity(parsing: text) }
  }

  @Test(arguments: [
    ("250m", 1, 250), ("1", 1, 1000), ("1.0001", 2, 1001), ("512Mi", 536_870_912, 536_870_912_000),
    ("-1500m", -1, -1500),
  ])
  func values(text: String, value: Int64, milli: Int64) throws {
    let quantity = try Quantity(parsing: text)
    #expect(quantity.value == value)
    #expect(quantity.milliValue == milli)
  }

  @Test func arithmeticKeepsTheNotation() throws {
    let memory = try Quantity(parsing: "512Mi") + Quantity(parsing: "512Mi")
    #expect(memory.description == "1Gi")
    #expect((Quantity.zero + memory).description == "1Gi")
    #expect((Quantity(milli: 1500) - Quantity(whole: 1)).description == "500m")
    #expect(Quantity(milli: 1000) == Quantity(whole: 1))
    #expect(Quantity(milli: 999) < Quantity(whole: 1))
    #expect(try Quantity(JSONValue.integer(2)).description == "2")
    #expect(try Quantity(JSONValue.number(0.25)).description == "250m")
  }
}

@Suite struct Durations {
  @Test(arguments: [
    ("0", 0), ("1h2m3.5s", 3_723_500_000_000), ("300ms", 300_000_000), ("1.5h", 5_400_000_000_000),
    ("-2m", -120_000_000_000),
    ("+5s", 5_000_000_000), (".5s", 500_000_000), ("1us", 1000), ("1µs", 1000), ("1ns", 1), ("0.1ns", 0),
    ("2562047h", 9_223_369_200_000_000_000),
  ])
  func goText(text: String, nanoseconds: Int64) {
    #expect(Duration(goText: text)?.nanosecondCount == nanoseconds)
  }

  @Test(arguments: ["", "5", "s", "1x", "1d", "5 s", "1h-2m", "1.2.3s", "2562048h", "- 5s", "1h 2m", ".s", "1e3s"])
  func refusesAsGo(text: String) {
    #expect(Duration(goText: text) == nil)
  }

  @Test(arguments: [("2d", 172_800_000_000_000), ("1d12h", 129_600_000_000_000), ("90s", 90_000_000_000)])
  func scenarioText(text: String, nanoseconds: Int64) {
    #expect(Duration(scenarioText: text)?.nanosecondCount == nanoseconds)
    #expect(Duration(scenarioText: "-" + text) == nil)
  }

  @Test(arguments: [
    (0, "0s", "0s"), (1, "1ns", "1ns"), (1500, "1.5µs", "1.5µs"), (300_000_000, "300ms", "300ms"),
    (1_500_000_000, "1.5s", "1.5s"),
    (60_000_000_000, "1m0s", "1m"), (3_600_000_000_000, "1h0m0s", "1h"), (3_723_500_000_000, "1h2m3.5s", "1h2m3.5s"),
    (5_400_000_000_000, "1h30m0s", "1h30m"), (-90_000_000_000, "-1m30s", "-1m30s"), (160_000_000_000, "2m40s", "2m40s"),
    (1_000_001, "1.000001ms", "1.000001ms"), (3_601_000_000_000, "1h0m1s", "1h1s"),
  ])
  func written(nanoseconds: Int64, go: String, short: String) {
    let duration = Duration.nanoseconds(nanoseconds)
    #expect(duration.goText == go)
    #expect(duration.shortText == short)
    #expect(Duration(goText: go) == duration)
    #expect(Duration(goText: short) == duration)
  }
}

@Suite struct Percentages {
  @Test(arguments: [("25%", 0.25), ("99.9%", 0.999), ("0%", 0), ("100%", 1), ("150%", 1.5)])
  func parses(text: String, share: Double) throws {
    #expect(abs(try #require(parsePercentage(text)) - share) < 1e-12)
  }

  @Test(arguments: ["", "%", "25", "-1%", "1e2%", ".5%", "5.%", "a%", "25 %"])
  func refuses(text: String) {
    #expect(parsePercentage(text) == nil)
  }

  @Test(arguments: [
    (JSONValue.string("25%"), 10, 3, 2), (.string("25%"), 4, 1, 1), (.string("0%"), 10, 0, 0), (.integer(2), 10, 2, 2),
    (.string("100%"), 7, 7, 7), (.string("1%"), 1, 1, 0),
  ])
  func countsOrPercentages(json: JSONValue, total: Int, up: Int, down: Int) throws {
    let value = try #require(CountOrPercentage(json))
    #expect(value.scaled(to: total, roundingUp: true) == up)
    #expect(value.scaled(to: total, roundingUp: false) == down)
    #expect(value.json == json)
  }

  @Test(arguments: [JSONValue.string("25"), .string("2.5%"), .number(2.5), .null])
  func refusesOtherCounts(json: JSONValue) {
    #expect(CountOrPercentage(json) == nil)
  }
}
