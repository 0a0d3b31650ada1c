import SimulationKernel

/// The processors of a node, shared by its containers: nobody is slowed down while there is enough for all; beyond that each
/// gets its part by weight (Linux, Documentation/admin-guide/cgroup-v2, `cpu.weight`; kubelet derives it from requests).
///
/// Demand is measured over windows of a quarter second, so that the hot path costs one comparison.
@Simulated
package final class NodeProcessor {
  package nonisolated let cores: Double
  static let window = TimeSpan.milliseconds(250)

  private struct Tenant {
    weak var quota: CPUQuota?
    var usedBefore: TimeSpan
  }

  private let simulation: Simulation
  private var tenants: [Tenant] = []
  private var measuredAt = Instant.zero
  private var isStale = true
  private var slowdowns: [(quota: ObjectIdentifier, factor: Double)] = []

  package init(_ simulation: Simulation, cores: Double) {
    self.simulation = simulation
    self.cores = max(1, cores)
  }

  func add(_ quota: CPUQuota) { tenants.append(Tenant(quota: quota, usedBefore: .zero)) }

  /// Measures again at the next piece of work.
  func demandChanged() { isStale = true }

  /// By how much a container's work takes longer than alone; at least 1.
  func slowdown(of quota: CPUQuota) -> Double {
    if isStale || simulation.now - measuredAt >= Self.window { measure() }
    if slowdowns.isEmpty { return 1 }
    return slowdowns.first { $0.quota == ObjectIdentifier(quota) }?.factor ?? 1
  }

  private func measure() {
    let elapsed = max((simulation.now - measuredAt).seconds, Self.window.seconds)
    measuredAt = simulation.now
    isStale = false
    tenants.removeAll { $0.quota == nil }
    var demands: [Double] = []
    var weights: [Double] = []
    for index in tenants.indices {
      guard let quota = tenants[index].quota else { continue }
      let work = (quota.used - tenants[index].usedBefore).seconds / elapsed
      tenants[index].usedBefore = quota.used
      demands.append(min(work + quota.stressDemand, quota.limit ?? cores))
      weights.append(quota.weight)
    }
    slowdowns = []
    guard demands.reduce(0, +) > cores else { return }
    let shares = Self.divide(cores, demands, weights)
    for (index, tenant) in tenants.enumerated() where demands[index] > shares[index] {
      guard let quota = tenant.quota else { continue }
      slowdowns.append((ObjectIdentifier(quota), min(demands[index] / max(shares[index], 1e-6), 100)))
    }
  }

  /// Divides a capacity by weight; who wants less than its part leaves the rest to the others.
  package nonisolated static func divide(_ capacity: Double, _ demands: [Double], _ weights: [Double]) -> [Double] {
    var shares = demands.map { _ in 0.0 }
    var open = Array(demands.indices)
    var left = capacity
    while !open.isEmpty, left > 1e-12 {
      let weight = open.reduce(0) { $0 + weights[$1] }
      let part = left / weight
      let satisfied = open.filter { demands[$0] <= part * weights[$0] }
      guard !satisfied.isEmpty else {
        for index in open { shares[index] = part * weights[index] }
        return shares
      }
      for index in satisfied {
        shares[index] = demands[index]
        left -= demands[index]
      }
      open.removeAll { satisfied.contains($0) }
    }
    return shares
  }
}
