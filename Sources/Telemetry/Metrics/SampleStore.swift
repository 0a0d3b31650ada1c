/// Where a scrape puts its samples.
package protocol SampleStore: AnyObject {
  /// The number by which the series of these labels takes samples; made when it is new. It stays the same for the store's life.
  func handle(for labels: Labels) -> SeriesHandle

  /// Adds a sample; one that is not later than the series' latest is left out.
  ///
  /// - Parameter milliseconds: since 1970.
  func append(_ value: Double, at milliseconds: Int64, to series: SeriesHandle)
}

/// A series of a `SampleStore`.
package struct SeriesHandle: Hashable, Sendable {
  package var index: UInt32

  package init(index: UInt32) { self.index = index }
}

/// The value that ends a series until its next sample: a NaN of its own (Prometheus, model/value/value.go, `StaleNaN`).
package enum StalenessMarker {
  package static let value = Double(bitPattern: 0x7ff0_0000_0000_0002)

  package static func isMarker(_ value: Double) -> Bool { value.bitPattern == 0x7ff0_0000_0000_0002 }
}
