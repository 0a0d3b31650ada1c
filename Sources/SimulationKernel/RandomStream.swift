/// A stream of random numbers of one component: xoshiro256** (Blackman and Vigna), seeded through SplitMix64 from the
/// run's seed and the component's name.
@Simulated
package final class RandomStream {
  private var state: (UInt64, UInt64, UInt64, UInt64)
  private var spareNormal: Double?

  package init(seed: UInt64, name: String) {
    var mixer = SplitMix64(state: seed ^ fnv1a(name.utf8))
    state = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
  }

  /// The next 64 random bits.
  package func next() -> UInt64 {
    let result = rotate(state.1 &* 5, 7) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = rotate(state.3, 45)
    return result
  }

  /// Uniform in [0, 1), with 53 random bits.
  package func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Uniform in 0 ..< bound (Lemire's multiplication; the bias is below 2⁻⁶⁴ × bound).
  package func integer(below bound: Int) -> Int {
    precondition(bound > 0, "an integer below \(bound) cannot be drawn")
    return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// True with this probability.
  package func chance(_ probability: Double) -> Bool { probability > 0 && uniform() < probability }

  /// Standard normal, by Marsaglia's polar method.
  package func normal() -> Double {
    if let spare = spareNormal {
      spareNormal = nil
      return spare
    }
    while true {
      let x = 2 * uniform() - 1
      let y = 2 * uniform() - 1
      let square = x * x + y * y
      guard square < 1, square > 0 else { continue }
      let factor = (-2 * naturalLogarithm(square) / square).squareRoot()
      spareNormal = y * factor
      return x * factor
    }
  }

  /// Exponential with mean 1.
  package func exponential() -> Double { -naturalLogarithm(1 - uniform()) }

  private func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 - count) }
}

/// The generator that spreads a seed into the state of another (Steele, Lea and Flood).
struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
}
