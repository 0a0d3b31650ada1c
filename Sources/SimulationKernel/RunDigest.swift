/// A rolling digest over (time, sequence, event name) of everything that happened: equal digests mean equal runs.
package struct RunDigest: Hashable, Sendable, CustomStringConvertible {
  @usableFromInline var state: UInt64 = 0x9e37_79b9_7f4a_7c15

  package init() {}

  /// Takes in one event.
  @inlinable mutating func absorb(time: Int64, sequence: UInt64, name: UInt64) {
    mix(UInt64(bitPattern: time))
    mix(sequence)
    mix(name)
  }

  /// Takes in a word that is not an event, such as an outcome.
  @inlinable package mutating func mix(_ word: UInt64) {
    // One round of the MurmurHash3 finaliser: every input bit reaches every state bit within two words.
    state = (state ^ word) &* 0xff51_afd7_ed55_8ccd
    state ^= state >> 32
  }

  /// Sixteen hexadecimal digits.
  package var description: String {
    let digits = String(state, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// The events of a stretch of a run, kept to name the first at which two runs differ.
package struct EventTrace: Sendable {
  /// One executed event.
  package struct Record: Hashable, Sendable, CustomStringConvertible {
    package var time: Instant
    package var sequence: UInt64
    package var name: String

    package var description: String { "\(name) #\(sequence) at \(time.nanoseconds) ns" }
  }

  /// At most this many events are kept; a longer run keeps its first ones.
  package static let limit = 5_000_000

  package internal(set) var records: [Record] = []

  /// The first position at which two traces differ, with the records there (`nil` where a trace has ended).
  package static func firstDifference(_ left: EventTrace, _ right: EventTrace) -> (
    index: Int, left: Record?, right: Record?
  )? {
    let shared = min(left.records.count, right.records.count)
    let index = (0..<shared).first { left.records[$0] != right.records[$0] } ?? shared
    guard index < max(left.records.count, right.records.count) else { return nil }
    return (
      index, index < left.records.count ? left.records[index] : nil,
      index < right.records.count ? right.records[index] : nil
    )
  }
}
