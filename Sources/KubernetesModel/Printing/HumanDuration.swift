import SimulationKernel

/// An age as kubectl prints it (apimachinery, `pkg/util/duration`, `HumanDuration`).
///
/// - Returns: two units at most; `<invalid>` for a span that is negative by two seconds or more.
package func humanDuration(_ span: TimeSpan) -> String {
  let seconds = span.nanoseconds / 1_000_000_000
  if seconds < -1 { return "<invalid>" }
  if seconds < 120 { return "\(max(0, seconds))s" }
  let minutes = seconds / 60
  if minutes < 10 { return joined(minutes, "m", seconds % 60, "s") }
  if minutes < 180 { return "\(minutes)m" }
  let hours = minutes / 60
  if hours < 8 { return joined(hours, "h", minutes % 60, "m") }
  if hours < 48 { return "\(hours)h" }
  let days = hours / 24
  if days < 8 { return joined(days, "d", hours % 24, "h") }
  if days < 365 * 2 { return "\(days)d" }
  if days < 365 * 8 { return joined(days / 365, "y", days % 365, "d") }
  return "\(days / 365)y"
}

private func joined(_ large: Int64, _ largeUnit: String, _ small: Int64, _ smallUnit: String) -> String {
  "\(large)\(largeUnit)" + (small == 0 ? "" : "\(small)\(smallUnit)")
}

/// The age of an API timestamp; `<unknown>` where there is none.
package func age(since timestamp: String?, now: Instant) -> String {
  guard let instant = timestamp.flatMap(ClusterClock.instant) else { return "<unknown>" }
  return humanDuration(now - instant)
}
