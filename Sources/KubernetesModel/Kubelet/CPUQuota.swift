import SimulationKernel

/// A container's share of its node's processors: requests are served first come, first served on the container's cores, and
/// the CFS quota of `limits.cpu` allows so much time in each period of 100 ms (Linux, Documentation/scheduler/sched-bwc).
///
/// The completion of a piece of work is worked out in closed form when it arrives; no event is spent on periods.
@Simulated
package final class CPUQuota {
  package static let period = TimeSpan.milliseconds(100)

  /// Processor time in all.
  package private(set) var used = TimeSpan.zero
  /// Periods in which something ran, and those in which the quota ran out.
  package private(set) var periods = 0
  package private(set) var throttledPeriods = 0
  /// Extra work in units of cores that something else in the container does.
  package var stolenCores = 0.0

  private let simulation: Simulation
  private let limit: Double?
  private var freeAt: [Instant]
  private var currentPeriod: Int64 = -1
  private var usedInPeriod = TimeSpan.zero
  private var wasThrottled = false

  /// - Parameter limit: cores, `nil` for no limit.
  package init(_ simulation: Simulation, limit: Double?) {
    self.simulation = simulation
    self.limit = limit
    freeAt = Array(repeating: .zero, count: max(1, Int((limit ?? 2).rounded(.up))))
  }

  /// Runs `span` of processor time.
  package func consume(_ span: TimeSpan, _ name: EventName) async {
    await simulation.sleep(until: completion(of: span), name)
  }

  /// When `span` of processor time that is asked for now will be done.
  package func completion(of span: TimeSpan) -> Instant {
    var core = 0
    for index in freeAt.indices.dropFirst() where freeAt[index] < freeAt[core] { core = index }
    var instant = max(simulation.now, freeAt[core])
    used += span
    guard let quota else {
      freeAt[core] = instant + span
      return freeAt[core]
    }
    var left = span
    while left > .zero {
      enterPeriod(of: instant)
      let available = quota - usedInPeriod
      let periodEnd = Instant(nanoseconds: (currentPeriod + 1) * Self.period.nanoseconds)
      guard available > .zero else {
        noteThrottling()
        instant = periodEnd
        continue
      }
      let slice = min(left, available, max(periodEnd - instant, .nanoseconds(1)))
      usedInPeriod += slice
      instant = instant + slice
      left = left - slice
    }
    freeAt[core] = instant
    return instant
  }

  /// How long work that arrives now waits before it runs.
  package var backlog: TimeSpan { max((freeAt.min() ?? .zero) - simulation.now, .zero) }

  private var quota: TimeSpan? {
    limit.map { max(Self.period * ($0 - stolenCores), .milliseconds(1)) }
      ?? (stolenCores > 0 ? Self.period * max(0.01, 2 - stolenCores) : nil)
  }

  /// Cores may be in different periods; the quota is that of the latest.
  private func enterPeriod(of instant: Instant) {
    let period = max(instant.nanoseconds / Self.period.nanoseconds, currentPeriod)
    guard period != currentPeriod else { return }
    currentPeriod = period
    usedInPeriod = .zero
    wasThrottled = false
    periods += 1
  }

  private func noteThrottling() {
    if !wasThrottled { throttledPeriods += 1 }
    wasThrottled = true
  }
}
