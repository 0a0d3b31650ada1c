import SimulationKernel

/// Ages as kubectl shows them (apimachinery, `util/duration/duration.go`, `HumanDuration`).
package func humanDuration(seconds: Int64) -> String {
  if seconds < -1 { return "<invalid>" }
  if seconds < 0 { return "0s" }
  let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400)
  func pair(_ large: Int64, _ largeUnit: String, _ small: Int64, _ smallUnit: String) -> String {
    small == 0 ? "\(large)\(largeUnit)" : "\(large)\(largeUnit)\(small)\(smallUnit)"
  }
  if seconds < 120 { return "\(seconds)s" }
  if minutes < 10 { return pair(minutes, "m", seconds % 60, "s") }
  if hours < 3 { return "\(minutes)m" }
  if hours < 8 { return pair(hours, "h", minutes % 60, "m") }
  if hours < 48 { return "\(hours)h" }
  if days < 8 { return pair(days, "d", hours % 24, "h") }
  if days < 730 { return "\(days)d" }
  if days < 2920 { return pair(days / 365, "y", days % 365, "d") }
  return "\(days / 365)y"
}

/// The age of a timestamp at an instant.
package func age(of timestamp: String?, at now: Instant) -> String {
  guard let instant = timestamp.flatMap(ClusterClock.instant) else { return "<unknown>" }
  return humanDuration(seconds: (now - instant).nanoseconds / 1_000_000_000)
}
