/// Streams the samples of the bytes that `Chunk` documents; malformed bytes end the stream, they never trap.
struct ChunkReader {
  let count: Int
  let staleCount: Int
  private var position = 0
  private var times: IntegerRun.Reader
  private var values: IntegerRun.Reader?
  private var differing: BitReader?
  private var power = 1.0
  private var lastBits: UInt64 = 0
  private var leading = 0
  private var length = 0
  private var isFirstValue = true
  private var stales: BitReader
  private var stalesLeft: Int
  private var nextStale = Int.max

  /// - Parameter bytes: must outlive the reader. `nil` when the header makes no sense.
  init?(_ bytes: UnsafeRawBufferPointer) {
    var header = BitReader(bytes, from: 0, to: bytes.count)
    let version = header.read(bits: 8)
    let form = UInt8(truncatingIfNeeded: header.read(bits: 8))
    let samples = header.readVariable()
    let stale = header.readVariable()
    guard version == Chunk.version, samples >= 1, samples <= Chunk.maximumCount, stale <= samples,
      form <= Chunk.maximumPlaces || form == Chunk.differingBits
    else { return nil }
    count = Int(samples)
    staleCount = Int(stale)
    stales = header
    stalesLeft = staleCount
    for _ in 0..<staleCount where header.readVariable() > UInt64(Chunk.maximumCount) { return nil }
    let timeLength = header.readVariable()
    guard !header.overran, timeLength <= UInt64(bytes.count - header.byteOffset) else { return nil }
    let timesAt = header.byteOffset
    let valuesAt = timesAt + Int(timeLength)
    times = IntegerRun.Reader(BitReader(bytes, from: timesAt, to: valuesAt))
    if staleCount < count {
      let bits = BitReader(bytes, from: valuesAt, to: bytes.count)
      if form == Chunk.differingBits {
        differing = bits
      } else {
        values = IntegerRun.Reader(bits)
        power = ChunkWriter.powersOfTen[Int(form)]
      }
    }
    readStalePosition()
  }

  /// Whether more was asked for than the bytes hold.
  var overran: Bool {
    times.bits.overran || values?.bits.overran == true || differing?.overran == true || stalesLeft > 0
  }

  @inline(__always)
  mutating func next() -> Sample? {
    guard position < count else { return nil }
    let time = times.next()
    let value: Double
    if position == nextStale {
      value = Sample.staleMarker
      readStalePosition()
    } else if values != nil {
      value = Double(values!.next()) / power
    } else if differing != nil {
      value = nextDifferingBits()
    } else {
      // Fewer positions of stale samples than announced: there is no value to give.
      stalesLeft = max(stalesLeft, 1)
      return nil
    }
    position += 1
    return Sample(time, value)
  }

  private mutating func readStalePosition() {
    guard stalesLeft > 0 else {
      nextStale = Int.max
      return
    }
    stalesLeft -= 1
    nextStale = (nextStale == Int.max ? 0 : nextStale + 1) + Int(stales.readVariable())
  }

  private mutating func nextDifferingBits() -> Double {
    if isFirstValue {
      isFirstValue = false
      lastBits = differing!.read(bits: 64)
      return Double(bitPattern: lastBits)
    }
    switch differing!.readOnes(limit: 2) {
    case 0: break
    case 1: lastBits ^= differing!.read(bits: length) << UInt64(64 - leading - length)
    default:
      leading = Int(differing!.read(bits: 5))
      length = Int(differing!.read(bits: 6)) + 1
      // More than 64 bits in all: only in damaged bytes.
      length = min(length, 64 - leading)
      lastBits ^= differing!.read(bits: length) << UInt64(64 - leading - length)
    }
    return Double(bitPattern: lastBits)
  }
}
