import Foundation
import Telemetry

/// Random numbers that are the same in every run (xorshift64*).
struct TestRandom {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 2_685_821_657_736_338_717
  }

  /// 0 up to, but not including, 1.
  mutating func unit() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }

  mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

  mutating func gaussian() -> Double {
    (-2 * Foundation.log(1 - unit())).squareRoot() * Foundation.cos(2 * .pi * unit())
  }
}

/// Series as scrapes of a payment platform bring them, one shape a row. The shares are those of the series that a typical
/// Go or Java service exposes: mostly histogram buckets and counters of whole numbers, many of which stand still.
enum ScrapeShapes {
  struct Shape: Sendable {
    var name: String
    /// Of a hundred series, how many look like this.
    var share: Int
    /// The value after `last`, the `step`-th.
    var next: @Sendable (_ last: Double, _ step: Int, _ random: inout TestRandom) -> Double
  }

  static let all: [Shape] = [
    Shape(name: "histogram bucket, busy", share: 26) { last, _, random in
      last + (900 + 30 * random.gaussian()).rounded()
    },
    Shape(name: "histogram bucket, quiet", share: 14) { last, _, random in last + Double(random.below(4)) },
    Shape(name: "error counter, mostly still", share: 12) { last, _, random in
      random.below(20) == 0 ? last + Double(1 + random.below(5)) : last
    },
    Shape(name: "up, replicas, limits", share: 12) { _, step, _ in step > 400 ? 2 : 3 },
    Shape(name: "counter with restarts", share: 6) { last, step, random in
      step % 300 == 299 ? 0 : last + Double(random.below(2000))
    },
    Shape(name: "connections in use", share: 8) { last, _, random in max(0, last + Double(random.below(11) - 5)) },
    Shape(name: "memory in bytes", share: 6) { last, step, random in
      step % 40 == 39 ? 2e8 : max(2e8, last) + Double(4096 * random.below(500))
    },
    Shape(name: "CPU seconds, hundredths", share: 4) { last, _, random in
      ((last + 6 + random.unit()) * 100).rounded() / 100
    },
    Shape(name: "duration sum, all bits", share: 6) { last, _, random in last + 45 + random.gaussian() },
    Shape(name: "random gauge, all bits", share: 4) { _, _, random in 0.3 + 0.05 * random.gaussian() },
    Shape(name: "ratio, NaN while idle", share: 2) { _, step, random in
      step % 50 < 10 ? .nan : Double(random.below(100)) / Double(1 + random.below(100))
    },
  ]

  /// 720 scrapes a series, 30 s apart at the offset of its target, which now and then is a few milliseconds late.
  static func samples(_ shape: Shape, seed: UInt64) -> [Sample] {
    var random = TestRandom(seed)
    let offset = Int64(random.below(30_000))
    var value = 0.0
    return (0..<720).map { step in
      value = shape.next(value.isNaN ? 0 : value, step, &random)
      let late = random.below(25) == 0 ? Int64(random.below(4)) : 0
      return Sample(1_700_000_000_000 + offset + Int64(step) * 30_000 + late, value)
    }
  }
}
