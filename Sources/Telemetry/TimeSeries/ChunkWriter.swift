/// Makes the bytes that `Chunk` documents.
enum ChunkWriter {
  static let powersOfTen: [Double] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]

  static func encode(_ samples: UnsafeBufferPointer<Sample>) -> (bytes: [UInt8], hasStaleMarkers: Bool) {
    var times: [Int64] = []
    var values: [Double] = []
    var stalePositions: [Int] = []
    times.reserveCapacity(samples.count)
    values.reserveCapacity(samples.count)
    for (position, sample) in samples.enumerated() {
      times.append(sample.time)
      if sample.isStale { stalePositions.append(position) } else { values.append(sample.value) }
    }
    let decimals = decimals(of: values)
    var writer = BitWriter()
    writer.writeByte(Chunk.version)
    writer.writeByte(decimals.map { UInt8($0.places) } ?? Chunk.differingBits)
    writer.writeVariable(UInt64(samples.count))
    writer.writeVariable(UInt64(stalePositions.count))
    var next = 0
    for position in stalePositions {
      writer.writeVariable(UInt64(position - next))
      next = position + 1
    }
    var timeWriter = BitWriter()
    IntegerRun.write(times, to: &timeWriter)
    writer.writeVariable(UInt64(timeWriter.bytes.count))
    writer.append(contentsOf: timeWriter.bytes)
    if !values.isEmpty {
      if let decimals { IntegerRun.write(decimals.integers, to: &writer) } else { writeBits(values, to: &writer) }
    }
    return (writer.bytes, !stalePositions.isEmpty)
  }

  /// The values as integers of the fewest decimal places that give every one of them back bit for bit.
  private static func decimals(of values: [Double]) -> (places: Int, integers: [Int64])? {
    var places = 0
    for value in values {
      while integer(value, places: places) == nil {
        places += 1
        if places > Chunk.maximumPlaces { return nil }
      }
    }
    var integers: [Int64] = []
    integers.reserveCapacity(values.count)
    for value in values {
      guard let integer = integer(value, places: places) else { return nil }
      integers.append(integer)
    }
    return (places, integers)
  }

  @inline(__always)
  private static func integer(_ value: Double, places: Int) -> Int64? {
    let power = powersOfTen[places]
    let scaled = (value * power).rounded()
    // Beyond 2^53 neighbours are no longer integers apart; NaN fails the comparison too.
    guard scaled.magnitude <= 9_007_199_254_740_992 else { return nil }
    let integer = Int64(scaled)
    return (Double(integer) / power).bitPattern == value.bitPattern ? integer : nil
  }

  private static func writeBits(_ values: [Double], to writer: inout BitWriter) {
    var last = values[0].bitPattern
    var leading = 0
    var length = 0
    writer.write(last, bits: 64)
    for value in values.dropFirst() {
      let bits = value.bitPattern
      let difference = bits ^ last
      last = bits
      guard difference != 0 else {
        writer.write(0, bits: 1)
        continue
      }
      let newLeading = min(31, difference.leadingZeroBitCount)
      let trailing = difference.trailingZeroBitCount
      let newLength = 64 - newLeading - trailing
      let fits = length > 0 && newLeading >= leading && trailing >= 64 - leading - length
      // A window much wider than needed costs more than a new one.
      if fits, length <= newLength + 11 {
        writer.write(0b10, bits: 2)
      } else {
        (leading, length) = (newLeading, newLength)
        writer.write(0b11, bits: 2)
        writer.write(UInt64(leading), bits: 5)
        writer.write(UInt64(length - 1), bits: 6)
      }
      writer.write(difference >> UInt64(64 - leading - length), bits: length)
    }
    writer.align()
  }
}
