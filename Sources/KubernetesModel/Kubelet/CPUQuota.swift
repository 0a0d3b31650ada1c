import SimulationKernel

/// A container's share of its node's processors: work is served first come, first served on the node's cores, and the CFS
/// quota of `limits.cpu` allows so much time in each period of 100 ms (Linux, Documentation/scheduler/sched-bwc).
///
/// The completion of a piece of work is worked out in closed form when it arrives: earlier work takes what the quota of a
/// period offers, later work what is left. No event is spent on periods, one on each piece of work.
@Simulated
package final class CPUQuota {
  package static let period = TimeSpan.milliseconds(100)

  /// Processor time of the program, counted when it is asked for.
  package private(set) var used = TimeSpan.zero
  /// Periods in which the program ran, and in which the quota ran out for it, as long as nothing else ran.
  private var ownPeriods = 0
  private var ownThrottledPeriods = 0
  /// Time that work was held back by the quota.
  package private(set) var throttledTime = TimeSpan.zero
  /// Cores that something else in the container wants all the time: the fault `cpu.stress`. It gets them from the quota, but
  /// no more than its threads' fair share against one thread of the program.
  package var stolenCores = 0.0 {
    willSet { settleStress() }
    didSet { node?.demandChanged() }
  }
  /// Cores; `nil` for no limit.
  package let limit: Double?
  /// Weight on a busy node: `requests.cpu` in cores, as `cpu.weight` follows it.
  package let weight: Double

  private struct Period {
    var used = TimeSpan.zero
    var isThrottled = false
  }

  /// What the threads behind `stolenCores` have had up to `since`.
  private struct Stress {
    var since: Instant
    var time = TimeSpan.zero
    var periods = 0
    var throttledPeriods = 0
  }

  private let simulation: Simulation
  private let began: Instant
  private var stress: Stress
  private weak var node: NodeProcessor?
  private let cores: Double
  private var freeAt: [Instant]
  /// Periods from `firstPeriod` on in which something was placed.
  private var ledger: [Period] = []
  private var firstPeriod: Int64 = 0

  /// - Parameters:
  ///   - limit: cores, `nil` for no limit.
  ///   - request: cores.
  ///   - node: the processors it shares; without one it has two of its own.
  package init(_ simulation: Simulation, limit: Double?, request: Double = 0, node: NodeProcessor? = nil) {
    self.simulation = simulation
    began = simulation.now
    stress = Stress(since: simulation.now)
    self.limit = limit
    self.node = node
    weight = max(request, 0.002)
    cores = node?.cores ?? 2
    freeAt = Array(repeating: .zero, count: max(1, Int(cores.rounded(.down))))
    node?.add(self)
  }

  /// Runs `span` of processor time.
  package func consume(_ span: TimeSpan, _ name: EventName) async {
    await simulation.sleep(until: completion(of: span), name)
  }

  /// When `span` of processor time that is asked for now will be done.
  package func completion(of span: TimeSpan) -> Instant {
    var core = 0
    for index in freeAt.indices.dropFirst() where freeAt[index] < freeAt[core] { core = index }
    let start = max(simulation.now, freeAt[core])
    used += span
    let slowdown = node?.slowdown(of: self) ?? 1
    let finish = limit == nil ? start + span * slowdown : place(span, from: start, slowdown)
    freeAt[core] = finish
    return finish
  }

  /// Processor time of everything in the container, as its cgroup counts it.
  package var usage: TimeSpan {
    let sum = used + stressNow.time
    guard let limit else { return sum }
    // Work is counted when it is asked for, the quota says when it can have run.
    return min(sum, max((simulation.now - began) * limit, .zero) + Self.period)
  }

  /// Periods in which something ran (`container_cpu_cfs_periods_total`).
  package var periods: Int { ownPeriods + stressNow.periods }
  /// Periods in which the quota ran out (`container_cpu_cfs_throttled_periods_total`).
  package var throttledPeriods: Int { ownThrottledPeriods + stressNow.throttledPeriods }

  /// Threads that always run are there in every period, and use up a quota that is less than what they want.
  private var stressNow: Stress {
    guard stolenCores > 0 else { return stress }
    var result = stress
    let span = simulation.now - stress.since
    let count = Int(span.nanoseconds / Self.period.nanoseconds)
    result.time += span * stressDemand
    result.periods += count
    if let limit, stolenCores >= limit { result.throttledPeriods += count }
    return result
  }

  private func settleStress() {
    stress = stressNow
    stress.since = simulation.now
  }

  /// How long work that arrives now waits before it runs.
  package var backlog: TimeSpan { max((freeAt.min() ?? .zero) - simulation.now, .zero) }

  /// Cores that the container wants because of `stolenCores`, as far as its limit lets it have them.
  var stressDemand: Double { min(stolenCores, limit ?? .infinity, cores) }

  /// The container's own part of a period's quota, and the part of the period until it has run out: threads that always
  /// run burn the quota from the period's beginning, and share it with the program's.
  private var allowance: (quota: TimeSpan, open: TimeSpan) {
    let limit = limit ?? cores
    guard stolenCores > 0 else { return (Self.period * limit, Self.period) }
    let burning = min(stolenCores + 1, cores)
    let share = max(limit - stolenCores, limit / (stolenCores.rounded(.up) + 1))
    return (max(Self.period * share, .milliseconds(0.2)), min(Self.period, Self.period * (limit / burning)))
  }

  private func place(_ span: TimeSpan, from start: Instant, _ slowdown: Double) -> Instant {
    let (quota, open) = allowance
    let length = Self.period.nanoseconds
    forgetPast()
    var instant = start
    var left = span
    while left > .zero {
      let number = instant.nanoseconds / length
      let index = entry(number)
      let closes = Instant(nanoseconds: number * length) + open
      let available = quota - ledger[index].used
      guard available > .zero, instant < closes else {
        let next = Instant(nanoseconds: (number + 1) * length)
        noteThrottling(index, next - instant)
        instant = next
        continue
      }
      let slice = min(left, available, max((closes - instant) * (1 / slowdown), .nanoseconds(1)))
      ledger[index].used += slice
      instant = instant + slice * slowdown
      left = left - slice
    }
    return instant
  }

  /// The ledger's index of a period, made when it is new.
  private func entry(_ number: Int64) -> Int {
    if ledger.isEmpty { firstPeriod = number }
    while firstPeriod + Int64(ledger.count) <= number {
      ledger.append(Period())
      if stolenCores == 0 { ownPeriods += 1 }
    }
    return Int(number - firstPeriod)
  }

  /// Drops periods that are over, and with them gaps in which nothing ran.
  private func forgetPast() {
    let current = simulation.now.nanoseconds / Self.period.nanoseconds
    guard !ledger.isEmpty, firstPeriod < current else { return }
    ledger.removeFirst(Int(min(Int64(ledger.count), current - firstPeriod)))
    firstPeriod = current
  }

  private func noteThrottling(_ index: Int, _ span: TimeSpan) {
    throttledTime += span
    guard !ledger[index].isThrottled else { return }
    ledger[index].isThrottled = true
    if stolenCores < limit ?? .infinity { ownThrottledPeriods += 1 }
  }
}
