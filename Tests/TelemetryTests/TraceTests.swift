import Documents
import HTTPMessages
import SimulationKernel
import Testing

@testable import Telemetry

@Suite struct Traces {
  @Test(arguments: [
    ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true),
    ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", true),
    // A later version may have more fields behind a dash; version 00 may not.
    ("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what", true),
    ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what", false),
    ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false),
    ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false),
    ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false),
    ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false),
    ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", false), ("", false),
  ])
  func traceParentsAreReadAsTheStandardSays(_ text: String, _ isValid: Bool) {
    let value = TraceParent(text)
    #expect((value != nil) == isValid)
    if let value, text.hasPrefix("00") { #expect(value.text == text) }
  }

  private static func candidate(_ number: Int, _ milliseconds: Double, isError: Bool = false) -> TailSampling.Candidate
  {
    // Numbers whose last 56 bits are far above the threshold of the random sample.
    TailSampling.Candidate(
      id: TraceID(high: 1, low: 0x00ff_ffff_0000_0000 + UInt64(number)), duration: .milliseconds(milliseconds),
      isError: isError)
  }

  @Test func allErrorsAndTheSlowestHundredthAreKept() {
    var candidates = (0..<250).map { Self.candidate($0, Double(($0 * 37) % 250)) }
    candidates[10].isError = true
    let reasons = TailSampling.decide(candidates)
    #expect(reasons[10] == .error)
    let slow = reasons.indices.filter { reasons[$0] == .slow }
    // 249 sound ones: the three slowest.
    #expect(Set(slow.map { candidates[$0].duration.milliseconds.rounded() }) == [249, 248, 247])
    #expect(reasons.count { $0 != nil } == 4)
  }

  @Test func ofEquallySlowTracesTheFirstIsKept() {
    #expect(TailSampling.decide((0..<5).map { Self.candidate($0, 10) }) == [.slow, nil, nil, nil, nil])
    #expect(TailSampling.decide([]).isEmpty)
  }

  @Test func theRandomSampleFollowsTheTracesNumber() {
    Simulated.perform {
      let stream = RandomStream(seed: 3, name: "ids")
      let candidates = (0..<20_000).map { _ in
        TailSampling.Candidate(
          id: TraceID(high: stream.next(), low: stream.next()), duration: .milliseconds(1), isError: false)
      }
      let sampled = TailSampling.decide(candidates).count { $0 == .sample }
      // A hundredth of 19,800, within four standard deviations.
      #expect((142...254).contains(sampled))
    }
  }

  private static func span(
    _ operation: SpanOperation, _ parent: Int32, _ from: Double, _ to: Double?
  ) -> Span {
    Span(
      operation: operation, place: 0, parent: parent, start: .zero + .milliseconds(from),
      end: to.map { .zero + .milliseconds($0) } ?? .distantFuture)
  }

  @Test func theCriticalPathCoversTheRootWithoutGaps() {
    let spans = [
      Self.span(.request, -1, 0, 100), Self.span(.balance, 0, 10, 90), Self.span(.serve, 1, 20, 60),
      // Side by side with the one before, and longer: this is what was waited for.
      Self.span(.transaction, 1, 30, 80), Self.span(.waiting(.commit), 3, 50, 70),
      // Nobody waited for what outlived the root, or never ended.
      Self.span(.execute, 0, 85, 140), Self.span(.lend, 0, 5, nil),
    ]
    let path = criticalPath(spans)
    #expect(path.map(\.span) == [0, 1, 2, 3, 4, 3, 1, 5])
    #expect(path.first?.from == spans[0].start)
    #expect(path.last?.to == spans[0].end)
    for (before, after) in zip(path, path.dropFirst()) { #expect(before.to == after.from) }
  }

  @Test func aRootThatGoesOnHasNoCriticalPath() {
    #expect(criticalPath([Self.span(.request, -1, 0, nil)]).isEmpty)
    #expect(criticalPath([]).isEmpty)
  }

  @Test func whatAServerDoesForAClientThatLeftIsInItsTrace() throws {
    try Simulated.perform {
      let simulation = Simulation(seed: 1)
      let collector = TraceCollector(simulation, region: "spain")
      simulation.spawn("client") {
        guard let root = collector.begin(at: 1) else { return }
        let server = root.begin(.serve, at: 2)
        root.end(error: "timed out")
        collector.finish(root)
        // The client is gone; the server works on for three seconds.
        server.add(.podProcessor, .seconds(3))
        await simulation.sleep(.seconds(3), "server")
        server.end(status: 200)
      }
      try simulation.run(until: .zero + .seconds(30))
      let entry = try #require(collector.store.entries.first)
      let trace = collector.store.trace(entry)
      #expect(entry.reason == .error)
      #expect(trace.error(of: trace.spans[0]) == "timed out")
      #expect(trace.spans.map(\.operation) == [.request, .serve, .waiting(.podProcessor)])
      #expect(trace.spans[1].duration == .seconds(3))
      #expect(trace.spans[1].status == 200)
    }
  }

  @Test func buffersAreUsedAgainAndHoldNothingOfBefore() throws {
    try Simulated.perform {
      let simulation = Simulation(seed: 1)
      let collector = TraceCollector(simulation, region: "spain")
      for round in 0..<40 {
        guard let root = collector.begin(at: 1) else { return }
        #expect(root.parts.allSatisfy { $0 == .zero })
        root.add(.network, .milliseconds(Double(round + 1)))
        try simulation.run(until: simulation.now + .milliseconds(Double(round + 1)))
        root.end(status: 200)
        collector.finish(root)
        try simulation.run(until: simulation.now + .seconds(1))
      }
      collector.close()
      #expect(collector.begun == 40)
      for entry in collector.store.entries { #expect(collector.store.trace(entry).spans.count == 2) }
      // All ended within forty seconds, four windows: of each the slowest one.
      #expect(collector.store.entries.count { $0.reason == .slow } == 4)
    }
  }

  @Test func withoutWaitsTheTreeStaysWhole() throws {
    try Simulated.perform {
      let simulation = Simulation(seed: 1)
      let collector = TraceCollector(simulation, region: "spain")
      for _ in 0...TailSampling.detailedErrors {
        guard let root = collector.begin(at: 1) else { return }
        root.add(.clientNetwork, .milliseconds(1))
        let inner = root.begin(.balance, at: 2)
        inner.add(.loadBalancer, .milliseconds(1))
        let innermost = inner.begin(.serve, at: 3)
        innermost.end(error: "it broke")
        inner.end(status: 502)
        root.end(status: 502)
        collector.finish(root)
      }
      collector.close()
      let last = collector.store.trace(try #require(collector.store.entries.last))
      #expect(last.spans.map(\.operation) == [.request, .balance, .serve])
      #expect(last.spans.map(\.parent) == [-1, 0, 1])
      #expect(last.error(of: last.spans[2]) == "it broke")
      #expect(collector.store.trace(collector.store.entries[0]).spans.count == 5)
    }
  }

  @Test func aTraceIsWrittenAsOTLPSaysAndAsTempoDoes() throws {
    let id = TraceID(high: 1, low: 2)
    var failed = Self.span(.serve, 0, 1, 2)
    failed.status = 503
    failed.error = 0
    failed.place = 1
    let trace = StoredTrace(
      id: id, reason: .error, spans: [Self.span(.request, -1, 0, 3), failed], errors: ["no database"])
    let places = [
      TracedPlace(service: "customer", component: "spain/customer", zone: "internet"),
      TracedPlace(service: "api", component: "spain/pod/payments/api-0", zone: "eu-south-2a"),
    ]
    let otlp = OTLPTraces(places: places).resourceSpans([trace])
    let pod = try #require(otlp[1])
    #expect(
      pod.at("resource", "attributes")?.jsonText()
        == #"[{"key":"service.name","value":{"stringValue":"api"}},{"key":"k8s.namespace.name","value":{"stringValue":"payments"}},{"key":"k8s.pod.name","value":{"stringValue":"api-0"}},{"key":"cloud.availability_zone","value":{"stringValue":"eu-south-2a"}}]"#
    )
    let span = try #require(pod["scopeSpans"]?[0]?["spans"]?[0])
    #expect(span["traceId"]?.string == "00000000000000010000000000000002")
    #expect(span["kind"] == 2)
    #expect(span["parentSpanId"] == otlp[0]?["scopeSpans"]?[0]?["spans"]?[0]?["spanId"])
    #expect(span["startTimeUnixNano"]?.string == "1772438400001000000")
    #expect(span["status"]?.jsonText() == #"{"code":2,"message":"no database"}"#)
    let tempo = OTLPTraces(places: places, encoding: .tempo).resourceSpans([trace])
    let other = try #require(tempo[1]?["scopeSpans"]?[0]?["spans"]?[0])
    #expect(other["traceId"]?.string == "AAAAAAAAAAEAAAAAAAAAAg==")
    #expect(other["kind"]?.string == "SPAN_KIND_SERVER")
    #expect(other.at("status", "code")?.string == "STATUS_CODE_ERROR")
  }
}

@Suite struct Logs {
  @Test func aStoreTakesNoMoreThanItsLimitAndCountsTheRest() {
    Simulated.perform {
      let store = LogStore(Simulation(seed: 1))
      let stream = store.stream("group", "one")
      #expect(store.stream("group", "one") === stream)
      for _ in 0..<LogStore.eventLimit + 7 { stream.write("line") }
      #expect(stream.lines.count == LogStore.eventLimit)
      #expect(store.dropped == 7)
    }
  }
}
