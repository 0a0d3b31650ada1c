/// Writes numbers bit by bit, the most significant bit first, and variable-length numbers byte by byte.
struct BitWriter {
  private(set) var bytes: [UInt8] = []
  private var pending: UInt64 = 0
  private var pendingBits = 0

  /// Appends the lowest `count` bits of `value`; `count` is 0 to 64.
  mutating func write(_ value: UInt64, bits count: Int) {
    guard count <= 32 else {
      write(value >> 32, bits: count - 32)
      return write(value & 0xFFFF_FFFF, bits: 32)
    }
    pending = pending << UInt64(count) | value & (1 << UInt64(count) - 1)
    pendingBits += count
    while pendingBits >= 8 {
      pendingBits -= 8
      bytes.append(UInt8(truncatingIfNeeded: pending >> UInt64(pendingBits)))
    }
  }

  /// Fills the last byte with zeros; what follows starts at a byte.
  mutating func align() {
    if pendingBits > 0 { write(0, bits: 8 - pendingBits) }
  }

  /// LEB128; only at a byte boundary.
  mutating func writeVariable(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func writeByte(_ byte: UInt8) { bytes.append(byte) }

  mutating func append(contentsOf other: [UInt8]) { bytes.append(contentsOf: other) }
}

/// Reads what `BitWriter` wrote. Reading beyond the end gives zeros and sets `overran`; it never traps.
struct BitReader {
  private let base: UnsafeRawPointer
  private let endBit: Int
  private var bit: Int
  private(set) var overran = false

  /// - Parameter bytes: must outlive the reader.
  init(_ bytes: UnsafeRawBufferPointer, from byte: Int, to end: Int) {
    base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!
    bit = byte * 8
    endBit = max(byte, min(end, bytes.count)) * 8
  }

  /// Where the next byte is read, once aligned.
  var byteOffset: Int { (bit + 7) / 8 }

  /// The next 57 or more bits, in the high end.
  @inline(__always)
  private func peek() -> UInt64 {
    let byte = bit >> 3
    if (byte + 8) * 8 <= endBit {
      let word = UInt64(bigEndian: base.loadUnaligned(fromByteOffset: byte, as: UInt64.self))
      return word << UInt64(bit & 7)
    }
    var word: UInt64 = 0
    for index in 0..<8 {
      let next = byte + index
      word = word << 8 | (next * 8 < endBit ? UInt64(base.load(fromByteOffset: next, as: UInt8.self)) : 0)
    }
    return word << UInt64(bit & 7)
  }

  /// The next `count` bits, 0 to 64.
  @inline(__always)
  mutating func read(bits count: Int) -> UInt64 {
    guard count <= 56 else {
      let high = read(bits: count - 32)
      return high << 32 | read(bits: 32)
    }
    guard count > 0, advance(by: count, checked: true) else { return 0 }
    bit -= count
    let value = peek() >> UInt64(64 - count)
    bit += count
    return value
  }

  /// How many ones stand before the next zero, at most `limit` (below 56); the zero is consumed, after `limit` ones none is.
  @inline(__always)
  mutating func readOnes(limit: Int) -> Int {
    let ones = min(limit, (~peek()).leadingZeroBitCount)
    return advance(by: ones < limit ? ones + 1 : ones, checked: true) ? ones : 0
  }

  @inline(__always)
  private mutating func advance(by count: Int, checked: Bool) -> Bool {
    guard bit + count <= endBit else {
      overran = true
      bit = endBit
      return false
    }
    bit += count
    return true
  }

  mutating func readVariable() -> UInt64 {
    var value: UInt64 = 0
    for index in 0..<10 {
      let byte = read(bits: 8)
      value |= (byte & 0x7F) << UInt64(7 * index)
      if byte & 0x80 == 0 { return value }
    }
    overran = true
    return 0
  }
}

/// Signed numbers as unsigned ones with the small ones first: 0, -1, 1, -2, …
@inline(__always)
func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: value &<< 1 ^ value &>> 63) }

@inline(__always)
func unzigzag(_ value: UInt64) -> Int64 { Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1) }
