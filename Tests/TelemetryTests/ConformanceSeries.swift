import Telemetry

/// Series that are made from nothing but arithmetic: counters with resets, gauges, gaps, histograms, numbers that are none.
func conformanceSeries() -> [(labels: Labels, samples: [Sample])] {
  var result: [(labels: Labels, samples: [Sample])] = []
  var state: UInt64 = 42
  func random() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) / Double(1 << 53)
  }
  func add(_ name: String, _ labels: [(String, String)], every: Int64 = 15, _ value: (Int) -> Double?) {
    let start: Int64 = 1_700_000_000_000
    let samples = (0..<Int(3600 / every)).compactMap { index in
      value(index).map { Sample(start + Int64(index) * every * 1000, $0) }
    }
    let all = labels.map { Label($0.0, $0.1) } + [Label(Labels.metricName, name)]
    result.append((Labels(all), samples))
  }
  for instance in ["a", "b", "c"] {
    for path in ["/pay", "/info"] {
      var count = 0.0
      add("requests_total", [("job", "api"), ("instance", instance), ("path", path)]) { index in
        // Instance b restarts after half an hour.
        if instance == "b", index == 121 { count = 0 }
        count += (random() * 40).rounded()
        return count
      }
    }
    add("build_info", [("job", "api"), ("instance", instance), ("version", instance == "c" ? "1.4.2" : "1.4.1")]) { _ in
      1
    }
    add("up", [("job", "api"), ("instance", instance)]) { index in instance == "c" && index > 200 ? 0 : 1 }
  }
  for (room, floor) in [("a", "1"), ("b", "1"), ("c", "2"), ("d", "2")] {
    var level = 21.0
    add("temperature", [("room", room), ("floor", floor)]) { _ in
      level += random() - 0.5
      return (level * 1000).rounded() / 1000
    }
    add("humidity", [("room", room), ("floor", floor)]) { _ in 40 + random() * 20 }
  }
  add("gappy", [("kind", "holes")]) { index in index % 40 < 13 ? Double(index) : nil }
  add("gappy", [("kind", "late")]) { index in index > 180 ? 1 : nil }
  add("constant", [("job", "api")]) { _ in 7 }
  for (kind, value) in [("nan", Double.nan), ("inf", .infinity), ("minus", -.infinity), ("zero", 0), ("one", 1)] {
    add("special", [("kind", kind)]) { index in index % 5 == 4 && kind != "inf" ? 2 : value }
  }
  var resetting = 0.0
  add("resetting_total", [("job", "api")], every: 30) { index in
    resetting = index % 17 == 0 ? 3 : resetting + random() * 10
    return resetting
  }
  for path in ["/pay", "/info"] {
    var counts = [0.0, 0, 0, 0, 0]
    let bounds = ["0.01", "0.05", "0.1", "1", "+Inf"]
    var rows = Array(repeating: [Double](), count: 5)
    for _ in 0..<240 {
      for _ in 0..<20 {
        let slot = Int(random() * random() * 5)
        for index in slot..<5 { counts[index] += 1 }
      }
      for index in 0..<5 { rows[index].append(counts[index]) }
    }
    for (index, bound) in bounds.enumerated() {
      add("latency_seconds_bucket", [("path", path), ("le", bound)]) { rows[index][$0] }
    }
  }
  return result
}
