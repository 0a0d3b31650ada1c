import Glibc

/// The MD5 message digest (RFC 1321), for the action `hashmod` of relabelling and nothing else.
enum MD5 {
  /// The last eight of the sixteen bytes as a big-endian number, which is what Prometheus takes the remainder of
  /// (model/relabel/relabel.go, `sum64`).
  static func lastWord(of message: [UInt8]) -> UInt64 {
    let state = digest(message)
    return UInt64(state.2.byteSwapped) << 32 | UInt64(state.3.byteSwapped)
  }

  private typealias State = (UInt32, UInt32, UInt32, UInt32)

  private static let shifts: [[UInt32]] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]]

  /// The integer part of 2³² × |sin(i + 1)|.
  private static let sines: [UInt32] = (0..<64).map { UInt32(abs(sin(Double($0 + 1))) * 4_294_967_296) }

  private static func digest(_ message: [UInt8]) -> State {
    var padded = message + [0x80]
    while padded.count % 64 != 56 { padded.append(0) }
    let bits = UInt64(message.count) &* 8
    for shift in stride(from: 0, to: 64, by: 8) { padded.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift))) }
    var state: State = (0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476)
    for start in stride(from: 0, to: padded.count, by: 64) { absorb(padded[start..<start + 64], &state) }
    return state
  }

  private static func absorb(_ block: ArraySlice<UInt8>, _ state: inout State) {
    let words = (0..<16).map { word in
      (0..<4).reduce(UInt32(0)) { $0 | UInt32(block[block.startIndex + word * 4 + $1]) << UInt32(8 * $1) }
    }
    var (a, b, c, d) = state
    for step in 0..<64 {
      let (mixed, word): (UInt32, Int) =
        switch step / 16 {
        case 0: ((b & c) | (~b & d), step)
        case 1: ((d & b) | (~d & c), (5 * step + 1) % 16)
        case 2: (b ^ c ^ d, (3 * step + 5) % 16)
        default: (c ^ (b | ~d), (7 * step) % 16)
        }
      let sum = a &+ mixed &+ sines[step] &+ words[word]
      let shift = shifts[step / 16][step % 4]
      (a, d, c) = (d, c, b)
      b = b &+ (sum << shift | sum >> (32 - shift))
    }
    state = (state.0 &+ a, state.1 &+ b, state.2 &+ c, state.3 &+ d)
  }
}
