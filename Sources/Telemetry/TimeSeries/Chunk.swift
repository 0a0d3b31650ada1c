/// Why bytes are not a chunk.
package enum ChunkError: Error, Hashable, Sendable {
  case unknownVersion(UInt8)
  case corrupt(String)
}

/// Consecutive samples of one series, compressed; unchanging once made.
///
/// Times are an `IntegerRun`: nothing but a header where scrapes are even. Values that are decimals of up to nine places
/// are an `IntegerRun` too, after being multiplied; any others are written as Gorilla does (Pelkonen et al., 2015, 4.1.2):
/// the bits in which a value differs from the one before. Staleness markers are kept aside, so that they spoil neither.
///
/// Bytes, version 1 (`varint` is LEB128, `zigzag` maps signed numbers to it):
///
///     u8 version = 1
///     u8 form: 0…9 decimal places, 16 differing bits
///     varint count of samples
///     varint count of stale ones, then their positions, each as a varint distance from behind the one before
///     varint length of the times in bytes
///     times: a run
///     values that are not stale, if any: a run, or a u64 (big-endian) and differing bits
///
/// A run is `zigzag first`, `zigzag usual step`, `u8 k` (255: all steps are usual, nothing follows), and for every further
/// number the zigzag distance of its step from the usual one in Rice code: the number shifted right by k as ones and a
/// zero, then its k low bits; 14 ones announce 64 plain bits. Differing bits: `0` the same value; `10` the bits that may
/// differ stand where they stood last; `11` five bits of leading zeros, six of length less one, the bits.
package struct Chunk: Sendable {
  static let version: UInt8 = 1
  static let differingBits: UInt8 = 16
  static let maximumPlaces = 9
  /// More than any writer puts into one; protects a reader from absurd counts.
  static let maximumCount = 1 << 16

  /// The documented form, for storage.
  package let bytes: [UInt8]
  package let count: Int
  package let firstTime: Int64
  package let lastTime: Int64
  package let hasStaleMarkers: Bool

  /// Reads a stored chunk; all of it is checked here, so that reading samples later cannot fail.
  package init(bytes: [UInt8]) throws(ChunkError) {
    guard let version = bytes.first else { throw .corrupt("no bytes") }
    guard version == Self.version else { throw .unknownVersion(version) }
    let verdict = bytes.withUnsafeBytes { Self.verify($0) }
    guard let facts = verdict.facts else { throw .corrupt(verdict.complaint) }
    self.bytes = bytes
    (count, firstTime, lastTime, hasStaleMarkers) = facts
  }

  private typealias Facts = (count: Int, firstTime: Int64, lastTime: Int64, hasStaleMarkers: Bool)

  private static func verify(_ bytes: UnsafeRawBufferPointer) -> (facts: Facts?, complaint: String) {
    guard var reader = ChunkReader(bytes) else { return (nil, "malformed header") }
    guard let first = reader.next() else { return (nil, "no samples") }
    var last = first.time
    while let sample = reader.next() {
      guard sample.time > last else { return (nil, "times do not ascend") }
      last = sample.time
    }
    guard !reader.overran else { return (nil, "cut off") }
    return ((reader.count, first.time, last, reader.staleCount > 0), "")
  }

  /// Compresses `samples`: at least one, at most 65,536, in ascending order of time.
  init(_ samples: UnsafeBufferPointer<Sample>) {
    precondition((1...Self.maximumCount).contains(samples.count))
    count = samples.count
    firstTime = samples[0].time
    lastTime = samples[samples.count - 1].time
    let encoded = ChunkWriter.encode(samples)
    bytes = encoded.bytes
    hasStaleMarkers = encoded.hasStaleMarkers
  }

  /// Calls `body` with the samples in order, one at a time as they are decoded, until it returns false.
  package func forEachSample(_ body: (Sample) -> Bool) {
    bytes.withUnsafeBytes { bytes in
      guard var reader = ChunkReader(bytes) else { return }
      while let sample = reader.next() {
        if !body(sample) { return }
      }
    }
  }
}
