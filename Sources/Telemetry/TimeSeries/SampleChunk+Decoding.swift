extension SampleChunk {
  /// Appends the samples to `buffer`: what queries do with chunk after chunk. The bytes are known to be whole, being written
  /// here or checked when they were read, so that nothing is checked again.
  func decode(into buffer: SampleBuffer) {
    let samples = buffer.appendRoom(count)
    bytes.withUnsafeBytes { bytes in
      var reader = TrustedReader(bytes)
      let encoding = reader.byte()
      _ = reader.unsigned()
      readTimes(&reader, into: samples)
      if encoding == Self.exclusiveOr {
        readBits(&reader, into: samples)
      } else {
        readIntegers(&reader, encoding, into: samples)
      }
    }
  }

  private func readTimes(_ reader: inout TrustedReader, into samples: UnsafeMutablePointer<Sample>) {
    var time = reader.signed()
    samples[0].time = time
    var index = 1
    while index < count {
      let distance = reader.signed()
      for _ in 0..<reader.unsigned() {
        time &+= distance
        samples[index].time = time
        index &+= 1
      }
    }
  }

  private func readBits(_ reader: inout TrustedReader, into samples: UnsafeMutablePointer<Sample>) {
    var bits: UInt64 = 0
    for index in 0..<count {
      let form = reader.byte()
      let (leading, length) = (Int(form >> 4), Int(form & 15))
      if length > 0 { bits ^= reader.word(bytes: length) << UInt64(8 * (8 - leading - length)) }
      samples[index].value = Double(bitPattern: bits)
    }
  }

  private func readIntegers(
    _ reader: inout TrustedReader, _ encoding: UInt8, into samples: UnsafeMutablePointer<Sample>
  ) {
    let factor = Self.powers.first { $0.power == encoding & 15 }?.factor ?? 1
    let exceptionCount = reader.unsigned()
    let exceptions = reader
    for _ in 0..<exceptionCount {
      _ = reader.unsigned()
      _ = reader.word(bytes: 8)
    }
    let isSecond = encoding >> 4 == 2
    var (difference, integer): (Int64, Int64) = (0, 0)
    var index = 0
    while index < count {
      let residual = reader.signed()
      let repeats = residual == 0 ? Int(reader.unsigned()) : 0
      for _ in 0...repeats {
        difference = isSecond ? difference &+ residual : residual
        integer = integer &+ difference
        samples[index].value = Double(integer) / factor
        index &+= 1
      }
    }
    reader = exceptions
    for _ in 0..<exceptionCount {
      let index = Int(reader.unsigned())
      samples[index].value = Double(bitPattern: reader.word(bytes: 8))
    }
  }
}

/// Reads as `ByteReader` does, from bytes that hold what is asked for.
private struct TrustedReader {
  private var next: UnsafePointer<UInt8>

  init(_ bytes: UnsafeRawBufferPointer) {
    next = bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self)
  }

  @inline(__always)
  mutating func byte() -> UInt8 {
    defer { next += 1 }
    return next.pointee
  }

  @inline(__always)
  mutating func unsigned() -> UInt64 {
    let first = byte()
    guard first >= 0x80 else { return UInt64(first) }
    var value = UInt64(first & 0x7f)
    var shift: UInt64 = 7
    while true {
      let byte = byte()
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift &+= 7
    }
  }

  @inline(__always)
  mutating func signed() -> Int64 {
    let value = unsigned()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  @inline(__always)
  mutating func word(bytes count: Int) -> UInt64 {
    var value: UInt64 = 0
    for _ in 0..<count { value = value << 8 | UInt64(byte()) }
    return value
  }
}
