/// A sequence of integers as its first one, a usual step, and how far each step is from the usual one in Rice code.
///
/// Scrape times, counters and counted gauges all have a usual step; what is left is small, and nothing at all where a
/// series stands still or grows evenly. Arithmetic wraps around, so that every sequence of `Int64` survives.
enum IntegerRun {
  /// Instead of a Rice parameter: every step is the usual one, and no bits follow.
  private static let even: UInt8 = 0xFF
  /// This many ones say that a whole 64-bit number follows.
  fileprivate static let escape = 14

  /// Writes a header at a byte boundary and the bits behind it, aligned again; `values` must not be empty.
  static func write(_ values: [Int64], to writer: inout BitWriter) {
    let base = usualStep(values)
    var residuals: [UInt64] = []
    residuals.reserveCapacity(values.count)
    var union: UInt64 = 0
    for index in values.indices.dropFirst() {
      let residual = zigzag(values[index] &- values[index - 1] &- base)
      residuals.append(residual)
      union |= residual
    }
    writer.writeVariable(zigzag(values[0]))
    writer.writeVariable(zigzag(base))
    guard union != 0 else { return writer.writeByte(even) }
    let parameter = riceParameter(residuals)
    writer.writeByte(UInt8(parameter))
    for residual in residuals {
      let ones = residual >> UInt64(parameter)
      if ones < escape {
        writer.write((1 << (ones + 1)) - 2, bits: Int(ones) + 1)
        writer.write(residual, bits: parameter)
      } else {
        writer.write(1 << escape - 1, bits: escape)
        writer.write(residual, bits: 64)
      }
    }
    writer.align()
  }

  /// The median of a few steps: exact where steps are even, and close enough elsewhere.
  private static func usualStep(_ values: [Int64]) -> Int64 {
    guard values.count > 1 else { return 0 }
    let stride = max(1, values.count / 16)
    var steps: [Int64] = []
    var index = 1
    while index < values.count {
      steps.append(values[index] &- values[index - 1])
      index += stride
    }
    steps.sort()
    return steps[steps.count / 2]
  }

  /// The parameter of the fewest bits, estimated from how many residuals there are of each width.
  private static func riceParameter(_ residuals: [UInt64]) -> Int {
    var widths = [Int](repeating: 0, count: 65)
    var widest = 0
    for residual in residuals {
      let width = 64 - residual.leadingZeroBitCount
      widths[width] += 1
      widest = max(widest, width)
    }
    var best = (parameter: 0, cost: Int.max)
    for parameter in 0...widest {
      var cost = 0
      for width in 0...widest where widths[width] > 0 {
        // Numbers of a width are three quarters of its power of two on average.
        let above = width - parameter
        let ones = above <= 0 ? 0 : above > 5 ? escape : min(escape, (3 << above) >> 2)
        cost += widths[width] * (ones >= escape ? escape + 64 : ones + 1 + parameter)
      }
      if cost < best.cost { best = (parameter, cost) }
    }
    return best.parameter
  }

  /// Gives the integers back one at a time.
  struct Reader {
    private var value: Int64
    private let base: Int64
    private let parameter: Int
    private var isFirst = true
    private(set) var bits: BitReader

    /// - Parameter bits: at the header.
    init(_ bits: BitReader) {
      self.bits = bits
      value = unzigzag(self.bits.readVariable())
      base = unzigzag(self.bits.readVariable())
      let byte = UInt8(truncatingIfNeeded: self.bits.read(bits: 8))
      parameter = byte == IntegerRun.even ? -1 : min(64, Int(byte))
    }

    @inline(__always)
    mutating func next() -> Int64 {
      if isFirst {
        isFirst = false
        return value
      }
      guard parameter >= 0 else {
        value = value &+ base
        return value
      }
      let ones = bits.readOnes(limit: IntegerRun.escape)
      let residual =
        ones == escape
        ? bits.read(bits: 64) : UInt64(ones) << UInt64(parameter) | bits.read(bits: parameter)
      value = value &+ base &+ unzigzag(residual)
      return value
    }
  }
}
