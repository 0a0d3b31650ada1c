/// An instant of virtual time: whole nanoseconds since the simulation began.
package struct Instant: Hashable, Comparable, Sendable {
  /// Nanoseconds since the simulation began; never negative in a running simulation.
  package var nanoseconds: Int64

  @inlinable package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// The beginning of the simulation.
  package static let zero = Instant(nanoseconds: 0)
  /// Later than anything that happens.
  package static let distantFuture = Instant(nanoseconds: .max)

  /// Seconds since the beginning, for output.
  package var seconds: Double { Double(nanoseconds) / 1e9 }

  @inlinable package static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }
  @inlinable package static func - (left: Instant, right: Instant) -> TimeSpan {
    TimeSpan(nanoseconds: left.nanoseconds &- right.nanoseconds)
  }
  /// The instant `span` later, at most `distantFuture`.
  @inlinable package static func + (instant: Instant, span: TimeSpan) -> Instant {
    let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(span.nanoseconds)
    return Instant(nanoseconds: overflow ? .max : sum)
  }
  @inlinable package static func - (instant: Instant, span: TimeSpan) -> Instant {
    Instant(nanoseconds: instant.nanoseconds &- span.nanoseconds)
  }
}

/// A length of virtual time in whole nanoseconds; one word, because the hot path adds millions of them.
package struct TimeSpan: Hashable, Comparable, Sendable {
  package var nanoseconds: Int64

  @inlinable package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// The nearest whole nanosecond; fractions of an attosecond are dropped and the range is clamped.
  package init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    nanoseconds = overflow ? (seconds < 0 ? .min : .max) : product &+ attoseconds / 1_000_000_000
  }

  package static let zero = TimeSpan(nanoseconds: 0)
  /// Longer than any simulation.
  package static let forever = TimeSpan(nanoseconds: .max)

  @inlinable package static func nanoseconds(_ value: Int64) -> TimeSpan { TimeSpan(nanoseconds: value) }
  @inlinable package static func microseconds(_ value: Double) -> TimeSpan { TimeSpan(nanoseconds: Int64(value * 1e3)) }
  @inlinable package static func milliseconds(_ value: Double) -> TimeSpan { TimeSpan(nanoseconds: Int64(value * 1e6)) }
  @inlinable package static func seconds(_ value: Double) -> TimeSpan { TimeSpan(nanoseconds: Int64(value * 1e9)) }
  @inlinable package static func minutes(_ value: Double) -> TimeSpan { .seconds(value * 60) }
  @inlinable package static func hours(_ value: Double) -> TimeSpan { .seconds(value * 3600) }

  package var seconds: Double { Double(nanoseconds) / 1e9 }
  package var milliseconds: Double { Double(nanoseconds) / 1e6 }
  package var duration: Duration { .nanoseconds(nanoseconds) }

  @inlinable package static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.nanoseconds < right.nanoseconds }
  @inlinable package static func + (left: TimeSpan, right: TimeSpan) -> TimeSpan {
    TimeSpan(nanoseconds: left.nanoseconds &+ right.nanoseconds)
  }
  @inlinable package static func - (left: TimeSpan, right: TimeSpan) -> TimeSpan {
    TimeSpan(nanoseconds: left.nanoseconds &- right.nanoseconds)
  }
  @inlinable package static func * (span: TimeSpan, factor: Double) -> TimeSpan {
    TimeSpan(nanoseconds: Int64(Double(span.nanoseconds) * factor))
  }
  @inlinable package static func * (span: TimeSpan, factor: Int) -> TimeSpan {
    TimeSpan(nanoseconds: span.nanoseconds &* Int64(factor))
  }
  @inlinable package static func / (left: TimeSpan, right: TimeSpan) -> Double {
    Double(left.nanoseconds) / Double(right.nanoseconds)
  }
  @inlinable package static func += (left: inout TimeSpan, right: TimeSpan) { left = left + right }
}
