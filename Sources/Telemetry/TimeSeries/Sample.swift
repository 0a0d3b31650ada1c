/// One measured value of a time series.
package struct Sample: Sendable {
  /// Milliseconds since the epoch.
  package var time: Int64
  package var value: Double

  package init(_ time: Int64, _ value: Double) {
    self.time = time
    self.value = value
  }

  /// What Prometheus writes when a series has ended (`model/value/value.go`): a NaN with a payload of its own, which is
  /// kept bit for bit and never shown in a result.
  package static let staleMarker = Double(bitPattern: staleBits)
  static let staleBits: UInt64 = 0x7ff0_0000_0000_0002

  package var isStale: Bool { value.bitPattern == Self.staleBits }
}

/// Two samples are the same when their bits are, so that NaN equals itself and zero has a sign.
extension Sample: Equatable {
  package static func == (one: Sample, other: Sample) -> Bool {
    one.time == other.time && one.value.bitPattern == other.value.bitPattern
  }
}
