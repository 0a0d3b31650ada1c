/// Samples of one series in few bytes.
///
/// | part | form |
/// |---|---|
/// | encoding | a byte: 0 exclusive-or of neighbours; 16·order + power: integers times 10^-power, as differences of this order |
/// | count | unsigned |
/// | times | the first, signed; then runs of equal distances: distance signed, how often unsigned |
/// | exceptions | how many; index and eight bytes of each value that is no such integer (NaN, staleness, infinities) |
/// | values | integers: signed differences, of which a zero is followed by how many more zeros follow it; else see `appendBits` |
///
/// Numbers are in groups of seven bits, the lowest first; signed ones carry their sign in the lowest bit. Counters and gauges
/// of a platform are integers or decimal fractions for the most part, whose differences are one or two bytes; Facebook's
/// Gorilla (VLDB 2015), whose exclusive-or is the fallback, spends several bytes on a fraction such as 0.1.
package struct SampleChunk: Hashable, Sendable {
  package let bytes: [UInt8]
  package let count: Int
  package let firstTime: Int64
  package let lastTime: Int64

  /// Samples that a full chunk holds: two hours at a minute, as Prometheus cuts its chunks.
  package static let capacity = 120

  static let exclusiveOr: UInt8 = 0
  /// Powers of ten that are tried.
  static let powers: [(power: UInt8, factor: Double)] = [(0, 1), (3, 1e3), (6, 1e6), (9, 1e9)]

  /// - Parameter samples: at least one, in the order of their times.
  package init(_ samples: some RandomAccessCollection<Sample>) {
    precondition(!samples.isEmpty, "a chunk has samples")
    let values = samples.map(\.value)
    var writer = ByteWriter()
    if let scaled = ScaledIntegers(values) {
      writer.byte(scaled.order << 4 | scaled.power)
      writer.unsigned(UInt64(values.count))
      Self.append(samples.map(\.time), to: &writer)
      scaled.append(to: &writer)
    } else {
      writer.byte(Self.exclusiveOr)
      writer.unsigned(UInt64(values.count))
      Self.append(samples.map(\.time), to: &writer)
      Self.appendBits(values, to: &writer)
    }
    bytes = writer.bytes
    count = values.count
    firstTime = samples.first?.time ?? 0
    lastTime = samples.last?.time ?? 0
  }

  /// Takes bytes that were written before, and holds them against the form.
  package init(decoding bytes: [UInt8]) throws(ChunkError) {
    let samples = try Self.samples(bytes)
    guard let first = samples.first, let last = samples.last else { throw ChunkError.malformed }
    self.bytes = bytes
    count = samples.count
    firstTime = first.time
    lastTime = last.time
  }

  /// The samples, in the order of their times.
  package func samples() -> [Sample] {
    do throws(ChunkError) { return try Self.samples(bytes) } catch { preconditionFailure("a checked chunk: \(error)") }
  }

  private static func samples(_ bytes: [UInt8]) throws(ChunkError) -> [Sample] {
    var reader = ByteReader(bytes)
    let encoding = try reader.byte()
    let count = try reader.unsigned()
    guard count > 0, count <= 1 << 20 else { throw ChunkError.malformed }
    let times = try readTimes(Int(count), &reader)
    let values =
      encoding == exclusiveOr
      ? try readBits(Int(count), &reader) : try ScaledIntegers.read(Int(count), encoding: encoding, &reader)
    guard reader.isAtEnd else { throw ChunkError.malformed }
    return zip(times, values).map { Sample($0, $1) }
  }

  // MARK: Times

  private static func append(_ times: [Int64], to writer: inout ByteWriter) {
    writer.signed(times[0])
    var index = 1
    while index < times.count {
      let distance = times[index] &- times[index - 1]
      var end = index + 1
      while end < times.count, times[end] &- times[end - 1] == distance { end += 1 }
      writer.signed(distance)
      writer.unsigned(UInt64(end - index))
      index = end
    }
  }

  private static func readTimes(_ count: Int, _ reader: inout ByteReader) throws(ChunkError) -> [Int64] {
    var times = [try reader.signed()]
    times.reserveCapacity(count)
    while times.count < count {
      let distance = try reader.signed()
      let repeats = try reader.unsigned()
      guard distance > 0, repeats > 0, repeats <= UInt64(count - times.count) else { throw ChunkError.malformed }
      for _ in 0..<repeats { times.append(times[times.count - 1] &+ distance) }
    }
    return times
  }

  // MARK: Values as bits

  /// Each value as exclusive-or with the one before: a byte that tells how many zero bytes lead (high half) and how many
  /// bytes follow (low half), then these.
  private static func appendBits(_ values: [Double], to writer: inout ByteWriter) {
    var previous: UInt64 = 0
    for value in values {
      let difference = value.bitPattern ^ previous
      previous = value.bitPattern
      let leading = min(7, difference.leadingZeroBitCount / 8)
      let trailing = difference == 0 ? 0 : difference.trailingZeroBitCount / 8
      let length = difference == 0 ? 0 : 8 - leading - trailing
      writer.byte(UInt8(leading << 4 | length))
      if length > 0 { writer.word(difference >> UInt64(8 * trailing), bytes: length) }
    }
  }

  private static func readBits(_ count: Int, _ reader: inout ByteReader) throws(ChunkError) -> [Double] {
    var values: [Double] = []
    values.reserveCapacity(count)
    var previous: UInt64 = 0
    for _ in 0..<count {
      let form = try reader.byte()
      let (leading, length) = (Int(form >> 4), Int(form & 15))
      guard leading + length <= 8 else { throw ChunkError.malformed }
      if length > 0 { previous ^= try reader.word(bytes: length) << UInt64(8 * (8 - leading - length)) }
      values.append(Double(bitPattern: previous))
    }
    return values
  }
}

/// Values that are integers times a negative power of ten, all but a few.
struct ScaledIntegers {
  var power: UInt8
  /// 1: differences of neighbours; 2: differences of those.
  var order: UInt8
  private var residuals: [Int64] = []
  private var exceptions: [(index: Int, bits: UInt64)] = []

  /// Integers up to here are exact in a double, and their differences do not overflow.
  private static let limit = 9e15

  /// `nil` where too many values are none.
  init?(_ values: [Double]) {
    for (power, factor) in SampleChunk.powers {
      var integers: [Int64] = []
      integers.reserveCapacity(values.count)
      exceptions.removeAll()
      for (index, value) in values.enumerated() {
        let scaled = (value * factor).rounded()
        if scaled.magnitude < Self.limit, (Double(Int64(scaled)) / factor).bitPattern == value.bitPattern {
          integers.append(Int64(scaled))
        } else {
          exceptions.append((index, value.bitPattern))
          integers.append(integers.last ?? 0)
          if exceptions.count > max(1, values.count / 16) { break }
        }
      }
      guard integers.count == values.count else { continue }
      self.power = power
      let first = Self.differences(integers)
      let second = Self.differences(first)
      (order, residuals) = Self.size(first) <= Self.size(second) ? (1, first) : (2, second)
      return
    }
    return nil
  }

  private static func differences(_ values: [Int64]) -> [Int64] {
    var previous: Int64 = 0
    return values.map { value in
      defer { previous = value }
      return value &- previous
    }
  }

  private static func size(_ residuals: [Int64]) -> Int {
    var size = 0
    var wasZero = false
    for residual in residuals {
      if residual != 0 {
        size += (70 - (residual.magnitude << 1).leadingZeroBitCount) / 7
      } else if !wasZero {
        size += 2
      }
      wasZero = residual == 0
    }
    return size
  }

  func append(to writer: inout ByteWriter) {
    writer.unsigned(UInt64(exceptions.count))
    for exception in exceptions {
      writer.unsigned(UInt64(exception.index))
      writer.word(exception.bits, bytes: 8)
    }
    var index = 0
    while index < residuals.count {
      writer.signed(residuals[index])
      guard residuals[index] == 0 else {
        index += 1
        continue
      }
      var end = index + 1
      while end < residuals.count, residuals[end] == 0 { end += 1 }
      writer.unsigned(UInt64(end - index - 1))
      index = end
    }
  }

  static func read(_ count: Int, encoding: UInt8, _ reader: inout ByteReader) throws(ChunkError) -> [Double] {
    guard let (_, factor) = SampleChunk.powers.first(where: { $0.power == encoding & 15 }),
      (1...2).contains(encoding >> 4)
    else { throw ChunkError.unknownEncoding(encoding) }
    var exceptions: [(index: Int, value: Double)] = []
    let exceptionCount = try reader.unsigned()
    guard exceptionCount <= UInt64(count) else { throw ChunkError.malformed }
    for _ in 0..<exceptionCount {
      let index = try reader.unsigned()
      guard index < UInt64(count) else { throw ChunkError.malformed }
      exceptions.append((Int(index), Double(bitPattern: try reader.word(bytes: 8))))
    }
    var values: [Double] = []
    values.reserveCapacity(count)
    var (difference, integer): (Int64, Int64) = (0, 0)
    let isSecond = encoding >> 4 == 2
    while values.count < count {
      let residual = try reader.signed()
      let repeats = residual == 0 ? try reader.unsigned() : 0
      guard repeats < UInt64(count - values.count) else { throw ChunkError.malformed }
      for _ in 0...repeats {
        difference = isSecond ? difference &+ residual : residual
        integer = integer &+ difference
        values.append(Double(integer) / factor)
      }
    }
    for exception in exceptions { values[exception.index] = exception.value }
    return values
  }
}
