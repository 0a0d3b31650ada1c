/// Wall time inside a cluster: the simulation's instants as RFC 3339 text. The simulation begins at a fixed date, because
/// nothing of a run may depend on when it is run.
package enum ClusterClock {
  /// 2026-03-02T08:00:00Z, a Monday, in seconds since 1970.
  package static let epoch: Int64 = 1_772_438_400

  /// Microseconds since 1970.
  package static func microseconds(_ instant: Instant) -> Int64 { epoch * 1_000_000 + instant.nanoseconds / 1000 }

  /// Milliseconds since 1970.
  package static func milliseconds(_ instant: Instant) -> Int64 { epoch * 1000 + instant.nanoseconds / 1_000_000 }

  /// Seconds since 1970.
  package static func seconds(_ instant: Instant) -> Double { Double(epoch) + instant.seconds }

  /// The instant of milliseconds since 1970.
  package static func instant(milliseconds: Int64) -> Instant {
    Instant(nanoseconds: (milliseconds - epoch * 1000) * 1_000_000)
  }

  /// Nanoseconds since 1970.
  package static func nanoseconds(_ instant: Instant) -> Int64 { epoch * 1_000_000_000 + instant.nanoseconds }

  /// Such as `2026-03-02T08:00:05Z`.
  package static func timestamp(_ instant: Instant) -> String { text(epoch + instant.nanoseconds / 1_000_000_000) }

  /// The instant of a timestamp written by `timestamp`.
  package static func instant(_ text: String) -> Instant? {
    let parts = text.split { "-T:Z.".contains($0) }.compactMap { Int64($0) }
    guard parts.count >= 6 else { return nil }
    let days = daysFromCivil(parts[0], parts[1], parts[2])
    let seconds = days * 86400 + parts[3] * 3600 + parts[4] * 60 + parts[5]
    return Instant(nanoseconds: (seconds - epoch) * 1_000_000_000)
  }

  private static func text(_ seconds: Int64) -> String {
    let days = seconds / 86400
    let (year, month, day) = civil(days)
    let rest = seconds % 86400
    return "\(year)-\(two(month))-\(two(day))T\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))Z"
  }

  private static func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }

  // The proleptic Gregorian calendar in 400-year eras that begin in March (Richards' algorithm).
  private static func civil(_ days: Int64) -> (Int64, Int64, Int64) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
  }

  private static func daysFromCivil(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = shiftedYear / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
