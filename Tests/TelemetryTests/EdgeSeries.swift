import Telemetry

/// The series that queries of the second conformance table are asked of: the same in every run.
enum EdgeSeries {
  /// 2020-09-13 12:00:00 UTC, in milliseconds; the data covers 90 minutes from here.
  static let start: Int64 = 1_599_998_400_000

  typealias Series = (labels: Labels, samples: [Sample])

  static let all: [Series] = (counters() + gauges() + histograms() + oddities() + constants())
    .sorted { $0.labels < $1.labels }

  private static func make(
    _ name: String, _ labels: [String: String], every interval: Int64 = 15_000, offset: Int64 = 0,
    _ value: (_ step: Int) -> Double?
  ) -> Series {
    var set = Labels([Label("__name__", name)])
    for (name, value) in labels { set[name] = value }
    let samples = (0..<Int(5_400_000 / interval)).compactMap { step in
      value(step).map { Sample(start + offset + Int64(step) * interval, $0) }
    }
    return (set, samples)
  }

  private static func counters() -> [Series] {
    var all: [Series] = []
    var random = TestRandom(11)
    for (job, instances) in [("api", 3), ("web", 2)] {
      for instance in 0..<instances {
        for code in ["200", "404", "500"] {
          var total = 0.0
          let pace = code == "200" ? 400 : code == "404" ? 7 : 2
          let target = "\(job)-\(instance)"
          all.append(
            make(
              "http_requests_total", ["job": job, "instance": target, "code": code], offset: Int64(instance) * 3100
            ) { step in
              total += Double(random.below(pace))
              // A restart, a gap of ten minutes, and a series that ends and comes back.
              if target == "api-1", step % 140 == 139 { total = 0 }
              if target == "web-1", (150..<190).contains(step) { return nil }
              if target == "api-2", code == "500" {
                if step == 120 { return StalenessMarker.value }
                if (121..<160).contains(step) || step > 300 { return nil }
                if step == 300 { return StalenessMarker.value }
              }
              return target == "web-0" && step < 80 ? nil : total
            })
        }
      }
      var seconds = 0.0
      all.append(
        make("process_cpu_seconds_total", ["job": job, "instance": "\(job)-0"]) { _ in
          seconds += random.unit() * 3
          return seconds
        })
    }
    return all
  }

  private static func gauges() -> [Series] {
    var random = TestRandom(12)
    var all: [Series] = []
    for (index, room) in ["attic", "cellar", "hall", "kitchen"].enumerated() {
      var value = 15.0
      all.append(
        make("temperature_celsius", ["room": room, "floor": index == 1 ? "-1" : "\(index % 2)"], offset: 250) { step in
          value += random.gaussian() - (room == "cellar" ? 0.1 : 0)
          return room == "hall" && step % 9 == 4 ? StalenessMarker.value : value
        })
    }
    for job in ["api", "web"] {
      for instance in 0..<2 {
        var bytes = 2e8
        all.append(
          make("memory_bytes", ["job": job, "instance": "\(job)-\(instance)"]) { step in
            bytes = step % 97 == 96 ? 2e8 : bytes + Double(random.below(1000)) * 4096
            return bytes
          })
      }
    }
    // Scrapes that are late by up to four seconds, some of them left out.
    var late: [Sample] = []
    for step in 0..<360 where random.below(8) > 0 {
      late.append(Sample(start + Int64(step) * 15_000 + Int64(random.below(4000)), Double(random.below(50)) - 20))
    }
    all.append(
      (Labels([Label("__name__", "queue_depth"), Label("queue", "settlement")]), late))
    return all
  }

  private static func histograms() -> [Series] {
    var random = TestRandom(13)
    var all: [Series] = []
    let bounds = ["0.005", "0.05", "0.1", "0.5", "1", "+Inf"]
    for (job, instance, width) in [("api", "api-0", 40), ("api", "api-1", 9), ("web", "web-0", 3)] {
      var increments = [[Double]](repeating: [], count: 360)
      for step in 0..<360 { increments[step] = bounds.map { _ in Double(random.below(width)) } }
      for (index, bound) in bounds.enumerated() {
        var total = 0.0
        all.append(
          make("request_seconds_bucket", ["job": job, "instance": instance, "le": bound]) { step in
            total += increments[step][...index].reduce(0, +)
            return instance == "api-1" && step % 200 == 199 ? 0 : total
          })
      }
      var count = 0.0
      var sum = 0.0
      all.append(
        make("request_seconds_count", ["job": job, "instance": instance]) { step in
          count += increments[step].reduce(0, +)
          return count
        })
      all.append(
        make("request_seconds_sum", ["job": job, "instance": instance]) { step in
          sum += increments[step].reduce(0, +) * 0.21 + random.unit()
          return sum
        })
    }
    let strange: [(kind: String, buckets: [(String, Double)])] = [
      ("falling", [("1", 10), ("2", 8), ("4", 12), ("+Inf", 11)]), ("endless", [("1", 10), ("2", 20)]),
      ("empty", [("1", 0), ("+Inf", 0)]), ("lonely", [("+Inf", 5)]),
      ("negative", [("-2", 3), ("-1", 9), ("0", 12), ("+Inf", 12)]),
      ("twice", [("1", 4), ("1.0", 4), ("2", 9), ("+Inf", 20)]), ("malformed", [("x", 4), ("2", 9), ("+Inf", 20)]),
    ]
    for (kind, buckets) in strange {
      for (bound, count) in buckets {
        all.append(make("strange_bucket", ["kind": kind, "le": bound], every: 60_000) { _ in count })
      }
    }
    return all
  }

  private static func oddities() -> [Series] {
    let infinities: [Double] = [.infinity, -.infinity, 1, .infinity, .nan, -1]
    let rows: [(kind: String, value: (Int) -> Double?)] = [
      ("nan", { _ in .nan }), ("infinite", { _ in .infinity }), ("negative", { _ in -.infinity }),
      ("mixed", { infinities[$0 % infinities.count] }), ("zero", { _ in 0 }), ("minus_zero", { _ in -0.0 }),
      ("rising", { Double($0) }), ("falling", { -Double($0) / 7 }), ("tiny", { Double($0) * 1e-12 }),
      ("huge", { Double($0) * 1e300 }), ("half_nan", { $0 % 2 == 0 ? .nan : Double($0) }),
      ("square", { $0 / 20 % 2 == 0 ? 1 : -1 }),
    ]
    var all = rows.map { row in make("odd", ["kind": row.kind], every: 30_000, row.value) }
    // At the very edges of the lookback and of windows.
    all.append(make("sparse", ["every": "4m"], every: 240_000) { Double($0) })
    all.append(make("sparse", ["every": "6m"], every: 360_000) { Double($0 * $0) })
    all.append(make("sparse", ["every": "20m"], every: 1_200_000) { Double($0 + 1) })
    all.append(make("single", [:], every: 5_400_000, offset: 2_400_000) { _ in 42 })
    all.append(
      make("flapping", ["target": "a"], every: 30_000) { step in
        switch step % 10 {
        case 6: StalenessMarker.value
        case 7, 8, 9: nil
        default: Double(step)
        }
      })
    return all
  }

  private static func constants() -> [Series] {
    let rows: [(name: String, labels: [String: String], value: Double)] = [
      ("build_info", ["job": "api", "version": "1.4.0", "branch": "main"], 1),
      ("build_info", ["job": "web", "version": "2.0.1"], 1),
      ("replicas", ["job": "api", "zone": "a"], 3), ("replicas", ["job": "web", "zone": "a"], 2),
      ("replicas", ["job": "web", "zone": "b"], 2), ("limit", ["job": "api"], 4), ("limit", ["job": "db"], 9),
      ("limit_other", ["job": "api"], 5), ("tie", ["n": "1"], 5), ("tie", ["n": "2"], 5), ("tie", ["n": "3"], 7),
      ("tie", ["n": "4"], 7), ("tie", ["n": "5"], 1), ("tie", ["n": "6"], .nan),
      ("text", ["src": "source-value-10", "dst": "original"], 1),
      ("text", ["src": "source-value-20", "dst": "original"], 2), ("text", ["src": "other", "name": "a.b\"c\\d"], 3),
      ("text", ["émigré": "no"], 4), ("text", ["src": "café-7"], 5),
      ("birthday", ["of": "tests"], 1_582_934_400), ("birthday", ["of": "epoch"], 0),
      ("birthday", ["of": "past"], -86_401.7), ("birthday", ["of": "far"], 1e11),
    ]
    return rows.filter { $0.labels["émigré"] == nil }.map { row in
      make(row.name, row.labels, every: 60_000) { _ in row.value }
    }
  }
}
